"""The demo web's own Wayback Machine: replay and index.

It answers as `web.archive.org` does (and, with another `collection`, as a pywb does). It is a site like any other:
`DemoWeb(extra={"web.archive.org": DemoWayback(captures)})`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

from linkarchive.demo import sites
from linkarchive.demo.wire import Epoch, Reply, Request, Response, redirect
from linkarchive.urls import source_key

SORRY = b"<!DOCTYPE html><html><title>Internet Archive</title><h1>We are sorry</h1><p>Back soon.</p></html>"


@dataclass(frozen=True, slots=True)
class DemoCapture:
    """What the archive holds: a response as it was."""

    url: str
    time: datetime
    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),)

    @property
    def stamp(self) -> str:
        return self.time.astimezone(UTC).strftime("%Y%m%d%H%M%S")

    @property
    def digest(self) -> str:
        return base64.b32encode(hashlib.sha1(self.body, usedforsecurity=False).digest()).decode("ascii")

    def header(self, name: str) -> str:
        return next((value for field, value in self.headers if field.lower() == name), "")


def capture_of(url: str, time: datetime) -> DemoCapture:
    """A page of the demo web as it is on publication day, as if captured at `time`."""
    parts = urlsplit(url)
    reply = sites.hosts()[parts.hostname or ""](Request(url, parts, {}, Epoch.PUBLICATION, 2))
    if not isinstance(reply, Response):
        raise ValueError(f"{url} answers nothing that could be captured")
    fields = (("Content-Type", reply.content_type), *reply.headers) if reply.content_type else reply.headers
    return DemoCapture(url, time, reply.body, reply.status, fields)


class DemoWayback:
    """A site. What it does not hold, or does not do, it answers with 404."""

    def __init__(
        self, captures: Iterable[DemoCapture] = (), *, base: str = "https://web.archive.org", collection: str = "/web/"
    ) -> None:
        self.captures = list(captures)
        self.collection = collection
        self._prefix = f"{base}{collection}"

    def __call__(self, request: Request) -> Reply:
        path = path_of(request)
        if path.startswith("/cdx/search/cdx?"):
            return self.index(request)
        if path.startswith(self.collection):
            return self.replay(path.removeprefix(self.collection), request)
        return Response(SORRY, 404)

    def captures_of(self, url: str) -> list[DemoCapture]:
        """Those of a URL, the oldest first."""
        captures = (capture for capture in self.captures if _key(capture.url) == _key(url))
        return sorted(captures, key=lambda capture: capture.time)

    def replay(self, rest: str, request: Request) -> Reply:
        """The capture that the end of the path names, or the way to the nearest one."""
        match = re.fullmatch(r"([0-9]{1,14})([a-z]{2}_)?/(.+)", rest, re.S)
        captures = self.captures_of(match[3]) if match else []
        if match is None or not captures:
            reason = "org.archive.wayback.exception.ResourceNotInArchiveException"
            return Response(SORRY, 404, headers=(("X-Archive-Wayback-Runtime-Error", reason),))
        stamp, modifier, url = match[1], match[2] or "", match[3]
        exact = [capture for capture in captures if capture.stamp == stamp]
        if exact:
            return self.memento(next((capture for capture in exact if capture.url == url), exact[0]), modifier)
        nearest = min(captures, key=lambda capture: abs(capture.time - _time(stamp)))
        return redirect(self.address(nearest, modifier))

    def address(self, capture: DemoCapture, modifier: str = "", url: str | None = None) -> str:
        """The URL of a capture in this archive, or of another `url` at its time."""
        return f"{self._prefix}{capture.stamp}{modifier}/{url or capture.url}"

    def memento(self, capture: DemoCapture, modifier: str) -> Response:
        """A capture with the header fields of an archive."""
        links = f'<{capture.url}>; rel="original", <{self._prefix}{capture.url}>; rel="timegate"'
        fields = [("Memento-Datetime", format_datetime(capture.time.astimezone(UTC), usegmt=True)), ("Link", links)]
        fields += [(f"X-Archive-Orig-{name}", value) for name, value in capture.headers]
        fields += [(n, v) for n, v in capture.headers if n.lower() in ("content-type", "content-encoding")]
        return Response(capture.body, capture.status, "", tuple(fields))

    def index(self, request: Request) -> Reply:
        """The rows of the CDX server."""
        parameters = parse_qs(request.parts.query)
        start, end = parameters.get("from", ["0"])[0], parameters.get("to", ["9"])[0]
        filters = [name_and_pattern.partition(":") for name_and_pattern in parameters.get("filter", [])]
        patterns = [pattern for name, _, pattern in filters if name == "statuscode"]
        captures = [
            capture
            for capture in self.captures_of(parameters["url"][0])
            if start <= capture.stamp <= end and all(re.fullmatch(pattern, str(capture.status)) for pattern in patterns)
        ]
        if parameters.get("sort") == ["closest"]:
            when = _time(parameters["closest"][0])
            captures.sort(key=lambda capture: abs(capture.time - when))
        rows = [
            f"{_key(capture.url)} {capture.stamp} {capture.url}"
            f" {capture.header('content-type').partition(';')[0] or 'unk'}"
            f" {capture.status} {capture.digest} {len(capture.body) + 300}"
            for capture in captures[: int(parameters.get("limit", ["1000"])[0])]
        ]
        return Response("".join(f"{row}\n" for row in rows).encode(), content_type="text/plain")


def path_of(request: Request) -> str:
    """The path and query of a request, slashes as they are: a copy's address holds another URL."""
    return f"/{request.url.split('/', 3)[3]}" if request.url.count("/") > 2 else "/"


def _time(stamp: str) -> datetime:
    """Of a stamp that may be cut short, or beyond what a calendar has."""
    whole = stamp + "00000101000000"[len(stamp) :]
    try:
        return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return datetime(2000, 1, 1, tzinfo=UTC)


def _key(url: str) -> str:
    """What the index folds into one: scheme, `www.`, case, a trailing slash, default ports."""
    parts = urlsplit(source_key(url))
    host = re.sub(r"^www\d*\.", "", parts.netloc.lower())
    query = f"?{parts.query}" if parts.query else ""
    return f"{','.join(reversed(host.split('.')))}){parts.path.rstrip('/') or '/'}{query}".lower()
