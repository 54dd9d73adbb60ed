"""Lost targets, recovered within a check from the article's original page (docs/design.md §1, §8)."""

from __future__ import annotations

from typing import Any

from linkarchive.demo.wire import Response

ORIGINAL = "http://origin.example/2021/05/merger"
ALPHA = "http://alpha.example/talks"
BETA = "http://beta.example/crisis"


def original_page(*anchors: tuple[str, str]) -> Response:
    """A page with a paragraph about each anchor."""
    text = "".join(
        f'<p>In the winter the council sat over <a href="{url}">{words}</a> until the lamps went out, and nobody '
        f"wrote down who had said what, or why the harbour master had left so early that evening.</p>"
        for words, url in anchors
    )
    page = f"<html><head><title>Merger</title></head><body><article><h1>Merger</h1>{text * 1}</article></body></html>"
    return Response(page.encode())


def lost(*texts: str) -> str:
    body = "".join(
        f"In the winter the council sat over [{text}](#) until the lamps went out, and nobody "
        f"wrote down who had said what, or why the harbour master had left so early that evening.\n\n"
        for text in texts
    )
    return f"# Merger\n\nOriginal url: {ORIGINAL}\n\n{body}"


def test_lost_targets_are_found_filled_in_and_visited(folder: Any, stage: Any) -> None:
    stage[ORIGINAL] = original_page(("tough negotiations", ALPHA), ("into crisis", BETA))
    stage[ALPHA] = stage.html("alpha")
    folder.write("article.md", lost("tough negotiations", "into crisis"))
    ran = folder.check("article.md")
    article = ran.json["articles"][0]
    assert (article["original_url"], article["citations"], article["lost"], article["recovered"]) == (ORIGINAL, 2, 2, 2)
    assert article["original"]["verdict"] == "ok"
    cited = ran.source(ALPHA)["citations"][0]
    assert cited["recovered"]
    assert cited["recovery_confidence"] > 0.8
    assert ran.told(BETA)[:2] == ("dead", "http-404")
    assert ran.json["unresolved"] == []
    assert stage.asked(ORIGINAL) == 1  # visited and judged and read in one go
    lines = folder.links().splitlines()
    assert any(line.startswith(ALPHA) and "tough negotiations" in line for line in lines)
    assert not any(line.startswith("?") for line in lines)
    later = folder.check(now="2026-01-12").source(ALPHA)["citations"][0]
    assert later["recovery_confidence"] == cited["recovery_confidence"]


def test_what_is_not_found_is_unresolved_with_its_reason(folder: Any, stage: Any) -> None:
    stage[ORIGINAL] = original_page(("tough negotiations", ALPHA))
    stage[ALPHA] = stage.html("alpha")
    folder.write("article.md", lost("tough negotiations", "something else"))
    ran = folder.check("article.md")
    assert ran.code == 1
    (target,) = ran.json["unresolved"]
    assert (target["text"], target["reason"], target["changed"], target["article"]) == (
        "something else",
        "no-match",
        "new",
        "article.md",
    )
    assert ran.json["summary"]["unresolved"] == 1
    again = folder.check("--new-only", now="2026-01-12")
    assert again.json["unresolved"][0]["changed"] == "still"
    assert again.code == 0
    assert folder.check(now="2026-01-13").code == 1
    assert folder.check("--fail-on", "dead", now="2026-01-14").code == 0


def test_an_original_that_is_gone_is_no_place_to_look(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.write("article.md", lost("tough negotiations") + f"\nAnd [more]({ALPHA}).\n")
    ran = folder.check("article.md")
    assert [target["reason"] for target in ran.json["unresolved"]] == ["original-unavailable"]
    assert ran.json["articles"][0]["original"]["verdict"] == "dead"
    stage[ORIGINAL] = original_page(("tough negotiations", BETA))
    stage[BETA] = stage.html("beta")
    back = folder.check(now="2026-01-06")
    assert back.json["unresolved"] == []
    assert back.told(BETA)[0] == "ok"
    assert back.json["articles"][0]["original"]["verdict"] == "ok"


def test_the_same_words_twice_are_ambiguous_and_never_a_guess(folder: Any, stage: Any) -> None:
    stage[ORIGINAL] = original_page(("talks", ALPHA), ("talks", BETA))
    folder.write("article.md", "# M\n\nOriginal url: " + ORIGINAL + "\n\nThere were [talks](#).\n")
    ran = folder.check("article.md")
    assert [target["reason"] for target in ran.json["unresolved"]] == ["ambiguous"]
    assert (stage.asked(ALPHA), stage.asked(BETA)) == (0, 0)
