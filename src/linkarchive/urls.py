"""URLs: the key of a source, redirects that mean nothing, the addresses of web archives."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

if TYPE_CHECKING:
    import can_ada

DEFAULT_PORTS = {"http": 80, "https": 443}

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
# Everything that may stand in a path or query as it is (RFC 3986 §3.3, §3.4); the rest is percent-encoded.
_SAFE = "!$%&'()*+,-./:;=?@_~[]|"
_NORMAL_CHARACTER = rf"[A-Za-z0-9{re.escape(_SAFE.replace('%', ''))}]"
_NORMAL = re.compile(f"{_NORMAL_CHARACTER}*")

# Labels of at most 63 characters (RFC 1035 §2.3.4); underscores are not for hosts, but are in use.
_HOST_NAME = r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*"
_HOST = re.compile(_HOST_NAME)

# A URL that is its own key, as most are: taking it apart costs fifteen times as much (measured 2026-11-23).
_IS_KEY = re.compile(rf"https?://{_HOST_NAME}(?::(?!80/|443/)[1-9][0-9]{{0,3}})?/{_NORMAL_CHARACTER}*(?<!\?)")
# The host of such a one, whatever its path; what follows the name is no user info.
_PLAIN_HOST = re.compile(rf"(https?)://({_HOST_NAME})(?::[0-9]{{0,4}})?(?:[/?#]|$)")

# An address with host, in which nothing is left to be resolved.
_WHOLE = re.compile(r"https?://[^/\\\s][^\t\r\n]*", re.I)
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_LETTER = re.compile(r"[^\x00-\x7f]")
# A second byte may look like ASCII: it goes out as it is.
_QUERY_SAFE = "!$%&()*+,-./:;=?@[\\]^_`{|}~"

# Identifiers that are meant to redirect, for ever (docs/design.md §7): their redirect is no move.
_PERSISTENT_HOSTS = frozenset(
    {"doi.org", "dx.doi.org", "hdl.handle.net", "purl.org", "purl.oclc.org", "w3id.org", "n2t.net", "ark.net",
     "identifiers.org", "urn.fi", "nbn-resolving.org", "persistent-identifier.nl", "purl.archive.org"}
)  # fmt: skip


def is_web(url: str) -> bool:
    """An http or https URL with a possible host."""
    return url.lower().startswith(("http://", "https://")) and possible_key(url) is not None


def possible_key(url: str) -> str | None:
    """The key of a source; None for what can be none."""
    try:
        return source_key(url)
    except ValueError:
        return None


def source_key(url: str) -> str:
    """The key of a source (docs/design.md §2): no fragment, host in lower case and punycode, no default port,
    percent-encoding normalised (RFC 3986 §6.2.2); scheme, path and query stay.

    Raises ValueError for a URL that has no host or a host that cannot be.
    """
    address = url.partition("#")[0]
    if _IS_KEY.fullmatch(address):
        return address
    try:
        return _key(url)
    except ValueError:
        # What only the URL standard reads: `http:///host/`, `http:\\\\host\\`, an escape in the host.
        parsed = _parse(url)
        if parsed is None or parsed.protocol not in ("http:", "https:"):
            raise
        return _key(parsed.href)


def _key(url: str) -> str:
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    host = host_of(url) if parts.netloc else ""
    if not host:
        raise ValueError(f"{url!r} has no host")
    if ":" not in host and not _HOST.fullmatch(host):
        raise ValueError(f"{url!r}: no host can have that name")
    port = parts.port
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS.get(scheme):
        netloc += f":{port}"
    userinfo, at, _ = parts.netloc.rpartition("@")
    return urlunsplit((scheme, userinfo + at + netloc, _normalise(parts.path) or "/", _normalise(parts.query), ""))


def host_of(url: str) -> str:
    """The host in lower case and punycode, without brackets; "" where there is none. For any text."""
    plain = _PLAIN_HOST.match(url)
    if plain is not None:
        return plain[2]
    host = _split(url).hostname or ""
    if not host or "%" in host or not host.isascii():
        parsed = _parse(url)
        host = parsed.hostname.strip("[]") if parsed else ""
    return host.rstrip(".")


@lru_cache(4096)
def ascii_host(name: str) -> str:
    """A host name in any spelling as `host_of` gives it; in lower case as it is where it cannot be a host."""
    name = name.strip().removeprefix(".").lower()
    return host_of(f"http://{name}") or name


def is_within(host: str, names: Iterable[str]) -> bool:
    """The host, as `host_of` gives it, is one of these names or below one of them, however they are spelled."""
    return bool(host) and not _with_parents(host).isdisjoint(map(ascii_host, names))


@lru_cache(1024)
def _with_parents(host: str) -> frozenset[str]:
    labels = host.split(".")
    return frozenset(".".join(labels[start:]) for start in range(len(labels)))


def scheme_of(url: str) -> str:
    """The scheme in lower case; "" where there is none. For any text."""
    plain = _PLAIN_HOST.match(url)
    return plain[1] if plain is not None else _split(url).scheme.lower()


def path_of(url: str) -> str:
    """The path as written; "" for what cannot be taken apart."""
    return _split(url).path


def query_of(url: str) -> str:
    """The query as written, without its question mark."""
    return _split(url).query


def resolve(base: str, reference: str, charset: str = "utf-8") -> str | None:
    """Where a reference of a page at `base` leads, by the WHATWG URL standard; None where that cannot be told.
    `charset` is the page's: its query is encoded in that. An address that is whole stays as it is written."""
    reference = encode_query(reference.strip(), charset)
    if _WHOLE.match(reference):
        return reference
    parsed = _parse(base)
    if parsed is None:
        return None
    try:
        return (parsed + _without_surrogates(reference)).href
    except ValueError:
        return None


