from __future__ import annotations

import pytest
from msgspec.structs import replace

from linkarchive.judge.number_words import in_digits
from linkarchive.judge.verdict import judge


def said(judgement):
    return f"{judgement.verdict}/{judgement.reason}"


QUOTE = "No equal conditions, no union"


def without(paragraphs, word):
    return tuple(p for p in paragraphs if word not in p)


def test_a_quotation_that_is_gone_is_a_finding_however_alike_the_rest_is(case, article, paragraphs):
    judgement = judge(case(article(without(paragraphs, "union")), article(), quotes=(QUOTE,)))
    assert said(judgement) == "drifted/quote-lost"
    assert [(loss.kind, loss.text) for loss in judgement.lost] == [("quote", QUOTE)]
    assert judgement.similarity > 0.85


@pytest.mark.parametrize(
    "quote",
    ["no equal conditions, no union", "No equal conditions — no union", "„No equal conditions, no union“",
     "No equal … no union",
         "[There are] no equal conditions, no union", "No\u00a0equal con\u00additions, no union"],
)  # fmt: skip
def test_typography_does_not_lose_a_quotation(case, article, paragraphs, quote):
    assert judge(case(article(paragraphs[:4] + paragraphs[5:]), article(), quotes=(quote,))).lost == ()
    assert judge(case(article(without(paragraphs, "union")), article(), quotes=(quote,))).lost != ()


@pytest.mark.parametrize("marks", ["“{}”", "«{}»", "„{}“", '"{}"', "« {} »"])
def test_quotations_are_found_in_the_citing_sentence(case, article, paragraphs, marks):
    context = f"The minister said {marks.format(QUOTE)} after the talks."
    judgement = judge(case(article(without(paragraphs, "union")), article(), context=context))
    assert said(judgement) == "drifted/quote-lost"


def test_what_the_baseline_never_had_is_not_lost(case, article):
    judgement = judge(case(article(extra="<p>Share</p>"), article(), quotes=("Words that never stood there at all",)))
    assert judgement.verdict == "ok"
    assert judgement.lost == ()


def test_a_figure_that_is_gone_is_a_lost_detail(case, article, paragraphs):
    context = "Some 1240 lorries waited in one night, at a cost of 3.5 million euros."
    now = tuple(p.replace("1,240", "1,420") for p in paragraphs)
    judgement = judge(case(article(now), article(), context=context))
    assert said(judgement) == "drifted/detail-lost"
    assert [loss.text for loss in judgement.lost] == ["1240"]


@pytest.mark.parametrize("spelling", ["1.240", "1 240", "1’240".replace("’", "'"), "1240", "1\u202f240"])
def test_figures_are_the_same_in_any_spelling(case, article, paragraphs, spelling):
    now = tuple(p.replace("1,240", spelling) for p in paragraphs)
    assert judge(case(article(now), article(), context="As many as 1,240 lorries waited.")).lost == ()


def test_a_name_that_is_gone_is_a_lost_detail(case, article, paragraphs):
    now = tuple(p.replace("Marta Lindqvist", "An official") for p in paragraphs)
    judgement = judge(case(article(now), article(), context="The answer came from Marta Lindqvist in the south."))
    assert said(judgement) == "drifted/detail-lost"
    assert judgement.lost[0].text == "Marta Lindqvist"


def test_a_surname_that_stays_is_enough(case, article, paragraphs):
    now = tuple(p.replace("Marta Lindqvist", "Ms Lindqvist") for p in paragraphs)
    assert judge(case(article(now), article(), context="The answer came from Marta Lindqvist.")).lost == ()


def test_a_lost_section_is_a_lost_anchor(case, article):
    before, after = article(extra="<h2 id=prices>Prices</h2>"), article(extra="<h2>Prices</h2>")
    url = "https://news.example/2021/05/talks-on-the-border#prices"
    judgement = judge(case(after, before, url=url))
    assert said(judgement) == "drifted/anchor-lost"
    assert judgement.lost[0].text == "#prices"
    assert judge(case(article(extra="<a name=prices></a>"), before, url=url)).verdict == "ok"
    assert judge(case(after, after.replace("Prices", "Price list"), url=url)).lost == ()


def test_the_fragment_of_a_redirect_is_the_place_that_the_reader_gets(case, page, article):
    before, after = article(extra="<h2 id=prices>Prices</h2>"), article(extra="<h2 id=tariffs>Prices</h2>")
    url = "https://news.example/2021/05/talks-on-the-border#prices"
    assert judge(case(replace(page(after), fragment="tariffs"), before, url=url)).verdict == "ok"
    assert said(judge(case(replace(page(after), fragment="nowhere"), before, url=url))) == "drifted/anchor-lost"


