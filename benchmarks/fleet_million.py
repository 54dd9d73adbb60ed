"""Commands where very many sources are watched: made in the database of what some visited pages left there."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from http.cookiejar import CookieJar
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg
from fleet_hub import ARCHIVE, Hub
from speed_measure import Cost
from speed_rows import RunError, clean_environment
from speed_web import Web

from linkarchive.fleet.pages import page_of, slot_of

PROJECT = "library"
_FURTHER = 1_000_000
"""Between the number of a row and that of its next copy: more than a hub has given of a kind by then."""
_RANGES = 64

# Copy `c` of a source is the same page with ?c=… behind its address.
_SOURCES = """INSERT INTO sources SELECT s.id + c * {further}, s.key || '?c=' || c, s.url || '?c=' || c,
    {page} FROM sources s, generate_series({first}, {last}) c WHERE s.id < {further}"""
_OF_PAGE = "s.etag, s.last_modified, s.sha256, s.judged, s.page_outcome + c * {further}"
_PLANNED = """INSERT INTO planned SELECT p.source + c * {further}, p.position + c * {further},
    replace(p.links, s.url, s.url || '?c=' || c)
    FROM planned p JOIN sources s ON s.id = p.source, generate_series(1, {last}) c WHERE p.source < {further}"""
_VISITED = (
    """INSERT INTO outcomes SELECT o.id + c * {further}, o.source + c * {further}, run, verdict, cited, compared,
    standing, replace(o.body, s.url, s.url || '?c=' || c)
    FROM outcomes o JOIN sources s ON s.id = o.source, generate_series(1, {last}) c WHERE o.source < {further}""",
    """INSERT INTO captures SELECT t.id + c * {further}, t.source + c * {further}, run, time, origin, digest, usable,
    good, scope, replace(t.body, s.url, s.url || '?c=' || c)
    FROM captures t JOIN sources s ON s.id = t.source, generate_series(1, {last}) c WHERE t.source < {further}""",
    """INSERT INTO baselines SELECT article, source + c * {further}, looked, capture + c * {further}, run
    FROM baselines, generate_series(1, {last}) c WHERE source < {further}""",
    """INSERT INTO visits (run, source, checked, outcome, changed, was, carried)
    SELECT run, source + c * {further}, checked, outcome + c * {further}, changed, was, carried
    FROM visits, generate_series(1, {last}) c WHERE source < {further}""",
    """INSERT INTO last_visits SELECT l.source + c * {further}, v.id, l.run, l.checked, l.verdict, l.changed, l.was,
    l.cited, l.uncompared, l.standing FROM last_visits l, generate_series(1, {last}) c, visits v
    WHERE l.source < {further} AND v.source = l.source + c * {further} AND v.run = l.run""",
)

_UNWATCHED = (
    "SELECT project, s.id, s.url, next_due FROM hub.watched, sources s WHERE source = s.id %% %s AND s.id >= %s"
)


def measure(hub: Hub, web: Web, sources: int) -> None:
    """Half of the sources were visited, the others are due."""
    copies = sources // len(web.urls)
    hub.make(_RANGES)
    hub.project(PROJECT, web.urls)
    hub.run(PROJECT, "push")
    hub.work(1)
    _multiply(hub, copies)
    number = hub.rows("SELECT count(*), count(*) FILTER (WHERE next_due > now()) FROM hub.watched")[0]
    size = hub.rows("SELECT pg_database_size(current_database())")[0][0]
    print(f"{number[0]:,} sources, {number[1]:,} of them visited; the database has {size / 1e9:.2f} GB", flush=True)
    _tell(hub, "hub", "status")
    _tell(hub, "status")
    _tell(hub, "show", web.urls[0])
    _tell(hub, "runs")
    _tell(hub, "report", "--format", "json")
    _tell(hub, "report")
    _page(hub)
    before, start = hub.database_cpu(), time.perf_counter()
    due = hub.rows("SELECT count(*) FROM hub.watched WHERE slot < 64 AND next_due <= now()")[0][0]
    [cost] = hub.work(1, "--slots", "0-63")
    _line(f"worker, one range, {due:,} due", cost, time.perf_counter() - start, hub.database_cpu() - before)
    hub.project(PROJECT, [*web.urls, *(f"{url}?c={copy}" for copy in range(1, copies) for url in web.urls)])
    _tell(hub, "push")


def _multiply(hub: Hub, copies: int) -> None:
    half = copies // 2
    values = {"further": _FURTHER, "last": copies - 1, "first": 1}
    visited = values | {"last": half - 1}
    statements = [
        _SOURCES.format(page=_OF_PAGE.format(further=_FURTHER), **visited),
        _SOURCES.format(page="NULL, NULL, NULL, NULL, NULL", **values | {"first": half}),
        _PLANNED.format(**values),
        *(statement.format(**visited) for statement in _VISITED),
    ]
    with psycopg.connect(hub.database, autocommit=True) as connection:
        connection.execute(f"SET search_path TO project_{PROJECT}")
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]  # text of ours
        watched = list(_watched(connection.execute(_UNWATCHED, (_FURTHER, _FURTHER)), half))
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY hub.watched (project, source, slot, page, next_due) FROM STDIN") as copy,
        ):
            for row in watched:
                copy.write_row(row)
        connection.execute("VACUUM ANALYZE")  # as the server does by itself after a while


def _watched(rows: psycopg.Cursor[tuple[object, ...]], half: int) -> Iterator[tuple[object, ...]]:
    for project, source, url, next_due in rows:
        copy = int(source) // _FURTHER  # type: ignore[call-overload]  # a number
        yield project, source, slot_of(str(url)), page_of(str(url)), next_due if copy < half else "2020-01-01T00:00:00Z"


def _tell(hub: Hub, *args: str) -> None:
    before = hub.database_cpu()
    cost = hub.run(PROJECT, *args)
    _line(" ".join(args), cost, cost.wall, hub.database_cpu() - before, len(hub.output(PROJECT)))


def _line(what: str, cost: Cost, wall: float, database: float, size: int = 0) -> None:
    written = f"  output {size / 1e6:.1f} MB" if size else ""
    print(
        f"{what[:40]:<40} wall {wall:6.1f} s  CPU {cost.cpu:6.1f} s  database {database:6.1f} s  "
        f"peak {cost.peak:5.0f} MB{written}",
        flush=True,
    )


def _page(hub: Hub) -> None:
    """A page of `archive serve`, asked for twice."""
    process = subprocess.Popen(
        [ARCHIVE, "serve"], cwd=hub.folder / PROJECT, env=clean_environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = re.search(r"http://\S+", process.stdout.readline())
        if address is None:
            raise RunError("archive serve does not say where it is")
        opener = build_opener(HTTPCookieProcessor(CookieJar()))
        for what in ("first", "again"):
            before, start = hub.database_cpu(), time.perf_counter()
            with opener.open(address[0], timeout=600) as answer:
                size = len(answer.read())
            wall, database = time.perf_counter() - start, hub.database_cpu() - before
            print(
                f"{'a page of serve, ' + what:<40} wall {wall:6.1f} s  database {database:6.1f} s  {size / 1e6:.1f} MB"
            )
    finally:
        process.terminate()
        process.wait()