def normalise(url: str) -> str | None:
    """The address as a browser shows and sends it (the WHATWG URL standard's serialisation); None for none."""
    parsed = _parse(url)
    return parsed.href if parsed else None


def encode_query(url: str, charset: str) -> str:
    """The URL with the letters of its query percent-encoded in the charset of the page that it stands on.

    What the charset lacks becomes a numeric reference, as in forms (WHATWG URL, query state). UTF-8 is what
    everybody expects, and an unknown charset is taken for it: then nothing changes.
    """
    address, mark, fragment = url.partition("#")
    path, asked, query = address.partition("?")
    if query.isascii() or not _is_narrow(charset):
        return url

    def encoded(letter: re.Match[str]) -> str:
        try:
            return quote(letter[0].encode(charset), safe=_QUERY_SAFE)
        except UnicodeError:
            return f"%26%23{ord(letter[0])}%3B"

    return f"{path}{asked}{_LETTER.sub(encoded, query)}{mark}{fragment}"


def _is_narrow(charset: str) -> bool:
    try:
        return not codecs.lookup(charset).name.startswith("utf")
    except (LookupError, ValueError):
        return False


def _parse(url: str) -> can_ada.URL | None:
    import can_ada

    try:
        return can_ada.parse(_without_surrogates(url))
    except ValueError:
        return None


def _without_surrogates(text: str) -> str:
    """Bytes that are no UTF-8 (`surrogateescape`) percent-encoded, other halves of characters replaced."""
    if text.isascii():
        return text
    text = _ESCAPED_BYTE.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", text)
    return text.encode("utf-8", "replace").decode("utf-8")


def _split(url: str) -> SplitResult:
    """The parts of any text; empty ones where it cannot be taken apart."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.hostname
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def _normalise(text: str) -> str:
    """Percent-encode what must be, decode what need not be, spell the escapes in upper case."""
    if _NORMAL.fullmatch(text):
        return text

    def decode(match: re.Match[str]) -> str:
        byte = int(match[1], 16)
        return chr(byte) if byte in _UNRESERVED else f"%{match[1].upper()}"

    text = _PERCENT.sub(decode, text)
    text = re.sub(r"%(?![0-9A-F]{2})", "%25", text)
    return quote(text, safe=_SAFE)


def same_page(url: str, other_url: str) -> bool:
    """The two URLs differ at most in scheme, `www.`, a trailing slash, the case of the host, a default port. What has
    no key is the same as itself only."""
    try:
        return loose_key(url) == loose_key(other_url)
    except ValueError:
        return url.strip() == other_url.strip()


def loose_key(url: str) -> tuple[str, int | None, str, str]:
    """Equal for what `same_page` takes for one page: host, port, path and query. Raises ValueError."""
    parts = urlsplit(source_key(url))
    host = (parts.hostname or "").removeprefix("www.")
    port = parts.port if parts.port not in DEFAULT_PORTS.values() else None
    return host, port, parts.path.rstrip("/"), parts.query


def is_persistent_identifier(url: str) -> bool:
    """A DOI, Handle, PURL, w3id or ARK: it redirects by design."""
    host = host_of(url).removeprefix("www.")
    return host in _PERSISTENT_HOSTS or host.startswith("purl.") or "/ark:" in _split(url).path


def is_root(url: str) -> bool:
    """The front page of a host."""
    parts = _split(url)
    return parts.path in ("", "/") and not parts.query


# The Wayback Machine's own addresses (stamps may be cut short), and the same form with a full stamp elsewhere
# (pywb, arquivo.pt, archive.today): https://github.com/webrecorder/pywb/wiki/URL-rewriter
_WAYBACK = r"(?is)https?://web\.archive\.org/web/(\d{1,14})(?:[a-z]{2}_|\*)?/(.+)"
_REPLAY = r"(?is)https?://[^/?#]+/(?:[\w-]+/)*?(\d{14})(?:[a-z]{2}_)?/(https?:/.+)"


def unwrap(url: str) -> tuple[str, str] | None:
    """The time stamp and the original URL of a web archive's copy, None for any other URL."""
    match = re.match(_WAYBACK, url.strip()) or re.match(_REPLAY, url.strip())
    if match is None:
        return None
    stamp, original = match[1], re.sub(r"^(https?):/+", r"\1://", match[2], flags=re.I)
    return stamp, original if re.match(r"[a-z][a-z0-9+.-]*:(?!\d)", original, re.I) else f"http://{original}"
