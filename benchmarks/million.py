"""Many times the links of a folder, synthesised from its first archive, and the memory of a re-check of all of them.

    python benchmarks/million.py DIR [--times 10] [--archive PATH]

DIR is that of `bulk.py`, after its runs: its project is taken with all links and articles, and as many copies of both
under other names as make `--times` as many. The web serves the copies as the same pages, which answer 304. Needs nginx.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from bulk import run
from many_links import PORT
from speed_web import Web, served

from linkarchive.check.baselines import inputs_version, judgement_inputs_hash
from linkarchive.check.plan import Job, Jobs, Policy
from linkarchive.history.stored_plan import _key
from linkarchive.links.files_read import FilesRead
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.store import plans, previous
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project
from linkarchive.store.plans import StoredPlan
from linkarchive.store.schema import plans as kept

_TABLES = {
    "sources": "{id}, key || '{end}', url || '{end}', etag, last_modified, sha256, judged, page_outcome + {results}",
    "captures": "id + {captures}, {source}, run, time, origin, digest, usable, good, scope, {body}",
    "outcomes": "id + {results}, {source}, run, verdict, cited, compared, standing, {body}",
    "visits": "id + {visits}, run, {source}, checked, outcome + {results}, changed, was, carried",
    "last_visits": "{source}, visit + {visits}, run, checked, verdict, changed, was, cited, uncompared, standing",
    "baselines": "{article}, {source}, looked, capture + {captures}, run",
    "planned": "plan, {source}, position + {articles} * 16777216, own",
    "citations": "plan, position + {articles} * 16777216, {source}, own, {links}",
}


def copy_rows(database: Path, times: int, articles: int) -> None:
    with sqlite3.connect(database) as connection:
        most = {
            name: connection.execute(f"SELECT max(id) FROM {table}").fetchone()[0]  # noqa: S608 - names of ours
            for name, table in (
                ("sources", "sources"),
                ("captures", "captures"),
                ("results", "outcomes"),
                ("visits", "visits"),
            )
        }
        for number in range(1, times):
            end = f"?copy={number}"
            words = {name: number * count for name, count in most.items()} | {
                "end": end,
                "id": f"id + {number * most['sources']}",
                "source": f"source + {number * most['sources']}",
                "articles": number * articles,
                "article": f"replace(article, 'posts/', 'posts/c{number}-')",
                "body": f"replace(replace(body, '.html\"', '.html{end}\"'), 'posts/', 'posts/c{number}-')",
                "links": f"replace(replace(links, '.html\"', '.html{end}\"'), 'posts/', 'posts/c{number}-')",
            }
            for table, columns in _TABLES.items():
                own = f"WHERE plan = 0 AND position < {articles} * 16777216" if "plan," in columns else ""
                if table not in ("planned", "citations"):
                    key = "id" if "id +" in columns or "{id}" in columns else "source"
                    limit = {"sources": "sources", "captures": "captures", "outcomes": "results", "visits": "visits"}
                    own = f"WHERE {key} <= {most[limit.get(table, 'sources')]}"
                selected = f"SELECT {columns.format(**words)} FROM {table} {own}"  # noqa: S608 - text of ours
                connection.execute(f"INSERT INTO {table} {selected}")
            connection.commit()
            print(f"{number} copied", flush=True)


def copy_files(project: Path, times: int) -> None:
    text = (project / "links.txt").read_text()
    with (project / "links.txt").open("a") as links:
        for number in range(1, times):
            end = f".html?copy={number}"
            links.write(text.partition("\n\n")[2].replace("posts/", f"posts/c{number}-").replace(".html", end))
            for path in sorted((project / "posts").glob("essay-*")):
                path.with_name(f"c{number}-{path.name}").write_text(path.read_text().replace(".html", end))


def keep_plan(root: Path, times: int) -> None:
    """Let the plan be of all, and each page be what it was when it was judged."""
    project, settings = Project(root), Settings()
    with open_project(project, write=True) as store:
        plan = plans.load(store, store.execute(kept.select()).one().key)
        parts, body = list(plan.parts), msgspec.json.encode(plan)
        for number in range(1, times):
            parts += msgspec.json.decode(body.replace(b"posts/", f"posts/c{number}-".encode()), type=StoredPlan).parts
        read = FilesRead(root)
        read.note("links.txt", (root / "links.txt").read_bytes())
        read.note_folder(root / "posts", [path.name for path in (root / "posts").iterdir()])
        for path in (root / "posts").iterdir():
            read.note(path, path.read_bytes())
        os.chdir(root)  # of the folder in which the run will be
        plans.keep(
            store,
            _key(settings),
            StoredPlan(tuple(parts), plan.excluded, (), (), plan.lists, plan.outline),
            read.files(),
        )
        policy = Policy(settings, ())
        jobs, update = Jobs(store, plans.OF_LINKS, policy, frozenset()), []
        batch = []
        for job in jobs:
            batch.append(job)
            if len(batch) == 500:
                update += hashes(store, batch, policy)
                batch = []
        update += hashes(store, batch, policy)
        store.commit()
    with sqlite3.connect(project.database) as connection:
        connection.executemany("UPDATE sources SET judged = ? WHERE id = ?", update)


def hashes(store: Store, batch: Sequence[Job], policy: Policy) -> Iterator[tuple[str, int]]:
    known = previous.load(store, [job.source.id for job in batch], 1 << 40)
    for job in batch:
        before = known[job.source.id]
        times = [before.baseline_time(link.article, link.viewed_on) for link in job.citations]
        inputs = [(link, time, None) for link, time in zip(job.citations, times, strict=True)]
        yield judgement_inputs_hash(inputs_version(job, policy), inputs), job.source.id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--archive", default=str(Path(sys.executable).parent / "archive"))
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    links = sum(1 for line in (options.folder / "project/links.txt").open() if line.startswith("http"))
    copy = options.folder / "million"
    if not copy.exists():
        shutil.copytree(options.folder / "project", copy)
        copy_files(copy, options.times)
        copy_rows(copy / "archive/archive.sqlite", options.times, links // 10)
        keep_plan(copy, options.times)
    with served(Web(options.folder / "web", links, 100, PORT)):
        run(options.archive, copy, 9)


if __name__ == "__main__":
    main()
