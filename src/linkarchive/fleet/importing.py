"""Links that stand in no file of the project, from JSON lines: `archive hub import`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date

import msgspec

from linkarchive.check.articles import save
from linkarchive.clock import Clock
from linkarchive.errors import UsageError
from linkarchive.fleet.push import Pushed, push
from linkarchive.model import Article, Citation
from linkarchive.model.scope import Scope
from linkarchive.project import Hub, Project
from linkarchive.settings import Settings
from linkarchive.store import hub, runs
from linkarchive.store.opening import open_project

_LONGEST_NAME = 2_000
"""Bytes of an article's address."""


class _Link(msgspec.Struct):
    """A line of the file."""

    article: str
    url: str
    text: str = ""
    context: str = ""
    accessed: date | None = None


def import_links(project: Project, place: Hub, lines: Iterable[bytes], settings: Settings, clock: Clock) -> Pushed:
    """Add the articles of these lines to links.txt and to the hub, and push; of an article that was imported before,
    its links of now stand. Raises UsageError, before anything is written, for a line that cannot be read; as `push`."""
    articles = read(lines)
    digests = {article.path: hashlib.sha256(repr(article).encode()).hexdigest() for article in articles}
    now = clock.now()
    with hub.open_hub(place.database) as shared:
        hub.make_schema(shared, place.name)
    with open_project(project, write=True) as store:
        hub.lock_project(store, place.name)
        run = runs.of_round(store, now.strftime(hub.ROUND), now, clock.simulated)
        save(project, store, run.seq, articles, digests)
    return push(project, place, Scope(), settings, clock)


def read(lines: Iterable[bytes]) -> list[Article]:
    """The articles, in their order. Raises UsageError."""
    decoder = msgspec.json.Decoder(_Link)
    citations: dict[str, list[Citation]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            link = decoder.decode(line)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise UsageError(f"line {number} is no link: {error}") from error
        _refuse(link, number)
        of_article = citations.setdefault(link.article, [])
        of_article.append(Citation(link.url, link.text, len(of_article) + 1, link.context, accessed=link.accessed))
    return [Article(name, name, None, None, tuple(links)) for name, links in citations.items()]


def _refuse(link: _Link, number: int) -> None:
    name = link.article
    if not name.startswith(("http://", "https://")) or any(letter.isspace() for letter in name):
        raise UsageError(f"line {number}: the article is to be an address, http://… or https://…")
    if len(name.encode("utf-8", "surrogatepass")) > _LONGEST_NAME:
        raise UsageError(f"line {number}: the address of the article has more than {_LONGEST_NAME:,} bytes")
    if not link.url.strip():
        raise UsageError(f"line {number}: the link has no url")
