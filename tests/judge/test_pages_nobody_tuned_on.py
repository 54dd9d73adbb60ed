"""115 pages of sixteen languages and ten builds, written before the judge was tried on them (data/unseen_pages.toml).

The first 71 were written before their writer had read the words that the judge knows, the other 44 after. Those whose
digest (`is_looked_at`) is even were looked at afterwards, and words of theirs are in signs.toml; the others are looked
at by nobody who tunes the judge: docs/verdicts.md has the figures of both.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import pytest

from linkarchive.judge.verdict import judge
from linkarchive.model import Case, Page

pytestmark = pytest.mark.long

_PATH = Path(__file__).with_name("data") / "unseen_pages.toml"


@dataclass(frozen=True)
class Unseen:
    id: str
    want: str
    right: frozenset[str]
    """The verdicts that are right."""
    seen_first: Case
    compared: Case
    """The same with a baseline: the article in the same frame; a good page as it was before a redesign of its site."""


def unseen_pages() -> Iterator[Unseen]:
    data = tomllib.loads(_PATH.read_text(encoding="utf-8"))
    for page in data["pages"]:
        language = data["languages"][page["lang"]]
        url = f"https://{language['host']}/2019/{page['id']}"
        build = data["builds"][page.get("build", "wordpress")]
        article = f"<article><h1>{language['title']}</h1>{_article(language)}</article>"
        html = _in_build(page["html"], page["lang"], language) if "html" in page else _in_build(
            build, page["lang"], language, page["title"], page["main"])  # fmt: skip
        if page["want"] == "ok":
            before = _in_build(data["builds"]["plain"], page["lang"], language, page["title"], page["main"])
        else:
            before = _in_build(build, page["lang"], language, language["title"], article)
        after = _page(f"https://{language['host']}{page['final']}" if "final" in page else url, html)
        yield Unseen(
            page["id"],
            page["want"],
            frozenset((page["want"], *page.get("accept", ()))),
            Case(page["id"], url, after),
            Case(page["id"], url, after, _page(url, before)),
        )


def is_looked_at(page: Unseen) -> bool:
    return int(hashlib.sha256(page.id.encode()).hexdigest(), 16) % 2 == 0


def _article(language: dict[str, Any]) -> str:
    return "".join(f"<p>{paragraph}</p>" for paragraph in language["text"])


def _in_build(template: str, code: str, language: dict[str, Any], title: str = "", main: str = "") -> str:
    def links(names: list[str], folder: str) -> str:
        return "".join(f'<li><a href="/{folder}/{number}">{name}</a></li>' for number, name in enumerate(names))

    article = _article(language)
    return Template(template).safe_substitute(
        lang=code,
        site=language["site"],
        host=language["host"],
        foot=language["foot"],
        nav=links(language["nav"], "section"),
        teasers=links(language["teasers"], "2024"),
        title=title,
        main=main.replace("$article", article),
        article=article,
    )


def _page(url: str, html: str) -> Page:
    return Page(url, 200, {"content-type": "text/html; charset=utf-8"}, html.encode())


PAGES = tuple(unseen_pages())


@pytest.mark.parametrize(
    ("want", "mode", "least", "least_unseen"),
    [
        ("dead", "seen_first", 47, 20),
        ("dead", "compared", 54, 24),
        ("blocked", "seen_first", 22, 6),
        ("blocked", "compared", 26, 9),
        ("ok", "seen_first", 19, 6),
        ("ok", "compared", 19, 7),
    ],
)
def test_as_many_as_are_right_today_stay_right(want, mode, least, least_unseen):
    """Of 64 dead pages, 28 walls and 23 good ones; 31, 11 and 8 of them were never looked at."""
    cases = [page for page in PAGES if page.want == want]
    right = [page for page in cases if judge(getattr(page, mode)).verdict in page.right]
    assert len(right) >= least, sorted({page.id for page in cases} - {page.id for page in right})
    assert sum(not is_looked_at(page) for page in right) >= least_unseen
