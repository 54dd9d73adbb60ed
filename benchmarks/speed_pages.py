"""The pages of the speed benchmark: seeded, real-looking, and rewritten in noise or in substance.

A page is a pure function of its number, its edition (another edition has other
paragraphs: a real change) and its noise (counters, times, tokens, an advertisement and
related links, outside the article: no change of substance).
"""

from __future__ import annotations

import random
from functools import cache
from html import escape

SMALLEST, LARGEST, USUAL = 20_000, 150_000, 25_000
"""Bytes of a page: triangular, so that the mean is 65 KB."""
REPLACED = 0.5
"""Share of the paragraphs that another edition replaces."""
_MARKUP = 0.35
"""Share of a page's bytes that is not the text of its article."""


def _listed(text: str, between: str | None = None) -> list[str]:
    return [word.strip() for word in text.split(between)]


_NOUNS = _listed("""harbour council bridge ferry report budget school river market committee hospital archive railway
museum library engineer newspaper tenant farmer court inquiry contract survey vaccine election border village
reservoir quarry lighthouse union treaty orchestra glacier forest fishery laboratory satellite theatre bakery
pipeline airport parliament cathedral orchard canal foundry observatory shipyard vineyard dam tribunal""")
_ADJECTIVES = _listed("""new northern quiet disputed former public private costly late early regional narrow official
unexpected independent temporary ancient modern fragile ambitious reluctant formal annual local remote steady
coastal provisional crowded careful rural secret troubled hopeful expensive patient neighbouring""")
_VERBS = _listed("""approved rejected repaired questioned financed described delayed measured published reopened lost
defended surveyed replaced promised compared closed inherited examined restored welcomed ignored recorded
explained opposed counted visited renamed protected abandoned supported corrected""")
_STARTS = _listed("""Bren Salt Tide Ard Coll East Farr Glen Hav Inver Kes Low March Norr Oak Pen Quill Ross Stone
Thorn Under Vale West Yarr Ald Cast Dorr Ell Gar Holl Jess Ken Lor Mort Night Orm Pem Red Sorr Whit""")
_MIDDLES = _listed(
    "nock marsh wat moo ling rea ow hur er ne trel mer wo ring holl dry lan car beck ley hill for ter ring"
)
_ENDS = _listed("by dale ford ham low mere more ness port sby shaw stead thorpe ton wick worth y well gate field")
_TIMES = _listed(
    """in the spring|after the flood|during the strike|before the vote|on Tuesday|last winter|over the summer|
within a week|by the end of the year|for the third time|at the last meeting|without much notice|against advice""",
    "|",
)
_LINKS = _listed("""Politics Economy Science Culture Letters Weather Sport Travel Obituaries Crosswords Podcasts
Newsletters Archive Jobs Property Gardening Books Film Music Food Health Education Technology Opinion""")


def page(number: int, edition: int = 0, noise: int = 0, seed: int = 6) -> bytes:
    """The HTML of page `number`, UTF-8."""
    title = _title(number, seed)
    shown = random.Random(f"{seed} {number} noise {noise}")
    body = "\n".join(f"<p>{text}</p>" for text in paragraphs(number, edition, seed))
    size = _size(number, seed)
    parts = [
        _head(title, number, shown, int(size * _MARKUP * 0.5)),
        _nav(number, shown),
        f'<main id="content"><article class="story"><header><h1>{title}</h1>'
        f'<p class="byline">By {_STARTS[number % len(_STARTS)]}, '
        f'<time datetime="2025-03-{1 + number % 28:02}">{1 + number % 28} March 2025</time></p></header>\n'
        f'<div class="story-body">{body}</div></article></main>',
        _aside(number, shown, int(size * _MARKUP * 0.35)),
        _footer(shown),
    ]
    return "\n".join(parts).encode()


def paragraphs(number: int, edition: int = 0, seed: int = 6) -> list[str]:
    """The paragraphs of a page's article; another edition replaces half of them."""
    pool = _sentences(seed)
    chosen = random.Random(f"{seed} {number} text")
    wanted = _size(number, seed) * (1 - _MARKUP)
    texts: list[str] = []
    written = 0
    while written < wanted:
        texts.append(" ".join(chosen.choices(pool, k=chosen.randint(3, 7))))
        written += len(texts[-1]) + 8
    if edition:
        anew = random.Random(f"{seed} {number} edition {edition}")
        for place in anew.sample(range(len(texts)), k=max(2, round(REPLACED * len(texts)))):
            texts[place] = " ".join(anew.choices(pool, k=anew.randint(3, 7)))
    return texts


