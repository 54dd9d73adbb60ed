"""What is wrong with a hub, a project or a command is said in a sentence, with an exit code and without a password."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fleet_rig import Hub

URL = "http://h1.example/council"
PASSWORD = "correct-horse-battery"


def assert_plain(ran: Any, code: int, *words: str) -> None:
    assert ran.code == code, ran
    assert "Traceback" not in ran.err + ran.out
    assert PASSWORD not in ran.err + ran.out
    assert ran.err.startswith("archive: "), ran.err
    assert len(ran.err) < 600, ran.err
    for word in words:
        assert word in ran.err, ran.err


def commands(hub: Hub, **environ: str) -> dict[str, Any]:
    """What each command that needs the hub says."""
    project = hub.project("politics", **environ)
    project.article(URL)
    return {
        " ".join(command): project.run(*command, now=None)
        for command in (
            ("hub", "init"), ("hub", "upgrade"), ("hub", "status"), ("push",), ("worker", "--once"),
            ("check", "article.md", "--max-time", "1"), ("report",), ("status",), ("runs",), ("show", URL),
            ("search", "x"),
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://editor:{PASSWORD}@127.0.0.1:1/hub",
        f"postgresql://editor:{PASSWORD}@/hub?host=/nowhere/at/all",
        f"postgresql://editor@/hub?host=/nowhere/at/all&password={PASSWORD}",
    ],
)
def test_a_server_that_is_not_there(new_hub: Hub, address: str) -> None:
    for command, ran in commands(new_hub, ARCHIVE_HUB_DATABASE=address).items():
        assert ran.code in (2, 3), (command, ran)
        assert_plain(ran, ran.code, "database")


@pytest.mark.parametrize(
    "address", ["mysql://x/y", "hub", "postgresql://", "sqlite:///x.sqlite", "postgresql://[::1/x"]
)
def test_an_address_that_is_none(new_hub: Hub, address: str) -> None:
    for command, ran in commands(new_hub, ARCHIVE_HUB_DATABASE=address).items():
        assert ran.code in (2, 3) if address == "postgresql://" else ran.code == 2, (command, ran)
        assert_plain(ran, ran.code)


def test_a_wrong_password(new_hub: Hub, postgresql: Any) -> None:
    rules = postgresql.folder / "data" / "pg_hba.conf"
    postgresql.run("CREATE ROLE editor LOGIN PASSWORD 'right'")
    old = rules.read_text()
    rules.write_text(f"local all editor scram-sha-256\n{old}")
    address = new_hub.url.replace("postgres@", f"editor:{PASSWORD}@")
    try:
        postgresql.run("SELECT pg_reload_conf()")
        end = time.monotonic() + 60
        while time.monotonic() < end:  # the server reads it a little later
            try:
                psycopg.connect(address).close()
            except psycopg.OperationalError:
                break
            time.sleep(0.05)
        for command, ran in commands(new_hub, ARCHIVE_HUB_DATABASE=address).items():
            assert ran.code in (2, 3), (command, ran)
            assert_plain(ran, ran.code, "password")
    finally:
        rules.write_text(old)
        postgresql.run("SELECT pg_reload_conf()")
        postgresql.run("DROP ROLE editor")


def test_a_database_that_does_not_exist(new_hub: Hub) -> None:
    address = new_hub.url.replace("/test_", "/no_test_")
    for ran in commands(new_hub, ARCHIVE_HUB_DATABASE=address).values():
        assert ran.code in (2, 3)
        assert_plain(ran, ran.code)


def test_without_init(new_hub: Hub) -> None:
    project = new_hub.project("politics")
    project.article(URL)
    for command in (
        ("hub", "status"),
        ("push",),
        ("worker", "--once"),
        ("report",),
        ("check", "article.md"),
    ):
        assert_plain(project.run(*command, now=None), 2, "archive hub init")


def test_init_twice(hub: Hub) -> None:
    before = hub.status()
    assert_plain(hub.folder().run("hub", "init", now=None), 2, "archive hub upgrade")
    assert hub.status() == before
    assert hub.upgrade().code == 0


@pytest.mark.parametrize("number", ["0", "-1", "4097", "many"])
def test_a_number_of_ranges_that_cannot_be(new_hub: Hub, number: str) -> None:
    ran = new_hub.folder().run("hub", "init", "--ranges", number, now=None)
    assert ran.code == 2, ran
    assert "Traceback" not in ran.err
    assert new_hub.schemas() == []
    new_hub.init()


@pytest.mark.parametrize("slots", ["5", "9-3", "0-4096", "-1-5", "a-b", "", "0-0-0"])
def test_slots_that_cannot_be(hub: Hub, slots: str) -> None:
    ran = hub.folder().run("worker", "--once", "--slots", slots, now=None)
    assert (ran.code, "Traceback" in ran.err) == (2, False), ran


@pytest.mark.parametrize(
    "name", ["Politics", "1politics", "a-b", "a b", "p" * 41, "_x", "é", 'x"; DROP SCHEMA hub; --', "public/x"]
)
def test_a_name_of_a_project_that_cannot_be(hub: Hub, name: str) -> None:
    project = hub.project("politics", ARCHIVE_HUB_PROJECT=name)
    project.article(URL)
    for command in (("push",), ("report",), ("check", "article.md")):
        assert_plain(project.run(*command, now=None), 2, "project")
    assert hub.schemas() == []


def test_a_project_without_a_name(hub: Hub) -> None:
    project = hub.project("politics", ARCHIVE_HUB_PROJECT="")
    project.article(URL)
    for command in (("push",), ("report",), ("check", "article.md")):
        assert_plain(project.run(*command, now=None), 2, "project")


@pytest.mark.long
@pytest.mark.parametrize("name", ["p" * 40, "a_1", "user"])
def test_a_name_of_a_project_that_can_be(hub: Hub, name: str) -> None:
    project = hub.project(name)
    project.article(URL)
    assert project.run("push", now=None).code == 0
    hub.work()
    assert project.run("report", "--format", "json", now=None).source(URL)["verdict"] == "ok"


def test_a_project_that_was_never_pushed(hub: Hub) -> None:
    for command in (("report",), ("status",), ("show", URL), ("search", "harbour")):
        ran = hub.project("politics").run(*command, now=None)
        assert_plain(ran, 2, "archive push")


def test_settings_that_nobody_knows_or_cannot_be(hub: Hub) -> None:
    for key, value in (("lease", "0"), ("slice", "-5"), ("segment", "x"), ("leese", "3")):
        project = hub.project("politics")
        project.write("archive.toml", f"[hub]\n{key} = {value if value != 'x' else repr(value)}\n")
        project.environ.pop("ARCHIVE_HUB_LEASE", None)
        project.article(URL)
        ran = project.run("push", now=None)
        assert_plain(ran, 2, key)


@pytest.mark.parametrize("name", ["nowhere.md", "broken.docx"])
def test_an_article_that_cannot_be_read_is_named_as_a_check_does(hub: Hub, name: str) -> None:
    alone = hub.folder("alone", ARCHIVE_HUB_DATABASE="", ARCHIVE_HUB_SHELF="")
    project = hub.project("politics")
    for folder in (alone, project):
        folder.write("links.txt", f"articles broken.docx\narticles {name}\narticles article.md\n")
        (folder.root / "broken.docx").write_bytes(b"PK\x03\x04 this is no document")
        folder.article(URL)
    check, push = alone.run("check", now=None), project.run("push", now=None)
    assert push.code == check.code, (check, push)
    assert name in check.out + check.err
    assert name in push.out + push.err
    assert "Traceback" not in push.err
    assert [entry["sources"] for entry in hub.status()["projects"]] == [1], "the others are pushed"


def test_a_push_of_nothing(hub: Hub) -> None:
    ran = hub.project("politics").run("push", now=None)
    assert "Traceback" not in ran.err
    assert ran.code in (0, 2), ran


@pytest.mark.long
def test_hostile_addresses_and_names_are_pushed_or_named(hub: Hub) -> None:
    project = hub.project("politics")
    long = "http://h1.example/" + "a" * 9000
    project.write(
        'a\'b "c" %s.md',
        f"[x]({long}) [y](http://h2.example/\x00b) [z](http://h3.example/%00) [ß](http://h4.example/ß?q='%3B--)\n",
    )
    ran = project.run("push", now=None)
    assert (ran.code, "Traceback" in ran.err) == (0, False), ran
    hub.work()
    report = project.run("report", "--format", "json", now=None)
    assert report.code in (0, 1)
    assert report.json["run"]["complete"]
    assert len(report.json["sources"]) >= 3


@pytest.mark.long
def test_links_txt_with_a_line_that_is_malformed(hub: Hub) -> None:
    project = hub.project("politics")
    project.write("links.txt", f"{URL}\nhttp://[bad\n")
    ran = project.run("push", now=None)
    assert (ran.code, "Traceback" in ran.err) == (1, False), ran
    assert "links.txt" in ran.err
    assert hub.status()["projects"][0]["sources"] == 1


def test_a_worker_without_a_shelf_or_a_database(hub: Hub) -> None:
    assert_plain(hub.folder(ARCHIVE_HUB_SHELF="").run("worker", "--once", now=None), 2, "shelf")
    assert_plain(hub.folder(ARCHIVE_HUB_DATABASE="").run("worker", "--once", now=None), 2, "database")
    for command in (("push",), ("hub", "status"), ("hub", "init")):
        assert_plain(hub.folder(ARCHIVE_HUB_DATABASE="").run(*command, now=None), 2, "database")


@pytest.mark.parametrize("shelf", ["/proc/nowhere", "ftp://x/y", "s3://", "s3:///x"])
def test_a_shelf_that_cannot_be(new_hub: Hub, shelf: str) -> None:
    new_hub.shelf = shelf
    ran = new_hub.folder().run("hub", "init", now=None)
    assert ran.code in (2, 3), ran
    assert_plain(ran, ran.code)
    assert new_hub.schemas() == []


def test_a_shelf_that_is_a_file(new_hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    new_hub.shelf = str(tmp_path / "file")
    ran = new_hub.folder().run("hub", "init", now=None)
    assert_plain(ran, ran.code, "file")
    assert ran.code in (2, 3)


@pytest.mark.long
def test_without_the_extra(new_hub: Hub) -> None:
    code = "\n".join(
        f"import sys; sys.modules['{name}'] = None" for name in ("psycopg", "procrastinate", "obstore", "psycopg2")
    )
    project = new_hub.project("politics")
    project.article(URL)
    for command in (("hub", "init"), ("hub", "status"), ("push",), ("worker", "--once"), ("report",)):
        ran = project.run_after(code, *command, now=None)
        assert_plain(ran, 2, "fleet")
    alone = new_hub.folder("alone", ARCHIVE_HUB_DATABASE="", ARCHIVE_HUB_SHELF="")
    alone.article(URL)
    assert alone.run_after(code, "check", "article.md", now=None).code == 0
    assert sys.modules.get("psycopg") is not None


@pytest.mark.long
def test_a_folder_without_a_hub_knows_nothing_of_it(template: Any, web: Any) -> None:
    template.article(URL)
    ran = template.run_after("import sys", "check", "article.md", now=None)
    assert ran.code == 0, ran
    assert (template.root / "archive" / "archive.sqlite").exists()
    names = "('psycopg', 'procrastinate', 'obstore')"
    code = f"import atexit, sys\natexit.register(lambda: print([name for name in {names} if name in sys.modules]))"
    assert template.run_after(code, "check", "article.md", "-q", now=None).out.strip() == "[]"
