"""DOCX: hyperlinks (elements, fields, pictures), reference managers' fields, bare URLs, footnotes and endnotes.

What a revision took out is not read, nor what stands beside a text for older readers. Names of elements are
compared without their namespace: transitional and strict documents differ in nothing else.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from linkarchive.article.docx_fields import Source, field_target, managed_sources, word_sources, word_tags
from linkarchive.article.formats.ooxml import relations
from linkarchive.article.package import Package, local_name, part_name
from linkarchive.article.passage import Claim, Link, ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import flush
from linkarchive.errors import ArticleError
from linkarchive.model import LinkKind, Unit

_NOTES = {"footnotes": "footnote", "endnotes": "endnote"}
_NOT_READ = frozenset({"del", "moveFrom", "Fallback"})


def read_docx(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """The passages of a DOCX file, body and notes. Raises ArticleError for a file that is none, or whose parts unpack
    to more than a document may hold."""
    return _Document(Package(data), everything).parsed()


def read_text(data: bytes, most: int) -> str:
    """The paragraphs of the text and its notes, a line each. `most` is the bytes that a part may unpack to. Raises
    ArticleError as `read_docx`."""
    return "\n".join(passage.text for passage in _Document(Package(data, most), False).passages if passage.text.strip())


class _Part:
    """A part with its relations."""

    def __init__(self, package: Package, name: str) -> None:
        self.root = package.xml(name)
        self.external: dict[str, tuple[str, str]] = {}
        """Target and kind of each relation that leaves the package."""
        self.internal: list[tuple[str, str]] = []
        """Kind and name of the parts that belong to it."""
        for key, kind, target, is_external in relations(package, name):
            if is_external:
                self.external[key] = (target, kind)
            else:
                self.internal.append((kind, part_name(posixpath.dirname(name), target)))


class _Document:
    """A document as passages."""

    def __init__(self, package: Package, everything: bool) -> None:
        self._package = package
        self._everything = everything
        self.passages: list[Passage] = []
        self._root = {kind: part_name("", target) for _, kind, target, _ in relations(package, "")}
        main = self._root.get("officeDocument")
        if main is None or main not in package.names:
            raise ArticleError("the package names no document")
        self._main = _Part(package, main)
        self._styles = self._style_names()
        self._title = ""
        self._read_blocks(self._main.root, self._targets(self._main), None)
        for kind, name in self._main.internal:
            if kind in _NOTES and name in package.names:
                part = _Part(package, name)
                for note in part.root:  # those of the separators are empty
                    self._read_blocks(note, self._targets(part), f"{_NOTES[kind]} {value(note, 'id')}")

    def _style_names(self) -> dict[str, str]:
        name = dict(self._main.internal).get("styles")
        if name is None or name not in self._package.names:
            return {}
        names = {}
        for style in self._package.xml(name):
            for child in style:
                if local_name(child) == "name":
                    names[value(style, "styleId")] = value(child, "val").lower()
        return names

    def _targets(self, part: _Part) -> dict[str, str]:
        return {key: target for key, (target, kind) in part.external.items() if self._everything or kind != "image"}

    def _read_blocks(self, root: Any, targets: dict[str, str], label: str | None) -> None:
        for paragraph in paragraphs(root):
            builder = PassageBuilder(len(self.passages) + 1, note=label)
            passage = _Paragraph(targets, builder).read(paragraph)
            if passage.text.strip() or passage.links:
                self.passages.append(passage)
                if not self._title and label is None and self._is_title(paragraph):
                    self._title = fold(passage.text)

    def _is_title(self, paragraph: Any) -> bool:
        for element in paragraph.iter():
            if local_name(element) == "pStyle":
                style = value(element, "val")
                return self._styles.get(style, style.lower().replace("heading1", "heading 1")) in ("title", "heading 1")
        return False

    def parsed(self) -> ParsedDocument:
        properties = self._properties()
        identifier = properties.get("identifier", "")
        line = len(self.passages) + 1
        return ParsedDocument(
            title=properties.get("title") or self._title,
            passages=(*self.passages, *(_entry(source, line) for source in self._sources())),
            origins=(Claim(identifier, "document property `identifier`", 3),) if identifier else (),
            unit=Unit.PARAGRAPH,
        )

    def _properties(self) -> dict[str, str]:
        name = self._root.get("core-properties", "")
        if name not in self._package.names:
            return {}
        return {local_name(child): fold(child.text or "") for child in self._package.xml(name)}

    def _sources(self) -> Iterator[Source]:
        """The entries of Word's own list of sources that have an address."""
        for kind, name in self._main.internal:
            if kind == "customXml" and name in self._package.names:
                yield from word_sources(self._package.xml(name))


