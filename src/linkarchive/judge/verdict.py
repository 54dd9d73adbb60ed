"""The verdict on one citation: usability first, then the comparison with the baseline (docs/design.md §7)."""

from __future__ import annotations

import hashlib

from msgspec.structs import replace

from linkarchive.judge import corrections, drift, parked, paywall, redirects, soft404, status, support, usability, walls
from linkarchive.judge.confidence import calibrated
from linkarchive.judge.page_view import PageView, judgement_of
from linkarchive.judge.parsed_page import MAX_HTML, ParsedPage, ParsedPages
from linkarchive.model import Case, Judgement, Loss, Page, Reason, Verdict

_SURE_OF_A_PART = 0.75
_CUT = {
    "size": "the page is larger than the limit",
    "time": "the rest did not come in time",
    "closed": "the connection broke off before the end",
}
"""Why the end of a page was not read."""
_THE_SAME = "the text is the same"
_FEW_WORDS = 60
_SURE = 0.985
"""Confidence from which a probe would add nothing."""
_REALLY_THERE = 0.5
"""Share of the baseline from which the page is really there, whatever its words or redirects look like."""


def judge(case: Case, *, parsed: ParsedPages | None = None) -> Judgement:
    """What to conclude from one visit, with the evidence in words. Pure.

    Give the same `parsed` for several citations of one visit: a page is then read once,
    and a baseline that was read before is not read again. Every page has a judgement, that of a failed visit too; what
    a library raises on a page that it cannot stand is a bug, which those who judge foreign pages contain.
    """
    return as_far_as_read(calibrated(scored(case, parsed or ParsedPages())), case.after)


def as_far_as_read(judgement: Judgement, page: Page) -> Judgement:
    """The judgement on a page whose end was not read: it says so, once, and is less sure of what the page says."""
    if judgement.verdict not in (Verdict.OK, Verdict.MOVED, Verdict.DRIFTED):
        return judgement
    if page.cut is not None:
        length, whole = len(page.body), page.declared_length
        part = _in_words(length)
        if whole is not None and whole > length:
            part = f"{part} of {_in_words(whole)}"
        sentence = f"only the first {part} were read: {_CUT[page.cut]}"
    elif len(page.body) > MAX_HTML and _THE_SAME in judgement.evidence:
        sentence = f"only the first {MAX_HTML:,} characters were compared: the page is larger"
    else:
        return judgement
    if sentence in judgement.evidence:
        return judgement
    confidence = min(judgement.confidence, _SURE_OF_A_PART)
    return replace(judgement, confidence=confidence, evidence=(*judgement.evidence, sentence))


def _in_words(length: int) -> str:
    for unit, size in (("MiB", 1024 * 1024), ("KiB", 1024)):
        if length >= size:
            return f"{length / size:.1f} {unit}"
    return f"{length} bytes"


def scored(case: Case, parsed: ParsedPages) -> Judgement:
    """The judgement with the score of its rule in place of a confidence."""
    if case.after.failure is not None:
        return status.by_failure(case.after.failure)
    after = parsed.read(case.after)
    by_status = status.by_status(case.after.status, bool(case.after.body))
    if by_status is not None:
        return _by_status_or_wall(PageView(case, after, None), by_status)
    before = parsed.read(case.before) if case.before is not None and _is_usable(case.before) else None
    if before is not None and before.page.body == after.page.body and before.kind == after.kind and after.page.body:
        same = "what was read of the page is the same" if case.after.cut else "the page is the same, byte for byte"
        return mark_moved(case, Judgement(Verdict.OK, Reason.SAME, 0.99, (same,), 1.0))
    if not after.has_text or (before is not None and not before.has_text):
        return mark_moved(case, _by_bytes(before, after))
    if before is None:
        return usability.unusable(PageView(case, after, None)) or mark_moved(case, _first_seen(case, after))
    comparison = drift.compare(before, after)
    view = PageView(case, after, before, comparison.retention)
    if comparison.retention < _REALLY_THERE:
        unusable_page = usability.unusable(view)
        if unusable_page is not None:
            return replace(unusable_page, similarity=round(comparison.retention, 3))
    elif comparison.retention < drift.DRIFTED:
        wall = paywall.paywall(view)
        if wall is not None:
            return replace(wall, similarity=round(comparison.retention, 3))
    return mark_moved(case, _compared(view, before, comparison))


def _is_usable(page: Page) -> bool:
    return page.failure is None and (page.status is None or 200 <= page.status < 300)


def _by_status_or_wall(view: PageView, refused: Judgement) -> Judgement:
    """A status that is no page; a bot wall hides behind 403, 429, 503 and others."""
    if refused.reason in (Reason.HTTP_404, Reason.HTTP_410, Reason.LEGAL):
        return refused
    wall = walls.challenge_mark(view) or walls.challenge(view)
    if wall is None and refused.reason is Reason.HTTP_5XX:
        wall = walls.error_with_page(view)
    return wall or refused


def _first_seen(case: Case, after: ParsedPage) -> Judgement:
    retracted = corrections.retracted_before(after)
    if retracted is not None:
        return retracted
    doubtful = redirects.is_shortened(case.url, case.after.final_url) or (
        not after.has_plenty and after.visible_size < _FEW_WORDS
    )
    evidence = ("the page is there; there is no earlier copy to compare it with",)
    return Judgement(Verdict.OK, Reason.FIRST_SEEN, 0.75 if doubtful else 0.95, evidence)


