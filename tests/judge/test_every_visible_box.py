"""What stands in figures, captions, labels and noscript is text; footnote marks are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.judge.markup import with_visible_boxes
from linkarchive.judge.verdict import judge

QUOTE = "The weir keeper opens both gates on the first of April"
BOXES = (
    '<figure class="pullquote"><blockquote><p>{}</p></blockquote></figure>',
    '<figure><img src="weir.jpg" alt=""><figcaption>{}</figcaption></figure>',
    "<figure><table><tr><td>April</td><td>{}</td></tr></table></figure>",
    '<ul><li><label for="one"><input type="checkbox" id="one">{}</label></li></ul>',
    "<noscript><article><p>{}</p></article></noscript>",
)


@pytest.mark.parametrize("box", BOXES)
def test_a_quotation_is_lost_with_the_box_that_held_it(case, article, box):
    judgement = judge(case(article(), article(extra=box.format(QUOTE)), quotes=(QUOTE,)))
    assert (judgement.verdict, judgement.reason) == ("drifted", "quote-lost")


@pytest.mark.parametrize("box", BOXES)
def test_a_quotation_that_moved_into_a_box_is_kept(case, article, box):
    before = article(extra=f"<p>{QUOTE}</p>")
    assert judge(case(article(extra=box.format(QUOTE)), before, quotes=(QUOTE,))).lost == ()


def test_a_figure_in_a_caption_is_lost_when_it_changes(case, article):
    caption = "<figure><img src='weir.jpg'><figcaption>Inhabitants of the valley: {}</figcaption></figure>"
    before, after = (article(extra=caption.format(count)) for count in ("41,250", "43,980"))
    judgement = judge(case(after, before, context="Some 41,250 inhabitants lived there."))
    assert [loss.text for loss in judgement.lost] == ["41,250"]


def test_a_forum_that_serves_its_posts_in_noscript_is_a_page(case):
    posts = "".join(
        f"<p>Post {n}: the pump lost its prime again after the frost, and the valve we ordered never came.</p>"
        for n in range(12)
    )
    shell = f'<html><head><title>Pumps</title></head><body><div id="app"></div><noscript>{posts}</noscript>'
    shell += '<script src="/app.js"></script></body></html>'
    assert judge(case(shell)).verdict == "ok"


@pytest.mark.parametrize(
    "mark",
    ['<sup>[4]</sup>', '<sup class="ref"><a href="#note-4">4</a></sup>', "<sup>*</sup>", "<sup>4</sup>",
     '<sup id="r4"><a href="/essay#n4">[d]</a></sup>'],
)  # fmt: skip
def test_a_reference_mark_in_a_sentence_loses_no_quotation(case, article, mark):
    marked = QUOTE.replace("gates", f"gates{mark}")
    judgement = judge(case(article(extra=f"<p>{marked}</p>"), article(extra=f"<p>{QUOTE}</p>"), quotes=(QUOTE,)))
    assert judgement.lost == ()


def test_a_footnote_behind_a_figure_leaves_the_figure(case, article):
    before = article(extra="<p>The weir holds 350 litres a second.</p>")
    after = article(extra="<p>The weir holds 350<sup>3</sup> litres a second.</p>")
    assert judge(case(after, before, context="It holds 350 litres.")).lost == ()


@given(st.text(alphabet="<>/ =abdefgilnoprstu\"'#4[]", max_size=200))
def test_any_text_is_rewritten_without_an_exception(source):
    assert isinstance(with_visible_boxes(source), str)
