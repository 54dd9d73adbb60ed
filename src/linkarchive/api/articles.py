"""Articles from Python: `extract` reads one, `recover` finds its lost targets."""

from __future__ import annotations

import os
from pathlib import Path

from linkarchive.clock import Clock
from linkarchive.errors import ArticleError
from linkarchive.model import Article, Page
from linkarchive.settings import Settings

Name = str | os.PathLike[str]
"""A file, or a web address."""


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

    beside: Beside = nothing_beside
    name, data = ("", source) if isinstance(source, bytes) else (os.fspath(source), None)
    if data is None and not _is_web(name):
        from linkarchive.links.inputs import files_beside

        data, beside = read_file(name), files_beside(Path(name).parent)
    if data is None:
        from linkarchive.links.inputs import Document, documents

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

        return saved_page(read_file(where), where, article.original_url)
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


def _is_web(name: str) -> bool:
    return name.startswith(("http://", "https://"))


def read_file(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ArticleError(f"{name}: cannot be read: {why}") from error
