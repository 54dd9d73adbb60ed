"""The demo's archive with all that a real one does beside, and fails to do: TimeGate, TimeMap, captured redirects, Save
Page Now 2, and faults on demand."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from enum import StrEnum
from urllib.parse import parse_qsl, urljoin

from linkarchive.demo.wayback import SORRY, DemoCapture, DemoWayback, path_of
from linkarchive.demo.wire import Reply, Request, Reset, Response, Silence, redirect

KEYS = ("demo-access", "demo-secret")
"""The account that may save."""
MALFORMED_STAMP = "20000008241731"
"""Month 00: such rows are in the real index (edgi-govdata-archiving/wayback issue 88)."""
_EXCLUSION = "org.archive.wayback.exception.AdministrativeAccessControlException: Blocked Site Error"


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


class FaultyArchive(DemoWayback):
    """A site. `counts` has the requests by service: "lookup" (answered with where the nearest copy is), "replay"
    (a copy, or that there is none), "index", "timemap", "save" and "save status".
    """

    def __init__(
        self, *captures: DemoCapture, now: Callable[[], datetime] = lambda: datetime.now(UTC), **place: str
    ) -> None:
        super().__init__(captures, **place)
        self.counts: Counter[str] = Counter()
        self.save_errors: dict[str, tuple[str, str]] = {}
        """By URL: where the error comes ("submit", "poll") and its `status_ext`."""
        self.daily_limit = 30_000
        self._now = now
        self._faults: dict[str, tuple[Fault, int]] = {}
        self._jobs: dict[str, tuple[str, int]] = {}

    def fail(self, service: str, fault: Fault, times: int = 1 << 30) -> None:
        """From now on "replay", "index", "timemap", "save" or "save status" has this fault, `times` times."""
        self._faults[service] = (fault, times)

    def heal(self) -> None:
        self._faults.clear()

    def __call__(self, request: Request) -> Reply:
        path, timemap = path_of(request), f"{self.collection}timemap/link/"
        if path.startswith("/save"):
            service = "save status" if request.path.startswith("/save/status/") else "save"
            return self._serve(service, lambda: self._save(request))
        if path.startswith(timemap):
            return self._serve("timemap", lambda: self._timemap(path.removeprefix(timemap)))
        return super().__call__(request)

    def index(self, request: Request) -> Reply:
        return self._serve("index", lambda: self._index(request))

    def replay(self, rest: str, request: Request) -> Reply:
        return self._serve("replay", lambda: self._replay(rest, request))

    def _index(self, request: Request) -> Reply:
        return super().index(request)

    def _replay(self, rest: str, request: Request) -> Reply:
        is_copy = re.match(r"[0-9]{1,14}([a-z]{2}_)?/", rest)
        return super().replay(rest, request) if is_copy else self._timegate(rest, request)

    def memento(self, capture: DemoCapture, modifier: str) -> Response:
        reply = super().memento(capture, modifier)
        if not capture.header("location"):
            return reply
        return replace(reply, headers=(*reply.headers, ("Location", self._rewritten(capture, modifier))))

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
                return Response(SORRY, 503)
            case Fault.HTML:
                return Response(SORRY, 200)
            case Fault.SILENCE:
                return Silence()
            case Fault.RESET:
                return Reset()
            case Fault.EXCLUDED:
                return _excluded(service)
            case Fault.MALFORMED:
                return _with_malformed_stamps(answer())

    def _timegate(self, url: str, request: Request) -> Reply:
        captures = self.captures_of(url)
        if not captures:
            return Response(SORRY, 404)
        accept_datetime = request.headers.get("accept-datetime")
        when = parsedate_to_datetime(accept_datetime) if accept_datetime else self._now()
        nearest = min(captures, key=lambda capture: abs(capture.time - when))
        reply = redirect(self.address(nearest))
        return Response(reply.body, 302, headers=(*reply.headers, ("Vary", "accept-datetime")))

    def _rewritten(self, capture: DemoCapture, modifier: str) -> str:
        """A captured redirect leads to the archive's own copy of its target; what is no URL stays as it is."""
        location = capture.header("location")
        with contextlib.suppress(ValueError):
            target = urljoin(capture.url, location)
            if target.startswith("http"):
                return self.address(capture, modifier, target)
        return location

    def _timemap(self, url: str) -> Response:
        captures = self.captures_of(url)
        if not captures:
            return Response(SORRY, 404)
        lines = [f'<{url}>; rel="original"', f'<{self._prefix}timemap/link/{url}>; rel="self"']
        lines += [
            f'<{self.address(capture)}>; rel="memento";'
            f' datetime="{format_datetime(capture.time.astimezone(UTC), usegmt=True)}"'
            for capture in captures
        ]
        return Response(",\n".join(lines).encode(), content_type="application/link-format")

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
