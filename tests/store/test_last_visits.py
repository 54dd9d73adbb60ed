"""The last visit of each source, as the table of it says, is what the visits say."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select

from linkarchive.demo.wire import Reset
from linkarchive.project import Project
from linkarchive.store import last_visits, schema
from linkarchive.store.opening import open_project

HOSTS = ("alpha", "beta", "gamma", "delta")
URLS = [f"http://{host}.example/page" for host in HOSTS]


def stored_and_made_again(folder: Any) -> tuple[list[Any], list[Any]]:
    """The rows, and those that the visits give."""
    with open_project(Project(folder.root), write=True) as store:
        query = select(schema.last_visits).order_by(schema.last_visits.c.source)
        stored = store.execute(query).all()
        store.execute(delete(schema.last_visits))
        store.execute(last_visits.of_all())
        again = store.execute(query).all()
        store.rollback()
    return list(stored), list(again)


@pytest.mark.usefixtures("database")
def test_runs_that_conclude_take_back_and_repeat(folder: Any, stage: Any) -> None:
    folder.article(*URLS)
    for url in URLS:
        stage[url] = stage.html(url)
    folder.check("article.md")
    stage[URLS[0]] = stage.html("another page")
    folder.check("--limit", "2", now="2026-01-06")
    stage.clear()
    stage["http://canary.example/"] = Reset()
    for url in URLS:
        stage[url] = Reset()
    assert folder.check(now="2026-01-07").json["run"]["offline"]
    stored, again = stored_and_made_again(folder)
    assert len(stored) == len(URLS)
    assert stored == again
    assert {row.run for row in stored} == {1, 2}
    assert folder.run("rebuild", now="2026-01-08").code == 0
    rebuilt, again = stored_and_made_again(folder)
    assert rebuilt == again
    assert [row[0:1] + row[3:] for row in rebuilt] == [row[0:1] + row[3:] for row in stored]
