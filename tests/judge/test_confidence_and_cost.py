from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.judge import confidence
from linkarchive.judge.documents import pdf_text
from linkarchive.judge.parsed_page import ParsedPages
from linkarchive.judge.verdict import judge
from linkarchive.judge.words import substance
from linkarchive.model import Judgement, Reason, Verdict


@given(st.sampled_from(Reason), st.floats(0, 1), st.floats(0, 1))
def test_more_telling_evidence_never_gives_less_confidence(reason, weaker, stronger):
    low, high = sorted((weaker, stronger))
    given = [confidence.calibrated(Judgement(Verdict.OK, reason, score, ())).confidence for score in (low, high)]
    assert 0 <= given[0] <= given[1] < 1


def test_an_unchanged_page_is_settled_without_extracting_either_side(case, article):
    parsed = ParsedPages()
    facts = case(article(frame="<aside>Buy a boat today</aside>"), article(frame="<aside>Ten soups</aside>"))
    assert judge(facts, parsed=parsed).reason == "same"
    assert not parsed.read(facts.after).is_extracted
    assert not parsed.read(facts.before).is_extracted


def test_a_rewritten_page_is_looked_at_closely(case, article, paragraphs):
    parsed = ParsedPages()
    facts = case(article(paragraphs[:5]), article())
    assert judge(facts, parsed=parsed).verdict == "drifted"
    assert parsed.read(facts.after).is_extracted


def test_a_frame_that_one_extractor_takes_for_text_does_not_decide_alone(case, article, paragraphs):
    teasers = "".join(f"<h3>Living Nature {n}: exploring ties between nature and living</h3>" for n in range(6))
    then = article(extra=f"<div class='post-content'>{teasers}</div>")
    assert judge(case(article(), then)).verdict == "ok"


@pytest.mark.parametrize(
    "noise",
    [
        "12 May 2021",
        "3. März 2022",
        "2021-05-12T10:00:00Z",
        "98,004 views",
        "vor 3 Stunden",
        "il y a 4 jours",
        "2021年5月3日",
    ],
)
def test_dates_and_counters_are_no_substance_wherever_they_stand(noise):
    words = "the river was very high again and nobody could cross"
    assert substance(f"{words} {noise} {words}") == substance(f"{words} {words}")


def pdf_of(operations: int) -> bytes:
    stream = b"BT /F1 1 Tf " + b"(word) Tj 1 0 Td " * operations + b"ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    numbered = b"".join(b"%d 0 obj%sendobj\n" % (n, content) for n, content in enumerate(objects, 1))
    return b"%PDF-1.4\n" + numbered + b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF"


@pytest.mark.long
def test_a_pdf_that_keeps_its_reader_busy_has_no_text():
    assert "word" in (pdf_text(pdf_of(3)) or "")
    assert pdf_text(pdf_of(1_000_000), seconds=1) is None
