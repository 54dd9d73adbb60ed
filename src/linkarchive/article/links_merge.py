"""What to add to `links.txt` for an article, and what to take out: the program only adds lines and fills `?`
(docs/design.md §5)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linkarchive.article.links_apply import Place, Places, assigned, header, is_lost, place_of, uncited
from linkarchive.article.links_file import Section, folded, lines_of, parse, section_key
from linkarchive.article.links_folder import Document, documents, joined
from linkarchive.article.links_url import written
from linkarchive.model import Article, Citation

_COLUMN = 33
"""Where anchor texts begin when their URL leaves room."""


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
    draft.added[section.keys_end] += [line for key, line in header(article) if key not in section.keys]
    new = []
    lines_of_links = assigned(section.entries, article.citations, Places())
    for citation, entry in zip(article.citations, lines_of_links, strict=True):
        if entry is None:
            new.append(citation)
        elif entry.url is None and not entry.excluded and place_of(citation.url) is not None and citation.url:
            other = _draft_of(drafts, entry.file)
            other.lines[entry.line - 1] = _filled(other.lines[entry.line - 1], citation.url)
    lines = _links(new)
    if lines and not section.entries and section.end == section.keys_end:
        lines.insert(0, "")
    draft.added[section.end] += lines


def _add_section(draft: _Draft, article: Article) -> None:
    lines = [f"[{folded(article.path)}]", *(line for _, line in header(article))]
    if links := _links(article.citations):
        lines += ["", *links]
    if draft.appended or (draft.lines and draft.lines[-1].strip()):
        lines.insert(0, "")
    draft.appended += lines


def _links(citations: Iterable[Citation]) -> list[str]:
    """A line for each citation: one for a URL, but one for each lost target, since only its text tells it."""
    lines = []
    seen: set[Place] = set()
    for citation in citations:
        place = place_of(citation.url)
        if not is_lost(citation):
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
