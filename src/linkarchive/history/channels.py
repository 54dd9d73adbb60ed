"""Which run each reader was last told of: standard output, each file of `-o`, each notification.

`archive/told.json` is written after a report was printed, stored or sent. What a reader was not told, because the
disk was full, a service failed or the process was killed, is told with the next run's report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from linkarchive.errors import UsageError
from linkarchive.files import storage_error, storage_errors, write_atomically
from linkarchive.model import Change, Report, SourceReport, Sources, Unresolved, Verdict
from linkarchive.project import Project
from linkarchive.snapshot.manifest import read_chain
from linkarchive.store import reported, runs
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project
from linkarchive.store.runs import Run

STDOUT = "stdout"


def file_channel(path: Path) -> str:
    return f"file {path}"


def service_channel(url: str) -> str:
    """The name of a notification service: its address is a secret."""
    return f"notify {hashlib.blake2b(url.encode(), digest_size=8).hexdigest()}"


class Channels:
    """The readers of reports: which run each was last told of, and what it is still to be told."""

    def __init__(self, project: Project, channels: Iterable[str]) -> None:
        """Make it before the run, so that a channel that was never told begins with this run. Raises StorageError."""
        self._project = project
        self._reports: dict[str, Report] = {}
        self._runs: dict[str, str | None] = {}
        self.damage: str | None = None
        """That the file could not be read, in words; it is made anew."""
        try:
            self._runs = _read(project.told)
        except msgspec.MsgspecError as error:
            self.damage = (
                f"{project.told} could not be read ({error}) and was made anew; what earlier runs found and could not "
                "tell is in `archive status`"
            )
        new = [channel for channel in channels if channel not in self._runs]
        if new:
            try:
                with open_project(project) as store:
                    last = runs.find(store)
            except UsageError:  # a hub does not know the project yet
                last = None
            # The end of what there was, for whom nothing of it was meant.
            self._runs |= dict.fromkeys(new, None if last is None else last.info.id)
            if last is not None:
                self._write()

    def begin(self) -> None:
        """Keep the channels on disk when the run has begun, in a folder that had none. Raises StorageError."""
        self._write()

    def report_for(self, channel: str, report: Report) -> Report:
        """The report, its changes counted from the run that the channel had last been told of, and saying so."""
        if channel not in self._reports:
            self._reports[channel] = self._report_for(self._runs.get(channel), report)
        return self._reports[channel]

    def _report_for(self, last: str | None, report: Report) -> Report:
        if report.run.offline or last == report.run.id:
            return report
        with open_project(self._project) as store:
            run = runs.find(store, report.run.id)
            before = None if run is None else runs.before(store, run.seq)
            if run is None or last == (before and before.info.id):
                return report
            known = None if last is None else runs.find(store, last)
            if known is None and last is not None and last == _last_sealed(self._project.archive, report.run.id):
                return report  # a clone, whose database does not know the runs that its state file tells of
            return _since(store, report, run, known, last)

    def delivered(self, channel: str, report: Report) -> None:
        """Note that the channel has the report. Raises StorageError."""
        if not report.run.offline:
            with suppress(msgspec.MsgspecError):
                self._runs |= _read(self._project.told)  # another command may have told something meanwhile
            self._runs[channel] = report.run.id
            self._write()

    def _write(self) -> None:
        if not self._project.archive.is_dir():
            return
        with storage_errors(self._project.told):
            text = msgspec.json.format(msgspec.json.encode(dict(sorted(self._runs.items()))), indent=1)
            write_atomically(self._project.told, text + b"\n")


def _last_sealed(archive: Path, run_id: str) -> str | None:
    """The id of the last run before this one that has a manifest."""
    earlier = [sealed.run for sealed in read_chain(archive) if sealed.run != run_id and "started" in sealed.facts]
    return earlier[-1] if earlier else None


def _read(path: Path) -> dict[str, str | None]:
    """Raises StorageError, and MsgspecError for a file that is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str | None])
    except FileNotFoundError:
        return {}
    except RecursionError as error:
        raise msgspec.DecodeError("it is nested too deep") from error
    except OSError as error:
        raise storage_error(path, error, "cannot be read") from error


def _since(store: Store, report: Report, run: Run, last: Run | None, last_id: str | None) -> Report:
    """The report with what changed in the runs between `last` and `run`, which nobody was told of."""
    start = last.seq if last is not None else 0
    missed = [other for other in runs.between(store, start, run.seq) if not other.info.offline]
    was: dict[str, Verdict | None] = {}
    latest: dict[str, SourceReport] = {}
    for other in missed:
        for source in reported.visited(store, other):
            if source.is_news:
                was.setdefault(source.url, source.was)
                latest[source.url] = source
    day = _day_of(last_id)
    since = "before" if day is None else f"since {day:%-d %B %Y}"
    count = "a run" if len(missed) == 1 else f"{len(missed)} runs"
    notice = f"nothing was told here {since}: what changed in {count} before this one is told now, too"
    if last is None and last_id is not None and day is not None:  # a clone: the runs between are not known
        return replace(
            report,
            sources=tuple(_new_since(source, day) for source in report.sources),
            notices=(*report.notices, f"nothing was told here {since}: what changed since then is told now"),
        )

    def sources() -> Iterator[SourceReport]:
        left = dict(latest)
        for source in report.sources:
            left.pop(source.url, None)
            yield _changed_since(source, was[source.url]) if source.url in was else source
        yield from (_changed_since(source, was[url]) for url, source in left.items())  # not in this run's scope

    lost = {
        (target.article, target.text)
        for other in missed
        for target in other.body.unresolved
        if target.changed is Change.NEW
    }
    return replace(
        report,
        sources=Sources(sources),
        unresolved=tuple(_unresolved_since(report.unresolved, lost)),
        notices=(*report.notices, notice) if missed else report.notices,
    )


def _changed_since(source: SourceReport, was: Verdict | None) -> SourceReport:
    """The source as what it is beside a verdict of some runs ago."""
    before, now = was is not None and was.is_finding, source.verdict.is_finding
    changed = {
        (False, False): Change.NONE,
        (False, True): Change.NEW,
        (True, False): Change.RECOVERED if source.verdict is Verdict.OK else Change.NONE,
        (True, True): Change.STILL,
    }[before, now]
    return replace(source, changed=changed, was=was)


def _new_since(source: SourceReport, day: datetime) -> SourceReport:
    is_new = source.verdict.is_finding and source.changed is Change.STILL and source.result.since > day
    return replace(source, changed=Change.NEW, was=None) if is_new else source


def _unresolved_since(unresolved: Iterable[Unresolved], lost: set[tuple[str, str]]) -> Iterator[Unresolved]:
    for target in unresolved:
        is_new = target.changed is Change.STILL and (target.article, target.text) in lost
        yield replace(target, changed=Change.NEW) if is_new else target


def _day_of(run_id: str | None) -> datetime | None:
    try:
        return None if run_id is None else datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
