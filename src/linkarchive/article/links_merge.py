"""An article and its section of `links.txt`: which line is which citation, and what to add or take out.

The program only adds lines and fills `?` (DESIGN §5). Which line belongs to a citation:
one with its URL (fragment included); for a citation whose target the article lost, the
next free line with its anchor text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urldefrag

from linkarchive.article.anchors import normalise
from linkarchive.article.links_file import Entry, Section, folded, lines_of, parse, section_key, why_no_url
from linkarchive.article.links_folder import Document, documents, joined
from linkarchive.model import Article, Citation
from linkarchive.urls import source_key

_COLUMN = 33
"""Where anchor texts begin when their URL leaves room."""


# --- which line is which citation ---------------------------------------------------


def apply(section: Section, article: Article) -> Article:
    """The article with what its section knows: targets, origin, date, privacy, and the keys of each link."""
    citations = []
    for citation, entry in zip(article.citations, _assigned(section.entries, article.citations), strict=True):
        if entry is not None:
            if entry.url is not None and _is_lost(citation) and _place(entry.url) != _place(citation.url):
                citation = replace(
                    citation, url=entry.url, recovered=True, recovery_confidence=None, found_in=None, unresolved=None
                )
            citation = replace(
                citation,
                accessed=entry.accessed or citation.accessed,
                quote=entry.quote or citation.quote,
                snapshot=entry.snapshot or citation.snapshot,
                note=entry.note or citation.note,
            )
        citations.append(citation)
    return replace(
        article,
        original_url=section.original or article.original_url,
        published=section.published or article.published,
        private=section.private or article.private,
        citations=tuple(citations),
    )


def uncited(section: Section, article: Article) -> tuple[Entry, ...]:
    """The links of the section that left the article. Excluded ones (`!`) are a person's word, not a citation."""
    assigned = {(entry.file, entry.line) for entry in _assigned(section.entries, article.citations) if entry}
    cited = {_place(citation.url) for citation in article.citations if citation.url is not None}
    return tuple(
        entry
        for entry in section.entries
        if not entry.excluded
        and (entry.file, entry.line) not in assigned
        and (entry.url is None or _place(entry.url) not in cited)
    )


def unanswered(section: Section, article: Article) -> tuple[Citation, ...]:
    """`?` lines whose text is not in the article, as lost citations: the original page may know them all the same."""
    return tuple(
        Citation(None, entry.text, entry.line, entry.text) for entry in uncited(section, article) if entry.url is None
    )


def _is_lost(citation: Citation) -> bool:
    """The article itself does not give the target."""
    return citation.url is None or citation.recovered


Place = tuple[str, str]
"""A source's key and the fragment."""


def _place(url: str | None) -> Place | None:
    """The source and the place in it; None for what cannot be a source."""
    if url is None:
        return None
    try:
        word = written(url)
        return None if why_no_url(word) else (source_key(word), urldefrag(word).fragment)
    except ValueError:
        return None


