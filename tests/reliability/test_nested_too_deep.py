"""Files that nest deeper than any reader goes, and addresses longer than any server takes: words, never a bug."""

from __future__ import annotations

from typing import Any

import pytest

from linkarchive.web.request_url import parse_target

DEEP = b'{"a":' * 100_000 + b"\n"
ALPHA = "https://alpha.example/a"


def _lived(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html(ALPHA)
    folder.article(ALPHA)
    assert folder.check("article.md", now="2026-01-05").code == 0


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("archive.toml", b"a=" + b"[" * 100_000 + b"\n"),
        ("archive.toml", b"\x83\xff"),
        ("archive/decisions.jsonl", DEEP),
        ("archive/manifests/newest", DEEP),
        ("archive/manifests/1.json", DEEP),
        ("archive/told.json", DEEP),
        ("archive/state.jsonl", DEEP),
    ],
)
def test_no_command_ends_as_a_bug(file: str, data: bytes, once: Any) -> None:
    folder = once(_lived)
    (folder.root / file).write_bytes(data)
    for command in ("status", "report", "check", "verify", "rebuild"):
        ran = folder.run(command, now="2026-01-12")
        assert "a bug" not in ran.err
        assert "codec" not in ran.err
        if file == "archive.toml":
            assert ran.code == 2
            assert "archive.toml: cannot be read as TOML" in ran.err


def test_an_endless_address_costs_itself(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html(ALPHA)
    folder.article(ALPHA)
    (folder.root / "links.txt").write_text("https://alpha.example/" + "a" * 9_000_000 + "\n")
    ran = folder.check("article.md")
    assert ran.code in (0, 1)
    assert ran.told(ALPHA)[0] == "ok"


def test_an_address_that_libcurl_would_refuse_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="longer than any web server takes"):
        parse_target("https://one.example/" + "é" * 1_000_000)
