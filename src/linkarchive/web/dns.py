"""A second look at names that libcurl could not resolve: does the name not exist, or did the resolver not answer?

libcurl (8.23) reports both as “Could not resolve host”; `getaddrinfo` tells them apart (RFC 3493 §6.1).
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections import deque
from collections.abc import Callable

_THREADS = 4

Answer = Callable[[bool], None]


class Resolver:
    """Look-ups in a few daemon threads, so that neither the loop nor the end of the program waits for a resolver.
    `wake` is called from those threads when an answer is there to be collected."""

    def __init__(self, patience: float, wake: Callable[[], None]) -> None:
        self._patience = patience
        self._wake = wake
        self._questions: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._answers: deque[tuple[str, bool]] = deque()
        self._known: dict[str, bool] = {}
        self._asked: dict[str, tuple[float, list[Answer]]] = {}
        self._threads = 0
        self._closed = False

    def ask(self, host: str, answer: Answer) -> None:
        """Call `answer` with whether there is no such name: at once when known, else from `collect`. Without an answer
        within `patience` seconds it is False: we could not tell."""
        if host in self._known:
            answer(self._known[host])
            return
        if host in self._asked:
            self._asked[host][1].append(answer)
            return
        self._asked[host] = (time.monotonic() + self._patience, [answer])
        if self._threads < _THREADS:
            self._threads += 1
            threading.Thread(target=self._work, name="linkarchive-names", daemon=True).start()
        self._questions.put(host)

    def collect(self) -> None:
        """Hand out the answers that have come, and give up on those that are late."""
        while self._answers:
            self._settle(*self._answers.popleft())
        now = time.monotonic()
        for host in [host for host, (until, _) in self._asked.items() if until <= now]:
            self._settle(host, False)

    @property
    def waiting(self) -> bool:
        return bool(self._asked)

    def close(self) -> None:
        self._closed = True
        self._asked.clear()
        for _ in range(self._threads):
            self._questions.put(None)

    def _settle(self, host: str, no_such_name: bool) -> None:
        self._known[host] = no_such_name
        _, waiting = self._asked.pop(host, (0.0, []))
        for answer in waiting:
            answer(no_such_name)

    def _work(self) -> None:
        while not self._closed and (host := self._questions.get()) is not None:
            self._answers.append((host, no_such_name(host)))
            if not self._closed:
                self._wake()


def no_such_name(host: str) -> bool:
    """The resolver says that the name does not exist (EAI_NONAME). Blocks for as long as the resolver does."""
    try:
        socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return error.errno == socket.EAI_NONAME
    except OSError:
        return False
    return False
