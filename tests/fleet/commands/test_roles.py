"""Who may do what: the statements of docs/fleet.md, by roles that have no other rights."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import private_postgresql
import psycopg
import pytest
from fleet_rig import Hub, Web, ended

PAGE = Path(__file__).parents[3] / "docs" / "fleet.md"
URL = "http://h1.example/council"
SECRET = "http://h3.example/unpublished"


def statements(word: str) -> str:
    """The SQL block of the page with that word in it."""
    blocks = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    [block] = [block for block in blocks if word in block]
    return block


@pytest.fixture
def roles(new_hub: Hub, postgresql: private_postgresql.Server) -> Iterator[Hub]:
    """A hub that the role `archive` has made, who is no superuser; with a project of the role `politics`."""
    hub = new_hub
    name = hub.url.partition("@/")[2].partition("?")[0]
    postgresql.run("CREATE ROLE archive LOGIN")
    postgresql.run(f"GRANT CREATE ON DATABASE {name} TO archive")
    try:
        as_role(hub, "archive").init(4)
        hub.execute(statements("CREATE ROLE politics"))
        yield hub
    finally:
        for role in ("politics", "reader", "archive"):
            hub.execute(
                f"DO $$ BEGIN IF to_regrole('{role}') IS NOT NULL THEN DROP OWNED BY {role} CASCADE; END IF; END $$"
            )
            postgresql.run(f"DROP ROLE IF EXISTS {role}")


def as_role(hub: Hub, role: str) -> Hub:
    return replace(hub, url=hub.url.replace("postgres@", f"{role}@"))


def pushed(hub: Hub, name: str, *urls: str) -> Any:
    project = hub.project(name)
    project.article(*urls)
    ran = project.run("push", now=None)
    assert ran.code == 0, ran
    return project


def assert_refused(ran: Any, *secrets: str) -> None:
    assert ran.code in (2, 3), ran
    assert ran.err.startswith("archive: "), ran
    assert "permission denied" in ran.err or "has no right to" in ran.err
    for secret in secrets:
        assert secret not in ran.out + ran.err


@pytest.mark.long
def test_who_pushes_a_project_and_who_reads_it(roles: Hub, web: Web) -> None:
    owner, editor = as_role(roles, "archive"), as_role(roles, "politics")
    private = pushed(owner, "private", SECRET, URL)
    project = pushed(editor, "politics", URL)
    project.article(URL, "http://h2.example/")
    assert project.run("push", now=None).code == 0, "also once its schema is there"
    owner.work()
    roles.execute(statements("CREATE ROLE reader"))
    reader = as_role(roles, "reader")
    for hub in (owner, editor, reader):
        report = hub.project("politics").run("report", "--format", "json", now=None)
        assert (report.code, report.source(URL)["verdict"]) == (0, "ok"), (hub.url, report)
        assert SECRET not in report.out
        assert "2 sources under watch" in hub.project("politics").run("status", now=None).out
    assert_refused(reader.project("politics").run("push", now=None))
    for hub in (editor, reader):
        for command in (("report",), ("status",), ("show", SECRET), ("search", "harbour"), ("push",)):
            assert_refused(hub.project("private").run(*command, now=None), SECRET)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            hub.rows("SELECT body FROM hub.projects")
    assert private.run("report", "--format", "json", now=None).source(SECRET)["verdict"] == "ok"


@pytest.mark.long
def test_a_project_that_workers_have_no_right_to_stops_no_other(roles: Hub, web: Web) -> None:
    owner, editor = as_role(roles, "archive"), as_role(roles, "politics")
    private, project = pushed(owner, "private", URL), pushed(editor, "politics", URL)
    roles.execute("REVOKE politics FROM archive")
    worked = owner.folder("worker").run("worker", "--once", now=None)
    assert (worked.code, "politics is left out for an hour" in worked.err) == (0, True), worked
    assert "permission denied for schema project_politics" in worked.err
    assert private.run("report", "--format", "json", now=None).source(URL)["verdict"] == "ok"
    assert "permission denied for schema" in owner.folder().run("hub", "status", now=None).out
    roles.execute("GRANT politics TO archive")
    upgraded = owner.upgrade()
    assert upgraded.code == 0, upgraded
    owner.work()
    assert project.run("report", "--format", "json", now=None).source(URL)["verdict"] == "ok"


@pytest.mark.long
def test_a_check_by_who_pushes(roles: Hub, web: Web) -> None:
    worker = as_role(roles, "archive").worker("a")
    project = as_role(roles, "politics").project("politics")
    project.article(URL)
    ran = project.check("--max-time", "100", now=None)
    assert (ran.code, ran.source(URL)["verdict"]) == (0, "ok"), ran
    worker.terminate()
    assert ended(worker)[0] == 0


@pytest.mark.long
def test_a_backup_restored_is_the_same_hub(hub: Hub, web: Web, postgresql: private_postgresql.Server) -> None:
    project = pushed(hub, "politics", URL)
    hub.work()
    name = postgresql.create()
    restored = replace(hub, url=postgresql.url(name))
    folder = private_postgresql.programs()
    assert folder is not None
    dump = subprocess.run([folder / "pg_dump", "--format=custom", hub.url], capture_output=True, check=True)
    restore = [folder / "pg_restore", "--no-owner", "--exit-on-error", "--dbname", restored.url]
    subprocess.run(restore, input=dump.stdout, capture_output=True, check=True)
    restored.execute("UPDATE hub.ranges SET fence = fence + 1000")
    try:
        assert restored.written() == hub.written()
        before = project.run("report", "--format", "json", now=None).json
        again = restored.project("politics")
        report = again.run("report", "--format", "json", now=None).json
        assert report["sources"] == before["sources"]
        again.article(URL, "http://h2.example/")
        assert again.run("push", now=None).code == 0
        restored.work()
        restored.assert_kept(again, [URL, "http://h2.example/"])
    finally:
        postgresql.drop(name)
