"""What a process that makes visits has to do with the one that started it."""

from __future__ import annotations

import os
from collections import deque

from linkarchive.check.processes import messages
from linkarchive.check.processes.messages import Begin, Channel
from linkarchive.clock import Clock
from linkarchive.model import Page
from linkarchive.settings import NetworkSettings
from linkarchive.web.connectivity import OwnNetwork
from linkarchive.web.exchange import Visit
from linkarchive.web.network import LastAnswer
from linkarchive.web.pacing import Item, paced_as
from linkarchive.web.shared_pacing import HostPace, SharedPacing


class EndedEarlyError(Exception):
    """The run ends: nothing more is to be visited or concluded."""


class Link:
    """What the other process says, and the turns that it gives (`web.shared_pacing.Turns`)."""

    def __init__(self, channel: Channel, begin: Begin, network: NetworkSettings) -> None:
        self._channel = channel
        self._network = network
        self._domains = set(begin.domains)
        self._paces = begin.paces
        self._mine: dict[str, bool] = {}
        self._granted: deque[str] = deque()
        self._pacing: SharedPacing[object] | None = None
        self.is_stopping = False
        self.is_offline = False

    @property
    def fd(self) -> int:
        return self._channel.fd

    def is_mine(self, host: str) -> bool:
        known = self._mine.get(host)
        if known is None:
            known = self._mine[host] = paced_as(host, self._network) in self._domains
        return known

    def ask(self, host: str) -> None:
        self._channel.send(messages.AskTurn(host))

    def granted(self) -> str | None:
        return self._granted.popleft() if self._granted else None

    def next_time(self) -> None:
        """Turns come when they come."""

    def done(self, host: str, failed: bool, throttled: bool, wait: float = 0.0) -> None:
        self._channel.send(messages.TurnOver(host, failed, throttled))

    def attach(self, pacing: SharedPacing[Item]) -> None:
        self._pacing = pacing  # type: ignore[assignment]  # whatever it paces
        self._granted.clear()  # turns that the last pass had no more use for: they were taken back when it ended

    def poll(self) -> None:
        """Take in what has come. Raises EndedEarlyError; ends this process when the other one has ended."""
        try:
            for message in self._channel.poll():
                self._take(message)
        except EOFError:
            # At once, since the folder's lock is held until then; what is half done is made whole by the next run.
            os._exit(0)

    def wait(self) -> messages.SecondPass:
        """What follows a pass. Raises EndedEarlyError and EOFError."""
        while True:
            message = self._channel.receive()
            if isinstance(message, messages.SecondPass):
                return message
            self._take(message)

    def _take(self, message: messages.Message) -> None:
        match message:
            case messages.Turn(host):
                self._granted.append(host)
            case messages.Share(domain):
                self._share(domain)
            case messages.Stop():
                self.is_stopping = True
            case messages.Offline():
                self.is_offline = True
            case messages.End():
                raise EndedEarlyError

    def _share(self, domain: str) -> None:
        """Have a domain no more for ourselves."""
        self._domains.discard(domain)
        self._mine.clear()
        waiting: list[tuple[str, object]] = []
        paces: list[HostPace] = []
        if self._pacing is not None:
            paces, waiting = self._pacing.give_up(domain)
        known = {pace.host for pace in paces}
        paces += [
            HostPace(host, next_start, delay, at_once, 0)
            for host, (next_start, delay, at_once) in self._paces.hosts.items()
            if host not in known and paced_as(host, self._network) == domain
        ]
        self._channel.send(messages.Shared(domain, tuple(paces), self._paces.domains.get(domain, 0.0)))
        for host, item in waiting:  # their turns are asked for after that
            if self._pacing is not None:
                self._pacing.put(host, item)


class SharedNetwork(OwnNetwork):
    """Whether we are offline is for the other process to say, which hears of the hosts of all."""

    def __init__(self, network: NetworkSettings, clock: Clock, channel: Channel) -> None:
        super().__init__(network, clock)
        self._channel = channel
        self._has_reported = False

    def saw(self, url: str, visit: Visit, page: Page, before: LastAnswer) -> None:
        super().saw(url, visit, page, before)
        if self.hosts.up and not self._has_reported:
            self._channel.send(messages.HostAnswered(next(iter(self.hosts.up))))
            self._has_reported = True

    def failed(self) -> None:
        if not self.hosts.up:
            self._channel.send(messages.VisitFailed())
