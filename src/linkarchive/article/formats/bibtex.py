"""BibTeX and BibLaTeX: every entry by itself, so that a broken one costs only itself, with the lines of its fields.

Libraries for this format (bibtexparser, pybtex) tell no lines, and one brace too few costs them the rest of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from linkarchive.article import dates
from linkarchive.article.formats import tex
from linkarchive.article.formats.located import Lines
from linkarchive.article.formats.reference import Reference, identifier_url, passage_of
from linkarchive.article.passage import ParsedDocument, fold

_ENTRY = re.compile(r"@[ \t]*([A-Za-z][\w:-]*)\s*([{(])")
_NEXT_ENTRY = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]+\s*[{(]", re.MULTILINE)
_KEY = re.compile(r"\s*([^\s,={}()\"#%'\\][^\s,{}\"#%\\]*|)\s*(?=[,})])")
_FIELD = re.compile(r"[\s,]*([A-Za-z][^\s={}(),\"#%']*)\s*=\s*")
_NEXT_FIELD = re.compile(r",\s*[A-Za-z][\w-]*\s*=\s*[{\"]|\n")
_WORD = re.compile(r"[^\s,{}\"#()=]+")
_COMMENTED = re.compile(r"^[ \t]*%")
_URL_COMMAND = re.compile(r"\\(?:url|path|nolinkurl)\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_HREF = re.compile(r"\\href\s*\{((?:[^{}]|\{[^{}]*\})*)\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_URLS = ("url", "bdsk-url-1", "bdsk-url-2", "bdsk-url-3", "link", "ee", "biburl_source", "opturl")
_ACCESSED = ("urldate", "accessed", "accessdate", "access-date", "lastaccessed", "lastchecked", "urlaccessdate",
             "visited", "lastvisited", "dateaccessed")  # fmt: skip
_SNAPSHOTS = ("archiveurl", "archive-url", "urlarchive")
_REMARKS = ("journaltitle", "journal", "booktitle", "publisher", "institution", "organization", "school", "series",
            "howpublished", "note", "addendum", "annote", "annotation", "titleaddon", "pubstate", "type")  # fmt: skip
_MONTHS = {name: name for name in ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]}
_LONGEST = 20_000  # characters of one entry
_LONGEST_AFTER = 1000  # characters of a value in an entry whose braces do not close: hostile text stays linear


@dataclass(frozen=True, slots=True)
class Field:
    text: str
    """As written, without the outer braces or quotes; macros resolved, parts joined."""
    line: int
    """Of the first character of the value."""


@dataclass(frozen=True, slots=True)
class Entry:
    type: str
    key: str
    line: int
    fields: Mapping[str, Field]


def read_bibtex(text: str, *, everything: bool = False) -> ParsedDocument:
    """Every entry is a note named by its key."""
    listed = list(entries(text))
    by_key = {entry.key.lower(): entry for entry in listed}
    return ParsedDocument(passages=tuple(passage_of(_reference(entry, by_key)) for entry in listed))


def entries(text: str) -> Iterator[Entry]:
    """The entries in order; what stands between them, @comment and @preamble are passed over."""
    scanner = _Scanner(text)
    position = 0
    while (match := _ENTRY.search(text, position)) is not None:
        start = text.rfind("\n", 0, match.start()) + 1
        if _COMMENTED.match(text, start, match.start()):
            position = text.find("\n", match.end()) + 1 or len(text)
            continue
        kind = match[1].lower()
        if kind == "comment" or kind == "preamble":
            position = scanner.braces(match.end() - 1)
        else:
            entry, position = scanner.entry(kind, match)
            if kind == "string":
                scanner.macros.update((name.lower(), value.text) for name, value in entry.fields.items())
            else:
                yield entry


class _Scanner:
    """Positions in one file."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = Lines(text)
        self.macros: dict[str, str] = dict(_MONTHS)
        self._unclosed = 0
        """Up to here a value was looked through that is never closed."""

    def braces(self, start: int) -> int:
        """The position after the group that opens at `start`; after the opening when it is never closed."""
        if start < self._unclosed:
            return start + 1
        closing = {"{": "}", "(": ")"}[self._text[start]]
        opening, depth = self._text[start], 0
        limit = self._limit(start + 1)
        for match in re.compile(rf"\\.|[{re.escape(opening + closing)}]", re.DOTALL).finditer(self._text, start, limit):
            if match[0] in (opening, closing):
                depth += 1 if match[0] == opening else -1
                if depth == 0:
                    return match.end()
        self._unclosed = limit
        return start + 1

    def _limit(self, position: int) -> int:
        return min(len(self._text), position + _LONGEST)

    def entry(self, kind: str, match: re.Match[str]) -> tuple[Entry, int]:
        """The entry that begins there, as far as it can be read, and where it ends."""
        # A new entry at the beginning of a line ends one whose braces do not close.
        end = self._limit(match.end())
        following = _NEXT_ENTRY.search(self._text, match.end(), end)
        end = following.start() if following else end
        position, key = match.end(), ""
        if kind != "string" and (key_match := _KEY.match(self._text, position, end)):
            key, position = key_match[1], key_match.end()
        fields: dict[str, Field] = {}
        while name := _FIELD.match(self._text, position, end):
            value, position = self._value(name.end(), end)
            fields.setdefault(name[1].lower(), Field(value, self._lines.at(name.end())))
        rest = re.compile(r"[\s,]*[})]?").match(self._text, position, end)
        return Entry(kind, key, self._lines.at(match.start()), fields), max(position, rest.end() if rest else position)

    def _value(self, position: int, end: int) -> tuple[str, int]:
        """A value: parts joined by `#`, each in braces, in quotes, a number or a macro."""
        parts: list[str] = []
        while position < end:
            char = self._text[position]
            if char in '{"':
                part, position = self._delimited(position, end)
                parts.append(part)
            elif word := _WORD.match(self._text, position, end):
                parts.append(self.macros.get(word[0].lower(), word[0]))
                position = word.end()
            joined = re.compile(r"\s*#\s*").match(self._text, position, end)
            if joined is None:
                break
            position = joined.end()
        return "".join(parts), position

    def _delimited(self, start: int, end: int) -> tuple[str, int]:
        """What stands in braces or quotes, in which braces balance; after a backslash neither counts."""
        quoted = self._text[start] == '"'
        depth = 0
        if start < self._unclosed:
            end = min(end, start + _LONGEST_AFTER)
        for match in re.compile(r'\\.|[{}"]', re.DOTALL).finditer(self._text, start + quoted, end):
            depth += (match[0] == "{") - (match[0] == "}")
            if depth == 0 and match[0] == ('"' if quoted else "}"):
                return self._text[start + 1 : match.start()], match.end()
        self._unclosed = end
        # Never closed: the value ends where the next field seems to begin, else with the line.
        following = _NEXT_FIELD.search(self._text, start, end)
        stop = following.start() if following else end
        return self._text[start + 1 : stop].rstrip('}", \t'), stop


