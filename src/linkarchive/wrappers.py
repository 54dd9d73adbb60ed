"""Links that only lead on: redirectors, mail protection, page caches. The address that is meant stands in them.

A table of services that are known to do nothing else. An address in a parameter of any other site is part of that
site's own page, and a shortener says nothing: both stay as they are.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

from msgspec import Struct

from linkarchive.url_parameters import without_tracking
from linkarchive.urls import host_of, is_within, path_of, query_of, source_key

MOST_LAYERS = 5
"""Wrappers around wrappers: newsletters are sent through mail protection."""


def intended_url(url: str) -> str:
    """The address that a link is meant to lead to: what its wrappers hold, or the link itself, as written."""
    for _ in range(MOST_LAYERS):
        inner = inner_url(url)
        if inner is None:
            break
        url = inner
    return url


def inner_url(url: str) -> str | None:
    """What a wrapped link leads to; None for any other URL, and where no address of the web is inside."""
    host = host_of(url)
    if not host:
        return None
    address, mark, fragment = url.strip().partition("#")
    for service in _services_of(host):
        inner = _of_the_web(service.inner(path_of(address), query_of(address)))
        if inner is not None:
            return f"{inner}#{fragment}" if mark and "#" not in inner else inner
    return None


@lru_cache(maxsize=4096)
def _services_of(host: str) -> tuple[_Service, ...]:
    return tuple(service for service in _SERVICES if service.has(host))


class _Service(Struct, frozen=True):
    """A service that wraps links: its hosts, and how it writes the address inside."""

    hosts: tuple[str, ...]
    inner: Callable[[str, str], str | None]
    """Of the path and the query."""
    pattern: re.Pattern[str] | None = None
    """Of the host, where `hosts` cannot be a list."""

    def has(self, host: str) -> bool:
        return is_within(host, self.hosts) or (self.pattern is not None and self.pattern.fullmatch(host) is not None)


def _of_the_web(inner: str | None) -> str | None:
    if inner is None:
        return None
    inner = inner.strip()
    if re.match(r"https?%3A", inner, re.I):
        inner = unquote(inner)
    if not re.match(r"https?://", inner, re.I):
        return None
    try:
        source_key(inner)
    except ValueError:
        return None
    return inner


# --- how the address is written in -----------------------------------------------


def _parameter(path: str, *names: str) -> Callable[[str, str], str | None]:
    """It is the value of one of these parameters, below a path (a regular expression)."""
    at = re.compile(path)

    def inner(path: str, query: str) -> str | None:
        return _value(query, names) if at.fullmatch(path) else None

    return inner


def _value(query: str, names: tuple[str, ...]) -> str | None:
    values = dict(reversed([(name, value) for name, _, value in (part.partition("=") for part in query.split("&"))]))
    return next((unquote(values[name]) for name in names if values.get(name)), None)


def _whole_query(path: str, query: str) -> str | None:
    return query if path in ("", "/") else None


def _first_of(*ways: Callable[[str, str], str | None]) -> Callable[[str, str], str | None]:
    def inner(path: str, query: str) -> str | None:
        return next((address for way in ways if (address := _of_the_web(way(path, query)))), None)

    return inner


def _page_cache(path: str) -> Callable[[str, str], str | None]:
    """AMP: `/c/` or `/amp/`, `s/` for https, then host and path (https://developers.google.com/amp/cache)."""
    at = re.compile(path + r"(s/)?([^/]+\.[^/]+/?.*)")

    def inner(path: str, query: str) -> str | None:
        match = at.fullmatch(path)
        if match is None:
            return None
        return f"{'https' if match[1] else 'http'}://{match[2]}{'?' if query else ''}{query}"

    return inner


def _proofpoint_2(path: str, query: str) -> str | None:
    value = _value(query, ("u",)) if path == "/v2/url" else None
    return unquote(value.replace("-", "%").replace("_", "/")) if value else None


_V3 = re.compile(r"/v3/__(.+?)__;(.*?)!.*", re.S)
_TOKEN = re.compile(r"\*(?:\*(.))?", re.S)
_RUNS = {
    letter: length
    for length, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", start=2)
}


def _proofpoint_3(path: str, query: str) -> str | None:
    """Characters that were taken out stand behind, as base64; `*` is one of them, `**` and a letter are several."""
    match = _V3.fullmatch(f"{path}?{query}" if query else path)
    if match is None:
        return None
    characters = iter(_from_base64(match[2]).decode("utf-8", "replace"))

    def put_back(token: re.Match[str]) -> str:
        length = _RUNS.get(token[1], 0) if token[1] else 1
        return "".join(next(characters, "") for _ in range(length))

    return re.sub(r"^(https?:/)(?=[^/])", r"\1/", _TOKEN.sub(put_back, unquote(match[1])), flags=re.I)


def _substack(path: str, _query: str) -> str | None:
    match = re.fullmatch(r"/redirect/2/([\w-]+)\..*", path)
    try:
        payload = json.loads(_from_base64(match[1])) if match else None
    except (ValueError, RecursionError):
        return None
    address = payload.get("e") if isinstance(payload, dict) else None
    return address if isinstance(address, str) else None


def _google_news(path: str, _query: str) -> str | None:
    """Articles of the older form: base64 of a record whose first field with text is the address."""
    match = re.fullmatch(r"/(?:rss/|__i/rss/rd/)?(?:articles|read)/(CBMi[\w-]+=*)", path)
    record = _from_base64(match[1]) if match else b""
    length = record[3] if len(record) > 4 else 0
    start = 4
    if length >= 0x80:
        length, start = (length & 0x7F) | record[4] << 7, 5
    address = record[start : start + length]
    return address.decode("ascii") if address.isascii() else None


def _bing(path: str, query: str) -> str | None:
    value = _value(query, ("u",)) if path == "/ck/a" else None
    return _from_base64(value[2:]).decode("utf-8", "replace") if value and value.startswith("a1") else None


def _yahoo(path: str, _query: str) -> str | None:
    match = re.search(r"/RU=([^/]+)/", path)
    return unquote(match[1]) if match else None


def _sophos(path: str, query: str) -> str | None:
    value = _value(query, ("u",)) if path == "/" else None
    return _from_base64(value).decode("utf-8", "replace") if value else None


def _last_of_path(path: str, _query: str) -> str | None:
    match = re.search(r"/(https?(?:%3A|:).+)\Z", path, re.I)
    return unquote(match[1]) if match else None


def _from_base64(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, ValueError):
        return b""


# --- the services ----------------------------------------------------------------

_GOOGLE = re.compile(r"(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}")

_SERVICES: tuple[_Service, ...] = (
    # Search engines and their page caches
    _Service(
        (),
        _first_of(_parameter(r"/url", "q", "url"), _parameter(r"/imgres", "imgrefurl"), _page_cache("/amp/")),
        _GOOGLE,
    ),
    _Service(("plus.url.google.com",), _parameter(r"/url", "q")),
    _Service(("scholar.google.com",), _parameter(r"/scholar_url", "url")),
    _Service(("news.google.com",), _first_of(_google_news, _parameter(r"/news/url", "url"))),
    _Service(("cdn.ampproject.org", "bing-amp.com"), _page_cache("/(?:c|v|wp)/")),
    _Service(("www.bing.com", "bing.com"), _first_of(_bing, _page_cache("/amp/"))),
    _Service(("r.search.yahoo.com",), _yahoo),
    _Service(("duckduckgo.com",), _parameter(r"/l/", "uddg")),
    # Protection of mail
    _Service(
        (
            "safelinks.protection.outlook.com",
            "safelinks.protection.office365.us",
            "safelinks.protection.partner.outlook.cn",
        ),
        _parameter(r"/.*", "url"),
    ),
    _Service(("statics.teams.cdn.office.net",), _parameter(r"/evergreen-assets/safelinks/.*", "url")),
    _Service(
        ("urldefense.com", "urldefense.proofpoint.com", "urldefense.us"),
        _first_of(_proofpoint_3, _proofpoint_2, _parameter(r"/v1/url", "u")),
    ),
    _Service(("linkprotect.cudasvc.com",), _parameter(r"/url", "a")),
    _Service(("secure-web.cisco.com",), _last_of_path),
    _Service(("protection.sophos.com",), _sophos),
    _Service(("clicktime.symantec.com", "protect2.fireeye.com"), _parameter(r"/.*", "u", "url")),
    _Service(("trendmicro.com",), _parameter(r"/wis/clicktime/v\d/query", "url")),
    _Service(("link.edgepilot.com",), _parameter(r"/s/.*", "u")),
    # Social networks, forums, messengers
    _Service(("facebook.com",), _parameter(r"/l\.php", "u")),
    _Service(("l.instagram.com", "l.threads.com", "l.threads.net", "l.messenger.com", "l.workplace.com"),
             _parameter(r"/(?:l\.php)?", "u")),
    _Service(("l.wl.co",), _parameter(r"/l", "u")),
    _Service(("youtube.com",), _parameter(r"/redirect", "q")),
    _Service(("linkedin.com",), _parameter(r"/(?:redir/redirect|safety/go)/?", "url")),
    _Service(("exit.sc", "gate.sc", "go.skimresources.com", "go.redirectingat.com"), _parameter(r"/", "url")),
    _Service(("out.reddit.com",), _parameter(r"/(?:t\d_\w+)?", "url")),
    _Service(("outgoing.prod.webservices.mozgcp.net", "outgoing.mozilla.org"), _last_of_path),
    _Service(("steamcommunity.com",), _parameter(r"/linkfilter/?", "url", "u")),
    _Service(("slack-redir.net",), _parameter(r"/link", "url")),
    _Service(("t.umblr.com",), _parameter(r"/redirect", "z")),
    _Service(("vk.com", "m.vk.com"), _parameter(r"/away\.php", "to")),
    _Service(("t.me",), _parameter(r"/iv", "url")),
    _Service(("disq.us",), _parameter(r"/url", "url")),
    _Service(("medium.com",), _parameter(r"/r/", "url")),
    _Service(("getpocket.com",), _parameter(r"/redirect", "url")),
    _Service(("substack.com",), _substack),
    _Service(("pixiv.net",), _first_of(_parameter(r"/jump\.php", "url"), _whole_query)),
    _Service(("deviantart.com",), lambda path, query: query if path == "/users/outgoing" else None),
    _Service(("weibo.cn", "weibo.com"), _parameter(r"/sinaurl", "u", "toasturl")),
    _Service(("link.zhihu.com", "link.csdn.net", "link.juejin.cn"), _parameter(r"/", "target")),
    _Service(("gitee.com",), _parameter(r"/link", "target")),
    _Service(("jianshu.com",), _parameter(r"/go-wild", "url")),
    _Service(("c.pc.qq.com",), _parameter(r"/middlem\.html", "pfurl")),
    # Those that hide where a reader comes from, and those that count for a shop
    _Service(("href.li", "anonym.to", "anonym.es", "dereferer.me", "nullrefer.com", "anon.to"), _whole_query),
    _Service(("redirect.viglink.com",), _parameter(r"/", "u")),
    _Service(("click.linksynergy.com",), _parameter(r"/(?:deeplink|link)", "murl", "RD_PARM1")),
    _Service(("awin1.com",), _parameter(r"/(?:cread|awclick)\.php", "ued", "p")),
    _Service(("anrdoezrs.net", "dpbolvw.net", "jdoqocy.com", "kqzyfj.com", "tkqlhce.com"),
             _first_of(_parameter(r"/click-.*", "url"), _last_of_path)),
)  # fmt: skip


def key_of(url: str) -> str:
    """The key under which a URL is stored; what has no key (mailto:, a relative path) is its own. A link through a
    redirector is the page behind it, with or without what counts its visitors."""
    return key_of_intended(intended_url(url))


def key_of_intended(url: str) -> str:
    """`key_of` for an address that was taken out of its wrappers. The key of a key is the key itself."""
    for _ in range(MOST_LAYERS):
        try:
            key = source_key(without_tracking(url))
        except ValueError:
            return url.replace("\0", "%00")  # which no database of PostgreSQL takes
        if key == url:
            return url  # mostly: one string in memory, not two
        url = intended_url(key)  # a wrapper, or what counts visitors, may have been spelled as no other is
    return url
