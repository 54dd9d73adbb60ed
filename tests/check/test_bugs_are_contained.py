"""A bug in judging one source costs one verdict, not the run (docs/design.md §3: check isolates failures)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from linkarchive.article import document
from linkarchive.demo.wire import Response
from linkarchive.judge import verdict

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"


class Bug(Exception):
    """Of a kind that nobody foresaw."""


@pytest.fixture
def breaks_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], bool]], None]:
    """Plants a bug in the judge: it breaks on the cases for which a condition holds."""
    judged = verdict.judge

    def plant(condition: Callable[[Any], bool]) -> None:
        def breaks(case: Any, **how: Any) -> Any:
            if condition(case):
                raise Bug("a page that no parser can stand")
            return judged(case, **how)

        monkeypatch.setattr(verdict, "judge", breaks)

    return plant


def test_one_verdict_is_lost_and_the_next_run_makes_up_for_it(
    folder: Any, stage: Any, breaks_on: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage[ALPHA], stage[BETA] = stage.html("alpha"), stage.html("beta")
    folder.article(ALPHA, BETA)
    breaks_on(lambda case: b"On alpha" in case.after.body)
    ran = folder.check("article.md")
    assert ran.code == 3
    assert not ran.json["run"]["complete"]
    assert [source["url"] for source in ran.json["sources"]] == [BETA]
    (notice,) = ran.json["notices"]
    assert ALPHA in notice
    assert "Bug: a page that no parser can stand" in notice
    assert notice in ran.err
    monkeypatch.undo()
    fixed = folder.check("article.md", now="2026-01-05T07:00:00Z")
    assert (fixed.code, fixed.json["run"]["id"]) == (0, ran.json["run"]["id"])
    assert len(fixed.json["sources"]) == 2
    assert stage.asked(BETA) == 1
    assert folder.run("verify", now="2026-01-05T08:00:00Z").code == 0


@pytest.mark.parametrize("where", ["the copy", "the comparison with it"])
def test_a_copy_of_a_web_archive_costs_one_verdict(
    project: Any, stage: Any, archives: Any, breaks_on: Any, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("as it was"))
    archives.hold(BETA, "2021-05-13", stage.html("beta"))
    stage[ALPHA], stage[BETA] = stage.html("something else entirely"), stage.html("beta")
    project.article(ALPHA, BETA, published="2021-05-12")
    pages = {
        "the copy": lambda case: [case.after],
        "the comparison with it": lambda case: [case.before] if case.before is not None else [],
    }
    breaks_on(lambda case: any(b"On as it was" in page.body for page in pages[where](case)))
    ran = project.check("article.md", now="2026-01-05")
    assert ran.code == 3
    (notice,) = ran.json["notices"]
    assert f"{ALPHA}: could not be judged (Bug: " in notice
    assert ran.source(BETA)["baseline"]["origin"] == "wayback", "the others have their verdicts"
    monkeypatch.undo()
    fixed = project.check(now="2026-01-12")
    assert (fixed.code, fixed.source(ALPHA)["verdict"]) == (1, "drifted")


def test_a_page_where_another_may_have_moved_costs_nothing_else(folder: Any, stage: Any, breaks_on: Any) -> None:
    names = ("ferry-returns", "the-old-crane")
    old = [f"http://alpha.example/2019/{name}" for name in names]
    for url, name in zip(old, names, strict=True):
        stage[url] = stage.html(name)
    folder.article(*old)
    folder.check("article.md")
    stage.clear()
    new = [f"http://alpha.example/news/{name}/" for name in names]
    for url, name in zip(new, names, strict=True):
        stage[url] = stage.html(name)
    links = "".join(f"<p><a href='{url}'>{name}</a></p>" for url, name in zip(new, names, strict=True))
    stage["http://alpha.example/"] = Response(f"<title>Front</title>{links}".encode())
    breaks_on(lambda case: case.after.final_url == new[0])
    ran = folder.check(now="2026-01-12")
    assert ran.code == 3
    assert any(f"{new[0]}: could not be judged (Bug: " in notice for notice in ran.json["notices"])
    assert [ran.source(url)["suggested_url"] for url in old] == [None, new[1]]


def test_an_article_that_no_parser_can_stand_costs_itself(
    folder: Any, stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage[ALPHA], stage[BETA] = stage.html("alpha"), stage.html("beta")
    folder.write("alpha.md", f"# One\n\nIt says [so]({ALPHA}).\n")
    folder.write("beta.md", f"# Two\n\nIt says [so]({BETA}).\n")
    read = document.parse

    def breaks(data: bytes, *how: Any, **more: Any) -> Any:
        if b"alpha" in data:
            raise Bug("an article that no parser can stand")
        return read(data, *how, **more)

    monkeypatch.setattr(document, "parse", breaks)
    ran = folder.check("alpha.md", "beta.md")
    assert ran.code == 2
    assert [source["url"] for source in ran.json["sources"]] == [BETA]
    assert "alpha.md: could not be read (Bug: an article that no parser can stand)" in ran.err
    monkeypatch.undo()
    fixed = folder.check("alpha.md", "beta.md", now="2026-01-05T07:00:00Z")
    assert (fixed.code, len(fixed.json["sources"])) == (0, 2)
