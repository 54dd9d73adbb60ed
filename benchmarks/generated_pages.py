"""Pages of invented sites for the training of judge/page_class.json: errors, walls, holding pages, and honest ones.

    python benchmarks/generated_pages.py 3          print three pages of each kind

They are put together from data/generated_pages.toml by chance, always the same: what stands in the heading, the title,
the frame, the classes and the address varies independently, as it does from one content system to the next. They are
no test of the judge; folds and sealed sites are.
"""

from __future__ import annotations

import random
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from linkarchive.model import Case, Page

DATA: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("data").joinpath("generated_pages.toml").read_text("utf-8")
)
LANGUAGES = tuple(name for name in DATA if name not in ("frames", "classes"))
KINDS = {
    "gone": "gone", "parked": "parked", "default": "parked", "suspended": "parked", "construction": "parked",
    "error": "error", "forbidden": "forbidden", "region": "forbidden", "challenge": "challenge", "login": "login",
    "paywall": "paywall", "consent": "consent", "scripts": "script-only", "honest": "page",
}  # fmt: skip
"""Kinds of the data and of the classes that are trained."""
PAGES = {
    "gone": 24,
    "honest": 48,
    "parked": 10,
    "default": 8,
    "suspended": 10,
    "construction": 8,
    "forbidden": 10,
    "login": 10,
}
"""Pages of a kind and language; others have _FEW."""
_FEW = 6
_SMALL = ("none", "bare", "card")
_RICH = ("bootstrap", "blog", "paper", "shop", "office", "spa", "wiki", "forum")
_OWN = ("parked", "default", "suspended", "construction", "challenge", "scripts")
"""Kinds that stand in a document of their own rather than in the frame of a site."""
_TLDS = {"en": ("example", "test"), "zh": ("example",)}
_SECTIONS = ("news", "story", "articles", "p", "blog", "item", "docs", "2017/04", "2019")
_WORDS = (
    "harbour",
    "clock",
    "bridge",
    "letter",
    "oak",
    "ferry",
    "autumn",
    "report",
    "meeting",
    "garden",
    "mill",
    "choir",
)
_BANNER = '<div class="cookie-banner"><p>$consent</p><button>OK</button></div>'


@dataclass(frozen=True, slots=True)
class Made:
    case: Case
    kind: str
    site: str


def pages() -> Iterator[Made]:
    """Some pages of each kind in each language, half of them where an article was."""
    for language in LANGUAGES:
        for kind in KINDS:
            if kind not in DATA[language]:
                continue
            for number in range(PAGES.get(kind, _FEW)):
                yield _page(random.Random(f"{language} {kind} {number}"), language, kind)


def _page(chance: random.Random, language: str, kind: str) -> Made:
    words = DATA[language]
    site = chance.choice(words["sites"])
    host = f"{chance.choice(('www.', ''))}{chance.choice(_WORDS)}-{chance.choice(_WORDS)}{chance.randrange(90)}.example"
    url = f"https://{host}/{chance.choice(_SECTIONS)}/{_slug(chance)}"
    frame = _frame(chance, kind)
    heading, body = _honest(chance, words) if kind == "honest" else _notice(chance, words, kind, host, site)
    after = _document(chance, words, language, frame, kind, url, site, heading, body)
    before = None
    if chance.random() < (0.6 if kind == "honest" else 0.5):
        at = chance.choice((frame, chance.choice(_RICH)))
        title, text = _article(chance, words)
        before = _response(url, _document(chance, words, language, at, "honest", url, site, title, text))
    final = (
        url
        if chance.random() < 0.85
        else f"https://{host}/{chance.choice(('', 'index.html', '404', 'login', 'error'))}"
    )
    if kind == "honest" and final != url:
        final = f"https://{host}/{chance.choice(_SECTIONS)}/{_slug(chance)}"
    return Made(Case(f"{language}-{kind}", url, _response(final, after), before), KINDS[kind], host)


def _response(url: str, html: str) -> Page:
    return Page(url, 200, {"content-type": "text/html; charset=utf-8"}, html.encode())


