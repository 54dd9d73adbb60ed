"""What a reader returns: passages (blocks of text with their links) and what a document says about itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from linkarchive.model import LinkKind, Unit

_SPACE = re.compile(r"[^\S\n]+")
_ANY_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a passage; `start` and `end` are offsets in the passage's text (equal for an image)."""

    target: str
    """As written; empty when the document gives none."""
    line: int
    start: int
    end: int
    kind: LinkKind = LinkKind.LINK
    alt: str = ""
    """Alternative text of the images inside, or of the image itself."""
    main: bool = True
    """Within the main text. Outside of it a link to nothing is a control of the page, not a lost target."""
    accessed: date | None = None
    """The day on which the author looked, where the format has a field for it (`urldate`, `access-date`)."""
    snapshot: str | None = None
    """The URL of an archived copy that the document gives beside the target (`archive-url`)."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a passage's text that bears a note or cites an entry of a reference list."""

    label: str
    """The name of the note or entry, as in `Passage.note`."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, a table cell, a heading. `text` is folded: single spaces, `\\n` where the author broke a line."""

    line: int
    text: str
    links: tuple[Link, ...] = ()
    main: bool = True
    marks: tuple[Mark, ...] = ()
    item: int | None = None
    """Its number, when it is (a part of) an item of an ordered list."""
    listed: bool = False
    """In a table or a list: a date that stands there alone is a row's, not the article's."""
    note: str | None = None
    """The name of the note, or of the entry of a reference list, whose text this is; several passages may share it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A value (an original URL, a date) that `source` gives; the lowest rank is the best known."""

    value: str
    source: str
    rank: int


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document as read, before links are resolved and judged to be citations."""

    title: str = ""
    passages: tuple[Passage, ...] = ()
    origins: tuple[Claim, ...] = ()
    dates: tuple[Claim, ...] = ()
    base: str | None = None
    """The target of `<base>`."""
    remarks: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    """What of it could not be read, a sentence each."""
    bibliographies: tuple[str, ...] = ()
    """The files, beside the document, that hold its list of references."""
    unit: Unit = Unit.LINE
    """What the numbers in `line` count."""


def fold(text: str) -> str:
    """The text with every run of white space as one space."""
    return _ANY_SPACE.sub(" ", text).strip()


@dataclass(slots=True)
class PassageBuilder:
    """Collects the text and links of one passage, in reading order."""

    line: int
    main: bool = True
    note: str | None = None
    item: int | None = None
    listed: bool = False
    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _after_space: bool = True
    _links: list[Link] = field(default_factory=list)
    _marks: list[Mark] = field(default_factory=list)
    _open: Link | None = None

    @property
    def in_link(self) -> bool:
        return self._open is not None

    @property
    def is_empty(self) -> bool:
        return not self._length and not self._links and not self._marks and self._open is None

    @property
    def links(self) -> list[Link]:
        """The links so far, but for the one that is open."""
        return self._links

    def text(self, text: str) -> None:
        text = _SPACE.sub(" ", text)
        if self._after_space:
            text = text.lstrip(" ")
        if text:
            self._append(text)

    def line_break(self) -> None:
        """A line break that the reader sees or the author made."""
        if self._length:
            self._append("\n")

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        self._after_space = text[-1] in " \n"

    def bare(self, target: str, shown: str, line: int) -> None:
        """A URL in the running text."""
        self._links.append(Link(target, line, self._length, self._length + len(shown), main=self.main))
        self._append(shown)

    def open(self, target: str, line: int, snapshot: str | None = None) -> None:
        """A link begins; one that was open ends here, as in HTML."""
        self.close()
        self._open = Link(target, line, self._length, self._length, main=self.main, snapshot=snapshot)

    def close(self) -> None:
        if self._open is not None:
            link, self._open = self._open, None
            self._links.append(replace(link, end=self._length))

    def link(self, target: str, shown: str, line: int) -> None:
        """A link that shows this text, white space folded."""
        self.open(target, line)
        self.text(fold(shown))
        self.close()

    def mark(self, target: str, line: int, kind: LinkKind, alt: str = "") -> None:
        """An image, a medium or an embed at this place."""
        self._links.append(Link(target, line, self._length, self._length, kind, fold(alt), self.main))

    def cite(self, label: str, shown: str = "") -> None:
        """The mark of a note or of an entry of a reference list, with what the reader sees of it."""
        self._marks.append(Mark(label, self._length, self._length + len(shown)))
        if shown:
            self._append(shown)

    def describe(self, alt: str) -> None:
        """The image in the open link has this alternative text."""
        if self._open is not None and (alt := fold(alt)):
            link = self._open
            joined = f"{link.alt} {alt}".strip()
            self._open = replace(link, alt=joined)

    def build(self) -> Passage:
        self.close()
        links, marks = tuple(self._links), tuple(self._marks)
        return Passage(self.line, "".join(self._parts), links, self.main, marks, self.item, self.listed, self.note)
