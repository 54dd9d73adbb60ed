"""The list of references that a document takes from another file: LaTeX's .bib, pandoc's `bibliography:`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from linkarchive.article.formats.registry import BY_NAME, parse, suffix_of
from linkarchive.errors import ArticleError

if TYPE_CHECKING:
    from linkarchive.article.passage import ParsedDocument, Passage

Beside = Callable[[str], bytes | None]
"""The bytes of a file that is named relative to the document; None when it is not there or is none of the project's."""

_FORMATS = {"bib": "bibtex", "json": "csl-json", "ris": "ris"}
_NAMED = re.compile(rb"\\(?:bibliography|addbibresource|addglobalbib)\b|^(?:#\+)?bibliography:", re.I | re.M)
_MOST = 20
"""Files of one document."""
SUFFIXES = frozenset(_FORMATS)


def may_take_references(data: bytes) -> bool:
    """Whether a document names a list of references, so that it may say something else without having changed."""
    return _NAMED.search(data) is not None


def may_be_beside(name: str) -> bool:
    """Whether a file of that name may be a list of references of others."""
    return suffix_of(name) in SUFFIXES


def nothing_beside(name: str) -> bytes | None:
    """None for every name: for a document that takes no file beside it."""
    return None


def only(file: str, beside: Beside) -> Beside:
    """`beside` for this one file; None for every other name."""
    return lambda name: beside(name) if name == file else None


def with_bibliographies(document: ParsedDocument, beside: Beside) -> ParsedDocument:
    """The document with the entries that it cites as notes; what cannot be read is a remark."""
    cited: dict[str, int] = {}
    for passage in document.passages:
        for mark in passage.marks:
            cited.setdefault(mark.label, passage.line)
    entries: list[Passage] = []
    remarks: list[str] = []
    for name in document.bibliographies[:_MOST] if cited else ():
        data = beside(name)
        if data is None:
            remarks.append(f"its list of references {name} is not there")
            continue
        try:
            entries += _entries(data, name, cited)
        except ArticleError as error:
            remarks.append(f"its list of references {name} cannot be read: {error}")
    return replace(document, passages=(*document.passages, *entries), remarks=(*document.remarks, *remarks))


def _entries(data: bytes, name: str, cited: Mapping[str, int]) -> Iterator[Passage]:
    """The entries that the document cites, at the lines where it does first: those of another file would mislead."""
    format = _FORMATS.get(suffix_of(name))
    if format is None or BY_NAME[format].needs_sandbox(len(data)):
        raise ArticleError("it is not BibTeX, CSL-JSON or RIS, or too large")
    for passage in parse(data, format, everything=False).passages:
        if passage.note is not None and passage.note in cited:
            line = cited[passage.note]
            yield replace(passage, line=line, links=tuple(replace(link, line=line) for link in passage.links))
