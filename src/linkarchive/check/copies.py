"""What archived copies decide: those that articles cite or give beside their links, and what archives saw of pages
that are closed to us. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from linkarchive.check.plan import Job, Policy
from linkarchive.model import CitationResult, Judgement, Reason, Result, SeenElsewhere, Settled, Verdict
from linkarchive.wayback.archives import WAYBACK
from linkarchive.wayback.cited import CitedLink

if TYPE_CHECKING:
    from linkarchive.snapshot.writer import Memento

_UNSETTLED = (Verdict.DEAD, Verdict.UNREACHABLE)
_SAW = " saw it on "
_SETTLED = "settled: the article itself gives an archived copy,"


def judged_by_copy(link: CitedLink, live: Judgement, job: Job, policy: Policy) -> Judgement:
    """The judgement on a citation: where it points to an archived copy, that being there decides, not the live page."""
    copy = link.copy
    if copy is None or job.is_private or policy.settings.wayback.mode == "off":
        return live
    answer = job.previous.answers.get(copy.question)
    is_fine = live.verdict in (Verdict.OK, Verdict.MOVED)
    note = () if is_fine else (f"the live page is {live.verdict.value} ({live.reason.value})", *live.evidence)
    also = () if is_fine else (f"{live.verdict.value}/{live.reason.value}",)
    if answer is not None and answer.answer == "found":
        stands = "the archived copy that the article cites is there"
        return Judgement(Verdict.OK, Reason.SAME, 0.97, (stands, *note), 1.0, also=also)
    if answer is not None and answer.answer == "none":
        return Judgement(
            Verdict.DEAD, Reason.HTTP_404, 0.95, ("the archive does not have the copy that the article cites", *note)
        )
    if live.verdict.is_alive:
        return live
    why = "the archive was not asked about the copy that the article cites" if answer is None else answer.note or ""
    return Judgement(Verdict.BLOCKED, Reason.RATE_LIMITED, 0.5, (why, *note), also=also)


def with_copies_judged(result: Result, job: Job, policy: Policy) -> Result:
    """The result of a source without a page of today, its citations of archived copies judged by those."""
    links = {(link.article, link.citation.url, link.citation.line): link for link in job.citations}
    live = _live_judgement(result)
    citations = []
    for citation in result.citations:
        link = links.get((citation.article, citation.url, citation.line))
        if link is not None and link.copy is not None:
            citation = _with(citation, judged_by_copy(link, live, job, policy))
        citations.append(citation)
    if not citations:
        return result
    worst = min(citations, key=lambda citation: (citation.verdict.severity, -citation.confidence))
    if (worst.verdict, worst.reason, worst.evidence) == (result.verdict, result.reason, result.evidence):
        return replace(result, citations=tuple(citations))
    also = (f"{live.verdict.value}/{live.reason.value}",) if live.verdict is not worst.verdict else ()
    return replace(
        result,
        verdict=worst.verdict,
        reason=worst.reason,
        confidence=worst.confidence,
        evidence=worst.evidence,
        similarity=worst.similarity,
        also=also,
        archived_url=None,
        archive_note=None,
        suggested_url=None,
        citations=tuple(citations),
    )


def with_settled(result: Result, job: Job) -> Result:
    """The result with the copies that the articles themselves give for what is dead or unreachable. A source is settled
    where all its dead and unreachable citations are: there is nothing left to do about it."""
    if result.verdict not in _UNSETTLED:
        return result
    links = {(link.article, link.citation.url or "", link.citation.line): link for link in job.citations}
    citations = []
    for citation in result.citations:
        link = links.get((citation.article, citation.url, citation.line))
        settled = None if link is None or citation.verdict not in _UNSETTLED else _settled(link, job)
        citations.append(citation if settled == citation.settled else replace(citation, settled=settled))
    unsettled = [citation for citation in citations if citation.verdict in _UNSETTLED and citation.settled is None]
    first = next((citation.settled for citation in citations if citation.settled is not None), None)
    evidence = tuple(sentence for sentence in result.evidence if not sentence.startswith(_SETTLED))
    if unsettled or first is None:
        return replace(result, citations=tuple(citations), settled=None, evidence=evidence)
    words = f"{_SETTLED} {first.url}"
    return replace(result, citations=tuple(citations), settled=first, evidence=(*evidence, words))


def seen_elsewhere(result: Result, job: Job, judgements: Sequence[Judgement], archive: str, memento: Memento) -> Result:
    """The result with what an archive saw of the page, for each citation and, the worst of them, for the source."""
    noted = {
        (link.article, link.citation.url or "", link.citation.line): _noted(judgement, archive, memento)
        for link, judgement in zip(job.citations, judgements, strict=True)
    }
    worst, sentence = _noted(min(judgements, key=lambda judgement: judgement.rank), archive, memento)
    citations = []
    for citation in result.citations:
        seen, words = noted.get((citation.article, citation.url, citation.line), (worst, sentence))
        citations.append(replace(citation, seen_elsewhere=seen, evidence=_with_sentence(citation.evidence, words)))
    evidence = _with_sentence(result.evidence, sentence)
    return replace(result, citations=tuple(citations), seen_elsewhere=worst, evidence=evidence)


def _noted(judgement: Judgement, archive: str, memento: Memento) -> tuple[SeenElsewhere, str]:
    """What an archive saw, and a sentence that says it."""
    verdict, reason = judgement.verdict, judgement.reason
    seen = SeenElsewhere(archive, memento.time, memento.public_url, verdict, reason, judgement.similarity)
    if verdict is Verdict.OK:
        words = "unchanged" if reason is Reason.SAME else f"there ({reason.value})"
    else:
        words = ": ".join((verdict.value, *judgement.evidence[:1]))
    name = "the Wayback Machine" if archive == WAYBACK.name else archive
    return seen, f"{name}{_SAW}{memento.time:%-d %B %Y}: {words}"


def _with_sentence(evidence: tuple[str, ...], sentence: str) -> tuple[str, ...]:
    return (*(old for old in evidence if _SAW not in old), sentence)


def as_seen_before(result: Result, last: Result | None) -> Result:
    """The result of a page that is still closed to us, with what an archive saw of it."""
    if last is None or last.seen_elsewhere is None or result.verdict not in (Verdict.BLOCKED, Verdict.UNREACHABLE):
        return result
    sentences = [sentence for sentence in last.evidence if _SAW in sentence]
    old = {(known.article, known.url, known.line): known for known in last.citations}
    citations = []
    for citation in result.citations:
        known = old.get((citation.article, citation.url, citation.line))
        if known is not None:
            evidence = (*citation.evidence, *(words for words in known.evidence if _SAW in words))
            citation = replace(citation, seen_elsewhere=known.seen_elsewhere, evidence=evidence)
        citations.append(citation)
    evidence = (*result.evidence, *sentences)
    return replace(result, citations=tuple(citations), seen_elsewhere=last.seen_elsewhere, evidence=evidence)


def _settled(link: CitedLink, job: Job) -> Settled | None:
    copy, url = link.given, link.citation.snapshot
    if copy is None or url is None or job.is_private:
        return None
    answer = job.previous.answers.get(copy.question)
    return Settled(url, copy.time) if answer is not None and answer.answer == "found" else None


def _live_judgement(result: Result) -> Judgement:
    """What was concluded on the live page, which stands in `also` where copies decided."""
    for name in result.also:
        verdict, _, reason = name.partition("/")
        if any(citation.verdict.value != verdict for citation in result.citations):
            evidence = tuple(sentence for sentence in result.evidence if "that the article cites" not in sentence)
            return Judgement(Verdict(verdict), Reason(reason), 0.9, evidence)
    return Judgement(result.verdict, result.reason, result.confidence, result.evidence)


def _with(citation: CitationResult, judgement: Judgement) -> CitationResult:
    return replace(
        citation,
        verdict=judgement.verdict,
        reason=judgement.reason,
        confidence=judgement.confidence,
        evidence=judgement.evidence,
        similarity=judgement.similarity,
        lost=judgement.lost,
    )
