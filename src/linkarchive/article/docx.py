"""DOCX: hyperlinks (elements and fields), bare URLs, footnotes and endnotes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from linkarchive.article.package import Package
from linkarchive.article.passage import Claim, ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import write
from linkarchive.model import LinkKind

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_IMAGE_RELATION = "/image"
# The target is quoted; `\\l "bookmark"` after it is its fragment.
_FIELD = re.compile(r'^\s*HYPERLINK\s+(?!\\)"?([^"\s]*)"?(?:.*?\\l\s+"([^"]*)")?', re.IGNORECASE)
_INTERNAL = re.compile(r"^\s*HYPERLINK\s+\\l\b", re.IGNORECASE)
_NOTES = ("footnotes", "endnotes")


def read_docx(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """Raises what python-docx raises for a file that is none (the sandbox reports it), ArticleError for a bomb."""
    from docx import Document

    package = Package(data)
    for name in package.names:
        package.read(name)  # the limits on what it unpacks to, before a library unpacks it all
    document = Document(io.BytesIO(data))
    passages: list[Passage] = []
    parts = [document.part, *(part for part in _parts(document) if _is_notes(part))]
    for part in parts:
        root = part.element if hasattr(part, "element") else package.xml(str(part.partname).lstrip("/"))
        targets = {
            key: str(relation.target_ref)
            for key, relation in part.rels.items()
            if relation.is_external and (everything or not relation.reltype.endswith(_IMAGE_RELATION))
        }
        for paragraph in root.iter(_W + "p"):
            passage = _Paragraph(targets, len(passages) + 1).read(paragraph)
            if passage.text or passage.links:
                passages.append(passage)
    properties = document.core_properties
    return ParsedDocument(
        title=fold(properties.title or "") or _heading(document), passages=tuple(passages), origins=_origins(properties)
    )


def _parts(document: Any) -> Iterator[Any]:
    return (relation.target_part for relation in document.part.rels.values() if not relation.is_external)


def _is_notes(part: Any) -> bool:
    return any(str(part.partname).endswith(f"/{name}.xml") for name in _NOTES)


def _heading(document: Any) -> str:
    for paragraph in document.paragraphs[:50]:
        if (paragraph.style is not None and paragraph.style.name in ("Title", "Heading 1")) and paragraph.text.strip():
            return fold(paragraph.text)
    return ""


def _origins(properties: Any) -> tuple[Claim, ...]:
    identifier = fold(properties.identifier or "")
    return (Claim(identifier, "document property `identifier`", 3),) if identifier else ()


class _Paragraph:
    """One paragraph on its way to a passage; its own runs only, not those of text boxes inside."""

    def __init__(self, targets: dict[str, str], line: int) -> None:
        self._targets = targets
        self._line = line
        self._builder = PassageBuilder(line)
        self._fields: list[list[str] | None] = []  # open fields: the parts of their instruction, None once it ended
        self._running: list[str] = []  # text outside links, whose bare URLs may run over several runs

    def read(self, paragraph: Any) -> Passage:
        for event, element in _events(paragraph):
            if event == "start":
                self._start(element)
            elif element.tag in (_W + "hyperlink", _W + "fldSimple"):
                self._close()
        self._write()
        return self._builder.build()

    def _start(self, element: Any) -> None:
        match element.tag.removeprefix(_W) if isinstance(element.tag, str) else "":
            case "t":
                self._text(element.text or "")
            case "tab" | "noBreakHyphen" if element.getparent().tag == _W + "r":
                self._text(" " if element.tag == _W + "tab" else "-")
            case "br" | "cr":
                self._write()
                self._builder.line_break()
            case "hyperlink":
                self._hyperlink(element)
            case "fldSimple":
                self._open(_field_target(element.get(_W + "instr", "")))
            case "fldChar":
                self._field(element.get(_W + "fldCharType"))
            case "instrText" if self._fields and self._fields[-1] is not None:
                self._fields[-1].append(element.text or "")
        if (image := element.get(_R + "link")) and image in self._targets:
            self._write()
            self._builder.mark(self._targets[image], self._line, LinkKind.IMAGE)

    def _hyperlink(self, element: Any) -> None:
        target = self._targets.get(element.get(_R + "id", ""))
        anchor = element.get(_W + "anchor")
        if target is None:
            self._open(f"#{anchor}" if anchor else "")
        else:
            self._open(f"{target}#{anchor}" if anchor and "#" not in target else target)

    def _field(self, kind: str | None) -> None:
        """A complex field: begin, its instruction, separate, what is shown, end (ECMA-376 part 1, 17.16.18)."""
        if kind == "begin":
            self._fields.append([])
        elif kind == "separate" and self._fields and (instruction := self._fields[-1]) is not None:
            self._fields[-1] = None
            self._open(_field_target("".join(instruction)))
        elif kind == "end" and self._fields:
            self._fields.pop()
            self._close()

    def _text(self, text: str) -> None:
        if self._builder.in_link:
            self._builder.text(text)
        else:
            self._running.append(text)

    def _write(self) -> None:
        write(self._builder, "".join(self._running), self._line)
        self._running = []

    def _open(self, target: str | None) -> None:
        self._write()
        if target is not None:
            self._builder.open(target, self._line)

    def _close(self) -> None:
        self._write()
        self._builder.close()


def _field_target(instruction: str) -> str | None:
    """The target of a HYPERLINK field; None for any other field."""
    if _INTERNAL.match(instruction):
        return "#section"
    if match := _FIELD.match(instruction):
        return f"{match[1]}#{match[2]}" if match[2] else match[1]
    return None


def _events(paragraph: Any) -> Iterator[tuple[str, Any]]:
    """Start and end of every element below, without the paragraphs of text boxes (they come by themselves)."""
    open_elements: list[Any] = []
    stack = [iter(paragraph)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            if open_elements:
                yield "end", open_elements.pop()
        elif element.tag != _W + "p":
            yield "start", element
            open_elements.append(element)
            stack.append(iter(element))
