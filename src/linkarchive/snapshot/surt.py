"""The sort-friendly key of a URL, as CDX indexes spell it: `org,example)/path?a=1&b=2`.

The canonicalisation is that of the Internet Archive's wayback tools: Google Safe Browsing's
(https://developers.google.com/safe-browsing/v4/urls-hashing, read 2026-11-23), then lower case, no `www.`, no session
ids, no trailing slash, parameters sorted. Own code because the `surt` package is under the AGPL and looks up numeric
hosts in the DNS; a test compares the two.
"""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

_KEPT = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_WWW = re.compile(r"^www\d*\.")
# Compiled when they are first used.
_PATH_SESSIONS = (
    r"(?is)^(.*/)\((?:[a-z]\([0-9a-z]{24}\))+\)/([^?]+\.aspx.*)$",
    r"(?is)^(.*/)\([0-9a-z]{24}\)/([^?]+\.aspx.*)$",
)
_QUERY_SESSIONS = tuple(
    rf"(?is)^(.*){session}(?:&(.*))?$"
    for session in (
        "jsessionid=[0-9a-z]{32}",
        "phpsessid=[0-9a-z]{32}",
        "sid=[0-9a-z]{32}",
        "aspsessionid[a-z]{8}=[a-z]{24}",
        "cfid=[^&]+&cftoken=[^&]+",
    )
)


# A name with dots, segments without escapes and dots in front: nothing to normalise but the case of the path.
_PLAIN = r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::([1-9]\d{0,3}))?((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?(?:\?([!-\"$-~]*))?(?:#[!-~]*)?"


def surt(url: str) -> str:
    """The key of an http(s) URL. A URL that cannot be taken apart is its own key, percent-encoded."""
    plain = re.fullmatch(_PLAIN, url)
    if plain is None:
        return _of_any(url)
    scheme, host, port, path, query = plain.groups("")
    key = ",".join(reversed(_WWW.sub("", host).split(".")))
    if port and int(port) != _DEFAULT_PORTS[scheme]:
        key += f":{port}"
    key += f"){path.lower() or '/'}"
    query = _query(query) if query else ""
    return f"{key}?{query}" if query else key


def _of_any(url: str) -> str:
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError:
        return _escape(url.encode("utf-8", "replace"))
    key = ",".join(reversed(_host(host).split(".")))
    if port is not None and port != _DEFAULT_PORTS.get(scheme):
        key += f":{port}"
    key += ")" + _path(parts.path)
    query = _query(parts.query)
    return f"{key}?{query}" if query else key


def _host(host: str) -> str:
    decoded = _unescape(host.encode("utf-8", "replace"))
    if not decoded.isascii():
        with suppress(UnicodeError):  # an impossible name stays as it is, percent-encoded
            decoded = decoded.decode("utf-8", "ignore").encode("idna")
    decoded = decoded.replace(b"..", b".").strip(b".")
    if decoded.isdigit() and len(decoded) < 20:
        return str(ipaddress.IPv4Address(int(decoded) & 0xFFFFFFFF))
    return _WWW.sub("", _escape(decoded.lower()))


def _path(path: str) -> str:
    kept: list[bytes] = []
    segments = _unescape(path.encode("utf-8", "replace")).split(b"/")[1:]
    for segment in segments:
        if segment == b".." and kept:
            kept.pop()
        elif segment != b".":
            kept.append(segment)
    # Empty segments fold into one slash; one at the end is a trailing slash.
    folded = b"/" + b"".join(segment + b"/" for segment in kept[:-1] if segment) + b"".join(kept[-1:])
    key = _escape(folded).lower()
    for session in _PATH_SESSIONS:
        key = re.sub(session, r"\1\2", key)
    return key[:-1] if key.endswith("/") and len(key) > 1 else key


def _query(query: str) -> str:
    key = _escape(_unescape(query.encode("utf-8", "replace")))
    for session in _QUERY_SESSIONS:
        if match := re.match(session, key):
            key = match[1] + (match[2] or "")
    return "&".join("=".join(pair) for pair in sorted(tuple(arg.split("=", 1)) for arg in key.lower().split("&")))


def _unescape(data: bytes) -> bytes:
    """Percent-decoded until nothing changes: servers and copyists encode twice."""
    while (decoded := unquote_to_bytes(data)) != data:
        data = decoded
    return data


def _escape(data: bytes) -> str:
    return quote_from_bytes(data, safe=_KEPT)
