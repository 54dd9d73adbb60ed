"""What a run writes into the database: gathered, and written together."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from linkarchive.model import Capture, Result, Standing
from linkarchive.store import last_visits, schema
from linkarchive.store.captures import StoredCapture, day_text, takes_its_place
from linkarchive.store.carried import compared
from linkarchive.store.database import Store
from linkarchive.store.outcomes import Visited
from linkarchive.store.previous import LastPage
from linkarchive.store.serialization import encode


class RunWriter:
    """Rows of one run on their way into the database: gathered, and written together.

    They are written before the store runs any other statement, and when it commits. Numbers are given here, before
    the rows are written: the lock of the folder makes this the only writer.
    """

    def __init__(self, store: Store, run: int | None) -> None:
        self._store = store
        self._run = run
        self._last_capture = _last(store, schema.captures.c.id)
        self._last_outcome = _last(store, schema.outcomes.c.id)
        self._captures: list[dict[str, Any]] = []
        self._baselines: list[dict[str, Any]] = []
        self._outcomes: list[dict[str, Any]] = []
        self._visits: list[dict[str, Any]] = []
        self._pages: list[dict[str, Any]] = []
        self.touched: set[int] = set()
        """Sources whose result, captures or baselines are others than before."""
        self._upsert_baselines = store.upsert(schema.baselines, "article", "source", "looked")
        self._upsert_visits = store.upsert(schema.visits, "run", "source")
        self._upsert_last = last_visits.of_visit(store.upsert(schema.last_visits, "source"))
        store.gather_with(self.flush)

    @property
    def is_import(self) -> bool:
        """An import adds captures and baselines, and is no run."""
        return self._run is None

    @property
    def run(self) -> int:
        """The number of the run. Raises ValueError for an import."""
        if self._run is None:
            raise ValueError("an import is no run")
        return self._run

    def add_capture(self, source: int, capture: Capture, usable: bool, good: bool) -> StoredCapture:
        self._last_capture += 1
        row = {
            "id": self._last_capture,
            "source": source,
            "run": self._run,
            "time": capture.time,
            "origin": capture.origin.value,
            "digest": capture.digest,
            "usable": usable,
            "good": good,
            "scope": capture.scope.value,
            "body": encode(capture),
        }
        self._captures.append(row)
        self._note(source)
        return StoredCapture(self._last_capture, source, usable, good, capture)

    def set_baseline(
        self,
        article: str,
        viewed_on: date | None,
        kept: StoredCapture,
        known: StoredCapture | None,
        *,
        rebased: bool = False,
    ) -> None:
        """The baseline of a source as an article cites it; `known` is the one that it has.

        `rebased`: a person decided that it takes the place of any.
        """
        if rebased or takes_its_place(kept, known):
            row = {"article": article, "source": kept.source, "looked": day_text(viewed_on)}
            self._baselines.append(row | {"capture": kept.id, "run": self._run})
            self._note(kept.source)

    def add_outcome(self, source: int, outcome: Result) -> int:
        self._last_outcome += 1
        row = {
            "id": self._last_outcome,
            "run": self._run,
            "source": source,
            "verdict": outcome.verdict.value,
            "cited": bool(outcome.citations),
            "compared": compared(outcome),
            "standing": Standing.of(outcome).value,
            "body": encode(outcome),
        }
        self._outcomes.append(row)
        self._note(source)
        return self._last_outcome

    def add_visit(self, visit: Visited) -> None:
        """A visit of the run; the later of two of the same source counts."""
        row = {
            "run": self._run,
            "source": visit.source,
            "outcome": visit.outcome_id,
            "checked": visit.checked,
            "changed": visit.changed.value,
            "was": None if visit.was is None else visit.was.value,
            "carried": visit.carried,
        }
        self._visits.append(row)

    def set_page(self, source: int, page: LastPage) -> None:
        """What the next visit may rely on."""
        row = {
            "number": source,
            "etag": page.etag,
            "last_modified": page.last_modified,
            "sha256": page.sha256,
            "judged": page.inputs_hash,
            "page_outcome": page.result_id,
        }
        self._pages.append(row)

    def flush(self) -> None:
        """Write what was gathered; the store calls it."""
        write = self._store.write_rows
        write(_CAPTURES, self._captures)
        write(_OUTCOMES, self._outcomes)
        write(self._upsert_baselines, self._baselines)
        write(self._upsert_visits, self._visits)
        write(self._upsert_last, [{"at_run": visit["run"], "at_source": visit["source"]} for visit in self._visits])
        write(_SET_PAGE, self._pages)
        for rows in (self._captures, self._outcomes, self._baselines, self._visits, self._pages):
            rows.clear()

    def _note(self, source: int) -> None:
        self.touched.add(source)


_CAPTURES = insert(schema.captures)
_OUTCOMES = insert(schema.outcomes)
_SET_PAGE = (
    update(schema.sources)
    .where(schema.sources.c.id == bindparam("number"))
    .values({name: bindparam(name) for name in ("etag", "last_modified", "sha256", "judged", "page_outcome")})
)


def _last(store: Store, column: Any) -> int:
    return int(store.execute(select(func.max(column))).scalar_one() or 0)
