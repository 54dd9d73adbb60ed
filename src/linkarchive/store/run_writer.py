"""What a run writes into the database: gathered, and written together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import count
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, func, insert, select, update

from linkarchive.model import Capture, Result, Standing
from linkarchive.store import last_visits, schema
from linkarchive.store.captures import StoredCapture, day_text, takes_its_place
from linkarchive.store.database import Store
from linkarchive.store.previous import LastPage
from linkarchive.store.results import Visited
from linkarchive.store.serialization import encode
from linkarchive.store.source_numbers import SourceNumbers
from linkarchive.store.unchanged import compared


class Rows(Struct, frozen=True):
    """Rows of one run, by table, as they are to be written; each by the names of its columns."""

    captures: list[dict[str, Any]]
    results: list[dict[str, Any]]
    baselines: list[dict[str, Any]]
    visits: list[dict[str, Any]]
    pages: list[dict[str, Any]]
    """What the next visits may rely on; `number` is that of the source."""


class Numbers(Struct, frozen=True):
    """The first number of a capture and of a result, and how far apart the following ones are."""

    capture: int
    result: int
    step: int = 1


class RunRows:
    """Rows of one run, gathered. Their numbers are given here, before they are written: no other writer has them."""

    def __init__(self, run: int | None, numbers: Numbers) -> None:
        self._run = run
        self._count_from(numbers)
        self._rows = Rows([], [], [], [], [])
        self.touched = SourceNumbers()
        """Sources whose result, captures or baselines are others than before."""

    def divide(self, among: int) -> list[Numbers]:
        """Numbers for so many other processes of the run, which neither they nor this one give twice."""
        first, step = Numbers(next(self._captures), next(self._results)), self._step * (among + 1)
        shares = [
            Numbers(first.capture + share * self._step, first.result + share * self._step, step)
            for share in range(among + 1)
        ]
        self._count_from(shares[0])
        return shares[1:]

    def _count_from(self, numbers: Numbers) -> None:
        self._step = numbers.step
        self._captures = count(numbers.capture, numbers.step)
        self._results = count(numbers.result, numbers.step)

    def take(self) -> Rows:
        """What was gathered since the last call."""
        rows, self._rows = self._rows, Rows([], [], [], [], [])
        return rows

    def add(self, rows: Rows, touched: Iterable[int]) -> None:
        """Gather what another process of the run has gathered."""
        gathered = self._rows
        for own, more in (
            (gathered.captures, rows.captures),
            (gathered.results, rows.results),
            (gathered.baselines, rows.baselines),
            (gathered.visits, rows.visits),
            (gathered.pages, rows.pages),
        ):
            own += more
        self.touched.update(touched)

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
        number = next(self._captures)
        row = {
            "id": number,
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
        self._rows.captures.append(row)
        self._note(source)
        return StoredCapture(number, source, usable, good, capture)

    def set_baseline(
        self,
        article: str,
        viewed_on: date | None,
        kept: StoredCapture,
        known: StoredCapture | None,
        *,
        rebased: bool = False,
    ) -> None:
        """The baseline of a source as an article cites it; `known` is the one that it has. `rebased`: a person decided
        that it takes the place of any."""
        if rebased or takes_its_place(kept, known):
            row = {"article": article, "source": kept.source, "looked": day_text(viewed_on)}
            self._rows.baselines.append(row | {"capture": kept.id, "run": self._run})
            self._note(kept.source)

    def add_result(self, source: int, result: Result) -> int:
        number = next(self._results)
        row = {
            "id": number,
            "run": self._run,
            "source": source,
            "verdict": result.verdict.value,
            "cited": bool(result.citations),
            "compared": compared(result),
            "standing": Standing.of(result).value,
            "body": encode(result),
        }
        self._rows.results.append(row)
        self._note(source)
        return number

    def add_visit(self, visit: Visited) -> None:
        """A visit of the run; the later of two of the same source counts."""
        row = {
            "run": self._run,
            "source": visit.source,
            "outcome": visit.result_id,
            "checked": visit.checked,
            "changed": visit.changed.value,
            "was": None if visit.was is None else visit.was.value,
            "carried": visit.carried,
        }
        self._rows.visits.append(row)

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
        self._rows.pages.append(row)

    def _note(self, source: int) -> None:
        self.touched.add(source)


class RunWriter(RunRows):
    """Rows of one run on their way into the database. They are written before the store runs any other statement, and
    when it commits."""

    def __init__(self, store: Store, run: int | None) -> None:
        super().__init__(run, own_numbers(store))
        self._store = store
        self._upsert_baselines = store.upsert(schema.baselines, "article", "source", "looked")
        self._upsert_visits = store.upsert(schema.visits, "run", "source")
        self._upsert_last = last_visits.of_visit(store.upsert(schema.last_visits, "source"))
        store.gather_with(self.flush)

    def flush(self) -> None:
        """Write what was gathered; the store calls it."""
        rows, write = self.take(), self._store.write_rows
        write(_CAPTURES, rows.captures)
        write(_RESULTS, rows.results)
        write(self._upsert_baselines, rows.baselines)
        write(self._upsert_visits, rows.visits)
        write(self._upsert_last, [{"at_run": visit["run"], "at_source": visit["source"]} for visit in rows.visits])
        write(_SET_PAGE, rows.pages)


_CAPTURES = insert(schema.captures)
_RESULTS = insert(schema.results)
_SET_PAGE = (
    update(schema.sources)
    .where(schema.sources.c.id == bindparam("number"))
    .values({name: bindparam(name) for name in ("etag", "last_modified", "sha256", "judged", "page_outcome")})
)


_AT_ONCE = 2**32
"""Numbers that a writer takes where there are others: enough for any, and for two thousand million writers."""


def own_numbers(store: Store) -> Numbers:
    """Numbers that no other writer gives; later ones are higher."""
    if store.has_other_writers:
        first = _AT_ONCE * int(store.execute(select(schema.writers.next_value())).scalar_one())
        return Numbers(first, first)
    return Numbers(_last(store, schema.captures.c.id) + 1, _last(store, schema.results.c.id) + 1)


def _last(store: Store, column: Any) -> int:
    return int(store.execute(select(func.max(column))).scalar_one() or 0)
