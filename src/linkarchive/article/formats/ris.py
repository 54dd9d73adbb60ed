"""RIS: a tag a line, `ER` ends a reference."""

from __future__ import annotations

import re
from collections.abc import Iterator

from linkarchive.article import dates
from linkarchive.article.formats.reference import Reference, identifier_url, passage_of
from linkarchive.article.passage import ParsedDocument

_TAG = re.compile(r"([A-Z][A-Z0-9])[ \t]{1,4}-(?:[ \t]?(.*))?\Z")
_TITLES = ("TI", "T1", "CT", "BT", "ST")
_AUTHORS = ("AU", "A1", "A2", "ED")
_URLS = ("UR", "LK", "L1", "L2", "L3", "L4")
_REMARKS = ("T2", "JO", "JF", "JA", "PB", "N1", "M1", "M2", "C1", "RN")
_Field = tuple[str, str, int]


def read_ris(text: str, *, everything: bool = False) -> ParsedDocument:
    """Every reference is a note named by its ID."""
    return ParsedDocument(passages=tuple(passage_of(_reference(fields)) for fields in _references(text)))


def _references(text: str) -> Iterator[list[_Field]]:
    """The fields of each reference, a value that goes on in lines without a tag put together."""
    fields: list[_Field] = []
    for number, line in enumerate(text.split("\n"), start=1):
        match = _TAG.match(line.strip("\ufeff").rstrip())
        if match is None:
            if fields and line.strip():
                tag, value, first = fields[-1]
                fields[-1] = (tag, f"{value}\n{line.strip()}", first)
        elif match[1] in ("ER", "TY"):
            if fields:
                yield fields
            fields = []
        else:
            fields.append((match[1], (match[2] or "").strip(), number))
    if fields:
        yield fields


def _reference(fields: list[_Field]) -> Reference:
    values: dict[str, list[str]] = {}
    for tag, value, _ in fields:
        values.setdefault(tag, []).append(value)

    def first(*tags: str) -> str:
        return next((values[tag][0] for tag in tags if values.get(tag)), "")

    reference = Reference(first("ID") or f"reference of line {fields[0][2]}", fields[0][2])
    reference.title = first(*_TITLES)
    reference.before = ", ".join(value for tag in _AUTHORS for value in values.get(tag, ()))
    for tag, value, line in fields:
        if tag in _URLS:
            for offset, part in enumerate(value.split("\n")):
                for url in re.split(r";\s*(?=\w+://)", part):
                    reference.add_urls(url, line + offset)
        elif tag == "DO":
            reference.add(identifier_url("doi", value), line)
    reference.after = [(value, line) for tag, value, line in fields if tag in _REMARKS]
    reference.after += [(day, reference.line)] if (day := first("PY", "Y1", "DA").strip("/ ")) else []
    reference.accessed = dates.parse_date(first("Y2")) if "Y2" in values else None
    return reference
