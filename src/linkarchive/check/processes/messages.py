"""What the processes of a run say to each other, and the socket between two of them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import msgspec

from linkarchive.model import Difference, RunInfo, Verdict
from linkarchive.model.events import LookingAgain, Notice
from linkarchive.store.run_writer import Numbers, Rows
from linkarchive.web.network import Hosts
from linkarchive.web.pacing import Paces
from linkarchive.web.shared_pacing import HostPace

_HEAD = struct.Struct("<IB")
"""Before each message: its bytes, and the place of its class in _KINDS."""
_AT_ONCE = 1 << 18

# --- to a process that makes visits -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begin:
    """Make these visits."""

    run: int
    info: RunInfo
    numbers: Numbers
    concurrency: int
    """Visits at a time."""
    among: int
    """So many processes make visits, and share what one may hold."""
    domains: tuple[str, ...]
    """That no other process asks without its knowing (`web.pacing.paced_as`)."""
    paces: Paces
    plan: int
    numbers_of_sources: bytes
    """`check.plan.Jobs.numbers`, in the order of visits."""
    excluded: tuple[str, ...]
    """Keys of sources with a `!` in links.txt."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A visit of that host, for which a turn was asked for, may begin."""

    host: str


@dataclass(frozen=True, slots=True)
class Share:
    """Another process visits this domain as well: ask for turns on it from now on."""

    domain: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Begin nothing new."""


@dataclass(frozen=True, slots=True)
class Offline:
    """Neither hosts nor canaries answer."""


@dataclass(frozen=True, slots=True)
class SecondPass:
    """Our network is well: look again. `paces` are those of hosts that somebody else visited meanwhile."""

    paces: Paces


@dataclass(frozen=True, slots=True)
class End:
    """Finish your files, whatever you are at."""


# --- to the process that writes ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was concluded since the last one; the records that it names are on disk."""

    rows: Rows
    touched: tuple[int, ...]
    proven: tuple[int, ...]
    not_judged: tuple[int, ...]
    troubles: tuple[str, ...]
    differences: tuple[tuple[str, datetime, Difference], ...]
    concluded: tuple[tuple[str, Verdict], ...]
    """URLs with their verdicts."""
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class AskTurn:
    """A visit of this host shall begin, as soon as the host may be asked."""

    host: str


@dataclass(frozen=True, slots=True)
class TurnOver:
    """A visit of this host has ended: whether it failed, whether the host asked us to slow down."""

    host: str
    failed: bool
    throttled: bool


@dataclass(frozen=True, slots=True)
class Shared:
    """The answer to `Share`: how the hosts of the domain were asked until now, and when it may be asked again."""

    domain: str
    paces: tuple[HostPace, ...]
    free: float


@dataclass(frozen=True, slots=True)
class HostAnswered:
    """The first host of this process that did."""

    host: str


@dataclass(frozen=True, slots=True)
class VisitFailed:
    """A visit failed, and no host of this process has answered yet."""


@dataclass(frozen=True, slots=True)
class PassEnded:
    """All is visited, or what is left is for the browser (`left`, numbers of sources)."""

    hosts: Hosts
    paces: Paces
    left: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The WARC files are finished: their paths, with their SHA-256 in hex."""

    digests: dict[bytes, str]


@dataclass(frozen=True, slots=True)
class Failed:
    """An error of the disk or of the database, by the name of its class (`errors.py`)."""

    kind: str
    words: str


Message = (
    Begin | Turn | Share | Stop | Offline | SecondPass | End | Recorded | AskTurn | TurnOver | Shared | HostAnswered
    | VisitFailed | LookingAgain | PassEnded | Ended | Failed
)  # fmt: skip
_KINDS: tuple[type[Message], ...] = get_args(Message)


class Channel:
    """One end of the socket. EOFError: the process at the other end has ended."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._received = bytearray()
        self.unsent = bytearray()
        """What `post` could not send yet."""
        self._encoder = msgspec.msgpack.Encoder()
        self._decoders: dict[int, msgspec.msgpack.Decoder[Message]] = {}

    @property
    def fd(self) -> int:
        return self._end.fileno()

    def close(self) -> None:
        self._end.close()

    def send(self, message: Message) -> None:
        """Waits until the other end has room for it. Raises EOFError."""
        try:
            self._end.sendall(self._framed(message))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise EOFError from error

    def post(self, message: Message) -> None:
        """Send it without waiting: what the other end has no room for goes with a later call of `flush`. Two ends that
        waited for each other would wait for ever. Raises EOFError."""
        self.unsent += self._framed(message)
        self.flush()

    def flush(self) -> None:
        """Send what was posted, as far as there is room. Raises EOFError."""
        try:
            while self.unsent:
                del self.unsent[: self._end.send(self.unsent, socket.MSG_DONTWAIT)]
        except BlockingIOError:
            return
        except (BrokenPipeError, ConnectionResetError) as error:
            raise EOFError from error

    def poll(self) -> Iterator[Message]:
        """What has come, without waiting. Raises EOFError once all that came was given."""
        ended = False
        try:
            while data := self._end.recv(_AT_ONCE, socket.MSG_DONTWAIT):
                self._received += data
                if len(data) < _AT_ONCE:
                    break
            else:
                ended = True
        except BlockingIOError:
            pass
        except ConnectionResetError:
            ended = True
        yield from self._messages()
        if ended:
            raise EOFError

    def receive(self) -> Message:
        """The next message, however long that takes. Raises EOFError."""
        while True:
            message = self._next()
            if message is not None:
                return message
            data = self._end.recv(_AT_ONCE)
            if not data:
                raise EOFError
            self._received += data

    def _framed(self, message: Message) -> bytes:
        data = self._encoder.encode(message)
        return _HEAD.pack(len(data), _KINDS.index(type(message))) + data

    def _messages(self) -> Iterator[Message]:
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> Message | None:
        """The first message, if it is there whole."""
        received = self._received
        if len(received) < _HEAD.size:
            return None
        size, kind = _HEAD.unpack_from(received)
        end = _HEAD.size + size
        if len(received) < end:
            return None
        if kind not in self._decoders:
            self._decoders[kind] = msgspec.msgpack.Decoder(_KINDS[kind])
        message = self._decoders[kind].decode(bytes(received[_HEAD.size : end]))
        del received[:end]
        return message
