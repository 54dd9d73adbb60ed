"""The end of a run: its log, manifest, state file and report, each written after what it tells of."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from linkarchive.check.articles import Articles
from linkarchive.check.plan import Policy
from linkarchive.check.record import Recorder
from linkarchive.history.articles import article_reports, unresolved, with_originals
from linkarchive.history.reports import has_news, report_of
from linkarchive.model import Report
from linkarchive.project import Project
from linkarchive.snapshot.manifest import read_chain, seal_run
from linkarchive.store import runs
from linkarchive.store.database import Store
from linkarchive.store.retention import thin
from linkarchive.store.runlog import log_lines
from linkarchive.store.runs import Run, RunBody
from linkarchive.store.state_file import write_state
from linkarchive.web.network import Network, Trouble

_CLOCKS_DIFFER = timedelta(hours=1)


class Ending(Struct, frozen=True):
    """How a run came to its end, when everything is visited and nothing more is judged."""

    articles: Articles
    complete: bool
    offline: Trouble | None
    """What is wrong with our own network: nothing was concluded."""
    troubles: tuple[str, ...]
    partial: bool = False
    """Not all sources of links.txt were visited."""


def finish(project: Project, ending: Ending, recorder: Recorder, policy: Policy) -> Report:
    """Close the books of a run and return its report. Raises StorageError."""
    offline, store, warc = ending.offline, recorder.store, recorder.warc
    is_sealed = offline is None or bool(recorder.proven)
    body = _body(project, store, recorder.run, ending)
    info = replace(
        recorder.run.info,
        finished=recorder.clock.now(),
        complete=ending.complete,
        offline=offline is not None,
        network=body.network,
    )
    run = replace(recorder.run, info=info, body=body)
    if is_sealed or warc.has_written:  # what was kept until we knew is nobody's capture
        runs.save(store, run)
        warc.write_log(log_lines(store, run))
    warc.close()
    runs.save(store, run)
    store.commit()
    report = report_of(store, run, policy.decisions)
    if is_sealed or warc.has_written:
        state = None if recorder.resumed else _sealed_state(project.archive, store, run)
        if is_sealed:
            state = write_state(store, project, state, recorder.rows.touched)
        seal_run(project.archive, info, state=state, created=info.finished or info.started, known=warc.digests)
        store.commit()
    if offline is None and has_news(report):
        from linkarchive.history.report_files import write_report

        trouble = write_report(project, store, report, policy.settings.keep.reports, recorder.differences)
        if trouble is not None:
            recorder.warn(trouble)
            report = replace(report, notices=(*report.notices, trouble), unstored=trouble)
    if policy.settings.keep.visits > 0:
        thin(store, policy.settings.keep.visits)
    return report


def _clock_words(store: Store, run: Run) -> tuple[str, ...]:
    """That the run before was made in the future, if it was."""
    before = runs.before(store, run.seq)
    if before is None or before.info.started <= run.info.started + _CLOCKS_DIFFER:
        return ()
    then, now = (f"{info.started:%-d %B %Y}" for info in (before.info, run.info))
    return (f"the run before was made in the future ({then}, and now it is {now}): a clock was wrong; all is due",)


def _body(project: Project, store: Store, run: Run, ending: Ending) -> RunBody:
    """What the report says beside its sources."""
    articles, offline = ending.articles, ending.offline
    troubles = (_sentence(offline),) if offline else ending.troubles
    if articles.plan is not None:
        reports, lost = with_originals(store, run.seq, articles.plan.articles), articles.plan.unresolved
    else:
        named = (article for path, article in articles.by_path.items() if path != project.links.name)
        lost_before = {path: before.lost for path, before in (articles.before or {}).items()}
        reports = article_reports(store, run.seq, named)
        lost = unresolved(store, run.seq, articles.articles, lost_before)
    return RunBody(
        articles=reports,
        unresolved=lost,
        uncited=articles.uncited,
        malformed=articles.malformed,
        notices=(*troubles, *_clock_words(store, run), *articles.notices, *articles.remarks),
        errors=articles.errors,
        network=offline.network.value if offline else None,
        partial=ending.partial,
    )


def _sentence(trouble: Trouble) -> str:
    return f"we are offline: {trouble.why}" if trouble.network is Network.OFFLINE else trouble.why


def _sealed_state(archive: Path, store: Store, run: Run) -> str | None:
    """The digest of the state, when it tells all but what this very process has written: what was concluded offline is
    taken back."""
    chain = read_chain(archive)
    sealed = runs.find(store, chain[-1].run) if chain else None
    if sealed is None or not all(other.info.offline for other in runs.between(store, sealed.seq, run.seq)):
        return None
    return chain[-1].facts.get("state")
