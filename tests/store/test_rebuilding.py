"""The text files and the WARC files are the truth: the database is made again from them (docs/design.md §6)."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from linkarchive.demo.wire import Reset

pytestmark = pytest.mark.long

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"
GAMMA = "http://gamma.example/list"
DELTA = "http://delta.example/flaky"
URLS = (ALPHA, BETA, GAMMA, DELTA)
RUNS = ("2026-01-05", "2026-02-05", "2026-02-07")


def year(stage: Any) -> None:
    """ALPHA stays (but for its advertisements), BETA drifts, GAMMA dies, DELTA fails."""
    stage[BETA] = stage.html("something else altogether")
    stage[GAMMA] = stage.html("gone", status=410)
    stage[DELTA] = Reset()


def _lived(folder: Any, stage: Any) -> None:
    for url in URLS:
        stage[url] = stage.html(url)
    stage[ALPHA] = lambda request: stage.html(ALPHA, ad=f"{request.nth} flats at Port Ellis, book today")
    folder.article(*URLS, published="2026-01-05")
    folder.write("lost.md", "The [tough talks](#) of that winter.\n")
    folder.check("article.md", "lost.md", now=RUNS[0])
    year(stage)
    for day in RUNS[1:]:
        folder.check(now=day)


@pytest.fixture
def lived(once: Any) -> Any:
    """A folder with three runs of news."""
    return once(_lived)


def without_database(folder: Any) -> None:
    for path in (folder.root / "archive").glob("archive.sqlite*"):
        path.unlink()


def as_cloned(folder: Any) -> None:
    """What Git brings to another machine: the text files only."""
    without_database(folder)
    shutil.rmtree(folder.root / "archive" / "warc")


def all_reports(folder: Any) -> list[str]:
    ids = sorted(path.stem for path in (folder.root / "archive" / "manifests").glob("*.json"))
    return [folder.run("report", "--run", run, "--format", "json").out for run in ids]


def test_a_rebuilt_database_gives_the_same_reports(lived: Any) -> None:
    latest, every, shown = lived.run("report", "--format", "json").out, all_reports(lived), lived.run("show", BETA).out
    state = lived.state()
    without_database(lived)
    rebuilt = lived.run("rebuild")
    assert rebuilt.code == 0
    assert rebuilt.out.startswith("rebuilt from 3 runs: 12 verdicts")
    assert rebuilt.err == ""
    assert lived.run("report", "--format", "json").out == latest
    assert all_reports(lived) == every
    assert lived.run("show", BETA).out == shown
    assert lived.run("verify").code == 0
    assert lived.state() == state


def test_a_missing_database_is_rebuilt_without_being_asked(lived: Any) -> None:
    latest = lived.run("report", "--format", "json").out
    without_database(lived)
    assert lived.run("report", "--format", "json").out == latest


def test_a_run_after_a_rebuild_goes_on_as_if_nothing_had_happened(lived: Any) -> None:
    without_database(lived)
    lived.run("rebuild")
    ran = lived.check(now="2026-02-09")
    assert {source["changed"] for source in ran.json["sources"]} == {"still", "none"}
    assert ran.json["unresolved"][0]["changed"] == "still"
    assert ran.source(DELTA)["strikes"] == 3
    assert ran.source(BETA)["since"].startswith("2026-02-05")
    assert ran.source(BETA)["baseline"]["time"].startswith("2026-01-05")
    assert ran.source(ALPHA)["last_good"]["time"].startswith("2026-01-05")
    assert lived.run("verify").code == 0


def test_a_fresh_clone_makes_no_news(lived: Any) -> None:
    before = {source["url"]: source for source in lived.run("report", "--format", "json").json["sources"]}
    as_cloned(lived)
    ran = lived.check(now="2026-02-09")
    assert {source["url"]: source["changed"] for source in ran.json["sources"]} == {
        ALPHA: "none",
        BETA: "still",
        GAMMA: "still",
        DELTA: "still",
    }
    assert ran.told(ALPHA)[:2] == ("ok", "same")
    assert ran.source(ALPHA)["similarity"] == 1.0
    for url in (BETA, GAMMA, DELTA):
        source = ran.source(url)
        for key in ("verdict", "reason", "since", "last_ok", "evidence", "similarity", "baseline"):
            assert source[key] == before[url][key], (url, key)
    assert ran.source(DELTA)["strikes"] == 3
    assert ran.source(BETA)["citations"][0]["verdict"] == "drifted"


def test_a_fresh_clone_leaves_the_state_as_it_was(lived: Any) -> None:
    lived.check(now="2026-02-09")
    lived.check(now="2026-02-10")
    before = {json.loads(line)["url"]: line for line in lived.state().splitlines()}
    as_cloned(lived)
    lived.check(now="2026-02-10T12:00:00Z")
    after = {json.loads(line)["url"]: line for line in lived.state().splitlines()}
    changed = {url for url in URLS if before[url] != after[url]}
    assert BETA not in changed
    assert GAMMA not in changed


def test_a_fresh_clone_sees_a_recovery_and_a_death(lived: Any, stage: Any) -> None:
    as_cloned(lived)
    stage[ALPHA] = stage.html("gone", status=404)
    stage[BETA] = stage.html(BETA)
    ran = lived.check(now="2026-02-09")
    assert ran.told(ALPHA) == ("dead", "http-404", "new")
    assert ran.told(BETA) == ("ok", "same", "recovered")


def test_a_fresh_clone_does_not_judge_what_it_cannot_compare(lived: Any, stage: Any) -> None:
    as_cloned(lived)
    stage[ALPHA] = stage.html("quite another text")
    ran = lived.check(now="2026-02-09")
    assert ran.told(ALPHA) == ("ok", "same", "none")
    assert "not in this folder" in ran.source(ALPHA)["evidence"][-1]
    again = lived.check(now="2026-02-10")
    assert again.source(ALPHA)["evidence"] == ran.source(ALPHA)["evidence"]


def test_what_a_clone_keeps_can_be_read_there(lived: Any, stage: Any) -> None:
    as_cloned(lived)
    stage[BETA] = stage.html(BETA)  # a payload that the missing WARC files hold
    run = lived.check(now="2026-06-09").json["run"]["id"]
    (index,) = (lived.root / "archive" / "indexes").glob(f"{run}-*.cdxj")
    kept = {json.loads(line.split(" ", 2)[2])["url"]: line for line in index.read_text().splitlines()}
    assert set(kept) == {ALPHA, BETA, GAMMA}  # all of them older than 90 days, or new
    assert not any("revisit" in line for line in kept.values())


def test_a_rebuilt_database_and_a_clone_ask_whether_pages_changed(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html(ALPHA, etag='"a1"')
    folder.article(ALPHA, published="2026-01-05")
    folder.check("article.md", now=RUNS[0])
    for lose, day in ((without_database, "2026-01-06"), (as_cloned, "2026-01-07")):
        lose(folder)
        stage.requests.clear()
        ran = folder.check(now=day)
        asked = [request.headers.get("if-none-match") for request in stage.requests if request.url == ALPHA]
        assert asked == ['"a1"'], lose
        assert ran.told(ALPHA) == ("ok", "same", "none")


def test_a_validator_that_changes_on_the_same_page_leaves_the_state_as_it_was(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html(ALPHA, etag='"a1"')
    folder.article(ALPHA, published="2026-01-05")
    folder.check("article.md", now=RUNS[0])
    folder.check(now="2026-01-07")
    before = folder.state()
    stage[ALPHA] = stage.html(ALPHA, etag='"a2"')
    folder.check(now="2026-01-08")
    assert folder.state() == before


def test_a_damaged_state_line_is_named(lived: Any) -> None:
    state = lived.root / "archive" / "state.jsonl"
    state.write_bytes(state.read_bytes().replace(b'"verdict":"drifted"', b'"verdict":"gone?"', 1))
    as_cloned(lived)
    ran = lived.run("check", now="2026-02-09")
    assert ran.code == 3
    assert "state.jsonl:" in ran.err
    assert "Git" in ran.err


def test_a_run_that_was_cut_short_and_finished_is_rebuilt(lived: Any, stage: Any) -> None:
    stage[BETA] = stage.html(BETA)
    cut = lived.check("--max-time", "0.000001", now="2026-02-09")
    assert cut.code == 3
    done = lived.check(now="2026-02-09T08:00:00Z")
    assert done.json["run"]["id"] == cut.json["run"]["id"]
    assert done.told(BETA)[::2] == ("ok", "recovered")
    without_database(lived)
    assert lived.run("rebuild").code == 0
    assert lived.run("report", "--format", "json").out == done.out
    assert lived.run("verify").code == 0


def test_an_acceptance_outlives_the_database_and_a_clone(lived: Any) -> None:
    assert lived.run("accept", BETA, now="2026-02-08").code == 0
    without_database(lived)
    assert lived.check(now="2026-02-09").told(BETA) == ("ok", "same", "none"), "a decision is no event of the web"
    as_cloned(lived)
    ran = lived.check(now="2026-02-10")
    assert ran.told(BETA) == ("ok", "same", "none")
    assert ran.source(BETA)["citations"][0]["accepted"]["when"].startswith("2026-02-08")


def test_what_was_kept_while_we_were_offline_does_not_disturb(lived: Any, stage: Any) -> None:
    for url in URLS:
        stage[url] = stage.html(url)
    lived.check(now="2026-02-09")
    stage[BETA] = stage.html("again something else")
    for url in (ALPHA, GAMMA, DELTA):
        stage[url] = Reset()
    assert lived.check(now="2026-02-10").json["run"]["offline"]
    without_database(lived)
    assert lived.run("rebuild").code == 0
    assert lived.run("verify").code == 0
    for url in (ALPHA, GAMMA, DELTA):
        stage[url] = stage.html(url)
    ran = lived.check(now="2026-02-11")
    assert ran.told(BETA)[::2] == ("drifted", "new")
    assert {ran.told(url)[::2] for url in (ALPHA, GAMMA, DELTA)} == {("ok", "none")}