class _Index:
    """The lines of a section, found by place and by text."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.by_text: dict[str, deque[int]] = defaultdict(deque)
        self.unknown: dict[str, deque[int]] = defaultdict(deque)
        self.by_place: dict[Place, deque[int]] = defaultdict(deque)
        self.first: dict[Place, int] = {}
        self._both: dict[tuple[Place, str], list[tuple[int, int]]] = defaultdict(list)
        for index, entry in enumerate(entries):
            text, place = normalise(entry.text), _place(entry.url)
            if place is not None:
                self._both[place, text].append((len(self.by_text[text]), index))
                self.by_place[place].append(index)
                self.first.setdefault(place, index)
            elif entry.url is None:
                self.unknown[text].append(index)
            self.by_text[text].append(index)

    def given(self, place: Place, text: str, before: int) -> int | None:
        """The line of a URL under a text; of several the first that leaves room for the `before` lost targets
        of the same text that come before it in the article."""
        lines = self._both.get((place, text))
        if not lines:
            return None
        return lines[min(bisect_left(lines, (before, 0)), len(lines) - 1)][1]


def _assigned(entries: Sequence[Entry], citations: Sequence[Citation]) -> list[Entry | None]:
    """The line of each citation, None where there is none."""
    lines = _Index(entries)
    wanted = [(_place(citation.url), normalise(citation.text), _is_lost(citation)) for citation in citations]
    found: list[int | None] = [None] * len(citations)
    lost_before: Counter[str] = Counter()
    own: dict[Place, int] = {}
    for number, (place, text, is_lost) in enumerate(wanted):
        if is_lost:
            lost_before[text] += 1
        elif place is not None:
            index = found[number] = lines.given(place, text, lost_before[text])
            if index is not None:
                own[place] = min(index, own.get(place, index))
    # However often the article links there, that takes one line; a second is a lost target's.
    taken = set(own.values())
    for number, (_, text, is_lost) in enumerate(wanted):
        if is_lost:
            found[number] = _next_free(lines.by_text[text], taken)
    for number, (place, text, is_lost) in enumerate(wanted):
        if found[number] is None and place is not None:
            # The URL may be there under another text, as a person wrote it, or be what a `?` waits for.
            if is_lost:
                found[number] = _next_free(lines.by_place[place], taken)
            else:
                found[number] = lines.first.get(place)
                if found[number] is None:
                    found[number] = _next_free(lines.unknown[text], taken)
    return [None if index is None else entries[index] for index in found]


def _next_free(indexes: deque[int], taken: set[int]) -> int | None:
    while indexes:
        index = indexes.popleft()
        if index not in taken:
            taken.add(index)
            return index
    return None


# --- adding and taking out ----------------------------------------------------------


def merge(text: str, articles: Sequence[Article]) -> str:
    """The text of `links.txt` with what it does not have yet of these articles; only adds lines and fills `?`."""
    path = Path("links.txt")
    return _merged([Document(path, text, parse(text))], articles).get(path, text)


def prune(text: str, article: Article) -> str:
    """The text without the lines of the links that left the article, and their keys."""
    path = Path("links.txt")
    return _pruned([Document(path, text, parse(text))], [article]).get(path, text)


def merge_project(path: Path, articles: Sequence[Article]) -> dict[Path, str]:
    """`merge` over `links.txt` and all that it includes: the new text of each file that changes.

    A section is edited in the file it stands in; a new one goes to `path`. Raises UsageError.
    """
    return _merged(documents(path)[0], articles)


def prune_project(path: Path, articles: Sequence[Article]) -> dict[Path, str]:
    """`prune` over `links.txt` and all that it includes: the new text of each file that changes. Raises UsageError."""
    return _pruned(documents(path)[0], articles)


@dataclass(slots=True)
class _Draft:
    """A file being edited; line numbers are those of its text before."""

    document: Document
    lines: list[str]
    added: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    appended: list[str] = field(default_factory=list)
    removed: set[int] = field(default_factory=set)

    def text(self) -> str:
        end = next((match[0] for line in self.lines if (match := re.search(r"[\r\n]+$", line))), "\n")
        pieces: list[str] = []
        for number in range(len(self.lines) + 1):
            if number and number not in self.removed:
                pieces.append(self.lines[number - 1])
            last = self.appended if number == len(self.lines) else []
            for line in [*self.added.get(number, ()), *last]:
                if pieces and not pieces[-1].endswith(("\n", "\r")):
                    # The file has no newline at its end: it goes before what is added, and there is none after.
                    pieces += [end, line]
                else:
                    is_last = number == len(self.lines) and self.lines and not self.lines[-1].endswith(("\n", "\r"))
                    pieces += [line] if is_last else [line, end]
        return "".join(pieces)


def _merged(read: Sequence[Document], articles: Sequence[Article]) -> dict[Path, str]:
    pending = {section_key(article.path): article for article in articles if folded(article.path)}
    changed: dict[Path, str] = {}
    while pending:
        drafts = [_Draft(document, lines_of(document.text)) for document in read]
        links = joined(read, ())
        # Two articles may share the section of an original URL: the second sees what the first added.
        busy: set[str] = set()
        for key, article in list(pending.items()):
            section = links.section(article)
            name = section_key(section.name) if section else key
            if name not in busy:
                busy.add(name)
                del pending[key]
                _merge_one(drafts, section, article)
        read = [_redone(draft, changed) for draft in drafts]
    return changed


def _pruned(read: Sequence[Document], articles: Iterable[Article]) -> dict[Path, str]:
    drafts = [_Draft(document, lines_of(document.text)) for document in read]
    links = joined(read, ())
    for article in articles:
        section = links.section(article)
        for entry in uncited(section, article) if section else ():
            _draft_of(drafts, entry.file).removed.update((entry.line, *entry.keys_at))
    changed: dict[Path, str] = {}
    for draft in drafts:
        _redone(draft, changed)
    return changed


def _redone(draft: _Draft, changed: dict[Path, str]) -> Document:
    text = draft.text()
    document = draft.document
    if text == document.text:
        return document
    changed[document.path] = text
    return Document(document.path, text, parse(text, _name_of(document)))


def _name_of(document: Document) -> str:
    return document.links.sections[0].file


def _draft_of(drafts: Sequence[_Draft], file: str) -> _Draft:
    return next(draft for draft in drafts if _name_of(draft.document) == file)


def _merge_one(drafts: Sequence[_Draft], section: Section | None, article: Article) -> None:
    if section is None:
        _add_section(drafts[0], article)
        return
    draft = _draft_of(drafts, section.file)
    draft.added[section.keys_end] += [line for key, line in _header(article) if key not in section.keys]
    new = []
    for citation, entry in zip(article.citations, _assigned(section.entries, article.citations), strict=True):
        if entry is None:
            new.append(citation)
        elif entry.url is None and not entry.excluded and _place(citation.url) is not None and citation.url:
            other = _draft_of(drafts, entry.file)
            other.lines[entry.line - 1] = _filled(other.lines[entry.line - 1], citation.url)
    lines = _links(new)
    if lines and not section.entries and section.end == section.keys_end:
        lines.insert(0, "")
    draft.added[section.end] += lines


def _add_section(draft: _Draft, article: Article) -> None:
    lines = [f"[{folded(article.path)}]", *(line for _, line in _header(article))]
    if links := _links(article.citations):
        lines += ["", *links]
    if draft.appended or (draft.lines and draft.lines[-1].strip()):
        lines.insert(0, "")
    draft.appended += lines


def _header(article: Article) -> list[tuple[str, str]]:
    """The keys of an article's section, each with its line."""
    found = []
    if article.original_url and why_no_url(written(article.original_url)) is None:
        found.append(("original", f"original = {written(article.original_url)}"))
    if article.published:
        found.append(("published", f"published = {article.published.isoformat()}"))
    if article.private:
        found.append(("private", "private = true"))
    return found


