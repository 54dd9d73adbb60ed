"""Manifests: what a run wrote, sealed by SHA-256, each also sealing the manifest before it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from msgspec import Struct

from linkarchive.files import storage_errors, write_atomically
from linkarchive.model import RunInfo
from linkarchive.snapshot import paths

NEWEST = "newest"
"""The file that names the newest manifest, so that its loss is noticed: no other manifest names it yet."""
LATE = "late"
"""The fact that marks a manifest which was missing, and was written after another run had begun."""


class SealedFile(Struct, frozen=True):
    """A file that a manifest seals."""

    path: str
    """From the project folder."""
    size: int
    """Bytes."""
    sha256: str


class Previous(Struct, frozen=True):
    """The manifest before, by its name and digest."""

    name: str
    sha256: str


class Newest(Struct, frozen=True):
    """What `archive/manifests/newest` holds: the manifest that no other has sealed yet."""

    name: Annotated[str, msgspec.Meta(pattern=r"\A[\w+-]+\.json\Z")]
    sha256: str
    sequence: int


class SealedDecision(Struct, frozen=True):
    """A line of decisions.jsonl: its SHA-256 in hex, without its line end, and what it says in words."""

    sha256: str
    what: str


class Manifest(Struct, frozen=True):
    """`sequence` counts from 1 and grows by one along the chain."""

    run: str
    sequence: int
    created: datetime
    previous: Previous | None
    files: tuple[SealedFile, ...]
    facts: Mapping[str, Any]
    name: str = ""
    """Of its own file."""
    replaces: str | None = None
    """Why its files are no longer what the manifests before it say; None: they must be."""
    decisions: tuple[SealedDecision, ...] = ()
    """The lines of decisions.jsonl that no manifest before it sealed."""
    decisions_missing: tuple[str, ...] = ()
    """Digests of sealed lines that were no longer there when it was written."""


def seal_run(archive: Path, info: RunInfo, *, state: str | None, created: datetime, known: Mapping[Path, str]) -> Path:
    """`write_manifest` for the files of a run; `state` is the digest of the state, where it was written."""
    facts = {
        "started": info.started,
        "finished": info.finished,
        "complete": info.complete,
        "simulated": info.simulated,
        "state": state,
    }
    return write_manifest(archive, info.id, paths.run_files(archive, info.id), facts, created=created, known=known)


def write_manifest(
    archive: Path,
    run_id: str,
    files: Sequence[Path],
    facts: Mapping[str, Any],
    *,
    created: datetime,
    replaces: str | None = None,
    known: Mapping[Path, str] = MappingProxyType({}),
) -> Path:
    """Seal the files of a run (`paths.run_files`) at the end of the chain. Returns where it was written.

    `known` are the digests of files that need not be read again (`WarcWriter.digests`). A manifest is never rewritten:
    when the run has one (it was continued), the next is `RUN+2.json`. Raises StorageError.
    """
    chain = read_chain(archive)
    sealed = {decision.sha256 for earlier in chain for decision in earlier.decisions}
    path = next(path for path in _names(archive / paths.MANIFESTS, run_id) if not path.exists())
    with storage_errors(path):
        last = _last(archive, chain, path.name)
        manifest = Manifest(
            run=run_id,
            sequence=last.sequence + 1 if last else 1,
            created=created,
            previous=Previous(last.name, last.sha256) if last else None,
            files=tuple(
                SealedFile(paths.relative(archive, file), file.stat().st_size, known.get(file) or sha256_of(file))
                for file in files
            ),
            facts=facts,
            name=path.name,
            replaces=replaces,
            decisions=tuple(line for line in decision_lines(archive) if line.sha256 not in sealed),
            decisions_missing=tuple(line.sha256 for line in missing_decisions(archive, chain)),
        )
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
        write_atomically(path, data)
        newest = Newest(path.name, hashlib.sha256(data).hexdigest(), manifest.sequence)
        write_atomically(archive / paths.MANIFESTS / NEWEST, msgspec.json.encode(newest) + b"\n")
    return path


def read_chain(archive: Path, on_damage: Callable[[Path, str], None] | None = None) -> list[Manifest]:
    """All manifests, in the order in which they were written. One that cannot be read is left out and given to
    `on_damage` with what is wrong with it: the others tell the rest."""
    manifests = []
    for path in sorted((archive / paths.MANIFESTS).glob("*.json")):
        try:
            manifests.append(msgspec.json.decode(path.read_bytes(), type=Manifest))
        except (OSError, msgspec.MsgspecError, RecursionError) as error:
            if on_damage is not None:
                why = (
                    f"cannot be read: {error.strerror}" if isinstance(error, OSError) else f"is not a manifest: {error}"
                )
                on_damage(path, f"{why}; restore it from a backup, or remove it if there is none")
    return sorted(manifests, key=lambda manifest: (manifest.sequence, manifest.name))


def read_newest(archive: Path) -> Newest | None:
    """What the file that names the newest manifest says; None: older versions wrote none. Raises OSError, and
    msgspec.MsgspecError where it says nothing that can be read."""
    try:
        return msgspec.json.decode((archive / paths.MANIFESTS / NEWEST).read_bytes(), type=Newest)
    except FileNotFoundError:
        return None
    except RecursionError as error:
        raise msgspec.DecodeError("it is nested too deep") from error


def newest_faults(archive: Path, chain: Sequence[Manifest]) -> Iterator[tuple[Path, str]]:
    """What is wrong with the newest manifest, or with the file that names it, each with the file. Raises OSError."""
    place = archive / paths.MANIFESTS / NEWEST
    try:
        newest = read_newest(archive)
    except msgspec.MsgspecError as error:
        yield place, f"cannot be read: {error}; the next run writes it anew"
        return
    if newest is None:
        return
    path = archive / paths.MANIFESTS / newest.name
    if not path.exists():
        yield path, f"is missing, and {place} names it: restore it from Git or a backup"
    elif sha256_of(path) != newest.sha256:
        yield path, f"was changed after it was written: {place} has its SHA-256"
    elif any(sealed.name == newest.name and sealed.sequence != newest.sequence for sealed in chain):
        yield place, f"does not say of {newest.name} what that says; the next run writes it anew"


def _last(archive: Path, chain: Sequence[Manifest], name: str) -> Newest | None:
    """The manifest that one of this name follows: the newest, be it missing, unless this one takes its place."""
    try:
        newest = read_newest(archive)
    except msgspec.MsgspecError:
        newest = None
    if newest and newest.name != name and (not chain or chain[-1].sequence <= newest.sequence):
        return newest
    last = chain[-1] if chain else None
    return Newest(last.name, sha256_of(archive / paths.MANIFESTS / last.name), last.sequence) if last else None


def decision_lines(archive: Path) -> list[SealedDecision]:
    """The lines of decisions.jsonl, each once; without what an interruption left of a last one. Raises OSError."""
    path = archive / paths.DECISIONS
    if not path.exists():
        return []
    text = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    whole = text[: text.rfind(b"\n") + 1]
    return list(dict.fromkeys(_sealed_decision(line.strip()) for line in whole.split(b"\n") if line.strip()))


def _sealed_decision(line: bytes) -> SealedDecision:
    try:
        decision = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        decision = {}
    what = " ".join(str(decision.get(name, "?")) for name in ("action", "url", "when"))
    return SealedDecision(hashlib.sha256(line).hexdigest(), what)


def missing_decisions(archive: Path, chain: Sequence[Manifest]) -> list[SealedDecision]:
    """Lines of decisions.jsonl that a manifest sealed and that are no longer there as they were. Raises OSError."""
    present = {line.sha256 for line in decision_lines(archive)}
    return [line for manifest in chain for line in manifest.decisions if line.sha256 not in present]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names(manifests: Path, run_id: str) -> Iterator[Path]:
    yield manifests / f"{run_id}.json"
    number = 2
    while True:
        yield manifests / f"{run_id}+{number}.json"
        number += 1
