"""Which articles a run covers, read or remembered, with what links.txt knows of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache, partial
from pathlib import Path

from msgspec import Struct, field, structs

from linkarchive.article.lost_targets import has_lost, unrecoverable, with_recoveries
from linkarchive.clock import Clock
from linkarchive.history.stored_plan import (
    HeldArticles,
    KeptPlan,
    Noted,
    SectionsRead,
    StoredPlan,
    files_to_note,
    keep_plan,
    kept_plan,
    parts_of,
    sections_now,
    uncited_words,
    write_plan,
)  # fmt: skip
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

__all__ = [
    "Articles",
    "keep_plan",
    "keep_watch",
    "load",
    "load_first",
    "recover",
    "save",
    "with_new_saved",
    "write_plan",
]


class Articles(Struct, frozen=True):
    """The articles of a run. `digests` has those whose bytes were read now."""

    by_path: HeldArticles
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
    sections: SectionsRead = field(default_factory=SectionsRead)
    plan: StoredPlan | None = None
    """The kept plan, with what has changed since: then `articles` are those that were read anew."""
    before: Mapping[str, CitedBefore] | None = None
    """The articles at the revision of `--changed-since`: what they cited then is not checked."""

    @property
    def articles(self) -> Collection[Article]:
        """Each may be made anew whenever they are gone through."""
        return self.by_path.values()

    @property
    def losing(self) -> frozenset[str]:
        """The paths of those that have lost targets and an original page that may tell them."""
        return frozenset(path for path in self.by_path.losing if self.by_path[path].original_url is not None)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What could not be read of the articles, and what else is to be said of their reading."""
        if self.plan is not None:
            return self.plan.remarks
        return tuple(
            f"{article.path}: {remark}" for article in self.articles for remark in (*article.gaps, *article.remarks)
        )

    @property
    def new(self) -> HeldArticles:
        """Those of which something is to be kept."""
        return self.by_path.copy(without=self.known)

    def is_new(self, path: str, key: str) -> bool:
        """The article did not cite the source of that key at the earlier revision."""
        before = (self.before or {}).get(path)
        return before is None or key not in before.keys

    def with_article(self, changed: Article) -> Articles:
        """The articles with one of them changed."""
        by_path = self.by_path.copy()
        if changed.path in by_path:
            by_path[changed.path] = changed
        return structs.replace(self, by_path=by_path)


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

    kept = kept_plan(project, store, scope, settings)
    if kept is not None and not kept.changed:
        return _as_kept(Articles(HeldArticles()), kept.plan)
    changed = None if kept is None else _changed(project, store, settings, clock, kept)
    if changed is not None:
        return changed
    stored: Callable[[str], Stored | None]
    stored = cache(partial(stored_articles.load, store)) if scope.articles else stored_articles.load_all(store)
    files = files_to_note(project, scope)
    reader = ArticleReader(project.links, settings.network, clock, stored, fetch_listed, files=files)
    reader.read(scope.articles, scope.stdin, scope.input_format)
    articles, revision = _gathered(reader), scope.changed_since
    return structs.replace(
        articles,
        excluded=reader.links.excluded,
        uncited=tuple(words for article in articles.left for words in uncited_words(article)),
        malformed=tuple(map(str, reader.links.malformed)),
        notices=(*reader.notices, *_not_fetched(reader.not_fetched)),
        errors=tuple(reader.errors),
        watches=reader.watches,
        before=None if revision is None else cited_before(project.root, revision, articles.articles),
    )


def _gathered(reader: ArticleReader) -> Articles:
    """What was read, with what is known of it."""
    articles, left, known = HeldArticles(), [], set()
    said_of, lined, files = {}, set(), reader.files
    for section in reader.matched():
        article, past = section.article, reader.remembered(section.article.path)
        path = article.path
        if section.uncited:
            left.append(structs.replace(article, original_url=None, citations=citations_of(section.uncited)))
        article = article if past is None else with_recoveries(article, past[0])
        if article.original_url is None and has_lost(article):
            article = unrecoverable(article, Reason.NO_ORIGINAL)
        digest = reader.digests.get(path) or (past and past[1])
        if section.is_whole and past is not None and past == (article, digest):
            known.add(path)
        if section.uncited or digest is None:
            lined.add(path)
        said_of[path] = reader.links.said(path)
        if not said_of[path] and reader.links.section(article) is not None:
            files = None  # that of its original page is another article's, too
        articles[path] = article
    sections = SectionsRead(said_of, frozenset(lined), reader.lists, reader.links.outline)
    return Articles(articles, tuple(left), reader.digests, known=frozenset(known), files=files, sections=sections)


