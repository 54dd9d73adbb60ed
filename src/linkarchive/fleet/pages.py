"""Which page is visited for a source, and in which slot it lies: the same in every project and for good."""

from __future__ import annotations

import hashlib

from linkarchive.settings import NetworkSettings
from linkarchive.store.hub_schema import SLOTS
from linkarchive.urls import host_of
from linkarchive.web.pacing import paced_as
from linkarchive.wrappers import key_of

_PACED = NetworkSettings()
"""By which hosts share the pace of their registered domain, whatever a project or worker says."""


def page_of(address: str) -> bytes:
    """What stands for the page at an address: 16 bytes."""
    return _digest(key_of(address), 16)


def slot_of(address: str) -> int:
    """0 … 4095, by the registered domain of the address; by all of what is no address."""
    try:
        host = host_of(address)
    except ValueError:
        host = ""
    return slot_of_host(host) if host else _slot(address)


def slot_of_host(host: str) -> int:
    """The slot of its registered domain."""
    return _slot(paced_as(host, _PACED))


def _slot(text: str) -> int:
    return int.from_bytes(_digest(text, 8)) % SLOTS


def _digest(text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()
