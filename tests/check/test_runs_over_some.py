"""Runs over some of all sources (`--limit`, `--due`, `--only`) go by a stored plan, and see at once what changed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from linkarchive.links import reading
from linkarchive.project import Project
from linkarchive.store import plans
from linkarchive.store.opening import open_project

HOSTS = ("alpha", "beta", "gamma", "delta")
URLS = [f"http://{host}.example/page" for host in HOSTS]
NEW = "http://epsilon.example/new"


@pytest.fixture
def watched(folder: Any, stage: Any) -> Any:
    """A folder of two articles whose plan is stored."""
    for url in (*URLS[1:], NEW):
        stage[url] = stage.html(url)
    folder.article(*URLS[:2], name="posts/one.md", head="It was [lost](#), as [part](#part) of it.")
    folder.article(*URLS[1:], name="posts/two.md")
    folder.check("posts")
    folder.write("more.txt", "http://gamma.example/listed\n")
    folder.write("links.txt", "include more.txt\n! http://zeta.example/never\n" + folder.links())
    for hour in ("07", "08"):  # the first adds what is new, the second keeps the plan
        folder.check("--limit", "1", now=f"2026-01-05T{hour}:00:00Z")
    return folder


def checked(folder: Any, *args: str, now: str) -> tuple[Any, bool]:
    """The run, and whether it read links.txt."""
    with mock.patch.object(reading, "link_lists", side_effect=reading.link_lists) as read:
        ran = folder.check(*args, now=now)
    return ran, bool(read.call_count)


@pytest.mark.parametrize("scope", [("--limit", "2"), ("--due",), ("--only", "ok"), ("--due", "--limit", "1")])
def test_the_stored_plan_gives_the_same_report(watched: Any, scope: tuple[str, ...]) -> None:
    other = replace(watched, root=watched.root.with_name("other"))
    shutil.copytree(watched.root, other.root, symlinks=True)
    with open_project(Project(other.root), write=True) as store:
        plans.drop(store)
        store.commit()
    lines = []
    for place, reads in ((watched, False), (other, True)):
        ran, has_read = checked(place, *scope, now="2026-01-12")
        assert has_read == reads
        lines.append({name: value for name, value in ran.json.items() if name != "run"})
    assert lines[0]["sources"]
    assert lines[0] == lines[1]


def add_line(folder: Any) -> None:
    folder.write("links.txt", folder.links() + f"\n{NEW}\n")


def edit_article(folder: Any) -> None:
    path = folder.root / "posts" / "one.md"
    text = path.read_text().replace(URLS[0], NEW)
    path.write_text(text + " " * (len(path.read_text()) - len(text)))  # as long as it was


def edit_article_with_its_old_time(folder: Any) -> None:
    path = folder.root / "posts" / "one.md"
    before = path.stat()
    edit_article(folder)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def edit_included(folder: Any) -> None:
    folder.write("more.txt", f"{NEW}\n")


def add_article(folder: Any) -> None:
    folder.article(NEW, name="posts/three.md")


CHANGES = (add_line, edit_article, edit_article_with_its_old_time, edit_included, add_article)


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_seen_by_the_next_run(watched: Any, stage: Any, change: Callable[[Any], None]) -> None:
    change(watched)
    assert stage.asked(NEW) == 0
    ran = watched.check("--due", now="2026-01-05T09:00:00Z")
    assert stage.asked(NEW) == 1
    assert NEW in [source["url"] for source in ran.json["sources"]]


def add_link(folder: Any) -> None:
    path = folder.root / "posts" / "one.md"
    path.write_text(f"{path.read_text()}\nIt is [said]({NEW}) again.\n")


@pytest.mark.parametrize("change", [add_link, add_article])
def test_what_changed_is_planned_once(folder: Any, stage: Any, change: Callable[[Any], None]) -> None:
    for url in (*URLS, NEW):
        stage[url] = stage.html(url)
    folder.article(*URLS[:2], name="posts/one.md")
    folder.check("posts")
    assert checked(folder, now="2026-01-05T08:00:00Z")[1]
    assert not checked(folder, now="2026-01-05T09:00:00Z")[1]  # a run over all goes by the plan as well
    change(folder)
    checked(folder, "--due", now="2026-01-05T10:00:00Z")
    assert f"\n{NEW}  " in folder.links()
    ran, has_read = checked(folder, now="2026-01-05T11:00:00Z")
    assert not has_read
    assert NEW in [source["url"] for source in ran.json["sources"]]


def test_a_file_that_is_only_touched_changes_nothing(watched: Any) -> None:
    os.utime(watched.root / "posts" / "one.md")
    assert checked(watched, "--due", now="2026-01-05T09:00:00Z")[1] is False


def test_an_article_that_is_gone_cites_nothing_more(watched: Any) -> None:
    (watched.root / "posts" / "one.md").unlink()
    ran, has_read = checked(watched, "--limit", "1", now="2026-01-06")
    assert has_read
    assert any("posts/one.md is gone" in notice for notice in ran.json["notices"])


def test_what_left_while_a_line_was_malformed_stands_nowhere_when_that_is_mended(folder: Any, stage: Any) -> None:
    for url in URLS[:2]:
        stage[url] = stage.html(url)
    folder.article(*URLS[:2], name="posts/one.md")
    folder.check("posts")
    folder.write("links.txt", f"{folder.links()}http://\n")
    folder.check(now="2026-01-05T07:00:00Z")
    folder.article(URLS[0], name="posts/one.md")
    lines = folder.links().splitlines(keepends=True)
    folder.write("links.txt", "".join(line for line in lines if URLS[1] not in line))
    folder.check(now="2026-01-05T08:00:00Z")
    folder.write("links.txt", folder.links().replace("http://\n", ""))
    folder.check("--due", now="2026-01-05T09:00:00Z")
    status = json.loads(folder.run("status", "--all", "--format", "json", now="2026-01-05T10:00:00Z").out)
    assert [source["url"] for source in status["sources"]] == URLS[:1]
