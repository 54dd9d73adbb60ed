"""Archives as other programs write them: WARC files by warcio, the rest by hand in their forms."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from linkarchive.imports.record import ForeignRecord, Records
from linkarchive.imports.warc import read_warc
from linkarchive.snapshot.record_reader import Problem

NOW = datetime(2026, 1, 5, tzinfo=UTC)
THEN = "2021-05-13T09:12:44Z"
HTML = (("Content-Type", "text/html; charset=utf-8"),)

Page = tuple[str, bytes]
"""URL and body."""


class _Writer(WARCWriter):
    """warcio's leaves its temporary files open."""

    def _create_temp_file(self) -> io.BytesIO:
        return io.BytesIO()


class Foreign:
    """Writes WARC files as other programs do, and reads them."""

    @staticmethod
    def writer(out: io.BytesIO, packed: bool = True) -> WARCWriter:
        return _Writer(out, gzip=packed)

    @staticmethod
    def page(text: str) -> bytes:
        return f"<!DOCTYPE html><title>{text}</title><p>{text}</p>".encode()

    @staticmethod
    def written(
        pages: Sequence[Page],
        *,
        packed: bool = True,
        version: str = "1.1",
        time: str = THEN,
        headers: Sequence[tuple[str, str]] = HTML,
        fields: dict[str, str] | None = None,
        status: str = "200 OK",
    ) -> bytes:
        """A WARC file by warcio."""
        out = io.BytesIO()
        writer = _Writer(out, gzip=packed, warc_version=version)
        writer.write_record(writer.create_warcinfo_record("test.warc.gz", {"software": "warcio"}))
        for url, body in pages:
            head = StatusAndHeaders(status, list(headers), protocol="HTTP/1.1")
            record = writer.create_warc_record(
                url,
                "response",
                payload=io.BytesIO(body),
                http_headers=head,
                warc_headers_dict={"WARC-Date": time, **(fields or {})},
            )
            writer.write_record(record)
        return out.getvalue()

    @staticmethod
    def written_revisit(first: str, second: str, body: bytes, *, alone: bool = False) -> bytes:
        """A response of one address, and the same payload found again at another a day later; without the first with
        `alone`."""
        out = io.BytesIO()
        writer = _Writer(out, gzip=True)
        head = StatusAndHeaders("200 OK", list(HTML), protocol="HTTP/1.1")
        date = {"WARC-Date": THEN}
        response = writer.create_warc_record(
            first, "response", io.BytesIO(body), http_headers=head, warc_headers_dict=date
        )
        writer.write_record(response)
        if alone:
            out.truncate(0)
            out.seek(0)
        digest = response.rec_headers.get_header("WARC-Payload-Digest")
        headers = StatusAndHeaders("200 OK", list(HTML), protocol="HTTP/1.1")
        again = writer.create_revisit_record(
            second, digest, first, THEN, http_headers=headers, warc_headers_dict={"WARC-Date": "2021-05-14T09:12:44Z"}
        )
        writer.write_record(again)
        return out.getvalue()

    @staticmethod
    def read_bytes(data: bytes, **options: Any) -> Records:
        return read_warc(io.BytesIO(data), len(data), "some.warc.gz", NOW, **options)

    @staticmethod
    def loaded(reading: Records) -> tuple[dict[str, bytes], list[Problem]]:
        """The payload of each record by its first URL, and the problems."""
        pages: dict[str, bytes] = {}
        problems: list[Problem] = []
        for item in reading:
            if isinstance(item, ForeignRecord):
                block = item.load()
                pages[item.urls[0]] = block.payload.read()
                block.payload.close()
            else:
                problems.append(item)
        return pages, problems


@pytest.fixture(scope="session")
def foreign() -> type[Foreign]:
    return Foreign


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def make(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return make
