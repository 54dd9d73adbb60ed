"""The report as JUnit XML for CI: a test case a source, failures for what makes `archive check` exit with 1.

There is no standard; this is what the two schemas in common use have in common: that of
Apache Ant (github.com/windyroad/JUnit-Schema) and that of Jenkins' xUnit plugin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from xml.etree.ElementTree import Element

from linkarchive.model import Category, Change, Report, RunInfo, SourceReport, Unresolved, Verdict
from linkarchive.report import phrases
from linkarchive.report.exit_policy import fails
from linkarchive.report.sanitize import sanitize
from linkarchive.report.sections import UNSEEN, day_of
from linkarchive.report.suggestions import in_lines, suggestions, suggestions_unresolved
from linkarchive.report.summary import summary
from linkarchive.report.xml import add, document, moment, token


def render_junit(report: Report, fail_on: Collection[str], new_only: bool = False, quiet: bool = False) -> str:
    """One suite; `quiet` leaves out the sources about which there is nothing new."""
    safe = sanitize(report)
    root = Element("testsuites")
    finished = day_of(report)
    suite = add(
        root,
        "testsuite",
        name="archive check",
        package="linkarchive",
        id="0",
        hostname="localhost",
        timestamp=moment(report.run.started).removesuffix("Z"),  # Ant's schema forbids a zone
        time=f"{max(0.0, (finished - report.run.started).total_seconds()):.3f}",
    )
    properties = add(suite, "properties")
    for name, value in _properties(safe.run, report.summary):
        add(properties, "property", name=name, value=value)
    for source in report.of(lambda kind: kind.is_news) if quiet else report.of(_has_case):
        _source(suite, sanitize(source), finished, fails(source.kind, fail_on, new_only))
    for lost in safe.unresolved:
        if lost.changed is Change.NEW or not quiet:
            _unresolved(suite, lost, fails(lost, fail_on, new_only))
    for line in safe.malformed:
        case = _case(suite, token(line), "links.txt")
        add(case, "failure", message=line, type="malformed")
    counts = Counter(child.tag for case in suite.iter("testcase") for child in case)
    suite.set("tests", str(sum(1 for _ in suite.iter("testcase"))))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(counts[tag]))
    add(suite, "system-out", summary(report))
    add(suite, "system-err", "\n".join(safe.notices))
    return document(root)


def _has_case(kind: Category) -> bool:
    """What the run visited, and the findings of earlier runs."""
    return not kind.earlier or kind.verdict.is_finding


def _properties(run: RunInfo, counts: Mapping[str, int]) -> list[tuple[str, str]]:
    properties = [("run", run.id), ("version", run.version)]
    properties += [("complete", str(run.complete).lower()), ("offline", str(run.offline).lower())]
    return properties + [(f"sources.{name}", str(number)) for name, number in counts.items()]


def _source(suite: Element, source: SourceReport, now: datetime, fails: bool) -> None:
    result = source.result
    cited = result.citations[0].article if result.citations else "links.txt"
    case = _case(suite, token(result.url), token(cited))
    title = f"{result.verdict.value}/{result.reason.value}: {phrases.meaning_of(source)}"
    if fails:
        text = "\n".join(("", *_details(source, now), *in_lines(suggestions(source)), ""))
        add(case, "failure", text, message=title, type=f"{result.verdict.value}/{result.reason.value}")
    elif source.kind.is_decided:
        add(case, "skipped", message=f"{title} {phrases.decided(source.ignored, source.decision)}")
    elif result.verdict is Verdict.SKIPPED or result.verdict in UNSEEN:
        add(case, "skipped", message=title)


def _unresolved(suite: Element, lost: Unresolved, fails: bool) -> None:
    case = _case(suite, token(f"{phrases.place(lost)} {lost.text}"), token(lost.article))
    if fails:
        kind = f"unresolved/{lost.reason.value}"
        text = "\n".join(("", lost.context, *in_lines(suggestions_unresolved(lost)), ""))
        add(case, "failure", text, message=phrases.meaning(Verdict.UNRESOLVED, lost.reason), type=kind)


def _case(suite: Element, name: str, article: str) -> Element:
    return add(suite, "testcase", name=name, classname=article, time="0")


def _details(source: SourceReport, now: datetime) -> list[str]:
    result = source.result
    lines = [f"{phrases.place(citation)}: “{citation.text.strip()}”" for citation in result.citations]
    lines.append(f"{phrases.since(source, now)} {phrases.certainty(result)}")
    lines += [phrases.last_visit(source)] if source.earlier else []
    facts = (phrases.compared(result), phrases.losses(result.lost), result.archive_note)
    lines += [fact for fact in facts if fact]
    return lines + [f"- {text}" for text in result.evidence]
