"""Was it us? Whether what the hosts of a run answered says something about our network instead of the web.

Pure: `answer_of` says what one visit tells of our network, `Hosts` gathers that, `Hosts.diagnosis` decides.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from html import unescape
from typing import Protocol

from msgspec import Struct, field

from linkarchive.model import Failure, Page, Reason
from linkarchive.urls import host_of, is_within
from linkarchive.web.exchange import Visit

ENOUGH_HOSTS = 3
"""That turn bad alike before it is our network."""
_LARGEST_NOTICE = 32 * 1024
"""Bytes of a page that may be the same at every address although it names the address."""
_NO_CONNECTION = frozenset({Reason.DNS, Reason.TIMEOUT, Reason.REFUSED, Reason.RESET, Reason.PROTOCOL})
_MISSING = (404, 410)
"""Their pages are the same on all hosts that run one server program."""
_DIGITS = b"0123456789"
_TITLE = re.compile(rb"<title[^>]*>([^<]*)", re.I)


class Network(StrEnum):
    """What is wrong with our network (`run.network` in JSON)."""

    OFFLINE = "offline"
    PROXY = "proxy"
    PORTAL = "portal"
    CA = "ca"
    DNS = "dns"
    MIDDLEBOX = "middlebox"
    RATE_LIMIT = "rate-limit"


class Trouble(Struct, frozen=True):
    """Our network's trouble, and a sentence that says why we think so."""

    network: Network
    why: str


class Alike(Struct, frozen=True):
    """What answers of several hosts have in common when they come from one place."""

    network: Network
    mark: str
    """A digest of the page, the host that all lead to, the error."""


class LastAnswer(Protocol):
    """How a page answered at its last visit."""

    @property
    def answered(self) -> bool: ...

    @property
    def was_alive(self) -> bool: ...

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of the body, in hex."""

    @property
    def final_url(self) -> str | None: ...

    @property
    def title(self) -> str | None: ...


def answer_of(
    url: str, visit: Visit, page: Page, before: LastAnswer | None, *, with_digest: bool = True
) -> Alike | None:
    """What the visit of a URL may have in common with those of other hosts; None for what is the page's own. Without
    `with_digest` the mark of a page lacks its digest: where it is enough that the page may be another's."""
    failure = visit.failure
    if failure is not None:
        return Alike(Network.CA, "tls") if failure.reason is Reason.TLS else None
    final = visit.final
    if final is None or visit.not_modified:
        return None
    if final.status == 511:
        return Alike(Network.PORTAL, "status 511")
    if final.status == 407 or "x-squid-error" in final.header_map:
        return Alike(Network.PROXY, f"status {final.status}")
    if final.status == 429:
        return Alike(Network.RATE_LIMIT, "status 429")
    host, final_host = host_of(url), host_of(final.url)
    if final_host != host and not is_within(final_host, [host]):
        last = None if before is None else before.final_url
        if host_of(last or "") != final_host:
            return Alike(Network.PORTAL, f"redirect {final_host}")
    seen = None if before is None else before.sha256
    if seen is not None and seen == hashlib.sha256(page.body).hexdigest():
        return None
    if before is not None and final.status < 400 and _has_title(page.body, before.title):
        return None  # the page that it was, changed: others of its making may be the same now
    network = Network.MIDDLEBOX if final.status >= 400 else Network.PORTAL
    kind = "missing" if final.status in _MISSING else "page"
    if not page.body:
        return None
    return Alike(network, f"{kind} {_digest(url, host, page.body)}" if with_digest else kind)


def _has_title(body: bytes, title: str | None) -> bool:
    if title is None:
        return False
    match = _TITLE.search(body[:_LARGEST_NOTICE])
    page_title = unescape(match[1].decode("utf-8", "replace")) if match else ""
    return page_title.split() == title.split() != []


def _digest(url: str, host: str, body: bytes) -> str:
    """Of the page without what a notice that is shown everywhere says about the address, and without numbers; of a
    large page, of its beginning and size."""
    if len(body) <= _LARGEST_NOTICE:
        path = url.partition("://")[2].partition("/")[2]
        for own in (url, host, path):
            body = body.replace(own.encode(), b"") if len(own) > 3 else body
        body = body.translate(None, _DIGITS)
    return f"{hashlib.blake2b(body[:_LARGEST_NOTICE], digest_size=16).hexdigest()} {len(body)}"


