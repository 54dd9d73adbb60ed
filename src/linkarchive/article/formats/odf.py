"""OpenDocument text, presentations and spreadsheets: paragraphs, links, notes (OpenDocument 1.2, part 1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from linkarchive.article.package import Package, parse_xml, text_of
from linkarchive.article.passage import Claim, ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import flush
from linkarchive.model import Unit

_OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _DRAW, _OFFICE = _OASIS + "text:1.0}", _OASIS + "drawing:1.0}", _OASIS + "office:1.0}"
_META = _OASIS + "meta:1.0}"
_TABLE = _OASIS + "table:1.0}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_PARAGRAPHS = frozenset({_TEXT + "p", _TEXT + "h"})
_SILENT = frozenset(
    [_TEXT + name for name in ("tracked-changes", "note-citation", "sequence-decls")]
    + [_OFFICE + name for name in ("annotation", "forms", "scripts", "settings", "styles", "automatic-styles")]
    + [_OFFICE + "master-styles", _OFFICE + "font-face-decls", _TABLE + "tracked-changes"]
)
_MAX_DEPTH = 200
_MOST_BLANKS = 100


def read_odf(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """A zip package, or the flat XML of .fodt. Raises ArticleError when it is damaged or encrypted."""
    if data.startswith(b"PK\x03\x04"):
        package = Package(data)
        content = package.xml("content.xml")
        meta = package.xml("meta.xml") if "meta.xml" in package.names else None
    else:
        content = meta = parse_xml(data, "the file")
    reader = _Reader()
    reader.read(content)
    return ParsedDocument(
        title=(text_of(meta, _DC + "title") if meta is not None else "") or reader.heading,
        passages=tuple(reader.passages),
        dates=tuple(_dates(meta)),
        unit=Unit.PARAGRAPH,
    )


def _dates(meta: Any) -> Iterator[Claim]:
    """What a user field says: the days on which a file was made and changed are not the article's."""
    for field in meta.iter(_META + "user-defined") if meta is not None else ():
        if "publi" in (field.get(_META + "name") or "").lower() and field.text:
            yield Claim(field.text, "document property", 1)


class _Reader:
    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self.heading = ""
        self._notes = 0

    def read(self, root: Any) -> None:
        """The paragraphs in their order; those within frames and notes come after the one they stand in."""
        stack: list[tuple[Any, str | None]] = [(root, None)]
        while stack:
            element, note = stack.pop()
            if element.tag in _SILENT:
                continue
            if element.tag in _PARAGRAPHS:
                self._paragraph(element, note)
            else:
                stack.extend((child, note) for child in reversed(element))

    def _paragraph(self, element: Any, note: str | None) -> None:
        number = len(self.passages) + 1
        builder = PassageBuilder(number, note=note)
        self.passages.append(Passage(number, ""))  # those of its notes follow
        inside: list[tuple[Any, str | None]] = []
        running: list[str] = []
        self._inline(element, builder, running, inside, 0)
        flush(builder, running, number)
        passage = self.passages[number - 1] = builder.build()
        is_heading = element.tag == _TEXT + "h" and element.get(_TEXT + "outline-level", "1") == "1"
        if not self.heading and (is_heading or element.get(_TEXT + "style-name") == "Title"):
            self.heading = fold(passage.text)
        for part, label in inside:
            for paragraph in _paragraphs(part):
                self._paragraph(paragraph, label if label is not None else note)

    def _inline(
        self,
        element: Any,
        builder: PassageBuilder,
        running: list[str],
        inside: list[tuple[Any, str | None]],
        depth: int,
    ) -> None:
        if depth > _MAX_DEPTH:
            return
        running.append(element.text or "")
        for child in element:
            self._child(child, builder, running, inside, depth)
            running.append(child.tail or "")

    def _child(
        self, child: Any, builder: PassageBuilder, running: list[str], inside: list[tuple[Any, str | None]], depth: int
    ) -> None:
        tag = child.tag
        if tag in (_TEXT + "a", _DRAW + "a"):
            flush(builder, running, builder.line)
            builder.open(child.get(_HREF) or "", builder.line)
            self._inline(child, builder, running, inside, depth + 1)
            flush(builder, running, builder.line)
            builder.close()
        elif tag == _TEXT + "note":
            flush(builder, running, builder.line)
            self._notes += 1
            label = f"note {self._notes}"
            builder.cite(label)
            inside.append((child, label))
        elif tag == _TEXT + "s":
            running.append(" " * min(_MOST_BLANKS, _count(child.get(_TEXT + "c"))))
        elif tag == _TEXT + "tab":
            running.append(" ")
        elif tag == _TEXT + "line-break":
            running.append("\n")
        elif isinstance(tag, str) and tag.startswith(_DRAW):
            inside.append((child, None))
        elif isinstance(tag, str) and tag not in _SILENT:
            self._inline(child, builder, running, inside, depth + 1)


def _paragraphs(element: Any) -> Iterator[Any]:
    """The outermost paragraphs inside."""
    stack = list(reversed(element))
    while stack:
        inner = stack.pop()
        if inner.tag in _PARAGRAPHS:
            yield inner
        elif inner.tag not in _SILENT:
            stack.extend(reversed(inner))


def _count(written: str | None) -> int:
    return int(written) if written and written.isdecimal() and len(written) < 6 else 1
