"""What web archives have answered to the projects of a job: others ask the same about the same pages."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import astuple, replace

from linkarchive.fleet.shared_visit import SharedVisit, shared
from linkarchive.wayback.answers import ArchivedCopy, Unknown
from linkarchive.wayback.lookups import Lookup, LookupResult
from linkarchive.web.exchange import Exchange

_MOST = 200
"""Answers …"""
_MOST_BYTES = 32 * 1024 * 1024
"""… and bytes of their pages that are kept."""


class KnownAnswers:
    """The last answers of web archives, by what was asked."""

    def __init__(self) -> None:
        self._results: dict[object, LookupResult] = {}
        self._size = 0

    def among(self, questions: Iterable[Lookup]) -> tuple[list[LookupResult], list[Lookup]]:
        """The answers that are known, whoever asked, and the questions that have none."""
        results: list[LookupResult] = []
        unknown: list[Lookup] = []
        for question in questions:
            known = self._results.get(_question(question))
            if known is None:
                unknown.append(question)
            else:
                results.append(_share(known, question))
        return results, unknown

    def keep(self, result: LookupResult) -> LookupResult:
        """Keep an answer, and return what the one who asked has of it. What could not be found out is not kept."""
        question, answer = _question(result.lookup), result.answer
        if result.error is not None or result.is_partial or isinstance(answer, Unknown) or question in self._results:
            return result
        if isinstance(answer, ArchivedCopy) and answer.visit is not None:
            answer = replace(answer, visit=shared(answer.visit))
        kept = self._results[question] = replace(result, answer=answer)
        share = _share(kept, result.lookup)
        self._size += _size(kept)
        while len(self._results) > _MOST or self._size > _MOST_BYTES:
            oldest = self._results.pop(next(iter(self._results)))
            self._size -= _size(oldest)
            _close(oldest)
        return share

    def forget(self) -> None:
        """What was written of the copies may be lost: they are to be fetched again."""
        for result in self._results.values():
            _close(result)
        self._results.clear()
        self._size = 0


def _question(lookup: Lookup) -> object:
    """The question without who asks it."""
    return type(lookup), astuple(replace(lookup, source=0))


def _share(kept: LookupResult, lookup: Lookup) -> LookupResult:
    answer = kept.answer
    if isinstance(answer, ArchivedCopy) and isinstance(answer.visit, SharedVisit):
        answer = replace(answer, visit=answer.visit.share())
    return replace(kept, lookup=lookup, answer=answer)


def _size(kept: LookupResult) -> int:
    """Bytes of its pages."""
    answer, pages = kept.answer, [kept.page]
    exchanges: tuple[Exchange, ...] = ()
    if isinstance(answer, ArchivedCopy):
        pages.append(answer.page)
        exchanges = answer.visit.exchanges if answer.visit is not None else ()
    return sum(len(page.body) for page in pages if page is not None) + sum(part.body.length for part in exchanges)


def _close(kept: LookupResult) -> None:
    if isinstance(kept.answer, ArchivedCopy) and kept.answer.visit is not None:
        kept.answer.visit.close()
