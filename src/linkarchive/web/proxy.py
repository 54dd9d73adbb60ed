"""Which proxy a URL goes through; the rules of `no_proxy` are curl's."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from linkarchive.settings import NetworkSettings
from linkarchive.web.request_url import Target


def proxy_for(target: Target, network: NetworkSettings) -> str:
    """The proxy's URL, or "" for a direct connection. A loopback name means this machine, not the proxy's."""
    if target.host.rstrip(".") == "localhost" or target.host.rstrip(".").endswith(".localhost"):
        return ""
    proxy = network.https_proxy if target.url.startswith("https:") else network.http_proxy
    return proxy if proxy and not _is_exempt(target.host, network.no_proxy) else ""


@lru_cache(4096)
def _is_exempt(host: str, no_proxy: str) -> bool:
    """`no_proxy` as libcurl reads it (CURLOPT_NOPROXY): a comma or space separated list; `*` alone means all; a name
    covers its subdomains, with or without a leading dot; networks in CIDR notation cover addresses."""
    host = host.rstrip(".")
    if no_proxy.strip() == "*":
        return True
    for entry in re.split(r"[,\s]+", no_proxy.lower()):
        name = entry.strip("[]").removeprefix(".").rstrip(".")
        if name and (host == name or host.endswith(f".{name}") or _in_network(host, name)):
            return True
    return False


def _in_network(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
