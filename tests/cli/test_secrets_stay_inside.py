"""Secrets in URLs are shown in no output and in no file meant for Git (docs/design.md §4: privacy)."""

from __future__ import annotations

from typing import Any

from linkarchive.demo.wire import Response
from linkarchive.judge import verdict

SECRET = "hunter2-s3cr3t"
TOKEN = f"http://alpha.example/page?token={SECRET}&id=7"
USER = f"http://reader:{SECRET}@beta.example/page"
HOP = "http://gamma.example/old"


def test_no_output_shows_a_secret(folder: Any, stage: Any) -> None:
    stage[TOKEN] = stage.html("alpha")
    stage["http://beta.example/page"] = stage.html("beta")
    stage[HOP] = Response(b"", 302, headers=(("Location", TOKEN),))
    folder.article(TOKEN, USER, HOP)
    shown = []

    def see(ran: Any) -> Any:
        shown.extend([ran.out, ran.err])
        return ran

    first = see(folder.run("check", "article.md", "-v", "--format", "json"))
    assert first.json["summary"]["ok"] == 3
    assert {source["url"] for source in first.json["sources"]} == {
        "http://alpha.example/page?token=REDACTED&id=7",
        "http://REDACTED@beta.example/page",
        HOP,
    }
    stage[TOKEN] = stage.html("another")
    stage["http://beta.example/page"] = stage.html("gone", status=404)
    outputs = ["-o", "r.html", "-o", "r.md", "-o", "r.txt", "-o", "r.json", "-o", "r.jsonl"]
    assert see(folder.run("check", "-v", *outputs, now="2026-02-05")).code == 1
    see(folder.run("accept", TOKEN, now="2026-02-06"))
    assert see(folder.check("-v", now="2026-02-07")).source(HOP)
    for command in (
        ("show", TOKEN),
        ("show", TOKEN, "--case"),
        ("show", USER),
        ("diff", TOKEN),
        ("report",),
        ("extract", "article.md"),
        ("extract", "article.md", "--format", "json"),
        ("extract", TOKEN + "&missing"),
        ("recover", "article.md"),
        ("verify",),
        ("show", TOKEN.replace("page", "unknown")),
        ("check", "--dry-run"),
    ):
        see(folder.run(*command, now="2026-02-08"))
    assert [text for text in shown if SECRET in text] == []
    archive = folder.root / "archive"
    texts = [
        *folder.root.glob("r.*"),
        *archive.glob("*.jsonl"),
        *archive.glob("reports/*/*"),
        *archive.glob("manif*/*"),
    ]
    assert len(texts) > 8
    assert [path.name for path in texts if SECRET in path.read_text(encoding="utf-8")] == []


def test_an_accepted_page_with_a_secret_in_its_address_is_ok(folder: Any, stage: Any) -> None:
    stage[TOKEN] = stage.html("alpha")
    folder.article(TOKEN)
    folder.check("article.md", now="2026-01-05")
    stage[TOKEN] = stage.html("another")
    assert folder.check(now="2026-02-05").json["summary"]["drifted"] == 1
    assert folder.run("accept", TOKEN, now="2026-02-06").code == 0
    assert folder.check(now="2026-02-07").json["summary"]["ok"] == 1


def test_a_bug_does_not_tell_a_secret(folder: Any, stage: Any, monkeypatch: Any) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no reader for this")

    stage[TOKEN] = stage.html("alpha")
    folder.article(TOKEN)
    monkeypatch.setattr(verdict, "judge", broken)
    ran = folder.check("article.md", "-v")
    assert ran.code == 3
    assert "RuntimeError" in ran.err
    assert SECRET not in ran.out + ran.err