def _slug(chance: random.Random) -> str:
    words = "-".join(chance.sample(_WORDS, chance.randrange(1, 5)))
    return chance.choice(
        (words, f"{words}.html", f"{chance.randrange(90_000)}", f"show.php?id={chance.randrange(9000)}")
    )


def _frame(chance: random.Random, kind: str) -> str:
    if kind in _OWN:
        return chance.choice(_SMALL) if chance.random() < 0.9 else chance.choice(_RICH)
    if kind in ("paywall", "honest"):
        return (
            chance.choice(_RICH) if chance.random() < (0.85 if kind == "paywall" else 0.65) else chance.choice(_SMALL)
        )
    return chance.choice(_RICH) if chance.random() < 0.65 else chance.choice(_SMALL)


def _sentences(chance: random.Random, words: dict[str, Any], kind: str) -> list[str]:
    """A few sentences of a notice; one is put together of a subject and a predicate, where the language has them."""
    data = words[kind]
    sentences = chance.sample(data["texts"], min(len(data["texts"]), chance.randrange(0, 4)))
    if "subjects" in data and (chance.random() < 0.6 or not sentences):
        sentences.insert(0, f"{chance.choice(data['subjects'])} {chance.choice(data['predicates'])}.")
    return sentences


def _notice(chance: random.Random, words: dict[str, Any], kind: str, host: str, site: str) -> tuple[str, str]:
    """(heading, body) of a page of this kind."""
    heading = chance.choice(words[kind]["headings"])
    sentences = _sentences(chance, words, kind)
    tag = chance.choice(("h1", "h1", "h2", "p", "div"))
    parts = [f"<{tag}>{heading}</{tag}>" if heading else ""]
    block = chance.choice(("p", "p", "div", "li"))
    parts += [f"<{block}>{sentence}</{block}>" for sentence in sentences]
    parts += _extras(chance, words, kind)
    if kind == "paywall":
        _, text = _honest(chance, words)
        parts = [text.removesuffix("</p>") + chance.choice(("…</p>", "</p>")), *parts]
    if kind == "scripts":
        parts = ['<div id="root"></div>', *(f"<noscript>{sentence}</noscript>" for sentence in sentences[:1])]
        parts.append('<script src="/static/js/main.2f1.js"></script>')
    return _filled(heading, host, site), _filled("".join(parts), host, site)


def _extras(chance: random.Random, words: dict[str, Any], kind: str) -> list[str]:
    """Forms, frames and links that pages of this kind have beside their words."""
    parts = []
    home = f'<p><a href="/">{words["nav"][0]}</a></p>'
    foreign = (
        f'<a href="https://hoster-{chance.choice(_WORDS)}.example/{chance.choice(("", "support", "buy"))}">Hoster</a>'
    )
    if kind in ("gone", "forbidden", "error") and chance.random() < 0.5:
        parts.append(home)
    if kind == "gone" and chance.random() < 0.25:
        parts.append('<form action="/search"><input type="search" name="q"><input type="submit" value="&gt;"></form>')
    if kind == "gone" and chance.random() < 0.15:
        parts.append(f"<ul>{_links(words['teasers'], 'story')}</ul>")
    if kind in ("parked", "default", "suspended") and chance.random() < 0.7:
        parts.append(f"<p>{foreign}</p>")
    if kind == "parked" and chance.random() < 0.3:
        links = "".join(f'<li><a href="/?k={n}">{name}</a></li>' for n, name in enumerate(words["teasers"]))
        parts.append(f'<ul class="related-links">{links}</ul>')
    if kind in ("parked", "construction") and chance.random() < 0.3:
        parts.append('<form><input type="email" name="m"><button>OK</button></form>')
    if kind == "challenge":
        parts.append(chance.choice((
            '<form method="post"><img src="/captcha.png"><input type="text" name="code"><input type="submit"></form>',
            '<iframe src="https://captcha.example/frame"></iframe>', '<script src="/check.js"></script>',
            '<div class="spinner"></div><script>setTimeout(function(){location.reload()},5000)</script>',
        )))  # fmt: skip
    if kind == "login" and chance.random() < 0.85:
        parts.append(
            '<form method="post"><input type="text" name="u"><input type="password" name="p">'
            f"<button>{words['enter']}</button></form>"
        )
    if kind in ("paywall", "region") and chance.random() < 0.5:
        parts.append(f'<p><a href="/abo">{words["plans"]}</a> <a href="/login">{words["enter"]}</a></p>')
    return parts


