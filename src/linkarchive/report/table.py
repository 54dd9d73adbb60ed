"""Findings as a table on a terminal: the verdict, why, where it is cited, which page, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from linkarchive.model import Verdict
from linkarchive.report import phrases
from linkarchive.report.lines import Lines, bare, cells, clip, clip_start, pad, short_address
from linkarchive.report.rows import Row
from linkarchive.translation import ngettext

STYLE = {
    Verdict.DEAD: "bold red",
    Verdict.DRIFTED: "bold yellow",
    Verdict.UNRESOLVED: "bold magenta",
    Verdict.MOVED: "bold cyan",
    Verdict.UNREACHABLE: "bold",
    Verdict.BLOCKED: "bold",
    Verdict.OK: "bold green",
    Verdict.SKIPPED: "dim",
}
_GROUP = 3
"""Findings of one cause on one host that stand under a heading of their own."""


class Table(Lines):
    """Lines with rows of findings; `shorten` cuts addresses to the line."""

    def __init__(self, width: int, color: bool, shorten: bool) -> None:
        super().__init__(width, color)
        self._shorten = shorten

    def rows(self, rows: Sequence[Row]) -> None:
        """A line each, or two on a screen that is too narrow; several of one cause on one host stand under a heading
        that says it once. On a narrow screen the lines below it leave the reason to it, so that there is room for the
        place. The order is that of the rows, but for those that stand together."""
        first: dict[tuple[Verdict, str, str], int] = {}
        for position, row in enumerate(rows):
            first.setdefault((row.verdict, row.reason, row.host), position)
        rows = sorted(rows, key=lambda row: first[row.verdict, row.reason, row.host])
        number, reason_width, place = self._widths(rows)
        spared = (number, 0, min(place + reason_width, 26)) if self.width < 80 else (number, reason_width, place)
        is_deep = self._shorten and self._lacks_room(rows, _used(number, reason_width, place))
        for (verdict, reason, name), together in groupby(rows, key=lambda row: (row.verdict, row.reason, row.host)):
            group = list(together)
            if name and len(group) >= _GROUP:
                title = ngettext(
                    "{number:,} source on {host}: {reason}",
                    "{number:,} sources on {host}: {reason}",
                    len(group),
                    host=name,
                    reason=reason,
                )
                title = clip(f"{phrases.ICON[verdict]} {title}", self.width)
                self.whole(self.styled(title, STYLE[verdict]), indent=2)
                for row in group:
                    self.whole(self._line(row, spared))
            else:
                for row in group:
                    if is_deep:
                        self._lines_of(row, (number, reason_width, place))
                    else:
                        self.whole(self._line(row, (number, reason_width, place)))

    def _widths(self, rows: Sequence[Row]) -> tuple[int, int, int]:
        """Cells for the number, the reason and the place."""
        narrow = self.width < 80
        number = max((len(f"#{row.number}") for row in rows if row.number), default=0)
        place = min(max((cells(row.place) for row in rows), default=0), 14 if narrow else 28)
        room = max(self.width - number - place - 25, 14) if narrow else 24
        reason = min(max((cells(row.reason) for row in rows), default=0), room)
        return number, reason, place

    def _lacks_room(self, rows: Sequence[Row], used: int) -> bool:
        """Beside what each line begins with and what is to be done there is no room to know the addresses by."""
        actions = max((cells(row.action) for row in rows), default=0)
        longest = max((cells(bare(row.address)) for row in rows), default=0)
        return self.width - used - min(actions, 24) - 2 < 36 and longest > self.width - used

    def _lines_of(self, row: Row, widths: tuple[int, int, int]) -> None:
        """What happened where, then the address and what is to be done."""
        number, reason, _ = widths
        indent = number + bool(number) + 2
        place = self.width - _used(number, reason, 0) + 2
        self.whole(self._start(row, (number, reason, min(cells(row.place), place))).rstrip())
        room = self.width - indent
        beside = room - cells(row.action) - 2
        if row.action and beside >= 20:
            self.whole(f"{short_address(row.address, beside)}  {self.styled(row.action, 'dim')}", indent)
        else:
            self.whole(short_address(row.address, room), indent)
            if row.action:
                self.say(row.action, indent=indent, style="dim")

    def _start(self, row: Row, widths: tuple[int, int, int]) -> str:
        number, reason, place = widths
        name = f"#{row.number}" if row.number else ""
        where = row.place if cells(row.place) <= place else row.place.rpartition("/")[2]
        label = phrases.ICON[row.verdict] + (f" {pad(clip(row.reason, reason), reason)}" if reason else "")
        start = f"{' ' * (number - len(name))}{name}{' ' if number else ''}"
        return f"{start}{self.styled(label, STYLE[row.verdict])}  {pad(clip_start(where, place), place)}  "

    def _line(self, row: Row, widths: tuple[int, int, int]) -> str:
        start, used = self._start(row, widths), _used(*widths)
        action = f"  {row.action}" if row.action else ""
        if not self._shorten:
            return f"{start}{row.address}{self.styled(action, 'dim')}".rstrip()
        if self.width - used - cells(action) < 20:
            action = ""
        room = max(self.width - used - cells(action), 12)
        address = short_address(row.address, room)
        return f"{start}{pad(address, room) if action else address}{self.styled(action, 'dim')}".rstrip()


def _used(number: int, reason: int, place: int) -> int:
    """Cells of a line before the address."""
    return number + bool(number) + 1 + bool(reason) + reason + 2 + place + 2
