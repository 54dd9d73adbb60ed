"""Where URLs and identifiers begin and end in running text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.article.bare_urls import bare_urls
from linkarchive.article.identifiers import resolver_url


def urls(text: str) -> list[str]:
    return [url for _, _, url in bare_urls(text)]


@pytest.mark.parametrize(
    "before", ["", "url=", "a|", "+", "→", "`", '"', "资料来源", "出典は", "ที่มา", "：", "(", "[", "*"]
)
def test_a_scheme_begins_a_url_whatever_stands_before_it(before: str) -> None:
    assert urls(f"{before}https://one.example/a b") == ["https://one.example/a"]


def test_equals_signs_are_highlighting_in_pairs() -> None:
    assert urls("==https://one.example/a== b") == ["https://one.example/a"]
    assert urls("url=https://one.example/?a=YQ== b") == ["https://one.example/?a=YQ=="]


def test_a_doi_at_its_resolver_needs_no_scheme() -> None:
    assert urls("See doi.org/10.5555/walls.1, dx.doi.org/10.5555/walls.2.") == [
        "https://doi.org/10.5555/walls.1",
        "https://doi.org/10.5555/walls.2",
    ]
    assert urls("https://mirror.example/doi.org/10.5555/walls.1") == ["https://mirror.example/doi.org/10.5555/walls.1"]


def test_underscores_are_emphasis_in_pairs() -> None:
    assert urls("_https://one.example/a_ b") == ["https://one.example/a"]
    assert urls("_https://one.example") == []
    assert urls("https://one.example_ b") == []
    assert urls("https://one.example/a_ b") == ["https://one.example/a"]


@pytest.mark.parametrize("before", ["x", "git+", "svn-"])
def test_the_end_of_a_longer_scheme_begins_none(before: str) -> None:
    assert urls(f"{before}https://one.example/a") == []


AFTER = [
    "|title=x", '","b"', "`and", "}and", ">and", "。下一句", "，另见", "」と", "、ほか", "”, then", "’ and", "…", "**",
    ".", "?", ";", ":", "!", ")", "،", "؟", "।", "[Title]", ",https://two.example/", "' and", "\u3000x", "\u00a0x",
    "\u200b", "\ufeff x",
]  # fmt: skip


@pytest.mark.parametrize("after", AFTER)
def test_what_no_url_holds_or_what_ends_a_sentence_ends_it(after: str) -> None:
    assert urls(f"See https://one.example/a{after}")[0] == "https://one.example/a"


@pytest.mark.parametrize(
    "url",
    [
        "https://one.example/порт/план?год=3",
        "https://one.example/wiki/Köln",
        "https://one.example/b_(c)",
        "https://one.example/wiki/1914–1918",
        "https://one.example/หน้า/ที่",
        "https://one.example/?a[]=1&b=2",
        "https://[2001:db8::1]:8080/x",
        "http://user@one.example:81/x",
    ],
)
def test_letters_marks_and_digits_of_any_script_and_balanced_brackets_go_on(url: str) -> None:
    assert urls(f"({url}).") == [url]


def test_what_is_wrapped_within_angle_brackets_is_one_url() -> None:
    text = "At <https://one.example/lists/of/\n  all/the/ferries.html> and <URL:https://two.example/>."
    assert urls(text) == ["https://one.example/lists/of/all/the/ferries.html", "https://two.example/"]
    assert urls("<https://one.example/a\nand a word>") == ["https://one.example/a"]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("(doi:10.5555/walls.1) found", "https://doi.org/10.5555/walls.1"),
        ("DOI: 10.5555/walls.2.", "https://doi.org/10.5555/walls.2"),
        ("Walls 7 (2020), 10.5555/walls(2020)7.", "https://doi.org/10.5555/walls(2020)7"),
        ("arXiv:2101.00001v2 [cs.DL]", "https://arxiv.org/abs/2101.00001v2"),
        ("arXiv:math/0601001.", "https://arxiv.org/abs/math/0601001"),
        ("hdl:20.500.12345/678;", "https://hdl.handle.net/20.500.12345/678"),
        ("PMID: 12345678.", "https://pubmed.ncbi.nlm.nih.gov/12345678/"),
        ("urn:nbn:de:101:1-201102033592.", "https://nbn-resolving.org/urn:nbn:de:101:1-201102033592"),
        ("urn:nbn:fi:lb-2014", "https://urn.fi/urn:nbn:fi:lb-2014"),
    ],
)
def test_identifiers_lead_to_their_resolver(text: str, url: str) -> None:
    assert urls(text) == [url]


def test_figures_and_parts_of_urls_are_no_identifiers() -> None:
    assert urls("It costs 10.50/hour, 10.5/7 of it on 10.10/11.10, page 10.1000.") == []
    assert urls("https://repository.example/10.5555/walls.2") == ["https://repository.example/10.5555/walls.2"]


@given(st.text() | st.text(alphabet="htps:/.w@()[]{}<>'*,;& \n%10doi–é中\u200d", max_size=80))
def test_any_text_is_read_in_order_and_within_itself(text: str) -> None:
    last = 0
    for start, end, url in bare_urls(text):
        assert last <= start < end <= len(text)
        assert "://" in url
        last = end


@given(st.text())
def test_any_target_has_a_resolver_or_none(target: str) -> None:
    assert resolver_url(target) is None or resolver_url(target)
