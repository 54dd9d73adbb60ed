"""A web on loopback: real sockets, one asyncio thread, answers that a test writes down as bytes."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import trustme
from msgspec.structs import replace

from linkarchive.clock import Clock
from linkarchive.settings import NetworkSettings
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.scheduler import fetch_all


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    line: str
    fields: tuple[bytes, ...]

    @property
    def target(self) -> str:
        """The path and query, also of a request in the form for proxies."""
        return re.sub(r"^http://[^/]*", "", self.line.split()[1])

    def value(self, name: str) -> str | None:
        for raw in self.fields:
            key, _, value = raw.decode("latin-1").partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None


Answer = bytes | Callable[[Asked], bytes] | Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


def response(body: bytes = b"", status: str = "200 OK", *fields: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *fields]
    if not any(line.lower().startswith("content-type") for line in fields):
        lines.append("Content-Type: text/html")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def redirect(location: str, status: str = "302 Found", *fields: str) -> bytes:
    return response(b"", status, f"Location: {location}", *fields)


@dataclass
class Web:
    """`answers` by path; several answers of a path are given in turn, the last one for ever."""

    port: int = 0
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    connections: int = 0
    scheme: str = "http"

    page = staticmethod(response)
    redirect = staticmethod(redirect)

    def put(self, path: str, *answers: Answer) -> str:
        self.answers[path] = list(answers)
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def times(self, path: str) -> int:
        return sum(1 for asked in self.asked if asked.target == path)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                line, *fields = head[:-4].split(b"\r\n")
                asked = Asked(line.decode("latin-1"), tuple(fields))
                self.asked.append(asked)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    if not await self._answer(asked, writer):
                        break
                finally:
                    self.at_once -= 1
        writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        path = asked.target.partition("?")[0]
        queue = self.answers.get(path) or self.answers.get("*") or [response(b"not here", "404 Not Found")]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, bytes):
            writer.write(answer)
        elif asyncio.iscoroutinefunction(answer):
            await answer(asked, writer)
            return False
        else:
            writer.write(answer(asked))
        await writer.drain()
        return True


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.servers: list[asyncio.Server] = []

    def serve(self, handler: Callable[..., Awaitable[None]], tls: ssl.SSLContext | None = None) -> int:
        async def start() -> int:
            server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=tls, backlog=1000)
            self.servers.append(server)
            return int(server.sockets[0].getsockname()[1])

        return asyncio.run_coroutine_threadsafe(start(), self.loop).result()

    def close(self) -> None:
        async def stop() -> None:
            for server in self.servers:
                server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(stop(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture(scope="session")
def _loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def web(_loop: Loop) -> Web:
    web = Web()
    web.port = _loop.serve(web.serve)
    return web


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure_web(_loop: Loop, authority: trustme.CA) -> Web:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "site.example").configure_cert(context)
    web = Web(scheme="https")
    web.port = _loop.serve(web.serve, context)
    return web


@dataclass
class Proxy:
    """A forward proxy that resolves every name to loopback, on the port that it is told."""

    to: int
    port: int = 0
    asked: list[str] = field(default_factory=list)
    connect_answer: bytes = b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head.split(b"\r\n")[0].decode("latin-1"))
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.to)
            if head.startswith(b"CONNECT"):
                writer.write(self.connect_answer)
            else:
                method, target, rest = head.split(b" ", 2)
                path = b"/" + target.split(b"/", 3)[3]
                up_writer.write(method + b" " + path + b" " + rest)
            await asyncio.gather(_pump(reader, up_writer), _pump(up_reader, writer))
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
def proxy(_loop: Loop, web: Web) -> Proxy:
    proxy = Proxy(web.port)
    proxy.port = _loop.serve(proxy.serve)
    return proxy


@pytest.fixture
def second_proxy(_loop: Loop, web: Web) -> Proxy:
    proxy = Proxy(web.port)
    proxy.port = _loop.serve(proxy.serve)
    return proxy


NETWORK = NetworkSettings(
    allow_private=True, host_delay=0.0, domain_delay=0.0, retries=0, retry_wait=0.01, timeout=5.0, per_host=1000
)

Visits = Callable[..., list[Visit]]


@pytest.fixture
def visits() -> Iterator[Visits]:
    """Visit URLs or requests with settings that a test changes; the bodies are closed at its end."""
    seen: list[Visit] = []

    def run(*requests: str | VisitRequest, **changes: Any) -> list[Visit]:
        network = replace(NETWORK, **changes)
        asked = [VisitRequest(request) if isinstance(request, str) else request for request in requests]
        visits = list(fetch_all(asked, network, Clock()))
        seen.extend(visits)
        return visits

    yield run
    for visit in seen:
        visit.close()


@pytest.fixture
def visit_one(visits: Visits) -> Callable[..., Visit]:
    def run(request: str | VisitRequest, **changes: object) -> Visit:
        (visit,) = visits(request, **changes)
        return visit

    return run
