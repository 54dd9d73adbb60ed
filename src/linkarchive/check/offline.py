"""Is the web down, or only we? Our network's state is never reported as the web's (docs/design.md §4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from linkarchive.model import Failure, Reason

_NO_CONNECTION = frozenset({Reason.DNS, Reason.TIMEOUT, Reason.REFUSED, Reason.RESET, Reason.PROTOCOL})
ENOUGH_HOSTS = 3


@dataclass(slots=True)
class Hosts:
    """What this run has seen of hosts so far."""

    up: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    up_before: set[str] = field(default_factory=set)
    """Hosts that answered in their last run and were asked again in this one."""
    proxy_down: bool = False

    def saw(self, host: str, connected: bool, failure: Failure | None, answered_before: bool) -> None:
        if answered_before:
            self.up_before.add(host)
        if connected:
            self.up.add(host)
        elif failure is not None and failure.reason in _NO_CONNECTION:
            self.down.add(host)
            self.proxy_down = self.proxy_down or failure.proxy


def why_offline(hosts: Hosts, canaries_answer: Callable[[], bool]) -> str | None:
    """Why we must be offline, in words; None when we are not. The canaries are asked only when it matters."""
    if hosts.proxy_down and not hosts.up:
        return "the proxy cannot be reached"
    down = hosts.down - hosts.up
    lost = hosts.up_before & down
    if len(hosts.up_before) >= ENOUGH_HOSTS and 2 * len(lost) > len(hosts.up_before):
        return f"{len(lost)} of {len(hosts.up_before)} hosts that answered last time cannot be reached now"
    if down and not hosts.up and not canaries_answer():
        return "no host answers, and the canaries do not either"
    return None
