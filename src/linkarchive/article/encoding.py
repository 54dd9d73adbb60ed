"""Bytes to text: byte order marks, declared encodings, and files that are not quite what they claim."""

from __future__ import annotations

import codecs
import re

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""(?:charset\s*=\s*["']?|encoding\s*=\s*["'])\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)
_HEAD = 2048


def decode(data: bytes, *, markup: bool = False) -> str:
    """The text of `data` with `\\n` line ends; never fails, undecodable bytes become U+FFFD.

    A byte order mark wins, then valid UTF-8, then (`markup`) the encoding that the
    first bytes declare, then UTF-8 with a few damaged bytes, then Windows-1252,
    which is what text of no declared encoding mostly is (WHATWG Encoding).
    """
    name, mark = encoding_of(data, markup=markup)
    text = data[len(mark) :].decode(name, "replace").replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\0", "\ufffd")


def encoding_of(data: bytes, *, markup: bool = False) -> tuple[str, bytes]:
    """The codec that `decode` reads with, and the byte order mark before the text (b"" for none)."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, mark
    if (wide := _wide(data)) is not None:
        return wide, b""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8", b""
    if markup and (declared := _declared(data)):
        return declared, b""
    text = data.decode("utf-8", "replace")
    valid = sum(1 for char in text if char > "\x7f" and char != "\ufffd")
    return ("utf-8" if valid >= text.count("\ufffd") else "cp1252"), b""


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: in European text every other byte is NUL."""
    head = data[:_HEAD]
    if len(head) < 4 or b"\0" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _declared(data: bytes) -> str | None:
    match = _DECLARED.search(data[:_HEAD])
    if match is None:
        return None
    name = match[1].decode("ascii").lower()
    # WHATWG Encoding: these labels mean Windows-1252 on the web.
    if name in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"):
        return "cp1252"
    try:
        info = codecs.lookup(name)
        # "hex" and its like are byte codecs; UTF-16 in a declaration read as ASCII is untrue.
        return None if name.startswith("utf-16") or not _is_text(info) else name
    except LookupError:
        return None


def _is_text(info: codecs.CodecInfo) -> bool:
    return bool(getattr(info, "_is_text_encoding", True))
