"""Lines of run logs and of `state.jsonl` without what they tell of a forgotten source, and with records where they are.

Worked on as JSON: whatever names a record (an object with `warc` and `offset`) is
moved with it, also in what later versions add.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linkarchive.model import Capture, Location
from linkarchive.secrets import redact
from linkarchive.snapshot.removal import Spot
from linkarchive.store.lookups import MOVED
from linkarchive.store.sources import id_of
from linkarchive.urls import resolve
from linkarchive.wrappers import key_of

_TAKEN = "the copies that this was concluded from were taken out with the page that they showed (archive forget)"
_BY_CAP = "the copy of this page was removed by the cap on the archive ([keep] max_bytes)"
_TITLES = ("title", "title_then")

Moves = Mapping[Spot, Location]
"""Where records are now that are no longer where they were."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What is forgotten: sources by key, and single captures of others that showed their pages."""

    keys: frozenset[str]
    """With `redact`, as the state file spells them."""
    captures: frozenset[tuple[str, datetime]]
    """Redacted source key, and time."""
    records: frozenset[Spot]
    """All records that go."""
    ids: frozenset[str] = frozenset()
    """The sources by `sources.id_of`, as run logs list them."""
    by_cap: bool = False
    """Nobody asked for it: the archive has grown beyond its cap, and what was concluded from a copy stays."""

    @classmethod
    def of(
        cls, keys: Iterable[str], captures: Iterable[Capture], records: Iterable[Location], by_cap: bool = False
    ) -> Forgetting:
        keys = tuple(keys)
        return cls(
            frozenset(map(redact, keys)),
            frozenset((redact(key_of(capture.url)), capture.time) for capture in captures),
            frozenset((record.warc, record.offset) for record in records),
            frozenset(map(id_of, keys)),
            by_cap,
        )

    def is_of(self, url: str) -> bool:
        """The URL is that of a forgotten source."""
        return redact(key_of(url)) in self.keys

    def log_line(self, line: bytes, moves: Moves) -> bytes | None:
        """A line of a run's log; None when all of it is about what is forgotten."""
        entry: dict[str, Any] = json.loads(line)
        ((kind, value),) = ((kind, value) for kind, value in entry.items() if value is not None)
        source = value.get("source")
        if source is not None and (self.is_of(source) or self._is_taken(kind, source, value)):
            return None
        if kind == "run":
            value = value | {"body": self._body(value["body"])}
        elif kind == "repeats":
            value = self._without_ids(value)
        elif kind == "answer":
            value = value | {"told": self._answer(value["told"], value["source"])}
        elif kind == "visit" and value["outcome"] is not None:
            value = value | {"outcome": self._result(value["outcome"])}
        return _encoded({kind: self._moved(value, moves)}, line, {kind: entry[kind]})

    def state_line(self, line: bytes, moves: Moves) -> bytes | None:
        """A line of `state.jsonl`; None when it is that of a forgotten source."""
        entry: dict[str, Any] = json.loads(line)
        if self.is_of(entry["url"]):
            return None
        state = dict(self._result(entry))
        key = redact(key_of(entry["url"]))
        state["captures"] = [
            capture
            for capture in entry.get("captures", ())
            if not self._is_gone(key, capture["capture"]["time"]) and not self._has_no_record(capture["capture"])
        ]
        state["baselines"] = [
            baseline for baseline in entry.get("baselines", ()) if not self._is_gone(key, baseline["time"])
        ]
        if state["captures"] != entry.get("captures"):
            state["digests"] = None
        return _encoded(self._moved(state, moves), line, entry)

    def _without_ids(self, value: dict[str, Any]) -> dict[str, Any]:
        listed = zip(value["sources"], value["checked"], strict=True)
        left = [(source, checked) for source, checked in listed if source not in self.ids]
        return value | {"sources": [source for source, _ in left], "checked": [checked for _, checked in left]}

    def _is_gone(self, key: str, time: str) -> bool:
        return (key, datetime.fromisoformat(time)) in self.captures

    def _is_taken(self, kind: str, source: str, value: Mapping[str, Any]) -> bool:
        """The line tells of a capture that goes, or of the baseline that it was."""
        key = redact(key_of(source))
        if kind == "capture":
            return self._is_gone(key, value["capture"]["time"]) or self._has_no_record(value["capture"])
        return kind == "baseline" and self._is_gone(key, value["time"])

    def _body(self, body: dict[str, Any]) -> dict[str, Any]:
        """What a run says of its articles: not what it found on an original page that is forgotten."""
        articles = [
            article | {"original": None} if article["original_url"] and self.is_of(article["original_url"]) else article
            for article in body["articles"]
        ]
        return body | {"articles": articles}

    def _result(self, result: dict[str, Any]) -> dict[str, Any]:
        """The verdict stays what it was; its grounds go with the copies they were taken from."""
        key = redact(key_of(result["url"]))
        good = result["last_good"]
        if good is not None and self._is_gone(key, good["time"]):
            result = result | {"last_good": None}
        if self.by_cap:
            capture = result["capture"]
            if capture is None or (capture["warc"], capture["offset"]) not in self.records:
                return result
            return result | {"capture": None, "evidence": [*result["evidence"], _BY_CAP]}
        how = result.get("suggested_by")
        if how and self._is_named(how, result["url"]):
            result = result | {"suggested_by": None}
        if any(key == taken_from for taken_from, _ in self.captures):
            result = _without(result, _TITLES)  # one that was read in a copy that goes is handed on from run to run
        addresses = (result["final_url"], result.get("suggested_url"), *(hop["url"] for hop in result["hops"]))
        shown = [address for address in addresses if address]
        capture = result["capture"]
        is_removed = capture is not None and (capture["warc"], capture["offset"]) in self.records
        baselines = [result["baseline"] for result in (result, *result["citations"])]
        has_removed_baseline = any(
            baseline is not None and self._is_gone(key, baseline["time"]) for baseline in baselines
        )
        if not (is_removed or has_removed_baseline or any(map(self.is_of, shown))):
            return result
        bare = {"evidence": [_TAKEN], "lost": [], "similarity": None, "baseline": None}
        citations = [citation | bare for citation in result["citations"]]
        result = _without(result, (*_TITLES, "suggested_by"))
        return result | bare | {"capture": None if is_removed else capture, "citations": citations}

    def _answer(self, answer: dict[str, Any], source: str) -> dict[str, Any]:
        """What is known of where a page is now: not by which forgotten address."""
        if answer["question"] != MOVED or not answer["note"]:
            return answer
        note = json.loads(answer["note"])
        if not note.get("how") or not self._is_named(note["how"], source):
            return answer
        return answer | {"note": json.dumps(note | {"how": None})}

    def _is_named(self, words: str, url: str) -> bool:
        """The words name a forgotten source, in full or by its path on the site of `url`."""
        names = (word.strip(",;") for word in words.split() if "/" in word)
        return any(self.is_of(address) for name in names if (address := resolve(url, name)) is not None)

    def _has_no_record(self, capture: Mapping[str, Any]) -> bool:
        return (capture["record"]["warc"], capture["record"]["offset"]) in self.records

    def _moved(self, value: Any, moves: Moves) -> Any:
        """The value with each record named by where it is now; null for one that goes."""
        if isinstance(value, list):
            return [self._moved(item, moves) for item in value]
        if not isinstance(value, dict):
            return value
        spot: Any = (value.get("warc"), value.get("offset"))
        if spot in self.records:
            return None
        if spot in moves:
            now = moves[spot]
            return value | {"warc": now.warc, "offset": now.offset, "length": now.length}
        return {name: self._moved(item, moves) for name, item in value.items()}


def _without(result: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return result | {name: None for name in names if result.get(name) is not None}


def _encoded(now: dict[str, Any], line: bytes, before: dict[str, Any]) -> bytes:
    """The line as it was where it says the same; else anew, as msgspec spells it."""
    if now == before:
        return line
    return json.dumps(now, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"
