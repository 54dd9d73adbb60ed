"""The limits: bare pycurl loops that do nothing but what they are named after.

    python benchmarks/speed_limits.py download URLS
    python benchmarks/speed_limits.py ask URLS --validators FILE       conditional: 304 where nothing changed
    python benchmarks/speed_limits.py store URLS --warc FILE           igzip level 1, a gzip member a record
    python benchmarks/speed_limits.py validators URLS --validators FILE    writes what `ask` reads

epoll and libcurl's `socket_action`, as many handles as connections, no retries, no rows, no reports.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import select
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pycurl
from isal import isal_zlib

Done = Callable[[str, int, list[bytes], list[bytes]], None]
"""URL, status, the lines of the response's head, the pieces of its body."""


class Loop:
    """One multi handle, driven by epoll."""

    def __init__(self, connections: int, done: Done, keep_body: bool) -> None:
        self.connections, self.done, self.keep_body = connections, done, keep_body
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self.multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self.poll = select.epoll()
        self.due: float | None = None

    def run(self, requests: Iterator[tuple[str, list[str]]]) -> int:
        """Every (URL, request headers); how many got an answer."""
        answered = running = 0
        for _ in range(self.connections):
            running += self._start(self._handle(), requests)
        while running:
            for handle in self._finished():
                answered += handle.url is not None
                running -= 1
                running += self._start(handle, requests)
        return answered

    def _finished(self) -> list[Any]:
        wait = -1.0 if self.due is None else max(0.0, self.due - time.monotonic())
        events = self.poll.poll(wait)
        if not events or (self.due is not None and self.due <= time.monotonic()):
            self.due = None
            self.multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        for descriptor, mask in events:
            ready = (pycurl.CSELECT_IN if mask & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR) else 0) | (
                pycurl.CSELECT_OUT if mask & select.EPOLLOUT else 0
            )
            self.multi.socket_action(descriptor, ready)
        _, good, bad = self.multi.info_read()
        for handle in good:
            self.multi.remove_handle(handle)
            self.done(handle.url, handle.getinfo(pycurl.RESPONSE_CODE), handle.head, handle.body)
        for handle, _, message in bad:
            self.multi.remove_handle(handle)
            print(f"{handle.url}: {message}", file=sys.stderr)
            handle.url = None
        return [*good, *(handle for handle, _, _ in bad)]

    def _handle(self) -> Any:
        handle = pycurl.Curl()
        handle.setopt(pycurl.NOSIGNAL, 1)
        return handle

    def _start(self, handle: Any, requests: Iterator[tuple[str, list[str]]]) -> int:
        request = next(requests, None)
        if request is None:
            return 0
        handle.url, handle.head, handle.body = request[0], [], []
        handle.setopt(pycurl.URL, request[0])
        handle.setopt(pycurl.HTTPHEADER, request[1])
        handle.setopt(pycurl.HEADERFUNCTION, handle.head.append)
        handle.setopt(pycurl.WRITEFUNCTION, handle.body.append if self.keep_body else len)
        self.multi.add_handle(handle)
        return 1

    def _watch(self, what: int, descriptor: int, multi: Any, data: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            self.poll.unregister(descriptor)
            return
        mask = (select.EPOLLIN if what in (pycurl.POLL_IN, pycurl.POLL_INOUT) else 0) | (
            select.EPOLLOUT if what in (pycurl.POLL_OUT, pycurl.POLL_INOUT) else 0
        )
        try:
            self.poll.modify(descriptor, mask)
        except FileNotFoundError:
            self.poll.register(descriptor, mask)

    def _set_timer(self, milliseconds: int) -> None:
        self.due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def download(urls: list[str], connections: int) -> int:
    return Loop(connections, lambda *_: None, keep_body=False).run((url, []) for url in urls)


def ask(urls: list[str], connections: int, validators: Path) -> int:
    known = json.loads(validators.read_text(encoding="utf-8"))
    requests = ((url, [f"If-None-Match: {known[url]}"] if url in known else []) for url in urls)
    return Loop(connections, lambda *_: None, keep_body=False).run(requests)


def prepare(urls: list[str], connections: int, validators: Path) -> int:
    """The ETag of every page, for `ask`."""
    known: dict[str, str] = {}

    def note(url: str, status: int, head: list[bytes], body: list[bytes]) -> None:
        for line in head:
            if line.lower().startswith(b"etag:"):
                known[url] = line[5:].strip().decode()

    answered = Loop(connections, note, keep_body=False).run((url, []) for url in urls)
    validators.write_text(json.dumps(known), encoding="utf-8")
    return answered


def store(urls: list[str], connections: int, warc: Path) -> int:
    """Download, and write a WARC with a request and a response record a page."""
    with open(warc, "wb") as file:

        def keep(url: str, status: int, head: list[bytes], body: list[bytes]) -> None:
            _write(file, url, b"".join(head), b"".join(body))

        return Loop(connections, keep, keep_body=True).run((url, []) for url in urls)


def _write(file: BinaryIO, url: str, head: bytes, body: bytes) -> None:
    digest = base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    response = f"<urn:uuid:{uuid.uuid4()}>"
    path = "/" + url.split("/", 3)[3]
    asked = f"GET {path} HTTP/1.1\r\nHost: {url.split('/')[2]}\r\nAccept: */*\r\n\r\n".encode()
    about = f"WARC/1.1\r\nWARC-Target-URI: {url}\r\nWARC-Date: {now}\r\n"
    for fields, block in (
        (
            f"WARC-Type: response\r\nWARC-Record-ID: {response}\r\nWARC-Payload-Digest: sha1:{digest}\r\n"
            "Content-Type: application/http; msgtype=response\r\n",
            head + body,
        ),
        (
            f"WARC-Type: request\r\nWARC-Record-ID: <urn:uuid:{uuid.uuid4()}>\r\nWARC-Concurrent-To: {response}\r\n"
            "Content-Type: application/http; msgtype=request\r\n",
            asked,
        ),
    ):
        member = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 31)
        file.write(member.compress(f"{about}{fields}Content-Length: {len(block)}\r\n\r\n".encode()))
        file.write(member.compress(block))
        file.write(member.compress(b"\r\n\r\n"))
        file.write(member.flush())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["download", "ask", "store", "validators"])
    parser.add_argument("urls", type=Path, help="a file with a URL a line")
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--validators", type=Path, default=Path("validators.json"))
    parser.add_argument("--warc", type=Path, default=Path("limit.warc.gz"))
    options = parser.parse_args()
    urls = options.urls.read_text(encoding="utf-8").split()
    if options.what == "download":
        answered = download(urls, options.connections)
    elif options.what == "ask":
        answered = ask(urls, options.connections, options.validators)
    elif options.what == "validators":
        answered = prepare(urls, options.connections, options.validators)
    else:
        answered = store(urls, options.connections, options.warc)
    print(f"{answered} of {len(urls)} answered")
    return 0 if answered == len(urls) else 1


if __name__ == "__main__":
    sys.exit(main())