def _entry(source: Source, line: int) -> Passage:
    links = tuple(Link(url, line, 0, len(source.title), accessed=source.accessed) for url in source.urls)
    return Passage(line, source.title, links, note=source.label)


def value(element: Any, name: str) -> str:
    """The value of an attribute, whatever its namespace; "" where there is none."""
    for key, text in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(text)
    return ""


def paragraphs(root: Any) -> Iterator[Any]:
    """The paragraphs of a text in order, those of text boxes after the one they are anchored in."""
    stack = [root]
    while stack:
        element = stack.pop()
        if local_name(element) in _NOT_READ:
            continue
        if local_name(element) == "p" and "drawingml" not in element.tag:
            yield element
        stack.extend(reversed(element))


class _Paragraph:
    """One paragraph on its way to a passage; its own runs only, not those of text boxes inside."""

    def __init__(self, targets: dict[str, str], builder: PassageBuilder) -> None:
        self._targets = targets
        self._builder = builder
        self._line = builder.line
        self._fields: list[list[str] | None] = []  # open fields: the parts of their instruction, None once it ended
        self._running: list[str] = []  # text outside links, whose bare URLs may run over several runs
        self._description = ""

    def read(self, paragraph: Any) -> Passage:
        for event, element in _events(paragraph):
            if event == "start":
                self._start(element)
            elif local_name(element) in ("hyperlink", "fldSimple"):
                self._close()
        self._write()
        return self._builder.build()

    def _start(self, element: Any) -> None:
        match local_name(element):
            case "t":
                self._running.append(element.text or "")
            case "tab" | "noBreakHyphen" if local_name(element.getparent()) == "r":
                self._running.append(" " if local_name(element) == "tab" else "-")
            case "br" | "cr":
                self._write()
                self._builder.line_break()
            case "hyperlink":
                self._hyperlink(element)
            case "fldSimple":
                self._open_field(value(element, "instr"))
            case "fldChar":
                self._field(value(element, "fldCharType"))
            case "instrText" if self._fields and self._fields[-1] is not None:
                self._fields[-1].append(element.text or "")
            case "footnoteReference" | "endnoteReference":
                self._write()
                self._builder.cite(f"{local_name(element).removesuffix('Reference')} {value(element, 'id')}")
            case "docPr":
                self._description = value(element, "descr") or value(element, "title")
            case "hlinkClick" if target := self._targets.get(value(element, "id")):
                self._write()
                self._builder.mark(target, self._line, LinkKind.LINK, self._description)
        image = self._targets.get(value(element, "link"))
        if image:
            self._write()
            self._builder.mark(image, self._line, LinkKind.IMAGE)

    def _hyperlink(self, element: Any) -> None:
        target = self._targets.get(value(element, "id"))
        anchor = value(element, "anchor")
        if target is None:
            self._open(f"#{anchor}" if anchor else "")
        else:
            self._open(f"{target}#{anchor}" if anchor and "#" not in target else target)

    def _field(self, kind: str) -> None:
        """A complex field: begin, its instruction, separate, what is shown, end (ECMA-376 part 1, 17.16.18)."""
        if kind == "begin":
            self._fields.append([])
        elif kind == "separate" and self._fields and (instruction := self._fields[-1]) is not None:
            self._fields[-1] = None
            self._open_field("".join(instruction))
        elif kind == "end" and self._fields:
            self._fields.pop()
            self._close()

    def _open_field(self, instruction: str) -> None:
        self._write()
        for source in managed_sources(instruction):
            for url in source.urls:
                self._builder.mark(url, self._line, LinkKind.LINK, source.title)
        for tag in word_tags(instruction):
            self._builder.cite(tag)
        self._open(field_target(instruction))

    def _write(self) -> None:
        flush(self._builder, self._running, self._line)

    def _open(self, target: str | None) -> None:
        self._write()
        if target is not None:
            self._builder.open(target, self._line)

    def _close(self) -> None:
        self._write()
        self._builder.close()


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
        elif local_name(element) not in ("p", *_NOT_READ):
            yield "start", element
            open_elements.append(element)
            stack.append(iter(element))
