"""The whole road: projects are pushed, workers visit, each project reads its own report."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from warcio.archiveiterator import ArchiveIterator

from linkarchive.demo.wire import Request, Response
from linkarchive.errors import UsageError
from linkarchive.fleet import batch
from linkarchive.fleet.importing import read
from linkarchive.store import hub_ranges, runs
from linkarchive.store.hub import ProjectStore, SharedConnection, open_hub, projects
from linkarchive.store.hub_ranges import LostLeaseError

URLS = ("http://alpha.example/a", "http://beta.example/b", "http://gamma.example/gone")


@pytest.fixture
def politics(hub_project: Callable[[str], Any], stage: Any) -> Any:
    """A project that cites three pages, one of which is gone."""
    project = hub_project("politics")
    stage[URLS[0]] = stage.html("harbours")
    stage[URLS[1]] = stage.html("tides")
    project.article(*URLS)
    project.run("extract", "article.md", "--write")
    return project


def test_a_project_is_pushed_visited_and_reported(politics: Any) -> None:
    pushed = politics.run("push")
    assert (pushed.code, pushed.out) == (0, "pushed politics: 1 article, 3 sources (3 new)\n"), pushed.err
    worked = politics.run("worker", "--once")
    assert worked.code == 0, worked.err
    report = politics.run("report", "--format", "json")
    assert [report.told(url)[0] for url in URLS] == ["ok", "ok", "dead"]
    assert report.json["run"]["complete"]
    assert report.json["articles"][0]["path"] == "article.md"
    assert "harbours" in politics.run("show", URLS[0], "--text").out
    assert "3 sources under watch" in politics.run("status").out
    assert "politics: 3 sources, 0 due" in politics.run("hub", "status").out


def test_pushing_again_adds_what_is_new_and_takes_out_what_left(politics: Any) -> None:
    politics.run("push")
    politics.write("links.txt", f"{URLS[0]}\nhttp://delta.example/new\n")
    (politics.root / "article.md").unlink()
    assert "2 sources (1 new)" in politics.run("push").out
    [project] = politics.run("hub", "status", "--format", "json").json["projects"]
    assert (project["name"], project["sources"], project["due"]) == ("politics", 2, 2)


def test_a_page_that_two_projects_cite_is_visited_once_and_judged_for_each(
    hub_project: Callable[[str], Any], politics: Any, stage: Any
) -> None:
    culture = hub_project("culture")
    culture.write("links.txt", f"{URLS[0]}\n")
    for project in (politics, culture):
        project.run("push")
    assert politics.run("worker", "--once").code == 0
    assert stage.asked(URLS[0]) == 1
    theirs = culture.run("report", "--format", "json")
    assert [source["url"] for source in theirs.json["sources"]] == [URLS[0]]
    assert theirs.told(URLS[0])[0] == "ok"
    assert "harbours" in culture.run("show", URLS[0], "--text").out


def test_projects_are_written_some_at_a_time_and_what_was_written_stays(
    hub_project: Callable[[str], Any], stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage[URLS[0]] = stage.html("harbours")
    folders = [hub_project(name) for name in ("culture", "politics", "sports")]
    for project in folders:
        project.write("links.txt", f"{URLS[0]}\n")
        project.run("push")
    monkeypatch.setattr(batch, "TOGETHER", 2)
    hold, times = hub_ranges.hold, iter(range(9))

    def lost_at_the_second(*args: Any) -> None:
        if next(times) == 1:
            raise LostLeaseError("range 1 was given to another worker")
        hold(*args)

    monkeypatch.setattr(hub_ranges, "hold", lost_at_the_second)
    worked = folders[0].run("worker", "--once")
    assert (worked.code, "given to another worker" in worked.err) == (0, True), worked
    assert [project.run("report", "--format", "json").told(URLS[0])[0] for project in folders] == ["ok"] * 3
    assert stage.asked(URLS[0]) == 2, "for those that were not written it was visited again"
    assert folders[0].run("hub", "verify").code == 0


def test_what_changed_by_the_next_round_is_news_and_what_did_not_is_a_row(politics: Any, stage: Any) -> None:
    politics.run("push", now="2026-01-05")
    politics.run("worker", "--once", now="2026-01-05")
    stage[URLS[1]] = stage.html("another subject")
    assert politics.run("worker", "--once", now="2026-01-12").code == 0
    report = politics.run("report", "--format", "json", now="2026-01-12")
    assert report.told(URLS[1]) == ("drifted", "replaced", "new")
    assert report.told(URLS[2])[0::2] == ("dead", "still")
    assert stage.asked(URLS[0]) == 2
    assert len(politics.run("runs", "--format", "json", now="2026-01-12").json["runs"]) == 2


def test_without_a_hub_and_with_a_faulty_name_the_command_says_what_to_do(folder: Any, politics: Any) -> None:
    assert "[hub] in archive.toml" in folder.run("worker", "--once").err
    assert politics.run("hub", "init").code == 2
    refused = politics.run("push", env={"ARCHIVE_HUB_PROJECT": "Politics!"})
    assert refused.code == 2
    assert "lower-case letters" in refused.err
    assert politics.run("verify").code == 2


def test_a_check_waits_for_the_workers_and_reports_all_sources(politics: Any) -> None:
    worker = politics.start("worker")
    try:
        report = politics.check("--max-time", "600")
    finally:
        worker.terminate()
    assert report.code == 1, report.err
    assert [report.told(url)[0] for url in URLS] == ["ok", "ok", "dead"]
    assert worker.wait(300) == 0
    assert politics.check("--limit", "1").code == 2


def test_a_project_that_was_not_pushed_says_so(hub_project: Callable[[str], Any]) -> None:
    refused = hub_project("politics").run("report")
    assert (refused.code, "archive push" in refused.err) == (2, True)


def test_dead_pages_of_a_slow_host_are_concluded_on(politics: Any) -> None:
    pages = [f"http://gamma.example/{number}" for number in range(15)]
    politics.article(*pages)
    politics.run("push")
    pace = {"ARCHIVE_NETWORK_HOST_DELAY": "0.1", "ARCHIVE_HUB_SEGMENT_SECONDS": "1"}
    assert politics.run("worker", "--once", env=pace).code == 0
    report = politics.run("report", "--format", "json")
    assert {report.told(url)[0] for url in pages} == {"dead"}


def test_headers_of_a_site_stay_in_the_folder(politics: Any) -> None:
    politics.write("archive.toml", '[[sites]]\nhost = "alpha.example"\nheaders = ["Cookie: s3cret"]\n')
    pushed = politics.run("push")
    assert (pushed.code, "the headers for alpha.example are not told to the hub" in pushed.err) == (0, True), pushed
    with open_hub(politics.environ["ARCHIVE_HUB_DATABASE"]) as store:
        [project] = projects(store)
    assert ("alpha.example" in project.body, "s3cret" in project.body) == (True, False)


def test_what_a_page_needs_to_be_shown_is_kept_beside_it(politics: Any, stage: Any) -> None:
    sheet, picture = "http://beta.example/all.css", "http://alpha.example/picture.png"
    body = stage.html("harbours").body
    stage[URLS[0]] = Response(body.replace(b"</head>", f"<link rel=stylesheet href={sheet}></head>".encode()))
    stage[sheet] = Response(f"p {{background: url({picture})}}".encode(), content_type="text/css")
    open_transactions: list[int] = []

    def answer(_: Request) -> Response:
        """While parts are fetched, nobody has to wait for the worker, nor does it keep rows."""
        query = """SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid != pg_backend_pid() AND xact_start IS NOT NULL"""
        with open_hub(politics.environ["ARCHIVE_HUB_DATABASE"]) as store:
            open_transactions.append(store.execute(text(query)).scalar_one())
        return Response(b"picture", content_type="image/png")

    stage[picture] = answer
    politics.write("archive.toml", '[keep]\nscope = "page"\n')
    politics.run("push")
    worked = politics.run("worker", "--once")
    assert worked.code == 0, worked.err
    assert (on_shelf(politics, sheet), on_shelf(politics, picture), open_transactions) == (1, 1, [0])
    assert "page" in politics.run("show", URLS[0]).out
    assert politics.run("worker", "--once", now="2026-01-12").code == 0
    assert (stage.asked(URLS[0]), stage.asked(sheet)) == (2, 1)


def test_a_page_that_no_browser_sees_drawn_is_told_as_such_and_visited_again(politics: Any, stage: Any) -> None:
    shell = b"<html><head><title>App</title></head><body><div id=root></div><script src=/app.js></script></body></html>"
    stage[URLS[1]] = Response(shell)
    politics.environ["ARCHIVE_BROWSER_WHEN"] = "never"
    politics.run("push")
    for day in ("2026-01-05", "2026-01-12"):
        assert politics.run("worker", "--once", now=day).code == 0
        assert politics.run("report", "--format", "json", now=day).told(URLS[1])[:2] == ("blocked", "script-only")
    assert (stage.asked(URLS[1]), on_shelf(politics, URLS[1])) == (2, 1)


@pytest.mark.parametrize("parts_have_time", [True, False])
def test_parts_have_time_of_their_own_and_what_is_not_reached_is_fetched_later(
    politics: Any, stage: Any, monkeypatch: pytest.MonkeyPatch, parts_have_time: bool
) -> None:
    sheet = "http://beta.example/all.css"
    body = stage.html("harbours").body
    stage[URLS[0]] = Response(body.replace(b"</head>", f"<link rel=stylesheet href={sheet}></head>".encode()))
    stage[sheet] = Response(b"p {color: red}", content_type="text/css")
    politics.write("archive.toml", '[keep]\nscope = "page"\n')
    politics.run("push")
    seconds = [0.0]

    def passing(ends: bool, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, at whose beginning an hour has passed."""

        def late(*args: Any) -> Any:
            seconds[0] += 3600.0 * ends
            return function(*args)

        return late

    monkeypatch.setattr(batch, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    monkeypatch.setattr(batch, "ask_archives", passing(True, batch.ask_archives))
    monkeypatch.setattr(batch, "keep_parts", passing(not parts_have_time, batch.keep_parts))
    assert politics.run("worker", "--once").code == 0
    assert on_shelf(politics, sheet) == parts_have_time
    monkeypatch.undo()
    assert politics.run("worker", "--once", now="2026-01-05T06:50:00Z").code == 0
    assert on_shelf(politics, sheet) == parts_have_time, "not before an hour has passed"
    assert politics.run("worker", "--once", now="2026-01-05T07:10:00Z").code == 0
    assert on_shelf(politics, sheet) == 1


def test_a_push_looks_for_lost_targets_on_the_original_page(hub_project: Callable[[str], Any], stage: Any) -> None:
    original = "http://origin.example/2021/05/merger"
    said = (
        "In the winter the council sat over {} until the lamps went out, and nobody wrote down who had said what, "
        "or why the harbour master had left so early that evening."
    )
    anchor = f'<a href="{URLS[0]}">tough negotiations</a>'
    page = stage.html("merger").body.replace(b"</h1>", f"</h1><p>{said.format(anchor)}</p>".encode())
    stage[original] = Response(page)
    project = hub_project("politics")
    project.write("links.txt", "articles *.md\n")
    body = said.format("[tough negotiations](#)")
    project.write("article.md", f"# Merger\n\nOriginal url: {original}\n\n{body}\n")
    pushed = project.run("push")
    assert (pushed.code, "2 sources (2 new)" in pushed.out) == (0, True), pushed
    assert URLS[0] in project.links()
    assert project.run("push").code == 0
    assert stage.asked(original) == 1, "an article that is as it was is not looked at again"


def test_a_push_that_reads_pages_keeps_no_worker_waiting(hub_project: Callable[[str], Any], stage: Any) -> None:
    original = "http://origin.example/2021/05/merger"
    project = hub_project("politics")
    database = project.environ["ARCHIVE_HUB_DATABASE"]
    begun: list[str] = []

    def answer(_: Request) -> Response:
        """While the push waits for this page, a worker begins the round of the day."""
        with open_hub(database) as store:
            store.execute(text("SET lock_timeout = '1s'"))
            own = ProjectStore(store.url, SharedConnection(store.connection), "project_politics")
            begun.append(runs.of_round(own, "20260106T000000Z-round", datetime(2026, 1, 6, tzinfo=UTC), True).info.id)
            own.commit()
        return Response(stage.html("merger").body)

    stage[original] = answer
    project.write("links.txt", "articles *.md\n")
    project.write("article.md", f"# Merger\n\nOriginal url: {original}\n\nIt sat over [negotiations](#) then.\n")
    pushed = project.run("push", now="2026-01-06")
    assert (pushed.code, begun) == (0, ["20260106T000000Z-round"]), pushed


def test_old_rounds_keep_what_tells_something(politics: Any) -> None:
    for day in ("2026-01-05", "2026-01-12", "2026-01-19"):
        politics.run("push", now=day)
        assert politics.run("worker", "--once", now=day).code == 0
    politics.run("push", now="2026-01-19", env={"ARCHIVE_KEEP_VISITS": "1"})
    rows = "SELECT run, count(*) FROM project_politics.visits GROUP BY run ORDER BY run"
    with open_hub(politics.environ["ARCHIVE_HUB_DATABASE"]) as store:
        visits = [number for _, number in store.execute(text(rows))]
    assert visits == [3, 3], "the second round repeats the first, and is not the newest"


def test_files_that_are_missing_or_damaged_are_named(politics: Any) -> None:
    politics.run("push")
    politics.run("worker", "--once")
    well = politics.run("hub", "verify")
    assert (well.code, well.out.endswith("missing or damaged: 0\n")) == (0, True), well
    warcs = sorted((Path(politics.environ["ARCHIVE_HUB_SHELF"]) / "warc").glob("*.gz"))
    data = warcs[0].read_bytes()
    warcs[0].chmod(0o644)
    warcs[0].write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    warcs[1].unlink()
    lines = politics.run("hub", "verify").out.splitlines()
    assert f"archive/warc/{warcs[0].name} is damaged: its SHA-256 is another one" in lines
    assert f"archive/warc/{warcs[1].name} is missing" in lines
    assert (
        politics.run("hub", "verify", "--ranges", "4-9").out
        == "files that were put on the shelf: 0; missing or damaged: 0\n"
    )


def test_links_of_a_file_are_imported_and_stay(politics: Any, stage: Any) -> None:
    wiki = "https://wiki.example/Harbour"
    link = {"article": wiki, "url": "http://delta.example/d", "context": "The tide is high.", "accessed": "2025-05-12"}
    stage[link["url"]] = stage.html("delta")
    politics.write("links.jsonl", json.dumps(link) + "\n")
    imported = politics.run("hub", "import", "links.jsonl")
    assert (imported.code, "2 articles, 4 sources (4 new)" in imported.out) == (0, True), imported
    assert "2 articles, 4 sources (0 new)" in politics.run("push").out
    politics.run("worker", "--once")
    source = politics.run("report", "--format", "json").source(link["url"])
    assert source["verdict"] == "ok"
    assert [(cited["article"], cited["accessed"]) for cited in source["citations"]] == [(wiki, "2025-05-12")]
    politics.write("links.jsonl", '{"article": "x"}\n')
    refused = politics.run("hub", "import", "links.jsonl")
    assert (refused.code, "line 1 is no link" in refused.err) == (2, True)


@given(st.lists(st.binary()))
def test_whatever_a_file_says_is_articles_or_refused(lines: list[bytes]) -> None:
    with contextlib.suppress(UsageError):
        assert all(article.citations for article in read(lines))


def on_shelf(project: Any, url: str) -> int:
    """How many responses of that address the shelf has."""
    number = 0
    for path in (Path(project.environ["ARCHIVE_HUB_SHELF"]) / "warc").glob("*.warc.gz"):
        with path.open("rb") as file:
            responses = (record for record in ArchiveIterator(file) if record.rec_type == "response")
            number += [record.rec_headers.get_header("WARC-Target-URI") for record in responses].count(url)
    return number
