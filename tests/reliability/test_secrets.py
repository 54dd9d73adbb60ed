"""Row 6: secrets in addresses are told by pattern; no output, no file for Git and no third party ever has one."""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from secret_addresses import SHAPES, address_of, generated, secret_of

from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wire import Request, Response
from linkarchive.secrets import has_secrets, may_hold_secrets, redact, redact_text

_THIRD = ("web.archive.org", "arquivo.pt", "archive.org", "archive.ph", "archive.today")


@given(st.sampled_from(SHAPES), st.integers(0, 2**64))
def test_a_secret_of_any_shape_is_taken_out(shape: str, seed: int) -> None:
    dice = random.Random(seed)
    secret = secret_of(dice)
    url = address_of(shape, dice, secret, "alpha.example")
    shown = redact(url)
    assert secret not in unquote(unquote(shown))
    assert has_secrets(url)
    assert redact(shown) == shown
    assert may_hold_secrets(json.dumps({"url": url}, ensure_ascii=False))
    assert secret not in redact_text(f"see ({url}), and “{url}” too")
    assert secret not in redact_text(f"see {url.partition('://')[2]}") or shape.endswith(("of a user", "as user"))


_PARTS = st.sampled_from(["http://", "?", "#", "&", ";", "=", "token", "@", "%3D", "%", "/", "key", "a1B2"])


@given(st.text() | st.lists(_PARTS).map("".join))
def test_any_text_is_taken_and_what_is_redacted_stays(text: str) -> None:
    shown = redact(text)
    assert redact(shown) == shown
    assert redact_text(redact_text(text)) == redact_text(text)
    has_secrets(text)
    if not may_hold_secrets(text):
        assert shown == text == redact_text(text)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/?page_token=CAUQAA&keyword=x&monkey=1&author=me&design=2",
        "https://example.org/wiki/Token?secretary=general",
        "https://docs.example.org/en/webhooks/webhook-events-and-payloads",
        "https://example.org/verify/fact-check-2020-election-claims",
        "https://example.org/password-reset/how-to-reset-your-password-2024",
        "https://example.org/ask-hmrc-not-to-publish-your-coronavirus-claim-details",
        "https://doi.org/10.1000/182?code=USD&state=NY",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=43s",
        "https://example.org/a#:~:text=token=1",
        "https://example.org/2021/05/12/merger-a73871",
    ],
)
def test_an_address_that_anybody_may_see_stays_as_it_is(url: str) -> None:
    assert redact(url) == url
    assert not has_secrets(url)


# --- with the command ------------------------------------------------------------


@pytest.fixture
def secretive(folder: Any) -> Iterator[Any]:
    """A folder in a web in which every address has a page of its own, and archives have nothing."""

    def site(request: Request) -> Response:
        text = f"<h1>Page {len(request.url)}</h1><p>{' '.join(f'word{len(request.url) * n}' for n in range(60))}</p>"
        return Response(f"<title>Page</title>{text}".encode(), site.status)  # type: ignore[attr-defined]  # set by a test

    site.status = 200  # type: ignore[attr-defined]  # set by a test
    hosts = {f"h{number}.example": site for number in range(50)}
    archives = dict.fromkeys(_THIRD, lambda _: Response(b"", 404))
    with DemoWeb(extra={**hosts, **archives, "*.slack.com": site, "discord.com": site}) as web:
        yield replace(folder, environ={**folder.environ, **web.environ(), "ARCHIVE_WAYBACK_MODE": "auto"}), web, site


def _outputs(folder: Any, site: Any, script: Path) -> list[tuple[str, str]]:
    """What is printed, sent and stored by a check and by what looks at it, over three days."""
    told = {"ARCHIVE_NOTIFY_COMMAND": f"sh {script}"}
    ran = []
    suffixes = ("html", "md", "txt", "json", "jsonl", "xml", "atom")
    files = [part for suffix in suffixes for part in ("-o", f"r.{suffix}")]
    for day, site.status in (("2026-01-05", 200), ("2026-02-05", 403), ("2026-02-06", 403)):
        ran.append((f"check {day}", folder.run("check", "article.md", "-v", *files, now=day, env=told)))
    for command in (
        ("report", "--format", "json"), ("report", "--format", "junit"), ("report", "--format", "atom"), ("report",),
        ("status", "--all"), ("status", "--all", "--format", "json"), ("runs",), ("show", "1"), ("show", "1", "--case"),
        ("accept", "1", "--reason", "fine"), ("ignore", "2"), ("extract", "article.md", "--format", "json"),
        ("extract", "article.md"), ("fix", "article.md"), ("verify",), ("rebuild",), ("config",),
        ("check", "--dry-run"),
    ):  # fmt: skip
        ran.append((" ".join(command), folder.run(*command, now="2026-02-07")))
    return [(name, done.out + done.err) for name, done in ran]


