"""The demo web's own Wayback Machine: replay, index, TimeMap, TimeGate and Save Page Now 2, with faults on demand.

It answers as `web.archive.org` does (and, with another `collection`, as a pywb does). It is a site like any other:
`DemoWeb(extra={"web.archive.org": DemoWayback(captures)})`.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from enum import StrEnum
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

from linkarchive.demo import sites
from linkarchive.demo.wire import Epoch, Reply, Request, Reset, Response, Silence, redirect
from linkarchive.urls import source_key

KEYS = ("demo-access", "demo-secret")
"""The account that may save."""
MALFORMED_STAMP = "20000008241731"
"""Month 00: such rows are in the real index (edgi-govdata-archiving/wayback issue 88)."""

_EXCLUSION = "org.archive.wayback.exception.AdministrativeAccessControlException: Blocked Site Error"
_HTML = b"<!DOCTYPE html><html><title>Internet Archive</title><h1>We are sorry</h1><p>Back soon.</p></html>"


class Fault(StrEnum):
    RATE_LIMITED = "429"
    RATE_LIMITED_WITH_WAIT = "429 with Retry-After"
    REFUSED = "403"
    UNAVAILABLE = "503"
    HTML = "a page instead of an answer"
    SILENCE = "no answer at all"
    RESET = "connection reset"
    MALFORMED = "malformed timestamps"
    EXCLUDED = "the site is excluded"


@dataclass(frozen=True, slots=True)
class DemoCapture:
    """What the archive holds: a response as it was. A redirect is a status and a `Location`."""

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


def capture_of(url: str, time: datetime, epoch: Epoch = Epoch.PUBLICATION) -> DemoCapture:
    """A page of the demo web as it is on one of its days, as if captured at `time`."""
    parts = urlsplit(url)
    reply = sites.hosts()[parts.hostname or ""](Request(url, parts, {}, epoch, 2))
    if not isinstance(reply, Response):
        raise ValueError(f"{url} answers nothing that could be captured")
    fields = (("Content-Type", reply.content_type), *reply.headers) if reply.content_type else reply.headers
    return DemoCapture(url, time, reply.body, reply.status, fields)


class DemoWayback:
    """A site. `counts` has the requests by service: "lookup" (answered with where the nearest copy is), "replay"
    (a copy, or that there is none), "index", "timemap", "save" and "save status".
    """

    def __init__(
        self,
        captures: Iterable[DemoCapture] = (),
        *,
        base: str = "https://web.archive.org",
        collection: str = "/web/",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.captures = list(captures)
        self.counts: Counter[str] = Counter()
        self.save_errors: dict[str, tuple[str, str]] = {}
        """By URL: where the error comes ("submit", "poll") and its `status_ext`."""
        self.daily_limit = 30_000
        self._base = base
        self._collection = collection
        self._now = now
        self._faults: dict[str, tuple[Fault, int]] = {}
        self._jobs: dict[str, tuple[str, int]] = {}

    def fail(self, service: str, fault: Fault, times: int = 1 << 30) -> None:
        """From now on "replay", "index", "timemap", "save" or "save status" has this fault, `times` times."""
        self._faults[service] = (fault, times)

    def heal(self) -> None:
        self._faults.clear()

    def __call__(self, request: Request) -> Reply:
        path = request.url.split("/", 3)[3] if request.url.count("/") > 2 else ""
        path = f"/{path}"
        timemap = f"{self._collection}timemap/link/"
        if path.startswith("/save"):
            return self._saving(request)
        if path.startswith("/cdx/search/cdx?"):
            return self._serve("index", lambda: self._index(request))
        if path.startswith(timemap):
            return self._serve("timemap", lambda: self._timemap(path.removeprefix(timemap)))
        if path.startswith(self._collection):
            return self._serve("replay", lambda: self._replay(path.removeprefix(self._collection), request))
        return Response(_HTML, 404)

    # --- faults --------------------------------------------------------------------

    def _serve(self, service: str, answer: Callable[[], Reply]) -> Reply:
        fault, times = self._faults.get(service, (None, 0))
        if fault is None or times <= 0:
            reply = answer()
            self.counts["lookup" if service == "replay" and _is_pointer(reply) else service] += 1
            return reply
        self._faults[service] = (fault, times - 1)
        self.counts[service] += 1
        match fault:
            case Fault.RATE_LIMITED:
                return Response(b"Too Many Requests\n", 429, "text/plain")
            case Fault.RATE_LIMITED_WITH_WAIT:
                return Response(b"Too Many Requests\n", 429, "text/plain", (("Retry-After", "3600"),))
            case Fault.REFUSED:
                return Response(b"Forbidden\n", 403, "text/plain")
            case Fault.UNAVAILABLE:
                return Response(_HTML, 503)
            case Fault.HTML:
                return Response(_HTML, 200)
            case Fault.SILENCE:
                return Silence()
            case Fault.RESET:
                return Reset()
            case Fault.EXCLUDED:
                return _excluded(service)
            case Fault.MALFORMED:
                return _with_malformed_stamps(answer())

    # --- replay --------------------------------------------------------------------

    def _of(self, url: str) -> list[DemoCapture]:
        return sorted(
            (capture for capture in self.captures if _key(capture.url) == _key(url)), key=lambda capture: capture.time
        )

    def _replay(self, rest: str, request: Request) -> Reply:
        match = re.fullmatch(r"([0-9]{1,14})([a-z]{2}_)?/(.+)", rest, re.S)
        if match is None:
            return self._timegate(rest, request)
        stamp, modifier, url = match[1], match[2] or "", match[3]
        captures = self._of(url)
        if not captures:
            reason = "org.archive.wayback.exception.ResourceNotInArchiveException"
            return Response(_HTML, 404, headers=(("X-Archive-Wayback-Runtime-Error", reason),))
        exact = [capture for capture in captures if capture.stamp == stamp]
        memento = next((capture for capture in exact if capture.url == url), None) or (exact[0] if exact else None)
        if memento is not None:
            return self._memento(memento, modifier)
        nearest = min(captures, key=lambda capture: abs(capture.time - _time(stamp)))
        return redirect(f"{self._base}{self._collection}{nearest.stamp}{modifier}/{nearest.url}")

    def _timegate(self, url: str, request: Request) -> Reply:
        captures = self._of(url)
        if not captures:
            return Response(_HTML, 404)
        accept_datetime = request.headers.get("accept-datetime")
        when = parsedate_to_datetime(accept_datetime) if accept_datetime else self._now()
        nearest = min(captures, key=lambda capture: abs(capture.time - when))
        reply = redirect(f"{self._base}{self._collection}{nearest.stamp}/{nearest.url}")
        return Response(reply.body, 302, headers=(*reply.headers, ("Vary", "accept-datetime")))

    def _memento(self, capture: DemoCapture, modifier: str) -> Response:
        links = f'<{capture.url}>; rel="original", <{self._base}{self._collection}{capture.url}>; rel="timegate"'
        fields = [("Memento-Datetime", format_datetime(capture.time.astimezone(UTC), usegmt=True)), ("Link", links)]
        fields += [(f"X-Archive-Orig-{name}", value) for name, value in capture.headers]
        fields += [(n, v) for n, v in capture.headers if n.lower() in ("content-type", "content-encoding")]
        if capture.header("location"):
            fields.append(("Location", self._rewritten(capture, modifier)))
        return Response(capture.body, capture.status, "", tuple(fields))

    def _rewritten(self, capture: DemoCapture, modifier: str) -> str:
        """A captured redirect leads to the archive's own copy of its target; what is no URL stays as it is."""
        location = capture.header("location")
        with contextlib.suppress(ValueError):
            target = urljoin(capture.url, location)
            if target.startswith("http"):
                return f"{self._base}{self._collection}{capture.stamp}{modifier}/{target}"
        return location

    # --- index and TimeMap -----------------------------------------------------------

    def _index(self, request: Request) -> Response:
        parameters = parse_qs(request.parts.query)
        start, end = parameters.get("from", ["0"])[0], parameters.get("to", ["9"])[0]
        filters = [name_and_pattern.partition(":") for name_and_pattern in parameters.get("filter", [])]
        patterns = [pattern for name, _, pattern in filters if name == "statuscode"]
        captures = [
            capture
            for capture in self._of(parameters["url"][0])
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

    def _timemap(self, url: str) -> Response:
        captures = self._of(url)
        if not captures:
            return Response(_HTML, 404)
        lines = [f'<{url}>; rel="original"', f'<{self._base}{self._collection}timemap/link/{url}>; rel="self"']
        lines += [
            f'<{self._base}{self._collection}{capture.stamp}/{capture.url}>; rel="memento";'
            f' datetime="{format_datetime(capture.time.astimezone(UTC), usegmt=True)}"'
            for capture in captures
        ]
        return Response(",\n".join(lines).encode(), content_type="application/link-format")

    # --- Save Page Now 2 ---------------------------------------------------------------

    def _saving(self, request: Request) -> Reply:
        service = "save status" if request.path.startswith("/save/status/") else "save"
        return self._serve(service, lambda: self._save(request))

    def _save(self, request: Request) -> Response:
        if request.headers.get("authorization") != "LOW {}:{}".format(*KEYS):
            return _json({"message": "You need to be logged in to use Save Page Now."}, 401)
        if request.path == "/save/status/user":
            used = self.counts["save"]
            return _json({"available": 12, "daily_captures": used, "daily_captures_limit": self.daily_limit})
        if request.path.startswith("/save/status/"):
            return self._job(request.path.rpartition("/")[2])
        url = dict(parse_qsl(request.body.decode())).get("url", "")
        where, error = self.save_errors.get(url, ("", ""))
        if where == "submit":
            return _json({"status": "error", "status_ext": f"error:{error}", "message": f"It failed: {error}."})
        job = f"spn2-{hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()}"
        self._jobs[job] = (url, 0)
        return _json({"url": url, "job_id": job})

    def _job(self, job: str) -> Response:
        url, asked = self._jobs[job]
        self._jobs[job] = (url, asked + 1)
        where, error = self.save_errors.get(url, ("", ""))
        if asked == 0:
            return _json({"status": "pending", "job_id": job, "resources": []})
        if where == "poll":
            return _json({"status": "error", "status_ext": f"error:{error}", "message": f"It failed: {error}."})
        saved = DemoCapture(url, self._now(), b"<title>Saved</title><p>As it was when it was saved.</p>")
        self.captures.append(saved)
        return _json({"status": "success", "job_id": job, "timestamp": saved.stamp, "original_url": url})


def _is_pointer(reply: Reply) -> bool:
    """The archive's own redirect to a copy."""
    if not isinstance(reply, Response) or reply.status >= 400:
        return False
    return all(name != "Memento-Datetime" for name, _ in reply.headers)


def _excluded(service: str) -> Response:
    if service == "replay":
        text = b"<html><h1>Blocked Site Error</h1><p>This URL has been excluded from the Wayback Machine.</p></html>"
        return Response(text, 403, headers=(("X-Archive-Wayback-Runtime-Error", _EXCLUSION),))
    return Response(f"org.archive.util.io.RuntimeIOException: {_EXCLUSION}\n".encode(), 403, "text/plain")


def _with_malformed_stamps(reply: Reply) -> Reply:
    if not isinstance(reply, Response):
        return reply
    body = re.sub(rb"(?<![0-9])[12][0-9]{13}(?![0-9])", MALFORMED_STAMP.encode(), reply.body)
    body = re.sub(rb'datetime="[^"]*"', b'datetime="Sat, 00 Foo 2000 08:24:17 GMT"', body)
    fields = tuple(
        (name, "Sat, 00 Foo 2000 08:24:17 GMT")
        if name == "Memento-Datetime"
        else (name, re.sub(r"/[12][0-9]{13}", f"/{MALFORMED_STAMP}", value))
        for name, value in reply.headers
    )
    return Response(body, reply.status, reply.content_type, fields)


def _json(value: dict[str, object], status: int = 200) -> Response:
    return Response(json.dumps(value).encode(), status, "application/json")


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
