"""links.txt as people use it: by hand, over several runs (docs/design.md §5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from linkarchive.links.files import load

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"
GAMMA = "http://gamma.example/private"
PAGES = (ALPHA, BETA, GAMMA)


def alive(stage: Any, *urls: str) -> None:
    for url in urls:
        stage[url] = stage.html(url)


def test_a_plain_list_of_urls_is_checked(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    text = f"# my sources\n{ALPHA}\n{BETA}   with words\n"
    folder.write("links.txt", text)
    ran = folder.check()
    assert ran.code == 0
    assert {source["url"] for source in ran.json["sources"]} == {ALPHA, BETA}
    assert ran.source(BETA)["citations"][0]["text"] == "with words"
    assert ran.source(BETA)["citations"][0]["line"] == 3
    assert folder.links() == text
    again = folder.check("links.txt", now="2026-01-12")
    assert again.json["summary"]["ok"] == 2


def test_a_target_filled_by_hand_is_visited_and_never_overwritten(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    folder.write("article.md", "# A\n\nIn the [tough talks](#) it went on.\n")
    first = folder.check("article.md")
    assert first.code == 1
    assert [(target["text"], target["reason"]) for target in first.json["unresolved"]] == [
        ("tough talks", "no-original")
    ]
    assert any(line.startswith("?") and "tough talks" in line for line in folder.links().splitlines())
    filled = folder.links().replace("?  ", f"{ALPHA}  ", 1)
    folder.write("links.txt", filled)
    second = folder.check(now="2026-01-06")
    assert second.code == 0
    assert second.json["unresolved"] == []
    cited = second.source(ALPHA)["citations"][0]
    assert (cited["text"], cited["recovered"], cited["recovery_confidence"]) == ("tough talks", True, None)
    assert folder.links() == filled


def test_an_excluded_link_is_kept_and_never_fetched(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    folder.article(ALPHA, GAMMA)
    folder.write("links.txt", f"! {GAMMA}    not ours to visit\n")
    ran = folder.check("article.md")
    assert ran.told(GAMMA)[:2] == ("skipped", "excluded")
    assert ran.source(GAMMA)["checked"] is None
    assert stage.asked(GAMMA) == 0
    assert folder.links().startswith(f"! {GAMMA}    not ours to visit\n")


def test_the_day_the_author_looked_decides_the_baseline(folder: Any, stage: Any) -> None:
    alive(stage, ALPHA)
    folder.write("links.txt", f"[a.md]\npublished = 2026-01-02\n{ALPHA}\n    accessed = 2025-12-31\n")
    assert folder.check().source(ALPHA)["baseline"]["days_off"] == 5


def test_a_quote_that_is_gone_is_a_finding(folder: Any, stage: Any) -> None:
    quote = "no equal conditions and no union"
    stage[ALPHA] = stage.html("alpha", more=f"The minister said that there were {quote}, and left.")
    folder.write("links.txt", f"[a.md]\n{ALPHA}   the minister\n    quote = {quote}\n")
    assert folder.check(now="2026-01-05").code == 0
    stage[ALPHA] = stage.html("alpha", more="The minister said that there were terms to be agreed, and left.")
    ran = folder.check(now="2026-02-05")
    assert ran.told(ALPHA) == ("drifted", "quote-lost", "new")
    assert ran.source(ALPHA)["lost"] == [{"kind": "quote", "text": quote}]


def test_included_files_are_read(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    folder.write("links.txt", f"include links/*.txt\n{ALPHA}\n")
    folder.write("links/more.txt", f"{BETA}\n")
    assert {source["url"] for source in folder.check().json["sources"]} == {ALPHA, BETA}


def test_a_malformed_line_is_named_and_the_run_goes_on(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    folder.write("links.txt", f"{ALPHA}\nhttp://\n{BETA}\n")
    ran = folder.check("--fail-on", "none")
    assert ran.code == 1
    assert ran.json["summary"]["ok"] == 2
    assert len(ran.json["malformed"]) == 1
    assert "links.txt:2" in ran.json["malformed"][0]
    assert "links.txt:2" in folder.run("check", now="2026-01-06").out
    assert "http://\n" in folder.links()


def test_a_section_without_a_name_is_malformed_and_its_links_are_checked(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    folder.write("links.txt", f"[a.md]\n{ALPHA}\n[]\n{BETA}\n")
    ran = folder.check()
    assert ran.code == 1
    assert "links.txt:3" in ran.json["malformed"][0]
    assert ran.source(BETA)["citations"][0]["article"] == "links.txt"


def test_a_target_not_known_yet_is_news_once_also_without_an_article(folder: Any, stage: Any) -> None:
    folder.write("links.txt", "? the minutes of the council\n")
    assert [target["changed"] for target in folder.check().json["unresolved"]] == ["new"]
    assert [target["changed"] for target in folder.check(now="2026-01-06").json["unresolved"]] == ["still"]


def test_a_link_that_left_its_article_is_uncited_and_still_checked(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    folder.article(ALPHA, BETA)
    folder.check("article.md")
    folder.article(ALPHA)
    ran = folder.check(now="2026-01-06")
    assert len(ran.json["uncited"]) == 1
    assert BETA in ran.json["uncited"][0]
    assert ran.told(BETA)[0] == "ok"
    assert BETA in folder.links()
    pruned = folder.run("extract", "article.md", "--write", "--prune")
    assert pruned.code == 0
    assert BETA not in folder.links()
    assert {source["url"] for source in folder.check(now="2026-01-07").json["sources"]} == {ALPHA}


def test_an_edited_article_is_read_again(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    folder.article(ALPHA)
    folder.check("article.md")
    folder.article(ALPHA, BETA)
    assert {source["url"] for source in folder.check(now="2026-01-06").json["sources"]} == {ALPHA, BETA}
    assert BETA in folder.links()


def test_an_article_that_vanished_is_told_and_its_links_are_checked(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    path = folder.article(ALPHA, BETA)
    folder.check("article.md")
    path.unlink()
    ran = folder.check(now="2026-01-06")
    assert ran.code == 0
    assert ran.json["summary"]["ok"] == 2
    assert any("article.md" in notice and "no longer there" in notice for notice in ran.json["notices"])


def test_a_key_taken_out_of_links_txt_is_gone(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    folder.article(ALPHA)
    folder.write("links.txt", f"[article.md]\n{ALPHA}   source 1\n    quote = something else\n")
    folder.check("article.md")
    folder.check(now="2026-01-06")
    folder.write("links.txt", f"[article.md]\n{ALPHA}   source 1\n")
    folder.check(now="2026-01-07")
    case = folder.run("show", ALPHA, "--case", now="2026-01-07").out
    assert '"quotes": []' in case


def test_comments_order_and_hand_edits_survive(folder: Any, stage: Any) -> None:
    alive(stage, *PAGES)
    folder.article(ALPHA, BETA)
    mine = (
        f"# mine\n\n[other.md]\n# why\n{GAMMA}   x\n\n"
        f"[article.md]\npublished = 2020-01-01\n# first the second\n{BETA}  b\n"
    )
    folder.write("links.txt", mine)
    ran = folder.check("article.md")
    assert ran.json["articles"][0]["published"] == "2020-01-01"
    kept = iter(folder.links().splitlines())
    assert all(line in kept for line in mine.splitlines())
    assert ALPHA in folder.links()


@pytest.mark.long
def test_a_hundred_thousand_lines_are_read(folder: Any) -> None:
    lines = [f"https://host{number % 5000}.example/page/{number}   link {number}" for number in range(100_000)]
    path = folder.write("links.txt", "\n".join(["[big.md]", "published = 2021-05-12", *lines]) + "\n")
    links = load(path)
    assert len(links.named["big.md"].entries) == 100_000
    assert links.named["big.md"].published == date(2021, 5, 12)
    assert links.malformed == ()