def test_a_lost_text_fragment_is_a_lost_anchor(case, article, paragraphs):
    url = "https://news.example/2021/05/talks-on-the-border#:~:text=left%20the-,town%20hall,in%20the%20evening"
    judgement = judge(case(article(without(paragraphs, "union")), article(), url=url))
    assert said(judgement) == "drifted/anchor-lost"
    assert judge(case(article(paragraphs[1:]), article(), url=url)).lost == ()


def test_a_replaced_page_says_so_and_lists_what_is_lost(case, article):
    other = tuple(f"Bulb number {n} wants dry soil and a great deal of patience from its gardener." for n in range(12))
    judgement = judge(case(article(other, title="Gardens"), article(), quotes=(QUOTE,)))
    assert said(judgement) == "drifted/replaced"
    assert judgement.lost[0].kind == "quote"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("”", "”"), ("“", '"'), ('"', "”"), ("„", "”"), ("「", "」"), ("»", "«"), ("《", "》"), ("‹", "›"), ("“", '",')],
)
def test_quotation_marks_of_all_scripts_and_mixed_ones_are_seen(case, article, paragraphs, opening, closing):
    context = f"The minister said {opening}{QUOTE}{closing} after the talks."
    judgement = judge(case(article(without(paragraphs, "union")), article(), context=context))
    assert said(judgement) == "drifted/quote-lost"


SENTENCE = "Berths in the inner basin may be let for more than five years, and the board has never refused two of them"


@pytest.mark.parametrize(
    ("word", "other"),
    [("more", "less"), ("may", "must"), ("five", "nine"), ("never ", ""), ("two", "ten"), ("inner", "outer"),
     ("refused", "granted"), ("board", "mayor")],
)  # fmt: skip
def test_a_word_that_carries_the_sense_never_differs(case, article, word, other):
    before, after = (article(extra=f"<p>{text}.</p>") for text in (SENTENCE, SENTENCE.replace(word, other, 1)))
    assert [loss.kind for loss in judge(case(after, before, quotes=(SENTENCE,))).lost] == ["quote"]


@pytest.mark.parametrize(("word", "other"), [("basin", "bassin"), ("refused", "refuses"), (", and", ", and so")])
def test_a_letter_set_right_and_a_word_without_weight_lose_nothing(case, article, word, other):
    before, after = (article(extra=f"<p>{text}.</p>") for text in (SENTENCE, SENTENCE.replace(word, other, 1)))
    assert judge(case(after, before, quotes=(SENTENCE,))).lost == ()


@pytest.mark.parametrize(
    ("cited", "then", "now"),
    [
        ("12.5 percent", "12.5 percent of them", "12½ percent of them"),
        ("0.75 percent", "0.75 percent a year", ".75 percent a year"),
        ("2 trillion yen", "2 trillion yen in all", "2,000 billion yen in all"),
        ("12 lakh people", "12 lakh people came", "1,200,000 people came"),
        ("3 crore rupees", "3 crore rupees", "30 million rupees"),
        ("2,3 milliards d’euros", "2,3 milliards d’euros", "2,3 Md€"),
        ("12 %", "12 % of the wells", "twelve percent of the wells"),
        ("35 %", "35 % der Brunnen", "fünfunddreißig Prozent der Brunnen"),
        ("3億5000万円", "予算は3億5000万円", "予算は3.5億円"),
        ("1,500万人", "およそ1,500万人", "およそ千五百万人"),
        ("१२ करोड़", "कुल १२ करोड़", "कुल 12 करोड़"),
        ("٤٥ مليون", "بلغ ٤٥ مليون", "بلغ 45 مليون"),
    ],
)
def test_a_figure_in_another_spelling_is_kept_and_another_figure_is_not(case, article, cited, then, now):
    before, same, other = (article(extra=f"<p>{text}.</p>") for text in (then, now, "We counted nothing this year"))
    assert judge(case(same, before, context=f"{cited}.")).lost == ()
    assert [loss.kind for loss in judge(case(other, before, context=f"{cited}.")).lost] == ["figure"]


@pytest.mark.parametrize(("now", "lost"), [("1936", ["1932"]), ("1932", []), ("1936, not in 1932 as we wrote", [])])
def test_a_year_that_the_page_states_can_be_lost(case, article, now, lost):
    before, after = (article(extra=f"<p>The swing bridge opened in {year}.</p>") for year in ("1932", now))
    judgement = judge(case(after, before, context="It opened in 1932 and closed soon."))
    assert [loss.text for loss in judgement.lost] == lost


def test_letters_that_only_resemble_those_of_a_number_word_stay():
    assert in_digits("ſix sıx of Twelve, Twenty-One") == "ſix sıx of 12, 21"


def test_digits_without_end_are_read_as_they_are_and_in_moments():
    digits = "31415926535" * 20_000
    assert in_digits(f"π is {digits}") == f"π is {digits}"
    assert in_digits("1½, 2 ¼ and 12345½") == "1.5, 2.25 and 12345.5"
    assert in_digits(f"{digits}½") == f"{digits}0.5"
