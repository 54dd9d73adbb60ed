"""The address guard: no request goes to a private, loopback, link-local or metadata address (docs/design.md §4)."""

from __future__ import annotations

import functools
import ipaddress
import socket

from linkarchive.web.request_url import parse_target

# Names that never leave a machine or a site: RFC 6761, RFC 6762, RFC 8375, and ICANN's reserved `.internal`
# (board resolution of 2024-07-29), the home of cloud metadata services.
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "localdomain", "local", "internal", "home.arpa")

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Public by number, yet served from inside a virtual machine's host: Azure's metadata and agent address.
_METADATA = frozenset({ipaddress.IPv4Address("168.63.129.16")})


def names_private_host(url: str) -> bool:
    """Whether the host of a URL is a private address, in any spelling that libcurl accepts, or a name that does not
    leave a machine or a site (`localhost`, `.local`, `.internal` …).

    False for what is no web URL. Nothing is resolved.
    """
    try:
        return host_is_private(parse_target(url).host)
    except ValueError:
        return False


@functools.lru_cache(4096)
def host_is_private(host: str) -> bool:
    """As `names_private_host`, for a host in lower case and punycode, an IPv6 address without brackets (`Target.host`).
    Raises ValueError for a host with a colon that is no IPv6 address."""
    host = host.rstrip(".")
    if host in _LOCAL_NAMES or host.endswith(tuple(f".{name}" for name in _LOCAL_NAMES)):
        return True
    if ":" in host:
        return address_is_private(host)
    if not host[-1:].isdigit() and "x" not in host.rpartition(".")[2]:
        return False
    try:
        return address_is_private(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        return False


@functools.lru_cache(4096)
def address_is_private(address: str) -> bool:
    """Whether an IP address, with or without a zone, is not public. Raises ValueError for what is no IP address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = _embedded_ipv4(ip)
        if embedded is None:
            return ip not in _GLOBAL_UNICAST or not ip.is_global
        ip = embedded
    return not ip.is_global or ip.is_multicast or ip in _METADATA


def _embedded_ipv4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to (IPv4-mapped, RFC 4291; 6to4, RFC 3056; NAT64, RFC 6052), or None."""
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour
