"""What verdicts were concluded from, as input for `archive judge`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from linkarchive.history.probes import stored_probe
from linkarchive.history.reports import latest_of
from linkarchive.judge.cases import case_line
from linkarchive.judge.site_rule import apply_site_rule
from linkarchive.model import Case, CitationResult, Failure, History, Page, Reason, Result, Verdict
from linkarchive.project import Files
from linkarchive.report.sanitize import redacted
from linkarchive.settings import Settings
from linkarchive.sites import rule_for
from linkarchive.snapshot.reader import read_page
from linkarchive.store import articles, captures, results, sources
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store


def cases_of(archive: Files, store: Store, url: str, settings: Settings) -> Iterator[str]:
    """Yields, for each citation of a source, what its latest verdict was concluded from: a line of JSON for `archive
    judge`, without secrets. Raises UnknownSourceError, UsageError where it was not checked yet, StorageError where a
    stored page cannot be read."""
    source = sources.find(store, url)
    _, latest = latest_of(store, source.id, url)
    copies = captures.of_source(store, source.id)
    rule = rule_for(source.url, settings.sites)
    after = apply_site_rule(_page_seen(archive, latest.result, copies), rule)
    since = latest.result.since  # a page that is what it was is not asked about again
    same = takewhile(lambda run: run[1].result.since == since, reversed(results.history(store, source.id)))
    probe = stored_probe(archive, source.url, [run_id for run_id, _ in same], settings.network.max_body)
    for citation in latest.result.citations:
        before = _standard(citation, copies)
        case = Case(
            id=citation.url,
            url=citation.url,
            after=after,
            before=None
            if before is None or (latest.result.similarity is None and latest.result.reason is Reason.FIRST_SEEN)
            else apply_site_rule(
                read_page(archive, before.capture, limit=settings.network.limit_of(before.capture.mime)), rule
            ),
            quotes=_quotes(store, citation),
            text=citation.text,
            context=citation.context,
            probe=probe,
            history=History(
                latest.result.strikes, latest.result.first_strike, latest.result.last_strike, latest.checked
            ),
        )
        yield case_line(redacted(case))


def _page_seen(archive: Files, result: Result, copies: list[StoredCapture]) -> Page:
    page = captures.capture_of(copies, result)
    if page is not None:
        return read_page(archive, page.capture)
    return Page(result.url, None, failure=_failure_seen(result))


def _failure_seen(result: Result) -> Failure:
    """The failure of the last visit, as far as the result tells of it: of a source that is dead by strikes, the reason
    of the last of them."""
    also = [Reason(name.removeprefix("unreachable/")) for name in result.also if name.startswith("unreachable/")]
    reason = also[0] if result.reason is Reason.UNREACHABLE_SINCE and also else result.reason
    detail = result.evidence[-1] if result.evidence else ""
    return Failure(reason, detail, result.url, no_such_name=result.verdict is Verdict.DEAD and reason is Reason.DNS)


def _standard(citation: CitationResult, copies: list[StoredCapture]) -> StoredCapture | None:
    """What the citation is compared with: the accepted page, else the baseline."""
    accepted, baseline = citation.accepted, citation.baseline
    time = accepted.capture_time if accepted else baseline.time if baseline else None
    return next((stored for stored in copies if stored.capture.time == time), None)


def _quotes(store: Store, citation: CitationResult) -> tuple[str, ...]:
    stored = articles.load(store, citation.article)
    if stored is None:
        return ()
    return tuple(
        cited.quote
        for cited in stored[0].citations
        if cited.quote and (cited.url, cited.line) == (citation.url, citation.line)
    )
