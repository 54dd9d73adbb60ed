"""A process of our own that judges, and the pipes to it.

It reads tasks from its standard input and writes answers to its output, so it ends with the pipe, however its
parent ended. No threads and no fork: the parent has threads already, and one that does the writing would wait for
the interpreter's lock while the network loop has it (5 ms a turn).
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import IO, cast

from linkarchive.check.assess import Assessment, JudgeTask, assess

SECONDS = 90
"""Of the clock for one task, of which two PDFs may take 30 each."""
SILENCE = SECONDS + 30
"""Seconds without a sign of a worker that has something to do, after which it is ended."""
MEMORY = 4 * 1024 * 1024 * 1024
_NICE = 5
_ABOUT = 32 * 1024
"""Bytes that a task is taken for beside its pages: what waits is lost with a run that is killed."""
_PIPE = 1024 * 1024
_CHUNK = 256 * 1024
_LENGTH = struct.Struct("<Q")
_F_SETPIPE_SZ = 1031  # fcntl.F_SETPIPE_SZ of Linux


class NotJudgedError(Exception):
    """A task that came to nothing, as by a bug: it costs this verdict, not the run."""


Answer = Assessment | NotJudgedError


class QueuedTask:
    __slots__ = ("is_light", "key", "size", "task")

    def __init__(self, key: int, task: JudgeTask) -> None:
        self.key = key
        self.task = task
        self.size = task.size + _ABOUT
        self.is_light = task.is_light


class Worker:
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
        self.given: deque[QueuedTask] = deque()
        """Without an answer, the one it is at first."""
        self.ahead = 0
        self.has_begun = False
        """It is ready for tasks: its modules are there."""
        self.has_ended = False
        self._is_given_up = False
        self._unsent: deque[memoryview] = deque()
        self._read = bytearray()
        self._heard = time.monotonic()
        """When it began, last answered, or was given something after a pause."""
        for fd in (self.tasks, self.answers):
            os.set_blocking(fd, False)
        _widen(self.tasks)

    @property
    def is_silent(self) -> bool:
        """It has not begun, or not answered, for so long that it never will: as when it was stopped."""
        return bool(self.given or not self.has_begun) and time.monotonic() - self._heard > SILENCE

    def give_up(self) -> None:
        """End it for its silence; its pipe tells so."""
        self._is_given_up = True
        self._process.kill()

    def give(self, queued: QueuedTask) -> None:
        data = pickle.dumps(queued.task, protocol=5)
        if not self.given and self.has_begun:
            self._heard = time.monotonic()
        self.given.append(queued)
        self.ahead += queued.size
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
                self._heard = time.monotonic()
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
        if self._is_given_up:
            return f"the process that judged it gave no sign for {SILENCE} seconds"
        if code == -signal.SIGALRM:
            return f"it took more than {SECONDS} seconds"
        return f"the process that judged it ended ({_how(self._process.returncode)})"


def _answer(data: bytes) -> Answer:
    answer = pickle.loads(data)  # noqa: S301 - our own process wrote it
    return answer if isinstance(answer, Assessment) else NotJudgedError(str(answer))


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


def judged(by: Callable[[JudgeTask], Assessment], task: JudgeTask) -> Answer:
    try:
        return by(task)
    except Exception as error:  # noqa: BLE001 - whatever a foreign page does to a parser
        return NotJudgedError(f"{type(error).__name__}: {error}")


# --- in the worker -------------------------------------------------------------------------------


def serve(by: Callable[[JudgeTask], Assessment] = assess, seconds: int = SECONDS) -> None:
    """Judge what comes on standard input until it ends. An alarm ends the process that is at one task for too long."""
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
        answer = judged(by, task)
        signal.alarm(0)
        _tell(told, pickle.dumps(answer if isinstance(answer, Assessment) else str(answer), protocol=5))


def _tell(told: IO[bytes], data: bytes) -> None:
    told.write(_LENGTH.pack(len(data)))
    told.write(data)
    told.flush()


if __name__ == "__main__":
    serve()
