"""changed, was, since, confirmed, last_ok and strikes over several simulated days (docs/design.md §7, §8)."""

from __future__ import annotations

from typing import Any

import pytest

from linkarchive.demo.wire import Reset, Response

pytestmark = pytest.mark.usefixtures("database")  # on SQLite, and on PostgreSQL

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"


def history(source: dict[str, Any]) -> dict[str, Any]:
    names = ("verdict", "reason", "changed", "was", "since", "confirmed", "last_ok", "strikes")
    return {name: source[name] for name in names}


def day(text: str | None) -> str | None:
    return None if text is None else text[:10]


def test_a_drift_stands_until_the_page_is_back(folder: Any, stage: Any) -> None:
    folder.article(ALPHA)
    stage[ALPHA] = stage.html("alpha", etag='"then"')
    folder.check("article.md", now="2026-01-05")

    stage[ALPHA] = stage.html("something else", etag='"now"')
    second = folder.check(now="2026-01-12")
    assert second.code == 1
    source = second.source(ALPHA)
    assert second.told(ALPHA)[::2] == ("drifted", "new")
    assert (source["was"], day(source["since"]), day(source["last_ok"])) == ("ok", "2026-01-12", "2026-01-05")
    assert not source["confirmed"]
    assert source["similarity"] < 0.2
    assert day(source["baseline"]["time"]) == "2026-01-05"

    # The server says that nothing has changed since: that is the drifted page, and no recovery.
    third = folder.check(now="2026-01-14")
    assert stage.requests[-1].headers["if-none-match"] == '"now"'
    again = third.source(ALPHA)
    assert third.told(ALPHA) == ("drifted", source["reason"], "still")
    assert (again["was"], day(again["since"]), again["confirmed"]) == ("drifted", "2026-01-12", True)
    assert again["evidence"] == source["evidence"]

    stage[ALPHA] = stage.html("alpha", etag='"back"')
    fourth = folder.check(now="2026-01-20")
    back = fourth.source(ALPHA)
    assert fourth.told(ALPHA) == ("ok", "same", "recovered")
    assert (back["was"], day(back["since"]), day(back["last_ok"])) == ("drifted", "2026-01-20", "2026-01-20")
    assert fourth.code == 0
    assert folder.captures() == 3  # the page, its drift, and that it is back
    assert back["capture"]["warc"].endswith(f"{fourth.json['run']['id']}-00000.warc.gz")

    fifth = folder.check(now="2026-01-27")
    assert fifth.told(ALPHA) == ("ok", "same", "none")
    assert day(fifth.source(ALPHA)["since"]) == "2026-01-20"


def test_confirmation_takes_two_runs_a_day_apart(folder: Any, stage: Any) -> None:
    folder.article(ALPHA)
    stage[ALPHA] = Response(b"<h1>gone</h1>", 410)
    assert not folder.check("article.md", now="2026-01-05T06:00:00Z").source(ALPHA)["confirmed"]
    assert not folder.check(now="2026-01-05T09:00:00Z").source(ALPHA)["confirmed"]
    source = folder.check(now="2026-01-06T06:30:00Z").source(ALPHA)
    assert source["confirmed"]
    assert source["last_ok"] is None


def test_a_dead_link_is_visited_again_and_its_return_is_news(folder: Any, stage: Any) -> None:
    folder.article(ALPHA)
    stage[ALPHA] = stage.html("alpha")
    folder.check("article.md", now="2026-01-05")
    stage[ALPHA] = stage.html("no", status=404)
    dead = folder.check(now="2026-01-06")
    assert dead.told(ALPHA) == ("dead", "http-404", "new")
    assert day(dead.source(ALPHA)["last_good"]["time"]) == "2026-01-05"
    stage[ALPHA] = stage.html("alpha")
    back = folder.run("check", "-q", now="2026-01-07")
    assert back.code == 0
    assert ALPHA in back.out


