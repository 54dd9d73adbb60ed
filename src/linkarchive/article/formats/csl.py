"""CSL-JSON: the items that Zotero, pandoc and citation processors exchange (schema of the Citation Style Language)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from linkarchive.article import dates
from linkarchive.article.formats.located import Lines, Located, Pairs, parse_json
from linkarchive.article.formats.reference import Reference, identifier_url, passage_of
from linkarchive.article.passage import ParsedDocument, Passage, fold

_REMARKS = ("container-title", "publisher", "note", "annote")
_IDENTIFIERS = ("DOI", "PMID", "PMCID")


def read_csl(text: str, *, everything: bool = False) -> ParsedDocument:
    """Every item is a note named by its id."""
    return ParsedDocument(passages=entries(parse_json(text), text))


def entries(document: Any, text: str) -> tuple[Passage, ...]:
    """The items of a document that located.py made of this text, a note each."""
    lines = Lines(text)
    return tuple(passage_of(reference(item, lines)) for item in _items(document))


def _items(document: Any) -> Iterator[Pairs]:
    """The items of an array, of an object's `items` or `references`, or of an object by their ids."""
    if isinstance(document, Pairs):
        listed = document.get("items", "references")
        if listed is None and document.get("id", "URL", "DOI", "title") is None:
            listed = [value for _, value in document]
        document = [document] if listed is None else listed
    if isinstance(document, list):
        yield from (item for item in document if isinstance(item, Pairs))


def reference(item: Pairs, lines: Lines) -> Reference:
    """What one item says."""
    first = next((key for key, _ in item if isinstance(key, Located)), None)
    line = first.line if first is not None else 1
    entry = Reference(_text(item.get("id", "citation-key")) or f"item of line {line}", line)
    entry.title = _text(item.get("title", "title-short"))
    names = item.get("author", "editor")
    several = isinstance(names, list) and not isinstance(names, Pairs)
    entry.before = ", ".join(filter(None, map(_name, names if several else [names])))
    url = item.get("URL", "url")
    if isinstance(url, str):
        entry.add_urls(url, lines.of(url, url))
    for key in _IDENTIFIERS:
        if text := _text(item.get(key)):
            entry.add(identifier_url(key, text), lines.of(item.get(key), text))
    entry.after = [(text, lines.of(item.get(key), text)) for key in _REMARKS if (text := _text(item.get(key)))]
    if issued := day_of(item.get("issued")):
        entry.after.append((issued.isoformat(), line))
    entry.accessed = day_of(item.get("accessed"))
    snapshot = _text(item.get("archive-url", "archive_location"))
    entry.snapshot = snapshot if snapshot.startswith(("http://", "https://")) else None
    return entry


def _text(value: Any) -> str:
    return fold(value) if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _name(name: Any) -> str:
    if not isinstance(name, Pairs):
        return _text(name)
    return _text(name.get("literal")) or " ".join(filter(None, (_text(name.get("given")), _text(name.get("family")))))


def day_of(value: Any) -> date | None:
    """The day of a CSL date (`date-parts`, `raw`, `literal`, or a text); None when it names no day."""
    if isinstance(value, str):
        return dates.parse_date(value)
    if not isinstance(value, Pairs):
        return None
    parts = value.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list):
        try:
            year, month, day = (int(part) for part in parts[0][:3])
            return date(year, month, day)
        except (ValueError, TypeError, OverflowError):
            pass
    return dates.parse_date(_text(value.get("raw", "literal")))
