"""Snapshots of an ArchiveBox data folder (0.4 to 0.7): `archive/<timestamp>/`, an index.json and what each method made.

Of a snapshot the best copy of its page is taken: the WARC file (the page as it came), else SingleFile's,
else the rendered DOM, else wget's. A method that failed has left nothing that counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from linkarchive.imports.pagefile import page_record
from linkarchive.imports.record import ForeignRecord, Records, read_time, time_of_unix, web_address
from linkarchive.imports.singlefile import read_singlefile
from linkarchive.imports.warc import read_warc
from linkarchive.snapshot.record_reader import Problem
from linkarchive.urls import same_page

INDEX = "index.json"
_LONGEST_INDEX = 8 * 1024 * 1024
_TIMESTAMP = re.compile(r"\d{8,14}(?:\.\d{1,6})?")


class _Result(msgspec.Struct):
    status: str | None = None
    output: object = None
    start_ts: str | None = None


class _Snapshot(msgspec.Struct):
    url: str = ""
    timestamp: str | None = None
    history: dict[str, list[_Result]] = {}


def snapshots(folder: Path) -> list[Path]:
    """The snapshot folders of a data folder, or the folder itself if it is one. Raises OSError."""
    if _is_snapshot(folder):
        return [folder]
    parent = folder / "archive"
    if not parent.is_dir():
        parent = folder  # someone named `archive/` itself
    return sorted(child for child in parent.iterdir() if _is_snapshot(child))


def _is_snapshot(folder: Path) -> bool:
    index = folder / INDEX
    return bool(_TIMESTAMP.fullmatch(folder.name)) and folder.is_dir() and index.is_file() and not folder.is_symlink()


def read_snapshot(folder: Path, name: str, now: datetime) -> Records:
    """Yields the records of a snapshot: those of its WARC files, or where these lack the page the page of another
    method; and a Problem for each fault. Raises OSError."""
    snapshot = _read_index(folder / INDEX)
    if isinstance(snapshot, str):
        yield Problem(f"{name}/{INDEX}", None, snapshot)
        return
    url = web_address(snapshot.url)
    if url is None:
        yield Problem(f"{name}/{INDEX}", None, f"it is of no web address: {snapshot.url[:200]!r}")
        return
    has_page = False
    for item in _of_warcs(folder, name, now):
        yield item
        has_page = has_page or (isinstance(item, ForeignRecord) and same_page(item.urls[0], url))
    if has_page:
        return
    problem: Problem | None = None
    for item in _of_files(folder, snapshot, url, name, now):
        if isinstance(item, ForeignRecord):
            yield item
            return
        problem = problem or item
    yield problem or Problem(name, None, f"no method of ArchiveBox kept a page of {url}")


def _read_index(path: Path) -> _Snapshot | str:
    """The index of a snapshot; where it cannot be read, the reason as a sentence. Raises OSError."""
    with path.open("rb") as file:
        data = file.read(_LONGEST_INDEX + 1)
    if len(data) > _LONGEST_INDEX:
        return "it is longer than any index of a snapshot"
    try:
        return msgspec.json.decode(data, type=_Snapshot)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        return f"it cannot be read: {error}"


def _of_warcs(folder: Path, name: str, now: datetime) -> Records:
    for path in sorted((folder / "warc").glob("*.warc*")):
        if path.is_file() and not path.is_symlink() and path.name.endswith((".warc", ".warc.gz")):
            with path.open("rb") as file:
                yield from read_warc(file, path.stat().st_size, f"{name}/warc/{path.name}", now)


def _of_files(
    folder: Path, snapshot: _Snapshot, url: str, name: str, now: datetime
) -> Iterator[ForeignRecord | Problem]:
    """Yields the copies of the page that other methods made, the best first, and a Problem for each that is damaged."""
    for method, path in _outputs(folder, snapshot, url):
        results = snapshot.history.get(method, [])
        if not _is_below(path, folder) or (results and results[-1].status == "failed"):
            continue
        place = f"{name}/{os.path.relpath(path.resolve(), folder.resolve())}"
        if method == "singlefile":
            item = read_singlefile(path, place, now)
            if isinstance(item, ForeignRecord) and same_page(item.urls[0], url):
                yield item
                continue
        time = _time(results, snapshot, folder)
        if time is None:
            yield Problem(place, None, "nothing says when it was captured")
        else:
            yield page_record(path, (url,), time, place, now)


def _outputs(folder: Path, snapshot: _Snapshot, url: str) -> Iterator[tuple[str, Path]]:
    """Yields method and file; the files may be missing. The names are ArchiveBox's defaults, but wget's is what the
    index says."""
    yield "singlefile", folder / "singlefile.html"
    yield "dom", folder / "output.html"
    results = snapshot.history.get("wget", [])
    output = results[-1].output if results else None
    if isinstance(output, str) and output and "\0" not in output:
        yield "wget", folder / output
    parts = urlsplit(url)
    plain = folder / parts.netloc / parts.path.lstrip("/")
    yield from (("wget", path) for path in (plain, plain / "index.html", Path(f"{plain}.html")))


def _is_below(path: Path, folder: Path) -> bool:
    """Whether the path is a file of the snapshot itself: its index can name any path."""
    try:
        return path.is_file() and path.resolve().is_relative_to(folder.resolve()) and ".." not in path.parts
    except (OSError, ValueError, RuntimeError):
        return False


def _time(results: list[_Result], snapshot: _Snapshot, folder: Path) -> datetime | None:
    """When the method ran; else the time that the snapshot has its name from."""
    begun = read_time(results[-1].start_ts or "") if results else None
    if begun is not None:
        return begun
    try:
        return time_of_unix(float(snapshot.timestamp or folder.name))
    except ValueError:
        return None
