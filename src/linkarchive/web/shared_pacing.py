"""Politeness of several processes that are as polite as one.

Each has registered domains of its own, which it paces by itself. For any other host it asks for a turn, and one of
them all, the keeper of the turns, gives it when the host may be asked. The first who asks for a host of a domain that
is another's makes it a shared one: from then on its owner asks for turns as well.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from linkarchive.settings import NetworkSettings
from linkarchive.web.pacing import Item, Paces, Pacing, paced_as


@dataclass(frozen=True, slots=True)
class HostPace:
    """What a process knows of the pace of a host that becomes a shared one."""

    host: str
    next_start: float
    delay: float
    at_once: int
    in_flight: int
    """Visits of this process."""


class Turns(Protocol):
    """Which hosts a process has for itself, and its turns on others."""

    @property
    def fd(self) -> int | None:
        """Can be read when there is news."""

    def is_mine(self, host: str) -> bool: ...

    def ask(self, host: str) -> None: ...

    def granted(self) -> str | None:
        """The next host that was asked for and may be visited now."""

    def next_time(self) -> float | None:
        """When there may be a turn; None where that is not known before it comes."""

    def done(self, host: str, failed: bool, throttled: bool, wait: float = 0.0) -> None:
        """A turn is over; how it went, and how many seconds the host asks us to wait."""

    def attach(self, pacing: SharedPacing[Item]) -> None:
        """Have this pacing give up the domains that become shared ones."""


class SharedPaces(Paces, kw_only=True):
    """The paces (`Paces`) of one such process."""

    turns: Turns

    @property
    def fd(self) -> int | None:
        return self.turns.fd

    def pacing(self, network: NetworkSettings) -> Pacing[Item]:
        return SharedPacing(network, self, self.turns)


class SharedPacing(Pacing[Item]):
    """The pacing of one such process."""

    def __init__(self, network: NetworkSettings, paces: Paces | None, turns: Turns) -> None:
        super().__init__(network, paces)
        self._turns = turns
        self._away: dict[str, deque[Item]] = {}
        """What waits for a turn on a host, in its order."""
        self._asked: Counter[str] = Counter()
        """Turns that were asked for and not granted yet."""
        self._granted: Pacing[Item] = Pacing(network)
        """What has its turn; several may have come at once, if this process was busy when they were given."""
        turns.attach(self)

    def put(self, host: str, item: Item, first: bool = False) -> None:
        if self._turns.is_mine(host):
            super().put(host, item, first)
            return
        waiting = self._away.setdefault(host, deque())
        if first:
            waiting.appendleft(item)
        else:
            waiting.append(item)
        if self._asked[host] < len(waiting):
            self._asked[host] += 1
            self._turns.ask(host)

    def take(self, now: float) -> Item | None:
        self._take_turns()
        item = self._granted.take(now)
        return super().take(now) if item is None else item

    def next_time(self) -> float | None:
        self._take_turns()
        known = (self._granted.next_time(), self._turns.next_time(), super().next_time())
        times = [time for time in known if time is not None]
        return min(times, default=None)

    def _take_turns(self) -> None:
        while (host := self._turns.granted()) is not None:
            self._asked[host] -= 1
            if self._away.get(host):
                self._granted.put(host, self._away[host].popleft())
            else:
                self._turns.done(host, failed=False, throttled=False)

    def done(self, host: str) -> None:
        if self._turns.is_mine(host):
            super().done(host)
        else:
            self._granted.done(host)

    def note(self, host: str, failed: bool, throttled: bool, wait: float = 0.0) -> None:
        super().note(host, failed, throttled, wait)
        if not self._turns.is_mine(host):
            self._turns.done(host, failed, throttled, wait)

    def clear(self) -> list[Item]:
        waiting = super().clear() + [item for items in self._away.values() for item in items]
        self._away.clear()
        for host, item in self._granted.clear_with_hosts():
            self._turns.done(host, failed=False, throttled=False)
            waiting.append(item)
        return waiting

    def remember(self) -> None:
        self._remember(host for host in self._hosts if self._turns.is_mine(host))

    def give_up(self, domain: str) -> tuple[list[HostPace], list[tuple[str, Item]]]:
        """The paces of the hosts of a domain that is no more its own, and what waited for them."""
        given = [(name, host) for name, host in self._hosts.items() if paced_as(name, self._network) == domain]
        paces = [HostPace(name, host.next_start, host.delay, host.at_once, host.in_flight) for name, host in given]
        waiting = [(name, item) for name, host in given for item in host.waiting]
        for name, host in given:
            host.waiting.clear()
            self._granted.adopt(name, host.next_start, host.delay, host.at_once, host.in_flight)
        return paces, waiting


Process = int


class TurnKeeper:
    """Gives the turns on hosts that no process has for itself."""

    def __init__(self, network: NetworkSettings, paces: Paces, owners: dict[str, Process]) -> None:
        """`owners`: who has which domain for itself."""
        self._network = network
        self._pacing: Pacing[tuple[Process, str]] = Pacing(network, paces)
        self._owners = owners
        self._awaited: dict[str, list[tuple[Process, str]]] = {}
        """Who waits for which host, by the domain whose owner has been asked to share it."""
        self._out: Counter[tuple[Process, str]] = Counter()
        """The visits under way, by process and host."""

    def ask(self, process: Process, host: str) -> tuple[Process, str] | None:
        """A process asks for a turn; the owner and the domain that it is to share first."""
        domain = paced_as(host, self._network)
        owner = self._owners.get(domain)
        if domain in self._awaited:
            self._awaited[domain].append((process, host))
        elif owner is None or owner == process:
            self._pacing.put(host, (process, host))
        else:
            self._awaited[domain] = [(process, host)]
            return owner, domain
        return None

    def share(self, domain: str, paces: Iterable[HostPace], free: float) -> None:
        """A domain is a shared one from now on. Its owner knows these paces, and may ask it again at `free`."""
        owner = self._owners.pop(domain, None)
        for pace in paces:
            self._pacing.adopt(pace.host, pace.next_start, pace.delay, pace.at_once, pace.in_flight)
            if owner is not None and pace.in_flight:
                self._out[owner, pace.host] += pace.in_flight
        self._pacing.domain_is_free(domain, free)
        for process, host in self._awaited.pop(domain, []):
            self._pacing.put(host, (process, host))

    def done(self, process: Process, host: str, failed: bool, throttled: bool) -> None:
        self._out[process, host] -= 1
        self._pacing.done(host)
        self._pacing.note(host, failed, throttled)

    def take(self, now: float) -> tuple[Process, str] | None:
        """The next turn that may be given now, as (process, host); None if none may."""
        turn = self._pacing.take(now)
        if turn is not None:
            self._out[turn] += 1
        return turn

    def next_time(self) -> float | None:
        """When `take` may give something next, as far as that is known."""
        return self._pacing.next_time()

    def release(self, process: Process) -> None:
        """A process is at nothing any more: what it asked for, and what it was given and did not use, is for others."""
        self._pacing.drop(lambda turn: turn[0] == process)
        for awaited in self._awaited.values():
            awaited[:] = [turn for turn in awaited if turn[0] != process]
        for (other, host), number in list(self._out.items()):
            for _ in range(number if other == process else 0):
                self.done(process, host, failed=False, throttled=False)

    def forget(self, process: Process) -> None:
        """A process has ended: its domains are nobody's, what it was at is over."""
        self.release(process)
        for domain in [domain for domain, owner in self._owners.items() if owner == process]:
            self.share(domain, (), 0.0)

    def remember(self) -> None:
        """Tell the paces how it ended with each host."""
        self._pacing.remember()
