"""The embedded web: a forward proxy on loopback behind which all the demo's hosts live.

Real sockets, real TLS, the code under test unchanged: only its proxy and CA settings point here.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from msgspec.structs import replace

from linkarchive.demo import sites
from linkarchive.demo.certificates import Certificates
from linkarchive.demo.wire import Epoch, Head, Reply, Response, Site, read_head, request_of, write_reply
from linkarchive.settings import NetworkSettings

_QUICK: dict[str, Any] = {"host_delay": 0.0, "domain_delay": 0.0, "timeout": 3.0, "retries": 1, "retry_wait": 0.05}
"""Waits that fit loopback; no site of the demo needs politeness."""

_TAKES_FORMS = frozenset({"web.archive.org"})
"""Hosts that also answer POST."""


class DemoWeb:
    """A context manager; inside it the web is up, with all hosts of the demo and those of `extra`.

    `*.example` in `extra` stands for every host just below that domain.

    One background thread runs the server. `errors` collects what went wrong in the
    server itself (never what a client did): empty at the end of a good test.
    """

    def __init__(self, extra: Mapping[str, Site] | None = None) -> None:
        self._sites: dict[str, Site] = {**sites.hosts(), **(extra or {})}
        self._epoch = Epoch.PUBLICATION
        self._hits: Counter[str] = Counter()
        self._hits_in_epoch: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._stack = contextlib.ExitStack()
        self.errors: list[BaseException] = []
        self.port = 0

    @property
    def epoch(self) -> Epoch:
        return self._epoch

    @epoch.setter
    def epoch(self, value: str) -> None:
        """Switch the web to a day ("publication", "year-later"); a flaky server is flaky again."""
        with self._lock:
            self._epoch = Epoch(value)
            self._hits_in_epoch.clear()

    @property
    def hits(self) -> Counter[str]:
        """How often each URL was asked for since the start: a copy."""
        with self._lock:
            return self._hits.copy()

    def network(self, base: NetworkSettings | None = None) -> NetworkSettings:
        """`base` (or the defaults) with this web's proxy and CA, and short waits."""
        proxy = f"http://127.0.0.1:{self.port}"
        return replace(
            base or NetworkSettings(),
            http_proxy=proxy,
            https_proxy=proxy,
            no_proxy="",
            ca_file=str(self._certificates.ca_file),
            **_QUICK,
        )

    def environ(self) -> dict[str, str]:
        """The same as environment variables, for the real command in a process of its own."""
        network = self.network()
        return {
            "http_proxy": network.http_proxy,
            "https_proxy": network.https_proxy,
            "no_proxy": "",
            "SSL_CERT_FILE": network.ca_file,
            **{f"ARCHIVE_NETWORK_{key.upper()}": str(value) for key, value in _QUICK.items()},
            "ARCHIVE_BROWSER_WHEN": "never",  # its pages are what a visit without scripts sees
        }

    def __enter__(self) -> Self:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="demo-web-")))
        self._certificates = Certificates(set(self._sites), folder)
        started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="demo-web", daemon=True)
        self._thread.start()
        self.port = started.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._stack.close()

    # --- the server's thread ---------------------------------------------------

    def _run(self, started: Future[int]) -> None:
        try:
            asyncio.run(self._serve(started))
        except OSError as error:
            if started.done():
                self.errors.append(error)
            else:
                started.set_exception(error)

    async def _serve(self, started: Future[int]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(self._note)
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=1 << 17, backlog=1024)
        started.set_result(server.sockets[0].getsockname()[1])
        await self._stop.wait()
        server.close()
        for task, writer in self._connections.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await server.wait_closed()

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if not isinstance(error, OSError):  # an OSError is a client that went away
            self.errors.append(error if isinstance(error, BaseException) else RuntimeError(str(context["message"])))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # pragma: no cover - start_server always makes one
            return
        self._connections[task] = writer
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):  # the client went away, or we stop
                await self._converse(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(writer.wait_closed(), 1)
            writer.transport.abort()  # a client that never answers the TLS goodbye
            del self._connections[task]

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        prefix = ""
        while (head := await read_head(reader)) is not None:
            if head.method == "CONNECT" and not prefix:
                host = head.target.rpartition(":")[0].lower()
                if self._site(host) is None:
                    await write_reply(_no_such_host(host), {"connection": "close"}, reader, writer)
                    return
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await writer.drain()
                await writer.start_tls(self._certificates.context(host, self._epoch is Epoch.YEAR_LATER))
                prefix = f"https://{host}"
                continue
            if not await write_reply(self._answer(head, prefix + head.target), head.headers, reader, writer):
                return

    def _site(self, host: str) -> Site | None:
        return self._sites.get(host) or self._sites.get(f"*.{host.partition('.')[2]}")

    def _answer(self, head: Head, url: str) -> Reply:
        host = urlsplit(url).hostname or ""
        site = self._site(host)
        if head.method not in (("GET", "POST") if host in _TAKES_FORMS else ("GET",)):
            return Response(b"", 405, headers=(("Allow", "GET"),))
        if site is None:
            return _no_such_host(host)
        with self._lock:
            self._hits[url] += 1
            self._hits_in_epoch[url] += 1
            request = request_of(head, url, self._epoch, self._hits_in_epoch[url])
        try:
            return site(request)
        except Exception as error:  # noqa: BLE001 - a fault of a site must show in the test, not end its connection
            self.errors.append(error)
            return Response(b"the demo web has a bug", 500, "text/plain")


def _no_such_host(host: str) -> Response:
    """What a forward proxy says when it cannot find a name."""
    text = f"The proxy could not resolve the host name {host!r} (DNS: no such name).\n"
    return Response(text.encode(), 502, "text/plain; charset=utf-8", (("X-Proxy-Error", "dns"),))
