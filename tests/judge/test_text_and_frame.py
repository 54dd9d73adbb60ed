"""What a page says itself is told from its site's frame, whatever its words: by elements, places and the baseline."""

from __future__ import annotations

import pytest

from linkarchive.judge.verdict import judge

NAV = "".join(f'<li><a href="/s/{n}">{name}</a></li>' for n, name in enumerate(("Kreis", "Markt", "Hafen", "Verein")))
BAR = (
    '<div id="consent-bar"><p>Wir verwenden Cookies, um Zugriffe zu zählen.</p><button>Alle annehmen</button>'
    "<button>Einstellungen</button></div>"
)
FOOT = '<footer><p>Redaktion und Anzeigen im Haus am Markt, Eingang hinten.</p><a href="/i/1">Impressum</a></footer>'
TEXT = "".join(
    f"<p>Der Rat hat am {day} über das Heizwerk neben dem Güterschuppen beraten, das neunhundert Haushalte mit Wärme "
    f"versorgen soll, und die Leitungen unter der {street} für das kommende Jahr ausgeschrieben.</p>"
    for day, street in (
        ("Montag", "Gartenstraße"),
        ("Freitag", "Mühlgasse"),
        ("Sonntag", "Uferstraße"),
        ("Dienstag", "Allee"),
    )
)
URL = "https://bote.example/2020/heizwerk"


def framed(title: str, main: str) -> str:
    return (
        f"<html lang=de><head><title>{title}</title></head><body><nav><ul>{NAV}</ul></nav>{BAR}<main>{main}</main>"
        f"{FOOT}</body></html>"
    )


ARTICLE = framed("Heizwerk beschlossen", f"<h1>Heizwerk beschlossen</h1>{TEXT}")


def verdict(case, page, html: str, before: str | None = None) -> tuple[str, str]:
    judgement = judge(case(page(html, final_url=URL), url=URL, before=page(before, final_url=URL) if before else None))
    return judgement.verdict.value, judgement.reason.value


def test_a_few_new_words_where_a_text_was_are_a_notice_in_whatever_words(case, page):
    main = "<h1>Tja, das war wohl nichts</h1><p>Fragen Sie die Leute am Empfang, die wissen weiter.</p>"
    assert verdict(case, page, framed("Bote", main), ARTICLE) == ("dead", "soft-404")


def test_another_text_in_its_place_is_no_notice(case, page):
    other = TEXT.replace("Rat", "Chor").replace("Heizwerk", "Singspiel").replace("Leitungen", "Noten")
    other = other.replace("beraten", "geprobt").replace("versorgen", "erfreuen").replace("Wärme", "Musik")
    main = f"<h1>Ein Sommer voller Lieder</h1>{other.replace('neunhundert Haushalte', 'viele Gäste aus dem Tal')}"
    assert verdict(case, page, framed("Lieder", main), ARTICLE)[0] == "drifted"


def test_a_cookie_bar_above_a_notice_does_not_make_it_a_consent_dialog(case, page):
    main = "<h1>Kein Treffer</h1><p>Der Artikel, den Sie suchen, ist nicht mehr vorhanden.</p>"
    assert verdict(case, page, framed("Bote", main)) == ("dead", "soft-404")


def test_a_cookie_bar_that_goes_is_no_change(case, page):
    short = f"<h1>Fährzeiten</h1>{TEXT.partition('</p>')[0]}</p><p>Um sieben, um neun und um elf ab dem Nordkai.</p>"
    before = framed("Fährzeiten", short)
    assert verdict(case, page, before.replace(BAR, ""), before)[0] == "ok"


@pytest.mark.parametrize(
    "offer",
    [
        "Resten är till för dig som prenumererar. Första månaden 1 krona.",
        "Il resto dell'articolo è per chi è abbonato. Prova un mese a 1 €.",
    ],
)
def test_an_offer_to_read_on_below_the_beginning_of_a_text_is_a_paywall(case, page, offer):
    start = "Regeringens plan delar koalitionen i två delar, och texten som nu går till kammaren är redan den tredje."
    main = f"<article><h1>Vem betalar</h1><p>{start}</p><div><p>{offer}</p></div></article>"
    assert verdict(case, page, framed("Vem betalar", main)) == ("blocked", "paywall")


def test_a_page_that_asks_for_an_age_is_a_wall_and_one_that_states_an_age_is_none(case, page):
    asks = "<h1>Sei maggiorenne?</h1><p>Per entrare devi avere compiuto 18 anni.</p><a href='?si'>Sì</a>"
    assert verdict(case, page, f"<title>Enoteca</title>{asks}")[0] == "blocked"
    states = (
        "<h1>Corsa dei carri</h1><p>Si corre la prima domenica di maggio lungo il fiume, dal ponte vecchio al mulino, "
        "con sei carri e dodici cavalli.</p><p>Chi guida deve avere compiuto 18 anni.</p>"
    )
    assert verdict(case, page, f"<title>Corsa</title>{states}")[0] == "ok"


def test_what_stands_below_a_text_is_no_notice_about_the_page(case, page):
    main = (
        "<h1>Storm lanterns</h1><p>Product of the month: the Tern 12 in brass. The Tern 9 was discontinued in May; "
        "parts remain in stock. Items marked * are unavailable for collection at Hull.</p><p>Delivery in three.</p>"
    )
    assert verdict(case, page, framed("Storm lanterns", main))[0] == "ok"
