"""What a first run makes, and what a second costs when nothing, noise or substance changed (docs/design.md §6)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("database")  # on SQLite, and on PostgreSQL

ALPHA = "http://alpha.example/report"
BETA = "https://beta.example/notes"
GAMMA = "https://gamma.example/list"


def test_a_first_run_captures_every_source_and_reports_it_as_first_seen(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    stage[BETA] = stage.html("beta")
    folder.article(ALPHA, BETA)
    ran = folder.check("article.md")
    assert ran.code == 0
    assert [source["reason"] for source in ran.json["sources"]] == ["first-seen", "first-seen"]
    assert ran.json["summary"]["ok"] == 2
    assert ran.json["summary"]["uncompared"] == 2
    for url in (ALPHA, BETA):
        source = ran.source(url)
        assert source["baseline"]["origin"] == "live"
        assert (folder.root / source["capture"]["warc"]).stat().st_size >= (
            source["capture"]["offset"] + source["capture"]["length"]
        )
        assert source["citations"][0]["article"] == "article.md"
    assert folder.captures() == 2
    assert "[article.md]" in folder.links()
    assert ALPHA in folder.links()
    assert folder.run("verify").code == 0


def test_the_archive_folder_ignores_the_database_and_the_warcs(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    folder.check("article.md")
    ignored = (folder.root / "archive" / ".gitignore").read_text().splitlines()
    assert {"archive.sqlite*", "warc/", ".lock"} <= set(ignored)


def test_the_state_is_sorted_and_an_unchanged_web_leaves_it_byte_for_byte(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    stage[BETA] = stage.html("beta", etag='"b1"')
    stage[GAMMA] = lambda request: stage.html("gamma", ad=f"buy {request.nth} boats")
    folder.article(GAMMA, BETA, ALPHA, "http://alpha.example/gone")
    folder.check("article.md")
    folder.check(now="2026-01-06")
    stable = folder.state()
    urls = [json.loads(line)["url"] for line in stable.splitlines()]
    assert urls == sorted(urls)
    folder.check(now="2026-01-08")
    folder.check(now="2026-01-09")
    confirmed = folder.state()
    assert {json.loads(line)["url"] for line in set(confirmed.splitlines()) - set(stable.splitlines())} <= set(urls)
    folder.check(now="2026-01-12")
    assert folder.state() == confirmed


def test_manifests_chain(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    for day in ("2026-01-05", "2026-01-06", "2026-01-07"):
        folder.check("article.md", now=day)
    first, second, third = sorted((folder.root / "archive" / "manifests").glob("*.json"))
    for earlier, later in ((first, second), (second, third)):
        assert hashlib.sha256(earlier.read_bytes()).hexdigest() in later.read_text()
    assert folder.run("verify").code == 0
    second.write_text(second.read_text().replace("T06:", "T07:"))
    assert folder.run("verify").code == 1


def test_a_not_modified_answer_costs_no_capture(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha", etag='W/"a-1"')
    folder.article(ALPHA)
    folder.check("article.md")
    second = folder.check(now="2026-01-12")
    assert stage.requests[-1].headers["if-none-match"] == 'W/"a-1"'
    assert second.told(ALPHA) == ("ok", "same", "none")
    assert second.json["summary"]["uncompared"] == 0
    assert folder.captures() == 1


def test_noise_costs_no_capture_and_substance_keeps_one(folder: Any, stage: Any) -> None:
    stage[ALPHA] = lambda request: stage.html("alpha", ad=f"{request.nth} flats at Port Ellis, book today")
    folder.article(ALPHA)
    folder.check("article.md")
    assert folder.check(now="2026-01-12").told(ALPHA)[0] == "ok"
    assert folder.captures() == 1
    stage[ALPHA] = stage.html("alpha", more=" ".join(stage.prose("a lighthouse", 12)))
    third = folder.check(now="2026-01-19")
    assert third.told(ALPHA) == ("ok", "grew", "none")
    assert folder.captures() == 2
    assert third.source(ALPHA)["capture"]["warc"].endswith(f"{third.json['run']['id']}-00000.warc.gz")


def test_an_unchanged_page_is_kept_again_after_ninety_days_as_a_revisit(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha", etag='"a"')
    stage[BETA] = stage.html("beta")
    folder.article(ALPHA, BETA)
    folder.check("article.md", now="2026-01-05")
    folder.check(now="2026-04-04")
    assert (folder.captures(), folder.revisits()) == (2, 0)
    folder.check(now="2026-04-06")
    assert folder.revisits() == 2
    assert folder.captures() == 3, "the kept 304 is no page of its own: it has no line in the index"
    assert folder.run("verify").code == 0


def test_a_page_that_is_again_what_it_was_is_shown_by_its_own_copy(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    first = folder.check("article.md").source(ALPHA)["capture"]
    stage[ALPHA] = stage.html("alpha", more=" ".join(stage.prose("a lighthouse", 12)))
    between = folder.check(now="2026-01-06").source(ALPHA)["capture"]
    assert between != first
    stage[ALPHA] = stage.html("alpha")
    again = folder.check(now="2026-01-07").source(ALPHA)
    assert again["verdict"] == "ok"
    assert again["capture"] == first


def test_another_redirect_chain_is_kept(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.redirect("http://alpha.example/one", 302)
    stage["http://alpha.example/one"] = stage.html("alpha")
    stage["http://alpha.example/two"] = stage.html("alpha")
    folder.article(ALPHA)
    first = folder.check("article.md")
    assert first.source(ALPHA)["hops"] == [{"url": ALPHA, "status": 302}]
    kept = folder.captures()
    folder.check(now="2026-01-12")
    assert folder.captures() == kept
    stage[ALPHA] = stage.redirect("http://alpha.example/two", 302)
    later = folder.check(now="2026-01-19")
    assert later.source(ALPHA)["final_url"] == "http://alpha.example/two"
    assert folder.captures() > kept


def test_only_runs_with_news_leave_a_report_and_the_newest_are_kept(folder: Any, stage: Any) -> None:
    reports = folder.root / "archive" / "reports"
    folder.write("archive.toml", "[keep]\nreports = 2\n")
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    folder.check("article.md", now="2026-01-05")
    assert not reports.exists()
    runs = []
    for day, alive in (("06", False), ("07", False), ("08", True), ("09", False)):
        stage[ALPHA] = stage.html("alpha", status=200 if alive else 404)
        runs.append(folder.check(now=f"2026-01-{day}").json["run"]["id"])
    kept = sorted(path.name for path in reports.iterdir() if not path.is_symlink())
    assert kept == [runs[2], runs[3]]  # that of the 7th said nothing new, that of the 6th is too old
    assert (reports / "latest").readlink().name == runs[3]
    assert json.loads((reports / "latest" / "report.json").read_text())["run"]["id"] == runs[3]
    assert "<html" in (reports / "latest" / "index.html").read_text()
    assert [path.name for path in (reports / runs[2]).iterdir()] == ["index.html"]
    again = folder.run("report", "--run", runs[2], "--format", "json").json
    assert again["run"]["id"] == runs[2]
    assert len(again["sources"]) == 1
