"""A link through a redirector is judged by the page behind it, and what was known of it goes along."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

from linkarchive.demo.wire import Response
from linkarchive.project import Project
from linkarchive.store import decisions

ALPHA = "http://alpha.example/report"
WRAPPED = "https://www.google.com/url?q=http%3A%2F%2Falpha.example%2Freport&sa=D&usg=AOv"
TRACKED = f"{ALPHA}?utm_source=letter"


def test_the_page_behind_a_redirector_decides(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(WRAPPED)
    ran = folder.check("article.md")
    assert (ran.json["sources"][0]["url"], ran.told(ALPHA)[0]) == (ALPHA, "ok")
    assert ran.source(ALPHA)["citations"][0]["url"] == WRAPPED
    assert stage.asked(ALPHA) == 1
    stage[ALPHA] = Response(b"<h1>gone</h1>", 410)
    assert folder.check(now="2026-01-06").told(ALPHA) == ("dead", "http-410", "new")


def test_one_page_with_and_without_what_counts_its_visitors_is_one_source(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage[TRACKED] = stage.html("alpha")
    folder.article(TRACKED, ALPHA, WRAPPED)
    ran = folder.check("article.md")
    assert len(ran.json["sources"]) == 1
    assert len(ran.json["sources"][0]["citations"]) == 3
    assert (stage.asked(TRACKED), stage.asked(ALPHA)) == (1, 0)  # as first cited


def test_captures_strikes_and_decisions_of_an_old_key_go_along(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    folder.check("article.md")
    stage[ALPHA] = Response(b"<h1>Internal error</h1>", 500)
    folder.check(now="2026-01-06")
    assert folder.run("ignore", ALPHA, "--reason", "known", now="2026-01-06T07:00:00Z").code == 0
    # As an earlier version left it: the wrapper was the key.
    with closing(sqlite3.connect(folder.root / "archive" / "archive.sqlite")) as database:
        database.execute("UPDATE sources SET key = ?, url = ?", (WRAPPED, WRAPPED))
        database.execute("DELETE FROM migrations WHERE name = ?", ("2026-11-29 intended keys",))
        database.commit()
    project = Project(folder.root)
    line = json.loads(project.decisions.read_text())
    project.decisions.write_text(json.dumps(line | {"url": WRAPPED}) + "\n")
    assert [decision.url for decision in decisions.load(project.decisions)] == [ALPHA]
    folder.article(WRAPPED)
    ran = folder.check("article.md", now="2026-01-10")
    source = ran.json["sources"][0]
    assert (source["verdict"], source["strikes"], source["ignored"] is not None) == ("unreachable", 2, True)
    assert source["last_good"]["time"].startswith("2026-01-05")


def test_two_old_keys_of_one_page_become_one_source(folder: Any, stage: Any) -> None:
    beta = "http://beta.example/notes"
    stage[ALPHA] = stage[TRACKED] = stage.html("alpha")
    stage[beta] = stage.html("beta")
    folder.article(ALPHA, beta)
    folder.check("article.md")
    with closing(sqlite3.connect(folder.root / "archive" / "archive.sqlite")) as database:
        database.execute("UPDATE sources SET key = ?, url = ? WHERE key = ?", (TRACKED, TRACKED, beta))
        database.execute("DELETE FROM migrations WHERE name = ?", ("2026-11-29 intended keys",))
        database.commit()
    folder.article(TRACKED, ALPHA)
    ran = folder.check("article.md", now="2026-01-06")
    assert [source["url"] for source in ran.json["sources"] if "alpha" in source["url"]] == [ALPHA]
    history = folder.run("show", ALPHA, now="2026-01-07").out
    assert history.count("HTTP 200") == 3, "the captures of both, and the one of today"
