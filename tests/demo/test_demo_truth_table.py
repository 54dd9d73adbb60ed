"""The truth table speaks of every link of the articles, and of nothing else."""

from __future__ import annotations

import re

import demo_truth as truth
import pytest
import requests
from bs4 import BeautifulSoup

from linkarchive.demo import originals
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.texts import texts
from linkarchive.model import REASONS, Reason, Verdict
from linkarchive.urls import source_key


def links_of(name: str) -> list[tuple[str, str]]:
    """(target, anchor text) of every link of an article, in order."""
    source = originals.article(name)
    if name.endswith(".md"):
        return [(target, text) for text, target in re.findall(r"\[([^\]]+)\]\(([^)]+)\)", source)]
    return [(str(a["href"]), a.get_text()) for a in BeautifulSoup(source, "lxml").select("article a[href]")]


def lost_texts(name: str) -> list[str]:
    return sorted(text.strip('"') for target, text in links_of(name) if target == "#")


def test_every_cited_page_is_in_the_table_and_the_table_has_no_others() -> None:
    cited = {
        source_key(target) for name in truth.ARTICLES for target, _ in links_of(name) if not target.startswith("#")
    }
    recovered = {url for targets in truth.RECOVERED.values() for url in targets.values()}
    assert cited | recovered == set(truth.SOURCES)


@pytest.mark.parametrize("name", truth.ARTICLES)
def test_every_lost_target_is_expected_to_be_found_or_not(name: str) -> None:
    assert lost_texts(name) == sorted([*truth.RECOVERED[name], *truth.UNRESOLVED[name]])


def test_verdicts_and_reasons_belong_together() -> None:
    for pair in truth.SOURCES.values():
        for verdict, reason in pair:
            assert Reason(reason) in REASONS[Verdict(verdict)]


@pytest.mark.parametrize("name", truth.ARTICLES)
def test_the_original_has_the_targets_that_the_copy_lost(client: requests.Session, name: str) -> None:
    page = BeautifulSoup(client.get(truth.ORIGINALS[name], timeout=60).text, "lxml")
    hrefs: dict[str, list[str]] = {}
    for a in page.select("article a[href]"):
        hrefs.setdefault(a.get_text().strip("“”"), []).append(str(a["href"]))
    for text, url in truth.RECOVERED[name].items():
        assert hrefs[text] == [url]
    for text, reason in truth.UNRESOLVED[name].items():
        assert len(set(hrefs.get(text, []))) == (2 if reason == "ambiguous" else 0)
    assert "#" not in hrefs.values()


def test_the_original_tempts_with_a_navigation_link_of_the_same_words(client: requests.Session) -> None:
    page = BeautifulSoup(client.get(truth.ORIGINALS["harbour-bridge.md"], timeout=60).text, "lxml")
    assert "ferry timetable" in [a.get_text().lower() for a in page.select("nav a")]


def test_every_source_answers_as_a_page_when_its_first_verdict_is_ok(web: DemoWeb, client: requests.Session) -> None:
    for url, (first, _) in truth.SOURCES.items():
        answers = [client.get(url, timeout=60).status_code for _ in range(2)]
        assert (200 in answers) == (first[0] == "ok"), url


def test_the_quotation_and_the_figure_are_lost_and_the_rest_stands() -> None:
    for path, gone in (("2025/03/council-vote", "burying a ferry"), ("opinion/what-the-bridge-is-for", "is habit")):
        before, after = (texts(later)[f"tidewater-gazette.example/{path}"] for later in (False, True))
        assert gone in " ".join(block.text for block in before.blocks)
        assert gone not in " ".join(block.text for block in after.blocks)
        assert len(set(before.blocks) & set(after.blocks)) >= 5
    before, after = (texts(later)["brennock-council.example/budget/2025"] for later in (False, True))
    assert "41.6 million" in str(before.blocks)
    assert "41.6" not in str(after.blocks)