def _count_kept(secretive: Any, count: int, seed: int) -> None:
    folder, web, site = secretive
    cases = list(generated(count, seed, lambda number: f"h{number % 50}.example"))
    folder.write("article.md", "# On tides\n\n" + "\n\n".join(f"See [it]({url}) or <{url}>." for _, _, url in cases))
    script = folder.write("tell.sh", f"cat >> {folder.root}/told.md\n")
    texts = _outputs(folder, site, script)
    site.status = 200
    texts += [("back", folder.run("check", "--format", "json", now="2026-03-05").out)]
    texts += [("forget", folder.run("forget", cases[0][2], "--reason", "asked", now="2026-03-06").out)]
    subprocess.run(["git", "init", "-q", "."], cwd=folder.root, check=True)
    subprocess.run(["git", "add", "-A", "."], cwd=folder.root, check=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=folder.root, check=True, capture_output=True).stdout
    names = [name for name in listed.decode().split("\0") if name and name not in ("article.md", "links.txt")]
    assert {"told.md", "archive/state.jsonl", "archive/decisions.jsonl", "r.html"} <= set(names)
    texts += [
        (name, (folder.root / name).read_text(errors="replace")) for name in names if (folder.root / name).is_file()
    ]
    asked = [url for url in web.hits if url.split("/")[2].removeprefix("www.") in _THIRD]
    texts += [("a third party", "\n".join(asked))]
    secrets = folder.write("secrets.txt", "".join(f"{secret}\n" for _, secret, _ in cases))
    leaks = {}
    for name, text in (*texts, ("decoded", unquote(unquote("\n".join(text for _, text in texts))))):
        hits = subprocess.run(
            ["grep", "-oFf", secrets],  # thousands of words in megabytes: Python would take an hour
            input=text.encode(errors="replace"),
            capture_output=True,
            check=False,
        )
        assert hits.returncode in (0, 1), hits
        if hits.stdout:
            leaks[name] = sorted(set(hits.stdout.split()))
    assert leaks == {}


@pytest.mark.long
@pytest.mark.skipif(not (shutil.which("git") and shutil.which("grep")), reason="no git or no grep here")
def test_no_output_no_file_for_git_and_no_third_party_has_a_secret(secretive: Any) -> None:
    _count_kept(secretive, len(SHAPES), 7)


@pytest.mark.long
@pytest.mark.skipif("ENDURE" not in os.environ, reason="minutes each: `make endure` calls them")
@pytest.mark.parametrize("seed", range(5))
def test_two_thousand_secrets_are_kept(secretive: Any, seed: int) -> None:
    _count_kept(secretive, 2_000, seed)


def test_a_report_says_why_no_archive_was_asked_of_a_finding(secretive: Any) -> None:
    folder, _, site = secretive
    url = "http://h2.example/page?token=s3cr3t"
    folder.article(url, published="2021-05-12")
    folder.check("article.md", now="2026-01-05")
    why = "web archives were not asked: the address seems to hold a secret (if not: public = true for its site"
    for day, site.status, verdict in (("2026-02-05", 403, "blocked"), ("2026-02-06", 410, "dead")):
        ran = folder.check("-o", "r.html", "-o", "r.md", now=day)
        [source] = ran.json["sources"]
        assert (source["verdict"], source["archive_note"][: len(why)]) == (verdict, why)
        assert why in (folder.root / "r.html").read_text()
        assert why in " ".join((folder.root / "r.md").read_text().split())
    assert why in " ".join(folder.run("check", "-v", now="2026-02-07").out.split())
    site.status = 200
    assert folder.check(now="2026-03-06").json["sources"][0]["archive_note"] is None


@pytest.mark.long
def test_a_public_site_is_asked_about_and_the_report_says_why_others_are_not(secretive: Any) -> None:
    folder, web, site = secretive
    site.status = 404
    folder.write("archive.toml", '[[sites]]\nhost = "h1.example"\npublic = true\n')
    folder.article("http://h1.example/list?key=3", "http://h2.example/list?key=3", published="2021-05-12")
    told = {source["url"]: source["archive_note"] for source in folder.check("article.md").json["sources"]}
    assert "seems to hold a secret" in told["http://h2.example/list?key=REDACTED"]
    assert "public = true" in told["http://h2.example/list?key=REDACTED"]
    asked = [unquote(url) for url in web.hits if url.split("/")[2] in _THIRD]
    assert any("h1.example/list?key=3" in url for url in asked)
    assert not any("h2.example" in url for url in asked)


def test_what_holds_addresses_as_visited_is_for_its_owner_only(folder: Any, stage: Any) -> None:
    url = "http://alpha.example/page?token=abc"
    stage[url] = stage.html("alpha")
    folder.article(url)
    assert folder.run("check", "article.md").code == 0
    archive = folder.root / "archive"
    private = [archive / "archive.sqlite", *archive.glob("warc/*"), *archive.glob("indexes/*")]
    assert len(private) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert folder.run("rebuild").code == 0
    assert stat.S_IMODE((archive / "archive.sqlite").stat().st_mode) == 0o600
