"""Digests as WARC files give them: `sha1:` and base32, or another algorithm, or hexadecimal."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping

from linkarchive.snapshot.reader import dechunked
from linkarchive.web.decoding import decode
from linkarchive.web.exchange import Body

_ALGORITHMS = frozenset({"md5", "sha1", "sha256", "sha384", "sha512"})


class LabelledDigest:
    """The digest that a field of a record gives, to be compared with bytes; `is_known` says whether we have its
    algorithm."""

    def __init__(self, field: str) -> None:
        label, colon, value = field.strip().partition(":")
        name = label.lower().replace("-", "").replace("_", "")
        self.is_known = bool(colon) and name in _ALGORITHMS
        self._hash = hashlib.new(name, usedforsecurity=False) if self.is_known else None
        self._value = value.strip()

    def update(self, data: bytes) -> None:
        if self._hash is not None:
            self._hash.update(data)

    def fits(self) -> bool:
        """Whether the bytes have the digest; True where its algorithm is not known."""
        if self._hash is None:
            return True
        digest = self._hash.digest()
        base32 = base64.b32encode(digest).decode("ascii")
        value = self._value
        spellings = (base32.rstrip("="), digest.hex(), base64.b64encode(digest).decode("ascii").rstrip("="))
        # Base64 alone depends on case.
        return (
            value.upper().rstrip("=") == spellings[0]
            or value.lower() == spellings[1]
            or value.rstrip("=") == spellings[2]
        )


def fits(field: str, pieces: Iterable[bytes]) -> bool:
    """Whether the bytes have the digest that the field gives; True where its algorithm is not known."""
    digest = LabelledDigest(field)
    for piece in pieces:
        digest.update(piece)
    return digest.fits()


def payload_fits(field: str, payload: Body, headers: Mapping[str, str], limit: int) -> bool:
    """Whether the payload has the digest that the field gives, in one of the ways in which programs count it: over the
    bytes as they are, without transfer-coding, or without content-coding as well.

    `headers` has names in lower case; at most `limit` bytes are decoded.
    """
    if fits(field, payload.chunks()):
        return True
    if "chunked" in headers.get("transfer-encoding", "").lower():
        whole = Body()
        try:
            for piece in dechunked(payload):
                whole.write(piece)
            return fits(field, whole.chunks()) or fits(field, [decode(whole, headers, limit).data])
        finally:
            whole.close()
    return "content-encoding" in headers and fits(field, [decode(payload, headers, limit).data])