def _by_bytes(before: ParsedPage | None, after: ParsedPage) -> Judgement:
    """Images, archives and what else has no text that we read."""
    if before is None:
        return judgement_of(
            Verdict.OK, Reason.FIRST_SEEN, 0.9, "the file is there; there is no earlier copy to compare it with"
        )
    if before.sha256 == after.sha256:
        same = "what was read of the file is the same" if after.page.cut else "the file is the same, byte for byte"
        return replace(judgement_of(Verdict.OK, Reason.SAME, 0.99, same), similarity=1.0)
    words = (
        "the file is not the one it was"
        if before.kind == after.kind
        else f"a {before.kind} page became a {after.kind} file"
    )
    return replace(judgement_of(Verdict.DRIFTED, Reason.REPLACED, 0.7, words), similarity=0.0)


def _compared(view: PageView, before: ParsedPage, comparison: drift.Comparison) -> Judgement:
    """Drift by text, by what the citation took, by a notice: the most telling is the reason, the others are `also`."""
    verdict, reason, sure = drift.drift(comparison)
    evidence = drift.in_words(comparison, verdict, reason)
    similarity = round(comparison.retention, 3)
    by_text = Judgement(verdict, reason, sure, tuple(evidence), similarity)
    if reason is Reason.REPLACED:
        usurped = parked.usurped(view) if comparison.retention < 0.1 else None
        if usurped is not None:
            return replace(usurped, similarity=similarity)
    lost = support.lost_details(view.case, before, view.after, comparison.gone)
    if reason is Reason.REPLACED:
        return replace(by_text, lost=lost)
    findings = [finding for finding in (corrections.new_notice(before, view.after), _lost(lost)) if finding is not None]
    if verdict is Verdict.DRIFTED:
        findings.append(by_text)
    if not findings:
        return by_text
    first = (
        next((finding for finding in findings if finding.reason is Reason.RETRACTED), None)
        or _lost(lost)
        or findings[0]
    )
    others = [finding for finding in findings if finding.reason is not first.reason]
    words = dict.fromkeys((*first.evidence, *(line for finding in others for line in finding.evidence)))
    return replace(
        first,
        evidence=tuple(words),
        similarity=similarity,
        lost=lost,
        also=tuple(f"{finding.verdict.value}/{finding.reason.value}" for finding in others),
    )


def _lost(lost: tuple[Loss, ...]) -> Judgement | None:
    """The finding that a loss is; a quotation weighs more than a fragment, a fragment more than a figure or name."""
    for kind, reason, sure, words in (
        ("quote", Reason.QUOTE_LOST, 0.96, "the quotation “{}” is no longer on the page"),
        ("anchor", Reason.ANCHOR_LOST, 0.9, "the place that the link points to ({}) is no longer on the page"),
        ("figure", Reason.DETAIL_LOST, 0.8, "the figure {} is no longer on the page"),
        ("name", Reason.DETAIL_LOST, 0.75, "the name {} is no longer on the page"),
    ):
        of_kind = [loss for loss in lost if loss.kind == kind]
        if of_kind:
            return judgement_of(Verdict.DRIFTED, reason, sure, *(words.format(loss.text[:200]) for loss in of_kind[:3]))
    return None


def mark_moved(case: Case, judgement: Judgement) -> Judgement:
    """An ok page behind a permanent redirect is `moved`; a drifted one says so beside its drift."""
    target = redirects.moved_to(case)
    if target is None:
        return judgement
    if judgement.verdict is Verdict.OK:
        sure = 0.75 if judgement.reason is Reason.FIRST_SEEN else min(0.97, judgement.confidence)
        evidence = (f"the site redirects permanently to {target}", *judgement.evidence)
        return replace(
            judgement,
            verdict=Verdict.MOVED,
            reason=Reason.REDIRECT,
            confidence=sure,
            evidence=evidence,
            suggested_url=target,
        )
    return replace(judgement, also=(*judgement.also, "moved/redirect"))


def is_suspect(case: Case, judgement: Judgement, *, parsed: ParsedPages | None = None) -> bool:
    """The verdict could change if a made-up sibling address answered the same: worth one more request to the host."""
    page = case.after
    if page.failure is not None or page.status is None or not 200 <= page.status < 300 or case.probe is not None:
        return False
    return _is_doubtful(case, judgement, parsed or ParsedPages()) and soft404.probe_url(case.url, "") is not None


def _is_doubtful(case: Case, judgement: Judgement, parsed: ParsedPages) -> bool:
    if judgement.verdict in (Verdict.DEAD, Verdict.BLOCKED, Verdict.UNREACHABLE):
        return judgement.confidence < _SURE
    if judgement.verdict is Verdict.DRIFTED:
        return judgement.similarity is not None and judgement.similarity < 0.5
    if judgement.reason is not Reason.FIRST_SEEN and judgement.verdict is not Verdict.MOVED:
        return False
    if judgement.similarity is not None:
        return False
    return usability.is_in_doubt(PageView(case, parsed.read(case.after), None))


def fingerprint(page: Page, *, parsed: ParsedPages | None = None) -> str:
    """Hex SHA-256 of the paragraphs without dates; of the main text where they are few, of the bytes without a text.
    Equal ones mean the same substance, different ones little: the other page may be the same but for a byline."""
    reading = (parsed or ParsedPages()).read(page)
    if not _is_usable(page) and reading.has_text:  # an error page has no main text to be found at length
        content = " ".join(reading.visible_words).encode("utf-8", "replace")
    else:
        content = reading.substance if reading.has_text else b""
    return hashlib.sha256(content).hexdigest() if content else reading.sha256