def _honest(chance: random.Random, words: dict[str, Any]) -> tuple[str, str]:
    title, *paragraphs = chance.choice(words["honest"]["pages"])
    return title, f"<h1>{title}</h1>" + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _article(chance: random.Random, words: dict[str, Any]) -> tuple[str, str]:
    """A longer page, of the paragraphs of all honest ones: what stood at an address before."""
    honest = words["honest"]["pages"]
    paragraphs = [paragraph for page in honest for paragraph in page[1:]]
    title = chance.choice(honest)[0]
    chance.shuffle(paragraphs)
    text = "".join(f"<p>{' '.join(paragraphs[at : at + 2])}</p>" for at in range(0, len(paragraphs), 2))
    return title, f"<article><h1>{title}</h1>{text}</article>"


def _document(
    chance: random.Random, words: dict[str, Any], language: str, frame: str, kind: str, url: str, site: str,
    heading: str, body: str,
) -> str:  # fmt: skip
    titles = (f"{heading} | {site}", f"{heading} – {site}", f"{site}: {heading}", heading, site)
    title = chance.choice(titles if kind != "gone" else (*titles, "404", f"404 | {site}"))
    names = DATA["classes"].get(KINDS[kind] if kind not in DATA["classes"] else kind, DATA["classes"]["honest"])
    named = chance.random() < (0.35 if kind != "honest" else 0.5)
    nav = list(words["nav"])
    html = Template(DATA["frames"][frame]).safe_substitute(
        lang=language,
        title=title.strip(" |–:"),
        site=site,
        main=body,
        meta=_meta(chance, kind, url, heading),
        nav=_links(nav[:8], "section"),
        nav2=_links(nav[4:], "more"),
        teasers=_links(words["teasers"], "story"),
        teasers2=_links(words["teasers"] * 2, "2020"),
        foot=words["foot"],
        enter=words["enter"],
        plans=words["plans"],
        **{"class": f' class="{chance.choice(names)}"' if named else ""},
    )
    if frame in _RICH and "consent" in words and chance.random() < 0.3:
        banner = Template(_BANNER).substitute(consent=" ".join(words["consent"]["texts"][:2]))
        html = html.replace("</body>", f"{banner}</body>")
    return html


def _meta(chance: random.Random, kind: str, url: str, heading: str) -> str:
    is_honest = kind in ("honest", "paywall")
    parts = []
    if chance.random() < (0.6 if is_honest else 0.08):
        parts.append(f'<link rel="canonical" href="{url}">')
    elif chance.random() < (0.02 if is_honest else 0.15):
        parts.append(f'<link rel="canonical" href="{url.rpartition("/")[0].rpartition("/")[0]}/404">')
    if chance.random() < (0.04 if is_honest else 0.4):
        parts.append('<meta name="robots" content="noindex, follow">')
    if chance.random() < (0.6 if is_honest else 0.15):
        parts.append(f'<meta name="description" content="{heading}"><meta property="og:title" content="{heading}">')
    if is_honest and chance.random() < 0.4:
        parts.append(
            '<meta property="og:type" content="article"><meta property="article:published_time" content="2019">'
        )
    return "".join(parts)


def _links(names: Sequence[str], folder: str) -> str:
    return "".join(f'<li><a href="/{folder}/{number}">{name}</a></li>' for number, name in enumerate(names))


def _filled(text: str, host: str, site: str) -> str:
    return Template(text).safe_substitute(host=host, site=site)


def main() -> int:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    shown: dict[str, int] = {}
    for made in pages():
        shown[made.kind] = shown.get(made.kind, 0) + 1
        if shown[made.kind] <= most:
            print(f"== {made.kind} {made.case.url}\n{made.case.after.body.decode()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