class Hosts(Struct):
    """What this run has seen of hosts: the state of our network is never reported as that of the web (§4)."""

    up: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    up_before: set[str] = field(default_factory=set)
    """Hosts that answered in their last run and were asked again in this one."""
    alive_before: set[str] = field(default_factory=set)
    """Those of them that answered with a page."""
    proxy_down: bool = False
    own: set[str] = field(default_factory=set)
    """Hosts of which some answer is their own."""
    alike: dict[str, Alike] = field(default_factory=dict)
    """The answer of each host that may be another one's."""
    addresses: dict[str, str] = field(default_factory=dict)
    """From where each host answered."""

    def saw(self, url: str, visit: Visit, page: Page, before: LastAnswer) -> None:
        """Take note of a visit."""
        host, failure = host_of(url), visit.failure
        if before.answered:
            self.up_before.add(host)
            if before.was_alive:
                self.alive_before.add(host)
        if visit.not_modified:
            self.up.add(host)
            self.own.add(host)
            return
        if visit.connected:
            self.up.add(host)
        elif failure is not None and failure.reason in _NO_CONNECTION:
            self.down.add(host)
            self.proxy_down = self.proxy_down or failure.proxy
        alike = answer_of(url, visit, page, before, with_digest=host not in self.alike)
        if alike is not None:  # the first answer of a host stands for it
            self.alike.setdefault(host, alike)
            self.addresses[host] = (visit.exchanges[0].ip or "") if visit.exchanges else ""
        elif _is_own(visit, failure):
            self.own.add(host)

    def add(self, others: Hosts) -> None:
        """Take note of what another process of the run has seen."""
        self.up |= others.up
        self.down |= others.down
        self.up_before |= others.up_before
        self.alive_before |= others.alive_before
        self.proxy_down = self.proxy_down or others.proxy_down
        self.own |= others.own
        self.alike = others.alike | self.alike
        self.addresses = others.addresses | self.addresses

    def diagnosis(self, canaries: Callable[[], Sequence[Alike | None]]) -> Trouble | None:
        """What is wrong with our network; None when nothing is. `canaries` visits well-known hosts, only when it
        matters, and tells what each answered; silent ones are left out."""
        if self.proxy_down and not self.up:
            return Trouble(Network.PROXY, "the proxy cannot be reached")
        lost = self.up_before & (self.down - self.up)
        if len(self.up_before) >= ENOUGH_HOSTS and 2 * len(lost) > len(self.up_before):
            return Trouble(
                Network.OFFLINE,
                f"{len(lost)} of {len(self.up_before)} hosts that answered last time cannot be reached now",
            )
        shared = self._shared()
        if shared is not None:
            return shared
        seen = self.own | self.alike.keys() | self.down
        if self.down and not self.up:
            return None if canaries() else Trouble(Network.OFFLINE, "no host answers, and the canaries do not either")
        alike, hosts = self._largest()
        if alike is None or self.own or 2 * len(hosts) <= len(seen):
            return None
        if alike.mark.startswith(("page", "missing")) and len(hosts) == 1:
            return None  # a page like any other
        # Pages of one making, error pages of one server program: only a well-known host that answers so proves it.
        return self._trouble(alike, hosts, len(seen)) if alike in canaries() else None

    def _shared(self) -> Trouble | None:
        """At least three hosts, and more than half of those that were there last time, turned bad alike."""
        alive = self.alive_before & (self.own | self.alike.keys() | self.down)
        alike, hosts = self._largest(alive - self.own)
        if alike is None or alike.mark.startswith("missing"):
            return None
        if len(hosts) < ENOUGH_HOSTS or 2 * len(hosts) <= len(alive):
            return None
        return self._trouble(alike, hosts, len(alive))

    def _largest(self, among: set[str] | None = None) -> tuple[Alike | None, set[str]]:
        """The answer that most hosts share, and those hosts."""
        shared = {host: alike for host, alike in self.alike.items() if among is None or host in among}
        counted = Counter(shared.values()).most_common(1)
        if not counted:
            return None, set()
        [(alike, _)] = counted
        return alike, {host for host, other in shared.items() if other == alike}

    def _trouble(self, alike: Alike, hosts: set[str], of: int) -> Trouble:
        network = alike.network
        places = {self.addresses.get(host) for host in hosts}
        if network is Network.PORTAL and alike.mark.startswith("page") and len(hosts) > 1 and len(places) == 1:
            # Behind a proxy every host has the proxy's address: there it says nothing.
            network = Network.DNS if places != {""} and not _is_local(next(iter(places)) or "") else network
        return Trouble(network, f"{_sites(len(hosts), of, alike)}: {_MEANINGS[network]}")


_MEANINGS = {
    Network.OFFLINE: "this machine seems to have no network",
    Network.PROXY: "the proxy refuses or fails",
    Network.PORTAL: "this looks like a sign-in page of your network",
    Network.CA: "the certificates that this machine trusts are not those of the web (SSL_CERT_FILE, a proxy that "
    "looks into connections)",
    Network.DNS: "the name server seems to answer every name with one address",
    Network.MIDDLEBOX: "this looks like a notice of something between this machine and the web",
    Network.RATE_LIMIT: "we have asked too often from this address",
}


def _sites(count: int, of: int, alike: Alike) -> str:
    """“12 of 12 sites answered with the same page”."""
    kind, _, detail = alike.mark.partition(" ")
    words = {
        "page": "answered with the same page",
        "missing": "answered with the same page",
        "redirect": f"led to {detail}",
        "status": f"answered with status {detail}",
        "tls": "had a certificate that cannot be verified",
    }[kind]
    return f"{count} of {of} sites {words}"


def _is_own(visit: Visit, failure: Failure | None) -> bool:
    """A host that answered, and not as others do."""
    return bool(visit.exchanges) and failure is None


def _is_local(address: str) -> bool:
    return address.startswith(("127.", "::1"))
