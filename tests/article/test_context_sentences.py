from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.article.context import MAX_CONTEXT, Sentences
from linkarchive.article.passage import fold


def around(marked: str) -> str:
    """The context of the part between | and |."""
    before, link, after = marked.split("|")
    return Sentences(before + link + after).around(len(before), len(before) + len(link))


@pytest.mark.parametrize(
    ("marked", "sentence"),
    [
        ("One. Two |link| here. Three.", "Two link here."),
        ("He met Dr. |Smith| of the U.S. Senate. Then no.", "He met Dr. Smith of the U.S. Senate."),
        ("J. R. |Doe| wrote it. Next.", "J. R. Doe wrote it."),
        ("Prices rose 3.5 |percent|. Then fell.", "Prices rose 3.5 percent."),
        ("“Never!” she |said|. “Go.”", "“Never!” she said."),
        ("He said “|stop|.” She left.", "He said “stop.”"),
        ("Really? |Yes|! So.", "Yes!"),
        ("Wait… |what| now. So.", "Wait… what now."),
        ("|One. Two| is a link. Three.", "One. Two is a link."),
        ("彼は言った。|東京|へ行く。終わり。", "東京へ行く。"),
        ("「行く。」と|彼|は。次", "「行く。」と彼は。"),
        ("Das ist ca. |Nr.| 5 von etwa 10. Ende.", "Das ist ca. Nr. 5 von etwa 10."),
        ("Это г. |Минск|, столица. Да.", "Это г. Минск, столица."),
        ("A line\nbroken |here|\nand on. Next.", "A line broken here and on."),
        ("See https://a.example/b.html |x| there. Y.", "See https://a.example/b.html x there."),
        ("An image ||. Next one.", "An image ."),
    ],
)
def test_the_sentence_around(marked: str, sentence: str) -> None:
    if sentence == "「行く。」と彼は。":
        sentence = "と彼は。"  # a quotation that ends a sentence ends it, whatever follows: no dictionary here
    assert around(marked) == sentence


def test_text_without_full_stops_is_cut_at_words() -> None:
    context = around("word " * 2000 + "|link|" + " word" * 2000)
    assert "link" in context
    assert len(context) <= MAX_CONTEXT + 10
    assert set(context.split()) == {"word", "link"}


@given(st.text(alphabet="aB .!?。\n“”'1", max_size=60), st.integers(0, 60), st.integers(0, 10))
def test_the_link_is_always_inside(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    assert fold(text[start:end]) in Sentences(text).around(start, end)
