"""Which copy: the one that the author saw, the one to send a reader to, the one that shows a page is there.

The replay endpoint is asked first: it answers the nearest capture by redirect, and the Wayback Machine limits it
twenty times less than its index. The index follows when the nearest capture is not usable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import chain

from linkarchive.model import Case, Page
from linkarchive.snapshot.writer import Memento
from linkarchive.wayback.answers import Answer, ArchivedCopy, ArchiveTroubleError, NoCopy, Unknown, Unusable, Why
from linkarchive.wayback.archives import Archive
from linkarchive.wayback.cdx import IndexAnswer, IndexRow, captures, nearest_first
from linkarchive.wayback.memento import timemap
from linkarchive.wayback.replay import Span, nearest, redirect_target
from linkarchive.wayback.session import ArchiveSession, Service
from linkarchive.wayback.unwrap import is_garbled

_TRIED = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55)
"""Which of many copies, nearest first, are fetched until one shows the page. Where several in a row show errors, the
next ones mostly do, too: the steps grow. Of so few or fewer, all are."""
_MOST_RECOVERY_COPIES = 4
"""Copies of an article's original page, from which lost targets are read."""
_MOST_REDIRECTS = 3


def is_usable(page: Page) -> bool:
    """The page is really there, by the judgement that live pages get: no soft 404, parking page, wall or shell."""
    from linkarchive.judge.verdict import judge

    if is_garbled(page):
        return False
    asked = page.hops[0].url if page.hops else page.final_url
    return judge(Case(id="", url=asked, after=page)).verdict.is_alive


def find_baseline(
    session: ArchiveSession,
    archives: Sequence[Archive],
    url: str,
    viewed_on: date,
    *,
    own_digests: frozenset[str] = frozenset(),
) -> Answer:
    """The usable copy nearest to the day the author looked, at most `[wayback] window_days` from it.

    `own_digests` are payload digests (`sha1:…`) of captures that we have: an indexed copy with one of them is not
    fetched (`ArchivedCopy.same_as`). `NoCopy`: no archive has one near that day.
    """
    when = _noon(viewed_on)
    search = _Search(session, url, when, Span.around(when, session.settings.window_days), own_digests)
    return _first(archives, search.near)


def find_copy_before(
    session: ArchiveSession,
    archives: Sequence[Archive],
    url: str,
    viewed_on: date | None,
    death: datetime,
) -> Answer:
    """For a dead source: the usable public copy from before its death nearest to the day the author looked (without a
    day: the latest). `NoCopy` only where the indexes, too, know of none."""
    when = death if viewed_on is None else min(_noon(viewed_on), death)
    return _first(archives, _Search(session, url, when, Span(end=death)).anywhere)


def seen_since(session: ArchiveSession, archives: Sequence[Archive], url: str, since: datetime) -> Answer:
    """A usable copy newer than the first strike: others can see the page (docs/design.md §7, `blocked/only-us`)."""
    now = session.clock.now()
    return _first(archives, _Search(session, url, now, Span(start=since)).near)


def moved_to(
    session: ArchiveSession, archives: Sequence[Archive], url: str, death: datetime
) -> tuple[str, ...] | Unknown:
    """Where permanent redirects of a dead URL led that an archive captured, the latest first; () for nowhere. Only
    archives with an index can tell. Whether a target is alive and is the page is for the caller to see."""
    targets: dict[str, None] = {}
    for archive in archives:
        if not archive.cdx:
            continue
        try:
            answer = captures(session, archive, url, death, Span(), status="30[18]")
            latest = sorted(answer.rows, key=lambda row: row.time, reverse=True)
            for row in latest[:_MOST_REDIRECTS]:
                target = redirect_target(session, archive, row.original, row.time)
                if target is not None:
                    targets.setdefault(target)
            if answer.malformed and not targets:
                return _unreadable(archive, answer.malformed)
        except ArchiveTroubleError as error:
            if not targets:
                return error.unknown
    return tuple(targets)


def captures_around(
    session: ArchiveSession,
    archives: Sequence[Archive],
    urls: Sequence[str],
    published: date,
) -> Iterator[ArchivedCopy | Unknown]:
    """Copies of an article's original page, to recover lost targets from: a few of each URL (the old one first,
    then where it moved to), the nearest to the publication first. Take the next one only when the last did not do.

    An `Unknown` says that an archive could not be asked about a URL.
    """
    when = _noon(published)
    for url in urls:
        for archive in archives:
            search = _Search(session, url, when, Span.around(when, session.settings.window_days))
            yield from search.copies(archive)


def _unreadable(archive: Archive, entries: int) -> Unknown:
    return Unknown(Why.MALFORMED, f"{archive.host} {Service.INDEX}: {entries} entries cannot be read")


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _first(archives: Sequence[Archive], ask: Callable[[Archive], Answer]) -> Answer:
    """The first copy; without one, whether every archive could say that it has none."""
    answers = []
    for archive in archives:
        answer = ask(archive)
        if isinstance(answer, ArchivedCopy):
            return answer
        answers.append(answer)
    troubles = [answer for answer in answers if isinstance(answer, Unknown)]
    if troubles:
        return Unknown(troubles[0].why, "; ".join(dict.fromkeys(trouble.detail for trouble in troubles)))
    return NoCopy(tuple(chain.from_iterable(answer.asked for answer in answers if isinstance(answer, NoCopy))))


