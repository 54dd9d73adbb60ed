"""Looking back at a source: its history, its cases, its diff, and a person's word that today's page is fine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from linkarchive.errors import StorageError, UsageError
from linkarchive.history.probes import stored_probe
from linkarchive.history.reports import difference_of, latest_of
from linkarchive.judge.cases import case_line
from linkarchive.judge.site_rule import apply_site_rule
from linkarchive.model import (
    Case,
    CitationResult,
    Difference,
    Failure,
    History,
    Page,
    Reason,
    Result,
    SourceReport,
    Verdict,
)
from linkarchive.report.sanitize import address, one_line, redacted
from linkarchive.secrets import redact
from linkarchive.settings import Settings
from linkarchive.sites import rule_for
from linkarchive.snapshot import paths
from linkarchive.snapshot.reader import read_page, read_record
from linkarchive.store import articles, captures, outcomes, sources
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store


def history_of(store: Store, url: str) -> Iterator[str]:
    """The life of a source in lines that are safe to print. Raises UnknownSourceError."""
    source = sources.find(store, url)
    yield address(source.url)
    past = outcomes.history(store, source.id)
    if past:
        yield "\nCitations"
        for citation in past[-1][1].outcome.citations:
            where = f"{one_line(citation.article)}:{citation.line}"
            yield f"  {where}  “{one_line(citation.text)}”  {citation.verdict} ({citation.reason})"
    yield "\nCaptures"
    for kept in captures.of_source(store, source.id):
        capture = kept.capture
        place = f"{capture.record.warc} at byte {capture.record.offset}"
        yield f"  {_time(capture.time)}  {capture.origin.value:<8} HTTP {capture.status}  {place}"
    yield "\nVerdicts"
    for run_id, report in past:
        outcome = report.outcome
        when = _time(report.checked) if report.checked else "not visited         "
        yield f"  {when}  {outcome.verdict.value:<11} {outcome.reason.value:<18} {run_id}"
        for sentence in outcome.evidence if report.changed != "still" else ():
            yield f"      {one_line(sentence)}"


def cases_of(archive: Path, store: Store, url: str, settings: Settings) -> Iterator[str]:
    """What the latest verdict was made from, a line a citation, as `archive judge` reads it."""
    source = sources.find(store, url)
    _, latest = latest_of(store, source.id, url)
    kept = captures.of_source(store, source.id)
    rule = rule_for(source.url, settings.sites)
    after = apply_site_rule(_page_seen(archive, latest.outcome, kept), rule)
    since = latest.outcome.since  # a page that is what it was is not asked about again
    same = takewhile(lambda run: run[1].outcome.since == since, reversed(outcomes.history(store, source.id)))
    probe = stored_probe(archive, source.url, [run_id for run_id, _ in same], settings.network.max_body)
    for citation in latest.outcome.citations:
        before = _standard(citation, kept)
        case = Case(
            id=citation.url,
            url=citation.url,
            after=after,
            before=None
            if before is None or (latest.outcome.similarity is None and _first(latest))
            else apply_site_rule(
                read_page(archive, before.capture, limit=settings.network.limit_of(before.capture.mime)), rule
            ),
            quotes=_quotes(store, citation),
            text=citation.text,
            context=citation.context,
            probe=probe,
            history=History(
                latest.outcome.strikes, latest.outcome.first_strike, latest.outcome.last_strike, latest.checked
            ),
        )
        yield case_line(redacted(case))


def difference_since(archive: Path, store: Store, url: str) -> Difference:
    """The baseline beside the latest capture. Raises UsageError when there are not two to compare."""
    source = sources.find(store, url)
    _, latest = latest_of(store, source.id, url)
    found = difference_of(archive, store, latest)
    if found is None:
        raise UsageError(f"{redact(url)}: nothing to compare: its latest capture is its baseline")
    return found


def missing_records(archive: Path, store: Store) -> Iterator[str]:
    """Captures of the database whose record is not where it should be."""
    for kept in captures.all_kept(store):
        warc = kept.capture.record.warc
        if not paths.located(archive, warc).exists():
            yield f"{warc}: missing; the database names a capture of {redact(kept.capture.url)} in it"
            continue
        try:
            read_record(archive, kept.capture.record).payload.close()
        except StorageError as error:
            yield str(error)


def _stored_page(archive: Path, stored: StoredCapture, settings: Settings) -> Page:
    return read_page(archive, stored.capture, limit=settings.network.limit_of(stored.capture.mime))


def _page_seen(archive: Path, outcome: Result, kept: list[StoredCapture]) -> Page:
    page = captures.capture_of(kept, outcome)
    if page is not None:
        return read_page(archive, page.capture)
    return Page(outcome.url, None, failure=_failure_seen(outcome))


def _failure_seen(outcome: Result) -> Failure:
    """The failure as its verdict tells of it: the last sentence, and beneath a death by strikes the latest reason."""
    also = [Reason(name.removeprefix("unreachable/")) for name in outcome.also if name.startswith("unreachable/")]
    reason = also[0] if outcome.reason is Reason.UNREACHABLE_SINCE and also else outcome.reason
    detail = outcome.evidence[-1] if outcome.evidence else ""
    return Failure(reason, detail, outcome.url, no_such_name=outcome.verdict is Verdict.DEAD and reason is Reason.DNS)


def _standard(citation: CitationResult, kept: list[StoredCapture]) -> StoredCapture | None:
    """What the citation is compared with: the accepted page, else the baseline."""
    accepted, baseline = citation.accepted, citation.baseline
    time = accepted.capture_time if accepted else baseline.time if baseline else None
    return next((one for one in kept if one.capture.time == time), None)


def _first(latest: SourceReport) -> bool:
    return latest.outcome.reason == "first-seen"


def _quotes(store: Store, citation: CitationResult) -> tuple[str, ...]:
    stored = articles.load(store, citation.article)
    if stored is None:
        return ()
    return tuple(
        one.quote for one in stored[0].citations if one.quote and (one.url, one.line) == (citation.url, citation.line)
    )


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
