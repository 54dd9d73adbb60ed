"""What a capture uses, by the URL under which a page names it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from linkarchive.errors import StorageError
from linkarchive.model import Location, PartRecord
from linkarchive.project import Files
from linkarchive.requisites.single import Part
from linkarchive.snapshot import record_writer
from linkarchive.snapshot.reader import BODY_LIMIT, decoded_payload, read_record
from linkarchive.web.request_url import parse_redirect, parse_target

_MAX_REDIRECTS = 20


class PartReader:
    """Finds what is stored under a URL among the parts of a capture; redirects lead on among them. `originals` says
    where the responses are that revisits among them repeat, by WARC-Record-ID."""

    def __init__(self, archive: Files, records: Iterable[PartRecord], originals: Mapping[str, Location]) -> None:
        self._archive = archive
        self._records = {part.url: part for part in records}
        self._originals = originals

    def find(self, url: str) -> Part | None:
        """The part that is stored under an address; None if there is none, or it cannot be read."""
        for _ in range(_MAX_REDIRECTS):
            name = record_writer.uri(url)
            # Until 30 November 2026 a query of nothing was left out of what was asked for.
            part = self._records.get(name) or self._records.get(name.removesuffix("?"))
            if part is None:
                return None
            place = part.record if part.original is None else self._originals.get(part.original)
            if place is None:
                return None
            try:
                record = read_record(self._archive, place)
            except StorageError:
                return None
            try:
                location = record.http.get("location")
                if 300 <= record.http.status < 400 and location:
                    url = parse_redirect(parse_target(url), location).url
                    continue
                decoded = decoded_payload(record.payload, record.http.header_map, BODY_LIMIT)
                return Part(decoded.data, record.http.get("content-type"), url)
            except ValueError:  # the redirect leads nowhere
                return None
            finally:
                record.payload.close()
        return None
