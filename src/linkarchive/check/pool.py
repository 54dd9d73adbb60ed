"""Judging beside the network: a few processes of our own, and what is judged in this one.

A worker reads tasks from its standard input and writes answers to its output, so it ends with the pipe, however its
parent ended. No threads and no fork: the parent has threads already, and one that does the writing would wait for
the interpreter's lock while the network loop has it (5 ms a turn).
"""

from __future__ import annotations

import fcntl
import os
import pickle
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Self, cast

from linkarchive.check.assess import LENGTH, SECONDS, Answer, Assessment, JudgeTask, assess, judged
from linkarchive.errors import NotJudgedError

_JUDGE = "linkarchive.check.assess"
SILENCE = SECONDS + 30
"""Seconds without a sign of a worker that has something to do, after which it is ended."""
_ABOUT = 32 * 1024
"""Bytes that a task is taken for beside its pages: what waits is lost with a run that is killed."""
_PIPE = 1024 * 1024
_CHUNK = 256 * 1024
_F_SETPIPE_SZ = 1031  # fcntl.F_SETPIPE_SZ of Linux
MAX_WAITING = 8 * 1024 * 1024
"""Bytes of tasks without an answer."""
MAX_WORKERS = 4
FEW = 8
"""Tasks that are judged here before a process is started: that takes a quarter of a second."""
_MOST_FAILED_STARTS = 2
"""Workers that end before they are ready, after which none is started anew: something is wrong with this machine."""
_AHEAD = 512 * 1024
"""Bytes that a worker is given beyond the task it is at, so that it need not wait for us."""


class QueuedTask:
    __slots__ = ("is_light", "key", "size", "task")

    def __init__(self, key: int, task: JudgeTask) -> None:
        self.key, self.task = key, task
        self.size, self.is_light = task.size + _ABOUT, task.is_light


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
        self._unsent += (memoryview(LENGTH.pack(len(data))), memoryview(data))

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
        answers: list[Answer] = []
        at = 0
        while len(self._read) - at >= LENGTH.size:
            [size] = LENGTH.unpack_from(self._read, at)
            if len(self._read) - at - LENGTH.size < size:
                break
            at += LENGTH.size
            if size:
                answers.append(_answer(bytes(self._read[at : at + size])))
                self.ahead -= self.given[len(answers) - 1].size
            self.has_begun = True
            at += size
        del self._read[:at]
        return answers

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
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE)


