"""The repository's own `links.txt` and `archive/`: the worked example that everybody sees first."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from linkarchive.links.edit import merged
from linkarchive.links.files import link_lists, load
from linkarchive.links.match import uncited
from linkarchive.model import Article, Citation

ROOT = Path(__file__).parents[2]
ORIGINAL = "https://www.themoscowtimes.com/2021/05/12/why-fears-of-a-russia-belarus-merger-never-come-true-a73871"


def test_it_is_the_section_of_the_article_and_stays_as_it_is() -> None:
    copy = ROOT.parent / "shared" / "articles" / "russia-belarus-merger.md"
    if not copy.exists():
        pytest.skip("the article is not part of this repository: ../shared/articles is not there")
    texts = re.findall(r"\[([^\]]+)\]\(#\)", copy.read_text(encoding="utf-8"))
    article = Article(
        "../shared/articles/russia-belarus-merger.md",
        "",
        ORIGINAL,
        date(2021, 5, 12),
        tuple(Citation(None, text, line, text) for line, text in enumerate(texts, 1)),
    )
    links = load(ROOT / "links.txt")
    section = links.section(article)
    assert links.malformed == ()
    assert section is not None
    assert (section.original, section.published) == (ORIGINAL, date(2021, 5, 12))
    assert [entry.text for entry in section.entries] == texts
    assert uncited(section, article) == ()
    assert merged(link_lists(ROOT / "links.txt")[0], [article]) == {}


def test_the_archive_folder_keeps_its_large_files_out_of_git() -> None:
    ignored = (ROOT / "archive" / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/archive.sqlite*", "/warc/", "/.lock"} <= set(ignored)
    assert not any(re.search(r"jsonl|manifests|reports|cdxj$", line) for line in ignored)
