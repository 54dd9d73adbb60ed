"""Visits into WARC records and captures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from linkarchive import __version__
from linkarchive.clock import Clock
from linkarchive.model import Capture, Hop, Location, Origin, PartRecord
from linkarchive.project import Files
from linkarchive.snapshot import capture_metadata, cdxj, record_writer
from linkarchive.snapshot.exchange_records import content_type, index, record_fields, write_exchange
from linkarchive.snapshot.record_writer import Original
from linkarchive.snapshot.shelf import is_there
from linkarchive.snapshot.warcfile import WarcFile
from linkarchive.web.exchange import Body, Exchange, Visit

if TYPE_CHECKING:
    from linkarchive.snapshot.imported import ImportedRecord
    from linkarchive.snapshot.parts import NewParts


class Memento(Struct, frozen=True):
    """Another archive's copy: the visit that is written with it went to that archive, not to the source."""

    origin: Origin
    time: datetime
    """When the other archive saw the page (its `Memento-Datetime`)."""
    public_url: str
    final_url: str | None = None
    """Where the page was at that time; None: at the source's own URL."""


class WarcWriter:
    """Writes the captures of one run. Files are created when first needed and never appended to later.

    Every method raises StorageError when the disk refuses; what was written before stands.
    `size_limit` is in bytes: a file that has reached it is finished and the next one begun.
    `simulated` and `obey_robots` are told in each file's warcinfo record.
    """

    def __init__(
        self, archive: Path, run_id: str, *, clock: Clock, size_limit: int, simulated: bool, obey_robots: bool = False
    ) -> None:
        self.archive = archive
        self.files: Files = archive
        """Where records are read from, those of earlier files too."""
        self._run_id = run_id
        self._clock = clock
        self._size_limit = size_limit
        self._simulated = simulated
        self._obey_robots = obey_robots
        self._file: WarcFile | None = None
        self.digests: dict[Path, str] = {}
        """The SHA-256, in hex, of each file that was finished."""
        self._there: dict[str, bool] = {}

    def __enter__(self) -> WarcWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def has_file(self, name: str) -> bool:
        """A file of the archive, of this run or of another one, can be read here; asked once."""
        if name not in self._there:
            self._there[name] = is_there(self.files, name)
        return self._there[name]

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
        """Keep every exchange of a visit, the last as the page, and what is needed to find it again.

        The page becomes a revisit of the response behind `revisit_of`, a capture of the same source, where that
        holds the same payload, or where the server said 304; `sha256` is that of the page in both cases.
        Raises ValueError for a visit without an exchange.
        """
        if not visit.exchanges:
            raise ValueError(f"the visit of {source} saw nothing that could be kept")
        *redirects, final = visit.exchanges
        original = self._original(final, source, revisit_of)
        date = record_writer.warc_date(visit.time)
        file = self._ready()
        with file.whole():
            ids = [write_exchange(file, exchange, exchange.body.digest, date, None)[0] for exchange in redirects]
            digest = final.body.digest
            final_id, record = write_exchange(file, final, digest, date, original)
            capture = _capture(visit, source, digest, sha256, fingerprint, memento, record)
            if original is not None and revisit_of is not None:
                capture = _as_revisit(capture, revisit_of)
            self._write_facts(file, capture, date, final_id, [final_id, *ids])
        return capture

    def write_parts(self, capture: Capture, new: NewParts) -> tuple[Capture, list[PartRecord]]:
        """Keep what a captured page needs to be shown. Returns the capture with what it holds now, and the records of
        all that it uses.

        A payload that is in the archive already (`new.repeats`), or comes twice, becomes a revisit of the response
        that has it. Raises StorageError; also for a page whose own record cannot be read.
        """
        from linkarchive.snapshot.parts import write_parts
        from linkarchive.snapshot.reader import record_id_at

        page = record_id_at(self.files, capture.record)
        file = self._ready()
        with file.whole():
            return write_parts(file, capture, page, new, record_writer.warc_date(self._clock.now()))

    def write_imported(self, records: Sequence[ImportedRecord], capture: Capture | None, origin: str) -> Capture | None:
        """Keep records of another program, the last as the page of `capture`; without one they are kept for replay
        alone. `origin` says where they were read, in words. Returns the capture with the places of its records."""
        file = self._ready()
        written: list[tuple[Original, Location]] = []
        with file.whole():
            for record in records:
                written.append(_write_imported_record(file, record, written))
            last, place = written[-1]
            fields = [*record_fields(records[-1].date, last.uri), ("WARC-Refers-To", last.id)]
            fields += [("WARC-Concurrent-To", original.id) for original, _ in reversed(written)]
            block = capture_metadata.warc_fields([("imported-from", record_writer.uri(origin))])
            if capture is not None:
                repeated = records[-1].original
                original = None if repeated is None else written[repeated][1]
                capture = replace(capture, record=place, original=original)
                block += capture_metadata.encode_capture(capture)
            file.append(record_writer.record("metadata", fields, capture_metadata.FIELDS_TYPE, block))
        return capture

    def write_log(self, pieces: Iterable[bytes]) -> None:
        """Keep the run's log (visits and verdicts as JSON lines, each with its line end) as one record."""
        file = self._ready()
        fields = record_fields(record_writer.warc_date(self._clock.now()), capture_metadata.log_uri(self._run_id))
        log = Body()
        try:
            for piece in pieces:
                log.write(piece)
            with file.whole():
                file.append(record_writer.record("metadata", fields, capture_metadata.LOG_TYPE, payload=log))
        finally:
            log.close()

    @property
    def has_written(self) -> bool:
        """Some file of the run was begun."""
        return self._file is not None or bool(self.digests)

    @property
    def size(self) -> int:
        """Bytes of the present file."""
        return 0 if self._file is None else self._file.size

    def sync(self) -> None:
        """What was written so far is on disk when this returns, first the records, then their index lines."""
        if self._file is not None:
            self._file.sync()

    def close(self) -> None:
        """Finish the present file with its sorted index; writing again begins a new one."""
        if self._file is not None:
            file, self._file = self._file, None
            self.digests |= file.finish()

    def _ready(self) -> WarcFile:
        if self._file is not None and self._file.size >= self._size_limit:
            self.close()
        if self._file is None:
            file = WarcFile(self.archive, self._run_id)
            try:
                self._write_warcinfo(file)
            except BaseException:
                file.discard()
                raise
            self._file = file
        return self._file

    def _write_warcinfo(self, file: WarcFile) -> None:
        about = [
            ("software", f"linkarchive/{__version__}"),
            ("format", "WARC File Format 1.1"),
            ("conformsTo", "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"),
            ("isPartOf", self._run_id),
            ("robots", "classic" if self._obey_robots else "ignore"),
            ("description", "copies of the sources that articles cite, and the log of the visits"),
        ]
        if self._simulated:
            about.append(("simulated", "true"))
        fields = [
            ("WARC-Record-ID", record_writer.new_id()),
            ("WARC-Date", record_writer.warc_date(self._clock.now())),
            ("WARC-Filename", file.path.name),
        ]
        with file.whole():
            file.append(
                record_writer.record(
                    "warcinfo", fields, capture_metadata.FIELDS_TYPE, capture_metadata.warc_fields(about)
                )
            )

    def _write_facts(
        self, file: WarcFile, capture: Capture, date: str, final_id: str, concurrent: Sequence[str]
    ) -> None:
        """The metadata record that ends a capture: without it, the capture was not finished."""
        fields = record_fields(date, record_writer.uri(capture.url))
        fields.append(("WARC-Refers-To", final_id))
        fields += [("WARC-Concurrent-To", record_id) for record_id in concurrent]
        file.append(
            record_writer.record(
                "metadata", fields, capture_metadata.FIELDS_TYPE, capture_metadata.encode_capture(capture)
            )
        )

    def _original(self, final: Exchange, source: str, revisit_of: Capture | None) -> Original | None:
        """The response that the final exchange repeats; None when its own payload must be kept."""
        if revisit_of is None or revisit_of.url != source or final.truncated:
            return None
        if final.status != 304 and not (final.body.length > 0 and final.body.digest == revisit_of.digest):
            return None
        from linkarchive.snapshot.reader import original_at

        return original_at(self.files, revisit_of.original or revisit_of.record, revisit_of.digest)