class JudgePool:
    """Judges tasks in other processes, which start once there are some. The first few, and what those have no time for,
    are judged here when there is time (`help`, `wait`): the network, whose answers they come from, goes first. On one
    core all are judged here, and at once.

    What is not light is never judged here where there may be workers: nothing would end it.
    """

    def __init__(self, workers: int | None = None, module: str = _JUDGE, *, among: int = 1) -> None:
        """`module` is what a worker runs with `python -m`; it calls `serve`. `among`: so many processes of a run judge
        pages, and share what may wait; where there are several, workers get only what is not light."""
        self._most = usual_workers() if workers is None else workers
        self._few = FEW if workers is None else 0
        self._module = module
        self._light_here = among > 1
        self._most_bytes = MAX_WAITING // among
        self._workers: list[Worker] = []
        self._queue: deque[QueuedTask] = deque()
        self._ready: deque[tuple[int, Answer]] = deque()
        self._selector = selectors.DefaultSelector()
        self._bytes = self._failed_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers, whatever they are at."""
        for worker in self._workers:
            worker.end()
        self._workers = []
        self._selector.close()

    @property
    def room(self) -> bool:
        """More tasks can be given; what is given without room is taken, too."""
        return self._bytes < self._most_bytes

    @property
    def pending(self) -> int:
        """Tasks whose answers were not taken yet."""
        return len(self._ready) + len(self._queue) + sum(len(worker.given) for worker in self._workers)

    def submit(self, key: int, task: JudgeTask) -> None:
        if self._most < 1:
            self._ready.append((key, judged(assess, task)))
            return
        queued = QueuedTask(key, task)
        self._turn(0)  # a worker that was killed while it had nothing to do is not blamed on this task
        self._bytes += queued.size
        self._queue.append(queued)
        enough = len(self._queue) > 1 if self._workers else len(self._queue) > self._few or not queued.is_light
        if enough and not (self._light_here and queued.is_light) and len(self._workers) < self._most:
            self._start()
        self._hand_out()

    def done(self) -> Iterator[tuple[int, Answer]]:
        """What is ready now, in the order of arrival; never waits."""
        self._turn(0)
        while self._ready:
            yield self._ready.popleft()

    @property
    def wants_help(self) -> bool:
        """There is a task that no worker has, and that may be judged here."""
        return self._for_here() is not None

    def help(self) -> None:
        """Judge the oldest such task, unless there is something to be done with answers."""
        queued = None if self._ready else self._for_here()
        if queued is not None:
            self._queue.remove(queued)
            if not self._workers:
                self._few = max(0, self._few - 1)
            self._take(queued, judged(assess, queued.task))

    def _for_here(self) -> QueuedTask | None:
        return next((task for task in self._queue if task.is_light or self._most < 1), None)

    def _for_workers(self) -> QueuedTask | None:
        return next((task for task in self._queue if not (self._light_here and task.is_light)), None)

    def wait(self, seconds: float) -> None:
        """Until an answer is ready, or the time is over, or nothing is pending; what no worker has is judged."""
        deadline = time.monotonic() + seconds
        self.help()
        while not self._ready and self.pending and (left := deadline - time.monotonic()) > 0:
            self._turn(left)
            self.help()

    def _turn(self, seconds: float) -> None:
        if not self._workers:
            return
        for silent in [worker for worker in self._workers if worker.is_silent]:
            silent.give_up()
        for key, _ in self._selector.select(seconds):
            worker: Worker = key.data
            if key.fd == worker.answers:
                self._read(worker)
            elif worker in self._workers and not worker.write():
                self._selector.unregister(worker.tasks)
        self._hand_out()

    def _hand_out(self) -> None:
        """The oldest tasks to the workers with least to do."""
        while self._workers and (queued := self._for_workers()) is not None:
            worker = min(self._workers, key=lambda candidate: candidate.ahead)
            if worker.ahead >= _AHEAD:
                return
            self._queue.remove(queued)
            worker.give(queued)
            if worker.write():
                with suppress(KeyError):  # it is waited for already
                    self._selector.register(worker.tasks, selectors.EVENT_WRITE, worker)

    def _read(self, worker: Worker) -> None:
        answers = worker.read()
        for answer in answers:
            self._take(worker.given.popleft(), answer)
        if worker.has_ended:
            self._remove(worker)

    def _take(self, queued: QueuedTask, answer: Answer) -> None:
        self._bytes -= queued.size
        self._ready.append((queued.key, answer))

    def _remove(self, worker: Worker) -> None:
        """Take away a worker that has ended: the task that it was at is lost, the others are given to its successor."""
        with suppress(KeyError):
            self._selector.unregister(worker.tasks)
        self._selector.unregister(worker.answers)
        self._workers.remove(worker)
        why = worker.end()
        if worker.has_begun and worker.given:
            self._take(worker.given.popleft(), NotJudgedError(why))
        self._queue.extendleft(reversed(worker.given))
        self._failed_starts += not worker.has_begun
        if self._failed_starts >= _MOST_FAILED_STARTS:
            self._most = len(self._workers)  # with those that there are, or here
        if self._for_workers() is not None and len(self._workers) < self._most:
            self._start()

    def _start(self) -> None:
        try:
            worker = Worker(self._module)
        except OSError:
            self._most = len(self._workers)
            return
        self._workers.append(worker)
        self._selector.register(worker.answers, selectors.EVENT_READ, worker)


def usual_workers() -> int:
    """One for each further core; none on a single one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores - 1, MAX_WORKERS)
