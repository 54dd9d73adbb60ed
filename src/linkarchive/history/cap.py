"""The cap on the archive (`[keep] max_bytes`): the oldest captures that nothing needs go, as by `archive forget`."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from linkarchive.history.reports import report_of
from linkarchive.model import Report
from linkarchive.project import Project
from linkarchive.store import captures, decisions, runs, standing
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project
from linkarchive.wrappers import key_of

if TYPE_CHECKING:
    from linkarchive.snapshot.removal import Spot

_REASON = "the archive had grown beyond its cap ([keep] max_bytes)"


def size_of(project: Project) -> int:
    """Bytes of all files of the archive folder."""
    return sum(path.stat().st_size for path in project.archive.rglob("*") if path.is_file() and not path.is_symlink())


def is_full(project: Project, most: int) -> bool:
    """The archive is beyond its cap; 0 is none."""
    return 0 < most < size_of(project)


def within_cap(project: Project, report: Report, most: int, now: datetime) -> Report:
    """The report of a run, once the archive is within its cap: with what was done for that, and copies where they are
    then. Hold the folder's lock, the database closed. Raises StorageError."""
    sentence = keep_within(project, most, now) if most else ""
    if not sentence:
        return report
    with open_project(project) as store:
        run = runs.find(store, report.run.id)
        updated = report if run is None else report_of(store, run, decisions.load(project.decisions))
    return replace(updated, notices=(*report.notices, sentence), unstored=report.unstored)


def keep_within(project: Project, most: int, now: datetime) -> str:
    """Take captures out until the archive has at most so many bytes, or none is left that may go. Returns what was
    done, in a sentence; "" for nothing.

    What stays: baselines, accepted pages, the evidence of each source's last verdict, its last good and its newest
    copy, and what revisits among these repeat. Hold the folder's lock, the database closed. Raises StorageError.
    """
    size = size_of(project)
    if size <= most:
        return ""
    from linkarchive.snapshot.removal import find_captures

    with open_project(project, write=True) as store:
        spots = _removable(store, decisions.load(project.decisions))
    plan = find_captures(project.archive, spots, size - most)
    if plan.captures:
        from linkarchive.history.forgetting import take_out  # late: it can render reports
        from linkarchive.snapshot.forget import Tombstone
        from linkarchive.store.forget import Forgetting

        tombstone = Tombstone(f"cap-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}", (), _REASON, now)
        take_out(project, plan, tombstone, Forgetting.of((), plan.captures, plan.records, by_cap=True), "archive")
    size = size_of(project)
    removed = f"The cap on the archive removed {len(plan.captures):,} old copies. " if plan.captures else ""
    if size <= most:
        return removed.strip()
    return (
        f"{removed}The archive has {size:,} bytes, and its cap is {most:,} ([keep] max_bytes): what is left is needed. "
        "Until there is room, only baselines and evidence are stored."
    )


def _removable(store: Store, log: list[decisions.Decision]) -> list[Spot]:
    """The captures that nothing needs, by the record of their page: the oldest first, but revisits before what they
    repeat."""
    accepted = {(key_of(decision.url), decision.capture_time) for decision in log if decision.action == "accept"}
    kept = dict(_needed(store))
    free: list[StoredCapture] = []
    for stored in captures.all_kept(store):
        if stored.id in kept or (key_of(stored.capture.url), stored.capture.time) in accepted:
            kept[stored.id] = stored
        else:
            free.append(stored)
    # Two captures may name one record, and a revisit needs the record that it repeats.
    places = {place for stored in kept.values() for place in _places(stored)}
    free = sorted((stored for stored in free if stored.place not in places), key=lambda stored: stored.capture.time)
    revisits: dict[Spot, list[Spot]] = defaultdict(list)
    for stored in free:
        _, *original = _places(stored)
        for place in original:
            revisits[place].append(stored.place)
    return list(dict.fromkeys(place for stored in free for place in (*revisits[stored.place], stored.place)))


def _needed(store: Store) -> Iterator[tuple[int, StoredCapture]]:
    """The captures that a source needs, whatever people decided, by their numbers: all baselines, also of sources that
    links.txt no longer names."""
    for stored in captures.all_baselines(store):
        yield stored.id, stored
    for source, _, report in standing.latest_reports(store):
        stored_captures = captures.of_source(store, source)
        evidence = captures.capture_of(stored_captures, report.result)
        good = report.result.last_good
        last_good = [stored for stored in stored_captures if good is not None and stored.capture.time == good.time]
        for stored in (
            *([evidence] if evidence else []),
            *last_good,
            *stored_captures[-1:],
            *[stored for stored in stored_captures if stored.usable][-1:],
        ):
            yield stored.id, stored


def _places(stored: StoredCapture) -> Iterator[Spot]:
    yield stored.place
    if stored.capture.original is not None:
        yield stored.capture.original.warc, stored.capture.original.offset
