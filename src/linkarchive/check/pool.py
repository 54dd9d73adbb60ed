"""Judging beside the network: a few processes of our own, and the pipes to them.

A worker reads tasks from its standard input and writes answers to its output, so it ends
with the pipe, however its parent ended. No threads and no fork: the parent has
threads already, and one that does the writing would wait for the interpreter's lock while
the network loop has it (5 ms a turn).
"""

from __future__ import annotations

import os
import pickle
import resource
import selectors
import signal
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Self, cast

from linkarchive.check.weighing import Task, Weighed, weigh

MAX_WAITING = 8 * 1024 * 1024
"""Bytes of tasks without an answer."""
MAX_WORKERS = 4
FEW = 8
"""Tasks that wait to be weighed here before a process is started: that takes a quarter of a second."""
SECONDS = 90
"""Of the clock for one task, of which two PDFs may take 30 each."""
MEMORY = 4 * 1024 * 1024 * 1024
_NICE = 5
_AHEAD = 512 * 1024
"""Bytes that a worker is given beyond the task it is at, so that it need not wait for us."""
_SMALL = 512 * 1024
"""Bytes of a page that is weighed here beside the workers: a long document would hold up the network until it fails."""
_ABOUT = 2048
"""Bytes that a task is taken for beside its page."""
_PIPE = 1024 * 1024
_CHUNK = 256 * 1024
_LENGTH = struct.Struct("<Q")
_F_SETPIPE_SZ = 1031  # fcntl.F_SETPIPE_SZ of Linux


class NotWeighedError(Exception):
    """A task that came to nothing, as by a bug: it costs this verdict, not the run."""


Answer = Weighed | NotWeighedError


class Scales:
    """Weighs tasks in other processes, which start once several wait; the others, and on one core all, are weighed here
    when there is time (`help`, `wait`): the network, whose answers they come from, goes first.

    A long document is never judged here while there are workers: nothing would end it.
    """

    def __init__(self, workers: int | None = None, module: str = __name__) -> None:
        """`module` is what a worker runs with `python -m`; it calls `serve`."""
        self._most = usual_workers() if workers is None else workers
        self._few = FEW if workers is None else 0
        self._module = module
        self._workers: list[_Worker] = []
        self._queue: deque[_Parcel] = deque()
        self._ready: deque[tuple[int, Answer]] = deque()
        self._selector = selectors.DefaultSelector()
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        self._workers = []
        self._selector.close()

    @property
    def room(self) -> bool:
        """More tasks can be given; what is given without room is taken, too."""
        return self._bytes < MAX_WAITING

    @property
    def pending(self) -> int:
        """Tasks whose answers were not taken yet."""
        return len(self._ready) + len(self._queue) + sum(len(worker.given) for worker in self._workers)

    def submit(self, key: int, task: Task) -> None:
        parcel = _Parcel(key, task)
        self._turn(0)  # a worker that was killed while it had nothing to do is not blamed on this task
        self._bytes += parcel.size
        self._queue.append(parcel)
        enough = len(self._queue) > 1 if self._workers else len(self._queue) > self._few or not parcel.is_small
        if enough and len(self._workers) < self._most:
            self._start()
        self._hand_out()

    def done(self) -> Iterator[tuple[int, Answer]]:
        """What is ready now, in the order of arrival; never waits."""
        self._turn(0)
        while self._ready:
            yield self._ready.popleft()

    @property
    def wants_help(self) -> bool:
        """There is a task that no worker has, and that may be weighed here."""
        return bool(self._queue) and (self._queue[-1].is_small or self._most < 1)

    def help(self) -> None:
        """Weigh a task that no worker has, here, unless there is something to be done with answers."""
        if self.wants_help and not self._ready:
            parcel = self._queue.pop()
            self._take(parcel, _weighed(weigh, parcel.task))

    def wait(self, seconds: float) -> None:
        """Until an answer is ready, or the time is over, or nothing is pending; what no worker has is weighed."""
        deadline = time.monotonic() + seconds
        self.help()
        while not self._ready and self.pending and (left := deadline - time.monotonic()) > 0:
            self._turn(left)
            self.help()

    def _turn(self, seconds: float) -> None:
        if not self._workers:
            return
        for key, _ in self._selector.select(seconds):
            worker: _Worker = key.data
            if key.fd == worker.answers:
                self._read(worker)
            elif worker in self._workers and not worker.write():
                self._selector.unregister(worker.tasks)
        self._hand_out()

    def _hand_out(self) -> None:
        """The oldest tasks to the workers with least to do."""
        while self._queue and self._workers:
            worker = min(self._workers, key=lambda one: one.ahead)
            if worker.ahead >= _AHEAD:
                return
            worker.give(self._queue.popleft())
            if worker.write():
                with suppress(KeyError):  # it is waited for already
                    self._selector.register(worker.tasks, selectors.EVENT_WRITE, worker)

    def _read(self, worker: _Worker) -> None:
        answers = worker.read()
        for answer in answers:
            self._take(worker.given.popleft(), answer)
        if worker.has_ended:
            self._bury(worker)

    def _take(self, parcel: _Parcel, answer: Answer) -> None:
        self._bytes -= parcel.size
        self._ready.append((parcel.key, answer))

    def _bury(self, worker: _Worker) -> None:
        """The task that it was at is lost; the others are given to its successor."""
        with suppress(KeyError):
            self._selector.unregister(worker.tasks)
        self._selector.unregister(worker.answers)
        self._workers.remove(worker)
        why = worker.end()
        if worker.has_begun and worker.given:
            self._take(worker.given.popleft(), NotWeighedError(why))
        self._queue.extendleft(reversed(worker.given))
        if not worker.has_begun:
            self._most = len(self._workers)  # none can be started: with those that there are, or here
        if self._queue and len(self._workers) < self._most:
            self._start()

    def _start(self) -> None:
        try:
            worker = _Worker(self._module)
        except OSError:
            self._most = len(self._workers)
            return
        self._workers.append(worker)
        self._selector.register(worker.answers, selectors.EVENT_READ, worker)


class _Parcel:
    __slots__ = ("is_small", "key", "size", "task")

    def __init__(self, key: int, task: Task) -> None:
        self.key = key
        self.task = task
        self.size = len(task.page.body) + _ABOUT
        self.is_small = len(task.page.body) <= _SMALL


class _Worker:
    """One process with its pipes, which never block."""

    def __init__(self, module: str) -> None:
        # -P: a file named like a module in the current folder must not be imported.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self.tasks = cast(IO[bytes], self._process.stdin).fileno()
        self.answers = cast(IO[bytes], self._process.stdout).fileno()
        self.given: deque[_Parcel] = deque()
        """Without an answer, the one it is at first."""
        self.ahead = 0
        self.has_begun = False
        """It is ready for tasks: its modules are there."""
        self.has_ended = False
        self._unsent: deque[memoryview] = deque()
        self._read = bytearray()
        for fd in (self.tasks, self.answers):
            os.set_blocking(fd, False)
        _widen(self.tasks)

    def give(self, parcel: _Parcel) -> None:
        self.given.append(parcel)
        self.ahead += parcel.size
        data = pickle.dumps(parcel.task, protocol=5)
        self._unsent += (memoryview(_LENGTH.pack(len(data))), memoryview(data))

    def write(self) -> bool:
        """Send what the pipe takes; whether something is left."""
        try:
            while self._unsent:
                sent = os.write(self.tasks, self._unsent[0])
                if sent == len(self._unsent[0]):
                    self._unsent.popleft()
                else:
                    self._unsent[0] = self._unsent[0][sent:]
        except BlockingIOError:
            return True
        except OSError:  # it has ended, as its other pipe will tell
            self._unsent.clear()
        return False

    def read(self) -> list[Answer]:
        """The answers that have come."""
        try:
            while chunk := os.read(self.answers, _CHUNK):
                self._read += chunk
            self.has_ended = True
        except BlockingIOError:
            pass
        found: list[Answer] = []
        at = 0
        while len(self._read) - at >= _LENGTH.size:
            [size] = _LENGTH.unpack_from(self._read, at)
            if len(self._read) - at - _LENGTH.size < size:
                break
            at += _LENGTH.size
            if size:
                found.append(_answer(bytes(self._read[at : at + size])))
                self.ahead -= self.given[len(found) - 1].size
            self.has_begun = True
            at += size
        del self._read[:at]
        return found

    def end(self) -> str:
        """It ends now, whatever it is at. Why it had ended by itself, in words."""
        if self.has_ended:
            with suppress(subprocess.TimeoutExpired):  # its pipe closes a moment before it is gone
                self._process.wait(1)
        code = self._process.returncode
        self._process.kill()
        with self._process:  # closes the pipes, and waits
            pass
        if code == -signal.SIGALRM:
            return f"it took more than {SECONDS} seconds"
        return f"the process that judged it ended ({_how(self._process.returncode)})"


def _answer(data: bytes) -> Answer:
    answer = pickle.loads(data)  # noqa: S301 - our own process wrote it
    return answer if isinstance(answer, Weighed) else NotWeighedError(str(answer))


def _how(code: int) -> str:
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"exit code {code}"


def _widen(pipe: int) -> None:
    """Room for several pages, where the system grants it."""
    import fcntl

    if sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE)


def usual_workers() -> int:
    """One for each further core; none on a single one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores - 1, MAX_WORKERS)


def _weighed(by: Callable[[Task], Weighed], task: Task) -> Answer:
    try:
        return by(task)
    except Exception as error:  # noqa: BLE001 - whatever a foreign page does to a parser
        return NotWeighedError(f"{type(error).__name__}: {error}")


# --- in the worker -------------------------------------------------------------------------------


def serve(by: Callable[[Task], Weighed] = weigh, seconds: int = SECONDS) -> None:
    """Weigh what comes on standard input until it ends. An alarm ends the process that is at one task for too long."""
    for number in (signal.SIGINT, signal.SIGTERM):  # for the parent to decide
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with suppress(OSError):
        os.nice(_NICE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    given, told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nobody else writes where the answers go
    _tell(told, b"")
    while head := given.read(_LENGTH.size):
        task = pickle.loads(given.read(_LENGTH.unpack(head)[0]))  # noqa: S301 - our parent wrote it
        signal.alarm(seconds)
        answer = _weighed(by, task)
        signal.alarm(0)
        _tell(told, pickle.dumps(answer if isinstance(answer, Weighed) else str(answer), protocol=5))


def _tell(told: IO[bytes], data: bytes) -> None:
    told.write(_LENGTH.pack(len(data)))
    told.write(data)
    told.flush()


if __name__ == "__main__":
    serve()
