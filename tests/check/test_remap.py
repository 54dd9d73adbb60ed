"""`[network] remap`: other addresses are visited than are cited, and what is cited is reported."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.errors import SettingsError
from linkarchive.remap import refuse_faulty_rules, remapped

CITED = "http://beta.example/posts/one"
DRAFT = "http://alpha.example/draft/one"
RULE = r"http://beta\.example/posts/(.*) http://alpha.example/draft/$1"


@pytest.mark.parametrize(
    ("rule", "url", "expected"),
    [
        (RULE, CITED, DRAFT),
        (RULE, "http://gamma.example/", "http://gamma.example/"),
        (r"^http: https:", "http://a.example/http:/b", "https://a.example/http:/b"),
        (r"https://(?P<host>[^/]+)/(.*) https://proxy.example/${host}/$2", "https://a.example/b?c=d", "https://proxy.example/a.example/b?c=d"),
        (r"x(y)? a${1}b$$", "x", "ab$"),
        (r"a/b c\d", "http://a/b", r"http://c\d"),
    ],
)  # fmt: skip
def test_an_address_becomes_another(rule: str, url: str, expected: str) -> None:
    assert remapped(url, [rule]) == expected


def test_the_first_rule_that_fits_counts() -> None:
    rules = ["http://a http://b", "http://b http://c"]
    assert remapped("http://a", rules) == "http://b"


@pytest.mark.parametrize("rule", ["", "one", "one two three", "( x", "a $1", "a ${b}", "(?P<n>a) $2"])
def test_what_is_no_rule_is_refused(rule: str, folder: Any) -> None:
    folder.article(CITED)
    ran = folder.run("check", "article.md", "--remap", rule)
    assert ran.code == 2
    assert f"remap: {rule!r} is not a rule" in ran.err


@given(st.text(), st.text())
def test_any_text_is_a_rule_or_is_refused(rule: str, url: str) -> None:
    try:
        refuse_faulty_rules([rule])
    except SettingsError:
        return
    assert isinstance(remapped(url, [rule]), str)


def test_the_page_is_visited_there_and_reported_as_cited(folder: Any, stage: Any) -> None:
    folder.write("archive.toml", f"[network]\nremap = ['{RULE}']\n")
    stage[DRAFT] = stage.html("first", etag='"1"')
    folder.article(CITED)
    first = folder.check("article.md", now="2026-01-05")
    assert first.told(CITED)[:2] == ("ok", "first-seen")
    assert first.source(CITED)["final_url"] == DRAFT
    again = folder.check(now="2026-02-05")
    assert again.told(CITED) == ("ok", "same", "none")
    stage[DRAFT] = stage.html("second")
    assert folder.check(now="2026-03-05").told(CITED)[0] == "drifted"
    assert stage.asked(CITED) == 0
    assert folder.run("show", CITED, "--text").out.startswith(f"{DRAFT}, as stored on")


def test_a_page_that_is_not_there_is_dead_under_the_address_that_is_cited(folder: Any, stage: Any) -> None:
    folder.article(CITED)
    assert folder.check("article.md", "--remap", RULE).told(CITED)[:2] == ("dead", "http-404")
    assert stage.asked(DRAFT) == 2
    assert stage.asked(CITED) == 0


def test_two_sources_at_one_address(folder: Any, stage: Any) -> None:
    stage[DRAFT] = stage.html("first")
    other = "http://gamma.example/"
    folder.article(CITED, other)
    ran = folder.check("article.md", "--remap", f"http://(beta|gamma).* {DRAFT}")
    assert [ran.told(url)[0] for url in (CITED, other)] == ["ok", "ok"]


def test_a_private_address_is_refused_there_too(folder: Any, stage: Any) -> None:
    folder.article(CITED)
    ran = folder.check("article.md", "--remap", "http://beta.* http://127.0.0.1:9/")
    assert ran.told(CITED)[:2] == ("skipped", "private-address")


def test_another_scheme_can_be_visited_through_a_gateway(folder: Any, stage: Any) -> None:
    stage["http://alpha.example/gemini/page"] = stage.html("capsule")
    folder.article("gemini://capsule.example/page")
    ran = folder.check("article.md", "--remap", r"gemini://[^/]+/(.*) http://alpha.example/gemini/$1")
    assert ran.told("gemini://capsule.example/page")[0] == "ok"
