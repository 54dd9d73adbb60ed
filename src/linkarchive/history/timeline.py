"""What surrounds the findings of a report: the life of each source since publication, and the articles' texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from itertools import islice
from pathlib import Path

from linkarchive.article.passage import Passage, fold
from linkarchive.errors import ArticleError
from linkarchive.model import ArticleText, Event, Origin, Report, SourceReport, Span, Verdict
from linkarchive.report.phrases import decided, short_of, word
from linkarchive.store import captures, results, sources
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.translation import N_, gettext
from linkarchive.wrappers import key_of

MAX_TIMELINES = 300
"""Sources in one report whose life is told, as for the differences."""
_MAX_EVENTS = 40
_MAX_TEXTS = 40
_MOST_READ = 5000
"""Sources."""
_MAX_TEXT = 60_000
"""Characters of one article."""
_WHOSE = {
    Origin.LIVE: N_("our copy"),
    Origin.WAYBACK: N_("copy in the Wayback Machine"),
    Origin.MEMENTO: N_("archived copy"),
    Origin.IMPORTED: N_("imported copy"),
}


def timelines(store: Store, report: Report) -> Mapping[str, tuple[Event, ...]]:
    """Captures and verdicts of each finding, oldest first, by the URL of the source."""
    published = {article.path: article.published for article in report.articles}
    findings = list(islice(report.of(lambda kind: kind.verdict.is_finding), MAX_TIMELINES))
    keys = {source.url: key_of(source.url) for source in findings}
    numbers = sources.numbers_of(store, keys.values())
    copies, past = captures.of_sources(store, numbers.values()), results.histories(store, numbers.values())
    by_url: dict[str, tuple[Event, ...]] = {}
    for source in findings:
        days = {published.get(citation.article): citation.article for citation in source.result.citations}
        events = [
            Event(datetime.combine(day, time(), UTC), "published", gettext("{article} is published", article=path))
            for day, path in days.items()
            if day is not None
        ]
        decision = source.ignored or source.decision
        if decision is not None:
            events.append(Event(decision.when, "decision", decided(source.ignored, source.decision)))
        number = numbers.get(keys[source.url], 0)
        by_url[source.url] = _timeline(copies.get(number, ()), past.get(number, ()), events)
    return by_url


def _timeline(copies: Sequence[StoredCapture], past: Sequence[SourceReport], events: list[Event]) -> tuple[Event, ...]:
    events += map(_capture_event, copies)
    events += _verdict_events(past)
    events.sort(key=lambda event: (event.time, event.kind != "published", event.kind == "verdict"))
    if len(events) > _MAX_EVENTS:
        events = [*events[:5], *events[5 - _MAX_EVENTS :]]
    return tuple(events)


def _capture_event(stored: StoredCapture) -> Event:
    capture = stored.capture
    text = gettext(_WHOSE[capture.origin])
    if capture.status != 200:
        text = gettext("{copy} of an answer {status}", copy=text, status=capture.status)
    return Event(capture.time, "capture", text, None, capture.public_url)


def _verdict_events(past: Sequence[SourceReport]) -> Iterator[Event]:
    """A verdict where it changed, and the last one."""
    previous = None
    for position, report in enumerate(past):
        now = (report.result.verdict, report.result.reason)
        if report.checked is not None and (now != previous or position == len(past) - 1):
            text = f"{word(now[0])}: {short_of(report.result)}"
            if now == previous:
                text = gettext("still {verdict}", verdict=text)
            yield Event(report.checked, "verdict", text, now[0])
        previous = now


def article_texts(
    root: Path, report: Report, citing: Callable[[Collection[str]], Iterable[SourceReport]] | None = None
) -> Mapping[str, ArticleText]:
    """The text of each article that lies in the folder, its citations with their verdicts, by the article's path.
    `citing` gives the sources that articles cite, by their paths; else they are looked for in the report."""
    verdicts: dict[tuple[str, int, str], tuple[str | None, Verdict]] = {}
    paths = {article.path for article in report.articles[:_MAX_TEXTS] if (root / article.path).is_file()}
    reports = _sources_of(report) if citing is None else citing(paths)
    for source in reports if paths else ():
        for citation in source.result.citations:
            if citation.article not in paths:
                continue
            verdicts[citation.article, citation.line, fold(citation.text)] = source.result.url, citation.verdict
    for lost in report.unresolved:
        verdicts[lost.article, lost.line, fold(lost.text)] = None, Verdict.UNRESOLVED
    texts: dict[str, ArticleText] = {}
    if not paths:
        return texts
    from linkarchive.article.document import passages_of
    from linkarchive.article.formats.registry import format_of

    for article in report.articles:
        if article.path not in paths:
            continue
        try:
            data = (root / article.path).read_bytes()
            passages = passages_of(data, format_of(article.path, None, data), path=article.path)
        except (OSError, ValueError, ArticleError):  # a URL, or a file that is gone: the rest of the report stands
            continue
        text = _with_verdicts(article.path, passages, verdicts)
        if any(span.verdict for spans in text for span in spans):
            texts[article.path] = text
    return texts


def _sources_of(report: Report) -> Iterable[SourceReport]:
    """The sources of a report; of many that a partial run did not visit only the findings."""
    if report.kinds.total() <= _MOST_READ:
        return report.sources
    return report.of(lambda kind: not kind.earlier or kind.verdict.is_finding)


def _with_verdicts(
    path: str, passages: Sequence[Passage], verdicts: Mapping[tuple[str, int, str], tuple[str | None, Verdict]]
) -> ArticleText:
    paragraphs: list[tuple[Span, ...]] = []
    size = 0
    for passage in passages:
        size += len(passage.text)
        if not passage.main or not passage.text.strip():
            continue
        if size > _MAX_TEXT:
            paragraphs.append((Span(gettext("… the rest of the article is left out here.")),))
            break
        spans: list[Span] = []
        upto = 0
        for link in sorted(passage.links, key=lambda link: link.start):
            target = verdicts.get((path, link.line, fold(passage.text[link.start : link.end])))
            if target is None or link.start < upto or link.end <= link.start:
                continue
            spans.append(Span(passage.text[upto : link.start]))
            spans.append(Span(passage.text[link.start : link.end], target[0], target[1]))
            upto = link.end
        spans.append(Span(passage.text[upto:]))
        paragraphs.append(tuple(span for span in spans if span.text))
    return tuple(paragraphs)
