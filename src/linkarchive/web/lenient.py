"""Answers whose head libcurl refuses and browsers read: a line without a colon, a very long line, odd lengths.

Asked for once more over a connection that libcurl only makes, in a thread, since it is rare.
"""

from __future__ import annotations

import logging
import queue
import re
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import pycurl

from linkarchive.secrets import redact
from linkarchive.settings import NetworkSettings
from linkarchive.web.exchange import Body, Exchange
from linkarchive.web.transfer import SentRequest, Transfer, received_fields

log = logging.getLogger(__name__)

REFUSED = frozenset({pycurl.E_FTP_WEIRD_SERVER_REPLY, pycurl.E_UNSUPPORTED_PROTOCOL, 100})
"""libcurl's codes for a head that it does not read (100, CURLE_TOO_LARGE: a line or the head is too long)."""
_LONGEST_HEAD = 1024 * 1024
_THREADS = 2
_PIECE = 64 * 1024
_STATUS = re.compile(rb"(?:HTTP/\d(?:\.\d)?|ICY) +([1-5]\d\d)\b[ \t]*([^\r\n]*)")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]{1,15})[ \t]*\r?$", re.I | re.M)
_LAST_CHUNK = b"\n0\r\n\r\n"
_CHUNK_SIZE = re.compile(rb"\s*([0-9a-fA-F]{1,15})[^\n]*\n")

Answer = Callable[[Exchange | None, tuple[str, ...]], None]


class LenientReader:
    """Sends such requests in a few daemon threads; `wake` is called from those when an answer is to be collected."""

    def __init__(self, network: NetworkSettings, ca_file: str, wake: Callable[[], None]) -> None:
        self._network = network
        self._ca_file = ca_file
        self._wake = wake
        self._requests: queue.SimpleQueue[tuple[SentRequest, Answer] | None] = queue.SimpleQueue()
        self._answers: deque[tuple[Answer, Exchange | None, tuple[str, ...]]] = deque()
        self._threads = 0
        self._open = 0
        self._closed = False

    @property
    def waiting(self) -> bool:
        return self._open > 0

    def ask(self, request: SentRequest, answer: Answer) -> None:
        """Call `answer`, from `collect`, with the exchange and its Set-Cookie fields; None for nothing readable."""
        self._open += 1
        if self._threads < _THREADS:
            self._threads += 1
            threading.Thread(target=self._work, name="linkarchive-lenient", daemon=True).start()
        self._requests.put((request, answer))

    def collect(self) -> None:
        while self._answers:
            answer, exchange, set_cookies = self._answers.popleft()
            self._open -= 1
            answer(exchange, set_cookies)

    def close(self) -> None:
        self._closed = True
        for _ in range(self._threads):
            self._requests.put(None)

    def _work(self) -> None:
        while not self._closed and (job := self._requests.get()) is not None:
            request, answer = job
            try:
                exchange, set_cookies = _exchange(request, self._network, self._ca_file)
            except pycurl.error:
                exchange, set_cookies = None, ()
            except Exception:  # whoever waits for the answer must get one
                log.exception("reading %s", redact(request.url))
                exchange, set_cookies = None, ()
            self._answers.append((answer, exchange, set_cookies))
            if not self._closed:
                self._wake()


def _exchange(request: SentRequest, network: NetworkSettings, ca_file: str) -> tuple[Exchange | None, tuple[str, ...]]:
    """Raises pycurl.error where no connection is made."""
    end = time.monotonic() + network.timeout
    transfer = Transfer(network, ca_file)
    try:
        transfer.begin(request.url, [], request.recorded, request.proxy, request.started)
        transfer.curl.setopt(pycurl.CONNECT_ONLY, 1)
        transfer.curl.perform()
        _send(transfer.curl, _request_bytes(request), end)
        data, truncated = _received(transfer.curl, end, network.max_body + _LONGEST_HEAD)
        ip = None if request.proxy else transfer.curl.getinfo(pycurl.PRIMARY_IP) or None
    finally:
        transfer.close()
    head, body = split_answer(data)
    status = _STATUS.match(head)
    if status is None:
        return None, ()
    fields, set_cookies = received_fields(_lines(head)[1:])
    content, whole = _content(body, {name.lower(): value for name, value in fields})
    if len(content) > network.max_body:
        content, truncated, whole = content[: network.max_body], "length", False
    code, phrase = int(status[1]), status[2].decode("latin-1").strip()
    exchange = Exchange(
        url=request.url,
        request_headers=request.recorded,
        started=request.started,
        ip=ip,
        status=code,
        status_line=f"{code} {phrase}".rstrip(),
        headers=fields,
        body=Body.of(content),
        truncated=truncated or (None if whole else "disconnect"),
    )
    return exchange, set_cookies


