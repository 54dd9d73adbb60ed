"""Visits made by hand, and WARC folders written with them."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linkarchive.clock import Clock
from linkarchive.model import Capture
from linkarchive.snapshot import paths
from linkarchive.snapshot.manifest import write_manifest
from linkarchive.snapshot.writer import Memento, WarcWriter
from linkarchive.web.exchange import Body, Exchange, Visit, VisitRequest

NOW = datetime(2026, 11, 23, 6, 0, 0, 123456, tzinfo=UTC)
RUN = "20261123T060000Z-4f2a"


class Pages:
    """Makes exchanges and visits, a second apart."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def exchange(
        self,
        url: str,
        body: bytes = b"<title>A page</title>",
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),),
        truncated: str | None = None,
        reason: str = "OK",
        request_headers: tuple[tuple[str, str], ...] = (("Host", "host.example"), ("User-Agent", "linkarchive/0")),
    ) -> Exchange:
        exchange = Exchange(
            url=url,
            request_headers=request_headers,
            started=NOW,
            ip="192.0.2.7",
            status=status,
            status_line=f"{status} {reason}",
            headers=headers,
            body=Body.of(body),
            truncated=truncated,
        )
        self.exchanges.append(exchange)
        return exchange

    def visit(self, *exchanges: Exchange, at: int = 0) -> Visit:
        return Visit(VisitRequest(exchanges[0].url), NOW + timedelta(seconds=at), exchanges)

    def redirect(self, url: str, to: str, status: int = 301) -> Exchange:
        return self.exchange(url, b"", status, (("Location", to),), reason="Moved")

    def gzipped(self, url: str, text: bytes) -> Exchange:
        headers = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"))
        return self.exchange(url, gzip.compress(text, mtime=0), headers=headers)


class Folder:
    """A project folder and a writer into it."""

    def __init__(self, root: Path, pages: Pages) -> None:
        self.folder = root / "archive"
        self.pages = pages

    def writer(self, run: str = RUN, size_limit: int = 2**30, simulated: bool = False) -> WarcWriter:
        return WarcWriter(self.folder, run, clock=Clock(start=NOW), size_limit=size_limit, simulated=simulated)

    def write(
        self, writer: WarcWriter, visit: Visit, *, revisit_of: Capture | None = None, memento: Memento | None = None
    ) -> Capture:
        sha256 = hashlib.sha256(visit.exchanges[-1].body.read()).hexdigest()
        source = visit.exchanges[0].url if memento is None else "https://source.example/page"
        return writer.write_visit(
            visit, source=source, sha256=sha256, fingerprint="f1", revisit_of=revisit_of, memento=memento
        )

    def fill(self, run: str = RUN, seal: bool = True, log: bool = True) -> list[Capture]:
        """A small run: a page, a redirect, a compressed page, a revisit, a 304, a log, and its manifest."""
        with self.writer(run) as writer:
            first = self.write(writer, self.pages.visit(self.pages.exchange("https://a.example/one")))
            moved = self.pages.visit(
                self.pages.redirect("https://b.example/old", "/new"),
                self.pages.exchange("https://b.example/new", b"new"),
                at=1,
            )
            second = self.write(writer, moved)
            third = self.write(
                writer, self.pages.visit(self.pages.gzipped("https://c.example/", b"zipped " * 99), at=2)
            )
            same = self.pages.visit(self.pages.exchange("https://a.example/one"), at=3)
            fourth = self.write(writer, same, revisit_of=first)
            unchanged = self.pages.exchange(
                "https://a.example/one", b"", 304, (("ETag", '"x"'),), reason="Not Modified"
            )
            fifth = self.write(writer, self.pages.visit(unchanged, at=4), revisit_of=fourth)
            if log:
                writer.write_log([b'{"visit":1}\n', b'{"visit":2}\n'])
        if seal:
            files = paths.run_files(self.folder, run)
            write_manifest(self.folder, run, files, {"complete": True}, created=NOW, known=writer.digests)
        return [first, second, third, fourth, fifth]

    def warcs(self) -> list[Path]:
        return paths.warc_files(self.folder)


@pytest.fixture
def pages() -> Iterator[Pages]:
    pages = Pages()
    yield pages
    for exchange in pages.exchanges:
        exchange.body.close()


@pytest.fixture
def archive(tmp_path: Path, pages: Pages) -> Folder:
    return Folder(tmp_path, pages)


@pytest.fixture
def new_archive(tmp_path: Path, pages: Pages) -> Callable[[str], Folder]:
    """Further folders, by name."""
    return lambda name: Folder(tmp_path / name, pages)