def slug(number: int, seed: int = 6) -> str:
    """The last part of a page's path."""
    return f"{_title(number, seed).lower().replace(' ', '-')}-{number:06}.html"


def _size(number: int, seed: int) -> int:
    return int(random.Random(f"{seed} {number} size").triangular(SMALLEST, LARGEST, USUAL))


@cache
def _sentences(seed: int) -> list[str]:
    dice = random.Random(f"{seed} sentences")
    return [_sentence(dice) for _ in range(20_000)]


def _sentence(dice: random.Random) -> str:
    def name() -> str:
        return dice.choice(_STARTS) + dice.choice(_MIDDLES) + dice.choice(_ENDS)

    def thing() -> str:
        return f"{dice.choice(_ADJECTIVES)} {dice.choice(_NOUNS)}"

    who = dice.choice([f"The {thing()}", f"{name()}, of the {dice.choice(_NOUNS)},", f"One {thing()}"])
    first = f"{who} {dice.choice(_VERBS)} the {thing()} {dice.choice(_TIMES)}"
    kind = dice.randrange(5)
    if kind == 0:
        return f"{first}, and the {dice.choice(_NOUNS)} of {name()} {dice.choice(_VERBS)} the {thing()}."
    if kind == 1:
        return f"{first}, at a cost of {dice.randint(3, 980)},{dice.randint(0, 999):03} pounds."
    if kind == 2:
        return f"“{first},” said {name()} in {name()}."
    if kind == 3:
        return f"{first}, although {dice.randint(2, 97)} per cent of {name()} {dice.choice(_VERBS)} it."
    return f"{first}."


def _title(number: int, seed: int) -> str:
    dice = random.Random(f"{seed} {number} title")
    return f"The {dice.choice(_ADJECTIVES)} {dice.choice(_NOUNS)} of {dice.choice(_STARTS)}{dice.choice(_ENDS)}"


def _head(title: str, number: int, shown: random.Random, size: int) -> str:
    rules = []
    written = 0
    while written < size:
        name = f".{_NOUNS[len(rules) % len(_NOUNS)]}-{len(rules)}"
        rules.append(f"{name}{{margin:{len(rules) % 9}px auto;padding:.5em 1em;color:#3{number % 10}3;display:flex}}")
        written += len(rules[-1]) + 1
    style = "\n".join(rules)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | The Tidewater Gazette</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{title}: the story so far.">
<meta name="csrf-token" content="{shown.randbytes(16).hex()}">
<link rel="stylesheet" href="/site.css">
<style>{style}</style>
<script>window.page = {{"id": {number}, "build": "{shown.randbytes(6).hex()}"}};</script>
</head><body>"""


def _nav(number: int, shown: random.Random) -> str:
    links = "".join(f'<li><a href="/{name.lower()}/">{name}</a></li>' for name in _LINKS)
    return (
        f'<header class="site"><a href="/">The Tidewater Gazette</a><nav aria-label="Main"><ul>{links}</ul></nav>'
        f'<p class="visitors">{shown.randint(100, 9999)} readers online</p></header>'
    )


def _aside(number: int, shown: random.Random, size: int) -> str:
    cards = []
    written = 0
    while written < size:
        title = (
            f"The {shown.choice(_ADJECTIVES)} {shown.choice(_NOUNS)} of {shown.choice(_STARTS)}{shown.choice(_ENDS)}"
        )
        address = escape(title.lower().replace(" ", "-"))
        cards.append(
            f'<li class="card"><a href="/related/{address}"><img src="/thumbs/{shown.randbytes(10).hex()}.jpg" alt="" '
            f'width="160" height="90"></a><h3><a href="/related/{address}">{title}</a></h3></li>'
        )
        written += len(cards[-1])
    advert = f"Offer {shown.randint(1000, 9999)}: {shown.choice(_ADJECTIVES)} {shown.choice(_NOUNS)} tickets"
    return (
        f'<aside class="related"><h2>More stories</h2><ul>{"".join(cards)}</ul>'
        f'<div class="ad" id="ad-{shown.randint(1, 10**6)}">'
        f'<a href="/out?c={shown.randbytes(5).hex()}">{advert}</a></div></aside>'
    )


def _footer(shown: random.Random) -> str:
    links = " ".join(f'<a href="/about/{name.lower()}">{name}</a>' for name in _LINKS[:12])
    at = f"{shown.randrange(24):02}:{shown.randrange(60):02}:{shown.randrange(60):02}"
    return (
        f"<footer><p>{links}</p><p>© The Tidewater Gazette. Page made at {at} in {shown.randint(3, 90)} ms. "
        f"{shown.randint(10_000, 99_999)} visits.</p></footer></body></html>"
    )
