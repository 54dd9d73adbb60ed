"""Many times the links of a folder, synthesised from its first archive, and the memory of a re-check of all of them.

    python benchmarks/million.py DIR [--times 10] [--archive PATH]

DIR is that of `bulk.py`, after its runs: its project is taken with all links and articles, and as many copies of both
under other names as make `--times` as many. The web serves the copies as the same pages, which answer 304. Needs nginx.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import msgspec
from bulk import run
from many_links import PORT
from many_links import run as once
from speed_web import Web, served
from sqlalchemy import Column, ColumnElement, bindparam, func, insert, select, update

from linkarchive.check.articles import Articles, keep_plan
from linkarchive.check.baselines import inputs_version, judgement_inputs_hash
from linkarchive.check.plan import Job, Jobs, Policy
from linkarchive.history.stored_plan import HeldArticles, kept_plan
from linkarchive.links.files_read import FilesRead
from linkarchive.model import Scope
from linkarchive.project import Project
from linkarchive.settings import load_settings
from linkarchive.store import plans, previous, runs
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project
from linkarchive.store.plans import Cited, StoredPlan
from linkarchive.store.schema import baselines, captures, citations, last_visits, planned, results, sources, visits

_REFERENCES = {
    "source": sources, "capture": captures, "page_outcome": results, "outcome": results, "visit": visits,
}  # fmt: skip
"""What a column has the numbers of; `id` those of its own table."""
_COPIED = (sources, captures, results, visits, last_visits, baselines, citations, planned)


def copy_rows(store: Store, times: int, articles: int) -> None:
    """Write the rows of all sources again and again, each time under further numbers and other names."""
    most = {
        table: store.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        for table in (sources, captures, results, visits)
    }
    last = Cited(articles, 0, 0, ())
    for number in range(1, times):
        for table in _COPIED:
            own = table.c.id <= most[table] if "id" in table.c else table.c.source <= most[sources]
            columns = list(table.c)
            values = [_copied(column, most, number, plans.position(last)) for column in columns]
            rows = select(*values).where(own)
            store.execute(insert(table).from_select([column.name for column in columns], rows))
        store.commit()
        print(f"{number} copied", flush=True)


def _copied(
    column: Column[object], most: Mapping[object, int], number: int, positions: int
) -> ColumnElement[object] | Column[object]:
    numbered = column.table if column.name == "id" else _REFERENCES.get(column.name)
    if numbered is not None:
        return column + number * most[numbered]
    if column.name == "position":
        return column + number * positions
    if column.name in ("key", "url"):
        return column + f"?copy={number}"
    if column.name == "article":
        return func.replace(column, "posts/", f"posts/c{number}-")
    if column.name in ("body", "links"):
        return func.replace(func.replace(column, '.html"', f'.html?copy={number}"'), '"posts/', f'"posts/c{number}-')
    return column


def copy_files(project: Path, times: int) -> None:
    text = (project / "links.txt").read_text()
    names = sorted((project / "posts").iterdir())
    with (project / "links.txt").open("a") as links:
        for number in range(1, times):
            end = f".html?copy={number}"
            links.write(text.partition("\n\n")[2].replace("posts/", f"posts/c{number}-").replace(".html", end))
            for path in names:
                path.with_name(f"c{number}-{path.name}").write_text(path.read_text().replace(".html", end))


def multiply(root: Path, times: int) -> None:
    """Make so many of the links and articles of a project that was checked and has its plan."""
    os.chdir(root)  # of the folder in which the run will be
    project, settings = Project(root), load_settings(root)
    with open_project(project, write=True) as store:
        kept = kept_plan(project, store, Scope(), settings)
        if kept is None or kept.changed:
            raise SystemExit(f"{root}: its plan is not kept: `archive check` it once more")
        copy_files(root, times)
        copy_rows(store, times, len(kept.plan.parts))
        parts, body = list(kept.plan.parts), msgspec.json.encode(kept.plan)
        for number in range(1, times):
            parts += msgspec.json.decode(body.replace(b"posts/", f"posts/c{number}-".encode()), type=StoredPlan).parts
        read = FilesRead(root)
        read.note("links.txt", (root / "links.txt").read_bytes())
        read.note_folder(root / "posts", os.listdir(root / "posts"))
        for path in (root / "posts").iterdir():
            read.note(path, path.read_bytes())
        plan = msgspec.structs.replace(kept.plan, parts=tuple(parts))
        last = runs.find(store)
        assert last is not None
        keep_plan(store, last.seq, Articles(HeldArticles(), files=read, plan=plan), settings)
        judge_again(store, Policy(settings, ()))
        store.commit()


def judge_again(store: Store, policy: Policy) -> None:
    """Let each page be what it was when it was judged."""
    jobs = iter(Jobs(store, plans.OF_LINKS, policy, frozenset()))
    while batch := list(islice(jobs, 500)):
        store.write_rows(
            _JUDGED, [{"number": number, "hash": digest} for digest, number in hashes(store, batch, policy)]
        )


_JUDGED = update(sources).where(sources.c.id == bindparam("number")).values(judged=bindparam("hash"))


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
    with served(Web(options.folder / "web", links, 100, PORT)):
        if not copy.exists():
            shutil.copytree(options.folder / "project", copy)
            once(options.archive, copy, "22", "check", "--limit", "1")  # the plan is that of this folder
            multiply(copy, options.times)
        run(options.archive, copy, 9)


if __name__ == "__main__":
    main()
