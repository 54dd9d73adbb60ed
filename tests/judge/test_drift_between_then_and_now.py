from __future__ import annotations

import pytest

from linkarchive.judge.parsed_page import ParsedPages
from linkarchive.judge.verdict import fingerprint, judge


def said(judgement):
    return f"{judgement.verdict}/{judgement.reason}"


def others(count: int, offset: int = 0) -> tuple[str, ...]:
    """Paragraphs that have nothing to do with the article."""
    return tuple(
        f"Chapter {n} of the gardening year deals with bulb number {n}, its soil, its neighbours in bed {n + 3} "
        f"and the patience that gardener {n * 7} needs before anything green shows above the ground."
        for n in range(offset, offset + count)
    )


def test_the_same_bytes_are_the_same_page(case, article):
    judgement = judge(case(article(), article()))
    assert said(judgement) == "ok/same"
    assert judgement.similarity == 1.0


def test_ads_dates_counters_and_related_links_are_not_substance(case, article):
    before = article(
        extra="<p>Published 12 May 2021, 14:05</p><p>132 views</p>", frame="<aside>Related: <a>Snow</a></aside>"
    )
    after = article(
        extra="<p>Published 3 June 2022, 09:30</p><p>98,004 views</p>",
        frame="<aside>Related: <a>Sun</a> <a>Ten reasons to buy a boat</a></aside><div class=ad>Buy a boat</div>",
    )
    judgement = judge(case(after, before))
    assert said(judgement) == "ok/same"


def test_a_word_or_two_is_a_minor_edit(case, article, paragraphs):
    edited = tuple(
        p.replace("useful", "very frank").replace("detour through", "long way over").replace("wait", "stay")
        for p in paragraphs
    )
    assert said(judge(case(article(edited), article()))) == "ok/minor-edit"


def test_paragraphs_added_below_are_growth_and_no_drift(case, article, paragraphs):
    judgement = judge(case(article(paragraphs + others(9)), article()))
    assert said(judgement) == "ok/grew"
    assert judgement.similarity >= 0.98


def test_text_put_between_the_paragraphs_does_not_make_a_page_look_rewritten(case, article, paragraphs):
    mixed = tuple(p for pair in zip(paragraphs, others(len(paragraphs)), strict=True) for p in pair)
    assert judge(case(article(mixed), article())).verdict == "ok"


def test_half_of_the_paragraphs_replaced_is_rewritten(case, article, paragraphs):
    judgement = judge(case(article(paragraphs[:7] + others(5)), article()))
    assert said(judgement) == "drifted/rewritten"
    assert "5 of 12 paragraphs of the earlier text are gone" in judgement.evidence
    assert 0.4 < judgement.similarity < 0.75


def test_another_article_at_the_address_is_replaced(case, article):
    judgement = judge(case(article(others(12), title="The gardening year"), article()))
    assert said(judgement) == "drifted/replaced"
    assert judgement.similarity < 0.1


def test_a_page_that_lost_half_of_its_text_shrunk(case, article, paragraphs):
    assert said(judge(case(article(paragraphs[:6]), article()))) == "drifted/shrunk"


def test_without_a_baseline_the_page_is_first_seen(case, article):
    judgement = judge(case(article()))
    assert said(judgement) == "ok/first-seen"
    assert judgement.similarity is None


def test_a_baseline_that_was_no_page_is_no_baseline(case, article, page):
    assert said(judge(case(article(), page("<h1>busy</h1>", status=503)))) == "ok/first-seen"


@pytest.mark.parametrize(
    ("then", "now", "verdict"),
    [
        ("The office is open from Monday to Friday.", "The office is open from Monday to Friday.", "ok"),
        ("The office is open from Monday to Friday.", "Nobody lives in the old tower by the sea.", "drifted"),
    ],
)
def test_short_texts_are_compared_word_by_word(case, then, now, verdict):
    frame = "<html><head><title>Hours</title></head><body><h1>Hours</h1><p>{}</p><img src=a.png alt='{}'></body></html>"
    assert judge(case(frame.format(now, 2), frame.format(then, 1))).verdict == verdict


def test_chinese_texts_are_compared_character_by_character(case, article):
    then = ("两国政府上周在边境会晤，讨论冬季货物如何通行。", "双方官员称会晤有益，但没有签署任何文件。") * 1
    now = ("园艺年鉴的这一章介绍球茎、土壤以及邻居的耐心。", "春天来临之前，花园里看不到任何绿色的东西。") * 1
    assert judge(case(article(then, title="边境"), article(then, title="边境", frame="<p>广告</p>"))).verdict == "ok"
    assert judge(case(article(now, title="园艺"), article(then, title="边境"))).verdict == "drifted"


def test_images_are_compared_by_their_bytes(case, page):
    before, after = (page(b"\x89PNG\r\n\x1a\n\0\0" + tail, mime="image/png") for tail in (b"a", b"b"))
    assert said(judge(case(before, before))) == "ok/same"
    assert said(judge(case(after, before))) == "drifted/replaced"
    assert said(judge(case(before))) == "ok/first-seen"


def test_a_correction_that_the_baseline_had_already_is_no_news(case, article):
    notice = "<p>Correction: the bridge is older.</p>"
    judgement = judge(case(article(extra=notice + "<p>Share</p>"), article(extra=notice)))
    assert judgement.verdict == "ok"


def test_a_retraction_outweighs_every_other_change(case, article, paragraphs):
    now = article(paragraphs[:6], extra="<p>This article has been retracted by its authors.</p>")
    judgement = judge(case(now, article()))
    assert said(judgement) == "drifted/retracted"
    assert "drifted/shrunk" in judgement.also
    assert any("retracted by its authors" in line for line in judgement.evidence)


def test_the_fingerprint_follows_the_substance(article, page, paragraphs):
    plain = fingerprint(page(article()))
    assert fingerprint(page(article(frame="<aside>Buy a boat</aside>", extra="<p>12 May 2021</p>"))) == plain
    assert fingerprint(page(article(paragraphs[:6]))) != plain
    assert fingerprint(page(b"\0one", mime="image/png")) != fingerprint(page(b"\0two", mime="image/png"))


def test_a_page_is_read_once_for_all_its_citations(case, article, monkeypatch):
    from linkarchive.judge import main_text

    seen = []
    extract = main_text._extract
    monkeypatch.setattr(main_text, "_extract", lambda *a, **k: seen.append(1) or extract(*a, **k))
    parsed = ParsedPages()
    for quote in ("", "no equal conditions", "trains would run again"):
        judge(case(article(others(12)), article(), quotes=(quote,)), parsed=parsed)
    assert len(seen) == 2
