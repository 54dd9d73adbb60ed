"""The news of a run as an Atom feed (RFC 4287): an entry for each that is new or recovered."""

from __future__ import annotations

import uuid
from xml.etree.ElementTree import Element

from linkarchive.model import Change, Report, SourceReport, Unresolved, Verdict
from linkarchive.report import phrases
from linkarchive.report.sanitize import href, sanitize
from linkarchive.report.sections import day_of
from linkarchive.report.suggestions import in_lines, suggestions, suggestions_unresolved
from linkarchive.report.summary import headline, summary
from linkarchive.report.xml import add, document, moment
from linkarchive.translation import gettext

_NAMESPACE = "http://www.w3.org/2005/Atom"


def render_atom(report: Report, feed: str = "") -> str:
    """The feed. Ids are made from what is told (URL, verdict, since when), so that the same news, rendered again or
    told by a later run, is the same entry to a reader; `feed` tells the feeds of several projects apart."""
    safe = sanitize(report)
    root = Element("feed", {"xmlns": _NAMESPACE, "xml:lang": "en"})
    add(root, "id", _id("feed", feed))
    add(root, "title", gettext("Sources: {headline}", headline=headline(report)))
    add(root, "subtitle", summary(report))
    add(root, "updated", moment(day_of(report)))
    add(root, "generator", "linkarchive", version=safe.run.version)
    add(add(root, "author"), "name", "archive check")
    for source in report.of(lambda kind: kind.is_news):
        _source(root, sanitize(source), report)
    for lost in safe.unresolved:
        if lost.changed is Change.NEW:
            _unresolved(root, lost, report)
    return document(root)


def _source(root: Element, source: SourceReport, report: Report) -> None:
    result = source.result
    text = phrases.recovery(source) if source.changed is Change.RECOVERED else phrases.meaning_of(source)
    entry = add(root, "entry")
    add(entry, "id", _id(result.url, result.verdict.value, source.changed.value, moment(result.since)))
    add(entry, "title", f"{phrases.word(result.verdict).capitalize()}: {result.url}")
    add(entry, "updated", moment(result.since))
    address = href(result.url)
    if address is not None:
        add(entry, "link", rel="alternate", href=address)
    add(entry, "category", term=result.verdict.value)
    add(entry, "category", term=result.reason.value)
    add(entry, "summary", text)
    lines = [text, *(f"{phrases.place(citation)}: “{citation.text.strip()}”" for citation in result.citations)]
    if result.verdict.is_finding:
        lines.append(f"{phrases.since(source, day_of(report))} {phrases.certainty(result)}")
        lines += [*result.evidence, *in_lines(suggestions(source))]
    add(entry, "content", "\n".join(lines), type="text")


def _unresolved(root: Element, lost: Unresolved, report: Report) -> None:
    entry = add(root, "entry")
    add(entry, "id", _id("lost", lost.article, lost.text, lost.context))
    add(entry, "title", gettext("Unresolved: “{text}” in {place}", text=lost.text.strip(), place=phrases.place(lost)))
    add(entry, "updated", moment(day_of(report)))
    add(entry, "category", term=Verdict.UNRESOLVED.value)
    text = phrases.meaning(Verdict.UNRESOLVED, lost.reason)
    add(entry, "content", "\n".join((text, lost.context, *in_lines(suggestions_unresolved(lost)))), type="text")


def _id(*parts: str) -> str:
    """A name-based UUID (RFC 9562 §5.5)."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(("https://linkarchive.example/news", *parts))).urn
