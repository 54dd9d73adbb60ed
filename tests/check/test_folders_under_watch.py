"""A folder, a glob or a feed that was checked once stays under watch (docs/links.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from linkarchive.demo.wire import Response

OLD, NEW = "http://old.example/a", "http://new.example/b"


def alive(stage: Any, *urls: str) -> None:
    for url in urls:
        stage[url] = stage.html(url)


@pytest.mark.parametrize("name", ["posts", "posts/", "posts/*.md"])
def test_new_files_are_taken_up_by_every_later_check(folder: Any, stage: Any, name: str) -> None:
    alive(stage, OLD, NEW)
    folder.write("posts/first.md", f"See [the plan]({OLD}).\n")
    ran = folder.check(name)
    assert any("is under watch from now on" in notice for notice in ran.json["notices"])
    assert f"articles {name.rstrip('/')}\n" in folder.links()
    folder.write("posts/second.md", f"See [the answer]({NEW}).\n")
    again = folder.check(now="2026-01-12")
    assert {source["url"] for source in again.json["sources"]} == {OLD, NEW}
    assert again.source(NEW)["citations"][0]["article"] == "posts/second.md"
    assert folder.links().count("articles ") == 1


def test_a_file_that_is_gone_cites_nothing_more(folder: Any, stage: Any) -> None:
    alive(stage, OLD, NEW)
    folder.write("posts/first.md", f"See [the plan]({OLD}).\n")
    folder.write("posts/second.md", f"See [the answer]({NEW}).\n")
    folder.check("posts")
    (folder.root / "posts/second.md").unlink()
    ran = folder.check(now="2026-01-12")
    assert ran.json["uncited"] == [f"{NEW} (posts/second.md)"]
    assert any("posts/second.md is gone" in notice for notice in ran.json["notices"])


def test_the_watch_ends_with_its_line_and_a_dry_run_adds_none(folder: Any, stage: Any) -> None:
    alive(stage, OLD, NEW)
    folder.write("posts/first.md", f"See [the plan]({OLD}).\n")
    folder.run("check", "posts", "--dry-run")
    assert not (folder.root / "links.txt").exists()
    folder.check("posts")
    folder.write("links.txt", folder.links().replace("articles posts\n", ""))
    folder.write("posts/second.md", f"See [the answer]({NEW}).\n")
    ran = folder.check(now="2026-01-12")
    assert {source["url"] for source in ran.json["sources"]} == {OLD}


def test_a_feed_stays_under_watch(folder: Any, stage: Any) -> None:
    feed = "http://origin.example/feed.xml"
    posts = ["http://origin.example/1", "http://origin.example/2"]
    alive(stage, OLD, NEW)
    for post, source in zip(posts, (OLD, NEW), strict=True):
        stage[post] = Response(f"<title>T</title><main><p>See <a href='{source}'>the plan</a>.</p></main>".encode())

    def listing(*urls: str) -> Response:
        items = "".join(f"<item><link>{url}</link></item>" for url in urls)
        return Response(f"<rss><channel>{items}</channel></rss>".encode())

    stage[feed] = listing(posts[0])
    folder.check(feed)
    assert f"articles {feed}\n" in folder.links()
    stage[feed] = listing(*posts)
    before = stage.asked(posts[0])
    ran = folder.check(now="2026-01-12")
    assert NEW in {source["url"] for source in ran.json["sources"]}
    assert stage.asked(posts[0]) == before + 1  # as the article's original; it is not read again


def test_what_a_folder_holds_besides_is_told(folder: Any) -> None:
    folder.write("posts/first.md", f"See [the plan]({OLD}).\n")
    for name in ("minutes.doc", "letter.doc", "data.csv", "node_modules/x/readme.md"):
        folder.write(f"posts/{name}", "x")
    ran = folder.run("extract", "posts", "--format", "json")
    assert len(json.loads(ran.out)["articles"]) == 1
    assert (
        "posts: not read: 2 .doc, 1 .csv (1 of them are read when you name them); not entered: node_modules" in ran.err
    )
