"""Keys of sources, redirects that mean nothing, secrets, and the addresses of web archives."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive import urls
from linkarchive.secrets import has_secrets, redact


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM/Path", "https://example.com/Path"),
        ("  https://example.com/a \n", "https://example.com/a"),
        ("https://example.com/a#part", "https://example.com/a"),
        ("https://example.com/a#:~:text=x", "https://example.com/a"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:/", "https://example.com/"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://пример.испытание/а", "https://xn--e1afmkfd.xn--80akhbyknj4f/%D0%B0"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://ex。com/", "https://ex.com/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://under_score.example/", "https://under_score.example/"),
        ("http://[::1]:80/", "http://[::1]/"),
        ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("https://user:Pass@Example.com/", "https://user:Pass@example.com/"),
        ("https://example.com/%7euser/%e4%2f", "https://example.com/~user/%E4%2F"),
        ("https://example.com/a b?c d", "https://example.com/a%20b?c%20d"),
        ("https://example.com/100%/x", "https://example.com/100%25/x"),
        ("https://example.com/ä?ö=ü", "https://example.com/%C3%A4?%C3%B6=%C3%BC"),
        ("https://example.com/a/../b/./c//d/", "https://example.com/a/../b/./c//d/"),
        ("https://example.com/?b=2&a=1&b=2", "https://example.com/?b=2&a=1&b=2"),
        ("https://example.com/a;b=c,d:e@f!$&'()*+=", "https://example.com/a;b=c,d:e@f!$&'()*+="),
        ("http:///x", "http://x/"),
        ("http:\\\\example.com\\a", "http://example.com/a"),
        ("http://ex%61mple.com/", "http://example.com/"),
        ("http://👍👍.example/", "http://xn--yp8ha.example/"),
        ("http://foo_bar.müller.example/", "http://foo_bar.xn--mller-kva.example/"),
        ("http://a–b.example/", "http://xn--ab-41t.example/"),
        ('https://example.com/x"<>\\^`{}', "https://example.com/x%22%3C%3E%5C%5E%60%7B%7D"),
    ],
)
def test_the_key_of_a_source(url: str, key: str) -> None:
    assert urls.source_key(url) == key


_PIECES = st.sampled_from(
    ["example.com", "a-b_c.example", "192.0.2.1", "x" * 63, "x" * 64, ":80", ":443", ":8080", ":080", ":0", ":99999",
     ":", "/", "//", "?", "#", "@", "%7e", "%zz", "a", "B", "é", " ", "\n", "\t", ".", "..", ";", "=", "&", "[", "]",
     "|"]
)  # fmt: skip


@given(st.sampled_from(["http", "https"]), st.lists(_PIECES, max_size=6).map("".join))
def test_a_url_in_normal_form_has_the_key_that_it_has_when_taken_apart(scheme: str, rest: str) -> None:
    told = [_answer(urls.source_key, f"{form}://{rest}") for form in (scheme, scheme.upper())]
    assert told[0] == told[1]
    told = [_answer(urls.host_of, f"{form}://{rest}") for form in (scheme, scheme.upper())]
    assert told[0] == told[1]


def _answer(asked: Callable[[str], str], url: str) -> str | None:
    with contextlib.suppress(ValueError):
        return asked(url)
    return None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "/path",
        "mailto:a@b.example",
        "http://",
        "http://:80/",
        "http://x:99999/",
        "http://x:y/",
        "http://[::1",
        "http://a b/",
        "http://a\x00b/",
        "http://a<b>/",
        "https://exa\u200bmple\u2028.com/",
        "http://\ud800.example/",
        "http://./",
        "http://a..b/",
        f"http://{'a' * 64}.example/",
        "http://a%20b/",
    ],
)
def test_what_has_no_key(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        urls.source_key(url)


URLS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["example.com", "WWW.Example.com:80", "ü.example", "[::1]:443", "u:p@a-b.example:8080", "1.2.3.4"]),
    st.sampled_from(["", "/"]),
    st.text(max_size=20).map(lambda text: f"/{text}"),
)


@given(URLS)
def test_a_key_is_its_own_key_and_plain_ascii(url: str) -> None:
    try:
        key = urls.source_key(url)
    except (ValueError, UnicodeError):
        return
    assert urls.source_key(key) == key
    assert key.isascii()
    assert key.isprintable()
    assert not set(key) & set(' "<>#')
    assert urls.same_page(url, key)
    assert urls.source_key(urls.source_key(f"{key}#x")) == key


@given(st.text())
def test_any_text_has_a_key_or_raises_a_value_error(text: str) -> None:
    for url in (text, f"http://{text}", f"http://a.example/{text}"):
        with contextlib.suppress(ValueError):
            assert "#" not in urls.source_key(url)
        assert isinstance(redact(url), str)
        urls.unwrap(url)
        assert isinstance(urls.host_of(url), str)
        assert isinstance(urls.scheme_of(url), str)
        assert isinstance(urls.ascii_host(url), str)
        assert isinstance(urls.is_within(text, [text, "a.example"]), bool)
        assert urls.same_page(url, url)
        assert isinstance(urls.is_root(url), bool)
        assert isinstance(urls.is_persistent_identifier(url), bool)
        assert urls.normalise(urls.normalise(url) or "") == urls.normalise(url)
        for charset in ("utf-8", "cp1252", "cp932", "no such charset", text):
            urls.resolve("http://a.example/b/c", url, charset)
            urls.resolve(url, text, charset)


@pytest.mark.parametrize(
    ("base", "reference", "charset", "leads"),
    [
        ("http://a.example/dd/x//y/", "w", "utf-8", "http://a.example/dd/x//y/w"),
        ("http://a.example/dd/x//y/", "../w", "utf-8", "http://a.example/dd/x//w"),
        ("http://a.example/go/", "to/http://b.example/w", "utf-8", "http://a.example/go/to/http://b.example/w"),
        ("http://a.example/", r"\\b.example\x", "utf-8", "http://b.example/x"),
        ("http://a.example/", "http:///b.example/x", "utf-8", "http://b.example/x"),
        ("http://a.example/b/c", "http:w/x", "utf-8", "http://a.example/b/w/x"),
        ("http://a.example/", "/w/\tx", "utf-8", "http://a.example/w/x"),
        ("http://a.example/", " //b.example ", "utf-8", "http://b.example/"),
        ("http://a.example/b?c", "?d#e", "utf-8", "http://a.example/b?d#e"),
        ("http://a.example/", "/café?q=café", "cp1252", "http://a.example/caf%C3%A9?q=caf%E9"),
        ("http://a.example/", "http://b.example/s?q=表示", "cp932", "http://b.example/s?q=%95\\%8E%A6"),
        ("http://a.example/", "/s?q=港#港", "cp1252", "http://a.example/s?q=%26%2328207%3B#%E6%B8%AF"),
        ("http://a.example/", "http://B.example/../x#Y", "cp1252", "http://B.example/../x#Y"),
        ("http://a.example/", "mailto:x@y.example", "utf-8", "mailto:x@y.example"),
        ("http://a.example/", "//[", "utf-8", None),
        ("mailto:a@b.example", "x", "utf-8", None),
        ("", "x", "utf-8", None),
    ],
)
def test_where_a_link_leads(base: str, reference: str, charset: str, leads: str | None) -> None:
    assert urls.resolve(base, reference, charset) == leads


@pytest.mark.parametrize(
    ("host", "names", "within"),
    [
        ("a.example", ["a.example"], True),
        ("b.a.example", ["x.example", "A.example"], True),
        ("xn--bcher-kva.example", ["bücher.example"], True),
        ("www.xn--bcher-kva.example", ["BÜCHER.example"], True),
        ("xn--bcher-kva.example", ["xn--bcher-kva.example"], True),
        ("b.example", [".b.example"], True),
        ("xb.example", ["b.example"], False),
        ("example", ["b.example"], False),
        ("a.example", [], False),
        ("", ["a.example"], False),
    ],
)
def test_a_host_or_what_is_below_it(host: str, names: list[str], within: bool) -> None:
    assert urls.is_within(host, names) is within


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("http://example.com/a", "https://www.example.com/a/", True),
        ("http://EXAMPLE.com:80", "https://example.com/", True),
        ("https://example.com:8443/", "https://example.com/", False),
        ("https://example.com/a#x", "https://example.com/a#y", True),
        ("https://example.com/a", "https://example.com/A", False),
        ("https://example.com/a?x=1", "https://example.com/a?x=2", False),
        ("https://example.com/a?x", "https://example.com/a/?x", True),
        ("https://example.com/%7Ea", "https://example.com/~a", True),
        ("https://m.example.com/a", "https://example.com/a", False),
        ("https://example.com/a", "https://example.org/a", False),
    ],
)
def test_redirects_that_mean_nothing(first: str, second: str, same: bool) -> None:
    assert urls.same_page(first, second) is same
    assert urls.same_page(second, first) is same


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://doi.org/10.1000/182", True),
        ("http://dx.doi.org/10.1000/182", True),
        ("https://www.doi.org/10.1000/182", True),
        ("https://purl.example.net/x", True),
        ("https://archive.example/ark:/12345/x", True),
        ("https://w3id.org/x", True),
        ("https://notdoi.org/10.1000/182", False),
        ("https://doi.org.example/10.1000/182", False),
        ("https://example.com/?u=https://doi.org/", False),
    ],
)
def test_persistent_identifiers(url: str, is_one: bool) -> None:
    assert urls.is_persistent_identifier(url) is is_one


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("https://me:pw@example.com/", "https://REDACTED@example.com/"),
        ("https://4f1c0aa09be2d7735f@example.com/", "https://REDACTED@example.com/"),
        ("https://example.com/?api_key=1&x=2", "https://example.com/?api_key=REDACTED&x=2"),
        ("https://example.com/?API-Key=1", "https://example.com/?API-Key=REDACTED"),
        ("https://example.com/?access_token=a.b", "https://example.com/?access_token=REDACTED"),
        (
            "https://s3.example/x?X-Amz-Signature=ff&X-Amz-Date=1",
            "https://s3.example/x?X-Amz-Signature=REDACTED&X-Amz-Date=1",
        ),
        ("https://example.com/#access_token=x", "https://example.com/#access_token=REDACTED"),
        ("https://example.com/?token=", "https://example.com/?token="),
        ("https://example.com/?token", "https://example.com/?token"),
        ("https://example.com/?keyword=x&monkey=1", "https://example.com/?keyword=x&monkey=1"),
        ("https://example.com/a#:~:text=key=1", "https://example.com/a#:~:text=key=1"),
        ("https://example.com/?a=1;token=2", "https://example.com/?a=1;token=REDACTED"),
        ("http://u:p@[bad/?token=1", "http://REDACTED@[bad/?token=REDACTED"),
        ("not a url", "not a url"),
    ],
)
def test_secrets_are_never_shown(url: str, shown: str) -> None:
    assert redact(url) == shown
    assert has_secrets(url) is (url != shown)


def test_a_user_name_is_shown_but_not_sent_to_others() -> None:
    assert redact("https://me@example.com/") == "https://me@example.com/"
    assert has_secrets("https://me@example.com/")


@given(
    st.sampled_from(["token", "api_key", "Password", "sig"]),
    st.text(alphabet="abcdefXYZ0189-._~%+/=", min_size=6, max_size=20),
)
def test_no_secret_survives_redaction(name: str, secret: str) -> None:
    for url in (f"https://example.com/?x=1&{name}={secret}&y=2", f"https://example.com/#{name}={secret}"):
        assert f"={secret}" not in redact(url)


@pytest.mark.parametrize(
    ("url", "original"),
    [
        ("https://web.archive.org/web/20210512/https://a.example/x?y#z", ("20210512", "https://a.example/x?y#z")),
        ("http://web.archive.org/web/2021id_/http://a.example/", ("2021", "http://a.example/")),
        (
            "https://web.archive.org/web/20210512000000im_/http:/a.example/i.png",
            ("20210512000000", "http://a.example/i.png"),
        ),
        ("https://web.archive.org/web/20210512000000/a.example:8080/x", ("20210512000000", "http://a.example:8080/x")),
        ("https://web.archive.org/web/20210512000000/mailto:a@b.example", ("20210512000000", "mailto:a@b.example")),
        (
            "https://arquivo.example/wayback/20210512000000mp_/https://a.example/",
            ("20210512000000", "https://a.example/"),
        ),
        ("https://archive.example/20210512000000/https://a.example/", ("20210512000000", "https://a.example/")),
        ("https://web.archive.org/web/*/https://a.example/", None),
        ("https://web.archive.org/", None),
        ("https://a.example/20210512/https://b.example/", None),
        ("https://a.example/?u=https://web.archive.org/web/2021/https://b.example/", None),
    ],
)
def test_what_an_archive_holds(url: str, original: tuple[str, str] | None) -> None:
    assert urls.unwrap(url) == original


def test_roots() -> None:
    assert urls.is_root("https://a.example")
    assert urls.is_root("https://a.example/#x")
    assert not urls.is_root("https://a.example/?x")
    assert not urls.is_root("https://a.example/x")


def test_the_host() -> None:
    assert urls.host_of("https://User@ExAmple.com:80/x") == "example.com"
    assert urls.host_of("http://[2001:DB8::1]/") == "2001:db8::1"
    assert urls.host_of("mailto:a@b.example") == ""
    assert urlsplit(urls.source_key("https://ß.example/")).hostname == urls.host_of("https://ß.example/")
