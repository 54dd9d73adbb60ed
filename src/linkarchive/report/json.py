"""The report as JSON: the contract of docs/design.md §8, published as docs/report.schema.json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from operator import attrgetter
from typing import Any

import msgspec

from linkarchive.model import Change, Report, SourceReport, Verdict
from linkarchive.report.sanitize import escape_json, field_names, redacted
from linkarchive.secrets import may_hold_secrets

SCHEMA = 1

_SOURCE = (
    "url", "verdict", "reason", "confidence", "confirmed", "evidence", "also", "changed", "was", "since", "checked",
    "last_ok", "strikes", "status", "final_url", "hops", "similarity", "lost", "baseline", "capture", "last_good",
    "archived_url", "archive_note", "suggested_url", "suggested_by", "suggested_confidence", "citations",
    "decision", "first_strike", "last_strike", "ignored",
    "title", "title_then", "read", "settled", "seen_elsewhere",
)  # fmt: skip
_CITATION = (
    "article", "line", "url", "text", "context", "recovered", "recovery_confidence", "verdict", "baseline",
    "similarity", "lost", "accepted", "reason", "confidence", "evidence", "note", "accessed",
    "snapshot", "unit", "place", "settled", "seen_elsewhere",
)  # fmt: skip
_UNRESOLVED = ("article", "line", "text", "reason", "context", "changed")
_OF_VISIT = frozenset({"changed", "was", "checked", "ignored", "decision"})
"""What a source's report says beside the result."""
_OF_SOURCE = attrgetter(*(name if name in _OF_VISIT else f"result.{name}" for name in _SOURCE))
_OF_CITATION = attrgetter(*_CITATION)
_OF_UNRESOLVED = attrgetter(*_UNRESOLVED)


# msgspec writes times in their own zone, to the microsecond; no text of a report stands under these names.
_TIMES = ("time", "since", "checked", "last_ok", "first_strike", "last_strike", "when", "capture_time")
_TIME = re.compile(rf'("(?:{"|".join(_TIMES)})":")([0-9][^"]*)')
# Nearly all are in UTC: then only their fractions go, which patterns that begin with a character find quickly.
_OTHER_ZONE = re.compile(r':[0-9]{2}"')
_OF_TIME = "|".join(rf'(?<="{name}":"[0-9T:-]{{19}}\.[0-9]{{6}}Z)' for name in _TIMES)
_FRACTION = re.compile(rf"\.[0-9]{{6}}Z(?:{_OF_TIME})")


def render_json(report: Report, quiet: bool = False) -> Iterator[str]:
    """One JSON object, in pieces, each article, source and lost target on a line of its own: times as RFC 3339 in UTC
    to the second, absent facts null, secrets redacted.

    `quiet` leaves out the sources and lost targets about which there is nothing new; the summary counts all.
    """
    start, rest = _facts(report)
    articles = map(_encoded, start.pop("articles"))
    parts: dict[str, Any] = {"schema": SCHEMA, **start, "articles": articles, "sources": _sources(report, quiet)}
    parts |= {"unresolved": _unresolved(report, quiet), "earlier": _earlier(report, quiet), **rest}
    opening = "{"
    for name, value in parts.items():
        yield f'{opening}\n  "{name}": '
        if isinstance(value, Iterator):
            yield from _array(value)
        else:
            yield escape_json(_encoded(value))
        opening = ","
    yield "\n}\n"


def plain_json(value: Any) -> str:
    """Any other object as JSON in the same manner: times, absent facts and secrets as in a report."""
    return escape_json(json.dumps(_value(redacted(value)), ensure_ascii=False, indent=2))


def render_jsonl(report: Report, quiet: bool = False) -> Iterator[str]:
    """A line a source, then a line a lost target that was not recovered and a line a finding of an earlier run,
    last the run with all the rest."""
    lists = {"source": _sources(report, quiet), "unresolved": _unresolved(report, quiet)}
    for kind, texts in (lists | {"earlier": _earlier(report, quiet)}).items():
        for text in texts:
            yield _line(f'{{"type":"{kind}",{text[1:]}')
    start, rest = _facts(report)
    yield _line(_encoded({"type": "run", "schema": SCHEMA, **start.pop("run"), **start, **rest}))


def _encoded(value: Any) -> str:
    """Any part of a report as JSON."""
    try:
        text = msgspec.json.encode(value).decode()
        return _TIME.sub(_in_utc, text) if _OTHER_ZONE.search(text) else _FRACTION.sub("Z", text)
    except UnicodeEncodeError:  # half of a surrogate pair: msgspec takes only what is Unicode
        return json.dumps(_value(value), ensure_ascii=False, separators=(",", ":"))


def _in_utc(match: re.Match[str]) -> str:
    name, time = match.groups()
    return f"{name}{_value(datetime.fromisoformat(time))}"


def _line(text: str) -> str:
    return escape_json(text) + "\n"


def _array(items: Iterator[str]) -> Iterator[str]:
    opening = "["
    for item in items:
        yield f"{opening}\n    {escape_json(item)}"
        opening = ","
    yield "[]" if opening == "[" else "\n  ]"


def _facts(report: Report) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands before the lists of sources and lost targets, and what after them."""
    start = {"run": _value(redacted(report.run)), "summary": report.summary, "articles": redacted(report.articles)}
    return start, {name: redacted(getattr(report, name)) for name in ("uncited", "notices", "malformed")}


def _sources(report: Report, quiet: bool) -> Iterator[str]:
    return map(_source, report.of(lambda kind: kind.is_news) if quiet else report.visited)


def _earlier(report: Report, quiet: bool) -> Iterator[str]:
    """The findings among the sources that this run did not visit."""
    return map(_source, () if quiet else report.of(lambda kind: kind.earlier and kind.verdict.is_finding))


def _unresolved(report: Report, quiet: bool) -> Iterator[str]:
    targets = (lost for lost in report.unresolved if lost.changed is Change.NEW or not quiet)
    return (_encoded(dict(zip(_UNRESOLVED, _OF_UNRESOLVED(redacted(lost)), strict=True))) for lost in targets)


def _source(source: SourceReport) -> str:
    text = _encoded(source_facts(source))
    return _encoded(source_facts(redacted(source))) if may_hold_secrets(text) else text


def source_facts(source: SourceReport) -> dict[str, Any]:
    result = source.result
    facts = dict(zip(_SOURCE, _OF_SOURCE(source), strict=True))
    if result.verdict in (Verdict.OK, Verdict.MOVED) and result.last_ok is None:
        facts["last_ok"] = facts["checked"]
    facts["citations"] = [dict(zip(_CITATION, _OF_CITATION(citation), strict=True)) for citation in result.citations]
    return facts


def _value(value: Any) -> Any:
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {name: _value(item) for name, item in value.items()}
    if names := field_names(value.__class__):
        return {name: _value(getattr(value, name)) for name in names}
    return value
