"""Pages from Python: `judge` them, `find_memento` of them, `render` the report on them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from linkarchive.api.articles import Name, read_file
from linkarchive.clock import Clock
from linkarchive.errors import ArchiveUnavailable, UsageError
from linkarchive.model import Case, Judgement, Page, Report
from linkarchive.settings import Settings

if TYPE_CHECKING:
    from linkarchive.snapshot.writer import Memento


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
    from linkarchive.wayback.answers import ArchivedCopy, Unknown
    from linkarchive.wayback.archives import archives_of
    from linkarchive.wayback.baseline import find_copy_before
    from linkarchive.wayback.privacy import why_kept_here
    from linkarchive.wayback.session import ArchiveSession

    settings, clock = settings or Settings(), Clock.from_environ()
    kept_here = why_kept_here(url, sites=settings.sites)
    if kept_here is not None:
        raise UsageError(f"{address(url)} is not sent anywhere: {kept_here}")
    with ArchiveSession(settings.network, settings.wayback, clock) as session:
        answer = find_copy_before(session, archives_of(settings.archives), url, near, clock.now())
    if isinstance(answer, Unknown):
        raise ArchiveUnavailable(f"{address(url)}: {answer.detail}")
    if not isinstance(answer, ArchivedCopy):
        return None
    if answer.visit is not None:
        answer.visit.close()
    return answer.memento


def render(report: Report, format: str = "terminal") -> str:
    """A report as text in one of `terminal`, `json`, `jsonl`, `markdown`, `html`, `junit` and `atom`."""
    from linkarchive.report.formats import FORMATS
    from linkarchive.report.formats import render as render_format

    if format not in FORMATS:
        raise UsageError(f"{format!r} is not a format of reports; known are {', '.join(FORMATS)}")
    return "".join(render_format(format, report))


def _page(source: Page | Name | bytes, url: str) -> Page:
    if isinstance(source, Page):
        return source
    data = source if isinstance(source, bytes) else read_file(os.fspath(source))
    return Page(url, 200, {"content-type": "text/html"}, data)
