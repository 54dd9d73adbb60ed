"""Cookies of one visit: sites that redirect until they see their own cookie need them; nothing outlives the visit."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct

from linkarchive.mail_date import mail_date
from linkarchive.web.request_url import Target

REMOVED = "[removed]"
_VALUE = re.compile(r"^([^=;]*)=[^;]*")


class _Cookie(Struct, frozen=True):
    """A cookie, and where it is sent."""

    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool


class Cookies:
    """The cookies of one visit, matched as in RFC 6265 §5.3 and §5.4."""

    def __init__(self) -> None:
        self._jar: dict[tuple[str, str, str], _Cookie] = {}

    def take(self, target: Target, fields: tuple[str, ...], now: datetime) -> None:
        """Keep what the `Set-Cookie` fields of a response of `target` say. Malformed ones are ignored."""
        for field in fields:
            self._take(target, field, now)

    def header(self, target: Target) -> str | None:
        """The value of the Cookie field for a request of `target`, longest path first; None without any."""
        if not self._jar:
            return None
        parts = urlsplit(target.url)
        fitting = [cookie for cookie in self._jar.values() if _fits(cookie, target.host, parts.scheme, parts.path)]
        fitting.sort(key=lambda cookie: -len(cookie.path))
        pairs = (f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in fitting)
        return "; ".join(pairs) or None

    def _take(self, target: Target, field: str, now: datetime) -> None:
        pair, *rest = field.split(";")
        name, equals, value = (text.strip() for text in pair.partition("="))
        if not equals:  # a cookie without a name is a value (RFC 6265bis §5.6)
            name, value = "", name
        if not name and not value:
            return
        attributes = {}
        for attribute in rest:
            key, _, content = attribute.partition("=")
            attributes[key.strip().lower()] = content.strip()
        domain = attributes.get("domain", "").removeprefix(".").lower()
        # A public suffix is not looked up: within one visit a cookie for all of “.com” harms nobody else.
        if domain and not _domain_matches(target.host, domain):
            return
        path = attributes.get("path", "")
        if not path.startswith("/"):
            path = urlsplit(target.url).path.rpartition("/")[0] or "/"
        cookie = _Cookie(name, value, domain or target.host, not domain, path, "secure" in attributes)
        key3 = (cookie.domain, cookie.path, cookie.name)
        if _is_over(attributes, now):
            self._jar.pop(key3, None)
        else:
            self._jar[key3] = cookie


def without_value(field: str) -> str:
    """A `Set-Cookie` field as it may be kept: name and attributes, not the value."""
    return _VALUE.sub(rf"\1={REMOVED}", field) if "=" in field.partition(";")[0] else REMOVED


def _fits(cookie: _Cookie, host: str, scheme: str, path: str) -> bool:
    if cookie.secure and scheme != "https":
        return False
    if host != cookie.domain and (cookie.host_only or not _domain_matches(host, cookie.domain)):
        return False
    stem = cookie.path if cookie.path.endswith("/") else f"{cookie.path}/"
    return path == cookie.path or path.startswith(stem)


def _domain_matches(host: str, domain: str) -> bool:
    return host == domain or (host.endswith(f".{domain}") and not host[-1].isdigit())


def _is_over(attributes: dict[str, str], now: datetime) -> bool:
    """Whether a cookie has expired. Max-Age goes before Expires; what cannot be read counts as absent."""
    if re.fullmatch(r"-?[0-9]{1,15}", attributes.get("max-age", "")):
        return int(attributes["max-age"]) <= 0
    expires = mail_date(attributes.get("expires", ""))
    return expires is not None and expires <= now
