"""Cases and verdicts as JSON lines (docs/design.md §8): what `archive judge` reads and writes."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from linkarchive.errors import UsageError
from linkarchive.judge.strikes import apply_strikes
from linkarchive.judge.verdict import judge
from linkarchive.model import Case, Failure, History, Hop, Judgement, Page, Reason
from linkarchive.settings import JudgeSettings

_CHARSET = re.compile(r"\s*;\s*charset\s*=\s*[\"']?([^\"';\s]*)[\"']?", re.I)


def judge_line(line: str, number: int = 1) -> str:
    """The verdict on one case as one line of JSON. Raises UsageError naming the line for what is no case."""
    case = case_of(line, number)
    judgement = judge(case)
    history = case.history
    if history is not None and history.now is not None:
        judgement, _ = apply_strikes(judgement, history, history.now, JudgeSettings())
    return json.dumps({"id": case.id, **_answer(judgement)}, ensure_ascii=False)


def case_line(case: Case) -> str:
    """A case as one line of JSON: `case_of` gives back an equal case."""
    record: dict[str, Any] = {
        "id": case.id,
        "url": case.url,
        "quotes": list(case.quotes),
        "before": _page_record(case.before) if case.before else None,
        "after": _page_record(case.after),
    }
    if case.text:
        record["text"] = case.text
    if case.context:
        record["context"] = case.context
    if case.probe:
        record["probe"] = _page_record(case.probe)
    if case.history:
        record["history"] = {
            "strikes": case.history.strikes,
            "first_strike": _time_record(case.history.first_strike),
            "last_strike": _time_record(case.history.last_strike),
            "now": _time_record(case.history.now),
        }
    return json.dumps(record, ensure_ascii=False)


def case_of(line: str, number: int = 1) -> Case:
    """The case that a line of JSON holds; unknown keys are ignored. Raises UsageError naming the line."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"line {number} is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise UsageError(f"line {number} is not a case: expected a JSON object")
    try:
        url = _text(record, "url")
        if not url:
            raise ValueError("“url” is missing")
        after = _page(record.get("after"), url)
        if after is None:
            raise ValueError("“after” is missing")
        return Case(
            id=str(record.get("id", number)),
            url=url,
            after=after,
            before=_page(record.get("before"), url),
            quotes=tuple(str(quote) for quote in record.get("quotes") or ()),
            text=_text(record, "text"),
            context=_text(record, "context"),
            probe=_page(record.get("probe"), url),
            history=_history(record.get("history")),
        )
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise UsageError(f"line {number} is not a case: {error}") from error


def _answer(judgement: Judgement) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "verdict": judgement.verdict.value,
        "reason": judgement.reason.value,
        "confidence": judgement.confidence,
        "similarity": judgement.similarity,
        "lost": [{"kind": loss.kind, "text": loss.text} for loss in judgement.lost],
        "evidence": list(judgement.evidence),
    }
    if judgement.also:
        answer["also"] = list(judgement.also)
    if judgement.suggested_url:
        answer["suggested_url"] = judgement.suggested_url
    return answer


def _page(record: Any, url: str) -> Page | None:
    if record is None:
        return None
    if not isinstance(record, Mapping):
        raise ValueError("a page must be an object or null")
    final_url = _text(record, "final_url") or url
    hops = tuple(Hop(str(hop["url"]), int(hop["status"])) for hop in record.get("hops") or ())
    headers = {str(name).lower(): str(value) for name, value in (record.get("headers") or {}).items()}
    status = record.get("status")
    if record.get("error") is not None:
        return Page(
            final_url, None if status is None else int(status), headers, b"", hops, _failure(record["error"], final_url)
        )
    if "body_base64" in record:
        body = base64.b64decode(record["body_base64"] or "", validate=True)
    else:
        body = _text(record, "html").encode("utf-8", "replace")
        headers = {**headers, "content-type": _as_utf8(headers.get("content-type", "text/html"))}
    return Page(
        final_url,
        None if status is None else int(status),
        headers,
        body,
        hops,
        truncated=bool(record.get("truncated")),
        fragment=_text(record, "fragment"),
    )


def _as_utf8(content_type: str) -> str:
    """`html` is decoded already: whatever charset it was served with, its bytes here are UTF-8."""
    match = _CHARSET.search(content_type)
    if match and match[1].lower() in ("utf-8", "utf8"):
        return content_type
    return _CHARSET.sub("", content_type) + "; charset=utf-8"


def _failure(record: Any, url: str) -> Failure:
    if isinstance(record, str):
        return Failure(Reason(record), "", url, no_such_name=record == Reason.DNS.value)
    return Failure(
        reason=Reason(record["reason"]),
        detail=str(record.get("detail") or ""),
        url=str(record.get("url") or url),
        no_such_name=bool(record.get("no_such_name", False)),
        connected=bool(record.get("connected", False)),
        proxy=bool(record.get("proxy", False)),
    )


def _history(record: Any) -> History | None:
    if record is None:
        return None
    times = (_time(record.get(key)) for key in ("first_strike", "last_strike", "now"))
    return History(int(record.get("strikes") or 0), *times)


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    time = datetime.fromisoformat(value)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _time_record(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"“{key}” must be a text")
    return value


def _page_record(page: Page) -> dict[str, Any]:
    record: dict[str, Any] = {"status": page.status, "final_url": page.final_url, "headers": dict(page.headers)}
    if page.hops:
        record["hops"] = [{"url": hop.url, "status": hop.status} for hop in page.hops]
    if page.failure:
        failure = page.failure
        record["error"] = {
            "reason": failure.reason.value,
            "detail": failure.detail,
            "url": failure.url,
            "no_such_name": failure.no_such_name,
            "connected": failure.connected,
            "proxy": failure.proxy,
        }
        return record
    if page.truncated:
        record["truncated"] = True
    if page.fragment:
        record["fragment"] = page.fragment
    text = _utf8(page)
    if text is None:
        record["body_base64"] = base64.b64encode(page.body).decode("ascii")
    else:
        record["html"] = text
    return record


def _utf8(page: Page) -> str | None:
    """The body as text, where a reader of `html` would come to the same bytes and headers."""
    content_type = page.headers.get("content-type")
    if content_type is None or _as_utf8(content_type) != content_type:
        return None
    try:
        return page.body.decode("utf-8")
    except UnicodeDecodeError:
        return None
