"""The report as JSON: the contract of DESIGN §8, published as docs/report.schema.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from linkarchive.model import Change, CitationOutcome, Report, SourceReport, Unresolved, Verdict
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
_UNRESOLVED = ("article", "line", "text", "reason", "context", "changed")


def to_json(report: Report, quiet: bool = False) -> dict[str, Any]:
    """The report as one JSON object: times as RFC 3339 in UTC to the second, absent facts None, secrets redacted.

    `quiet` leaves out the sources and lost targets about which there is nothing new; the summary counts all.
    """
    report = redacted(report)
    return {
        "schema": SCHEMA,
        "run": _value(report.run),
        "summary": report.summary,
        "articles": _value(report.articles),
        "sources": [_source(source) for source in report.sources if source.is_news or not quiet],
        "unresolved": [_unresolved(lost) for lost in report.unresolved if lost.changed is Change.NEW or not quiet],
        "uncited": _value(report.uncited),
        "notices": _value(report.notices),
        "malformed": _value(report.malformed),
    }


def render_json(report: Report, quiet: bool = False) -> str:
    """One JSON object over several lines."""
    return escape_json(json.dumps(to_json(report, quiet), ensure_ascii=False, indent=2)) + "\n"


def render_jsonl(report: Report, quiet: bool = False) -> str:
    """A line a source, then a line a lost target that was not recovered, last the run with all the rest."""
    whole = to_json(report, quiet)
    lines = [{"type": "source", **source} for source in whole["sources"]]
    lines += [{"type": "unresolved", **lost} for lost in whole["unresolved"]]
    rest = {key: whole[key] for key in ("summary", "articles", "uncited", "notices", "malformed")}
    lines.append({"type": "run", "schema": SCHEMA, **whole["run"], **rest})
    return "".join(escape_json(json.dumps(line, ensure_ascii=False)) + "\n" for line in lines)


def _source(source: SourceReport) -> dict[str, Any]:
    outcome = source.outcome
    facts = {field.name: getattr(outcome, field.name) for field in fields(outcome)}
    facts |= {"changed": source.changed, "was": source.was, "checked": source.checked, "ignored": source.ignored}
    if outcome.verdict in (Verdict.OK, Verdict.MOVED) and outcome.last_ok is None:
        facts["last_ok"] = source.checked
    facts["citations"] = [_citation(citation) for citation in outcome.citations]
    return _ordered(facts, _SOURCE)


def _citation(citation: CitationOutcome) -> dict[str, Any]:
    return _ordered({field.name: getattr(citation, field.name) for field in fields(citation)}, _CITATION)


def _unresolved(lost: Unresolved) -> dict[str, Any]:
    return _ordered({field.name: getattr(lost, field.name) for field in fields(lost)}, _UNRESOLVED)


def _ordered(facts: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    return {name: _value(facts[name]) for name in order}


def _value(value: Any) -> Any:
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