@dataclass(frozen=True, slots=True)
class _Search:
    """One page, one time, and which copies will do."""

    session: ArchiveSession
    url: str
    when: datetime
    span: Span
    own_digests: frozenset[str] = frozenset()

    def near(self, archive: Archive) -> Answer:
        """A 404, or a nearest copy outside the span, is an answer; only an unusable copy makes us ask the index."""
        first = self._nearest(archive)
        if isinstance(first, Unusable):
            if not self.span.holds(first.time):
                return NoCopy((f"{archive.host} {Service.REPLAY}",))
            return self._from_index(archive, first)
        if isinstance(first, Unknown) and self._is_of_one_copy(archive, first):
            return self._from_index(archive, first)
        return first

    def anywhere(self, archive: Archive) -> Answer:
        """As `near`, but nothing short of an empty index means that there is none."""
        first = self._nearest(archive)
        if isinstance(first, Unknown) and not self._is_of_one_copy(archive, first):
            return first
        return first if isinstance(first, ArchivedCopy) else self._from_index(archive, first)

    def copies(self, archive: Archive) -> Iterator[ArchivedCopy | Unknown]:
        first = self._nearest(archive)
        if isinstance(first, ArchivedCopy | Unknown):
            yield first
        if isinstance(first, ArchivedCopy) or (isinstance(first, Unusable) and self.span.holds(first.time)):
            known = self._index(archive)
            if isinstance(known, Unknown):
                yield known
                return
            tried = first.memento.time if isinstance(first, ArchivedCopy) else first.time
            for row in _distinct_rows(known.rows, tried)[: _MOST_RECOVERY_COPIES - 1]:
                answer = self._exactly(archive, row)
                if isinstance(answer, ArchivedCopy | Unknown):
                    yield answer

    def _nearest(self, archive: Archive) -> ArchivedCopy | Unusable | NoCopy | Unknown:
        return self._judged(archive, nearest(self.session, archive, self.url, self.when, self.span))

    def _is_of_one_copy(self, archive: Archive, trouble: Unknown) -> bool:
        """An error of one copy is not the endpoint's, unless that was given up for it."""
        return trouble.of_copy and self.session.may_answer([archive])

    def _exactly(self, archive: Archive, row: IndexRow) -> ArchivedCopy | Unusable | NoCopy | Unknown:
        return self._judged(archive, nearest(self.session, archive, row.original, row.time, self.span))

    def _judged(
        self, archive: Archive, answer: ArchivedCopy | Unusable | NoCopy | Unknown
    ) -> ArchivedCopy | Unusable | NoCopy | Unknown:
        if isinstance(answer, ArchivedCopy) and answer.page is not None and not is_usable(answer.page):
            if answer.visit is not None:
                answer.visit.close()
            if is_garbled(answer.page):
                return Unknown(
                    Why.MALFORMED, f"{archive.host}: the copy is packed in a way that we cannot undo", of_copy=True
                )
            return Unusable(answer.memento.time, "it shows an error, a wall or an empty page")
        return answer

    def _from_index(self, archive: Archive, first: Unusable | NoCopy | Unknown) -> Answer:
        trouble = first if isinstance(first, Unknown) else None
        known = self._index(archive)
        if isinstance(known, Unknown):
            return trouble or known
        tried = first.time if isinstance(first, Unusable) else None
        was_read = isinstance(first, Unusable) and first.was_read
        candidates = _distinct_rows(known.rows, tried, was_read)
        asked = (f"{archive.host} {Service.REPLAY}", f"{archive.host} {Service.INDEX}")
        for row in _worth_fetching(candidates):
            if row.digest in self.own_digests:
                memento = Memento(archive.origin, row.time, archive.view(row.time, row.original))
                return ArchivedCopy(memento, archive.name, None, None, same_as=row.digest)
            answer = self._exactly(archive, row)
            if isinstance(answer, ArchivedCopy):
                return answer
            if isinstance(answer, Unknown):
                if not self._is_of_one_copy(archive, answer):
                    return answer
                trouble = trouble or answer
        if trouble is not None:
            return trouble
        if known.malformed:
            return _unreadable(archive, known.malformed)
        if len(candidates) > len(_TRIED) or known.more:
            return Unknown(Why.BUDGET, f"{archive.host}: none of the copies that were looked at shows the page")
        return NoCopy(asked)

    def _index(self, archive: Archive) -> IndexAnswer | Unknown:
        """The captures in the span; a TimeMap does not tell their status."""
        try:
            if archive.cdx:
                return captures(self.session, archive, self.url, self.when, self.span)
            if not archive.timemap:
                return IndexAnswer((), 0, more=False)
            listed = timemap(self.session, archive, self.url)
        except ArchiveTroubleError as error:
            return error.unknown
        rows = [_row(archive, self.url, *memento) for memento in listed.mementos if self.span.holds(memento[0])]
        return IndexAnswer(tuple(nearest_first(rows, self.when)), listed.malformed, more=False)


def _row(archive: Archive, url: str, time: datetime, memento: str) -> IndexRow:
    parsed = archive.parse(memento)
    return IndexRow(time, parsed[1] if parsed else url, "", None, "")


def _distinct_rows(rows: Sequence[IndexRow], tried: datetime | None, was_read: bool = True) -> list[IndexRow]:
    """The rows but for the one that was `tried`, and those of the same digest as it (if it was read) or as a nearer
    row."""
    digests = {row.digest for row in rows if was_read and row.time == tried and row.digest}
    distinct = []
    for row in rows:
        if row.time == tried or row.digest in digests:
            continue
        if row.digest:
            digests.add(row.digest)
        distinct.append(row)
    return distinct


def _worth_fetching(rows: Sequence[IndexRow]) -> Sequence[IndexRow]:
    return rows if len(rows) <= len(_TRIED) else [rows[place] for place in _TRIED if place < len(rows)]
