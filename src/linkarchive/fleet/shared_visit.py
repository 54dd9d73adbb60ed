"""A visit that several projects conclude on, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from linkarchive.model import Capture, PartRecord
from linkarchive.snapshot.parts import NewParts
from linkarchive.snapshot.writer import Memento, WarcWriter
from linkarchive.web.exchange import Visit


@dataclass(slots=True, eq=False)
class _Holders:
    """Who has not let go of a visit yet, and what was written of it."""

    left: int
    written: dict[object, Capture] = field(default_factory=dict)
    """By what its page was written as a repetition of."""


class SharedVisit(Visit, frozen=True, kw_only=True):
    """What one of several has of a visit; its bodies are closed when the last of them closes it."""

    holders: _Holders
    closed: list[bool] = msgspec.field(default_factory=list)

    def close(self) -> None:
        if self.closed:
            return
        self.closed.append(True)
        self.holders.left -= 1
        if not self.holders.left:
            for exchange in self.exchanges:
                exchange.body.close()

    def share(self) -> SharedVisit:
        """The visit for one more, as long as somebody has it."""
        self.holders.left += 1
        return replace(self, closed=[])


def shared(visit: Visit) -> SharedVisit:
    """The visit, of which others may have a share."""
    fields = {name: getattr(visit, name) for name in visit.__struct_fields__}
    return SharedVisit(**fields, holders=_Holders(1))


def shares(visit: Visit, number: int) -> Sequence[Visit]:
    """The visit for so many takers."""
    if number == 1:
        return [visit]
    first = shared(visit)
    return [first, *(first.share() for _ in range(number - 1))]


class SharedWarc(WarcWriter):
    """Writes a visit that several projects keep once."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self._parts: dict[object, tuple[Capture, list[PartRecord]]] = {}
        """What pages were found to need, by the record of the page and by what was written and shared."""

    def write_parts(self, capture: Capture, new: NewParts) -> tuple[Capture, list[PartRecord]]:
        key = (
            capture.record,
            *(exchange.url for exchange in new.exchanges),
            *(resource.uri for resource in new.resources),
            *(part.id for part in new.shared),
        )
        written = self._parts.get(key)
        if written is None:
            written = self._parts[key] = super().write_parts(capture, new)
        with_parts, used = written
        return replace(with_parts, url=capture.url, sha256=capture.sha256, fingerprint=capture.fingerprint), used

    def write_visit(
        self,
        visit: Visit,
        *,
        source: str,
        sha256: str,
        fingerprint: str | None,
        revisit_of: Capture | None = None,
        memento: Memento | None = None,
    ) -> Capture:
        written = visit.holders.written if isinstance(visit, SharedVisit) else {}
        repeated = None if revisit_of is None else (revisit_of.original or revisit_of.record, revisit_of.digest)
        capture = written.get(repeated)
        if capture is None:
            capture = written[repeated] = super().write_visit(
                visit, source=source, sha256=sha256, fingerprint=fingerprint, revisit_of=revisit_of, memento=memento
            )
        return replace(capture, url=source, sha256=sha256, fingerprint=fingerprint)
