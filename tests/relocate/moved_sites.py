"""Four sites that moved their pages without a redirect, written by their labels: what moved where, what is gone."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from linkarchive.model import Page
from linkarchive.relocate.dead_page import DeadPage
from linkarchive.relocate.likeness import text_of
from linkarchive.relocate.relocation import has_same_substance
from linkarchive.relocate.search import SiteSearch

WORDS = {
    "en": (
        "harbour tide ledger lantern survey council ferry channel timber museum pilot orchard engine register quarry"
        " bridge cellar garden market weaver",
        "recorded described measured refused repaired carried opened counted followed promised painted returned",
        "The {0} {1} the {2} of {3} beside an old {4}.",
    ),
    "de": (
        "Hafen Uhrwerk Kirche Brücke Garten Keller Werkstatt Fähre Straße Chronik Mühle Glocke Laterne Ofen Brunnen",
        "beschrieb zeigte trug hielt fand öffnete zählte malte suchte brachte",
        "Der Bericht über {0} {1} im Jahr {3} auch {2} und {4}.",
    ),
    "fr": (
        "port marée registre lanterne conseil bac canal bois musée pilote verger moteur carrière pont cave jardin",
        "décrit mesure refuse répare porte ouvre compte suit promet peint",
        "En {3}, le {0} {1} encore le {2} près du vieux {4}.",
    ),
    "ja": (
        "港 灯台 市場 橋 庭 工場 船 図書館 時計 鐘 井戸 学校 畑 山 川 駅",
        "調べた 直した 開いた 数えた 描いた 運んだ 守った 見つけた",
        "{3}年に{0}が{2}と{4}を{1}。",
    ),
}
# As an editor of each site wrote them.
ESSAYS = (
    "The keeper's lamp at the north quay", "What the tide tables leave out", "A short history of borrowed boats",
    "Notes from the ferry office", "Why the clock tower runs slow", "Salt, rope and other small debts",
    "The orchard behind the customs house", "Letters that were never delivered", "On mending nets in winter",
    "The last pilot of the channel", "Counting gulls for the council", "A map of the drowned road",
    "Three bakers and one oven", "The museum of lost umbrellas", "Night shift at the signal box",
    "How the bridge got its name",
)  # fmt: skip
TERMS = (
    "HarbourLights", "TideTables", "FerryRegister", "CustomsHouse", "RopeWalk", "PilotCutter", "SignalBox",
    "NetLoft", "SaltPans", "DryDock", "MarketCross", "ClockTower", "OldQuarry", "WestMole", "FishAuction", "ToolShed",
)  # fmt: skip
GOODS = (
    ("Brass lantern", 4711), ("Hemp rope", 4803), ("Oilskin coat", 4890), ("Deck bucket", 5012), ("Signal flag", 5077),
    ("Chart table", 5130), ("Bosun's whistle", 5166), ("Tin kettle", 5203), ("Wool blanket", 5311),
    ("Cork float", 5342), ("Iron cleat", 5400), ("Sail needle", 5467), ("Pine ladder", 5501), ("Copper pan", 5590),
)  # fmt: skip
PRESS = {
    "en": ("Harbour hall reopens", "New ferry timetable", "Prize for the archive", "Bridge closed in May"),
    "de": ("Die Mühle öffnet wieder", "Größere Fähre ab März", "Straßenfest am Brunnen", "Neue Glocke für die Kirche"),
    "fr": ("Le marché couvert rouvre", "Un pont réparé à temps", "L'été au musée", "Le bac change d'heures"),
    "ja": ("灯台の一般公開", "市場の新しい時計", "図書館の冬の催し", "橋の工事のお知らせ"),
}


@dataclass(slots=True)
class MovedSite:
    """A site of then and of now. `right` has for each cited address the new one, or None: the page is gone."""

    root: str
    then: dict[str, bytes] = field(default_factory=dict)
    now: dict[str, bytes] = field(default_factory=dict)
    right: dict[str, str | None] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    """Of the pages of now that its lists name."""

    def move(self, old: str, new: str, title: str, seed: object, language: str = "en", rewritten: float = 0.0) -> None:
        self.then[self.root + old] = page_of(title, prose(seed, language), "then", language)
        self.stand(new, title, prose(seed, language, rewritten=rewritten), language=language)
        self.right[self.root + old] = self.root + new

    def lose(self, old: str, title: str, seed: object, language: str = "en") -> None:
        self.then[self.root + old] = page_of(title, prose(seed, language), "then", language)
        self.right[self.root + old] = None

    def stand(self, new: str, title: str, body: str, head: str = "", language: str = "en") -> None:
        self.now[self.root + new] = page_of(title, body, "now", language, head)
        self.titles[self.root + new] = title

    def served(self, *, sitemap: bool) -> dict[str, bytes]:
        """What it answers today: its pages, front page, lists of folders, a feed of the newest; with a sitemap."""
        folders: dict[str, list[str]] = {}
        for url in self.titles:
            folders.setdefault(url.rstrip("/").rpartition("/")[0] + "/", []).append(url)
        pages = dict(self.now)
        for folder, urls in folders.items():
            items = "".join(f'<li><a href="{url}">{self.titles[url]}</a></li>' for url in urls)
            pages.setdefault(folder, page_of(f"All in {folder.split('/')[-2]}", f"<ul>{items}</ul>", "now"))
        links = "".join(f'<a href="{folder}">{folder.split("/")[-2]}</a> ' for folder in folders)
        feed = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
        pages[f"{self.root}/"] = page_of("Front page", f"<p>{links}</p>", "now", head=feed)
        newest = "".join(
            f"<item><title>{self.titles[url]}</title><link>{url}</link></item>" for url in [*self.titles][-6:]
        )
        pages[f"{self.root}/feed.xml"] = f"<?xml version='1.0'?><rss><channel>{newest}</channel></rss>".encode()
        if sitemap:
            locations = "".join(f"<url><loc>{url}</loc></url>" for url in self.now)
            pages[f"{self.root}/sitemap.xml"] = f"<urlset>{locations}</urlset>".encode()
        return pages


def prose(seed: object, language: str = "en", *, sentences: int = 30, rewritten: float = 0.0) -> str:
    """Paragraphs; of the sentences the share `rewritten` is another than without it."""
    nouns, verbs, form = WORDS[language]
    dice, other = random.Random(repr((seed, language))), random.Random(repr((seed, language, rewritten)))
    changed = set(other.sample(range(sentences), round(sentences * rewritten)))

    def sentence(dice: random.Random) -> str:
        one, two, three = dice.sample(nouns.split(), 3)
        return form.format(one, dice.choice(verbs.split()), two, dice.randint(1700, 1999), three)

    lines = [sentence(dice) for _ in range(sentences)]
    lines = [sentence(other) if n in changed else line for n, line in enumerate(lines)]
    return "".join(f"<p>{' '.join(lines[n : n + 5])}</p>" for n in range(0, sentences, 5))


def page_of(title: str, body: str, when: str, language: str = "en", head: str = "") -> bytes:
    """A whole page, in the dress of then or of now."""
    menu = "<nav><a href='/'>Start</a></nav>" if when == "now" else "<div id='top'><a href='/'>The site</a></div>"
    return (
        f"<!DOCTYPE html><html lang='{language}'><head><meta charset='utf-8'><title>{title}</title>{head}</head>"
        f"<body>{menu}<main><h1>{title}</h1>{body}</main><footer>Kept by its readers</footer></body></html>"
    ).encode()


def answer(url: str, body: bytes | None) -> Page:
    """The page at an address; a 404 for None."""
    headers = {"content-type": "application/xml" if url.endswith(".xml") else "text/html; charset=utf-8"}
    missing = page_of("Not found", "<p>There is no such page.</p>", "now")
    return Page(final_url=url, status=404 if body is None else 200, headers=headers, body=body or missing)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new address that was found for a dead page, how surely, and whether it is right."""

    url: str
    confidence: float
    is_right: bool


