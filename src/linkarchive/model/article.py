"""What cites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from linkarchive.model.verdict import Reason


class LinkKind(StrEnum):
    LINK = "link"
    IMAGE = "image"
    MEDIA = "media"
    EMBED = "embed"
    META = "meta"


@dataclass(frozen=True, slots=True)
class Citation:
    """One link of an article. `url` is absolute where it could be resolved, else as written; None is lost."""

    url: str | None
    text: str
    line: int
    """1-based line of the source text (for PDF, DOCX and EPUB: of its text, a paragraph a line)."""
    context: str
    """The sentence around the link, white space folded, the anchor text included."""
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


@dataclass(frozen=True, slots=True)
class Article:
    """A document that cites. `path` is from the project folder (posix), or the article's URL."""

    path: str
    title: str
    original_url: str | None
    published: date | None
    citations: tuple[Citation, ...]
    private: bool = False
    remarks: tuple[str, ...] = ()
    """What `-v` says about the reading: sources of origin and date that disagreed, parts left out."""
