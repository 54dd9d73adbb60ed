"""JATS, the XML of journals (ANSI/NISO Z39.96): paragraphs, footnotes, and the references that its text cites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from linkarchive.article.formats.reference import identifier_url
from linkarchive.article.package import parse_xml
from linkarchive.article.passage import Claim, ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import flush

_HREF = "{http://www.w3.org/1999/xlink}href"
_BLOCKS = frozenset(
    {"p", "title", "subtitle", "td", "th", "term", "attrib", "verse-line", "mixed-citation", "element-citation",
     "citation", "nlm-citation"}
)  # fmt: skip
_LINKS = frozenset({"ext-link", "uri", "related-object", "related-article"})
_SILENT = frozenset(
    {"journal-meta", "article-id", "article-categories", "permissions", "processing-meta", "tex-math", "math", "code",
     "label", "preformat", "self-uri", "title-group", "contrib-group", "aff", "author-notes", "history"}
)  # fmt: skip
_NOTES = frozenset({"fn", "table-fn", "bibr", None})
_MAX_DEPTH = 200


def read_jats(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """An article and its sub-articles. Raises ArticleError when it is no XML."""
    root = parse_xml(data.lstrip(), "the file")
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    reader = _Reader()
    reader.read(root, None)
    return ParsedDocument(
        title=next((fold("".join(title.itertext())) for title in root.iter("article-title")), ""),
        passages=tuple(reader.passages),
        origins=tuple(_origins(root)),
        dates=tuple(_dates(root)),
    )


def _origins(root: Any) -> Iterator[Claim]:
    for own in root.iterfind(".//article-meta/self-uri"):
        target = own.get(_HREF) or ""
        if "://" in target and "pdf" not in (own.get("content-type") or "").lower():
            yield Claim(target, "JATS `self-uri`", 1)


def _dates(root: Any) -> Iterator[Claim]:
    for day in root.iter("pub-date"):
        parts = [(day.findtext(name) or "").strip() for name in ("year", "month", "day")]
        if all(part.isdecimal() and len(part) <= 4 for part in parts):
            yield Claim("-".join(part.zfill(2) for part in parts), "JATS `pub-date`", 1)


class _Reader:
    """One pass over the elements; a note and a reference are called by their `id`, as `rid` cites them."""

    def __init__(self) -> None:
        self.passages: list[Passage] = []

    def read(self, root: Any, note: str | None) -> None:
        """The blocks in their order; those within a block come after it."""
        stack: list[tuple[Any, str | None]] = [(root, note)]
        while stack:
            element, note = stack.pop()
            if element.tag in _SILENT or not isinstance(element.tag, str):
                continue
            if element.tag in ("fn", "ref"):
                note = element.get("id") or note
            if element.tag in _BLOCKS or element.tag in _LINKS:
                stack.extend(reversed(self._block(element, note)))
            else:
                stack.extend((child, note) for child in reversed(element))

    def _block(self, element: Any, note: str | None) -> list[tuple[Any, str | None]]:
        line = element.sourceline or 1
        builder = PassageBuilder(line, note=note, listed=element.tag in ("td", "th"))
        running: list[str] = []
        inside: list[Any] = []
        if element.tag in _LINKS:
            self._child(element, builder, running, inside, 0)
        else:
            self._inline(element, builder, running, inside, 0)
        flush(builder, running, line)
        if not builder.is_empty:
            self.passages.append(builder.build())
        return [(child, child.get("id") or note if child.tag == "fn" else note) for child in inside]

    def _inline(self, element: Any, builder: PassageBuilder, running: list[str], inside: list[Any], depth: int) -> None:
        if depth > _MAX_DEPTH:
            return
        running.append(_folded(element.text))
        for child in element:
            if isinstance(child.tag, str):
                self._child(child, builder, running, inside, depth)
                if element.tag in ("element-citation", "nlm-citation"):
                    running.append(" ")
            running.append(_folded(child.tail))

    def _child(self, child: Any, builder: PassageBuilder, running: list[str], inside: list[Any], depth: int) -> None:
        tag, line = child.tag, child.sourceline or builder.line
        words = fold("".join(child.itertext())) if tag in ("xref", "pub-id") or tag in _LINKS else ""
        if tag == "xref":
            is_raised = words.isdecimal() and child.get("ref-type") in _NOTES and not _is_in_brackets(running)
            words = "" if is_raised else words
            flush(builder, running, builder.line)
            labels = (child.get("rid") or "").split()
            for label in labels[:-1]:
                builder.cite(label)
            builder.cite(labels[-1], words) if labels else builder.text(words)
        elif tag == "pub-id" or tag in _LINKS:
            flush(builder, running, builder.line)
            target = _target(child, words)
            if target:
                builder.link(target, words or target, line)
            else:
                builder.text(words)
        elif tag == "break":
            running.append("\n")
        elif tag == "fn":
            if child.get("id"):
                flush(builder, running, builder.line)
                builder.cite(child.get("id"))
            inside.append(child)
        elif tag in _BLOCKS or child.find(".//p") is not None:
            inside.append(child)
        elif tag not in _SILENT:
            self._inline(child, builder, running, inside, depth + 1)


def _target(element: Any, words: str) -> str:
    """What an element leads to: an address, or a name such as a DOI; "" for what is neither."""
    kind = (element.get("pub-id-type") or element.get("ext-link-type") or "").lower()
    written = (element.get(_HREF) or words).strip()
    if "://" in written:
        return written
    return identifier_url(kind, written) or (written if element.tag in _LINKS and element.get(_HREF) else "")


def _is_in_brackets(running: list[str]) -> bool:
    return "".join(running[-3:]).rstrip()[-1:] in tuple("[(,;–-")


def _folded(text: str | None) -> str:
    """Line breaks of the source are spaces; those of the text are `<break/>`."""
    return " ".join(f"|{text}|".split())[1:-1] if text else ""
