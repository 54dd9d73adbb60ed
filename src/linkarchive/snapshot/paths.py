"""Where files are below the archive folder (`archive/`, or what `[keep] folder` says)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from linkarchive.files import TEMPORARY_SUFFIX

WARCS = "warc"
INDEXES = "indexes"
MANIFESTS = "manifests"
DECISIONS = "decisions.jsonl"
FORGETTING = "forgetting.json"
"""What an `archive forget` has begun to do; there only until it has done it."""

WARC_SUFFIX = ".warc.gz"
INDEX_SUFFIX = ".cdxj"
JOURNAL_SUFFIX = ".cdxj.part"


def warc_name(run_id: str, number: int) -> str:
    return f"{run_id}-{number:05d}{WARC_SUFFIX}"


def run_of(warc: Path) -> str:
    """The run that wrote a WARC file, by its name."""
    return warc.name.removesuffix(WARC_SUFFIX).rpartition("-")[0]


def index_of(archive: Path, warc: Path) -> Path:
    """The CDXJ file of a WARC file, there or not."""
    return archive / INDEXES / (warc.name.removesuffix(WARC_SUFFIX) + INDEX_SUFFIX)


def journal_of(archive: Path, warc: Path) -> Path:
    """The index lines of a WARC file that is being written."""
    return archive / INDEXES / (warc.name.removesuffix(WARC_SUFFIX) + JOURNAL_SUFFIX)


def warc_files(archive: Path) -> list[Path]:
    """All WARC files by name (runs by id, then number)."""
    return sorted((archive / WARCS).glob(f"*{WARC_SUFFIX}"))


def run_files(archive: Path, run_id: str) -> tuple[Path, ...]:
    """The finished files of a run, WARC and index by turns: what its manifest names."""
    pairs = ((warc, index_of(archive, warc)) for warc in warc_files(archive) if run_of(warc) == run_id)
    return tuple(path for warc, index in pairs if index.exists() for path in (warc, index))


def leftovers(archive: Path) -> Iterator[Path]:
    """Files that only an interrupted write leaves behind, and parts of the state beside the file that counts."""
    yield from sorted((archive / INDEXES).glob(f"*{JOURNAL_SUFFIX}"))
    for folder in ("", f"{WARCS}/", f"{INDEXES}/", f"{MANIFESTS}/", "state/", "reports/*/"):
        yield from sorted(archive.glob(f"{folder}*{TEMPORARY_SUFFIX}"))
    if (archive / "state.jsonl").exists():
        yield from sorted(archive.glob("state/*.jsonl"))


def relative(archive: Path, path: Path) -> str:
    """The path from the project folder, as records and manifests name it: “archive/warc/….warc.gz”."""
    return f"{archive.name}/{path.relative_to(archive).as_posix()}"


def located(archive: Path, name: str) -> Path:
    """Where a file is that `relative` named."""
    return archive / name.partition("/")[2]
