"""libcurl's errors as facts of ours: `model.Failure`, in words."""

from __future__ import annotations

import errno
import ipaddress
import socket

import pycurl
from msgspec import Struct

from linkarchive.model import Failure, Reason

_UNREADABLE = frozenset(
    {pycurl.E_FTP_WEIRD_SERVER_REPLY, pycurl.E_UNSUPPORTED_PROTOCOL, pycurl.E_BAD_CONTENT_ENCODING,
     pycurl.E_URL_MALFORMAT, 100}
)  # fmt: skip
"""Not HTTP/1, or not within libcurl's limits (100, CURLE_TOO_LARGE: 5,000 fields or 300 KB of them)."""
_TLS = frozenset(
    {pycurl.E_SSL_CONNECT_ERROR, pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CERTPROBLEM, pycurl.E_SSL_CIPHER,
     pycurl.E_SSL_ISSUER_ERROR, pycurl.E_SSL_INVALIDCERTSTATUS, pycurl.E_USE_SSL_FAILED}
)  # fmt: skip
_BEYOND_DNS = frozenset(
    {"onion", "exit", "i2p", "loki", "bit", "eth", "crypto", "alt", "local", "internal", "test", "localhost", "lan",
     "home", "corp", "mail", "intranet", "private", "localdomain", "arpa"}
)  # fmt: skip
_NO_WAY = frozenset({0, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""0: not even a socket could be made."""
_RESET = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})


class CurlError(Struct, frozen=True):
    """What libcurl says about a transfer that failed."""

    code: int
    message: str
    os_errno: int
    connected: bool
    """A TCP connection to the peer (the proxy, where there is one) stood."""
    answered: bool
    """The head of an answer came."""
    proxied: bool
    connect_status: int
    """The proxy's answer to CONNECT; 0 without any."""
    only_ipv6: bool = False
    """All addresses that were tried are of IPv6."""


def failure_of(trouble: CurlError, url: str) -> Failure:
    """The failure without what only a second look at the name can tell (`no_such_name`)."""
    if trouble.proxied:
        proxys_own = _failure_at_proxy(trouble, url)
        if proxys_own is not None:
            return proxys_own
    # Behind a proxy the connection is the proxy's; a tunnel that stands reaches the host.
    tunnelled = trouble.connected and (not trouble.proxied or trouble.connect_status == 200)
    connected = tunnelled or trouble.answered
    if trouble.only_ipv6 and not connected and trouble.os_errno in _NO_WAY and not has_ipv6():
        return Failure(Reason.OTHER_NETWORK, "the host has an IPv6 address only, and this machine has no IPv6", url)
    reason, words = _reason(trouble)
    return Failure(reason, words, url, connected=connected)


def has_ipv6() -> bool:
    """This machine has an address and a route for the IPv6 internet. Nothing is sent to find out."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect(("2001:4860:4860::8888", 53))
            return ipaddress.IPv6Address(probe.getsockname()[0].partition("%")[0]).is_global
    except (OSError, ValueError):
        return False


def is_beyond_dns(host: str) -> bool:
    """A name that the public DNS does not answer for (RFC 6761, 6762, 7686, 9476): its silence says nothing."""
    return host.rstrip(".").rpartition(".")[2] in _BEYOND_DNS


def _failure_at_proxy(trouble: CurlError, url: str) -> Failure | None:
    """What failed at the proxy or on the way to it; its 502 or 504 tells nothing about the name behind it."""
    status = trouble.connect_status
    if trouble.code == pycurl.E_COULDNT_RESOLVE_PROXY or (
        not trouble.connected and trouble.code in (pycurl.E_COULDNT_CONNECT, pycurl.E_OPERATION_TIMEDOUT)
    ):
        return Failure(_reason(trouble)[0], f"the proxy cannot be reached: {trouble.message}", url, proxy=True)
    if status in (0, 200):
        return None
    if status == 407:
        return Failure(Reason.PROTOCOL, "the proxy asks for a log-in (407)", url, proxy=True)
    reason = Reason.TIMEOUT if status == 504 else Reason.REFUSED
    return Failure(reason, f"the proxy could not connect to the host (it answered {status})", url)


def _reason(trouble: CurlError) -> tuple[Reason, str]:
    code, message = trouble.code, trouble.message
    if code in (pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_COULDNT_RESOLVE_PROXY):
        return Reason.DNS, "the host name could not be resolved"
    if code == pycurl.E_OPERATION_TIMEDOUT:
        if message.startswith("Resolving"):
            return Reason.DNS, "the resolver did not answer in time"
        return Reason.TIMEOUT, _timeout_words(trouble)
    if code in _UNREADABLE:
        return Reason.PROTOCOL, f"the answer is not readable HTTP: {message}"
    if trouble.os_errno in _RESET:
        return Reason.RESET, "the connection was reset"
    if code in _TLS:
        return Reason.TLS, message
    if code == pycurl.E_GOT_NOTHING:
        return Reason.RESET, "the server closed the connection without an answer"
    if code == pycurl.E_PARTIAL_FILE:
        return Reason.RESET, f"the connection ended within the body: {message}"
    if code == pycurl.E_COULDNT_CONNECT:
        return _connect_reason(trouble)
    if code in (pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR) and trouble.os_errno:
        return Reason.RESET, f"the connection broke: {message}"
    return Reason.PROTOCOL, f"the exchange failed: {message or f'libcurl error {code}'}"


def _connect_reason(trouble: CurlError) -> tuple[Reason, str]:
    if trouble.os_errno == errno.ETIMEDOUT:
        return Reason.TIMEOUT, "the connection timed out"
    if trouble.os_errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return Reason.REFUSED, "there is no route to the host"
    return Reason.REFUSED, "the connection was refused"


def _timeout_words(trouble: CurlError) -> str:
    if not trouble.connected:
        return "no connection within the time limit"
    if "too slow" in trouble.message:
        return "no answer, or less than 1 KiB a second, for the time limit"
    return "the exchange took too long"
