"""What the fields of a DOCX say: targets of hyperlinks, and the sources of reference managers and of Word itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any

from linkarchive.article.dates import parse_date
from linkarchive.article.identifiers import doi_url
from linkarchive.article.package import local_name
from linkarchive.article.passage import fold

# The target is quoted; `\\l "bookmark"` after it is its fragment.
_HYPERLINK = re.compile(r'^\s*HYPERLINK\s+(?!\\)"?([^"\s]*)"?(?:.*?\\l\s+"([^"]*)")?', re.IGNORECASE | re.DOTALL)
_INTERNAL = re.compile(r"^\s*HYPERLINK\s+\\l\b", re.IGNORECASE)
# Zotero: `ADDIN ZOTERO_ITEM CSL_CITATION {…}`; Mendeley: `ADDIN CSL_CITATION {…}`.
_CSL = re.compile(r"\bCSL_CITATION\s*(\{.*)", re.DOTALL)
_ENDNOTE = re.compile(r"\bADDIN\s+EN\.CITE\b")
_ENDNOTE_RECORD = re.compile(r"<record>.*?</record>", re.DOTALL)
_CITATION = re.compile(r"^\s*CITATION\s+(\S+)|\\m\s+(\S+)")
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Source:
    """A source in a document's own data."""

    title: str
    urls: tuple[str, ...]
    label: str = ""
    """How the text cites it."""
    accessed: date | None = None


def field_target(instruction: str) -> str | None:
    """The target of a HYPERLINK field; None for any other field."""
    if _INTERNAL.match(instruction):
        return "#section"
    if match := _HYPERLINK.match(instruction):
        return f"{match[1]}#{match[2]}" if match[2] else match[1]
    return None


def managed_sources(instruction: str) -> Iterator[Source]:
    """What a field of Zotero, Mendeley or EndNote cites, as far as it has an address."""
    if match := _CSL.search(instruction):
        try:
            citation, _ = json.JSONDecoder().raw_decode(match[1])
        except (ValueError, RecursionError):
            return
        items = citation.get("citationItems") if isinstance(citation, dict) else None
        for item in items if isinstance(items, list) else ():
            data = item.get("itemData") if isinstance(item, dict) else None
            if isinstance(data, dict):
                yield from _source(str(data.get("title") or ""), str(data.get("URL") or ""), str(data.get("DOI") or ""))
    elif _ENDNOTE.search(instruction):
        for record in _ENDNOTE_RECORD.findall(instruction):
            yield from _source(
                _within(record, "title"), _within(record, "url"), _within(record, "electronic-resource-num")
            )


def word_tags(instruction: str) -> list[str]:
    """The labels of the entries of Word's list of sources that a CITATION field names."""
    if not re.match(r"\s*CITATION\b", instruction):
        return []
    return [f"source {match[1] or match[2]}" for match in _CITATION.finditer(instruction)]


def word_sources(root: Any) -> Iterator[Source]:
    """The entries of Word's own list of sources (ECMA-376 part 1, 22.6) that have an address."""
    for element in root.iter():
        if local_name(element) != "Source":
            continue
        fields = {local_name(child): fold(child.text or "") for child in element}
        day = " ".join(fields.get(f"{part}Accessed", "") for part in ("Day", "Month", "Year"))
        accessed = parse_date(day) or parse_date("-".join(reversed(day.split(" "))))
        for source in _source(fields.get("Title", ""), fields.get("URL", ""), fields.get("DOI", "")):
            yield Source(source.title, source.urls, f"source {fields.get('Tag', '')}", accessed)


def _source(title: str, url: str, doi: str) -> Iterator[Source]:
    name = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", doi.strip(), flags=re.IGNORECASE)
    urls = [url.strip()] if url.strip() else []
    if name.startswith("10.") and "/" in name and name not in url:
        urls.append(doi_url(name))
    if urls:
        yield Source(fold(title) or urls[0], tuple(urls))


def _within(record: str, name: str) -> str:
    """The text of the first element of that name in a piece of XML."""
    match = re.search(rf"<{name}>(.*?)</{name}>", record, re.DOTALL)
    return fold(unescape(_TAGS.sub("", match[1]))) if match else ""
