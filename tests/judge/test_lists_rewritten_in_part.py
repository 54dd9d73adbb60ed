"""Pages that are one list: a third of its entries rewritten is drift, a new entry or another order is none.

The entries are of invented places; each kind is tried in several layouts, alone and in the frame of a site.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from linkarchive.judge.verdict import judge

Rows = tuple[tuple[str, ...], ...]

CHRONOLOGY: Rows = (
    ("3 March 1911", "The harbour board buys the first dredger"),
    ("18 May 1912", "A storm breaks the eastern mole in two places"),
    ("7 July 1914", "The ferry to the islands stops running"),
    ("1 June 1919", "Fishing crews return and share eleven boats"),
    ("22 April 1923", "The rope works burn down in one night"),
    ("9 October 1926", "The council votes for a new lighthouse"),
    ("14 August 1931", "The lighthouse is lit by the governor"),
    ("2 February 1936", "Ice closes the inner basin for nine weeks"),
    ("5 May 1941", "The customs house is taken by the navy"),
    ("30 November 1945", "The navy hands back the customs house"),
    ("11 June 1952", "A bridge replaces the chain ferry"),
    ("19 March 1958", "The cannery opens with sixty workers"),
)
OTHER_EVENTS = (
    "Shipowners found a savings bank of their own",
    "Cholera shuts every school until the autumn",
    "An American airman lands in the oyster beds",
    "Refugees are housed inside the grain stores",
)
CHRONIK: Rows = (
    ("1868", "Gründung der Freiwilligen Feuerwehr im Gasthaus Adler"),
    ("1874", "Anschaffung der ersten Handspritze aus Ulm"),
    ("1889", "Großbrand in der Unteren Mühle"),
    ("1902", "Bau des Spritzenhauses neben der Kirche"),
    ("1911", "Anschluss an die Wasserleitung des Bezirks"),
    ("1926", "Das erste Motorfahrzeug wird geweiht"),
    ("1938", "Die Wehr wird der Polizei unterstellt"),
    ("1947", "Neubeginn mit neunzehn Mann"),
    ("1959", "Gründung der Jugendgruppe"),
    ("1968", "Hundertjahrfeier mit Festzug durch drei Dörfer"),
    ("1976", "Umzug in das Gerätehaus an der Bahn"),
    ("1991", "Hilfe beim Hochwasser in der Nachbarstadt"),
)
ANDERES = (
    "Kirchenchor singt erstmals unter Leitung des Lehrers",
    "Stromnetz erreicht sämtliche Höfe oberhalb vom Bach",
    "Ein Blitz zerstört den alten Turm",
    "Sparkasse stiftet Leiter, Helme, Mäntel sowie Stiefel",
)
PRICES: Rows = (
    ("Espresso", "2.10"), ("Double espresso", "2.90"), ("Cappuccino", "3.40"), ("Filter coffee", "2.60"),
    ("Pot of black tea", "3.20"), ("Mint tea", "3.00"), ("Hot chocolate", "3.80"), ("Apple juice", "2.70"),
    ("Rhubarb lemonade", "3.10"), ("Mineral water", "2.20"), ("Cheese roll", "3.50"), ("Egg sandwich", "4.20"),
)  # fmt: skip
OTHER_PRICES = ("2.80", "4.10", "5.30", "3.90")
FARES: Rows = tuple((name, f"{price.replace('.', ',')} €") for name, price in PRICES)
OTHER_FARES = tuple(f"{price.replace('.', ',')} €" for price in OTHER_PRICES)
RESULTS: Rows = (
    ("Northgate – Millbrook", "2–1"), ("Harbour – Eastfield", "0–0"), ("Old Mill – Castle", "3–2"),
    ("Stonebridge – Weir", "1–4"), ("Castle – Northgate", "2–2"), ("Eastfield – Weir", "5–0"),
    ("Millbrook – Stonebridge", "1–1"), ("Weir – Harbour", "0–2"), ("Northgate – Old Mill", "3–0"),
    ("Castle – Stonebridge", "4–1"), ("Harbour – Millbrook", "1–3"), ("Old Mill – Eastfield", "2–0"),
)  # fmt: skip
OTHER_RESULTS = ("1–5", "6–2", "0–3", "5–5")
COUNTS: Rows = tuple((f"Ward of {name}", str(1_204 + 317 * n)) for n, (name, *_) in enumerate(PRICES))
OTHER_COUNTS = ("911", "2,077", "3,650", "1,118")
STAFF: Rows = (
    ("Ilse Brandauer", "Director", "201"), ("Tom Achterberg", "Deputy director", "202"),
    ("Ruta Kalnina", "Head of archives", "210"), ("Piers Holloway", "Archivist", "211"),
    ("Mona Stellan", "Archivist", "212"), ("Jean Verdoux", "Conservator", "220"),
    ("Aino Lehtola", "Conservator", "221"), ("Samir Haddad", "Reading room", "230"),
    ("Greta Moen", "Reading room", "231"), ("Luca Ferraro", "Photographer", "240"),
    ("Nadia Orlova", "Digitisation", "241"), ("Owen Pritchard", "Press office", "242"),
)  # fmt: skip
OTHER_STAFF = ("Petra Wallin", "Dmitri Sokolov", "Yusuf Karim", "Ines Caldeira")
GLOSSARY: Rows = (
    ("Abutment", "the part of a bank on which the end of a bridge rests"),
    ("Bollard", "a short post of iron to which a ship is made fast"),
    ("Caisson", "a watertight box in which men build under water"),
    ("Datum", "the level from which all heights on a chart are counted"),
    ("Ebb", "the time in which the water falls after its highest mark"),
    ("Fairlead", "a ring of metal that guides a line across the deck"),
    ("Groyne", "a low wall that keeps sand from being carried along the shore"),
    ("Hawser", "a thick rope for towing or mooring larger vessels"),
    ("Inlet", "a narrow arm of the sea between two pieces of land"),
    ("Jetty", "a structure of wood or stone that reaches out into water"),
    ("Keel", "the lowest timber of a hull along its whole length"),
    ("Lee", "the side of a ship or island away from the wind"),
)
OTHER_MEANINGS = (
    "whoever inherits duties attached to riverside property",
    "loan secured against unfinished cargo vessels abroad",
    "committee settling quarrels among pilots by majority",
    "insurance clause covering damage through frozen canals",
)
NEW = ("Rosehip crumble", "Somebody else was asked to write this")
KINDS: dict[str, tuple[Rows, int, Sequence[str]]] = {
    "chronology": (CHRONOLOGY, 1, OTHER_EVENTS),
    "chronology by years, German": (CHRONIK, 1, ANDERES),
    "prices": (PRICES, 1, OTHER_PRICES),
    "prices with a sign": (FARES, 1, OTHER_FARES),
    "results of matches": (RESULTS, 1, OTHER_RESULTS),
    "counts by ward": (COUNTS, 1, OTHER_COUNTS),
    "staff": (STAFF, 0, OTHER_STAFF),
    "glossary": (GLOSSARY, 1, OTHER_MEANINGS),
}
"""Entries; which of their parts is rewritten in every third; to what."""


def _list(rows: Rows) -> str:
    return "<ol>" + "".join(f"<li>{' – '.join(row)}</li>" for row in rows) + "</ol>"


def _table(rows: Rows) -> str:
    return "<table>" + "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows) + "</table>"


def _terms(rows: Rows) -> str:
    return "<dl>" + "".join(f"<dt>{row[0]}</dt><dd>{', '.join(row[1:])}</dd>" for row in rows) + "</dl>"


def _lines(rows: Rows) -> str:
    return "<p>" + "<br>".join(" ".join(row) for row in rows) + "</p>"


LAYOUTS = {"list": _list, "table": _table, "terms": _terms, "lines": _lines}


def _bare(title: str, entries: str) -> str:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{entries}</body></html>"


def _framed(title: str, entries: str) -> str:
    links = "".join(f'<a href="/{name}">{name}</a> ' for name in ("visit", "tides", "berths", "permits", "contact"))
    intro = (
        "This page is kept by the office, whose staff is glad to hear from readers when something in it is wrong. "
        "Copies on paper can be had at the counter, where older ones may be looked at, too."
    )
    head, foot = f"<title>{title} | Office</title>", "<p>Office, Quay 1, open on weekdays.</p>"
    return (
        f"<html><head>{head}</head><body><header><nav>{links}</nav></header><main><h1>{title}</h1>"
        f"<p>{intro}</p>{entries}</main><footer>{foot}</footer></body></html>"
    )


def _rewritten(rows: Rows, part: int, others: Sequence[str]) -> Rows:
    changed = list(rows)
    for place, other in zip(range(0, len(rows), 3), others, strict=True):
        row = list(rows[place])
        row[part] = other
        changed[place] = tuple(row)
    return tuple(changed)


in_every_form = pytest.mark.parametrize(
    ("kind", "layout", "frame"),
    [(kind, layout, frame) for kind in KINDS for layout in LAYOUTS for frame in (_bare, _framed)],
)


@in_every_form
def test_a_list_of_which_a_third_was_rewritten_has_drifted(case, kind: str, layout: str, frame: Callable[..., str]):
    rows, part, others = KINDS[kind]
    before = frame(kind, LAYOUTS[layout](rows))
    after = frame(kind, LAYOUTS[layout](_rewritten(rows, part, others)))
    judgement = judge(case(after, before))
    assert (judgement.verdict, judgement.reason) == ("drifted", "rewritten")
    assert judgement.similarity is not None
    assert 0.5 < judgement.similarity < 0.97


@in_every_form
def test_a_list_with_a_new_entry_or_in_another_order_is_the_same(
    case, kind: str, layout: str, frame: Callable[..., str]
):
    rows, *_ = KINDS[kind]
    before = frame(kind, LAYOUTS[layout](rows))
    for changed in ((*rows, NEW), (NEW, *rows), rows[::-1], tuple(sorted(rows, key=lambda row: row[-1]))):
        judgement = judge(case(frame(kind, LAYOUTS[layout](changed)), before))
        assert (judgement.verdict, judgement.reason, judgement.similarity) == ("ok", "same", 1.0)


def test_a_counter_in_a_list_is_no_entry(case):
    rows = tuple((name, "in stock") for name, _ in PRICES)
    before, after = (_framed("Menu", _list((*rows, ("Seen", f"{count} times")))) for count in ("1,204", "1,377"))
    judgement = judge(case(after, before))
    assert (judgement.verdict, judgement.reason, judgement.similarity) == ("ok", "same", 1.0)
