"""Parts of a URL that say nothing about the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.url_parameters import is_request_bound, without_session, without_tracking


@given(st.text(), st.text())
def test_any_text_is_a_url_with_or_without_them(text: str, other: str) -> None:
    for url in (text, f"https://a.example/{text}"):
        assert without_tracking(without_tracking(url)) == without_tracking(url)
        assert isinstance(without_session(url), str)
        assert isinstance(is_request_bound(url, f"https://a.example/{other}"), bool)


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://a.example/b?utm_source=x&id=7&utm_medium=y", "https://a.example/b?id=7"),
        ("https://a.example/b?fbclid=IwAR0#c", "https://a.example/b#c"),
        ("https://a.example/b?id=7&utm=1", "https://a.example/b?id=7&utm=1"),
        ("https://a.example/utm_source/fbclid", "https://a.example/utm_source/fbclid"),
        ("https://a.example/b?", "https://a.example/b?"),
    ],
)
def test_what_counts_visitors_is_left_out(url: str, left: str) -> None:
    assert without_tracking(url) == left


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://a.example/b;jsessionid=0A1B", "https://a.example/b"),
        ("https://a.example/b;jsessionid=0A1B?c=d#e", "https://a.example/b?c=d#e"),
        ("https://a.example/b?PHPSESSID=3f2a&c=d", "https://a.example/b?c=d"),
        ("https://a.example/b?cookieSet=1", "https://a.example/b"),
        ("https://a.example/b?fbclid=x&gclid=y", "https://a.example/b"),
        ("https://a.example/b?year=1911", "https://a.example/b?year=1911"),
        ("https://a.example/(S(lit3py55t21z5v55))/b", "https://a.example/b"),
        ("https://a.example/app/(X(1)S(lit3py55t21z5v55))/b?c=d", "https://a.example/app/b?c=d"),
        ("https://a.example/(Sea)/b", "https://a.example/(Sea)/b"),
        ("https://a.example/wiki/F(x)", "https://a.example/wiki/F(x)"),
    ],
)
def test_what_belongs_to_one_request_is_left_out(url: str, left: str) -> None:
    assert without_session(url) == left


@pytest.mark.parametrize(
    ("answer", "bound"),
    [
        ("https://a.example/notes;jsessionid=0A1B", True),
        ("https://www.a.example/notes/?PHPSESSID=3f2a", True),
        ("https://a.example/notes?cookieSet=1", True),
        ("https://a.example/notes?utm_source=x&fbclid=y", True),
        ("https://a.example/notes?hl=en", True),
        ("https://a.example/notes?checked=true", True),
        ("https://a.example/notes?s=3f2a9c0d11e84b5a77", True),
        ("https://a.example/en-gb/notes", True),
        ("https://a.example/(S(lit3py55t21z5v55))/notes", True),
        ("https://a.example/en/notes?lang=en", True),
        ("https://a.example/minutes;jsessionid=0A1B", False),
        ("https://a.example/minutes?year=1911", False),
        ("https://a.example/notes?year=1911", False),
        ("https://b.example/notes", False),
        ("https://a.example/en/minutes", False),
    ],
)
def test_a_redirect_may_belong_to_the_request(answer: str, bound: bool) -> None:
    assert is_request_bound("https://a.example/notes", answer) is bound


def test_a_redirect_that_drops_a_parameter_is_not_of_the_request() -> None:
    assert not is_request_bound("https://a.example/notes?id=7", "https://a.example/notes")
    assert is_request_bound("https://a.example/notes?id=7", "https://a.example/notes?sid=1&id=7")
