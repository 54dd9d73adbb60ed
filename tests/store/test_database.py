"""The database: migrations, two at once, damage (docs/design.md §6)."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import text

from linkarchive.errors import StorageError, UnknownSourceError
from linkarchive.model import (
    Article,
    Baseline,
    Capture,
    Change,
    CitationResult,
    Location,
    Origin,
    Reason,
    Result,
    Verdict,
)
from linkarchive.project import Project
from linkarchive.store import articles, captures, reported, runs, sources
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import open_store
from linkarchive.store.decisions import Decision, append, load
from linkarchive.store.migrations import STEPS, migrate
from linkarchive.store.results import Visited
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.serialization import decode, encode
from linkarchive.wrappers import key_of

NOW = datetime(2026, 1, 5, 6, tzinfo=UTC)
on_both = pytest.mark.usefixtures("database")
"""On SQLite, and on PostgreSQL."""


def capture(time: datetime, digest: str = "sha1:AAAA", original: Location | None = None) -> Capture:
    place = Location("archive/warc/x-00000.warc.gz", 1, 2)
    return Capture(
        "http://a.example/", time, Origin.LIVE, None, 200, "http://a.example/", "text/html", (), digest, "00", place,
        original,
    )  # fmt: skip


BASELINE = Baseline(Origin.LIVE, NOW, None, None)
THERE = ("the page is there",)
CITED = CitationResult(
    "a.md", 1, "http://a.example/", "a", "a", False, None, Verdict.OK, Reason.FIRST_SEEN, 0.95, BASELINE, None, (),
    THERE, None,
)  # fmt: skip
RESULT = Result(
    "http://a.example/", Verdict.OK, Reason.FIRST_SEEN, 0.95, False, THERE, (), NOW, None, 0, None, None, 200,
    "http://a.example/", (), None, (), BASELINE, None, None, None, None, None, (CITED,),
)  # fmt: skip


@on_both
def test_every_migration_runs_once(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with open_store(path) as store:
        assert set(store.execute(text("SELECT name FROM migrations")).scalars()) == {name for name, _ in STEPS}
        assert migrate(store.connection) == ()
    with open_store(path) as store:
        assert migrate(store.connection) == ()


@on_both
def test_two_can_read_while_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with open_store(path) as writer:
        runs.start(writer, NOW, "scope", True)
        with open_store(path) as reader:
            assert runs.find(reader) is None  # not committed yet
            writer.commit()
            reader.rollback()
            found = runs.find(reader)
            assert found is not None
            assert found.info.started == NOW


@on_both
def test_what_is_not_committed_is_rolled_back(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with open_store(path) as store:
        runs.start(store, NOW, "scope", True)
    with open_store(path) as store:
        assert runs.find(store) is None


@on_both
def test_runs_of_one_second_have_names_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["4f2a", "4f2a", "91c0"])
    monkeypatch.setattr(runs.secrets, "token_hex", lambda _: next(drawn))
    with open_store(tmp_path / "a.sqlite") as store:
        names = [runs.start(store, NOW, "", True).info.id for _ in range(2)]
    assert [name[-4:] for name in names] == ["4f2a", "91c0"]


def test_a_damaged_database_says_what_to_do(folder: Any, stage: Any) -> None:
    url = "http://alpha.example/report"
    stage[url] = stage.html("alpha")
    folder.article(url)
    report = folder.check("article.md").out
    database = folder.root / "archive" / "archive.sqlite"
    for rest in (folder.root / "archive").glob("archive.sqlite-*"):
        rest.unlink()
    database.write_bytes(b"this is no database, whatever its name says" * 100)
    for command in (("check",), ("report",), ("show", url)):
        ran = folder.run(*command, now="2026-01-06")
        assert (ran.code, ran.out) == (3, ""), command
        assert "archive rebuild" in ran.err
        assert "Traceback" not in ran.err
    assert folder.run("rebuild", now="2026-01-06").code == 0
    assert folder.run("report", "--format", "json", now="2026-01-06").out == report


def test_a_read_only_database_is_a_storage_error(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match="no-such-folder"),
        open_store(tmp_path / "no-such-folder" / "a.sqlite"),
    ):
        pass


def test_a_row_that_cannot_be_decoded_is_a_storage_error(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    article = Article("a.md", "A", None, date(2021, 5, 12), ())
    with open_store(path) as store:
        articles.save(store, None, article, "00")
        store.commit()
        assert articles.load(store, "a.md") == (article, "00")
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE articles SET body = '{}'")
    raw.close()
    with open_store(path) as store, pytest.raises(StorageError, match="Article"):
        articles.load(store, "a.md")


@on_both
def test_a_baseline_is_set_once_and_for_all_but_an_archives_copy_takes_the_place_of_our_own(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.sqlite") as store:
        writer = RunWriter(store, runs.start(store, NOW, "", True).seq)
        [source] = sources.ensure_keys(store, {"http://a.example/": "http://a.example/"}).values()

        def set_and_get(kept: StoredCapture) -> int | None:
            known = captures.baseline(store, "a.md", source, None)
            writer.set_baseline("a.md", None, kept, known)
            writer.flush()
            known = captures.baseline(store, "a.md", source, None)
            return known and known.id

        times = (NOW.replace(day=day) for day in range(6, 10))
        own, other = (writer.add_capture(source, capture(time), True, True) for time in islice(times, 2))
        old, older = (
            writer.add_capture(source, replace(capture(time), origin=Origin.WAYBACK), True, True) for time in times
        )
        assert set_and_get(own) == set_and_get(other) == own.id
        assert set_and_get(old) == set_and_get(older) == set_and_get(own) == old.id
        assert captures.baseline(store, "b.md", source, None) is None


@on_both
def test_the_later_of_two_visits_of_a_run_counts(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.sqlite") as store:
        run = runs.start(store, NOW, "", True)
        writer = RunWriter(store, run.seq)
        [source] = sources.ensure_keys(store, {"http://a.example/": "http://a.example/"}).values()
        for day in (6, 7):
            number = writer.add_result(source, replace(RESULT, since=NOW.replace(day=day)))
            writer.add_visit(Visited(source, number, NOW.replace(day=day), Change.NEW, None))
        [told] = reported.reported_sources(store, run)
        assert told.result.since == NOW.replace(day=7)


@on_both
def test_a_carried_visit_tells_what_a_second_look_tells(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.sqlite") as store:
        [source] = sources.ensure_keys(store, {"http://a.example/": "http://a.example/"}).values()
        first = runs.start(store, NOW, "", True)
        writer = RunWriter(store, first.seq)
        number = writer.add_result(source, RESULT)
        told = {}
        for days, carried in ((0, False), (0.5, True), (2, True)):
            run = runs.start(store, NOW + timedelta(days=days), "", True)
            writer = RunWriter(store, run.seq)
            writer.add_visit(Visited(source, number, NOW + timedelta(days=days), Change.NONE, Verdict.OK, carried))
            writer.flush()
            [report] = reported.reported_sources(store, run)
            told[days] = (report.result.reason, report.result.similarity, report.result.confirmed)
        assert told == {
            0: (Reason.FIRST_SEEN, None, False),
            0.5: (Reason.SAME, 1.0, False),
            2: (Reason.SAME, 1.0, True),
        }
        assert store.execute(text("SELECT count(*) FROM outcomes")).scalar_one() == 1


def test_a_database_of_the_first_schema_gets_the_columns_of_today(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with open_store(path) as store:
        run = runs.start(store, NOW, "", True)
        [source] = sources.ensure_keys(store, {"http://a.example/": "http://a.example/"}).values()
        writer = RunWriter(store, run.seq)
        writer.add_visit(Visited(source, writer.add_result(source, RESULT), NOW, Change.NONE, None))
        writer.flush()
        for table, column in (("visits", "carried"), ("outcomes", "cited"), ("outcomes", "compared")):
            store.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        store.execute(text("DELETE FROM migrations WHERE name LIKE '%carried%'"))
        store.commit()
    with open_store(path) as store:
        assert [report.result for report in reported.reported_sources(store, run)] == [RESULT]
        row = store.execute(text("SELECT cited, compared FROM outcomes")).one()
        assert tuple(row) == (True, "not yet")


def test_a_database_from_before_imports_takes_captures_without_a_run(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with open_store(path) as store:
        store.execute(text("PRAGMA writable_schema = ON"))
        store.execute(
            text(
                "UPDATE sqlite_master SET sql = replace(sql, 'run INTEGER', 'run INTEGER NOT NULL') "
                "WHERE name IN ('captures', 'baselines')"
            )
        )
        store.execute(text("DELETE FROM migrations WHERE name LIKE '%imported%'"))
        store.commit()
    with open_store(path) as store:
        [source] = sources.ensure_keys(store, {"http://a.example/": "http://a.example/"}).values()
        writer = RunWriter(store, None)
        writer.add_capture(source, capture(NOW), usable=True, good=False)
        store.commit()
        assert store.execute(text("SELECT run FROM captures")).scalar_one() is None
        assert store.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


@on_both
def test_a_source_is_found_however_it_is_written(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.sqlite") as store:
        urls = ["HTTP://Bücher.example:80/a%7Eb#part", "mailto:a@b.example"]
        sources.ensure(store, {key_of(url): url for url in urls})
        for spelling in ("http://bücher.example/a~b", "http://xn--bcher-kva.example/a%7eb#other"):
            assert sources.find(store, spelling).url == "HTTP://Bücher.example:80/a%7Eb"
        assert sources.find(store, "mailto:a@b.example").key == "mailto:a@b.example"
        with pytest.raises(UnknownSourceError, match=r"c\.example"):
            sources.find(store, "http://c.example/")


@on_both
def test_an_interrupted_run_is_continued_for_a_day_by_the_same_scope(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.sqlite") as store:
        run = runs.start(store, NOW, "scope", True)
        found = runs.interrupted(store, NOW.replace(hour=20), "scope")
        assert found is not None
        assert found.info.id == run.info.id
        assert runs.interrupted(store, NOW, "another") is None
        assert runs.interrupted(store, NOW.replace(day=6), "scope") is None
        assert runs.interrupted(store, NOW.replace(day=4), "scope") is None
        runs.start(store, NOW, "another", True)
        assert runs.interrupted(store, NOW, "scope") is None


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.builds(Decision, st.text(), st.text(), st.text(), st.just(NOW), st.none() | st.text(), st.none() | st.text()))
def test_what_is_encoded_is_decoded(decision: Decision) -> None:
    assert decode(encode(decision), Decision) == decision
    assert "\n" not in encode(decision)


def test_decisions_are_appended_and_a_bad_line_is_named(tmp_path: Path) -> None:
    project = Project(tmp_path)
    path = project.decisions
    assert load(path) == []
    decision = Decision("accept", "http://a.example/", "me", NOW)
    append(project, decision)
    append(project, decision)
    assert load(path) == [decision, decision]
    with path.open("a") as file:
        file.write("{}\n")
    with pytest.raises(StorageError, match=r"decisions\.jsonl:3"):
        load(path)
