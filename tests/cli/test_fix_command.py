"""`archive fix`: proposals as a diff, edits in place, and what the project knows afterwards."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from linkarchive.history.new_targets import SURE, NewTarget, NewTargets, NoTarget
from linkarchive.model import Result
from linkarchive.project import Project
from linkarchive.store import results
from linkarchive.store.decisions import Decision
from linkarchive.store.opening import open_project
from linkarchive.store.schema import results as table
from linkarchive.store.serialization import encode

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"
GAMMA = "http://gamma.example/list"
NEW_BETA = "http://delta.example/notes-of-beta"
ORIGINAL = "http://origin.example/essay"
COPY = "https://web.archive.org/web/20251224120000/http://gamma.example/list"
LATER = "2026-02-05"


def changed_result(root: Path, url: str, **values: Any) -> None:
    """What the last run concluded, as it would be had it known more (a copy in a web archive)."""
    with open_project(Project(root)) as store:
        for _, result, _ in list(results.latest(store)):
            if result.url == url:
                new = replace(result, **values)
                changes = {"body": encode(new), "verdict": new.verdict.value}
                store.execute(update(table).where(table.c.body == encode(result)).values(**changes))
        store.commit()


def _year_later(folder: Any, stage: Any) -> None:
    for url in (ALPHA, BETA, GAMMA):
        stage[url] = stage.html(url)
    stage[ORIGINAL] = stage.html("essay", more=f'As <a href="{ALPHA}">the report</a> of last year has it.')
    folder.article(BETA + "#part", GAMMA, head=f"Original url: {ORIGINAL}\n\nAs [the report](#) of last year has it.")
    folder.write(
        "page.html",
        f'<html><title>On the river</title><body><article><p>See <a class="k" href="{GAMMA}">the list</a> of all that '
        f"was found, and <a href='{BETA}'>notes</a>.</p></article>\n",
    )
    assert folder.check("article.md", "page.html").code in (0, 1)
    stage[BETA] = stage.redirect(NEW_BETA, 301)
    stage[NEW_BETA] = stage.html(BETA)
    stage[GAMMA] = stage.html("gone", status=410)
    folder.check(now=LATER)
    changed_result(folder.root, GAMMA, archived_url=COPY)


@pytest.fixture
def year_later(once: Any) -> Any:
    """An article that lost a target, and cites a page that stayed, one that moved, and one that died and has a copy."""
    return once(_year_later)


def test_proposals_are_a_diff_and_change_nothing(year_later: Any) -> None:
    before = (year_later.root / "article.md").read_bytes()
    proposed = year_later.run("fix", "article.md", now=LATER)
    assert proposed.code == 1
    assert [line for line in proposed.out.splitlines() if line[:1] in "+-"] == [
        "--- a/article.md",
        "+++ b/article.md",
        "-As [the report](#) of last year has it.",
        f"+As [the report]({ALPHA}) of last year has it.",
        f"-As [source 1]({BETA}#part) has it.",
        f"+As [source 1]({NEW_BETA}#part) has it.",
        f"-As [source 2]({GAMMA}) has it.",
        f"+As [source 2]({COPY}) has it.",
    ]
    assert (year_later.root / "article.md").read_bytes() == before


def test_written_once_nothing_is_left_to_change(year_later: Any) -> None:
    files = [year_later.root / name for name in ("article.md", "page.html")]
    before = [path.read_text() for path in files]
    wrote = year_later.run("fix", "article.md", "page.html", "--write", now=LATER)
    assert wrote.code == 0
    assert f"“the list”: dead, removed (410): archived copy: {COPY}" in wrote.out
    assert "uncited" in wrote.err
    after = [path.read_text() for path in files]
    assert after[0] == (
        before[0].replace("(#)", f"({ALPHA})").replace(BETA, NEW_BETA).replace(f"({GAMMA})", f"({COPY})")
    )
    robust = f'"{COPY}" data-originalurl="{GAMMA}" data-versionurl="{COPY}" data-versiondate="2025-12-24"'
    assert after[1] == before[1].replace(f'"{GAMMA}"', robust).replace(f"'{BETA}'", f"'{NEW_BETA}'")
    again = year_later.run("fix", "article.md", "page.html", "--write", now=LATER)
    assert (again.code, again.out, again.err) == (0, "", "")
    assert [path.read_text() for path in files] == after


def test_the_next_check_watches_the_new_target_and_calls_the_old_one_uncited(year_later: Any) -> None:
    year_later.run("fix", "article.md", "page.html", "--write", now=LATER)
    links = year_later.links()
    ran = year_later.check(now="2026-02-06")
    assert ran.told(NEW_BETA)[:2] == ("ok", "first-seen")
    assert f"{BETA}#part (article.md)" in ran.json["uncited"]
    assert f"{NEW_BETA}#part" in year_later.links()
    assert set(links.splitlines()) <= set(year_later.links().splitlines()), "lines are only added"
    assert ran.json["articles"][0]["lost"] == 0


def test_a_decision_comes_before_what_was_found(year_later: Any) -> None:
    chosen = "https://chosen.example/better"
    line = {"action": "replace", "url": BETA, "who": "ada", "when": "2026-02-05T07:00:00Z", "replacement": chosen}
    only = {**line, "url": ALPHA, "article": "other.md"}
    with (year_later.root / "archive" / "decisions.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n" + json.dumps(only) + "\n")
    proposed = year_later.run("fix", "article.md", now=LATER)
    assert f"+As [source 1]({chosen}) has it." in proposed.out
    assert f"+As [the report]({ALPHA})" in proposed.out


def test_an_article_that_changed_since_the_check_is_refused(year_later: Any) -> None:
    path = year_later.root / "article.md"
    path.write_text(path.read_text() + "\nOne more line.\n")
    before = path.read_bytes()
    ran = year_later.run("fix", "article.md", "page.html", "--write", now=LATER)
    assert ran.code == 2
    assert "article.md: changed since it was checked; `archive check article.md` first" in ran.err
    assert path.read_bytes() == before
    assert COPY in (year_later.root / "page.html").read_text(), "the others are done"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("new.md", "not checked yet"),
        ("none.md", "no file that can be edited"),
        ("http://alpha.example/essay", "only a file can be edited"),
        ("-", "only a file can be edited"),
        ("paper.pdf", "pdf"),
    ],
)
def test_what_cannot_be_edited_is_named(year_later: Any, name: str, why: str) -> None:
    year_later.write("new.md", f"[t]({BETA})\n")
    year_later.write("paper.pdf", "%PDF-1.4")
    ran = year_later.run("fix", name, now=LATER)
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err


def test_permissions_and_symbolic_links_stay(year_later: Any) -> None:
    path, real = year_later.root / "article.md", year_later.root / "texts" / "real.md"
    real.parent.mkdir()
    path.rename(real)
    real.chmod(0o640)
    path.symlink_to("texts/real.md")
    year_later.check("texts/real.md", now=LATER)
    assert year_later.run("fix", "article.md", "--write", now=LATER).code == 0
    assert path.is_symlink()
    assert os.readlink(path) == "texts/real.md"
    assert real.stat().st_mode & 0o777 == 0o640
    assert NEW_BETA in real.read_text()
    assert list(real.parent.iterdir()) == [real], "no temporary file is left"


def test_a_folder_is_its_articles(year_later: Any) -> None:
    year_later.write("paper.pdf", "%PDF-1.4")
    ran = year_later.run("fix", ".", now=LATER)
    assert ran.code == 1
    assert ran.out.count("+++ ") == 2
    assert "pdf" not in ran.err


def test_what_is_not_certain_is_left_and_named(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.redirect(NEW_BETA, 301)
    stage[NEW_BETA] = stage.html("new")
    folder.article(ALPHA, GAMMA)
    folder.check("article.md")
    changed_result(folder.root, ALPHA, confidence=SURE - 0.01)
    ran = folder.run("fix", "article.md")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines() == [
        "article.md:5: “source 1”: it moved, which is 79% sure so far; the next check tells more",
        "article.md:7: “source 2”: it is dead, not found (404); web archives were not asked (--wayback off)",
    ]
    assert folder.run("fix", "article.md", "-q").err == ""


def test_a_diff_shows_no_secret_and_no_control_character(folder: Any, stage: Any) -> None:
    stage[BETA] = stage.redirect(NEW_BETA, 301)
    stage[NEW_BETA] = stage.html("new")
    folder.article(BETA, head="Evil \x1b[31m \u202e and\ttab http://alpha.example/?token=hush")
    folder.check("article.md")
    folder.check("article.md", now=LATER)
    ran = folder.run("fix", "article.md", now=LATER)
    assert ran.code == 1
    assert " Evil \\x1b[31m \\u202e and\ttab http://alpha.example/?token=REDACTED" in ran.out
    assert "hush" not in ran.out + ran.err


def test_links_txt_follows_its_articles(year_later: Any) -> None:
    links = year_later.root / "links.txt"
    text = (f"# mine\r\n{BETA}   loose\r\n! {GAMMA}/never\r\n\r\n" + links.read_text().replace("\n", "\r\n")).replace(
        "source 1", "source 1\r\n    quote = said so"
    )
    links.write_bytes(text.encode())
    year_later.check(now=LATER)
    changed_result(year_later.root, GAMMA, archived_url=COPY)
    text = links.read_bytes().decode()
    alone = year_later.run("fix", "links.txt", now=LATER)
    assert alone.code == 1
    assert [line for line in alone.out.splitlines() if line[:1] == "+"][1:] == [f"+{NEW_BETA}   loose"]
    both = year_later.run("fix", "links.txt", "article.md", "page.html", "--write", now=LATER)
    assert both.code == 0
    after = links.read_bytes().decode()
    assert f"! {GAMMA}/never\r\n" in after
    assert after == "".join(
        line if line.startswith("!") else line.replace(BETA, NEW_BETA, 1).replace(GAMMA, COPY, 1)
        for line in text.splitlines(keepends=True)
    )
    assert year_later.run("fix", "links.txt", "article.md", "page.html", now=LATER).out == ""
    assert year_later.check(now="2026-02-06").json["uncited"] == []


def test_a_recovered_target_that_is_dead_becomes_its_copy_at_once(year_later: Any, stage: Any) -> None:
    copy = "https://web.archive.org/web/20251224120000/" + ALPHA
    stage[ALPHA] = stage.html("gone", status=404)
    year_later.check(now="2026-03-05")
    changed_result(year_later.root, ALPHA, archived_url=copy)
    assert year_later.run("fix", "article.md", "--write", now="2026-03-05").code == 0
    after = (year_later.root / "article.md").read_text()
    assert f"[the report]({copy})" in after
    assert year_later.run("fix", "article.md", now="2026-03-05").out == ""


def result(year_later: Any, url: str) -> Result:
    with open_project(Project(year_later.root)) as store:
        return next(result for _, result, _ in results.latest(store) if result.url == url)


def test_replacements_that_lead_round_in_a_circle_are_none(year_later: Any) -> None:
    moved = result(year_later, BETA)
    back = replace(moved, url=NEW_BETA, suggested_url=BETA)
    day = moved.since.date()
    assert isinstance(NewTargets({BETA: moved}).of(BETA, "a.md", day), NewTarget)
    assert isinstance(NewTargets({BETA: moved, NEW_BETA: back}).of(BETA, "a.md", day), NoTarget)
    further = NewTargets({BETA: moved, NEW_BETA: replace(back, suggested_url=ALPHA)}).of(BETA, "a.md", day)
    assert isinstance(further, NewTarget)
    assert further.url == ALPHA


@pytest.mark.parametrize("target", ["http://alpha.example/?token=hush", "javascript:alert(1)", "http://", None])
def test_a_target_that_no_article_should_get(year_later: Any, target: str | None) -> None:
    moved = replace(result(year_later, BETA), suggested_url=target)
    assert isinstance(NewTargets({BETA: moved}).of(BETA, "a.md", moved.since.date()), NoTarget)


def test_a_page_that_was_accepted_since_it_was_visited_stays_as_it_is_cited(year_later: Any) -> None:
    moved = result(year_later, BETA)
    day, accepted = moved.since.date(), moved.since + timedelta(days=1)
    decided = [Decision("accept", BETA, "Ann", accepted, article="a.md", capture_time=moved.since)]
    assert NewTargets({BETA: moved}, decided, {BETA: moved.since}).of(BETA, "a.md", day) is None
    assert isinstance(NewTargets({BETA: moved}, decided, {BETA: moved.since}).of(BETA, "b.md", day), NewTarget)
    judged_by_it = NewTargets({BETA: moved}, decided, {BETA: accepted + timedelta(days=1)})
    assert isinstance(judged_by_it.of(BETA, "a.md", day), NewTarget)


def test_a_dead_page_that_lives_elsewhere_is_cited_there_and_not_as_a_copy(year_later: Any) -> None:
    changed_result(year_later.root, GAMMA, suggested_url=NEW_BETA)
    assert f"+As [source 2]({NEW_BETA}) has it." in year_later.run("fix", "article.md", now=LATER).out


def test_an_address_that_is_not_sure_enough_is_left_to_the_reader(year_later: Any) -> None:
    changed_result(year_later.root, GAMMA, suggested_url=NEW_BETA, suggested_confidence=0.949)
    assert NEW_BETA not in year_later.run("fix", "article.md", now=LATER).out.partition("source 2")[2]
    changed_result(year_later.root, GAMMA, suggested_url=NEW_BETA, suggested_confidence=0.95)
    assert f"+As [source 2]({NEW_BETA}) has it." in year_later.run("fix", "article.md", now=LATER).out


def test_another_run_at_work_is_waited_for(year_later: Any) -> None:
    with Project(year_later.root).lock():
        assert year_later.run("fix", "article.md", "--write", now=LATER).code == 75
        assert year_later.run("fix", "article.md", now=LATER).code == 1, "looking needs no lock"


# --- styles, and lists of references ------------------------------------------------------------


def test_a_list_of_references_that_only_the_article_names_is_written_too(folder: Any, stage: Any) -> None:
    for url in (ALPHA, BETA):
        stage[url] = stage.html(url)
    text = (
        "\\documentclass{article}\\addbibresource{refs/all.bib}\\begin{document}Costs rose~\\cite{b}.\\end{document}\n"
    )
    folder.write("thesis.tex", text)
    entries = "".join(f"@misc{{{key},\n  url = {{{url}}},\n}}\n" for key, url in (("a", ALPHA), ("b", BETA)))
    folder.write("refs/all.bib", entries)
    folder.check("thesis.tex")
    for url in (ALPHA, BETA):
        stage[url] = stage.redirect(NEW_BETA, 301)
    stage[NEW_BETA] = stage.html(BETA)
    folder.check(now=LATER)
    assert folder.run("fix", "thesis.tex", now=LATER).out.count("+++ b/refs/all.bib") == 1
    alone = folder.run("fix", "refs/all.bib", now=LATER)
    assert alone.code == 2
    assert "refs/all.bib: not checked by itself" in alone.err
    assert "or `archive fix` the article that takes references from it" in alone.err
    together = folder.run("fix", "thesis.tex", "refs/all.bib", now=LATER)
    assert (together.out.count("+++ b/refs/all.bib"), together.code, together.err) == (1, 1, "")
    assert folder.run("fix", "thesis.tex", "--write", now=LATER).code == 0
    after = entries.replace(BETA, NEW_BETA)
    assert (folder.root / "refs/all.bib").read_text() == after, "of what it cites, and nothing else"
    assert (folder.root / "thesis.tex").read_text() == text
    again = folder.run("fix", "thesis.tex", "--write", now=LATER)
    assert (again.code, again.out, again.err) == (0, "", "")
    assert folder.check(now="2026-02-06").told(NEW_BETA)[0] == "ok"


def test_a_list_of_references_outside_the_project_is_left_to_its_owner(folder: Any, stage: Any, tmp_path: Path) -> None:
    stage[BETA] = stage.html(BETA)
    outside = folder.root.parent / "outside.bib"
    outside.write_text(f"@misc{{b,\n  url = {{{BETA}}},\n}}\n")
    folder.write("thesis.tex", "\\begin{document}Costs rose~\\cite{b}.\\bibliography{../outside}\\end{document}\n")
    folder.check("thesis.tex")
    stage[BETA] = stage.redirect(NEW_BETA, 301)
    stage[NEW_BETA] = stage.html(BETA)
    folder.check(now=LATER)
    before = outside.read_text()
    ran = folder.run("fix", "thesis.tex", "--write", now=LATER)
    assert f"{NEW_BETA} in place of {BETA}" in ran.out
    assert outside.read_text() == before


def test_lines_of_links_txt_get_the_copy_as_snapshot(year_later: Any) -> None:
    year_later.write("links.txt", f"{GAMMA}  the list\n")
    year_later.check(now=LATER)
    changed_result(year_later.root, GAMMA, archived_url=COPY)
    for _ in range(2):
        assert year_later.run("fix", "links.txt", "--style", "append", "--write", now=LATER).code == 0
        assert year_later.links() == f"{GAMMA}  the list\n    snapshot = {COPY}\n"
