"""Where a request goes: a URL made fit for sending, and where a redirect leads."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import unquote, unquote_to_bytes, urljoin, urlsplit

from linkarchive.urls import DEFAULT_PORTS, host_of

_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.ASCII)
# An address that is sent as it stands, as nearly all are: taking it apart costs three times as much (2026-11-23).
_PLAIN = re.compile(
    r"(https?)://([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([1-9][0-9]{0,4}))?"
    r"(/[!$-;=@-\[\]^-~]*(?:\?[!$-;=?-\[\]^-~]+)?)(?:#.*)?",
    re.ASCII,
)
_HIGHEST_PORT = 65535
_UNFIT = re.compile(rb"[^!#-;=?-\[\]^-~]")
_LAST_LABEL_IS_NUMBER = re.compile(r"(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$", re.ASCII)
_IPV4_PART = r"(0x[0-9a-f]*|[0-9]+)"
_IPV4 = re.compile(rf"{_IPV4_PART}(\.{_IPV4_PART}){{0,3}}\.?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Target:
    """One address to ask. `url` is as sent and recorded: without user info and fragment, in ASCII."""

    url: str
    host: str
    """In lower case and punycode, without brackets."""
    netloc: str
    """The value of the Host field."""
    authorization: str | None
    """From the URL's user info; never recorded, and never sent to another origin."""

    @property
    def origin(self) -> str:
        return self.url[: self.url.index("/", 8)]


def parse_target(url: str) -> Target:
    """Raises ValueError, in words for the evidence, for what no web server can be asked."""
    plain = _PLAIN.fullmatch(url)
    if plain is not None:
        scheme, host, port, path = plain.groups()
        if port is None:
            return Target(f"{scheme}://{host}{path}", _checked(host), host, None)
        if int(port) <= _HIGHEST_PORT and int(port) != DEFAULT_PORTS[scheme]:
            return Target(f"{scheme}://{host}:{port}{path}", _checked(host), f"{host}:{port}", None)
    return _parse_any(url)


def _parse_any(url: str) -> Target:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise ValueError(f"the address is malformed: {error}") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(f"the address has the scheme “{parts.scheme[:20]}”, which is not of the web")
    host = _host(url)
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        netloc = f"{netloc}:{port}"
    target = f"{parts.scheme}://{netloc}{_fit(parts.path) or '/'}"
    if parts.query:
        target = f"{target}?{_fit(parts.query)}"
    user_info, at, _ = parts.netloc.rpartition("@")
    return Target(target, host, netloc, _basic(user_info) if at else None)


def parse_redirect(base: Target, location: str) -> Target:
    """The target of a `Location` (its bytes as latin-1 text); raises ValueError as `parse_target`.

    User info of the URL goes along within its origin only.
    """
    # Servers send raw UTF-8 here, and Windows ones backslashes; browsers follow both (WHATWG URL §4.4).
    text = location.strip().encode("latin-1", "replace").decode("utf-8", "surrogateescape")
    path, mark, query = text.partition("?")
    try:
        joined = urljoin(base.url, path.replace("\\", "/") + mark + query)
    except ValueError as error:
        raise ValueError(f"the address is malformed: {error}") from None
    target = parse_target(joined)
    if target.authorization is None and target.origin == base.origin:
        return Target(target.url, target.host, target.netloc, base.authorization)
    return target


def _host(url: str) -> str:
    raw = urlsplit(url.strip()).hostname or ""
    if not raw:
        raise ValueError("the address has no host")
    if ":" in raw:
        try:
            return str(IPv6Address(raw.partition("%")[0]))
        except ValueError:
            raise ValueError("the address has a host that is no IPv6 address") from None
    # libcurl decodes percent-encoding in hosts; so must whoever judges them before it does.
    return _checked((host_of(f"//{unquote(raw)}") if "%" in raw or not raw.isascii() else raw).lower())


@lru_cache(4096)
def _checked(host: str) -> str:
    if len(host) > 255 or not _HOST_NAME.fullmatch(host):
        raise ValueError("the address has a host name that cannot be")
    if _LAST_LABEL_IS_NUMBER.search(host) and not _IPV4.fullmatch(host):
        raise ValueError("the address has a host that is neither a name nor an IPv4 address")
    return host


def _fit(text: str) -> str:
    """Percent-encode what cannot stand in a request line; everything else stays as it is."""
    raw = text.encode("utf-8", "surrogateescape")
    return _UNFIT.sub(lambda match: b"%%%02X" % match[0][0], raw).decode("ascii")


def _basic(user_info: str) -> str:
    return "Basic " + base64.b64encode(unquote_to_bytes(user_info)).decode("ascii")