def _request_bytes(request: SentRequest) -> bytes:
    through_proxy = request.proxy and request.url.startswith("http:")
    path = request.url if through_proxy else request.url[request.url.index("/", 8) :]
    lines = [f"GET {path} HTTP/1.1".encode("ascii"), b"Host: " + request.netloc.encode("ascii"), *request.fields]
    return b"\r\n".join([*lines, b"Connection: close", b"", b""])


def _send(curl: pycurl.Curl, data: bytes, end: float) -> None:
    while data and (left := end - time.monotonic()) > 0:
        try:
            data = data[curl.send(data) :]
        except BlockingIOError:
            _wait(curl, selectors.EVENT_WRITE, left)


def _wait(curl: pycurl.Curl, event: int, seconds: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(curl.getinfo(pycurl.ACTIVESOCKET), event)
        selector.select(seconds)


def _received(curl: pycurl.Curl, end: float, most: int) -> tuple[bytes, str | None]:
    """What comes until the connection ends, or the time or the limit does; and which of these cut it."""
    data = bytearray()
    while len(data) < most:
        left = end - time.monotonic()
        if left <= 0:
            return bytes(data), "time"
        try:
            piece = curl.recv(_PIECE)
        except BlockingIOError:
            _wait(curl, selectors.EVENT_READ, left)
            continue
        except pycurl.error:
            return bytes(data), "disconnect"
        data += piece
        if not piece or _is_whole(data):
            return bytes(data), None
    return bytes(data), "length"


def _is_whole(data: bytearray) -> bool:
    """Nothing more is to come, though the server leaves the connection open."""
    if data.endswith(_LAST_CHUNK):
        return b"chunked" in data[:_LONGEST_HEAD].lower()
    head, body = split_answer(bytes(data[:_LONGEST_HEAD]))
    length = _LENGTH.search(head)
    return length is not None and len(body) + max(0, len(data) - _LONGEST_HEAD) >= int(length[1])


def split_answer(data: bytes) -> tuple[bytes, bytes]:
    """Head and body of an answer, without interim answers (100, 103) before it."""
    while (end := _END_OF_HEAD.search(data, 0, _LONGEST_HEAD)) is not None:
        head, data = data[: end.start()], data[end.end() :]
        status = _STATUS.match(head)
        if status is None or not status[1].startswith(b"1"):
            return head, data
    return b"", b""


def _lines(head: bytes) -> list[bytes]:
    """The lines that have a colon, those that go on over the next one joined; the status line first."""
    first, *lines = re.split(rb"\r?\n", head)
    joined: list[bytes] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and joined:
            joined[-1] += b" " + line.strip()
        elif b":" in line:
            joined.append(line)
    return [first, *joined]


def _content(body: bytes, names: dict[str, str]) -> tuple[bytes, bool]:
    """The body without its framing, and whether all of it came."""
    if "chunked" in names.get("transfer-encoding", "").lower():
        chunks = list(_chunks(body))
        return b"".join(chunks), bool(chunks) and chunks[-1] == b""
    length = names.get("content-length", "").strip()
    if length.isascii() and length.isdigit() and len(length) < 16:
        return body[: int(length)], len(body) >= int(length)
    return body, True


def _chunks(body: bytes) -> Iterator[bytes]:
    """The chunks that can be read; the last one is empty where the end came, too."""
    position = 0
    while (size := _CHUNK_SIZE.match(body, position)) is not None:
        length = int(size[1], 16)
        chunk = body[size.end() : size.end() + length]
        yield chunk
        if length == 0 or len(chunk) < length:
            return
        position = size.end() + length
