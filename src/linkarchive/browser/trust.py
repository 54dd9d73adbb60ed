"""The throw-away certificate of the local proxy: the browser trusts this one key, and nobody else ever does."""

from __future__ import annotations

import base64
import hashlib
import ssl
from dataclasses import dataclass

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass(frozen=True, slots=True)
class Trust:
    """What the proxy answers TLS with, and how the browser knows it."""

    context: ssl.SSLContext
    spki: str
    """SHA-256 of the public key in base64, for `--ignore-certificate-errors-spki-list`: Chromium then takes the
    certificate for any host, so one is enough."""


def throw_away_trust() -> Trust:
    """A new key. It lives in memory, but for the moment in which `ssl` reads it from a private temporary file."""
    leaf = trustme.CA().issue_cert("linkarchive.invalid")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    certificate = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Trust(context, base64.b64encode(hashlib.sha256(key).digest()).decode())
