"""Answers that are drawn by lot: broken heads, codings, framing, types, redirects and pages."""

from __future__ import annotations

import gzip
import random
import zlib


def answer(url: str, seed: int) -> bytes:
    """The bytes that are sent for a URL, always the same for a seed."""
    dice = random.Random(f"{url} {seed}")
    body = dice.choice(_BODIES)(dice)
    coding = dice.choice(_CODINGS)
    if coding in ("gzip", "x-gzip"):
        body = gzip.compress(body, 1)
    elif coding == "deflate":
        body = zlib.compress(body)
    if dice.random() < 0.2:
        body = _flipped(dice, body)
    lines = [dice.choice(_STATUS_LINES), f"Content-Type: {dice.choice(_TYPES)}"]
    if coding:
        lines.append(f"Content-Encoding: {coding}")
    framing = dice.randrange(5)
    if framing == 0:
        body = b"".join(
            b"%x\r\n%b\r\n" % (len(body[at : at + 900]), body[at : at + 900]) for at in range(0, len(body), 900)
        )
        body += dice.choice((b"0\r\n\r\n", b"", b"zz\r\n", b"-1\r\n\r\n"))
        lines.append("Transfer-Encoding: chunked")
    elif framing < 4:
        lines.append(
            f"Content-Length: {dice.choice((len(body), len(body) + 7, max(0, len(body) - 7), '+5', -1, 'abc'))}"
        )
    lines += dice.sample(_FIELDS, dice.randint(0, 4))
    dice.shuffle(lines[1:])
    head = dice.choice(("\r\n", "\r\n", "\r\n", "\n", "\r")).join(lines).encode("latin-1", "replace")
    if dice.random() < 0.15:
        head = _flipped(dice, head)
    return head + dice.choice((b"\r\n\r\n", b"\r\n\r\n", b"\r\n\r\n", b"\n\n", b"\r\n")) + body


def _flipped(dice: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        if changed:
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    cut = dice.randrange(len(changed) + 1) if dice.random() < 0.3 else len(changed)
    return bytes(changed[:cut])


def _prose(dice: random.Random) -> bytes:
    words = (
        "harbour",
        "tide",
        "£",
        "–",
        "“q”",
        "\u202e",
        "\x00",
        "\x1b[31m",
        "&amp;",
        "&#xfffff;",
        "<b>",
        "</p>",
        "﷽",
        "𝔘",
    )
    text = " ".join(dice.choices(words, k=dice.randint(0, 400)))
    return f"<title>{text[:40]}</title><body>{text}".encode(dice.choice(("utf-8", "utf-16", "utf-8")), "replace")


def _deep(dice: random.Random) -> bytes:
    tag = dice.choice(("div", "table><tr><td", "b", "svg", "template", "select"))
    return (f"<{tag}>" * dice.randint(100, 4000)).encode() + _prose(dice)


def _noise(dice: random.Random) -> bytes:
    return dice.randbytes(dice.randint(0, 4000))


def _document(dice: random.Random) -> bytes:
    start = dice.choice(
        (b"%PDF-1.7\n", b"PK\x03\x04", b"\x89PNG\r\n", b"{", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>")
    )
    return start + _noise(dice)


_STARTS = (b"%PDF-1.7\n", b"PK\x03\x04", b"\x89PNG\r\n", b"{", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>")
_BODIES = (_prose, _prose, _deep, _noise, _document, lambda dice: b"")
_CODINGS = ("", "", "", "gzip", "x-gzip", "deflate", "br", "zstd", "utf-8", "gzip, gzip", "chunked", "\x7f")
_STATUS_LINES = (
    "HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 200", "HTTP/2 200",
    "ICY 200 OK", "HTTP/1.1 000 Nothing",
    "HTTP/1.1 999 x", "HTTP/1.1 204 None", "HTTP/1.1 304 Same", "HTTP/1.1 404 Not Found",
    "HTTP/1.1 302 Found", "HTTP/1.1 301 Moved", "HTTP/1.1 503 Busy", "HTTP/1.1 -1 x", "HTTP/1.1 2e2 OK", "hello",
)  # fmt: skip
_TYPES = (
    "text/html; charset=utf-8", "text/html", "text/html; charset=utf-7", "text/html; charset=\xff", "application/pdf",
    "text/plain; charset=shift_jis", "application/octet-stream", "", ";;;", "text/html;" + "a=b;" * 300, "image/png",
    "application/xhtml+xml", "application/json", "multipart/x-mixed-replace; boundary=a",
)  # fmt: skip
_FIELDS = (
    "Location: http://[::bad/", "Location: ////", "Location: http://site1.example:99999/", "Location: \xe9\xff?",
    "Location: javascript:alert(1)", "Location: /report", "Location: ../../..", "Set-Cookie: =; ;;", "Set-Cookie: a=b",
    "Set-Cookie: " + "x" * 5000, "ETag: \"\x01\"", "ETag: W/", "Last-Modified: yesterday",
    "Retry-After: 99999999999999999999",    "Retry-After: Wed, 99 Foo",
    "Refresh: 0;url=", "Link: <>; rel=", "no colon here", ": empty name", " folded: line",
    "X-Long: " + "y" * 20000, "Content-Length: 3", "Content-Type: text/plain", "WWW-Authenticate: Basic", "Date: never",
    "Content-Disposition: attachment; filename*=utf-8''%ff", "Content-Range: bytes 5-1/*", "Age: -1", "X-Nul: a\x00b",
)  # fmt: skip