def _links(citations: Iterable[Citation]) -> list[str]:
    """A line for each citation: one for a URL, but one for each lost target, since only its text tells it."""
    lines = []
    seen: set[Place] = set()
    for citation in citations:
        place = _place(citation.url)
        if not _is_lost(citation):
            if place is None or place in seen:
                continue
            seen.add(place)
        url = "?" if place is None or citation.url is None else written(citation.url)
        lines.append(f"{url:<{_COLUMN - 2}}  {folded(citation.text)}".rstrip())
    return lines


def _filled(line: str, url: str) -> str:
    """The line with the URL in the place of its `?`; the text stays in its column where there is room."""

    before, _, after = line.partition("?")
    text = after.lstrip(" ")
    gap = len(after) - len(text)
    if gap and text.strip():
        gap = max(gap + 1 - len(written(url)), 2)
    return before + written(url) + " " * gap + text


def written(url: str) -> str:
    """The URL as a word of a line: line breaks and tabs left out, as browsers do, other white space
    and characters that are not seen percent-encoded."""
    url = re.sub(r"[\t\r\n]", "", url.strip())
    if url.isascii() and url.isprintable() and " " not in url:
        return url
    return "".join(quote(char, errors="replace") if _is_hidden(char) else char for char in url)


def _is_hidden(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs")
