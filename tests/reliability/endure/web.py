"""The web of these trials, in a process of its own: a file says what it answers at the moment."""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wire import Reply, Request, Reset, Response, Stream, redirect

from .answers import answer

HOSTS = tuple(f"site{number}.example" for number in range(12))
URLS = tuple(f"http://{host}/report" for host in HOSTS)
GONE, CHANGED, MOVED, *_ = URLS
FUZZ_URLS = tuple(f"http://{host}/fuzz/{number}" for number in range(10) for host in HOSTS)
_SIGN_IN = b"<html><title>Welcome</title><body><h1>Hotel Wi-Fi</h1><form>Room and name</form></body></html>"
_PORTAL = "http://portal.example/sign-in"


def _notice(request: Request) -> Response:
    text = f"<h1>Blocked</h1><p>The address {request.url} is not allowed here. Case 12{request.nth}.</p>"
    return Response(text.encode(), 403)


NETWORKS: dict[str, Reply | Callable[[Request], Reply]] = {
    "offline": Reset(),
    "portal": Response(_SIGN_IN),
    "portal of status 511": Response(_SIGN_IN, 511),
    "portal elsewhere": redirect(_PORTAL, 302),
    "proxy": Response(b"<h1>ERROR</h1>", 503, headers=(("X-Squid-Error", "ERR_CANNOT_FORWARD 0"),)),
    "proxy with a password": Response(b"", 407, headers=(("Proxy-Authenticate", "Basic"),)),
    "dns with one address": Response(_SIGN_IN),
    "middlebox": _notice,
    "rate-limit": Response(b"slow down", 429),
}
"""What all addresses answer. The kind of trouble is the first word."""


@dataclass(frozen=True, slots=True)
class Weather:
    """What the web is like: whether its day is the later one, and what stands between us and it."""

    later: bool = False
    network: str = ""
    """A key of NETWORKS, or "fuzz"; "" is the web itself."""
    seed: int = 0


def text_of(seed: str) -> str:
    dice = random.Random(seed)
    words = (
        "harbour",
        "tide",
        "ledger",
        "lantern",
        "survey",
        "council",
        "ferry",
        "channel",
        "timber",
        "museum",
        "pilot",
    )
    sentences = (
        f"The {dice.choice(words)} of {dice.randint(1700, 1999)} met a {dice.choice(words)} and a {dice.choice(words)}."
        for _ in range(40)
    )
    return " ".join(sentences)


def page(seed: str) -> Response:
    text = f"<html><title>On {seed}</title><main><h1>On {seed}</h1><p>{text_of(seed)}</p></main></html>"
    return Response(text.encode(), headers=(("ETag", f'"{abs(hash(seed)) % 1000}"'),))


class Site:
    def __init__(self, weather_file: Path) -> None:
        self._file = weather_file
        self._lock = threading.Lock()
        self.answers = 0

    def __call__(self, request: Request) -> Reply:
        weather = Weather(**json.loads(self._file.read_text()))
        url = request.url
        if url == _PORTAL:
            return Response(_SIGN_IN)
        if weather.network in NETWORKS:
            answer_of_all = NETWORKS[weather.network]
            return answer_of_all(request) if callable(answer_of_all) else answer_of_all
        if weather.network == "fuzz" and "/fuzz/" in url:
            return _raw(answer(url, weather.seed))
        if url.endswith("/robots.txt") or url.count("/") < 3 or url.rpartition("/")[2] not in ("report", "new"):
            return Response(b"<h1>Not Found</h1>", 404)
        if weather.later and url == GONE:
            return Response(b"<h1>Gone</h1>", 410)
        if url == MOVED:
            return Response(b"", 301, headers=(("Location", MOVED.replace("report", "new")),))
        return page(url + ("later" if weather.later and url == CHANGED else ""))


def _raw(data: bytes) -> Stream:
    async def chunks() -> AsyncIterator[bytes]:
        yield data

    return Stream(chunks)


def set_weather(file: Path, weather: Weather) -> None:
    new = file.with_suffix(".new")
    new.write_text(json.dumps({"later": weather.later, "network": weather.network, "seed": weather.seed}))
    new.replace(file)


def main(folder: Path) -> None:
    """Serve until standard input ends; the environment that leads here is the first line of standard output."""
    file = folder / "weather.json"
    set_weather(file, Weather())
    site = Site(file)
    with DemoWeb(extra={**dict.fromkeys(HOSTS, site), "canary.example": site, "portal.example": site}) as web:
        print(json.dumps(web.environ()), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
