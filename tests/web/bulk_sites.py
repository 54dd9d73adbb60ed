"""Thousands of pages on a hundred hosts, made from their own address: for runs that are killed, and for speed."""

from __future__ import annotations

import functools
import random
import zlib

from linkarchive.demo.wire import Reply, Request, Response, Site

DOMAIN = "bulk.example"
HOSTS = 100

_NOUNS = (
    "harbour tide ledger lantern survey council ferry channel timber warehouse pilot season archive railway orchard "
    "winter market engine bridge letter register mooring captain estuary signal catalogue museum weather village road"
)
_VERBS = "recorded described measured refused repaired carried opened counted followed promised moved settled"
_WORDS = (
    "slow northern careful public early narrow forgotten yearly wooden steady private common distant bright patient "
    "unusual heavy modest official local"
)


def bulk_links(count: int) -> list[str]:
    """`count` distinct URLs over up to 100 hosts, http and https mixed; about 2 % of them are dead (404)."""
    links = []
    for index in range(count):
        host = index % HOSTS
        scheme = "https" if host % 2 else "http"
        links.append(f"{scheme}://n{host:03}.{DOMAIN}/page/{index // HOSTS}")
    return links


def is_dead(url: str) -> bool:
    return zlib.crc32(url.encode()) % 50 == 0


def hosts() -> dict[str, Site]:
    """For `DemoWeb(extra=…)`."""
    return {f"*.{DOMAIN}": site}


def site(request: Request) -> Reply:
    if not request.path.startswith("/page/") or not request.path[6:].isdigit() or is_dead(request.url):
        return Response(b"<html><title>404 Not Found</title><h1>Not Found</h1></html>", 404)
    body = _body(request.url)
    etag = f'"{zlib.crc32(body):08x}"'
    return Response(body, headers=(("ETag", etag), ("Cache-Control", "max-age=0")))


@functools.lru_cache(maxsize=8192)
def _body(url: str) -> bytes:
    """5–30 KB of HTML, always the same for a URL."""
    dice = random.Random(url)
    nouns, words = _NOUNS.split(), _WORDS.split()
    title = f"The {dice.choice(words)} {dice.choice(nouns)} of the {dice.choice(words)} {dice.choice(nouns)}"
    size = dice.randint(5_000, 30_000) - 2_500
    paragraphs: list[str] = []
    length = 0
    while length < size:
        paragraph = " ".join(_sentence(dice) for _ in range(dice.randint(4, 8)))
        paragraphs.append(f"<p>{paragraph}</p>")
        length += len(paragraph) + 8
    navigation = "".join(f'<li><a href="/page/{number}">{noun.title()}</a></li>' for number, noun in enumerate(nouns))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f"<header><nav><ul>{navigation}</ul></nav></header>"
        f"<main><article><h1>{title}</h1>\n{chr(10).join(paragraphs)}\n</article></main>"
        f"<footer><p>Printed by the county press. All rights reserved.</p></footer></body></html>"
    ).encode()


def _sentence(dice: random.Random) -> str:
    nouns, verbs, words = _NOUNS.split(), _VERBS.split(), _WORDS.split()
    choice = dice.choice
    year = dice.randint(1790, 2020)
    return (
        f"The {choice(words)} {choice(nouns)} {choice(verbs)} a {choice(words)} {choice(nouns)} "
        f"in {year}, and the {choice(nouns)} {choice(verbs)} its {choice(words)} {choice(nouns)}."
    )
