"""PowerPoint: the paragraphs of every slide and of its notes; a place is the number of a slide (ECMA-376 part 1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from linkarchive.article.formats.ooxml import R, core_title, link_targets, listed_parts, parts_of
from linkarchive.article.package import Package
from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import flush
from linkarchive.model import LinkKind, Unit

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MAIN = "ppt/presentation.xml"
_SLIDE = r"ppt/slides/slide\d{1,6}\.xml"
_TITLES = frozenset({"title", "ctrTitle"})


def read_pptx(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """The slides in their order. Raises ArticleError when the package is damaged or encrypted."""
    package = Package(data)
    passages: list[Passage] = []
    title = core_title(package)
    for number, name in enumerate(listed_parts(package, _MAIN, "slide", _P + "sldId", _SLIDE), start=1):
        root = package.xml(name)
        title = title or _title(root)
        passages += _passages(root, link_targets(package, name), number)
        for notes in parts_of(package, name, "notesSlide").values():
            passages += _passages(package.xml(notes), link_targets(package, notes), number)
    return ParsedDocument(title=title, passages=tuple(passages), unit=Unit.SLIDE)


def _title(slide: Any) -> str:
    for shape in slide.iter(_P + "sp"):
        if any(placeholder.get("type") in _TITLES for placeholder in shape.iter(_P + "ph")):
            return fold(" ".join(text.text or "" for text in shape.iter(_A + "t")))
    return ""


def _passages(root: Any, targets: Mapping[str, str], slide: int) -> Iterator[Passage]:
    """The paragraphs, and the links on shapes and pictures."""
    stack = [root]
    while stack:
        element = stack.pop()
        if element.tag == _A + "p":
            yield _paragraph(element, targets, slide)
        elif element.tag == _P + "cNvPr":
            yield from _shape(element, targets, slide)
        elif element.tag != _FALLBACK:
            stack.extend(reversed(element))


def _shape(properties: Any, targets: Mapping[str, str], slide: int) -> Iterator[Passage]:
    """A shape that is a link as a whole; what it shows is its description, else its name."""
    for link in properties.iter(_A + "hlinkClick", _A + "hlinkHover"):
        target = targets.get(link.get(R + "id", ""))
        if target:
            builder = PassageBuilder(slide)
            builder.mark(target, slide, LinkKind.LINK, properties.get("descr") or properties.get("title") or "")
            yield builder.build()


def _paragraph(paragraph: Any, targets: Mapping[str, str], slide: int) -> Passage:
    """Neighbouring runs with one target are one link."""
    builder = PassageBuilder(slide)
    running: list[str] = []
    current = ""
    for run in paragraph.iter(_A + "r", _A + "br", _A + "fld"):
        target = _target(run, targets)
        if target != current:
            flush(builder, running, slide)
            builder.close()
            if target:
                builder.open(target, slide)
            current = target
        if run.tag == _A + "br":
            running.append("\n")
        else:
            running += [text.text or "" for text in run.iter(_A + "t")]
    flush(builder, running, slide)
    return builder.build()


def _target(run: Any, targets: Mapping[str, str]) -> str:
    for link in run.iter(_A + "hlinkClick"):
        return targets.get(link.get(R + "id", ""), "")
    return ""
