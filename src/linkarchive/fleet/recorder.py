"""What a batch concludes for one project: its rows wait in memory until their records are on the shelf."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import structs

from linkarchive.check.conclude import Conclusion
from linkarchive.check.record import Recorder
from linkarchive.fleet.workplace import Workplace
from linkarchive.history.open_run import OpenRun
from linkarchive.model import Capture, PartRecord, Verdict
from linkarchive.model.events import Event, Notice
from linkarchive.store import parts, results
from linkarchive.store.captures import StoredCapture
from linkarchive.wayback.cited import is_past

if TYPE_CHECKING:
    from linkarchive.snapshot.parts import NewParts

_ASKED_ABOUT = (Verdict.DEAD, Verdict.UNREACHABLE, Verdict.BLOCKED)


class BatchRecorder(Recorder):
    """Writes the conclusions of one project."""

    def __init__(
        self, begun: OpenRun, place: Workplace, sources: Collection[int], asks_archives: bool, wants_parts: bool
    ) -> None:
        """`sources` are the numbers of those of the batch. When the visits are over, web archives are to be asked about
        what is concluded on (`asks_archives`), and what pages need to be shown is to be fetched (`wants_parts`)."""
        super().__init__(begun, self._pass_on)
        self._sources = sources
        self._say = place.say
        self._asks_archives, self._wants_parts = asks_archives, wants_parts
        self.to_ask: dict[int, datetime | None] = {}
        """From when on archives are to be asked about sources, and parts fetched; None: there is nothing to do."""
        self._kept_parts: list[tuple[StoredCapture, Capture, list[PartRecord]]] = []
        """Pages with what they hold now, and all that they use."""
        self._new_parts: dict[str, PartRecord] = {}
        """Responses of this batch, by the digest of their payload."""
        self.concluded_on: set[int] = set()
        """Numbers of sources."""

    def record(self, conclusion: Conclusion) -> None:
        super().record(conclusion)
        source = conclusion.job.source.id
        self.concluded_on.add(source)
        if conclusion.result is not None and conclusion.job.skip is None and self._wants_more(conclusion):
            self.to_ask[source] = self.clock.now()

    def _wants_more(self, conclusion: Conclusion) -> bool:
        """There may be something to ask or to fetch."""
        if self._wants_parts or (conclusion.result is not None and conclusion.result.may_be_elsewhere):
            return True
        if not self._asks_archives:
            return False
        now, links = self.clock.now(), conclusion.job.citations
        return conclusion.verdict in _ASKED_ABOUT or any(link.copy is not None or is_past(link, now) for link in links)

    def with_verdict(self, *verdicts: Verdict) -> set[int]:
        """Of those of the batch."""
        sources = self._sources
        return {n for verdict in verdicts for n in results.with_verdict(self.store, self.run.seq, verdict, sources)}

    def without_parts(self) -> list[StoredCapture]:
        """Of the sources of the batch."""
        return parts.wanting(self.store, self.run.seq, self._sources)

    def parts_with(self, digests: Iterable[str]) -> dict[str, PartRecord]:
        wanted = set(digests)
        known = super().parts_with(wanted)
        self.store.rollback()  # no transaction is open while parts are fetched
        return {digest: self._new_parts[digest] for digest in wanted & self._new_parts.keys()} | known

    def keep_parts(self, stored: StoredCapture, new: NewParts) -> tuple[StoredCapture, list[PartRecord]]:
        """Their rows are written by `write_parts`, when all parts are there."""
        capture, used = self.warc.write_parts(stored.capture, new)
        self._kept_parts.append((stored, capture, used))
        for part in used:
            if part.original is None:
                self._new_parts.setdefault(part.digest, part)
        return structs.replace(stored, capture=capture), used

    def write_parts(self) -> None:
        """Write what pages were found to need, into the open transaction."""
        for stored, capture, used in self._kept_parts:
            parts.keep(self.store, self.rows, stored, capture, used)

    def commit(self) -> None:
        """Not before the records are on the shelf: then all projects commit together."""
        self._note_commit()

    def _pass_on(self, event: Event) -> None:
        if isinstance(event, Notice):
            self._say(event.text)
