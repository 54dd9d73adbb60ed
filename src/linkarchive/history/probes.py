"""The made-up addresses that suspects' hosts were asked for, kept so that their verdicts can be made again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from linkarchive.errors import StorageError
from linkarchive.model import Page
from linkarchive.snapshot import paths
from linkarchive.snapshot.reader import captures_in, read_page
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.urls import host_of
from linkarchive.web.exchange import Visit


def probe_of(url: str, run_id: str) -> str | None:
    """The address that a run asks for; its letters follow from the run's id, so that its answer can be found again."""
    from linkarchive.judge.soft404 import probe_url

    return probe_url(url, run_id)


def keep_probe(writer: WarcWriter, visit: Visit, page: Page) -> None:
    """Write the answer as a capture of the made-up address. It is no source: the database does not know it."""
    if visit.final is None:
        return
    sha256 = hashlib.sha256(page.body).hexdigest()
    writer.write_visit(visit, source=visit.request.url, sha256=sha256, fingerprint=None)
    writer.sync()


def stored_probe(archive: Path, url: str, run_ids: Iterable[str], limit: int) -> Page | None:
    """What the host of a URL answered to the made-up address of one of these runs; None where it was not asked."""
    for run_id in run_ids:
        address = probe_of(url, run_id)
        if address is None:
            return None
        name = address.rpartition("/")[2]
        for path in paths.warc_files(archive):
            if paths.run_of(path) != run_id:
                continue
            for capture in captures_in(archive, path):
                if capture.url.endswith(f"/{name}") and host_of(capture.url) == host_of(url):
                    try:
                        return read_page(archive, capture, limit=limit)
                    except StorageError:
                        return None
    return None
