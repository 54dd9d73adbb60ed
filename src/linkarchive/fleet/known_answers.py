"""What web archives have answered to the projects of a job: others ask the same about the same pages."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import astuple, replace

from linkarchive.fleet.shared_visit import SharedVisit, shared
from linkarchive.wayback.answers import ArchivedCopy, Unknown
from linkarchive.wayback.lookups import Lookup, LookupResult

_MOST_ANSWERS = 200


class KnownAnswers:
    """The last answers of web archives, by what was asked."""

    def __init__(self) -> None:
        self._results: dict[object, LookupResult] = {}

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
        if result.error is not None or isinstance(result.answer, Unknown):
            return result
        answer = result.answer
        if isinstance(answer, ArchivedCopy) and answer.visit is not None:
            answer = replace(answer, visit=shared(answer.visit))
        kept = self._results[_question(result.lookup)] = replace(result, answer=answer)
        if len(self._results) > _MOST_ANSWERS:
            _close(self._results.pop(next(iter(self._results))))
        return _share(kept, result.lookup)

    def forget(self) -> None:
        """What was written of the copies may be lost: they are to be fetched again."""
        for result in self._results.values():
            _close(result)
        self._results.clear()


def _question(lookup: Lookup) -> object:
    """The question without who asks it."""
    return type(lookup), astuple(replace(lookup, source=0))


def _share(kept: LookupResult, lookup: Lookup) -> LookupResult:
    answer = kept.answer
    if isinstance(answer, ArchivedCopy) and isinstance(answer.visit, SharedVisit):
        answer = replace(answer, visit=answer.visit.share())
    return replace(kept, lookup=lookup, answer=answer)


def _close(kept: LookupResult) -> None:
    if isinstance(kept.answer, ArchivedCopy) and kept.answer.visit is not None:
        kept.answer.visit.close()
