"""Links that lead on to another address: which, and which do not."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkarchive.wrappers import inner_url, intended_url, key_of

INNER = "http://inner.example/plan?page=2&x=%20y"
_Q = quote(INNER, safe="")


def _b64(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    "wrapped",
    [
        f"https://www.google.com/url?q={_Q}&sa=D&source=editors&usg=AOvVaw0x",
        f"https://www.google.co.uk/url?sa=t&rct=j&q=&esrc=s&url={_Q}",
        f"https://eur01.safelinks.protection.outlook.com/?url={_Q}&data=05%7C01&reserved=0",
        f"https://eur01.safelinks.protection.outlook.com/ap/t-59584e83/?url={_Q}&data=05",
        f"https://urldefense.proofpoint.com/v1/url?u={_Q}&k=x",
        "https://urldefense.proofpoint.com/v2/url?u=http-3A__inner.example_plan-3Fpage-3D2-26x-3D-2520y&d=DwMFaQ&e=",
        "https://urldefense.com/v3/__http://inner.example/plan?page=2&x=*20y__;JQ!!AbC!xyz123$",
        "https://urldefense.com/v3/__http:/inner.example/plan**Bpage=2*x=*20y__;PyYl!!AbC$".replace("**B", "*"),
        f"https://l.facebook.com/l.php?u={_Q}&h=AT0abc",
        f"https://l.instagram.com/?u={_Q}&e=AT0",
        f"https://www.youtube.com/redirect?event=video_description&q={_Q}&v=abc",
        f"https://out.reddit.com/?url={_Q}&token=x",
        f"https://out.reddit.com/t3_1abc?url={_Q}&token=x",
        f"https://plus.url.google.com/url?q={_Q}&rct=j",
        f"https://scholar.google.com/scholar_url?url={_Q}&hl=en&sa=X",
        f"https://outgoing.prod.webservices.mozgcp.net/v1/0123abcd/{_Q}",
        f"https://www.linkedin.com/redir/redirect?url={_Q}&urlhash=x",
        f"https://steamcommunity.com/linkfilter/?u={_Q}",
        f"https://slack-redir.net/link?url={_Q}",
        f"https://vk.com/away.php?to={_Q}&cc_key=",
        f"https://duckduckgo.com/l/?uddg={_Q}&rut=x",
        f"https://link.zhihu.com/?target={_Q}",
        f"https://href.li/?{INNER}",
        f"https://www.bing.com/ck/a?!&&p=x&u=a1{_b64(INNER)}&ntb=1",
        f"https://r.search.yahoo.com/_ylt=A0/RV=2/RE=1/RO=10/RU={_Q}/RK=2/RS=x-",
        f"https://secure-web.cisco.com/1abcDEF/{_Q}",
        f"https://eu1.protection.sophos.com/?d=inner.example&u={_b64(INNER)}&i=x",
        f"https://substack.com/redirect/2/{_b64(json.dumps({'e': INNER, 'p': 1}))}.c2ln",
        f"https://open.substack.com/redirect/2/{_b64(json.dumps({'e': INNER}))}.c2ln?x=y",
        f"https://news.google.com/rss/articles/{_b64(bytes((8, 19, 34, len(INNER))) + INNER.encode())}?oc=5",
        "https://inner-example.cdn.ampproject.org/c/inner.example/plan?page=2&x=%20y",
        "https://www.google.com/amp/inner.example/plan?page=2&x=%20y",
        f"https://www.google.com/url?q={quote(_Q, safe='')}",
    ],
)
def test_a_wrapped_link_leads_to_what_is_in_it(wrapped: str) -> None:
    assert inner_url(wrapped) == INNER


def test_a_cache_says_the_scheme() -> None:
    assert inner_url("https://www.google.com/amp/s/a.example/b/amp/") == "https://a.example/b/amp/"
    assert inner_url("https://a-example.cdn.ampproject.org/v/s/a.example/b") == "https://a.example/b"


def test_runs_of_characters_that_mail_protection_took_out() -> None:
    taken = _b64("?q=ü")
    assert inner_url(f"https://urldefense.com/v3/__https://a.example/s**C!__;{taken}!!x$") == "https://a.example/s?q=ü!"


def test_wrappers_around_wrappers_and_fragments() -> None:
    once = f"https://www.google.com/url?q={_Q}"
    twice = f"https://eur01.safelinks.protection.outlook.com/?url={quote(once, safe='')}"
    assert intended_url(twice) == INNER
    assert intended_url(INNER) == INNER
    assert inner_url(f"{once}#part") == f"{INNER}#part"
    assert inner_url(f"https://www.google.com/url?q={quote(INNER + '#own', safe='')}#part") == f"{INNER}#own"


@pytest.mark.parametrize(
    "url",
    [
        "http://t.co/AbC123xyz9",
        f"http://viewer.example/show?url={_Q}",
        f"https://www.google.com/search?q={_Q}",
        f"https://notgoogle.com/url?q={_Q}",
        f"https://google.com.example/url?q={_Q}",
        "https://www.google.com/url?q=javascript%3Aalert(1)&sa=D",
        "https://www.google.com/url?q=plan",
        "https://www.google.com/url?sa=D",
        "http://substack.com/redirect/1b4e28ba-2fa1-11d2-883f-0016d3cca427?j=eyJ1IjoiMSJ9.c2ln",
        "https://news.google.com/rss/articles/CBMiAU_yqLNabc?oc=5",
        f"https://docs.google.com/viewer?url={_Q}",
        f"https://web.archive.org/web/20210101000000/{INNER}",
        "mailto:a@b.example",
        "http://[",
        "",
    ],
)
def test_what_only_looks_like_a_wrapped_link(url: str) -> None:
    assert inner_url(url) is None


@given(
    st.text(),
    st.sampled_from(
        [
            "www.google.com/url?q=",
            "urldefense.com/v3/__",
            "substack.com/redirect/2/",
            "news.google.com/articles/CBMi",
            "www.bing.com/ck/a?u=a1",
            "href.li/?",
        ]
    ),
)
def test_any_text_is_a_link_or_none(text: str, before: str) -> None:
    for url in (text, f"https://{before}{text}"):
        assert isinstance(intended_url(url), str)


_PARTS = [
    "http://alpha.example/", "https://www.google.com/", "https://go.redirectingat.com", "%75rl", "?", "&", "q=", "url=",
    "http%3A%2F%2Falpha.example", "utm_source=x", "%75tm_source=x", "fbclid=3", "\t", " ", "%20", "%09", "#part", "é",
]  # fmt: skip


@given(st.lists(st.sampled_from(_PARTS), min_size=1, max_size=8).map("".join) | st.text())
@example("https://go.redirectingat.com?url=http%3A%2F%2Falpha.example")
@example("http://alpha.example/?\tutm_source=x")
@example("http://alpha.example/?%75tm_source=x")
@example("https://www.google.com/%75rl?q=http%3A%2F%2Falpha.example")
def test_the_key_of_a_key_is_the_key(url: str) -> None:
    key = key_of(url)
    assert key_of(key) == key
