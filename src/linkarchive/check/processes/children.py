"""The processes that make visits, as the one sees them that started them."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from linkarchive.check.processes import messages
from linkarchive.check.processes.messages import Channel

_PATIENCE = 5.0
"""Seconds for a process to finish its files."""

Work = Callable[[Channel], None]


@dataclass(slots=True, eq=False)
class Child:
    """A process that waits for visits to make, or makes them."""

    number: int
    pid: int
    channel: Channel
    is_at_work: bool = False
    """It makes visits of the pass that is under way."""
    is_finished: bool = False
    """Its files are whole, and it has said all that it had to say."""
    has_ended: bool = False
    """Nothing more will come of it."""

    def send(self, message: messages.Message) -> None:
        """Queue a message and return; `flush` sends the rest. It is lost where the process has ended."""
        if not self.has_ended:
            with suppress(EOFError):
                self.channel.post(message)

    def flush(self) -> bool:
        """Send what fits now; True if something is left."""
        if self.has_ended:
            return False
        with suppress(EOFError):
            self.channel.flush()
        return bool(self.channel.unsent)

    def wait(self) -> str:
        """How it ended, in words."""
        status = 0
        with suppress(ChildProcessError):  # somebody else has waited for it
            _, status = os.waitpid(self.pid, 0)
        self.channel.close()
        self.has_ended = True
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            return f"exit code {code}"
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"


@contextmanager
def forked(number: int, work: Work) -> Iterator[list[Child]]:
    """So many processes that `work`. They end with the block, and with this process, whatever ends it."""
    children: list[Child] = []
    try:
        with suppress(OSError):  # no room for another process: those that there are make the visits, or this one
            for place in range(number):
                children.append(_fork(place, work, children))
        yield children
    finally:
        end(children)


def end(children: list[Child]) -> None:
    """Have those that have not ended finish their files, and wait for that; for a few seconds at most."""
    left = [child for child in children if not child.has_ended]
    try:
        for child in left:
            child.send(messages.End())
        deadline = time.monotonic() + _PATIENCE
        for child in left:
            while not child.has_ended and time.monotonic() < deadline:
                if _has_closed(child):
                    child.wait()
    finally:
        for child in left:
            if not child.has_ended:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()


def _has_closed(child: Child) -> bool:
    """True once the process has closed its end; else False, after 5 ms. What it still sends is thrown away."""
    child.flush()
    try:
        for _ in child.channel.poll():
            pass
    except EOFError:
        return True
    time.sleep(0.005)
    return False


def _fork(number: int, work: Work, others: list[Child]) -> Child:
    near_end, far_end = socket.socketpair()
    try:
        pid = os.fork()
    except OSError:
        near_end.close()
        far_end.close()
        raise
    if pid:
        far_end.close()
        return Child(number, pid, Channel(near_end))
    code = 1
    try:
        for which in (signal.SIGINT, signal.SIGTERM):  # it is for the other process to say what they mean
            signal.signal(which, signal.SIG_IGN)
        near_end.close()
        for other in others:  # which would else not notice that the process ended which started them
            other.channel.close()
        work(Channel(far_end))
        code = 0
    except EOFError:
        code = 0
    except BaseException:  # noqa: BLE001 - nothing of what the other process has open is to be unwound here
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)
