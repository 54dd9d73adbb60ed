"""What a page with little text looks like: what it speaks of, and how it is built, as named numbers.

The signs of words say what stands in the headings and in the page's own lines (text that is no link); the signs of
structure say how much text, how many links and forms there are, and what became of the baseline.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from linkarchive.judge import topics, words
from linkarchive.judge.page_view import PageView, segments, stands_out
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.rules import normal

_MAX_LINKS = 2_000
_MAX_TEXT = 6_000
_MOST_LINES = 40
_PROSE = 15
"""Words of a line that is a paragraph."""
_HOST = re.compile(r"(?<![\w@/.-])(?:www\.)?[a-z0-9](?:[\w-]*\.)+[a-z]{2,24}(?![\w@/-])", re.I)
_FILE = re.compile(r"\.(?:html?|php|aspx?|jsp|js|css|txt|pdf|png|jpe?g)$", re.I)
_STATUS = re.compile(r"(?<![\d.,:/€$-])([45]\d\d)(?![\d.,:/%-]*\d)")
_GONE = ("404", "410")
_REFUSED = ("401", "402", "403", "407", "429", "451")
_ARTICLE = (
    'meta[property="article:published_time"], meta[property="og:type"][content="article"], time[datetime], '
    'article p, [itemprop="articleBody"], [itemprop="datePublished"]'
)
_ADDRESS = 'link[rel="canonical"], meta[property="og:url"]'
_ROBOTS = 'meta[name="robots"], meta[name="ROBOTS"], meta[name="googlebot"]'
_TYPED = "form input[type=text], form input:not([type])"
_STATED = ("it states its address", "it states another address", "not to be indexed", "a picture to type from")
_HAS = {
    "states a description": 'meta[name="description"], meta[property="og:description"]',
    "a picture": "img",
    "a frame": "iframe, frame",
    "reloads itself": 'meta[http-equiv="refresh"]',
    "a style sheet": 'link[rel="stylesheet"]',
    "a search form": 'input[type="search"], form[role="search"], input[name="q"], input[name="s"]',
    "a heading": "h1, h2",
}
_TITLED = ("small source", "its title is its site's", "title and heading agree")
_OF_BASELINE = (
    "a baseline that is gone", "no baseline", "the baseline's title", "the baseline's heading", "text of the baseline",
    "links of the baseline", "no links of the baseline", "much shorter", "hardly any text of its own",
    "a notice where a text was",
)  # fmt: skip
_ADDRESS_WORD = re.compile(r"[a-z]{4,}")
_ADDRESS_WORDS = 2
"""Words of the last part of an address from which they say what the page is about."""
_FEW_LINKS = 3
_FEW_NEW_LINKS = 8
"""Links that a notice leads to; a list of links to other pages has more."""
_NEW_WORDS = 50
"""Words of a notice, up to which it stands in the place of a text."""
_TEXT_BEFORE = 90
_LEFT = 0.1
_CUT_OFF = ("…", "...", "[…]", "…]")
_BEGINNING = 5
"""Words of a paragraph that is cut off."""
_OFFER = 4
"""Lines after it within which an offer stands."""
_NOTICE = 12
"""Words of a heading that is a notice."""
_UNDER = 25
"""Words of the line below it that goes on with it."""
_TOGETHER = (
    ("address", "missing"), ("domain", "held"), ("domain", "hosting"), ("account", "suspended"), ("file", "replace"),
    ("default", "hosting"), ("account", "construction"), ("refused", "address"), ("refused", "account"),
    ("machine", "browser"), ("machine", "refused"), ("login", "password"), ("consent", "accept"),
    ("subscribe", "reading_on"), ("error", "crash"), ("error", "missing"), ("region", "missing"), ("region", "refused"),
    ("login", "refused"), ("default", "file"), ("default", "account"), ("domain", "missing"), ("machine", "suspended"),
    ("sought", "missing"), ("sought", "address"), ("subscribe", "period"),
)  # fmt: skip
"""Topics that together say what a page is, where each alone may stand in any text."""


_NAMES = re.compile(r"""\b(?:class|id)\s*=\s*["']?([^"'<>]{1,300})""", re.I)
_MAX_MARKUP = 300_000
_NAMED: Mapping[str, re.Pattern[str]] = {
    "gone": re.compile(
        r"(?<![\w/])(?:page|error|err|template|is|http|status|system|e)?[-_ ]?(?:404|410)(?!\w|[-_]?px)"
        r"|not[-_]?found|no[-_]?results?\b|noarticle|no-route"
    ),
    "error": re.compile(
        r"(?<![a-z])(?:error|fehler|erreur)[-_]?(?:page|template|container|content|wrapper|code|message|box)"
    ),
    "paywall": re.compile(
        r"pay-?wall|reg-?wall|meter(?:ed)?-?wall|premium-?(?:content|wall|box)"
        r"|subscri\w*-?(?:wall|only|gate|barrier)|abo-?wall|piano-|article-?(?:gate|lock)|locked"
    ),
    "challenge": re.compile(
        r"captcha|turnstile|challenge|bot-?(?:check|wall|detect)|human-?verif|cf-(?:error|wrapper|browser)"
    ),
    "consent": re.compile(r"(?:consent|cookie|privacy|gdpr|pur)-?(?:wall|gate|layer|page)"),
    "parked": re.compile(
        r"park(?:ed|ing)\b|for-?sale|(?:domain|landing?)-?(?:name|offer|price|lander)|lander\b"
        r"|related-?(?:links|searches)"
    ),
    "construction": re.compile(r"coming-?soon|under-?construction|maintenance|countdown|suspended"),
}
"""What the names of classes and ids say: those of content systems and services are alike in all languages."""


def signs(view: PageView) -> dict[str, float]:
    """The signs of a page, each between 0 and about 1; names as in page_class.json."""
    return {**_words(view), **_structure(view), **_markup(view), **_baseline(view)}


def _words(view: PageView) -> dict[str, float]:
    own = view.after.own_lines
    headings = tuple(dict.fromkeys((*view.after.headings[:4], _first_line(view))))
    lines = tuple(dict.fromkeys((*headings, *own[:_MOST_LINES])))
    spoken = dict(zip(lines, topics.of_lines(lines), strict=True))
    of_heading = frozenset[str]().union(*(spoken[heading] for heading in headings))
    of_text = topics.stems_in(topics.searchable("\n".join(own)))
    few = max(1.0, view.after.own_size / 25)
    values: dict[str, float] = {}
    for name in topics.stems():
        values[f"{name} in a heading"] = float(name in of_heading)
        values[f"{name} in the text"] = min(1.0, len(of_text.get(name, ())) / few)
    for first, second in _TOGETHER:
        values[f"{first} and {second} in a line"] = float(
            any(first in line and second in line for line in spoken.values())
        )
    is_missing = any({"missing", "address"} <= line or "sought" in line for line in spoken.values())
    values["a short text of a missing address"] = is_missing * _falling(view.after.own_size, 40)
    short = [spoken[heading] for heading in headings if heading.count(" ") < _NOTICE]
    below = next((line for line in own if line not in headings), "")
    under = spoken.get(below, frozenset()) if below.count(" ") < _UNDER else frozenset()
    values["address and missing under a heading"] = float(
        any({"address", "missing"} <= line | under and line & {"address", "missing"} for line in short)
    )
    values["address and missing in a heading"] = float(any({"address", "missing"} <= line for line in short))
    in_headings = {s for heading in view.after.headings[:4] for s in _STATUS.findall(heading) if stands_out(s, heading)}
    for name, statuses in (("a heading", in_headings), ("the text", set(_STATUS.findall("\n".join(lines))))):
        values[f"404 in {name}"] = float(not statuses.isdisjoint(_GONE))
        values[f"403 in {name}"] = float(not statuses.isdisjoint(_REFUSED))
        values[f"5xx in {name}"] = float(any(status[0] == "5" for status in statuses))
    return values


def _breaks_off(view: PageView) -> bool:
    """A paragraph ends in the middle, and what follows speaks of subscribing or of logging in."""
    lines = view.after.own_lines[:_MOST_LINES]
    for at, line in enumerate(lines):
        if line.endswith(_CUT_OFF) and len(words.tokens(line)) >= _BEGINNING:
            following = topics.of_lines(lines[at + 1 : at + 1 + _OFFER])
            if any(not spoken.isdisjoint({"subscribe", "login"}) for spoken in following):
                return True
    return False


def _first_line(view: PageView) -> str:
    lines = view.after.own_lines
    return lines[0] if lines and len(words.tokens(lines[0])) <= 16 else ""


def _structure(view: PageView) -> dict[str, float]:
    page = view.after
    prose = sum(count for count in (words.size(words.tokens(line)) for line in page.own_lines) if count >= _PROSE)
    inside, front, outside = _links(view)
    hosts = {host.lower().removeprefix("www.") for host in _hosts(" ".join(page.headings[:3]))}
    heading = page.first_heading or page.title
    return {
        "few words": _falling(page.visible_size, 60),
        "few own words": _falling(page.own_size, 40),
        "some own words": _falling(page.own_size, 150),
        "no paragraphs": _falling(prose, 30),
        "few paragraphs": _falling(prose, 150),
        "no links into the site": _falling(inside, 2),
        "many links into the site": 1.0 - _falling(inside, 30),
        "links to one other site": float(len(outside) == 1 and inside == 0),
        "no links": float(not (inside or front or outside)),
        "links to the front page only": float(front > 0 and inside == 0),
        "share of links": max(0.0, 1.0 - page.own_size / page.visible_size) if page.visible_size else 0.0,
        **_address(view),
        "a text that breaks off before an offer": float(_breaks_off(view)),
        "a host name in a heading": float(bool(hosts)),
        "a host name is the heading": float(bool(_hosts(heading)) and len(heading.split()) == 1),
        "its own host name in a heading": float(view.host in hosts),
        "a password field": float(page.kind == "html" and page.has("input[type=password]")),
        "a form": float(page.kind == "html" and page.has("form input[type=text], form input[type=email], textarea")),
        "marks of an article": float(page.kind == "html" and page.has(_ARTICLE)),
        "scripts": float(page.kind == "html" and page.has("script")),
        "redirected": float(view.is_redirected),
    }


def _address(view: PageView) -> dict[str, float]:
    """Whether the page speaks of what its address says, as pages with such addresses do: /old-lock-rebuilt."""
    path = segments(view.case.url)
    address = {word for word in _ADDRESS_WORD.findall(path[-1]) if not _FILE.search(f".{word}")} if path else set()
    headings = _plain_words(" ".join(view.after.headings))
    text = _plain_words("\n".join(view.after.own_lines))
    is_asked = len(address) >= _ADDRESS_WORDS
    return {
        "words of the address in a heading": len(address & headings) / len(address) if is_asked else 0.0,
        "no word of the address": float(is_asked and not address & (headings | text)),
    }


def _markup(view: PageView) -> dict[str, float]:
    """What the page says of itself to programs: names of classes, the address that it states, whether to index it."""
    page = view.after
    if page.kind != "html":
        return dict.fromkeys((*(f"{kind} in a class name" for kind in _NAMED), *_STATED, *_HAS, *_TITLED), 0.0)
    robots = " ".join(meta.getattr("content") or "" for meta in page.elements(_ROBOTS)).lower()
    names = " ".join(_NAMES.findall(page.source_normal[:_MAX_MARKUP]))
    addresses = [element.getattr("href") or element.getattr("content") or "" for element in page.elements(_ADDRESS)[:3]]
    path = segments(view.case.url)
    return {
        **{f"{kind} in a class name": float(pattern.search(names) is not None) for kind, pattern in _NAMED.items()},
        "it states its address": float(any(segments(address) == path for address in addresses) and bool(path)),
        "it states another address": float(bool(addresses) and all(segments(address) != path for address in addresses)),
        "not to be indexed": float("noindex" in robots),
        "a picture to type from": float(page.has("form img") and page.has(_TYPED)),
        **{name: float(page.has(selector)) for name, selector in _HAS.items()},
        "small source": _falling(len(page.source), 4_000),
        "its title is its site's": float(_is_site_title(view)),
        "title and heading agree": float(bool(page.first_heading) and page.first_heading.lower() in page.title.lower()),
    }


def _is_site_title(view: PageView) -> bool:
    """The title names the site and nothing else."""
    title = "".join(words.tokens(view.after.title))
    site = next((m.getattr("content") or "" for m in view.after.elements('meta[property="og:site_name"]')[:1]), "")
    labels = view.host.split(".")[:-1]
    return bool(title) and title in ("".join(words.tokens(site)), *("".join(words.tokens(label)) for label in labels))


def _baseline(view: PageView) -> dict[str, float]:
    before, after = view.before, view.after
    if before is None:
        return {**dict.fromkeys(_OF_BASELINE, 0.0), "no baseline": 1.0}
    then, now = _inside(before), _inside(after)
    stands = words.retained(after.words, before.visible_shingles)
    is_title = words.tokens(before.title) == words.tokens(after.title)
    is_heading = bool(after.first_heading) and words.tokens(before.first_heading) == words.tokens(after.first_heading)
    return {
        "a baseline that is gone": float((view.retention or 0.0) < 0.1),
        "no baseline": 0.0,
        "the baseline's title": float(is_title),
        "the baseline's heading": float(is_heading),
        "text of the baseline": words.share(stands) if stands else 0.0,
        "links of the baseline": len(then & now) / len(then) if len(then) >= _FEW_LINKS else 0.0,
        "no links of the baseline": float(len(then) >= _FEW_LINKS and not then & now),
        "much shorter": float(after.visible_size < 0.3 * before.visible_size),
        "hardly any text of its own": float(new_size(view) < 0.2 * before.size),
        "a notice where a text was": float(
            is_notice_in_place(view) and len(now - then) <= _FEW_NEW_LINKS and len(now & then) >= _FEW_LINKS
        ),
    }


def is_notice_in_place(view: PageView) -> bool:
    """Where a text was there are a few new words now, under another title and heading."""
    before, after = view.before, view.after
    if before is None or before.size < _TEXT_BEFORE or (view.retention or 0.0) >= _LEFT:
        return False
    if words.tokens(before.title) == words.tokens(after.title) or new_size(view) >= _NEW_WORDS:
        return False
    return not after.first_heading or words.tokens(before.first_heading) != words.tokens(after.first_heading)


def _plain_words(text: str) -> set[str]:
    return set(_ADDRESS_WORD.findall(normal(text[:_MAX_TEXT])))


def _falling(value: float, half: float) -> float:
    """1 for nothing, a half for `half`, towards 0 for much."""
    return 1.0 / (1.0 + math.pow(value / half, 2))


def _hosts(text: str) -> list[str]:
    return [name for name in _HOST.findall(text) if not _FILE.search(name)]


def _links(view: PageView) -> tuple[int, int, set[str]]:
    """(links into the site below its front page, links to that, the other sites that are linked)."""
    inside = front = 0
    outside: set[str] = set()
    for link in view.after.elements("a[href]")[:_MAX_LINKS]:
        href = (link.getattr("href") or "").strip()
        try:
            parts = urlsplit(href)
            host = (parts.hostname or "").removeprefix("www.")
        except ValueError:
            continue
        if parts.scheme not in ("", "http", "https") or not (parts.path or host):
            continue
        if host and host != view.host:
            outside.add(".".join(host.split(".")[-2:]))
        elif parts.path.strip("/"):
            inside += 1
        else:
            front += 1
    return inside, front, outside


def _inside(page: ParsedPage) -> set[str]:
    """The links of a page as they are written, but for those to front pages, other sites and places on the page."""
    links = {(link.getattr("href") or "").strip() for link in page.elements("a[href]")[:_MAX_LINKS]}
    return {href for href in links if len(href) > 1 and not href.startswith(("#", "javascript:", "mailto:", "tel:"))}


def new_size(view: PageView) -> int:
    """Words of the lines that are no links and that the baseline has not."""
    then = view.before.lines if view.before is not None else frozenset()
    return sum(words.size(words.tokens(line)) for line in view.after.own_lines if line not in then)
