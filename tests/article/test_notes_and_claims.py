"""For what a source is cited: the sentence that bears the mark of a note or of an entry of a list."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.article import notes
from linkarchive.article.document import read_document
from linkarchive.model import Citation, Place


def citations(text: str, form: str = "md") -> list[Citation]:
    return list(read_document(text.encode(), form, path="essay").citations)


def test_a_note_s_link_is_cited_by_the_sentence_with_the_mark() -> None:
    [budget, hearing] = citations(
        "The wall is old. It will cost 41.6 million.[^cost] She said “never”[^h]; nobody asked. The end.\n\n"
        "[^h]: [Hearing](https://two.example/), accessed 20 October 2025.\n\n"
        "[^cost]: Council, [budget](https://one.example/).\n\n    Its “words of a longer kind” too.\n"
    )[::-1]
    assert (budget.context, budget.place) == ("It will cost 41.6 million.", Place.NOTE)
    assert budget.note == "Council, budget. Its “words of a longer kind” too."
    assert budget.quote == "words of a longer kind"
    assert hearing.context == "She said “never”; nobody asked."
    assert hearing.accessed == date(2025, 10, 20)


def test_every_sentence_that_cites_a_note_of_one_link_is_a_citation() -> None:
    text = " ".join(f"Claim {number} holds.[^a]" for number in range(500))
    article = read_document(f"{text}\n\n[^a]: https://one.example/\n".encode(), "md", path="essay")
    assert [c.context for c in article.citations] == [f"Claim {number} holds." for number in range(500)]
    assert article.gaps == ()


def test_a_note_of_many_links_that_many_sentences_cite_is_cut_short_and_the_article_says_so() -> None:
    text = " ".join(f"Claim {number} holds.[^a]" for number in range(150))
    listed = " ".join(f"https://a.example/{number}" for number in range(80))
    article = read_document(f"{text}\n\n[^a]: See {listed}\n".encode(), "md", path="essay")
    assert {c.url for c in article.citations} == {f"https://a.example/{number}" for number in range(80)}
    assert len(article.citations) == 125 * 80
    assert article.gaps == (
        "of the 150 sentences that cite the note “See https://a.example/0 https://a.example/1 …” 125 are taken",
    )


def test_the_words_of_a_note_are_looked_at_once_however_many_links_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(notes, "longest_quotation", lambda note: looked.append(note))
    listed = " and ".join(f"[a](https://a.example/{number})" for number in range(50))
    assert len(citations(f"One.[^a] Two.[^a]\n\n[^a]: {listed}\n")) == 100
    assert len(looked) == 1


def test_each_mark_is_a_citation_and_an_unmarked_note_is_one_without_a_claim() -> None:
    text = "One.[^a] Two.[^a]\n\n[^a]: https://one.example/\n[^b]: https://two.example/\n"
    assert [(c.url, c.context) for c in citations(text)] == [
        ("https://one.example/", "One."),
        ("https://one.example/", "Two."),
        ("https://two.example/", ""),
    ]


LIST_MD = "It costs 41.6 [1]. She left [2, 3].\n\n## Sources\n\n1. https://one.example/\n2. https://two.example/\n3. https://three.example/\n"
LIST_TXT = "It costs 41.6 [1]. She left [2-3].\n\n[1] https://one.example/\n[2] https://two.example/\n[3] https://three.example/\n"
HEADED = "It costs 41.6 [1]. She left [2–3].\n\nQuellen\n\n1. https://one.example/\n2. https://two.example/\n3. https://three.example/\n"


@pytest.mark.parametrize(("text", "form"), [(LIST_MD, "md"), (LIST_TXT, "txt"), (HEADED, "txt")])
def test_numbered_lists(text: str, form: str) -> None:
    assert [(c.context, c.place) for c in citations(text, form)] == [
        ("It costs 41.6.", Place.NOTE),
        ("She left.", Place.NOTE),
        ("She left.", Place.NOTE),
    ]


def test_numbers_without_a_list_stay_text() -> None:
    text = "It costs 41.6 [1], says [the council](https://one.example/).\n\n1. https://two.example/\n"
    assert [(c.context, c.place) for c in citations(text)] == [
        ("It costs 41.6 [1], says the council.", Place.BODY),
        ("https://two.example/", Place.BODY),
    ]


@pytest.mark.parametrize(
    "source",
    ["[Source](https://one.example/).", "(Source: [council](https://one.example/))", "([Quelle](https://one.example/))",
     "[[1]](https://one.example/) Nobody knows.", "Via [here](https://one.example/)."],
)  # fmt: skip
def test_a_sentence_that_is_only_a_source_stands_for_the_one_before_it(source: str) -> None:
    [citation] = citations(f"The wall is old. It will cost 41.6 million. {source} The end.\n")
    assert citation.context.startswith("It will cost 41.6 million.")
    assert "Nobody" not in citation.context


@pytest.mark.parametrize(
    "words",
    ["accessed 5 March 2024", "Retrieved on March 5, 2024", "last visited Mar. 5, 2024", "abgerufen am 5. März 2024",
     "consulté le 5 mars 2024", "consultado el 5 de marzo de 2024", "дата обращения: 5 марта 2024",
     "閲覧日 2024年3月5日", "accessed: 05/Mar/2024", "Internet [cited 2024 Mar 5]"],
)  # fmt: skip
def test_the_day_of_access_is_read_from_the_words_behind_the_link(words: str) -> None:
    [citation] = citations(f"Herald, 7 May 2020, https://one.example/ ({words}).\n", "txt")
    assert citation.accessed == date(2024, 3, 5)


def test_another_day_is_no_day_of_access() -> None:
    assert citations("Herald, https://one.example/, 5 March 2024.", "txt")[0].accessed is None


@given(st.text(alphabet="a. []12\n(https://x.y)^:-Sources#", max_size=120), st.sampled_from(["md", "txt"]))
def test_any_text_can_be_read(text: str, form: str) -> None:
    for citation in citations(text, form):
        assert isinstance(citation.context, str)


def test_raised_numbers_are_marks_and_powers_are_none() -> None:
    text = "It costs 41.6.<sup>1</sup> She left.² It has 5 m², or 10<sup>2</sup>.\n\n## Sources\n\n1. https://one.example/\n"
    text += "2. https://two.example/\n"
    assert [citation.context for citation in citations(text)] == ["It costs 41.6.", "She left."]


@pytest.mark.parametrize("words", ["2024年3月5日閲覧", "（2024年3月5日に閲覧）", "2024-03-05 访问"])
def test_the_day_of_access_before_the_word(words: str) -> None:
    assert citations(f"Herald, https://one.example/ {words}\n", "txt")[0].accessed == date(2024, 3, 5)


def test_entries_may_begin_with_raised_numbers() -> None:
    text = "It costs 41.6.¹ She left.²\n\n¹ https://one.example/\n² Herald, https://two.example/\n"
    assert [citation.context for citation in citations(text, "txt")] == ["It costs 41.6.", "She left."]
