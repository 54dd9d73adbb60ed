"""Files that nest deeper than any reader goes, and addresses longer than any server takes: words, never a bug."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from linkarchive.cli import app
from linkarchive.web.request_url import parse_target

DEEP = '{"a":' * 100_000 + "\n"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("archive.toml", "a=" + "[" * 100_000 + "\n"),
        ("archive.toml", b"\x83\xff"),
        ("archive/decisions.jsonl", DEEP),
        ("archive/manifests/newest", DEEP),
        ("archive/manifests/1.json", DEEP),
        ("archive/told.json", DEEP),
    ],
)
@pytest.mark.parametrize("command", ["status", "check", "rebuild", "report", "verify"])
def test_no_command_ends_as_a_bug(
    file: str, text: str | bytes, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archive/manifests").mkdir(parents=True)
    (tmp_path / "links.txt").write_text("")
    (tmp_path / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    result = CliRunner().invoke(app, [command])
    assert isinstance(result.exception, SystemExit | None)
    assert "a bug" not in result.output
    assert "codec" not in result.output


def test_an_address_that_libcurl_would_refuse_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="longer than any web server takes"):
        parse_target("https://one.example/" + "é" * 1_000_000)
