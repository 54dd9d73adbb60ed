"""The header fields of a request for a part: what of it can be shown, and which page it is for."""

from __future__ import annotations

from urllib.parse import urlsplit

from linkarchive.requisites.requisite import Kind

_ACCEPT = {
    Kind.STYLE: "text/css,*/*;q=0.1",
    Kind.IMAGE: "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    Kind.FONT: "*/*",
    Kind.MODULE: "*/*",
    Kind.SCRIPT: "*/*",
}
"""As browsers say it; a frame is asked for as a page is."""


def request_fields(kind: Kind, url: str, page: str) -> tuple[tuple[str, str], ...]:
    """The fields of a request for a URL that a page needs, beside those of our own visits."""
    accept = _ACCEPT.get(kind)
    referer = _referer(url, page)
    return (*((("Accept", accept),) if accept else ()), *((("Referer", referer),) if referer else ()))


def _referer(url: str, page: str) -> str:
    """What a browser says of the page, by its usual policy (Referrer Policy §3.8, strict-origin-when-cross-origin).

    Pictures are refused by some hosts to whoever does not come from a page of theirs.
    """
    named, asked = urlsplit(page), urlsplit(url)
    if named.scheme == "https" and asked.scheme != "https":
        return ""
    host = named.netloc.rpartition("@")[2]
    if (named.scheme, host.lower()) != (asked.scheme, asked.netloc.rpartition("@")[2].lower()):
        return f"{named.scheme}://{host}/"
    query = f"?{named.query}" if named.query else ""
    return f"{named.scheme}://{host}{named.path or '/'}{query}"
