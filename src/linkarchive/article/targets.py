"""What a target means as it is written in an article."""

from __future__ import annotations

import re
from collections.abc import Set

from linkarchive.article import origin
from linkarchive.article.identifiers import resolver_url
from linkarchive.urls import encode_query, resolve, same_page

_NOTHING = re.compile(r"javascript:\s*(?:void\s*\(?\s*0?\s*\)?|return\s+false|undefined|//|\{\})?\s*;?\s*\Z", re.I)
_TO_NOTHING = frozenset({"", "#", "#!", "null", "undefined", "(null)", "[object Object]"})
_NO_HOST = re.compile(r"https?:/{0,3}|about:blank(?:[#?].*)?", re.IGNORECASE)
_WITH_HOST = re.compile(r"https?:[/\\]{2}", re.IGNORECASE)
_NOWHERE = "https://base.invalid/"
"""What an address with a host is resolved against: the result does not depend on it."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def joined(base: str | None, url: str, charset: str = "utf-8") -> str:
    """Absolute where it can be, else as written."""
    return (resolve(base, url, charset) if base else None) or encode_query(url, charset)


def target_of(written: str) -> str | None:
    """A written target as the URL it means, not yet made absolute; None for a link to `#` or to nothing."""
    # As browsers do (WHATWG URL): line ends and tabs inside a URL are dropped.
    url = re.sub(r"[\t\n\r]", "", written.strip())
    if url in _TO_NOTHING or _NOTHING.match(url) or _NO_HOST.fullmatch(url):
        return None
    # What no URL may hold (RFC 3986 §2) is escaped; the rest stays as the author spelt it.
    return re.sub(r"[\x00-\x20\x7f\"<>`]", lambda match: f"%{ord(match[0]):02X}", url)


def is_meant(target: str, urls: Set[str], lost: bool) -> bool:
    """The target as written may be one of the URLs; a relative one is told by its end."""
    url = target_of(target)
    if url is None:
        return lost
    if url in urls:
        return True
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url):
        return False
    end = re.sub(r"^[./]+", "", url)
    return any(candidate.endswith(end) for candidate in urls)


class Targets:
    """What a written target means in this article."""

    def __init__(self, base: str | None, original_url: str | None, charset: str) -> None:
        self._base = base
        self._charset = charset
        self._original = original_url

    def is_section(self, written: str) -> bool:
        """`#section` of the article itself: not a citation."""
        written = written.strip()
        if written.startswith("#"):
            return target_of(written) is not None
        page, hash_sign, _ = written.partition("#")
        if not hash_sign or self._original is None or not origin.is_web(page):
            return False
        return same_page(page, self._original)

    def resolve(self, written: str) -> str | None:
        """Absolute where it can be, else as written; None for a link to `#` or to nothing."""
        url = target_of(written)
        if url is not None and (resolved := resolver_url(url)):
            return resolved
        if url is None or (_SCHEME.match(url) and not url.lower().startswith(("http:", "https:"))):
            return url
        base = self._base or (_NOWHERE if _WITH_HOST.match(url) else None)
        return joined(base, url, self._charset)
