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
    """A digest that a record gives, to be compared with bytes; `is_known` is False for an algorithm that we lack."""

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
        """The bytes are those of the digest, or nobody can tell."""
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
    """The bytes have the digest, or its algorithm is not known."""
    digest = LabelledDigest(field)
    for piece in pieces:
        digest.update(piece)
    return digest.fits()


def payload_fits(field: str, payload: Body, headers: Mapping[str, str], limit: int) -> bool:
    """The payload has the digest in one of the readings that are in use: its bytes as they stand, those without
    transfer-coding, those without content-coding too. `headers` with names in lower case."""
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
