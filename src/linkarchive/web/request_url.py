"""Where a request goes: a URL made fit for sending, and where a redirect leads."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes, urlsplit

from msgspec import Struct, structs

from linkarchive.urls import DEFAULT_PORTS, normalise, resolve, scheme_of

_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.ASCII)
# An address that is sent as it stands, as nearly all are: taking it apart costs three times as much (2026-11-23).
_PLAIN = re.compile(
    r"(https?)://([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([1-9][0-9]{0,4}))?"
    r"(/(?:[!$-.0-;=@-\[\]_a-z|~]|/(?!\.|%2[Ee]))*(?:\?[!$-&(-;=?-\[\]_a-z|~]+)?)(?:#.*)?",
    re.ASCII,
)
_HIGHEST_PORT = 65535
_UNFIT = re.compile(r"[^!#-;=?-\[\]^-~]")
_ENDS_AS_NUMBER = re.compile(r"(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$", re.ASCII)
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
"""As the URL standard writes an address; every other name that ends as a number is one, or none at all."""


class NotOfTheWebError(ValueError):
    """An address of a scheme that no web server can be asked for, such as `mailto:`."""


_LONGEST = 500_000
"""Characters, each of which may become nine when it is sent; libcurl takes 8,000,000 (CURL_MAX_INPUT_LENGTH)."""


class Target(Struct, frozen=True):
    """One address to ask. `url` is as sent and recorded: without user info and fragment, in ASCII."""

    url: str
    host: str
    """In lower case and punycode, without brackets."""
    netloc: str
    """The value of the Host field."""
    authorization: str | None
    """From the URL's user info; never recorded, and never sent to another origin."""
    fragment: str = ""
    """Of a `Location`: it goes before that of the link (RFC 9110 §10.2.2)."""

    @property
    def origin(self) -> str:
        return self.url[: self.url.index("/", 8)]


def parse_target(url: str) -> Target:
    """The request for a URL, which the WHATWG URL standard reads as browsers do. Raises ValueError, in words for the
    evidence, for what no web server can be asked, NotOfTheWebError for another scheme."""
    if len(url) > _LONGEST:
        raise ValueError("the address is longer than any web server takes")
    plain = _PLAIN.fullmatch(url)
    if plain is not None and (not _ENDS_AS_NUMBER.search(plain[2]) or _IPV4.fullmatch(plain[2])):
        scheme, host, port, path = plain.groups()
        if port is None:
            return Target(f"{scheme}://{host}{path}", _checked(host), host, None)
        if int(port) <= _HIGHEST_PORT and int(port) != DEFAULT_PORTS[scheme]:
            return Target(f"{scheme}://{host}:{port}{path}", _checked(host), f"{host}:{port}", None)
    return _parse_any(url)


def _parse_any(url: str) -> Target:
    scheme = scheme_of(url)
    if scheme and scheme not in DEFAULT_PORTS:
        raise NotOfTheWebError(f"the address has the scheme “{scheme[:20]}”, which is not of the web")
    address = normalise(url)
    if address is None:
        raise ValueError("the address is malformed: it has no host, or an impossible one")
    parts = urlsplit(address)
    user_info, at, netloc = parts.netloc.rpartition("@")
    path, mark, query = address.partition("#")[0].partition("?")
    start = path.index(parts.netloc) + len(parts.netloc)
    target = f"{parts.scheme}://{netloc}{_fit(path[start:])}{mark}{_fit(query)}"
    return Target(target, _checked(parts.hostname or ""), netloc, _basic(user_info) if at else None)


def parse_redirect(base: Target, location: str) -> Target:
    """The target of a `Location` (its bytes as latin-1 text); raises ValueError as `parse_target`. User info of the URL
    goes along within its origin only."""
    # Servers send raw UTF-8 here; other bytes are percent-encoded as they are.
    text = location.strip().encode("latin-1", "replace").decode("utf-8", "surrogateescape")
    address = resolve(base.url, text)
    if address is None:
        raise ValueError("the address is malformed: it has no host, or an impossible one")
    target = parse_target(address)
    authorization = target.authorization
    if authorization is None and target.origin == base.origin:
        authorization = base.authorization
    return structs.replace(target, authorization=authorization, fragment=address.partition("#")[2])


@lru_cache(4096)
def _checked(host: str) -> str:
    if len(host) > 255 or (":" not in host and not _HOST_NAME.fullmatch(host)):
        raise ValueError("the address has an impossible host name")
    return host


def _fit(text: str) -> str:
    """Percent-encode what the URL standard leaves and a request line must not have."""
    return _UNFIT.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text)


def _basic(user_info: str) -> str:
    return "Basic " + base64.b64encode(unquote_to_bytes(user_info)).decode("ascii")
