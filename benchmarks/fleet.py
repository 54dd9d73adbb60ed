"""What a hub costs: workers side by side, a million sources, hundreds of projects that cite the same pages.

    python benchmarks/fleet.py workers DIR          1, 2 and 4 workers, a bare loop and `archive check` on a 200 ms web
    python benchmarks/fleet.py million DIR          commands where 1,000,000 sources are watched, half of them visited
    python benchmarks/fleet.py projects DIR         300 projects that cite the same 2,000 pages

DIR keeps the pages for the next time. Needs nginx and its Lua module, and a PostgreSQL of this machine (--server) in
which a database `linkarchive_benchmark` is made and dropped. CPU of workers has that of their judges; memory counts
pages that they share twice.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

import fleet_million
import fleet_projects
from fleet_hub import ARCHIVE, Hub, cpu_of
from speed_measure import Cost, measured
from speed_rows import HERE, RunError, clean_environment
from speed_web import Web, WebError, can_serve, lay_project, served

_NETWORK = "allow_private = true\nhost_delay = 0\ndomain_delay = 0"


def _workers(options: argparse.Namespace, hub: Hub, web: Web) -> None:
    """First archive, by each number of workers; beside what a single machine takes."""
    urls = web.urls
    with served(web, options.latency) as server:
        lines = options.folder / "urls.txt"
        lines.write_text("\n".join(urls) + "\n", encoding="utf-8")
        loop = [sys.executable, HERE / "speed_limits.py", "store", lines, "--connections", "128"]
        warc = ["--warc", options.folder / "loop.warc.gz"]
        _tell("bare loop, with WARC", len(urls), [measured([*loop, *warc], options.folder, clean_environment())])
        alone = options.folder / "alone"
        shutil.rmtree(alone, ignore_errors=True)
        lay_project(alone, urls)
        polite = ["--per-host", "2"]
        check = [ARCHIVE, "check", "--no-progress", *polite]
        _tell("archive check", len(urls), [measured(check, alone, clean_environment())])
        for number in options.workers:
            hub.make(options.ranges)
            hub.project("politics", urls)
            push = hub.run("politics", "push")
            before, of_web, start = hub.database_cpu(), cpu_of(server), time.perf_counter()
            costs = hub.work(number)
            wall = time.perf_counter() - start
            of_database = 1000 * (hub.database_cpu() - before) / len(urls)
            of_web = 1000 * (cpu_of(server) - of_web) / len(urls)
            rest = f"database {of_database:.2f} ms, web {of_web:.2f} ms, push {push.cpu:.1f} s"
            _tell(f"{number} workers", len(urls), costs, wall, rest)
            hub.run("politics", "report", "--format", "json")
            report = json.loads(hub.output("politics"))
            if not report["run"]["complete"] or len(report["sources"]) != len(urls):
                raise RunError(f"{number} workers: the report is not complete")


def _tell(what: str, links: int, costs: list[Cost], wall: float = 0.0, rest: str = "") -> None:
    wall = wall or costs[0].wall
    cpu, peak = sum(cost.cpu for cost in costs), max(cost.peak for cost in costs)
    print(
        f"{what:<24} {links / wall:6.0f} links/s  CPU {1000 * cpu / links:5.2f} ms a link  peak {peak:4.0f} MB  {rest}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["workers", "million", "projects"])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--server", default="postgresql:///postgres")
    parser.add_argument("--links", type=int, default=4_000, help="pages of the web")
    parser.add_argument("--hosts", type=int, default=300)
    parser.add_argument("--latency", type=int, default=200, help="milliseconds")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--ranges", type=int, default=16)
    parser.add_argument("--sources", type=int, default=1_000_000)
    parser.add_argument("--projects", type=int, default=300)
    options = parser.parse_args()
    if reason := can_serve(options.latency):
        print(f"nothing was measured: {reason}", file=sys.stderr)
        return 2
    options.folder.mkdir(parents=True, exist_ok=True)
    hub = Hub(options.server, options.folder / "hub", _NETWORK)
    web = Web(options.folder / "web", options.links, options.hosts, 8399)
    web.write()
    try:
        if options.what == "workers":
            _workers(options, hub, web)
        elif options.what == "million":
            with served(web):
                fleet_million.measure(hub, web, options.sources)
        else:
            with served(web):
                fleet_projects.measure(hub, web, options.projects)
    except (RunError, WebError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
