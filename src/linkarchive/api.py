"""The functions and the class behind `import linkarchive` (docs/api.md): each calls one function of a room.

Rooms are imported when they are needed: `extract` of a file loads neither the network nor the database.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from linkarchive.clock import Clock
from linkarchive.errors import ArchiveUnavailable, ArticleError, UsageError
from linkarchive.model import Article, Capture, CaptureRef, Case, Difference, Judgement, Page, Report, SourceReport
from linkarchive.project import Project as Folder
from linkarchive.settings import Settings, load_settings

if TYPE_CHECKING:
    from linkarchive.check.events import Listener
    from linkarchive.check.scope import Scope
    from linkarchive.snapshot.writer import Memento
    from linkarchive.store.database import Store
    from linkarchive.store.decisions import Decision

Name = str | os.PathLike[str]
"""A file, or a web address."""


def _ignore(_: object) -> None:
    """The listener of a caller who does not listen."""


def _never() -> bool:
    return False


class Project:
    """A project folder: `links.txt` and `archive/`. Opens the database for each call, and takes the folder's lock
    for each call that writes; several processes may use one folder.

    Methods raise UnknownSourceError for a URL that is not under watch, UsageError when there is nothing to answer
    with (nothing was checked yet), StorageError when the disk refuses.
    """

    def __init__(self, folder: Name = ".", *, settings: Settings | None = None) -> None:
        """`settings`: those of the folder's `archive.toml` and the environment, unless given."""
        self.folder = Folder(Path(folder).resolve())
        self.settings = settings or load_settings(self.folder.root)

    def check(
        self,
        *articles: Name,
        scope: Scope | None = None,
        on_event: Listener = _ignore,
        stop: Callable[[], bool] = _never,
    ) -> Report:
        """Check the sources of the articles, or of all of `links.txt`, and return the report.

        `scope` instead of articles narrows a run as the options of `archive check` do. Once `stop` returns true, what
        is in flight is finished and saved, and the report is incomplete. Raises LockedError while another run is on.
        """
        from linkarchive.check.run import check as run_check
        from linkarchive.check.scope import Scope

        scope = scope or Scope(tuple(os.fspath(name) for name in articles))
        return run_check(self.folder.root, scope, self.settings, Clock.from_environ(), on_event, stop)

    def report(self, run: str | None = None) -> Report:
        """The report of a run by its id, the latest by default, in the light of today's decisions."""
        from linkarchive.history.reports import load_report
        from linkarchive.store import decisions

        with self._open() as store:
            return load_report(store, decisions.load(self.folder.decisions), run)

    def sources(self) -> tuple[SourceReport, ...]:
        """The last report on every source, whichever run made it."""
        from linkarchive.store import standing

        with self._open() as store:
            return tuple(report for _, _, report in standing.latest_reports(store))

    def history(self, url: str) -> tuple[SourceReport, ...]:
        """What each run concluded about a source, oldest first."""
        from linkarchive.store import outcomes, sources

        with self._open() as store:
            return tuple(report for _, report in outcomes.history(store, sources.find(store, url).id))

    def captures(self, url: str) -> tuple[Capture, ...]:
        """The stored copies of a source, oldest first."""
        from linkarchive.store import captures, sources

        with self._open() as store:
            return tuple(kept.capture for kept in captures.of_source(store, sources.find(store, url).id))

    def page(self, capture: Capture | CaptureRef) -> Page:
        """The page of a stored copy, read from its WARC file and decoded to at most `[network] max_body` bytes."""
        from linkarchive.snapshot.reader import read_page
        from linkarchive.store import captures

        if isinstance(capture, CaptureRef):
            with self._open() as store:
                stored = captures.named(store, capture)
            if stored is None:
                raise UsageError(f"{capture.warc} at byte {capture.offset}: no capture of this project is there")
            capture = stored.capture
        return read_page(self.folder.root, capture, limit=self.settings.network.max_body)

    def diff(self, url: str) -> Difference:
        """What changed in the text of a source between its baseline and its latest capture."""
        from linkarchive.history.sources import difference_since

        with self._open() as store:
            return difference_since(self.folder.root, store, url)

    def accept(self, url: str, *, reason: str | None = None, article: str | None = None) -> Decision:
        """Record that today's page of a source is fine, for one article or all: later drift is measured from it."""
        from linkarchive.history.decisions import accept_page

        with self._open() as store:
            return accept_page(self.folder, store, url, article, reason, user(), Clock.from_environ().now())

    def ignore(self, url: str, *, until: date | None = None, reason: str | None = None) -> Decision:
        """Record that a source's finding is known: it is judged and counted, but not reported until that day."""
        from linkarchive.history.decisions import ignore_source

        with self._open() as store:
            return ignore_source(self.folder, store, url, until, reason, user(), Clock.from_environ().now())

    @contextmanager
    def _open(self) -> Iterator[Store]:
        from linkarchive.store.opening import open_project

        with open_project(self.folder) as store:
            yield store


