"""What a target means as it is written in an article, and the archived copies that it gives beside: “(archived)”."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace

from linkarchive.article.identifiers import resolver_url
from linkarchive.article.passage import Link, Passage
from linkarchive.model import LinkKind
from linkarchive.urls import encode_query, is_web, possible_key, resolve, same_page, unwrap

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
        if not hash_sign or self._original is None or not is_web(page):
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


def with_given_copies(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """The passages with `snapshot`, the URL of the copy, of each link whose copy stands in the same passage, or is the
    first link after that passage. The copies stay links of their own.

    A copy is known by its address, which says what it is a copy of (`urls.unwrap`), whatever the words of its link. A
    `snapshot` that is there already stays.
    """
    if not any(_original(link) for passage in passages for link in passage.links):
        return tuple(passages)
    completed: list[Passage] = []
    following: tuple[Link, ...] = ()
    for passage in reversed(passages):
        links = sorted(passage.links, key=lambda link: (link.start, link.line))
        copies: dict[str, list[Link]] = {}
        for link in (*links, *following):
            if original := _original(link):
                copies.setdefault(original, []).append(link)
        if copies and links:
            passage = replace(passage, links=tuple(_with_copy(link, copies) for link in passage.links))
        completed.append(passage)
        following = tuple(links[:1]) or following
    return tuple(reversed(completed))


def _with_copy(link: Link, copies: dict[str, list[Link]]) -> Link:
    """With the first copy behind the link, else the first in front of it."""
    if link.snapshot is not None or link.kind is not LinkKind.LINK or _original(link):
        return link
    given = copies.get(_key(link.target), ())
    behind = (copy for copy in given if (copy.line, copy.start) >= (link.line, link.start))
    copy = next(behind, None) or next(iter(given), None)
    return link if copy is None else replace(link, snapshot=copy.target.strip())


def _original(link: Link) -> str:
    """The key of what the link's target is an archived copy of; "" for any other target."""
    unwrapped = unwrap(link.target) if "/http" in link.target or "archive.org" in link.target else None
    return _key(unwrapped[1]) if unwrapped else ""


def _key(target: str) -> str:
    return possible_key(target.strip()) or target.strip()