def _changed(project: Project, store: Store, settings: Settings, clock: Clock, kept: KeptPlan) -> Articles | None:
    """The articles that are not what the kept plan was made from, and new ones, with that plan as it is now; None where
    something else has changed, too, or may have."""
    plan, files = kept.plan, kept.files
    stored = cache(partial(stored_articles.load, store))
    reader = ArticleReader(project.links, settings.network, clock, stored, files=files)
    known = {part.path for part in plan.parts}
    edited = kept.changed.difference(plan.lists)
    folders = {path for path in edited if path not in known and (project.root / path).is_dir()}
    edited -= folders
    if kept.changes_others:
        return None
    if kept.changed.isdisjoint(plan.lists):
        touched = set()
        reader.read_sections(plan.lists, edited)
    else:
        reader.read_lists()
        if (reader.lists, reader.links.outline) != (plan.lists, plan.outline):
            return None
        touched = {part.path for part in plan.parts if part.is_lined or part.said != reader.links.said(part.path)}
        plan = structs.replace(
            plan, excluded=tuple(sorted(reader.links.excluded)), malformed=tuple(map(str, reader.links.malformed))
        )
    touched |= edited
    if not touched <= known or not reader.read_some([part.path for part in plan.parts if part.path in touched]):
        return None
    if folders and not (reader.read_new(known) and tuple(reader.notices) == plan.notices):
        return None
    articles = _gathered(reader)
    if not files.is_all or articles.by_path.losing:
        return None
    anew = {part.path: part for part in parts_of(articles)}
    parts = (*(anew.pop(part.path, part) for part in plan.parts), *anew.values())
    return _as_kept(articles, structs.replace(plan, parts=parts))


def _as_kept(articles: Articles, plan: StoredPlan) -> Articles:
    """The articles that changed since the plan was made, with all that it tells of the others."""
    return structs.replace(
        articles,
        plan=plan,
        excluded=frozenset(plan.excluded),
        uncited=plan.uncited,
        malformed=plan.malformed,
        notices=plan.notices,
    )


def _not_fetched(count: int) -> tuple[str, ...]:
    words = "1 article of a feed or sitemap" if count == 1 else f"{count:,} articles of feeds and sitemaps"
    return (f"{words} would be read first: what they newly cite is not counted",) if count else ()


def recover(
    articles: Articles, original: str, paths: Collection[str], page: Page
) -> tuple[Articles, tuple[Article, ...]]:
    """The articles with the lost targets that the original page of those at `paths` tells, and those that changed.
    `original` is the URL of the page."""
    from linkarchive.article.recover import recover as recover_targets
    from linkarchive.judge.verdict import judge

    usable = page.failure is None and judge(Case(original, original, page)).verdict.is_alive
    changed, losing = [], articles.losing.intersection(paths)
    for article in (articles.by_path[path] for path in articles.by_path if path in losing):
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
    return structs.replace(articles, notices=(*articles.notices, *sentences), watches=())


def with_new_saved(project: Project, store: Store, run: int, articles: Articles) -> Articles:
    """Save those of which something is to be kept; what was noted of the files is that of links.txt as it is then."""
    files, plan, sections = articles.files, articles.plan, articles.sections
    new, known = articles.new, frozenset(articles.by_path)
    has_lines = bool(sections.lined) if plan is None else any(part.is_lined for part in plan.parts)
    has_lines = files is not None and (has_lines or bool(articles.malformed))
    before = [project.root / name for name in sections.lists] if has_lines else []
    texts = {path: path.read_bytes() for path in before if path.exists()}
    written = save(project, store, run, new.values(), articles.digests)
    if written and files is not None:
        if has_lines and not all(path in texts and data.startswith(texts[path]) for path, data in written.items()):
            files = None  # those are told by the numbers of their lines, which are others now
        else:
            for path, data in written.items():
                files.note(path, data)
            sections = sections_now(project, sections, new)
            if plan is not None:
                anew = {part.path: part for part in parts_of(structs.replace(articles, sections=sections))}
                parts = tuple(anew.get(part.path, part) for part in plan.parts)
                plan = structs.replace(plan, parts=parts, outline=sections.outline)
    return structs.replace(articles, files=files, known=known, plan=plan, sections=sections)


def save(
    project: Project, store: Store, run: int, changed: Collection[Article], digests: Mapping[str, str]
) -> Mapping[Path, bytes]:
    """Write articles into links.txt (only adding) and the database, in this order; the new content of each file that
    changed."""
    written = write_articles(project.links, changed) if changed else {}
    for article in changed:
        if article.path == project.links.name:  # its links stand there; the past is only asked what they quote
            article = structs.replace(
                article, citations=tuple(citation for citation in article.citations if citation.quote)
            )
        digest = digests.get(article.path) or stored_articles.digest_of(store, article.path)
        stored_articles.save(store, run, article, digest)
    store.commit()
    return written