@pytest.mark.parametrize("reply", [Reset(), Response(b"<h1>Internal error</h1>", 500)], ids=["reset", "http-5xx"])
def test_three_failures_that_span_a_week_are_death(folder: Any, stage: Any, reply: Any) -> None:
    folder.article(ALPHA, BETA)
    stage[ALPHA] = stage.html("alpha")
    stage[BETA] = stage.html("beta")
    folder.check("article.md", now="2026-01-05T06:00:00Z")
    stage[ALPHA] = reply
    strikes = []
    for now in ("2026-01-10T06:00:00Z", "2026-01-10T07:00:00Z", "2026-01-13T06:00:00Z", "2026-01-15T06:00:00Z"):
        ran = folder.check(now=now)
        source = ran.source(ALPHA)
        assert source["verdict"] == "unreachable"
        assert ran.code == 0
        strikes.append(source["strikes"])
    assert strikes == [1, 1, 2, 3]  # an hour later is no strike; three within five days are no death
    ran = folder.check(now="2026-01-17T06:00:01Z")
    assert ran.told(ALPHA) == ("dead", "unreachable-since", "still")
    assert ran.source(ALPHA)["was"] == "unreachable"
    assert ran.code == 1
    assert day(ran.source(ALPHA)["since"]) == "2026-01-17"
    assert day(ran.source(ALPHA)["last_ok"]) == "2026-01-05"
    stage[ALPHA] = stage.html("alpha")
    back = folder.check(now="2026-01-20T06:00:00Z")
    assert back.told(ALPHA) == ("ok", "same", "recovered")
    assert back.source(ALPHA)["strikes"] == 0


@pytest.mark.parametrize("status", [200, 403])
def test_any_answer_clears_the_strikes(folder: Any, stage: Any, status: int) -> None:
    folder.article(ALPHA, BETA)
    stage[ALPHA] = Reset()
    stage[BETA] = stage.html("beta")
    folder.check("article.md", now="2026-01-05")
    assert folder.check(now="2026-01-07").source(ALPHA)["strikes"] == 2
    stage[ALPHA] = stage.html("alpha", status=status)
    assert folder.check(now="2026-01-09").source(ALPHA)["strikes"] == 0
    stage[ALPHA] = Reset()
    after = folder.check(now="2026-01-20").source(ALPHA)
    assert (after["verdict"], after["strikes"]) == ("unreachable", 1)


def test_a_bad_certificate_never_becomes_death(folder: Any, stage: Any, demo_web: Any) -> None:
    demo_web.epoch = "year-later"
    sealed = "https://old-seal.example/"
    folder.article(sealed, BETA)
    stage[BETA] = stage.html("beta")
    for now in ("2026-01-05", "2026-01-15", "2026-02-15", "2026-06-15"):
        source = folder.check("article.md", now=now).source(sealed)
        assert (source["verdict"], source["reason"], source["strikes"]) == ("unreachable", "tls", 0)


def test_a_missing_page_gets_a_second_look_within_the_run(folder: Any, stage: Any) -> None:
    folder.article(ALPHA, BETA)
    stage[ALPHA] = lambda request: stage.html("alpha", status=404 if stage.asked(ALPHA) == 1 else 200)
    stage[BETA] = stage.html("beta", status=404)
    ran = folder.check("article.md")
    assert ran.told(ALPHA)[0] == "ok"
    assert ran.told(BETA)[:2] == ("dead", "http-404")
    assert (stage.asked(ALPHA), stage.asked(BETA)) == (2, 2)


def test_a_name_that_does_not_exist_is_dead_and_looked_up_twice(folder: Any, stage: Any) -> None:
    nowhere = "http://no-such-name.invalid/page"
    folder.article(nowhere, BETA)
    stage[BETA] = stage.html("beta")
    ran = folder.run("check", "article.md", "--format", "json", "-v", env={"no_proxy": "no-such-name.invalid"})
    verdict, reason, _ = ran.told(nowhere)
    # Without a resolver on this machine the name is only “unreachable”: that is what we know then.
    assert (verdict, reason) in (("dead", "dns"), ("unreachable", "dns"))
    assert ran.told(BETA)[0] == "ok"


def test_two_articles_of_different_days_have_their_own_baselines(folder: Any, stage: Any) -> None:
    folder.article(ALPHA, name="old.md", published="2026-01-05")
    stage[ALPHA] = stage.html("alpha")
    folder.check("old.md", now="2026-01-05")
    stage[ALPHA] = stage.html("another text")
    folder.article(ALPHA, name="new.md", published="2026-02-05")
    folder.check("old.md", "new.md", now="2026-02-05")
    ran = folder.check(now="2026-03-05")
    source = ran.source(ALPHA)
    assert source["verdict"] == "drifted"  # the worst of its citations
    cited = {citation["article"]: citation for citation in source["citations"]}
    assert (cited["old.md"]["verdict"], day(cited["old.md"]["baseline"]["time"])) == ("drifted", "2026-01-05")
    assert (cited["new.md"]["verdict"], day(cited["new.md"]["baseline"]["time"])) == ("ok", "2026-02-05")
    assert cited["new.md"]["baseline"]["days_off"] == 0
    assert source["similarity"] == cited["old.md"]["similarity"]
