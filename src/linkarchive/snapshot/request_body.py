"""What a page sent with a POST, as the query that indexes name the answer by.

An index knows answers by their address alone. So that pywb and ReplayWeb.page find the one that belongs to a body
(figures of a page that asks a GraphQL server), the body goes into the key as a query:
https://specs.webrecorder.net/request-body-canonicalization/latest/, spelled as pywb 2.10 spells it.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator
from urllib.parse import unquote_plus, urlencode

from msgspec import Struct

LARGEST = 1024 * 1024
"""Bytes of a body that are read for it."""
_LONGEST = 4096
"""Characters of a query that count, as in pywb and cdxj-indexer."""


class RequestBody(Struct, frozen=True):
    """Of a request that is no GET: its method, and its body as a query ("" where there is none that can be read)."""

    method: str
    query: str

    def address(self, url: str) -> str:
        """The address that the key in the index is made of."""
        method = f"{'&' if '?' in url else '?'}__wb_method={self.method}"
        return url + method + (f"&{self.query}" if self.query else "")


def request_body(method: str, content_type: str, body: bytes) -> RequestBody | None:
    """What an index says of a request beside its address; None for a GET, of which the address says all."""
    if method == "GET":
        return None
    query = _query(content_type, body[:LARGEST]) if body else ""
    return RequestBody(method, query[:_LONGEST])


def _query(content_type: str, body: bytes) -> str:
    media_type = content_type.strip().lower()
    try:
        if media_type.startswith("application/x-www-form-urlencoded"):
            return unquote_plus(body.decode("utf-8"))
        if media_type.startswith("multipart/"):
            return urlencode(list(_fields(content_type, body)))
        if media_type.startswith(("application/json", "text/plain")):
            return _query_of_json(body)
    except (ValueError, OverflowError, RecursionError):
        if media_type.startswith("application/json"):
            return ""
    return "__wb_post_data=" + base64.b64encode(body).decode("ascii")


def _fields(content_type: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and value of each field of a form; ValueError where the body is none."""
    from email import message_from_bytes, policy  # late: a form is rare
    from email.errors import MessageError

    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    try:
        form = message_from_bytes(head + body, policy=policy.HTTP)
        if not form.is_multipart():
            raise ValueError("no form")
        for part in form.iter_parts():
            name, value = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
            yield str(name or ""), value if isinstance(value, bytes) else b""
    except (LookupError, AttributeError, TypeError, MessageError) as error:  # of fields that the library cannot stand
        raise ValueError("no form") from error


def _query_of_json(body: bytes) -> str:
    """Names and plain values wherever they stand; a name that comes again is `name.2_`, `name.3_`."""
    values: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, value in _plain_values(json.loads(body), ""):
        counts[name] = counts.get(name, 0) + 1
        values[name if counts[name] == 1 else f"{name}.{counts[name]}_"] = value
    return urlencode(values)


def _plain_values(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _plain_values(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _plain_values(inner, name)
    elif name:
        yield name, _as_javascript(value)


def _as_javascript(value: object) -> str:
    """A plain value of JSON as JavaScript makes text of it: `true`, `null`, `3` for 3.0."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float) and math.modf(value)[0] == 0:
        return str(int(value))
    return str(value)
