"""`state.jsonl`: where every source stands, a line a source, sorted by URL; made to be committed to Git.

Many sources have a file a part (`state/00.jsonl` … `ff.jsonl`, by the first byte of the BLAKE2b of the host): a Git
host refuses files of 100 MB, and a changed line is to cost a small file.

A line is the source's result as in the report's JSON when it was concluded, with the captures and baselines that it
leans on. A visit that finds the page as it was leaves it as it is, so that the file changes only when something did.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import msgspec
from msgspec import Struct

from linkarchive.errors import StorageError
from linkarchive.files import storage_error, sync_folder, write_atomically
from linkarchive.model import Capture, Origin, Result
from linkarchive.project import Project
from linkarchive.report.sanitize import redacted
from linkarchive.secrets import may_hold_secrets, redact
from linkarchive.store import captures, files_read, results, sources
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.store.previous import LastPage, page_of_row
from linkarchive.store.serialization import decode, encode
from linkarchive.urls import host_of

PARTS_FROM = 20_000
"""From so many sources on the state is in parts, and stays so."""
_AT_ONCE = 500
"""Sources whose rows are read together."""

_Url = tuple[str, int]
"""The URL of a source without its secrets, and its number."""


class StateCapture(Struct, frozen=True):
    """A capture in a line of the state."""

    usable: bool
    good: bool
    capture: Capture


class StateBaseline(Struct, frozen=True):
    """A baseline in a line of the state: the capture of that origin and time."""

    article: str
    looked: date | None
    origin: Origin
    time: datetime


class StateLine(Struct, frozen=True):
    """What a line of the state tells in addition to the result."""

    captures: tuple[StateCapture, ...] = ()
    baselines: tuple[StateBaseline, ...] = ()
    page: LastPage | None = None
    """Validators and digests of the page that the result was concluded on, when the line was written."""


def write_state(
    store: Store, project: Project, sealed: str | None = None, touched: Collection[int] = frozenset()
) -> str:
    """Write the state of all sources; its digest (hex). Raises StorageError.

    Each file is written atomically; the parts are whole before the file that they replace is removed. Where the state
    is still the one of digest `sealed`, only the lines of the sources that were `touched` since are made anew, and
    only in their files; without any it is left as it is. What the files are now is noted in the database, so that the
    next run need not read them; the caller commits.
    """
    try:
        files = files_read.of_state(store, project.root, project.state_files)
        old = {path: file.digest for path, file in files.items() if file.digest is not None}
        known = _digest(old) == sealed
        if known and sealed is not None and not touched:
            return sealed
        new: dict[Path, str] = {}
        for path, numbers in _by_file(store, project).items():
            if known and path in old and not any(source in touched for source in numbers):
                new[path] = old[path]
            else:
                urls = sorted((redact(url), source) for url, source in sources.with_urls(store, numbers))
                new[path] = _write(store, path, urls, known and path in old, touched)
        for path in old.keys() - new.keys():
            path.unlink()
            sync_folder(path.parent)
        files_read.wrote_state(store, project.root, files, new)
    except OSError as error:
        raise storage_error(error.filename or project.state, error) from error
    return _digest(new)


def _by_file(store: Store, project: Project) -> Mapping[Path, array[int]]:
    """The numbers of the sources of each file."""
    if sources.total(store) < PARTS_FROM and not any(project.state_parts.glob("*.jsonl")):
        return {project.state: array("q", (source for source, _ in sources.all_urls(store)))}
    parts: dict[str, array[int]] = {}
    for source, url in sources.all_urls(store):
        host = host_of(redact(url))
        part = hashlib.blake2b(host.encode("utf-8", "surrogatepass")).hexdigest()[:2]
        parts.setdefault(part, array("q")).append(source)
    return {project.state_parts / f"{part}.jsonl": numbers for part, numbers in parts.items()}


def _digest(files: Mapping[Path, str]) -> str:
    """The digest of a file, or that of the names and digests of several."""
    if len(files) == 1:
        return next(iter(files.values()))
    lines = (f"{path.name} {digest}\n" for path, digest in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _write(store: Store, path: Path, urls: Sequence[_Url], known: bool, touched: Collection[int]) -> str:
    """Write a file, with the lines that it has where it is `known`; its SHA-256."""
    digest = hashlib.sha256()

    def counted() -> Iterator[bytes]:
        with path.open("rb") if known else nullcontext(()) as old:
            for line in _lines(store, urls, old, touched):
                digest.update(line)
                yield line

    write_atomically(path, counted())
    return digest.hexdigest()


def read_state(files: Iterable[Path]) -> Iterator[tuple[Result, StateLine]]:
    """Each result in the files of the state, with what else its line tells. Raises StorageError that names the line
    that cannot be read."""
    for path in files:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield decode(line, Result), decode(line, StateLine)
                except StorageError as error:
                    raise StorageError(f"{path}:{number}: {error}; restore the file from Git or a backup") from error


class _Named(Struct, frozen=True):
    """Whose line it is."""

    url: str


def _lines(store: Store, ordered: Sequence[_Url], old: Iterable[bytes], touched: Collection[int]) -> Iterator[bytes]:
    """The lines of sources, sorted by URL; of what was not touched, those of the old file (sorted as well)."""
    # Without their secrets two sources may have the same URL: which line is whose cannot be told.
    shared = frozenset(name for (name, _), (other, _) in pairwise(ordered) if name == other)
    lines = ((msgspec.json.decode(line, type=_Named).url, line) for line in old)
    url, line = next(lines, _END)
    for start in range(0, len(ordered), _AT_ONCE):
        batch = ordered[start : start + _AT_ONCE]
        by_source: dict[int, bytes] = {}
        for name, source in batch:
            while url is not None and url < name:
                url, line = next(lines, _END)
            if url == name and source not in touched and name not in shared:
                by_source[source] = line
                url, line = next(lines, _END)
        changed = [source for _, source in batch if source not in by_source]
        by_source |= _new_lines(store, changed) if changed else {}
        yield from (by_source[source] for _, source in batch if source in by_source)


_END = (None, b"")


def _new_lines(store: Store, numbers: Collection[int]) -> dict[int, bytes]:
    concluded = results.concluded(store, numbers)
    stored = captures.of_sources(store, numbers)
    baselines = captures.baselines_of_sources(store, stored)
    pages = {row.id: page_of_row(row) for row in results.pages(store, numbers)}
    return {
        source: _line(result, stored.get(source, ()), baselines.get(source, ()), pages.get(source))
        for source, result in concluded.items()
    }


def _line(
    result: str,
    stored: Sequence[StoredCapture],
    baselines: Sequence[tuple[str, date | None, StoredCapture]],
    page: LastPage | None,
) -> bytes:
    """A line of the state: the fields of a `result`, given as JSON, its captures, baselines and page."""
    needed = {capture.id: capture for capture in (*(capture for *_, capture in baselines), *stored[-1:])}
    fields: dict[str, object] = {
        "digests": _digests(stored[-1]) if stored else None,
        "captures": [
            StateCapture(capture.usable, capture.good, redacted(capture.capture))
            for capture in sorted(needed.values(), key=lambda capture: capture.capture.time)
        ],
        "baselines": [
            StateBaseline(redact(article), viewed_on, capture.capture.origin, capture.capture.time)
            for article, viewed_on, capture in baselines
        ],
    }
    if page is not None:
        fields["page"] = page
    if may_hold_secrets(result):
        result = encode(redacted(decode(result, Result)))
    # One object of both: the fields of the result, then these.
    return f"{result[:-1]},{encode(fields)[1:]}\n".encode()


def _digests(kept: StoredCapture) -> dict[str, str | None]:
    capture = kept.capture
    return {"payload": capture.digest, "sha256": capture.sha256, "fingerprint": capture.fingerprint}
