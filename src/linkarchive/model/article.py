"""What cites."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from msgspec import Struct

from linkarchive.model.verdict import Reason


class LinkKind(StrEnum):
    LINK = "link"
    IMAGE = "image"
    MEDIA = "media"
    EMBED = "embed"
    META = "meta"


class Unit(StrEnum):
    """What the numbers of a format's places count."""

    LINE = "line"
    PARAGRAPH = "paragraph"
    CELL = "cell"
    SLIDE = "slide"
    PAGE = "page"


class Place(StrEnum):
    """Where in an article a link stands."""

    BODY = "body"
    NOTE = "note"
    """In a footnote, an endnote, an entry of a reference list."""
    FRAME = "frame"
    """In the page around the article: menus, share buttons, teasers, comments."""


class LinkKeys(Struct, frozen=True):
    """What is said of a link beside its target: by the article itself, or by a person in links.txt."""

    accessed: date | None = None
    quote: str | None = None
    snapshot: str | None = None
    note: str | None = None


class Citation(Struct, frozen=True):
    """One link of an article. `url` is absolute where it could be resolved, else as written; None is lost."""

    url: str | None
    text: str
    line: int
    """1-based number in the article, counted in `unit`."""
    context: str
    """The sentence that makes the claim, white space folded: the one around the link, for a link in a note the one
    that bears its mark; "" for an entry of a reference list that nothing in the text points to."""
    kind: LinkKind = LinkKind.LINK
    recovered: bool = False
    recovery_confidence: float | None = None
    found_in: str | None = None
    """URL or file of the page in which a recovered target was found."""
    unresolved: Reason | None = None
    """For a lost target that was looked for in vain: no-original, original-unavailable, no-match, ambiguous."""
    accessed: date | None = None
    quote: str | None = None
    snapshot: str | None = None
    note: str | None = None
    """What links.txt says about the link, else the words of the note in which it stands."""
    unit: Unit = Unit.LINE
    place: Place = Place.BODY
    written: LinkKeys | None = None
    """What the article itself says, where links.txt says more."""


class Article(Struct, frozen=True):
    """A document that cites. `path` is from the project folder (posix), or the article's URL."""

    path: str
    title: str
    original_url: str | None
    published: date | None
    citations: tuple[Citation, ...]
    private: bool = False
    remarks: tuple[str, ...] = ()
    """What `-v` says about the reading: sources of origin and date that disagreed."""
    gaps: tuple[str, ...] = ()
    """What of it could not be read, a sentence each: damaged pages, pages that are pictures."""
