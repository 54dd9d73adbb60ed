"""The state of our network is never reported as the state of the web (docs/design.md §4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from linkarchive.demo.wire import Reset

URLS = [f"http://{host}.example/page" for host in ("alpha", "beta", "gamma", "delta")]


def silent(stage: Any, *urls: str) -> None:
    for url in urls:
        stage[url] = Reset()


def alive(stage: Any, *urls: str) -> None:
    for url in urls:
        stage[url] = stage.html(url)


def test_a_first_run_without_a_network_records_nothing(folder: Any, stage: Any) -> None:
    folder.article(*URLS[:2])
    silent(stage, *URLS, "http://canary.example/")
    ran = folder.check("article.md")
    assert ran.code == 3
    assert ran.json["run"]["offline"]
    assert not ran.json["run"]["complete"]
    assert ran.json["sources"] == []
    assert ran.json["summary"]["unreachable"] == 0
    assert not (folder.root / "archive" / "state.jsonl").exists()
    assert "offline" in folder.run("report").out
    assert folder.run("verify").code == 0
    alive(stage, *URLS)
    later = folder.check(now="2026-01-06")
    assert later.code == 0
    assert {source["strikes"] for source in later.json["sources"]} == {0}
    assert {source["was"] for source in later.json["sources"]} == {None}


def test_the_run_after_one_without_a_network_writes_no_state_anew(folder: Any, stage: Any) -> None:
    state = folder.root / "archive" / "state.jsonl"
    folder.article(*URLS[:2])
    alive(stage, *URLS)
    folder.check("article.md")
    written = state.stat().st_ino
    silent(stage, *URLS, "http://canary.example/")
    assert folder.check(now="2026-01-06").json["run"]["offline"]
    alive(stage, *URLS)
    assert not folder.check(now="2026-01-07").json["run"]["offline"]
    assert state.stat().st_ino == written
    stage[URLS[0]] = stage.html("gone", status=410)
    folder.check(now="2026-01-08")
    assert '"dead"' in state.read_text(encoding="utf-8")


def test_a_run_without_a_network_ends_before_everything_was_tried(folder: Any, stage: Any) -> None:
    many = [f"http://{host}.example/page/{number}" for host in ("alpha", "beta") for number in range(300)]
    folder.article(*many)
    silent(stage, *many, "http://canary.example/")
    ran = folder.check("article.md")
    assert (ran.code, ran.json["run"]["offline"], ran.json["sources"]) == (3, True, [])
    assert stage.asked("http://canary.example/") == 1
    assert sum(stage.asked(url) > 0 for url in many) < len(many) / 2


def test_many_silent_hosts_are_all_tried_when_a_canary_answers(folder: Any, stage: Any) -> None:
    many = [f"http://alpha.example/page/{number}" for number in range(60)]
    folder.article(*many)
    silent(stage, *many)
    ran = folder.check("article.md")
    assert ran.json["run"]["complete"]
    assert ran.json["summary"]["unreachable"] == len(many)


def test_it_is_the_web_when_a_canary_answers(folder: Any, stage: Any) -> None:
    folder.article(*URLS[:2])
    silent(stage, *URLS)
    ran = folder.check("article.md")
    assert not ran.json["run"]["offline"]
    assert {source["verdict"] for source in ran.json["sources"]} == {"unreachable"}
    assert {source["strikes"] for source in ran.json["sources"]} == {1}


def test_a_proxy_that_is_down_is_our_trouble(folder: Any, stage: Any) -> None:
    folder.article(*URLS)
    alive(stage, *URLS)
    folder.check("article.md")
    before = folder.state()
    dead = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    ran = folder.check(now="2026-01-06", env=dead)
    assert ran.code == 3
    assert ran.json["run"]["offline"]
    assert "proxy" in " ".join(ran.json["notices"])
    assert folder.state() == before


@pytest.mark.usefixtures("database")
def test_most_known_hosts_failing_at_once_is_our_trouble_even_when_some_answer(folder: Any, stage: Any) -> None:
    folder.article(*URLS)
    alive(stage, *URLS)
    folder.check("article.md")
    before = folder.state()
    silent(stage, *URLS[:3])
    ran = folder.check(now="2026-01-06")
    assert (ran.code, ran.json["run"]["offline"], ran.json["sources"]) == (3, True, [])
    assert folder.state() == before
    assert folder.run("verify").code == 0
    alive(stage, *URLS)
    later = folder.check(now="2026-01-07")
    assert {(source["verdict"], source["changed"]) for source in later.json["sources"]} == {("ok", "none")}


def test_half_of_the_known_hosts_failing_is_the_webs_trouble(folder: Any, stage: Any) -> None:
    folder.article(*URLS)
    alive(stage, *URLS)
    folder.check("article.md")
    silent(stage, *URLS[:2])
    ran = folder.check(now="2026-01-06")
    assert not ran.json["run"]["offline"]
    assert ran.json["summary"]["unreachable"] == 2


@pytest.mark.usefixtures("database")
def test_strikes_do_not_grow_while_we_are_offline(folder: Any, stage: Any) -> None:
    folder.article(URLS[0], URLS[1])
    alive(stage, URLS[1])
    silent(stage, URLS[0])
    folder.check("article.md", now="2026-01-05")
    silent(stage, URLS[1], "http://canary.example/")
    for day in ("07", "09", "11", "13"):
        assert folder.check(now=f"2026-01-{day}").code == 3
    assert json.loads(folder.state().splitlines()[0])["strikes"] == 1


def test_an_article_at_a_url_cannot_be_fetched_without_a_network(folder: Any, stage: Any) -> None:
    silent(stage, "http://alpha.example/article", "http://canary.example/")
    ran = folder.check("http://alpha.example/article")
    assert ran.code == 3
    assert "offline" in ran.err
    assert ran.out == ""