def searched(site: MovedSite, *, sitemap: bool) -> tuple[dict[str, Proposal], float]:
    """What the search of a site and the judge propose, by the old address; and the visits for each dead page."""
    served = site.served(sitemap=sitemap)
    before = {url: answer(url, body) for url, body in site.then.items()}
    dead = {number: DeadPage(number, url, text_of(page)) for number, (url, page) in enumerate(before.items())}
    search = SiteSearch(dead, [])
    while wanted := search.wanted():
        for url in wanted:
            page = answer(url, served.get(url))
            match = search.take(url, page)
            if match is not None and not has_same_substance(before[dead[match.number].url], match.url, page):
                search.reject(url, match)
    proposals = {
        dead[match.number].url: Proposal(match.url, match.confidence, match.url == site.right[dead[match.number].url])
        for match in search.results()
    }
    return proposals, search.visits / len(dead)


def slug(text: str, joint: str = "-") -> str:
    return joint.join(re.findall(r"[a-z0-9]+", text.lower().replace("'", "")))


def blog() -> MovedSite:
    """Names cut after fifteen letters in folders of months → the whole title; copies for phones; sequels."""
    site = MovedSite("http://essays.example")
    for n, title in enumerate(ESSAYS):
        old = f"/weblog/{2009 + n % 5}/{1 + n % 12:02}/{slug(title, '_')[:15].rstrip('_')}.html"
        new = f"/essay/{slug(title)}"
        if n % 5 == 4:
            site.lose(old, title, ("blog", n))
            site.stand(f"{new}-revisited", f"{title}, revisited", prose(("sequel", n)))
            continue
        site.move(old, new, title, ("blog", n), rewritten=0.1 * (n % 3))
        canonical = f"<link rel='canonical' href='{site.root}{new}'>"
        site.stand(f"/amp/{slug(title)}", title, prose(("blog", n), rewritten=0.1 * (n % 3)), canonical)
    tagged = "".join(prose(("blog", n)) for n in range(6))
    site.stand("/tag/harbour", "Everything about harbours", tagged)
    return site


