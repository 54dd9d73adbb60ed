"""Short pages seen first that speak of errors and walls, and are none: what they ask, quote, or tell besides."""

from __future__ import annotations

import pytest

from linkarchive.judge import words
from linkarchive.judge.page_view import PageView
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.verdict import judge
from linkarchive.model import Case, Page

URL = "https://quay.example/notes/17"


def case(html: str, before: str | None = None) -> Case:
    pages = [
        Page(URL, 200, {"content-type": "text/html; charset=utf-8"}, text.encode()) for text in (html, before or "")
    ]
    return Case("case", URL, pages[0], pages[1] if before is not None else None)


def document(heading: str, *paragraphs: str, rest: str = "") -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{heading} | Quay</title></head><body>'
        '<nav><a href="/boats">Boats</a> <a href="/tides">Tides</a></nav>'
        f"<main><h1>{heading}</h1>{text}{rest}</main></body></html>"
    )


TEXTS = {
    "a question of the forum": document(
        "Is your domain for sale?",
        "My neighbour says that the page shows “this domain is for sale”, and I only see our choir.",
        "Same here on Monday, but from the library it was our page again.",
    ),
    "a heading that asks": document(
        "Page not found – and then?",
        "Of the links in our minutes of 2009 every third leads nowhere, says the archivist Maud Fell.",
        "She wants the council to pay for a copy of each. The council will vote on that in the spring.",
    ),
    "maintenance of something else": document(
        "Scheduled maintenance keeps the lock at Fell Mill shut until Thursday",
        "Boats of more than nine metres must go round by the old canal, which takes two hours.",
        "The keeper expects a queue on Friday morning and asks crews to bring patience and tea.",
    ),
    "a promise for subscribers": document(
        "Subscribe to continue reading: why the valley's papers close their doors",
        "Half of the papers in the valley keep some of their stories for those who pay, a survey found.",
        "“Advertisements no longer pay for one reporter”, says the editor of the Packet, who raised the price in May.",
        "The library offers its members all of them without a charge, and forty people came on the first day.",
    ),
    "a dialog above a text": document(
        "Slates for the boathouse",
        "Forty slates came off the roof of the boathouse in the storm, and the club picked up twelve.",
        "A roofer from Fell will come in April and teach two members how to cut and hang them.",
        rest="<div role=dialog><h2>We value your privacy</h2><p>We use cookies.</p><button>Accept all</button></div>",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_short_text_about_a_notice_is_a_page(name):
    judgement = judge(case(TEXTS[name]))
    assert str(judgement.verdict) == "ok", judgement.evidence


ORDINARY = {
    "a company": document("Причал", "Общество с ограниченной ответственностью по законодательству страны."),
    "a speed": document("Скорость ограничена", "Документ от 3 мая: на улице Мира не более 30 км/ч."),
    "a ministry": document("Wizyta", "Ministerstwo Spraw Zagranicznych. Wszelkie prawa zastrzeżone."),
    "a project that ended": document("Budowa mola zakończona", "Plik z listą prac: pale, deski, latarnie."),
    "a medal": document("Medaile vyražená v Kremnici", "Produkt mincovny, náklad 500 kusů."),
    "oil": document("Öl ausgelaufen", "Die Seite nach Norden war am Montag zwei Stunden zu."),
    "a medicine": document("Inibitori della pompa", "Articolo sui farmaci per lo stomaco."),
    "a product": document("Un vaccin commercialisé", "Le produit coûte douze euros la dose."),
    "a chapter": document("Bloque 3", "Documento del bloque 3, con ejercicios."),
    "a factory": document("汽车厂停产两周", "因零件短缺，三千名工人放假。"),
    "a king": document("단종", "단종은 조선의 여섯째 임금이다."),
    "a guide": document("How to install the IIS Windows Server role", "Open Server Manager and add the role."),
    "an atoll": document("The atoll", "The territory is a reserve; access to it is restricted to scientists."),
    "a policy": document(
        "Summer fair", "Photos by Maud Fell.", "GDPR: write to us if you want a picture of you removed."
    ),
}
"""Words that begin as those of notices do."""


@pytest.mark.parametrize("name", ORDINARY)
def test_a_word_that_begins_like_one_of_a_notice_is_none(name):
    judgement = judge(case(ORDINARY[name]))
    assert str(judgement.verdict) == "ok", judgement.evidence


NOTICES = {
    "dead": document("Page not found", "Did you follow an old link? The page you asked for was removed."),
    "blocked": document("Access denied", "Your address has been blocked. Is this wrong? Write to us."),
}


@pytest.mark.parametrize("verdict", NOTICES)
def test_a_notice_that_also_asks_stays_one(verdict):
    judgement = judge(case(NOTICES[verdict]))
    assert str(judgement.verdict) == verdict, judgement.evidence


def test_a_sum_in_a_heading_is_no_status():
    before = document("Tides", *(f"High water on day {number} comes to the old wall by noon." for number in range(12)))
    judgement = judge(case(document("Win up to 500 euros", "Spin the wheel and take your prize home."), before))
    assert str(judgement.verdict) == "drifted"
    judgement = judge(case(document("500 – the engine stopped", "We know of it."), before))
    assert str(judgement.verdict) == "unreachable"


def test_what_is_asked_and_quoted_is_not_asserted_by_a_page_seen_first():
    text = "Gone? The sign said “page not found”. We laughed."
    seen_first = case(document("Sign", text))
    assert PageView(seen_first, ParsedPage(seen_first.after), None).asserted(text) == "the sign said . we laughed."
    compared = case(document("Sign", text), document("Sign"))
    view = PageView(compared, ParsedPage(compared.after), ParsedPage(compared.before), 0.0)
    assert "gone?" in view.asserted(text)
    assert "page not found" in view.asserted(text)


@pytest.mark.parametrize(
    ("line", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("見つかりません。戻る", ["見つかりません。", "戻る"]),
        ("पानी भर गया। सीढ़ी", ["पानी भर गया।", "सीढ़ी"]),
        ("", []),
        ("no end", ["no end"]),
    ],
)
def test_a_line_is_cut_after_the_marks_that_end_a_sentence(line, sentences):
    assert words.sentences(line) == sentences


def at(path: str, html: str) -> str:
    url = f"https://quay.example{path}"
    return judge(Case("case", url, Page(url, 200, {"content-type": "text/html"}, html.encode()))).verdict.value


GLOSSARY = document(
    "Glossary",
    rest="<dl><dt>403 Forbidden</dt><dd>The server understood the request and refuses it.</dd><dt>404 Not Found</dt>"
    "<dd>The server has nothing at this address.</dd><dt>410 Gone</dt><dd>The page was removed for good.</dd></dl>",
)


def test_a_page_under_a_title_that_says_what_its_address_says_is_no_error() -> None:
    assert at("/help/glossary", GLOSSARY) == "ok"
    assert at("/help/17", GLOSSARY) == "dead"


def test_a_title_with_one_word_of_a_long_address_may_be_an_error() -> None:
    gone = document(
        "The boats page was not found",
        "The page you asked for is no longer here. Please use the search, or the menu above.",
    )
    assert at("/news/boats-of-the-harbour-board-were-painted-again", gone) == "dead"


def test_a_page_that_goes_on_in_long_sentences_is_no_notice() -> None:
    html = document(
        "404: Page not found, and what to say then",
        "A visitor who lands on an address that does not exist sees what you put there, so put something useful.",
        "The harbour of Emden shows a lighthouse that sweeps its beam over the water, and a seal that shrugs.",
    )
    assert at("/blog/17", html) == "ok"


def test_a_notice_that_explains_itself_stays_one() -> None:
    html = document(
        "Page not found",
        "The page you are looking for may have been removed, had its name changed, or be unavailable for the moment.",
        "Check the address for typing errors, go back to the page you came from, or search our site for what you need.",
    )
    assert at("/blog/17", html) == "dead"


def test_an_age_that_is_not_asked_for_is_no_wall() -> None:
    years = document(
        "18 years of cider", "18 years of pressing apples on the quay: forty bottles then, forty thousand today."
    )
    assert at("/a/17", years) == "ok"
    assert at("/a/17", document("Are you over 18?", rest="<a href=/in>Enter</a>")) == "blocked"
    assert at("/a/17", document("18 years and older", rest="<a href=/in>I am over 18</a>")) == "blocked"


@pytest.mark.parametrize("offer", ["Subscribe and read on for 99 kr a month", "Subscribe and read on for £1 a week"])
def test_a_price_for_a_period_is_an_offer(offer: str) -> None:
    text = "The council of the harbour met on Tuesday to settle how the old grain store should be used."
    assert at("/a/17", document("The grain store", text, offer)) == "blocked"
    letters = "Subscribe to our letter: 3 a month, about tides"
    assert at("/a/17", document("The grain store", text, letters)) == "ok"
