"""An unchanged page costs a row (docs/design.md §6), and nothing that is told depends on how little was written."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import Any

import pytest

from linkarchive.demo.wire import Response
from linkarchive.history.reports import load_report
from linkarchive.project import Project
from linkarchive.store import decisions
from linkarchive.store.database import open_store
from linkarchive.store.standing import latest_reports

ALPHA = "http://alpha.example/report"
BETA = "https://beta.example/notes"
GAMMA = "https://gamma.example/list"
PARKED = "http://delta.example/parked"
GONE = "http://epsilon.example/gone"


def _known(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha", etag='"a1"')
    stage[BETA] = stage.html("beta")
    stage[GAMMA] = stage.redirect("https://gamma.example/new", 302)
    stage["https://gamma.example/new"] = stage.html("gamma")
    stage[PARKED] = Response(b"<title>Page not found</title><h1>Page not found</h1><p>Sorry.</p>")
    folder.article(ALPHA, BETA, GAMMA, PARKED, GONE)
    folder.check("article.md")


@pytest.fixture
def known(once: Any) -> Any:
    """A page with a validator, one without, one behind a redirect, one that is no page, one that is gone."""
    return once(_known)


def rows(folder: Any, table: str) -> int:
    with sqlite3.connect(folder.root / "archive" / "archive.sqlite") as database:
        query = f"SELECT count(*) FROM {table}"  # noqa: S608 - a table of ours
        number: int = database.execute(query).fetchone()[0]
    database.close()
    return number


def test_nights_without_news_add_visits_and_nothing_else(known: Any) -> None:
    before = {table: rows(known, table) for table in ("outcomes", "captures", "visits", "baselines")}
    state = known.state()
    stamp = (known.root / "archive" / "state.jsonl").stat().st_mtime_ns
    last = known.check(now="2026-01-08")
    assert [source["changed"] for source in last.json["sources"]].count("new") == 0
    assert {table: rows(known, table) for table in before} == before | {"visits": before["visits"] + 5}
    assert known.state() == state
    assert (known.root / "archive" / "state.jsonl").stat().st_mtime_ns == stamp


def test_a_page_seen_again_has_been_compared_and_is_confirmed_after_a_day(known: Any) -> None:
    soon = known.check(now="2026-01-05T12:00:00Z").source(ALPHA)
    assert (soon["verdict"], soon["reason"], soon["similarity"], soon["confirmed"]) == ("ok", "same", 1.0, False)
    assert soon["evidence"] == ["the page is what it was, byte for byte"]
    assert soon["citations"][0]["similarity"] == 1.0
    later = known.check(now="2026-01-06T12:00:00Z").source(ALPHA)
    assert later["confirmed"]
    assert rows(known, "outcomes") == 5


def test_a_rebuilt_database_tells_the_same(known: Any) -> None:
    known.check(now="2026-01-05T12:00:00Z")
    last = known.check(now="2026-01-07")
    assert known.run("rebuild", now="2026-01-07T01:00:00Z").code == 0
    again = known.run("report", "--format", "json", now="2026-01-07T01:00:00Z")
    assert again.json == last.json
    after = known.check(now="2026-01-08").json
    assert [
        (source["url"], source["verdict"], source["reason"], source["since"], source["confirmed"])
        for source in after["sources"]
    ] == [
        (source["url"], source["verdict"], source["reason"], source["since"], True) for source in last.json["sources"]
    ]


def test_the_state_file_is_written_anew_where_it_is_not_the_one_that_was_sealed(known: Any) -> None:
    known.check(now="2026-01-06")
    known.check(now="2026-01-07")
    state = known.state()
    file = known.root / "archive" / "state.jsonl"
    file.write_bytes(b"<<<<<<< HEAD\n" + state)  # a merge that went wrong
    known.check(now="2026-01-08")
    assert known.state() == state
    file.unlink()
    known.check(now="2026-01-09")
    assert known.state() == state


def test_only_what_changed_is_another_line_of_the_state(known: Any, stage: Any) -> None:
    known.check(now="2026-01-06")
    known.check(now="2026-01-07")
    before = known.state().splitlines()
    stage[BETA] = stage.html("another page altogether")
    known.check(now="2026-01-08")
    after = known.state().splitlines()
    assert [json.loads(line)["url"] for line in after if line not in before] == [BETA]
    assert [json.loads(line)["url"] for line in after] == [json.loads(line)["url"] for line in before]
    shutil.rmtree(known.root / "archive" / "manifests")  # nothing tells that the file is whole: all of it is made again
    known.check(now="2026-01-09")
    assert len(known.state().splitlines()) == len(after)


@pytest.mark.parametrize("ignored", [(), (PARKED,), (GONE, ALPHA)])
def test_sources_are_counted_as_they_are_read(known: Any, ignored: tuple[str, ...]) -> None:
    for number, url in enumerate(ignored):
        assert known.run("ignore", url, "--reason", "known", now=f"2026-01-05T0{7 + number}:00:00Z").code == 0
    known.check(now="2026-01-06")
    project = Project(known.root)
    with open_store(project.database) as store:
        report = load_report(store, decisions.load(project.decisions))
        assert report.kinds.total() == 5
        assert {source.result.url: source.kind for source in report.sources} == {
            source.result.url: source.kind
            for kind in report.kinds
            for source in report.of(lambda entry, k=kind: entry == k)
        }
        assert sum(kind.is_ignored for kind in report.kinds.elements()) == len(ignored)
        for kind, number in report.kinds.items():
            assert [source.kind for source in report.of(lambda entry, k=kind: entry == k)] == [kind] * number


def test_a_page_whose_copy_is_not_here_is_asked_for_whole_once_a_fresh_copy_is_due(known: Any, stage: Any) -> None:
    for file in (known.root / "archive" / "warc").iterdir():
        file.unlink()
    for day, is_conditional in (("2026-01-06", True), ("2026-06-06", False)):
        stage.requests.clear()
        known.check(now=day)
        asked = ["if-none-match" in request.headers for request in stage.requests if request.url == ALPHA]
        assert asked == [is_conditional], day


def test_the_review_page_is_told_what_the_report_is(known: Any) -> None:
    known.check(now="2026-01-07")
    project = Project(known.root)
    with open_store(project.database) as store:
        report = load_report(store, ())
        stands = {source.result.url: source for _, _, source in latest_reports(store)}
        assert stands == {source.result.url: source for source in report.sources}


def test_sources_that_differ_in_a_secret_keep_their_own_lines_of_the_state(folder: Any, stage: Any) -> None:
    first, second = (f"{BETA}?token={secret * 8}" for secret in ("a1", "b2"))
    stage[first], stage[second] = stage.html("one"), stage.html("two")
    folder.article(first, second)
    folder.check("article.md")
    folder.check(now="2026-01-06")
    stage[first] = stage.html("another page altogether")
    folder.check(now="2026-01-07")
    state = [json.loads(line) for line in folder.state().splitlines()]
    assert sorted(entry["verdict"] for entry in state) == ["drifted", "ok"]
    assert len({entry["baselines"][0]["time"] for entry in state}) == 2, "each line is of another source"


def test_a_page_that_did_not_change_is_kept_once_the_rule_of_its_site_allows_it(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha", etag='"a1"')
    stage[BETA] = stage.html("beta")
    folder.article(ALPHA, BETA)
    rules = "".join(f'[[sites]]\nhost = "{name}.example"\ncapture = false\n' for name in ("alpha", "beta"))
    folder.write("archive.toml", rules)
    folder.check("article.md")
    folder.check(now="2026-01-06")
    assert rows(folder, "captures") == 0
    folder.write("archive.toml", rules.replace("false", "true"))
    last = folder.check(now="2026-01-07")
    assert rows(folder, "captures") == 2
    assert all(source["capture"] is not None for source in last.json["sources"])


@pytest.mark.parametrize("where", [ALPHA, BETA, "https://gamma.example/new"])
def test_a_304_that_nobody_asked_for_does_not_keep_a_promise(known: Any, stage: Any, where: str) -> None:
    known.check(now="2026-01-06")
    stage[where] = Response(b"", 304)
    if where == ALPHA:  # asked with a validator, but by another address
        stage[ALPHA] = stage.redirect("https://alpha.example/there", 302)
        stage["https://alpha.example/there"] = Response(b"", 304)
    last = known.check(now="2026-01-07")
    url = GAMMA if where.startswith("https://gamma") else where
    assert last.told(url)[:2] == ("unreachable", "protocol")
