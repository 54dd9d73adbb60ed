"""Which articles a run covers, read or remembered, with what links.txt knows of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from linkarchive.article.lost_targets import has_lost, unrecoverable, with_recoveries
from linkarchive.clock import Clock
from linkarchive.history.stored_plan import Noted, TruePlan, files_to_note, keep_plan, true_plan
from linkarchive.links.edit import write_articles
from linkarchive.links.reading import ArticleReader, Stored, citations_of
from linkarchive.links.revision import CitedBefore, cited_before
from linkarchive.links.watch import add_watches
from linkarchive.model import Article, Case, Page, Reason, Scope
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.sites import refuse_faulty
from linkarchive.store import articles as stored_articles
from linkarchive.store.database import Store, open_store

__all__ = ["Articles", "keep_plan", "keep_watch", "load", "load_first", "recover", "save", "with_new_saved"]


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
    files: Noted = None
    plan: TruePlan | None = None
    """Nothing had to be read: the plan of the store is true. Then there are no `articles`."""
    before: Mapping[str, CitedBefore] | None = None
    """The articles at the revision of `--changed-since`: what they cited then is not checked."""

    @property
    def losing(self) -> frozenset[str]:
        """The paths of those that have lost targets and an original page that may tell them."""
        return frozenset(
            article.path for article in self.articles if article.original_url is not None and has_lost(article)
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What could not be read of the articles, and what else is to be said of their reading."""
        if self.plan is not None:
            return self.plan.stored.remarks
        return tuple(
            f"{article.path}: {remark}" for article in self.articles for remark in (*article.gaps, *article.remarks)
        )

    @property
    def new(self) -> list[Article]:
        """Those of which something is to be kept."""
        return [article for article in self.articles if article.path not in self.known]

    def is_new(self, path: str, key: str) -> bool:
        """The article did not cite the source of that key at the earlier revision."""
        before = (self.before or {}).get(path)
        return before is None or key not in before.keys

    def with_article(self, changed: Article) -> Articles:
        """The articles with one of them changed."""
        articles = (changed if article.path == changed.path else article for article in self.articles)
        return replace(self, articles=tuple(articles))


def load_first(
    project: Project, scope: Scope, settings: Settings, clock: Clock, fetch_listed: bool = True
) -> Articles | None:
    """The articles of a scope, read before anything is made in the folder: where nothing of what was named can be read,
    nothing is left behind. None where there is an archive. Raises SettingsError, and as `load`."""
    refuse_faulty(settings)
    if project.has_archive():
        return None
    with open_store(None) as store:
        return load(project, store, scope, settings, clock, fetch_listed)


def load(
    project: Project, store: Store, scope: Scope, settings: Settings, clock: Clock, fetch_listed: bool = True
) -> Articles:
    """The articles of a scope, with what they were where only changes count; of a run over what links.txt names only
    the plan, where that is true. Those of feeds and sitemaps are taken as they are known, unless `fetch_listed`.

    Raises ArticleError when nothing of what was named can be read; a part that cannot is told in `errors`.
    """

    plan = true_plan(project, store, scope, settings)
    if plan is not None:
        body = plan.stored
        excluded, lists = frozenset(body.excluded), (body.uncited, body.malformed, body.notices)
        return Articles((), (), {}, excluded, *lists, plan=plan)

    stored: Callable[[str], Stored | None]
    stored = cache(partial(stored_articles.load, store)) if scope.articles else stored_articles.load_all(store).get
    files = files_to_note(project, scope)
    reader = ArticleReader(project.links, settings.network, clock, stored, fetch_listed, files=files)
    reader.read(scope.articles, scope.stdin, scope.input_format)
    articles, left, known = [], [], set()
    for section in reader.matched():
        article, past = section.article, stored(section.article.path)
        if section.uncited:
            left.append(replace(article, original_url=None, citations=citations_of(section.uncited)))
        article = article if past is None else with_recoveries(article, past[0])
        if article.original_url is None and has_lost(article):
            article = unrecoverable(article, Reason.NO_ORIGINAL)
        if section.is_whole and past is not None and past == (article, reader.digests.get(article.path, past[1])):
            known.add(article.path)
        articles.append(article)
    revision = scope.changed_since
    return Articles(
        tuple(articles),
        tuple(left),
        reader.digests,
        reader.links.excluded,
        tuple(f"{citation.url} ({article.path})" for article in left for citation in article.citations if citation.url),
        tuple(map(str, reader.links.malformed)),
        (*reader.notices, *_not_fetched(reader.not_fetched)),
        tuple(reader.errors),
        reader.watches,
        frozenset(known),
        files,
        None,
        None if revision is None else cited_before(project.root, revision, articles),
    )


def _not_fetched(count: int) -> tuple[str, ...]:
    words = "1 article of a feed or sitemap" if count == 1 else f"{count:,} articles of feeds and sitemaps"
    return (f"{words} would be read first: what they newly cite is not counted",) if count else ()


def recover(
    articles: Articles, original: str, paths: Collection[str], page: Page
) -> tuple[Articles, tuple[Article, ...]]:
    """The articles with the lost targets that the original page of those at `paths` tells, and those that changed.

    `original` is the URL of the page.
    """
    from linkarchive.article.recover import recover as recover_targets
    from linkarchive.judge.verdict import judge

    usable = page.failure is None and judge(Case(original, original, page)).verdict.is_alive
    changed = []
    for article in articles.articles:
        if article.path in paths and article.path in articles.losing:
            if usable:
                changed.append(recover_targets(article, page, found_in=page.final_url))
            else:
                changed.append(unrecoverable(article, Reason.ORIGINAL_UNAVAILABLE))
    for article in changed:
        articles = articles.with_article(article)
    return articles, tuple(changed)


def keep_watch(project: Project, articles: Articles) -> Articles:
    """Write the new `articles` lines into links.txt, and tell so in the notices. Raises StorageError."""
    add_watches(project.links, articles.watches)
    sentences = (
        f"{pattern} is under watch from now on: every check looks for new articles there; delete the line "
        f"“articles {pattern}” in links.txt to end that"
        for pattern in articles.watches
    )
    return replace(articles, notices=(*articles.notices, *sentences), watches=())


def with_new_saved(project: Project, store: Store, run: int, articles: Articles) -> Articles:
    """Save those of which something is to be kept; what was noted of the files is that of links.txt as it is then."""
    files, known = articles.files, frozenset(article.path for article in articles.articles)
    written = save(project, store, run, articles.new, articles.digests)
    if written and (articles.left or stored_articles.any_of_lines(store)):
        files = None  # those are told by the numbers of their lines, which are others now
    if files is not None:
        for path, data in written.items():
            files.note(path, data)
    return replace(articles, files=files, known=known)


def save(
    project: Project, store: Store, run: int, changed: Sequence[Article], digests: Mapping[str, str]
) -> Mapping[Path, bytes]:
    """Write articles into links.txt (only adding) and the database, in this order; the new content of each file that
    changed."""
    listed = [article for article in changed if article.path != project.links.name]
    written = write_articles(project.links, listed) if listed else {}
    for article in changed:
        if article.path == project.links.name:  # its links stand there; the past is only asked what they quote
            article = replace(article, citations=tuple(citation for citation in article.citations if citation.quote))
        digest = digests.get(article.path) or stored_articles.digest_of(store, article.path)
        stored_articles.save(store, run, article, digest)
    store.commit()
    return written
