"""The report as JSON: the contract of DESIGN §8, published as docs/report.schema.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import msgspec

from linkarchive.model import Change, CitationOutcome, Outcome, Report, SourceReport, Unresolved, Verdict
from linkarchive.report.foreign import escape_json, redacted

SCHEMA = 1

_SOURCE = (
    "url", "verdict", "reason", "confidence", "confirmed", "evidence", "also", "changed", "was", "since", "checked",
    "last_ok", "strikes", "status", "final_url", "hops", "similarity", "lost", "baseline", "capture", "last_good",
    "archived_url", "archive_note", "suggested_url", "citations", "first_strike", "last_strike", "ignored",
)  # fmt: skip
_CITATION = (
    "article", "line", "url", "text", "context", "recovered", "recovery_confidence", "verdict", "baseline",
    "similarity", "lost", "accepted", "reason", "confidence", "evidence",
)  # fmt: skip
_OUTCOME = tuple(field.name for field in fields(Outcome) if field.name != "citations")
_UNRESOLVED = ("article", "line", "text", "reason", "context", "changed")


def render_json(report: Report, quiet: bool = False) -> Iterator[str]:
    """One JSON object over several lines, in pieces: times as RFC 3339 in UTC to the second, absent facts null,
    secrets redacted.

    `quiet` leaves out the sources and lost targets about which there is nothing new; the summary counts all.
    """
    start, rest = _facts(report)
    parts: dict[str, Any] = {"schema": SCHEMA, **start, "sources": _sources(report, quiet)}
    parts |= {"unresolved": _unresolved(report, quiet), **rest}
    opening = "{"
    for name, value in parts.items():
        yield f'{opening}\n  "{name}": '
        if isinstance(value, Iterator):
            yield from _array(value)
        else:
            yield _pretty(value, "  ")
        opening = ","
    yield "\n}\n"


def render_jsonl(report: Report, quiet: bool = False) -> Iterator[str]:
    """A line a source, then a line a lost target that was not recovered, last the run with all the rest."""
    for source in _sources(report, quiet):
        yield _line({"type": "source", **source})
    for lost in _unresolved(report, quiet):
        yield _line({"type": "unresolved", **lost})
    start, rest = _facts(report)
    yield _line({"type": "run", "schema": SCHEMA, **start.pop("run"), **start, **rest})


def _line(value: Any) -> str:
    return escape_json(json.dumps(value, ensure_ascii=False)) + "\n"


def _pretty(value: Any, margin: str) -> str:
    # json.dumps is three times as fast without its own indentation, which only Python knows how to do.
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    pretty = msgspec.json.format(text, indent=2).decode("utf-8", "surrogatepass")
    return escape_json(pretty.replace("\n", f"\n{margin}"))


def _array(items: Iterator[Any]) -> Iterator[str]:
    opening = "["
    for item in items:
        yield f"{opening}\n    {_pretty(item, '    ')}"
        opening = ","
    yield "[]" if opening == "[" else "\n  ]"


def _facts(report: Report) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands before the lists of sources and lost targets, and what after them."""
    safe = redacted(report)
    start = {"run": _value(safe.run), "summary": report.summary, "articles": _value(safe.articles)}
    return start, {name: _value(getattr(safe, name)) for name in ("uncited", "notices", "malformed")}


def _sources(report: Report, quiet: bool) -> Iterator[dict[str, Any]]:
    return (_source(redacted(source)) for source in report.sources if source.is_news or not quiet)


def _unresolved(report: Report, quiet: bool) -> Iterator[dict[str, Any]]:
    wanted = (lost for lost in report.unresolved if lost.changed is Change.NEW or not quiet)
    return (_ordered(redacted(lost), _UNRESOLVED) for lost in wanted)


def _source(source: SourceReport) -> dict[str, Any]:
    outcome = source.outcome
    facts = _ordered(outcome, _OUTCOME)
    facts |= {name: _value(getattr(source, name)) for name in ("changed", "was", "checked", "ignored")}
    if outcome.verdict in (Verdict.OK, Verdict.MOVED) and outcome.last_ok is None:
        facts["last_ok"] = facts["checked"]
    facts["citations"] = [_ordered(citation, _CITATION) for citation in outcome.citations]
    return {name: facts[name] for name in _SOURCE}


def _ordered(value: Outcome | CitationOutcome | Unresolved, order: tuple[str, ...]) -> dict[str, Any]:
    return {name: _value(getattr(value, name)) for name in order}


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
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _value(getattr(value, field.name)) for field in fields(value)}
    return value
