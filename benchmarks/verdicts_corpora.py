"""The labelled corpora beside the repository, and which sites of the second one are sealed.

A third of the second corpus, by site, is sealed: its errors are not looked at while the judge is worked on, so that its
score says how the judge does on pages nobody tuned on. `sealed-sites.txt` has the digests of those sites' names.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkarchive.judge.cases import case_of
from linkarchive.model import Case

SHARED = Path(__file__).resolve().parents[2] / "shared"
CORPUS = SHARED / "corpus"
SECOND = SHARED / "corpus2"
SETS = ("ota", "news", "unusable", "good")
SECOND_SETS = ("unusable", "pairs", "good", "quotes", "figures")
PARTS = ("open", "sealed")
_SEALED = Path(__file__).with_name("sealed-sites.txt")


@dataclass(frozen=True, slots=True)
class Labelled:
    line: str
    case: Case
    label: dict[str, Any]
    set: str
    site: str
    id: str


def are_here() -> bool:
    return (CORPUS / "score.py").is_file() and SECOND.is_dir()


def corpus(only: str | None) -> Iterator[Labelled]:
    """The first corpus, or one of its sets."""
    for name in SETS if only is None else (only,):
        yield from _read(CORPUS / "dev" / f"{name}.jsonl.xz", name)


def second(part: str, only: str | None = None) -> Iterator[Labelled]:
    """The open or the sealed part of the second corpus, or of one of its sets."""
    sealed = frozenset(_SEALED.read_text(encoding="ascii").split())
    for name in SECOND_SETS if only is None else (only,):
        for labelled in _read(SECOND / "dev" / f"{name}.jsonl.xz", name):
            if (digest(labelled.site) in sealed) == (part == "sealed"):
                yield labelled


def digest(site: str) -> str:
    return hashlib.sha256(site.encode()).hexdigest()[:16]


def _read(path: Path, name: str) -> Iterator[Labelled]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield Labelled(line, case_of(line), record["label"], name, record["site"], record["id"])
