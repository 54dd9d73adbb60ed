"""The three answers of an archive, which must never be confused."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from linkarchive.model import Page
from linkarchive.snapshot.writer import Memento
from linkarchive.web.exchange import Visit


class ArchivedCopy(Struct, frozen=True):
    """There is a copy. What is fetched goes to the WARC with `WarcWriter.write_visit(visit, memento=memento, …)`."""

    memento: Memento
    archive: str
    """The archive's name."""
    visit: Visit | None
    """Everything exchanged with the archive, the copy last; None when nothing had to be fetched."""
    page: Page | None
    """The page as it was: its own address, status and fields, without content-coding; None as for `visit`."""
    same_as: str | None = None
    """The payload digest, one of our own: the copy is byte for byte what we have already."""


class NoCopy(Struct, frozen=True):
    """There is none: every endpoint in `asked` ("web.archive.org replay") said so."""

    asked: tuple[str, ...]


class Why(StrEnum):
    """Why we could not find out."""

    RATE_LIMITED = "rate-limited"
    DOWN = "down"
    EXCLUDED = "excluded"
    MALFORMED = "malformed"
    BUDGET = "budget"


class Unknown(Struct, frozen=True):
    """We could not find out. `detail` is in words, for the report's `archive_note`."""

    why: Why
    detail: str
    of_copy: bool = False
    """The archive answered, by an error: it may be the fault of this one copy, and others may be asked for."""


Answer = ArchivedCopy | NoCopy | Unknown


def word_of(answer: Answer) -> str:
    """`found`, `none` or `unknown`, as the store has it."""
    return "found" if isinstance(answer, ArchivedCopy) else "none" if isinstance(answer, NoCopy) else "unknown"


def note_of(answer: Answer) -> str | None:
    """An answer in words, where it brought no copy."""
    if isinstance(answer, ArchivedCopy):
        return None
    if isinstance(answer, NoCopy):
        return "no web archive has a usable copy"
    return f"could not find out whether there is a copy: {answer.detail}"


class Unusable(Struct, frozen=True):
    """Within the room only: the archive has something for this address, but it is no copy of the page."""

    time: datetime
    detail: str
    was_read: bool = True
    """Its bytes came: others with the same digest are no better."""


class ArchiveTroubleError(Exception):
    """Within the room only: an endpoint gave no answer that can be read; `unknown` says what to report."""

    def __init__(self, why: Why, detail: str, *, of_copy: bool = False) -> None:
        super().__init__(detail)
        self.unknown = Unknown(why, detail, of_copy)