def _write_imported_record(
    file: WarcFile, record: ImportedRecord, before: Sequence[tuple[Original, Location]]
) -> tuple[Original, Location]:
    """What a revisit of it refers to, and its place."""
    original = None if record.original is None else before[record.original][0]
    record_id, uri, date, http = record_writer.new_id(), record_writer.uri(record.url), record.date, record.http
    digest = record.payload.digest if original is None else original.digest
    location = file.append(record.record(record_id, original))
    mime = cdxj.REVISIT_MIME if original is not None else http.get("content-type")
    index(file, uri, date, mime, http.status, digest, location)
    return Original(record_id, uri, date, digest), location


def _capture(
    visit: Visit,
    source: str,
    digest: str,
    sha256: str,
    fingerprint: str | None,
    memento: Memento | None,
    record: Location,
) -> Capture:
    final = visit.exchanges[-1]
    return Capture(
        url=source,
        time=memento.time if memento else visit.time,
        origin=memento.origin if memento else Origin.LIVE,
        public_url=memento.public_url if memento else None,
        status=final.status,
        final_url=(memento.final_url or source) if memento else final.url,
        mime=cdxj.media_type(content_type(final.headers)).lower(),
        # The hops to another archive's copy are that archive's, not the source's.
        hops=() if memento else tuple(Hop(exchange.url, exchange.status) for exchange in visit.exchanges[:-1]),
        digest=digest,
        sha256=sha256,
        record=record,
        truncated=final.truncated is not None,
        fingerprint=fingerprint,
    )


def _as_revisit(capture: Capture, earlier: Capture) -> Capture:
    """A revisit's payload is elsewhere; a 304 says that the page is what it was, status and all."""
    original = earlier.original or earlier.record
    if capture.status != 304:
        return replace(capture, original=original)
    return replace(
        capture,
        original=original,
        status=earlier.status,
        mime=earlier.mime,
        digest=earlier.digest,
        truncated=earlier.truncated,
    )
