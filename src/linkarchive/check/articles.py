"""Which articles a run covers, read or remembered, with what links.txt knows of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from linkarchive.article.bibliography import Beside, may_take_references, nothing_beside
from linkarchive.article.lost_targets import has_lost, unrecoverable, with_recoveries
from linkarchive.clock import Clock
from linkarchive.errors import ArticleError, OfflineError
from linkarchive.links.entries import NAME as LINKS_NAME
from linkarchive.links.entries import Entry, LinksFile, section_key
from linkarchive.links.files import load as load_links
from linkarchive.links.files import write_links
from linkarchive.links.match import match
from linkarchive.links.revision import CitedBefore, cited_before
from linkarchive.links.watch import add_watches, covers, is_there, new_watches, watch_of
from linkarchive.model import Article, Case, Citation, Page, Reason
from linkarchive.model.scope import Scope
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.store import articles as stored_articles
from linkarchive.store.database import Store
from linkarchive.wrappers import key_of


@dataclass(frozen=True, slots=True)
class Articles:
    """The articles of a run. `digests` has those whose bytes were read now."""

    articles: tuple[Article, ...]
    left: tuple[Article, ...] = ()
    """The same articles with the links that left them but stand in links.txt: they stay under watch."""
    digests: Mapping[str, str] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()
    """Keys of sources with a `!` in links.txt."""
    uncited: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()
    """Folders, globs and listings that are to be under watch from now on."""
    known: frozenset[str] = frozenset()
    """Paths of the articles that links.txt and the store have as they are: nothing is to be kept of them."""
    before: Mapping[str, CitedBefore] | None = None
    """The articles at the revision of `--changed-since`: what they cited then is not checked."""

    def with_article(self, changed: Article) -> Articles:
        """The articles with one of them changed."""
        articles = (changed if article.path == changed.path else article for article in self.articles)
        return replace(self, articles=tuple(articles))


def load(project: Project, store: Store, scope: Scope, settings: Settings, clock: Clock) -> Articles:
    """The articles of a scope, with what they were where only changes count."""
    articles = _read_articles(project, store, scope.articles, settings, clock, scope.stdin, scope.input_format)
    if scope.changed_since is None:
        return articles
    return replace(articles, before=cited_before(project.root, scope.changed_since, articles.articles))


def _read_articles(
    project: Project,
    store: Store,
    names: Sequence[str],
    settings: Settings,
    clock: Clock,
    stdin: bytes,
    input_format: str | None,
) -> Articles:
    """Read the named articles; without names (or for links.txt itself) all that links.txt knows.

    Raises ArticleError when nothing of what was named can be read; a part that cannot
    is told in `errors`, the rest goes on.
    """
    if not names and not project.links.exists():
        raise ArticleError(f"{project.links}: not there; name the articles to check, and they are remembered in it")
    links = load_links(project.links) if project.links.exists() else LinksFile((), ())
    named = [name for name in names if Path(name).name != LINKS_NAME]
    read = _read_named(project, named, settings, clock, stdin, input_format) if named else _Read()
    if len(named) < len(names) or not names:
        _read_watched(project, store, links, settings, clock, read)
        _read_known(project, store, links, read)
    if named and not read.articles:
        raise ArticleError("; ".join(read.errors) or "nothing to read: no article was named")
    found, left, known = [], [], set()
    for article in read.articles.values():
        section = links.section(article)
        beside = None if section is None else match(section, article)
        if beside is not None:
            article = beside.article
            left.append(replace(article, original_url=None, citations=_citations(beside.uncited)))
        stored = read.stored_article(store, article.path)
        article = article if stored is None else with_recoveries(article, stored[0])
        if article.original_url is None and has_lost(article):
            article = unrecoverable(article, Reason.NO_ORIGINAL)
        if beside is not None and beside.is_whole and stored is not None:
            digest = read.digests.get(article.path, stored[1])
            if stored == (article, digest):
                known.add(article.path)
        found.append(article)
    return Articles(
        tuple(found),
        tuple(left),
        read.digests,
        links.excluded,
        tuple(f"{one.url} ({article.path})" for article in left for one in article.citations if one.url),
        tuple(str(bad) for bad in links.malformed),
        tuple(read.notices),
        tuple(read.errors),
        new_watches(read.watches, links),
        known=frozenset(known),
    )


_Stored = tuple[Article, str | None]


@dataclass(slots=True)
class _Read:
    articles: dict[str, Article] = field(default_factory=dict)
    stored: dict[str, _Stored | None] = field(default_factory=dict)
    """What the store knows of articles, with the digests of their bytes."""
    digests: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    watches: list[str] = field(default_factory=list)

    def take(
        self,
        path: str,
        data: bytes,
        kind: str | None = None,
        base_url: str | None = None,
        beside: Beside = nothing_beside,
    ) -> None:
        from linkarchive.article.document import read_document
        from linkarchive.article.formats.registry import format_of

        try:
            kind = kind or format_of(path, None, data)
            self.articles[path] = read_document(data, kind, path=path, base_url=base_url, beside=beside)
            self.digests[path] = hashlib.sha256(data).hexdigest()
        except ArticleError as error:
            self.errors.append(str(error))

    def stored_article(self, store: Store, path: str) -> _Stored | None:
        if path not in self.stored:
            self.stored[path] = stored_articles.load(store, path)
        return self.stored[path]


def _read_named(
    project: Project, names: Sequence[str], settings: Settings, clock: Clock, stdin: bytes, input_format: str | None
) -> _Read:
    from linkarchive.links.inputs import Document, LeftOut, ListingRead, documents

    read = _Read()
    listings = set()
    for document in documents(names, project.root, settings.network, clock, stdin, input_format):
        match document:
            case ArticleError():
                read.errors.append(str(document))
            case LeftOut():
                read.notices.append(document.sentence)
            case ListingRead():
                listings.add(document.name)
            case Document():
                read.take(document.path, document.data, document.format, document.base_url, document.beside)
    watches = (watch_of(name, project.root, name in listings) for name in names)
    read.watches += [watch for watch in watches if watch is not None]
    return read


def _read_watched(
    project: Project, store: Store, links: LinksFile, settings: Settings, clock: Clock, read: _Read
) -> None:
    """The articles of the `articles` lines of links.txt that are new or changed; those that are gone cite nothing more.

    What cannot be read is told, and its known articles are remembered.
    """
    if not links.watches:
        return
    from linkarchive.links.inputs import Document, LeftOut, documents

    patterns = [watch.pattern for watch in links.watches]
    try:
        for document in documents(patterns, project.root, settings.network, clock, known=links.named.keys()):
            if isinstance(document, (ArticleError, LeftOut)):
                read.notices.append(document.sentence if isinstance(document, LeftOut) else str(document))
            elif isinstance(document, Document) and not _is_remembered(
                store, links, document.path, document.data, read
            ):
                read.take(document.path, document.data, document.format, document.base_url, document.beside)
    except OfflineError as error:
        read.notices.append(str(error))
    for section in links.named.values():
        is_gone = "://" not in section.name and not (project.root / section.name).exists()
        if is_gone and any(covers(watch, section.name) and is_there(watch, project.root) for watch in links.watches):
            read.articles[section.name] = Article(
                section.name, section.name, section.original, section.published, (), section.private
            )
            read.notices.append(
                f"{section.name} is gone: what it cited is uncited now; take its section out of links.txt to end that"
            )


def _is_remembered(store: Store, links: LinksFile, path: str, data: bytes, read: _Read) -> bool:
    """links.txt has the article, and it is as the store knows it."""
    if section_key(path) not in links.named:
        return False
    stored = read.stored_article(store, path)
    return stored is not None and stored[1] == hashlib.sha256(data).hexdigest()


def _read_known(project: Project, store: Store, links: LinksFile, read: _Read) -> None:
    """The articles of links.txt: files that changed are read again, the others remembered."""
    if links.loose:
        read.articles[LINKS_NAME] = Article(LINKS_NAME, LINKS_NAME, None, None, _citations(links.loose))
    for section in links.named.values():
        if section.name in read.articles:
            continue
        stored = read.stored_article(store, section.name)
        path = project.root / section.name
        if not section.name.startswith(("http://", "https://")) and path.is_file():
            data = path.read_bytes()
            changed = stored is None or stored[1] != hashlib.sha256(data).hexdigest()
            if changed or may_take_references(data):
                from linkarchive.links.inputs import files_beside

                read.take(section.name, data, beside=files_beside(path.parent))
                continue
        elif stored is None or stored[1] is None:
            original = section.original or (section.name if "://" in section.name else None)
            read.articles[section.name] = Article(
                section.name, section.name, original, section.published, _citations(section.entries), section.private
            )
            continue
        elif "://" not in section.name:
            read.notices.append(f"{section.name} is no longer there; its links are checked as links.txt lists them")
        if stored is not None:
            read.articles[section.name] = _without_links(stored[0])


def _without_links(article: Article) -> Article:
    """The article as it was read, without the keys of links.txt: what a person takes out there does not live on."""
    return replace(article, private=False, citations=tuple(map(_without_keys, article.citations)))


def _without_keys(citation: Citation) -> Citation:
    own = citation.written
    if own is None:
        return citation
    return replace(citation, accessed=own.accessed, quote=own.quote, snapshot=own.snapshot, note=own.note, written=None)


def _citations(entries: Iterable[Entry]) -> tuple[Citation, ...]:
    """Lines of links.txt as citations of an article that does not have them, or cannot be read."""
    return tuple(
        Citation(
            entry.url,
            entry.text,
            entry.line,
            "",
            accessed=entry.accessed,
            quote=entry.quote,
            snapshot=entry.snapshot,
            note=entry.note,
        )
        for entry in entries
        if not entry.excluded
    )


def lost_originals(articles: Articles) -> frozenset[str]:
    """The keys of the original pages of articles with lost targets."""
    return frozenset(
        key_of(article.original_url)
        for article in articles.articles
        if article.original_url is not None and has_lost(article)
    )


def recover(articles: Articles, original: str, page: Page) -> tuple[Articles, tuple[Article, ...]]:
    """The articles with the lost targets that their original page at this URL tells, and those that changed."""
    from linkarchive.article.recover import recover as recover_targets
    from linkarchive.judge.verdict import judge

    usable = page.failure is None and judge(Case(original, original, page)).verdict.is_alive
    changed = []
    found = []
    for article in articles.articles:
        if _lost_there(article, original):
            if usable:
                article = recover_targets(article, page, found_in=page.final_url)
            else:
                article = unrecoverable(article, Reason.ORIGINAL_UNAVAILABLE)
            changed.append(article)
        found.append(article)
    return replace(articles, articles=tuple(found)), tuple(changed)


def _lost_there(article: Article, original: str) -> bool:
    return article.original_url is not None and key_of(article.original_url) == key_of(original) and has_lost(article)


def keep_watch(project: Project, articles: Articles) -> Articles:
    """Write the new `articles` lines into links.txt, and tell so in the notices. Raises StorageError."""
    add_watches(project.links, articles.watches)
    sentences = (
        f"{pattern} is under watch from now on: every check looks for new articles there; delete the line "
        f"“articles {pattern}” in links.txt to end that"
        for pattern in articles.watches
    )
    return replace(articles, notices=(*articles.notices, *sentences), watches=())


def save(project: Project, store: Store, run: int, changed: Sequence[Article], digests: Mapping[str, str]) -> None:
    """Write articles into links.txt (only adding) and the database, in this order."""
    listed = [article for article in changed if article.path != LINKS_NAME]
    if listed:
        from linkarchive.links.edit import merge_project

        for path, text in merge_project(project.links, listed).items():
            write_links(path, text)
    for article in changed:
        if article.path == LINKS_NAME:  # its links stand there; the past is only asked what they quote
            article = replace(article, citations=tuple(one for one in article.citations if one.quote))
        digest = digests.get(article.path) or stored_articles.digest_of(store, article.path)
        stored_articles.save(store, run, article, digest)
    store.commit()
