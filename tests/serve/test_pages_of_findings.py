"""A review of more findings than one page holds: each is on a page, and a decision leads back to where it was made."""

from __future__ import annotations

import re
from typing import Any

import pytest

from linkarchive.demo.wire import Reset
from linkarchive.serve import review

from .test_review_guard import token_of


@pytest.fixture
def many(folder: Any, stage: Any, make_review: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Three dead pages and two that cannot be seen, two findings a page."""
    monkeypatch.setattr(review, "A_PAGE", 2)
    dead = [f"http://beta.example/{name}" for name in ("one", "two", "three")]
    closed = [f"http://delta.example/{name}" for name in ("members", "staff")]
    for url in dead:
        stage[url] = stage.html("gone", status=404)
    for url in closed:
        stage[url] = stage.html("closed", status=403)
    stage["http://alpha.example/fine"] = stage.html("a fine page")
    folder.article(*dead, *closed, "http://alpha.example/fine")
    folder.check("article.md", now="2026-01-05")
    return make_review()


def shown(html: str) -> list[str]:
    return re.findall(r'<p class="url"><a href="([^"]+)"', html)


def test_every_finding_is_on_one_page_and_all_are_counted_on_each(many: Any) -> None:
    session = many.enter()
    pages = [session.get(f"{many.origin}/?page={number}", timeout=60).text for number in (1, 2, 3)]
    listed = [url for page in pages for url in shown(page)]
    assert [len(shown(page)) for page in pages] == [2, 2, 1]
    assert len(set(listed)) == 5
    assert all("beta" in url for url in listed[:3]), "what is dead comes first"
    for page in pages:
        assert re.search(r"dead</dt><dd>3<", page)
        assert 'value="host:beta.example">beta.example (3)' in page, "groups are those of all pages"
    assert 'rel="next" href="/?page=2"' in pages[0]
    assert 'rel="prev"' not in pages[0]
    assert 'rel="prev" href="/?page=2"' in pages[2]
    assert 'rel="next"' not in pages[2]
    assert shown(session.get(f"{many.origin}/?page=99", timeout=60).text) == listed[4:]


def test_a_decision_leads_back_to_its_page_and_a_group_is_decided_whole(many: Any) -> None:
    session = many.enter()
    html = session.get(f"{many.origin}/?page=2", timeout=60).text
    decide = re.findall(r'action="(/decide[^"]*)"', html)
    assert set(decide) == {"/decide?page=2"}
    form = {"token": token_of(html), "action": "ignore", "group": "host:beta.example"}
    answer = session.post(many.origin + decide[0], data=form, headers={"Origin": many.origin}, timeout=60)
    assert len(many.decisions()) == 3
    assert "page=1" not in answer.url
    assert sorted(shown(answer.text)) == ["http://delta.example/members", "http://delta.example/staff"]


def test_what_is_settled_counts_in_the_total(many: Any) -> None:
    session = many.enter()
    html = session.get(f"{many.origin}/", timeout=60).text
    assert "Of 6 sources" in html
    form = {"token": token_of(html), "action": "ignore", "group": "host:beta.example"}
    after = session.post(f"{many.origin}/decide", data=form, headers={"Origin": many.origin}, timeout=60).text
    assert "Of 6 sources" in after
    assert "3 are ignored" in after
    assert "This counts from now on" in after
    assert 'id="settled"' in after, "they are listed there"
    assert "Show 0 sources" not in after


def test_a_page_that_is_not_there_leads_to_the_last_one(many: Any) -> None:
    answer = many.enter().get(f"{many.origin}/?page=99", timeout=60)
    assert answer.url == f"{many.origin}/?page=3"


def test_the_findings_stand_while_we_are_offline(many: Any, stage: Any) -> None:
    for url in ("http://canary.example/", *stage.answers):
        stage[url] = Reset()
    assert many.folder.check(now="2026-01-12").code == 3
    html = many.enter().get(f"{many.origin}/", timeout=60).text
    assert "Of 6 sources" in html
    assert "we are offline: " in html, "of the last run"