def check(
    *articles: Name, project: Name = ".", settings: Settings | None = None, on_event: Listener = _ignore
) -> Report:
    """`Project(project, settings=settings).check(*articles, on_event=on_event)`."""
    return Project(project, settings=settings).check(*articles, on_event=on_event)


def extract(
    source: Name | bytes,
    *,
    format: str | None = None,
    base_url: str | None = None,
    everything: bool = False,
    settings: Settings | None = None,
) -> Article:
    """The article in a file, at a web address (which is fetched), or in bytes of a `format` ("md", "html", "pdf" …).

    `base_url` is what relative links resolve against; `everything` takes images and embeds too, and the whole page.
    Raises ArticleError when it cannot be read, OfflineError when it cannot be fetched because there is no network.
    """
    from linkarchive.article.bibliography import Beside, nothing_beside
    from linkarchive.article.document import read_document
    from linkarchive.article.formats.registry import format_of
    from linkarchive.links.inputs import Document, documents, files_beside

    beside: Beside = nothing_beside
    name, data = ("", source) if isinstance(source, bytes) else (os.fspath(source), None)
    if data is None and not _is_web(name):
        data, beside = _read(name), files_beside(Path(name).parent)
    if data is None:
        network = (settings or Settings()).network
        for document in documents((name,), Path.cwd(), network, Clock.from_environ()):
            if isinstance(document, ArticleError):
                raise document
            if not isinstance(document, Document):
                raise ArticleError(f"{name}: a list of articles; give the address of one of them")
            data, format = document.data, format or document.format
            base_url = base_url or document.base_url
            break
        else:
            raise ArticleError(f"{name}: nothing to read")
    kind = format or format_of(name, None, data)
    return read_document(data, kind, path=name, base_url=base_url, everything=everything, beside=beside)


def recover(
    article: Article | Name, original: Page | Name | None = None, *, settings: Settings | None = None
) -> Article:
    """The article with its lost targets (`url` is None) found in its original page, as far as they are there.

    `original` is the page, a saved copy of it, or its address; by default the article's own original URL. Citations
    that stay without a target say why (`unresolved`). Raises ArticleError when the article or a file cannot be read.
    """
    if not isinstance(article, Article):
        article = extract(article, settings=settings)
    where = original or article.original_url
    if isinstance(where, Page):
        return recover_from(article, where, where.final_url)
    name = None if where is None else os.fspath(where)
    page = None if name is None else original_page(name, article, settings or Settings())
    return recover_from(article, page, name or "")


def original_page(where: str, article: Article, settings: Settings) -> Page:
    """The page in which to look for an article's lost targets: fetched, or a file that was saved from its address."""
    if not _is_web(where):
        from linkarchive.article.saved_page import saved_page

        return saved_page(_read(where), where, article.original_url)
    from linkarchive.web.exchange import VisitRequest
    from linkarchive.web.page import page_of
    from linkarchive.web.scheduler import fetch_all

    visit = next(iter(fetch_all(iter([VisitRequest(where)]), settings.network, Clock.from_environ())))
    try:
        return page_of(visit, settings.network.max_body)
    finally:
        visit.close()