def wiki() -> MovedSite:
    """Words run together with capitals → small letters with underscores; old revisions, talk, namesakes."""
    site = MovedSite("http://wiki.example")
    for n, term in enumerate(TERMS):
        title = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", term)
        old, name = f"/cgi/wiki.pl?{term}", title.lower().replace(" ", "_")
        if n % 4 == 3:
            site.lose(old, title, ("wiki", n))
            site.stand(f"/w/{name}_(film)", f"{title} (film)", prose(("film", n)))
            continue
        site.move(old, f"/w/{name}", title, ("wiki", n), rewritten=0.1)
        site.stand(f"/w/talk:{name}", f"Talk: {title}", prose(("talk", n), sentences=15))
        if n % 4 == 0:
            site.stand(f"/old/{name}/17", f"{title} (old revision)", prose(("wiki", n), rewritten=0.3))
    return site


def shop() -> MovedSite:
    """A number in the query → name and number; of what is gone a like article stands, with most of its words."""
    site = MovedSite("http://shop.example")
    for n, (name, number) in enumerate(GOODS):
        old, new = (
            f"/detail.asp?cat={n % 3}&item={number}",
            f"/{('light', 'deck', 'galley')[n % 3]}/{slug(name)}-{number}",
        )
        if n % 4 == 2:
            site.lose(old, name, ("shop", n))
            like = f"{new.rpartition('-')[0]}-large-{number + 1}"
            site.stand(like, f"{name}, large", prose(("shop", n), rewritten=0.4))
            continue
        site.move(old, new, name, ("shop", n))
        site.stand(f"/print{new}", name, prose(("shop", n)), f"<link rel='canonical' href='{site.root}{new}'>")
    return site


def press() -> MovedSite:
    """A language in the query → folders of languages with words of their own; translations of each page."""
    site = MovedSite("http://press.example")
    sections = {"en": "news", "de": "aktuelles", "fr": "actualites", "ja": "oshirase"}
    for language, titles in PRESS.items():
        for n, title in enumerate(titles):
            number = 100 + 10 * n + len(site.then)
            old, new = (
                f"/press.php?lang={language}&nr={number}",
                f"/{language}/{sections[language]}/{2012 + n}/{number}",
            )
            if n == 3:
                site.lose(old, title, ("press", n), language)
            else:
                site.move(old, new, title, ("press", n), language, rewritten=0.1 * (n % 2))
    site.stand("/fr/actualites/2012/900", "Harbour hall reopens", prose(("press", "in another language"), "fr"))
    return site


SITES: dict[str, Callable[[], MovedSite]] = {"blog": blog, "wiki": wiki, "shop": shop, "press": press}


def generated(seed: int) -> MovedSite:
    """A site of thirty cited pages: of six in ten the page moved, up to a third of it rewritten; of the others one in
    four left a like page behind, a tenth to six tenths of it other words."""
    dice = random.Random(seed)
    site = MovedSite(f"http://site{seed}.example")
    for n in range(30):
        title = " ".join(dice.sample(WORDS["en"][0].split(), 3)).capitalize()
        old, new = f"/{2001 + n % 9}/{slug(title, '_')}_{n}.html", f"/{dice.choice(('a', 'b'))}/{slug(title)}-{n}"
        if dice.random() < 0.6:
            site.move(old, new, title, (seed, n), rewritten=dice.uniform(0, 0.35))
            continue
        site.lose(old, title, (seed, n))
        if dice.random() < 0.25:
            site.stand(new, f"{title}, large", prose((seed, n), rewritten=dice.uniform(0.1, 0.6)))
    return site
