"""What a worker does with a range when something goes wrong; what it takes over of a project's settings."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from linkarchive.clock import Clock
from linkarchive.errors import StorageError
from linkarchive.fleet.batch import Batch
from linkarchive.fleet.job import visit_range
from linkarchive.fleet.workplace import Workplace, opened, policy_of
from linkarchive.model import Article, Change, Reason, Result, Verdict
from linkarchive.serve.recheck import Recheck
from linkarchive.serve.replay import replaying
from linkarchive.settings import HubSettings, Settings, SiteSettings
from linkarchive.snapshot.shelf import FolderShelf, project_of, put_on
from linkarchive.store import articles, hub_sightings, hub_turns, plans, runs
from linkarchive.store.database import open_store
from linkarchive.store.hub import HubProject, ProjectStore, Rules, keep_project, open_hub, watch
from linkarchive.store.hub_due import is_anything_due
from linkarchive.store.hub_ranges import RangeStatus, due, status, take
from linkarchive.store.plans import StoredPlan
from linkarchive.store.results import Visited
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.serialization import encode
from linkarchive.web.network import Hosts

NOW = datetime(2026, 1, 5, tzinfo=UTC)
RULES = Rules(Settings().judge, Settings().keep, Settings().check, (), (), (), ())


@pytest.fixture
def politics(hub_project: Callable[[str], Any]) -> Any:
    """A project that was pushed, with one source."""
    project = hub_project("politics")
    project.write("links.txt", "http://alpha.example/a\n")
    assert project.run("push").code == 0
    return project


def settings_of(folder: Any) -> Settings:
    values = {name: folder.environ[f"ARCHIVE_HUB_{name.upper()}"] for name in ("database", "shelf", "project")}
    return Settings(hub=HubSettings(**values, lease=1.0))


def the_range(folder: Any) -> RangeStatus:
    """The one with something due."""
    with open_hub(folder.environ["ARCHIVE_HUB_DATABASE"]) as store:
        [entry] = [entry for entry in status(store, datetime.now(UTC)).ranges if entry.due]
    return entry


@pytest.mark.parametrize("error", [StorageError("the shelf is full"), OSError("no file handles are left")])
def test_trouble_of_a_worker_is_no_failure_of_its_range(
    politics: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with pytest.raises(type(error)):
        visit(politics, monkeypatch, error)
    assert (the_range(politics).failures, the_range(politics).worker) == (0, None)


def test_bugs_are_failures_of_the_range(politics: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = StorageError("the database refused")
    refused.__cause__ = IntegrityError("", None, Exception())
    for failures, error in enumerate((ValueError("a bug"), refused), start=1):
        visit(politics, monkeypatch, error)
        assert the_range(politics).failures == failures


def visit(folder: Any, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """The turn of a worker at the range, in which that goes wrong."""

    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(Batch, "visit", fail)
    settings = settings_of(folder)
    place = Workplace(settings, Clock(), FolderShelf(Path(settings.hub.shelf)), "a", lambda _: None, lambda: False)
    with opened(settings.hub.database) as hub:
        visit_range(hub, place, the_range(folder).range)


def test_a_parked_range_concerns_the_workers_of_its_slots(hub_project: Callable[[str], Any]) -> None:
    folder = hub_project("politics")
    with open_hub(folder.environ["ARCHIVE_HUB_DATABASE"]) as store:
        store.execute(text("UPDATE hub.ranges SET failures = 5 WHERE range = 3"))
        store.commit()
    assert folder.run("worker", "--once", "--slots", "0-3071").code == 0
    assert folder.run("worker", "--once").code == 3


def test_a_batch_takes_fewer_pages_where_many_projects_watch_them(hub_project: Callable[[str], Any]) -> None:
    folder = hub_project("politics")
    pages = [bytes([number] * 16) for number in range(4)]
    with open_hub(folder.environ["ARCHIVE_HUB_DATABASE"]) as store:
        for name in ("culture", "politics", "sports"):
            number = keep_project(store, name, RULES, NOW)
            watch(store, number, [(source, 7, page) for source, page in enumerate(pages)], NOW)
            store.commit()
        taken = take(store, 0, "worker")
        assert taken is not None
        sizes = {
            (most, sources): [row.page for row in due(store, taken, NOW, most, sources)]
            for most, sources in ((10, 100), (10, 4), (10, 3), (1, 100))
        }
    every = [page for page in pages for _ in range(3)]
    assert sizes == {(10, 100): every, (10, 4): every[:6], (10, 3): every[:3], (1, 100): every[:3]}


def test_whether_a_project_has_anything_due_is_told_without_reading_what_is_not(
    hub_project: Callable[[str], Any],
) -> None:
    later = NOW + timedelta(days=1)
    read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relid = 'hub.watched'::regclass"
    with open_hub(hub_project("politics").environ["ARCHIVE_HUB_DATABASE"]) as store:
        number = keep_project(store, "politics", RULES, NOW)
        watch(store, number, [(source, source % 4096, bytes(16)) for source in range(5_000)], later)
        store.commit()
        store.execute(text("ANALYZE hub.watched"))
        store.execute(text("SELECT pg_stat_reset()"))
        store.commit()
        looks = [is_anything_due(store, number, now) for now in (NOW, NOW, later)]
        store.commit()
        store.execute(text("SELECT pg_stat_force_next_flush()"))
        store.commit()
        assert looks == [False, False, True]
        assert store.execute(text(read)).scalar_one() < 10


def test_of_files_that_were_not_all_put_those_of_others_stay(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "shelf")
    file = tmp_path / "file"
    file.write_bytes(b"ours")
    first, second = "archive/warc/a.warc.gz", "archive/warc/b.warc.gz"
    with put_on(shelf, {second: file}):
        pass
    with pytest.raises(StorageError), put_on(shelf, {first: file, second: file}):
        pass
    assert list(shelf.names()) == [second]
    with pytest.raises(ZeroDivisionError), put_on(shelf, {first: file}):
        raise ZeroDivisionError
    assert list(shelf.names()) == [second]


def test_of_a_file_that_could_not_be_written_whole_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = tmp_path / "file"
    file.write_bytes(b"ours")
    monkeypatch.setattr("os.fsync", full)
    shelf = FolderShelf(tmp_path / "shelf")
    with pytest.raises(StorageError):
        shelf.put("archive/warc/a.warc.gz", file)
    assert list(shelf.names()) == []


def test_a_worker_uses_no_browser_and_its_own_headers() -> None:
    defaults = Settings()
    sites = (SiteSettings("a.example", fetch=False), SiteSettings("b.example"))
    rules = Rules(defaults.judge, defaults.keep, defaults.check, ("a => b",), sites, (), ("key",))
    own = Settings(sites=(SiteSettings("b.example", ("Cookie: c",)), SiteSettings("c.example", ("Cookie: d",))))
    policy, excluded = policy_of(HubProject(1, "politics", encode(rules), NOW), own)
    assert policy.settings.browser.when == "never"
    assert policy.settings.network.remap == ("a => b",)
    assert policy.settings.sites == (sites[0], SiteSettings("b.example", ("Cookie: c",)))
    assert excluded == {"key"}


def test_the_plan_of_a_hub_stands_until_the_next_push() -> None:
    pushed = StoredPlan(notices=("pushed",))
    with open_store(None) as store:
        plans.keep(store, plans.HUB, pushed, ())
        articles.save(store, None, Article("article.md", "", None, None, ()), None)
        assert plans.load(store, plans.HUB) == pushed
        plans.keep(store, plans.HUB, StoredPlan(), ())
        assert plans.load(store, plans.HUB).notices == ()


def test_the_end_of_a_run_leaves_what_others_wrote_of_it() -> None:
    with open_store(None) as store:
        run = runs.start(store, NOW, "round", simulated=False)
        runs.save(store, runs.Run(run.seq, run.scope, run.info, runs.RunBody(notices=("pushed meanwhile",))))
        runs.finish(store, run.seq, NOW)
        ended = runs.latest(store)
    assert (ended.info.finished, ended.info.complete) == (NOW, True)
    assert ended.body.notices == ("pushed meanwhile",)


def test_the_review_page_asks_the_workers_and_makes_no_archive(politics: Any) -> None:
    settings = settings_of(politics)
    project = project_of(politics.root, settings)
    recheck = Recheck(project, settings, Clock())
    assert recheck.start(["http://alpha.example/a"])
    recheck.close()  # nobody works: it would wait
    assert "Checked again" in recheck.said
    assert not project.archive.exists()
    with replaying(project) as host:
        assert host is None


def test_what_tells_nothing_any_more_is_forgotten_of_all_machines(hub_project: Callable[[str], Any]) -> None:
    sighting = hub_sightings.Sighting(Hosts(), ())
    with open_hub(hub_project("politics").environ["ARCHIVE_HUB_DATABASE"]) as store:
        hub_sightings.keep(store, "gone", sighting)
        hub_turns.take(store, {"old.example": 1.0, "new.example": 1.0})
        store.execute(text("UPDATE hub.sightings SET seen = seen - interval '1 hour'"))
        store.execute(text("UPDATE hub.turns SET next_start = next_start - interval '2 days' WHERE name ~ 'old'"))
        hub_sightings.keep(store, "here", sighting)
        hub_turns.prune(store)
        assert store.execute(text("SELECT machine FROM hub.sightings")).scalars().all() == ["here"]
        assert store.execute(text("SELECT name FROM hub.turns")).scalars().all() == ["new.example"]


def test_what_projects_write_is_compiled_once(politics: Any, hub_project: Callable[[str], Any]) -> None:
    url = "http://alpha.example/a"
    culture = hub_project("culture")
    culture.write("links.txt", f"{url}\n")
    assert culture.run("push").code == 0
    result = Result(
        url, Verdict.OK, Reason.FIRST_SEEN, 1.0, True, (), (), NOW, None, 0, None, None, 200, url, (), None, (), None,
        None, None, None, None, None, (),
    )  # fmt: skip
    with opened(politics.environ["ARCHIVE_HUB_DATABASE"]) as hub:
        compiled = []
        for name in ("politics", "culture"):
            store = ProjectStore(hub.store.url, hub.shared, f"project_{name}")
            writer = RunWriter(store, runs.of_round(store, "a-round", NOW, False).seq)
            number = writer.add_result(1, result)
            writer.add_visit(Visited(1, number, NOW, Change.NEW, None))
            assert store.execute(
                text("SELECT url, verdict FROM last_visits JOIN sources ON sources.id = source")
            ).all() == [(url, "ok")]
            compiled.append(dict(store.compiled))
            hub.end_reading()
    assert compiled[0] == compiled[1] != {}
