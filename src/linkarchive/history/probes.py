"""What hosts answered to made-up addresses, as it was stored, so that verdicts on suspects can be made again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from linkarchive.errors import StorageError
from linkarchive.judge.soft404 import probe_url
from linkarchive.model import Page
from linkarchive.project import Files
from linkarchive.snapshot import paths
from linkarchive.snapshot.reader import captures_in, read_page
from linkarchive.urls import host_of


def stored_probe(archive: Files, url: str, run_ids: Iterable[str], limit: int) -> Page | None:
    """What the host of a URL answered to the made-up address of one of these runs; None where it was not asked, or
    where that cannot be looked for (a shelf)."""
    if not isinstance(archive, Path):
        return None
    for run_id in run_ids:
        address = probe_url(url, run_id)
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
