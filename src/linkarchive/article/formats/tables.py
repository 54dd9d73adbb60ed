"""CSV and tab-separated tables: a row is a record, its context the row (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from linkarchive.article.bare_urls import bare_urls
from linkarchive.article.formats.located import Located, located
from linkarchive.article.formats.records import Member, record_passage
from linkarchive.article.passage import ParsedDocument, Passage
from linkarchive.errors import ArticleError

_DELIMITERS = ",;\t|"
_LONGEST_CELL = 16 * 1024 * 1024


def read_csv(text: str, *, everything: bool = False) -> ParsedDocument:
    """The delimiter is the one of comma, semicolon, tab and bar that the first line holds most often."""
    return _read(text, _delimiter(text))


def read_tsv(text: str, *, everything: bool = False) -> ParsedDocument:
    return _read(text, "\t")


def _read(text: str, delimiter: str) -> ParsedDocument:
    return ParsedDocument(passages=tuple(_passages(text, delimiter)))


def _delimiter(text: str) -> str:
    line = next((line for line in text.split("\n", 20) if line.strip()), "")
    if line.lower().startswith("sep=") and len(line.strip()) == len("sep=,"):  # as spreadsheet programs write it
        return line.strip()[-1]
    outside = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def _passages(text: str, delimiter: str) -> Iterator[Passage]:
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    names: Sequence[str] | None = None
    line = 1
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise ArticleError(f"line {line}: it is not a table: {error}") from error
        if row is None:
            return
        if any(cell.strip() for cell in row):
            if names is None:
                names = row if len(row) > 1 and not any(map(any, map(bare_urls, row))) else ()
                if names:
                    yield Passage(line, " · ".join(names))
                    line = rows.line_num + 1
                    continue
            yield _row(names, row, line)
        line = rows.line_num + 1


def _row(names: Sequence[str], row: Sequence[str], line: int) -> Passage:
    members = []
    for number, cell in enumerate(row):
        members.append(Member(names[number] if number < len(names) else "", located(cell, line, 0)))
        line += cell.count("\n")
    first = members[0].value
    return record_passage(members, first.line if isinstance(first, Located) else line, _line_of)


def _line_of(value: str, part: str) -> int:
    if not isinstance(value, Located):
        return 1
    return value.line + value.count("\n", 0, max(0, value.find(part)))
