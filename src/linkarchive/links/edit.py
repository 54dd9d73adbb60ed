"""What to add to `links.txt` for an article, what to take out, and new URLs for its lines: the program only adds
lines, fills `?`, and changes the URLs that a person agreed to (docs/design.md §5)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from linkarchive.links.entries import NAME, Section, section_key
from linkarchive.links.files import LinkList, as_bytes, joined, link_lists, write_links
from linkarchive.links.line import filled, folded, lines_of, link_line, written
from linkarchive.links.match import Place, Places, assigned, header, is_lost, is_to_fill, place_of, uncited
from linkarchive.links.parse import parse
from linkarchive.model import Article, Citation


def write_articles(path: Path, articles: Collection[Article], *, without_left: bool = False) -> dict[Path, bytes]:
    """Write what `links.txt` and the files that it includes do not have yet of these articles into them.

    `without_left`: the links that left the articles are taken out. Returns the new content of each file that changed.
    Raises UsageError, StorageError.
    """
    changed = merged(link_lists(path)[0], articles)
    for file, text in changed.items():
        write_links(file, text)
    for file, text in pruned(link_lists(path)[0], articles).items() if without_left else ():
        write_links(file, text)
        changed[file] = text
    return {file: as_bytes(text) for file, text in changed.items()}


def replace_urls(text: str, targets: Mapping[int, str]) -> tuple[str, frozenset[int]]:
    """The text with a new URL on each of these lines (1-based), and the lines where that could not be done. What is
    written is read again: every link must say what it said, but for its URL."""
    lines = lines_of(text)
    entries = {entry.line: entry for section in parse(text).sections for entry in section.entries}
    refused = set()
    for number, url in targets.items():
        entry = entries.get(number)
        old = entry.url if entry else None
        line = lines[number - 1].replace(old, written(url), 1) if old else ""
        again = [link for section in parse(line.lstrip()).sections for link in section.entries]
        if entry is None or [(link.url, link.text) for link in again] != [(written(url), entry.text)]:
            refused.add(number)
            continue
        lines[number - 1] = line
    return "".join(lines), frozenset(refused)


def with_snapshots(text: str, copies: Mapping[int, str]) -> str:
    """The text with an archived copy as `snapshot` below each of these lines (1-based), unless it has one."""
    lines = lines_of(text)
    snapshots = {entry.line: entry.snapshot for section in parse(text).sections for entry in section.entries}
    for number, url in copies.items():
        if snapshots.get(number) is None:
            line = lines[number - 1]
            body = line.rstrip("\r\n")
            end = line[len(body) :] or "\n"
            lines[number - 1] = f"{body}{end}    snapshot = {written(url)}{line[len(body) :]}"
    return "".join(lines)


class _Draft(Struct):
    """A file being edited; line numbers are those of its text before."""

    links: LinkList
    lines: list[str]
    added: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """New lines by the number of the line they follow."""
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


def _drafts(lists: Iterable[LinkList]) -> dict[str, _Draft]:
    """A draft of each file, by the name that entries of it carry."""
    return {links.name: _Draft(links, lines_of(links.text)) for links in lists}


def merged(lists: Sequence[LinkList], articles: Collection[Article]) -> dict[Path, str]:
    """The new text of each file that changes: with what the files do not have yet of these articles. Lines are only
    added, and `?` filled. A section is edited in the file that it stands in; a new one goes to the first."""
    # The articles are gone through again and again, since they may be too many to be held.
    named = {section_key(article.path): place for place, article in enumerate(articles) if folded(article.path)}
    pending = {place for name, place in named.items() if name != NAME}
    changed: dict[Path, str] = {}
    while pending:
        drafts = _drafts(lists)
        links = joined([file.links for file in lists])
        # Two articles may share the section of an original URL: the second sees what the first added.
        busy: set[str] = set()
        for place, article in enumerate(articles):
            if place not in pending:
                continue
            section = links.section(article)
            name = section_key(section.name if section else article.path)
            if name not in busy:
                busy.add(name)
                pending.remove(place)
                _merge_article(drafts, section, article)
        lists = [_finished(draft, changed, is_read=bool(pending)) for draft in drafts.values()]
    return changed


def pruned(lists: Sequence[LinkList], articles: Iterable[Article]) -> dict[Path, str]:
    """The new text of each file that changes: without the lines of the links that left the articles, and their keys."""
    drafts = _drafts(lists)
    links = joined([file.links for file in lists])
    for article in articles:
        section = links.section(article)
        for entry in uncited(section, article) if section else ():
            drafts[entry.file].removed.update((entry.line, *entry.keys_at))
    changed: dict[Path, str] = {}
    for draft in drafts.values():
        _finished(draft, changed, is_read=False)
    return changed


def _finished(draft: _Draft, changed: dict[Path, str], is_read: bool) -> LinkList:
    """The file as edited, and read again where that is needed; its text goes to `changed` when it is another one."""
    text, links = draft.text(), draft.links
    if text == links.text:
        return links
    changed[links.path] = text
    return LinkList(links.path, text, parse(text, links.name)) if is_read else links


def _merge_article(drafts: Mapping[str, _Draft], section: Section | None, article: Article) -> None:
    if section is None:
        _add_section(next(iter(drafts.values())), article)
        return
    draft = drafts[section.file]
    draft.added[section.keys_end] += [line for key, line in header(article) if key not in section.keys]
    new = []
    places = Places()
    entries = assigned(section.entries, article.citations, places)
    for citation, entry in zip(article.citations, entries, strict=True):
        if entry is None:
            new.append(citation)
        elif citation.url is not None and is_to_fill(citation, entry, places):
            lines = drafts[entry.file].lines
            lines[entry.line - 1] = filled(lines[entry.line - 1], citation.url)
    added = _link_lines(new)
    if added and not section.entries and section.end == section.keys_end:
        added.insert(0, "")
    draft.added[section.end] += added


def _add_section(draft: _Draft, article: Article) -> None:
    lines = [f"[{folded(article.path)}]", *(line for _, line in header(article))]
    if links := _link_lines(article.citations):
        lines += ["", *links]
    if draft.appended or (draft.lines and draft.lines[-1].strip()):
        lines.insert(0, "")
    draft.appended += lines


def _link_lines(citations: Iterable[Citation]) -> list[str]:
    """A line for each citation: one for a URL, but one for each lost target, since only its text tells it."""
    lines = []
    seen: set[Place] = set()
    for citation in citations:
        place = place_of(citation.url)
        if not is_lost(citation):
            if place is None or place in seen:
                continue
            seen.add(place)
        lines.append(link_line(None if place is None else citation.url, citation.text))
    return lines
