"""What `archive fix` does to links.txt and the files that it includes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from urllib.parse import urldefrag

from linkarchive.article.fix_styles import Style
from linkarchive.history.edited_files import FileFix
from linkarchive.history.new_targets import NewTarget, NewTargets, NoTarget
from linkarchive.links.edit import replace_urls, with_snapshots
from linkarchive.links.entries import NAME, Entry, LinksFile, section_key
from linkarchive.links.files import LinkList, joined, link_lists
from linkarchive.model import Article
from linkarchive.wrappers import key_of


def lists_of(links: Path) -> tuple[dict[Path, LinkList], LinksFile]:
    """links.txt and the files that it includes, by path, and all of them as one. Raises UsageError."""
    lists = link_lists(links)[0] if links.exists() else []
    return {document.path.resolve(): document for document in lists}, joined([file.links for file in lists])


def fix_list(
    document: LinkList,
    path: Path,
    name: str,
    new_targets: NewTargets,
    after: Mapping[str, Article],
    stored: Callable[[str], Article | None],
    style: Style | None,
    day: date,
) -> FileFix:
    """The edits of one file. `after` has the articles that are edited as they will be, `stored` the others, by name.
    The line of a link that its article goes on citing stays as it is."""
    edited = {section_key(path): article for path, article in after.items()}
    targets: dict[int, NewTarget] = {}
    left: list[str] = []
    entries: dict[int, Entry] = {}
    for section in document.links.sections:
        cited = _places(edited.get(section_key(section.name)) or stored(section.name)) if section.name else set()
        for entry in section.entries:
            if entry.url is None or entry.excluded or _place(entry.url) in cited:
                continue
            entries[entry.line] = entry
            target = new_targets.of(entry.url, section.name or NAME, day)
            if isinstance(target, NoTarget):
                left.append(f"{name}:{entry.line}: {entry.url}: {target.why}")
            elif target is not None and not (target.original is not None and entry.snapshot == target.url):
                targets[entry.line] = target
    beside = {
        line: target.url
        for line, target in targets.items()
        if target.original is not None and style in (Style.APPEND, Style.ROBUST)
    }
    in_place = {line: target.url for line, target in targets.items() if line not in beside}
    new, refused = replace_urls(document.text, in_place)
    new = with_snapshots(new, beside)
    changes = [
        f"{name}:{line}: {entries[line].url}: {target.why}: {target.url}"
        for line, target in targets.items()
        if line not in refused
    ]
    left += [f"{name}:{line}: {entries[line].url}: the line could not be changed for certain" for line in refused]
    data = [text.encode("utf-8", "surrogateescape") for text in (document.text, new)]
    return FileFix(path, name, data[0], data[1], (document.text, new), tuple(changes), tuple(left))


def _places(article: Article | None) -> set[tuple[str, str]]:
    """The places that an article cites by itself."""
    citations = () if article is None else article.citations
    return {_place(link.url) for link in citations if link.url is not None and not link.recovered}


def _place(url: str) -> tuple[str, str]:
    return key_of(url), urldefrag(url).fragment
