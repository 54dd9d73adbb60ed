"""Excel workbooks: a row is a record, its context the row; a place is the number of the row (ECMA-376 part 1).

Read from the XML, as the other packages: a library that builds the cells of a whole
workbook takes fifty times its size, and what is wanted is text and targets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from linkarchive.article.formats.ooxml import R, core_title, link_targets, listed_parts
from linkarchive.article.formats.records import is_url
from linkarchive.article.package import Package
from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import write
from linkarchive.model import Unit

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_MAIN = "xl/workbook.xml"
_SHEET = r"xl/worksheets/sheet\d{1,6}\.xml"
_STRINGS = "xl/sharedStrings.xml"
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")
_FORMULA = re.compile(r"""\s*=?\s*(?:_xlfn\.)?HYPERLINK\s*\(\s*"((?:[^"]|"")*)"(?:\s*[,;]\s*"((?:[^"]|"")*)")?""", re.I)
_MOST_CELLS = 10_000  # of one hyperlink's area


def read_xlsx(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """The sheets in their order. Raises ArticleError when the package is damaged or encrypted."""
    package = Package(data)
    strings = _strings(package)
    passages: list[Passage] = []
    for name in listed_parts(package, _MAIN, "worksheet", _S + "sheet", _SHEET):
        passages += _rows(package.xml(name), link_targets(package, name), strings)
    return ParsedDocument(title=core_title(package), passages=tuple(passages), unit=Unit.CELL)


def _strings(package: Package) -> Sequence[str]:
    if _STRINGS not in package.names:
        return ()
    return [_text(item) for item in package.xml(_STRINGS).iter(_S + "si")]


def _text(element: Any) -> str:
    """The text of rich or plain text, without its phonetic guides."""
    return "".join(t.text or "" for t in element.iter(_S + "t") if t.getparent().tag != _S + "rPh")


def _rows(sheet: Any, targets: Mapping[str, str], strings: Sequence[str]) -> Iterator[Passage]:
    links = _hyperlinks(sheet, targets)
    number = 0
    for row in sheet.iter(_S + "row"):
        written = row.get("r") or ""
        number = int(written) if written.isdecimal() and len(written) < 9 else number + 1
        builder = PassageBuilder(number)
        for cell in row.iter(_S + "c"):
            _write_cell(builder, cell, links.get(cell.get("r") or ""), strings, number)
        yield builder.build()


def _hyperlinks(sheet: Any, targets: Mapping[str, str]) -> dict[str, str]:
    """Targets by cell; a link may cover an area."""
    links: dict[str, str] = {}
    for link in sheet.iter(_S + "hyperlink"):
        target = targets.get(link.get(R + "id", ""))
        match = _REFERENCE.match(link.get("ref") or "")
        if not target or match is None:
            continue
        place = link.get("location")
        target = f"{target}#{place}" if place and "#" not in target else target
        for cell in _cells(match):
            links[cell] = target
    return links


def _cells(match: re.Match[str]) -> Iterator[str]:
    first_column, first_row = _column(match[1]), int(match[2])
    last_column, last_row = _column(match[3] or match[1]), int(match[4] or match[2])
    left = _MOST_CELLS
    for row in range(first_row, last_row + 1):
        for column in range(first_column, last_column + 1):
            if not left:
                return
            left -= 1
            yield f"{_letters(column)}{row}"


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _write_cell(builder: PassageBuilder, cell: Any, target: str | None, strings: Sequence[str], row: int) -> None:
    shown = _shown(cell, strings)
    formula = next((_FORMULA.match(f.text or "") for f in cell.iter(_S + "f")), None)
    if formula is not None:
        target = formula[1].replace('""', '"')
        shown = shown or (formula[2] or formula[1]).replace('""', '"')
    if not shown.strip() and not target:
        return
    if not builder.is_empty:
        builder.text(" · ")
    if target and is_url(shown) and shown.strip() == target:
        builder.bare(target, shown.strip(), row)
    elif target:
        builder.link(target, shown, row)
        builder.text(" ")
    elif is_url(shown):
        builder.bare(shown.strip(), shown.strip(), row)
    else:
        write(builder, fold(shown), row)


def _shown(cell: Any, strings: Sequence[str]) -> str:
    kind = cell.get("t")
    if kind == "inlineStr":
        return "".join(_text(inline) for inline in cell.iter(_S + "is"))
    value = next((v.text or "" for v in cell.iter(_S + "v")), "")
    if kind == "s":
        return strings[int(value)] if value.isdecimal() and len(value) < 9 and int(value) < len(strings) else ""
    return value