def is_readable(page: Page) -> bool:
    """The server answered with the page, and not with an error."""
    return page.failure is None and (page.status or 0) < 400


def recover_from(article: Article, page: Page | None, found_in: str) -> Article:
    """The article with its lost targets found in a page (None: there is none to look in)."""
    from linkarchive.article.lost_targets import unrecoverable
    from linkarchive.article.recover import recover as recover_links
    from linkarchive.model import Reason

    if page is None:
        return unrecoverable(article, Reason.NO_ORIGINAL)
    if not is_readable(page):
        return unrecoverable(article, Reason.ORIGINAL_UNAVAILABLE)
    return recover_links(article, page, found_in=found_in)


def judge(
    after: Page | Name | bytes,
    before: Page | Name | bytes | None = None,
    *,
    url: str = "",
    quotes: Sequence[str] = (),
    text: str = "",
    context: str = "",
) -> Judgement:
    """The verdict on a page as it is now beside the page as it was (None: seen for the first time). Pure.

    A file or bytes are taken as HTML that was answered with 200. `quotes` are passages that the article takes from
    the page; `text` and `context` are the link's anchor text and its sentence.
    """
    from linkarchive.judge.verdict import judge as judge_case

    page = _page(after, url)
    earlier = None if before is None else _page(before, url)
    case = Case("", url or page.final_url, page, earlier, quotes=tuple(quotes), text=text, context=context)
    return judge_case(case)


def find_memento(url: str, near: date | None = None, *, settings: Settings | None = None) -> Memento | None:
    """The usable public copy of a page nearest to a day (the latest without one); None when no archive has one.

    Asks the archives of `settings` (by default the Wayback Machine and arquivo.pt). Raises ArchiveUnavailable when
    they cannot be asked or did not answer, UsageError for an address that is not sent to others (a private one, or
    one with secrets).
    """
    from linkarchive.report.sanitize import address
    from linkarchive.wayback.answers import Found, Unknown
    from linkarchive.wayback.archives import archives_of
    from linkarchive.wayback.baseline import find_copy_before
    from linkarchive.wayback.privacy import may_send
    from linkarchive.wayback.session import ArchiveSession

    settings, clock = settings or Settings(), Clock.from_environ()
    if not may_send(url, private=False):
        raise UsageError(f"{address(url)}: not a public web address, or one with secrets; it is not sent anywhere")
    with ArchiveSession(settings.network, settings.wayback, clock) as session:
        answer = find_copy_before(session, archives_of(settings.archives), url, near, clock.now())
    if isinstance(answer, Unknown):
        raise ArchiveUnavailable(f"{address(url)}: {answer.detail}")
    if not isinstance(answer, Found):
        return None
    if answer.visit is not None:
        answer.visit.close()
    return answer.memento


def render(report: Report, format: str = "terminal") -> str:
    """A report as text in one of `terminal`, `json`, `jsonl`, `markdown`, `html`, `junit` and `atom`."""
    from linkarchive.report.formats import FORMATS

    if format not in FORMATS:
        raise UsageError(f"{format!r} is not a format of reports; known are {', '.join(FORMATS)}")
    return "".join(FORMATS[format](report, {}))


def user() -> str:
    """The name that decisions are recorded under; in a container the user may have a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _is_web(name: str) -> bool:
    return name.startswith(("http://", "https://"))


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ArticleError(f"{name}: cannot be read: {why}") from error


def _page(source: Page | Name | bytes, url: str) -> Page:
    if isinstance(source, Page):
        return source
    data = source if isinstance(source, bytes) else _read(os.fspath(source))
    return Page(url, 200, {"content-type": "text/html"}, data)
