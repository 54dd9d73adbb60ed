"""What changed in a text, for a terminal."""

from __future__ import annotations

from linkarchive.model import Difference
from linkarchive.report import phrases
from linkarchive.report.lines import Lines
from linkarchive.report.sanitize import sanitize
from linkarchive.translation import gettext


def render_difference(difference: Difference, *, width: int, color: bool) -> str:
    """What changed in a text, old lines with `-`, new ones with `+`, the words that differ as in `git diff
    --word-diff`: [-gone-], {+come+}."""
    difference = sanitize(difference)
    page = Lines(width, color)
    page.address(difference.url, indent=0)
    page.say(difference.before_label, bullet="--- ", style="red")
    page.say(difference.after_label, bullet="+++ ", style="green")
    share = phrases.share_of(difference)
    if share:
        page.say(gettext("{similarity} of the text still stands.", similarity=share))
    for row in difference.rows:
        if row.kind == "gap":
            page.say(_joined(row.left), bullet="  … ", style="dim")
        elif row.kind == "same":
            page.say(_joined(row.left), bullet="  ")
        else:
            for segments, bullet, style in ((row.left, "- ", "red"), (row.right, "+ ", "green")):
                if segments:
                    marks = _MARKS[bullet] if row.kind == "changed" else ("", "")
                    page.say(_joined(segments, *marks), bullet=bullet, style=style)
    return page.text


_MARKS = {"- ": ("[-", "-]"), "+ ": ("{+", "+}")}


def _joined(segments: tuple[tuple[str, bool], ...], opening: str = "", closing: str = "") -> str:
    return "".join(f"{opening}{text}{closing}" if marked else text for text, marked in segments)
