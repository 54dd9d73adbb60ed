"""A small page for every phrase of rules.toml, and a long one that only mentions it."""

from __future__ import annotations

from html import escape

import pytest

from linkarchive.judge.rules import RULES, Rule, load_rules, normal
from linkarchive.judge.verdict import judge
from linkarchive.model import Case, Hop, Page

pytestmark = pytest.mark.long

URL = "https://news.example/2021/05/talks-on-the-border"

EXPECTED = {
    "not-found": "dead/soft-404",
    "gone-path": "dead/soft-404",
    "platform-gone": "dead/soft-404",
    "challenge": "blocked/challenge",
    "blocked": "blocked/forbidden",
    "login": "blocked/login",
    "platform-login": "blocked/login",
    "consent": "blocked/consent",
    "paywall": "blocked/paywall",
    "parked": "dead/parked",
    "gambling": "dead/usurped",
    "script-only": "blocked/script-only",
    "maintenance": "unreachable/http-5xx",
    "corrected": "drifted/corrected",
    "retracted": "drifted/retracted",
    "shortener": "ok/first-seen",
}

IDS = [f"{rule.kind}-{rule.where}-{number}" for number, rule in enumerate(RULES)]


def small_page(rule: Rule, phrase: str) -> Page:
    """The smallest page on which this phrase should tell."""
    title, body, headers, final_url = "News Example", "<p>Thank you for your visit.</p>", {}, URL
    shown = escape(phrase)
    if rule.hosts:
        final_url = f"https://{rule.hosts[0]}/something/12345"
    if rule.where in ("heading", "whole"):
        title, body = f"{shown} | News Example", f"<h1>{shown}</h1><p>Thank you for your visit.</p>"
    elif rule.where == "text":
        body = f"<p>{shown}</p>"
    elif rule.where == "line":
        body = f"<h1>{escape(rule.nouns[0])} {shown}</h1>"
    elif rule.where == "source":
        body += f"<script>var settings = '{phrase}';</script>"
    elif rule.where == "tag":
        body += f"<iframe src='//{phrase}'></iframe>"
    elif rule.where == "header":
        name, _, value = phrase.partition(": ")
        headers = {name: value if value != "*" else "1"}
    elif rule.where == "path":
        final_url = f"https://news.example/{phrase}"
    elif rule.where == "host":
        final_url = f"https://{phrase}/"
    if rule.kind in ("login", "platform-login"):
        body += "<form><input name=user><input type=password></form>"
    html = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"
    return Page(final_url, 200, {"content-type": "text/html; charset=utf-8", **headers}, html.encode())


def verdict_of(case: Case) -> str:
    judgement = judge(case)
    assert judgement.evidence
    assert 0 < judgement.confidence <= 1
    return f"{judgement.verdict}/{judgement.reason}"


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_small_page_with_the_phrase_gets_the_verdict_of_the_rule(rule, article):
    wrong = {}
    for phrase in rule.phrases:
        if rule.kind in ("corrected", "retracted"):
            before = Page(URL, 200, {"content-type": "text/html; charset=utf-8"}, article().encode())
            noun = rule.nouns[0] if rule.nouns else "the figures"
            now = article(extra=f"<p>{escape(phrase)} {escape(noun)} have changed.</p>").encode()
            case = Case("x", URL, Page(URL, 200, dict(before.headers), now), before)
        elif rule.kind == "gambling":
            before = Page(URL, 200, {"content-type": "text/html; charset=utf-8"}, article().encode())
            text = " ".join(f"Round {n} pays well and the wheel turns for lucky visitor {n}." for n in range(40))
            now = f"<html><title>{phrase} bonus</title><body><h1>{phrase} bonus</h1><p>{text}</p></body></html>"
            if rule.where == "heading" and " " not in phrase:
                now = now.replace(f"{phrase} bonus", phrase)
            case = Case("x", URL, Page(URL, 200, dict(before.headers), now.encode()), before)
        elif rule.kind == "shortener":
            start = f"https://{phrase}/2aBcDe"
            final = Page(
                "https://news.example/", 200, {"content-type": "text/html"}, article().encode(), (Hop(start, 301),)
            )
            case = Case("x", start, final)
        else:
            page = small_page(rule, phrase)
            case = Case("x", page.final_url if rule.hosts else URL, page)
        if verdict_of(case) != EXPECTED[rule.kind]:
            wrong[phrase] = verdict_of(case)
    assert not wrong


SMALL_ONLY = [rule for rule in RULES if not rule.large and rule.where in ("heading", "text", "line", "source")]


@pytest.mark.parametrize("rule", SMALL_ONLY, ids=lambda rule: f"{rule.kind}-{rule.where}-{RULES.index(rule)}")
def test_a_long_article_about_it_is_an_ordinary_page(rule, article):
    wrong = {}
    noun = rule.nouns[0] if rule.nouns else ""
    for phrase in rule.phrases[:: max(1, len(rule.phrases) // 8)]:
        mention = f"<p>The sign reads “{escape(noun)} {escape(phrase)}”, and everybody knows it.</p>"
        now = article(title=f"Why signs read {escape(noun)} {escape(phrase)}", extra=mention)
        page = Page(URL, 200, {"content-type": "text/html; charset=utf-8"}, now.encode())
        if verdict_of(Case("x", URL, page)) != "ok/first-seen":
            wrong[phrase] = verdict_of(Case("x", URL, page))
    assert not wrong


def test_every_rule_says_where_it_comes_from_and_when():
    for rule in RULES:
        assert rule.kind in EXPECTED
        assert rule.source
        assert len(rule.date) == 10
        assert rule.phrases
        assert len(set(rule.phrases)) == len(rule.phrases), rule


def test_a_stranger_can_add_a_rule_in_toml():
    (rule,) = load_rules(
        '[[rule]]\nkind = "not-found"\nwhere = "heading"\nany = ["Paĝo  ne trovita"]\nsource = "I"\ndate = "2026-11-23"'
    )
    assert rule.phrases == (normal("paĝo ne trovita"),)
    assert not rule.large
