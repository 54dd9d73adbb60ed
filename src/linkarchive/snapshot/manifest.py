"""Manifests: what a run wrote, sealed by SHA-256, each also sealing the manifest before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from linkarchive.errors import StorageError
from linkarchive.snapshot import paths


@dataclass(frozen=True, slots=True)
class SealedFile:
    path: str
    """From the project folder."""
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Previous:
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
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


def write_manifest(
    root: Path,
    run_id: str,
    files: Sequence[Path],
    facts: Mapping[str, Any],
    *,
    created: datetime,
    replaces: str | None = None,
    known: Mapping[Path, str] = MappingProxyType({}),
) -> Path:
    """Seal the files of a run (`paths.run_files`) at the end of the chain; where it was written.

    `known` are the digests of files that need not be read again (`WarcWriter.digests`).
    A manifest is never rewritten: when the run has one (it was continued), the next is `RUN+2.json`.
    Raises StorageError.
    """
    chain = read_chain(root)
    last = chain[-1] if chain else None
    path = _free_name(root / paths.MANIFESTS, run_id)
    try:
        manifest = Manifest(
            run=run_id,
            sequence=last.sequence + 1 if last else 1,
            created=created,
            previous=Previous(last.name, sha256_of(root / paths.MANIFESTS / last.name)) if last else None,
            files=tuple(
                SealedFile(paths.relative(root, file), file.stat().st_size, known.get(file) or sha256_of(file))
                for file in files
            ),
            facts=facts,
            name=path.name,
            replaces=replaces,
        )
        paths.write_atomically(path, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    except OSError as error:
        raise paths.storage_error(path, error) from error
    return path


def read_chain(root: Path) -> list[Manifest]:
    """All manifests, in the order in which they were written; raises StorageError for one that cannot be read."""
    found = []
    for path in sorted((root / paths.MANIFESTS).glob("*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=Manifest))
        except OSError as error:
            raise paths.storage_error(path, error, "cannot be read") from error
        except msgspec.MsgspecError as error:
            raise StorageError(f"{path} is not a manifest: {error}; restore it from a backup or remove it") from error
    return sorted(found, key=lambda manifest: (manifest.sequence, manifest.name))


def sha256_of(path: Path) -> str:
    """Hex; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _free_name(manifests: Path, run_id: str) -> Path:
    return next(path for path in _names(manifests, run_id) if not path.exists())


def _names(manifests: Path, run_id: str) -> Iterator[Path]:
    yield manifests / f"{run_id}.json"
    number = 2
    while True:
        yield manifests / f"{run_id}+{number}.json"
        number += 1
