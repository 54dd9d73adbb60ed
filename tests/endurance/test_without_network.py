"""Without a network a first run says so and concludes nothing (issue 2, "Must show" 2)."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

SHARED = Path(__file__).parents[3] / "shared" / "articles" / "russia-belarus-merger.md"


def _count(project, table: str) -> int:
    connection = sqlite3.connect(project.root / "archive" / "archive.sqlite")
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names of ours
    finally:
        connection.close()


@pytest.fixture
def merger(dark) -> str:
    if not SHARED.is_file():
        pytest.skip("the article is not here: ../shared/articles/russia-belarus-merger.md")
    shutil.copy(SHARED, dark.root / "merger.md")
    return "merger.md"


def _is_offline(dark, ran) -> None:
    assert ran.code == 3, ran.err
    report = ran.json
    assert (report["run"]["offline"], report["run"]["complete"]) == (True, False)
    assert (report["sources"], report["unresolved"]) == ([], [])
    assert (_count(dark, "visits"), _count(dark, "outcomes"), _count(dark, "captures")) == (0, 0, 0)
    assert list((dark.root / "archive").rglob("*.warc.gz")) == []


def test_the_merger_article_without_a_network(dark, merger: str) -> None:
    _is_offline(dark, dark.run("check", merger, "--format", "json"))

    links = (dark.root / "links.txt").read_text()
    assert sum(line.startswith("?") for line in links.splitlines()) == 14
    ran = dark.run("check", merger)
    assert ran.code == 3
    assert "offline" in ran.out
    assert (dark.root / "links.txt").read_text() == links, "a second run adds nothing"


def test_the_merger_article_without_a_proxy_or_a_resolver(dark, merger: str) -> None:
    """Names that cannot be (RFC 6761, .invalid) stand for a resolver that knows nothing."""
    lines = (dark.root / merger).read_text().replace("https://", "https://offline-").splitlines()
    (dark.root / merger).write_text("\n".join(line.replace(".com/", ".invalid/") for line in lines))
    bare = {"http_proxy": "", "https_proxy": "", "ARCHIVE_NETWORK_CANARIES": "https://canary.invalid/"}
    _is_offline(dark, dark.run("check", merger, "--format", "json", env=bare))


def test_plain_links_without_a_network(dark) -> None:
    dark.write("links.txt", "https://a.example/\nhttps://b.example/x\n")
    _is_offline(dark, dark.run("check", "--format", "json"))
    assert not (dark.root / "archive" / "reports").exists()
