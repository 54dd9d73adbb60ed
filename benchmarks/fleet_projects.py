"""Many projects that cite the same pages: each is visited once a round, and each project's report is its own."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from fleet_hub import Hub
from speed_rows import RunError
from speed_web import Web

_AT_ONCE = 3
"""Pushes beside each other."""


def measure(hub: Hub, web: Web, projects: int) -> None:
    """Each project also cites a page of its own, which is to appear in no other's report."""
    hub.make(64)
    shared, own = web.urls[projects:], web.urls[:projects]
    names = [f"project_{number:03}" for number in range(projects)]
    start = time.perf_counter()
    for name, url in zip(names, own, strict=True):
        hub.project(name, [*shared, url])
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        cpu = sum(cost.cpu for cost in pool.map(lambda name: hub.run(name, "push"), names))
    print(f"push of {projects} projects: wall {time.perf_counter() - start:.0f} s, CPU {cpu:.0f} s", flush=True)
    before, start = hub.database_cpu(), time.perf_counter()
    [cost] = hub.work(1)
    database = hub.database_cpu() - before
    sources = projects * (len(shared) + 1)
    print(
        f"one worker: {sources:,} sources, {len(web.urls):,} pages: wall {time.perf_counter() - start:.0f} s, "
        f"CPU {cost.cpu:.0f} s ({1000 * cost.cpu / sources:.2f} ms a source), peak {cost.peak:.0f} MB, "
        f"database {database:.0f} s",
        flush=True,
    )
    records = Counter(
        json.loads(line.split(" ", 2)[2])["url"]
        for index in (hub.folder / "shelf").rglob("*.cdxj")
        for line in index.read_text(encoding="utf-8").splitlines()
    )
    if {records[url] for url in web.urls} != {1}:
        raise RunError("some pages were visited more than once, or not at all")
    print("each page was visited once")
    size = sum(file.stat().st_size for file in (hub.folder / "shelf").rglob("*.gz"))
    print(f"shelf: {size / 1e6:.0f} MB, {size / len(web.urls) / 1e3:.1f} KB a page")
    for name, url in list(zip(names, own, strict=True))[:: max(1, projects // 10)]:
        hub.run(name, "report", "--format", "json")
        told = {source["url"] for source in json.loads(hub.output(name))["sources"]}
        if told != {*shared, url}:
            raise RunError(f"{name}: the report has {len(told)} sources that are not those of the project")
    print("reports: each has the sources of its project and no others")
