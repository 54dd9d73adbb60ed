"""TLS for the demo web: a throw-away CA, one good certificate for all its hosts, and three bad ones."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterable
from pathlib import Path

import trustme

# Hosts whose certificates have gone bad by the second epoch.
EXPIRED_HOST = "old-seal.example"
SELF_SIGNED_HOST = "own-seal.example"
WRONG_NAME_HOST = "borrowed-seal.example"


class Certificates:
    """Server contexts for all `hosts`, the bad ones included; `ca_file`, which is written to `folder`, is what a client
    must trust (PEM)."""

    def __init__(self, hosts: Iterable[str], folder: Path) -> None:
        authority = trustme.CA(organization_name="The demo web")
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        long_ago = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
        self._good = _context(authority.issue_cert(*sorted(hosts)))
        self._bad = {
            EXPIRED_HOST: _context(
                authority.issue_cert(EXPIRED_HOST, not_before=long_ago, not_after=long_ago + datetime.timedelta(90))
            ),
            SELF_SIGNED_HOST: _context(trustme.CA(organization_name="Nobody").issue_cert(SELF_SIGNED_HOST)),
            WRONG_NAME_HOST: _context(authority.issue_cert("somebody-else.example")),
        }

    def context(self, host: str, later: bool) -> ssl.SSLContext:
        """The context of a host: in the later epoch the bad one of the three hosts that have one, else the good one."""
        return self._bad.get(host, self._good) if later else self._good


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    certificate.configure_cert(context)
    return context
