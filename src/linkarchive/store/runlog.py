"""The log of a run: what the WARC files must know so that the database can be made again from them.

JSON lines, each an object with one key that tells what it is. A visit that has a result of its own, or tells of the
page, has a line; those that only repeat the result of the source's visit before are listed together, by
`sources.id_of`. `runlog_reading` has the lines as values, those of earlier versions, too: there each visit had a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select, union

from linkarchive.store import articles, captures, lookups, results, schema
from linkarchive.store.database import Store
from linkarchive.store.previous import page_of_row
from linkarchive.store.runs import Run
from linkarchive.store.schema import sources
from linkarchive.store.sources import id_of

if TYPE_CHECKING:
    from linkarchive.store.runlog_reading import BaselineLine, CaptureLine, ImportLine


def log_lines(store: Store, run: Run) -> Iterator[bytes]:
    """Everything that this run added, in an order in which it can be put back; a long line in several pieces."""
    keys = _keys(store, run.seq)
    yield _line("run", {"info": run.info, "scope": run.scope, "body": run.body})
    for sha256, body in articles.of_run(store, run.seq):
        yield b'{"article":{"digest":' + msgspec.json.encode(sha256) + b',"article":'
        yield body
        yield b"}}\n"
    for row in captures.rows_of_run(store, run.seq):
        capture = {"source": keys[row.source], "usable": row.usable, "good": row.good}
        yield _line("capture", capture | {"capture": msgspec.Raw(row.body.encode("utf-8"))})
    for row in captures.baseline_rows_of_run(store, run.seq):
        baseline = {"source": keys[row.source], "article": row.article, "looked": row.looked or None}
        yield _line("baseline", baseline | {"origin": row.origin, "time": row.time})
    for source_id, answer in lookups.of_run(store, run.seq):
        yield _line("answer", {"source": keys[source_id], "told": answer})
    for row in results.rows_of_run(store, run.seq):
        result = None if row.body is None else msgspec.Raw(row.body.encode("utf-8"))
        visit = {
            "source": row.key,
            "url": row.url,
            "checked": row.checked,
            "changed": row.changed,
            "was": row.was,
            "outcome": result,
            "carried": row.carried,
        }
        if row.has_page:
            visit["page"] = page_of_row(row)
        yield _line("visit", visit)
    alike = attrgetter("changed", "was", "carried")
    for (changed, was, carried), rows in groupby(results.repeats_of_run(store, run.seq), alike):
        listed = [(id_of(row.key), _microseconds(run.info.started, row.checked)) for row in rows]
        ids, checked = zip(*listed, strict=True)
        common = {"changed": changed, "was": was, "carried": carried}
        yield _line("repeats", {**common, "sources": ids, "checked": checked})


def _microseconds(since: datetime, time: datetime | None) -> int | None:
    return None if time is None else (time - since) // timedelta(microseconds=1)


def _keys(store: Store, run: int) -> dict[int, str]:
    """The keys of the sources to which this run added something beside visits, by their numbers."""
    tables = (schema.captures, schema.baselines, schema.archive_answers)
    added = union(*(select(table.c.source).where(table.c.run == run) for table in tables))
    return {
        row.id: row.key for row in store.execute(select(sources.c.id, sources.c.key).where(sources.c.id.in_(added)))
    }


def import_lines(start: ImportLine, captures: Iterable[CaptureLine], baselines: Iterable[BaselineLine]) -> list[bytes]:
    """What an import added, as `log_lines` tells it of a run."""
    lines = [_line("imported", start)]
    lines += [_line("capture", capture) for capture in captures]
    return lines + [_line("baseline", baseline) for baseline in baselines]


def _line(kind: str, value: object) -> bytes:
    return msgspec.json.encode({kind: value}) + b"\n"
