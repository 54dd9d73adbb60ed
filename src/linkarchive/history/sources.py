"""Looking back at sources: their reports, captures and pages, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from linkarchive.errors import StorageError, UsageError
from linkarchive.history.differences import difference_of
from linkarchive.history.reports import latest_of
from linkarchive.model import Capture, CaptureRef, Difference, Page, SourceReport
from linkarchive.project import Files
from linkarchive.report.phrases import place_in, short_of
from linkarchive.report.sanitize import address, one_line
from linkarchive.secrets import redact
from linkarchive.snapshot.reader import read_page, read_record
from linkarchive.store import captures, decisions, results, sources, standing
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision


def history_of(store: Store, log: Sequence[Decision], url: str, verbose: bool = False) -> Iterator[str]:
    """The life of a source, with what people decided about it, in lines that are safe to print. Raises
    UnknownSourceError. `verbose` adds the runs, and where in the WARC files its copies are."""
    source = sources.find(store, url)
    yield address(source.url)
    past = results.history(store, source.id)
    if past:
        yield "\nCitations"
        for citation in past[-1][1].result.citations:
            where = place_in(one_line(citation.article), citation.line, citation.unit)
            yield f"  {where}  “{one_line(citation.text)}”  {citation.verdict}: {short_of(citation)}"
    yield from _decisions(log, source.key, past[-1][1].checked if past else None)
    yield "\nCaptures"
    for stored in captures.of_source(store, source.id):
        capture = stored.capture
        place = f"  {capture.record.warc} at byte {capture.record.offset}" if verbose else ""
        yield f"  {_time(capture.time)}  {capture.origin.value:<8} HTTP {capture.status}{place}"
    yield "\nVerdicts"
    for run_id, report in past:
        result = report.result
        when = _time(report.checked) if report.checked else "not visited         "
        line = f"  {when}  {result.verdict.value:<11} {short_of(result):<21}"
        yield f"{line} {run_id}" if verbose else line.rstrip()
        for sentence in result.evidence if report.changed != "still" else ():
            yield f"      {one_line(sentence)}"


def _decisions(log: Sequence[Decision], key: str, checked: datetime | None) -> Iterator[str]:
    in_force = decisions.all_in_force(log, key)
    if in_force:
        yield "\nDecisions"
    for decision in in_force:
        word = _DECIDED.get(decision.action, decision.action)
        text = f"  {_time(decision.when)}  {word:<11} by {one_line(decision.who)}"
        if decision.article is not None:
            text += f" for {one_line(decision.article)}"
        if decision.until is not None:
            text += f" until {decision.until}"
        if decision.replacement is not None:
            text += f" with {address(decision.replacement)}"
        if decision.reason:
            text += f": {one_line(decision.reason)}"
        if decision.action == "accept" and checked is not None and decision.when > checked:
            text += " (the next check goes by it)"
        yield text


_DECIDED = {
    "accept": "accepted",
    "ignore": "ignored",
    "replace": "replaced",
    "forget": "forgotten",
    "rebase": "rebased",
}


def reports_of(store: Store, url: str) -> tuple[SourceReport, ...]:
    """What each run concluded about a source, oldest first. Raises UnknownSourceError."""
    return tuple(report for _, report in results.history(store, sources.find(store, url).id))


def latest_reports(store: Store) -> tuple[SourceReport, ...]:
    """The last report on every source, whichever run made it."""
    return tuple(report for _, _, report in standing.latest_reports(store))


def captures_of(store: Store, url: str) -> tuple[Capture, ...]:
    """The stored copies of a source, oldest first. Raises UnknownSourceError."""
    return tuple(stored.capture for stored in captures.of_source(store, sources.find(store, url).id))


def page_of(archive: Files, store: Store, capture: Capture | CaptureRef, max_body: int) -> Page:
    """The page of a stored copy, decoded to at most so many bytes. Raises UsageError, StorageError."""
    if isinstance(capture, CaptureRef):
        stored = captures.named(store, capture)
        if stored is None:
            raise UsageError(f"{capture.warc} at byte {capture.offset}: no capture of this project is there")
        capture = stored.capture
    return read_page(archive, capture, limit=max_body)


def difference_since(archive: Files, store: Store, url: str) -> Difference:
    """The baseline beside the latest capture. Raises UsageError when there are not two to compare."""
    source = sources.find(store, url)
    _, latest = latest_of(store, source.id, url)
    difference = difference_of(archive, store, latest)
    if difference is None:
        raise UsageError(f"{redact(url)}: nothing to compare: its latest capture is its baseline")
    return difference


def missing_records(archive: Path, store: Store) -> Iterator[str]:
    """Captures of the database whose record is not where it should be."""
    for stored in captures.all_kept(store):
        warc = stored.capture.record.warc
        if not (archive / warc.partition("/")[2]).exists():
            yield f"{warc}: missing; the database names a capture of {redact(stored.capture.url)} in it"
            continue
        try:
            read_record(archive, stored.capture.record).payload.close()
        except StorageError as error:
            yield str(error)


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