def _reference(entry: Entry, parents: Mapping[str, Entry]) -> Reference:
    fields = entry.fields
    parent = fields.get("crossref") or fields.get("xdata")
    if parent is not None and (inherited := parents.get(parent.text.strip().lower())) is not None:
        fields = {**inherited.fields, **fields}

    def shown(*names: str) -> str:
        return next((text for name in names if name in fields and (text := _shown(fields[name].text))), "")

    reference = Reference(entry.key or f"entry of line {entry.line}", entry.line)
    reference.title = ": ".join(filter(None, (shown("title", "maintitle"), shown("subtitle"))))
    reference.before = re.sub(r"\s+and\s+", ", ", shown("author", "editor", "institution"))
    for name in _URLS:
        if name in fields:
            value = fields[name].text
            command = _URL_COMMAND.search(value)
            reference.add_urls(tex.url(command[1]) if command else _urls(value), fields[name].line)
    if "doi" in fields:
        reference.add(identifier_url("doi", tex.url(fields["doi"].text)), fields["doi"].line)
    if "eprint" in fields:
        kind = shown("eprinttype", "archiveprefix") or "arxiv"
        reference.add(identifier_url(kind, tex.url(fields["eprint"].text)), fields["eprint"].line)
    for kind in ("pmid", "pmcid", "hdl"):
        if kind in fields:
            reference.add(identifier_url(kind, fields[kind].text), fields[kind].line)
    remarks = [name for name in _REMARKS if name in fields]
    for name in remarks:
        value = fields[name].text
        for command in (*_URL_COMMAND.finditer(value), *_HREF.finditer(value)):
            reference.add(tex.url(command[1]), fields[name].line + value.count("\n", 0, command.start()))
    reference.after = [(text, fields[name].line) for name in remarks if (text := shown(name))]
    reference.after += [(day, entry.line)] if (day := shown("date", "year")) else []
    reference.accessed = next(filter(None, (dates.parse_date(shown(name)) for name in _ACCESSED)), None)
    reference.snapshot = next((tex.url(fields[name].text) for name in _SNAPSHOTS if name in fields), None)
    return reference


def _urls(value: str) -> str:
    """The URLs of a field, one a word. A blank inside a URL is a line break that the author made."""
    pieces = re.split(r"(?<=\S)[\s,;]+(?=(?:https?|ftp)://)", value.strip())
    return " ".join(tex.url(piece) for piece in pieces)


def _shown(value: str) -> str:
    value = _HREF.sub(r"\2", value)
    pieces, done = [], 0
    for match in _URL_COMMAND.finditer(value):
        pieces += [tex.plain(value[done : match.start()]), tex.url(match[1])]
        done = match.end()
    return fold("".join([*pieces, tex.plain(value[done:])]))
