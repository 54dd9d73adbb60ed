"""`redacted` and `neutral` look at the whole before they walk through the parts: the glance misses nothing."""

from __future__ import annotations

import re

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from linkarchive.model import Hop, Loss
from linkarchive.report.sanitize import address, redacted, sanitize
from linkarchive.secrets import may_hold_secrets, redact

_SECRET = Loss("https://host.example/?token=hunter2", "https://user:hunter2@host.example/")

_PARTS = st.sampled_from(
    (
        "https://", "ftp://", "HTTP://", "://", "host.example", "/", "?", "#", "&", "&amp;", ";", "=", "==", "@", ":",
        "user", "user:hunter2", "a-name-longer-than-a-name", "hunter2", "#:~:text=", "%20", "%40", " ", "\n", '"', "\\",
        "token", "TOKEN", "to%6ben", "%74oken", "to\u212aen", "api_key", "X-Amz-Signature", "a.p.i-key", "+sid", "id",
        "“", "ſid", "é", "\x00", "\x7f",
        "  ", "<", "`", "\t", "\x85", "\u2028", "\u200b", "\u3000", "\u00a0", "\u2003", "\u202e", "\U000e0101",
    )
)  # fmt: skip
_texts = st.lists(_PARTS | st.text(max_size=2), max_size=12).map("".join)


@given(_texts)
@example("https://host.example/#a?b=c&to%6Ben=hunter2")
@example("see https://user:hunter2@host.example")
@example("https://host.example/?to\u212aen=hunter2")
@example("https://host.example?a=1;sid=hunter2")
@example("https://host.example\n@")
def test_nothing_that_holds_a_secret_is_passed_over(text: str) -> None:
    # The second of two is redacted in any case, so that both are walked through.
    walked, _ = redacted((Loss("quote", text), _SECRET))
    assert redacted(Loss("quote", text)) == walked
    assert redacted(Hop(text, 200)).url == redact(text)


@given(_texts)
@example("https://host.example/a b")
@example("https://host.example/<a>")
@example("a\u2028b")
@example("a  b")
@example("a\tb")
@example("a\x85b")
@example("\u202egnp.exe")
@example("\U000e0041")
def test_nothing_that_is_unsafe_to_show_is_passed_over(text: str) -> None:
    walked, _ = sanitize((Loss("quote", text), _SECRET))
    assert sanitize(Loss("quote", text)) == walked
    assert sanitize(Hop(text, 200)).url == address(text)


@given(_texts)
@example("https://host.example/#a?b=c&to%6Ben=hunter2")
@example("https://user:hunter2@host.example")
@example("https://web.example/2021/https://user:hunter2@host.example")
@example("https://host.example/?to\u212aen=hunter2")
@example("https://host.example?a=1;sid=hunter2")
def test_where_the_glance_finds_nothing_there_is_no_secret(text: str) -> None:
    for written in (text, msgspec.json.encode({"text": text}).decode()):
        if not may_hold_secrets(written):
            assert redact(text) == text
            assert not re.search(r"://[^/\s@?#]+@", text)


def test_an_address_without_secrets_needs_no_walk() -> None:
    one_line = "https://host.example/a?id=1&lang=en#part see 10:30 @somebody, a=b"
    assert not may_hold_secrets(one_line)
    source = Hop(one_line, 200)
    assert redacted(source) is source
