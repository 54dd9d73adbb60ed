"""The hosts of the demo web, and what each of their addresses does on the two days."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace

from linkarchive.demo import originals, walls
from linkarchive.demo.documents import TENDER, pdf
from linkarchive.demo.pages import SiteDress, front_page, notice, page
from linkarchive.demo.texts import plain, texts
from linkarchive.demo.wire import Reply, Request, Reset, Response, Silence, Site, redirect

_DRESSES: Mapping[str, SiteDress] = {
    "tidewater-gazette.example": SiteDress(
        "The Tidewater Gazette", "News from both shores since 1871", "newspaper", compress=True
    ),
    "brennock-council.example": SiteDress("Brennock Town Council", "Salt and sense", "office", etag=True),
    "journal-of-estuaries.example": SiteDress("Journal of Estuaries", "Peer reviewed", "journal", chunked=True),
    "sele-river-trust.example": SiteDress("The Sele River Trust", "We measure", "blog", compress=True, chunked=True),
    "ferrymens-archive.example": SiteDress("The Ferrymen's Archive", "Every crossing counts", "tables"),
    "reading-room.example": SiteDress("The Reading Room", "Old print, read again", "newspaper", chunked=True),
    "gullwatch.example": SiteDress("The Gullwatch Society", "We look up", "tables"),
    "nightboat.example": SiteDress("Nightboat", "Notes from the last crossing", "blog", compress=True),
    "saltmarsh-review.example": SiteDress("Saltmarsh Review", "Essays on the edge of the land", "magazine"),
    "capital-ledger.example": SiteDress("The Capital Ledger", "Money, daily", "newspaper", compress=True),
    "steelwork-weekly.example": SiteDress("Steelwork Weekly", "Plate, bar and section", "magazine", compress=True),
    "lock-and-weir.example": SiteDress("Lock and Weir", "A notebook of waterworks", "blog"),
    "shipwrights-guild.example": SiteDress("The Guild of Shipwrights", "Wood remembers", "office"),
    "open-soundings.example": SiteDress("Open Soundings", "Charts by everybody", "blog", chunked=True),
    "stevedores.example": SiteDress("The Stevedores' Branch", "Load and lift", "tables"),
    "coastal-statistics.example": SiteDress("Coastal Statistics", "Counted with care", "office", etag=True),
    "crown-papers.example": SiteDress("The Crown Papers Project", "Letters, read", "journal"),
    "tidal-models.example": SiteDress("Tidal Models", "Water, computed", "magazine"),
    "pilot-station.example": SiteDress("Brennock Pilots", "Channel twelve", "office"),
    "quiet-harbour.example": SiteDress("Quiet Harbour", "Listening", "blog"),
    "cut-cable.example": SiteDress("The Cable Hut", "A very small museum", "tables"),
    "roundabout.example": SiteDress("The Roundabout Guides", "On foot", "magazine"),
    "old-seal.example": SiteDress("Sallow and Daughter", "Notaries", "office"),
    "own-seal.example": SiteDress("Brennock Sailing Club", "Since 1949", "blog"),
    "borrowed-seal.example": SiteDress("Jo Tamsin's Kiosk", "Hot things", "tables"),
    "rope-and-tar.example": SiteDress("Rope and Tar", "Ship's lights repaired", "magazine"),
    "weather-logs.example": SiteDress("Weather Logs", "What it did", "office"),
    # The two ways in which a page can name an old encoding.
    "severny-port.example": SiteDress(
        "Северный порт", "Рассказы о воде", "tables", charset="windows-1251", charset_in_header=False
    ),
    "minato-kisen.example": SiteDress("港汽船の会", "川と船の記録", "tables", charset="shift_jis"),
}

_LAST_MODIFIED = ("Last-Modified", "Mon, 06 Jan 2025 08:00:00 GMT")


def hosts() -> dict[str, Site]:
    """Every host of the demo's articles."""
    sites: dict[str, Site] = {host: functools.partial(_dressed, dress) for host, dress in _DRESSES.items()}
    sites["doi.org"] = _doi
    sites["tide-tables.example"] = _tide_tables
    sites["www.sele-river-trust.example"] = functools.partial(_dressed, _DRESSES["sele-river-trust.example"])
    sites["consent.capital-ledger.example"] = lambda request: walls.consent(request.parts.query)
    return sites


def _dressed(dress: SiteDress, request: Request) -> Reply:
    """An address of an ordinary host: its special behaviour, if it has one today, else its text, else not found."""
    special = _SPECIAL.get(f"{request.host}{request.path}") or _SPECIAL.get(request.host)
    reply = special(request, dress) if special else None
    if reply is not None:
        return reply
    text = texts(request.later).get(f"{request.host}{request.path}")
    if text is not None:
        return page(request, dress, text)
    if request.path == "/":
        return front_page(request, dress)
    words = ("The page that you asked for could not be found.", "It may have been moved or taken down.")
    return notice(request, dress, "Page not found", words, 404)


def _doi(request: Request) -> Reply:
    if request.path == "/10.5555/estuaries.2024.17":
        return redirect("https://journal-of-estuaries.example/articles/17")
    return Response(b"<html><title>DOI Not Found</title><h1>DOI Not Found</h1></html>", 404)


def _tide_tables(request: Request) -> Reply:
    if request.path in ("/", "/brennock/ferry.txt"):
        return Response(plain("tides.txt").encode(), content_type="text/plain", headers=(_LAST_MODIFIED,))
    return Response(b"No such table.\n", 404, "text/plain")


# --- what single addresses do; None: serve the text ---------------------------------

_Special = Callable[[Request, SiteDress], Reply | None]


def _later(make: Callable[[], Reply]) -> _Special:
    """From the second day on."""
    return lambda request, dress: make() if request.later else None


def _gone(request: Request, dress: SiteDress) -> Reply | None:
    if not request.later:
        return None
    return notice(request, dress, "Gone", ("This page was removed when the consultation ended.",), 410)


def _not_found_later(request: Request, dress: SiteDress) -> Reply | None:
    return notice(request, dress, "Page not found", ("Sorry. Try the front page.",), 404) if request.later else None


def _soft_404_in_words(request: Request, dress: SiteDress) -> Reply | None:
    """After a relaunch, whatever is not there is said to be not there, with status 200."""
    if not request.later or request.path == "/":
        return None
    words = ("Sorry, the page you are looking for cannot be found.", "Please use the menu to find your way.")
    return notice(request, dress, "Page not found", words, 200)


def _soft_404_in_silence(request: Request, dress: SiteDress) -> Reply | None:
    """Whatever this host does not have, it answers with the same friendly list."""
    if f"{request.host}{request.path}" in texts(request.later) and not request.later:
        return None
    paragraphs = (
        "Every month we reprint a pamphlet that somebody once thought worth a penny, with a note on who wrote it and "
        "how it came to us. The newest reprints are listed here.",
        "The Care of Umbrellas, 1904. The author was a conductor on the railway, and had a great deal of material.",
        "Ninety-Nine Ways with Herring, 1921. We have cooked eleven of them, and can recommend six.",
        "On the Education of Dogs by Letter, 1888. It is not known whether any dog replied.",
        "Visitors are welcome in the reading room in Chandler Street on any afternoon except Monday. Pencils only.",
    )
    return notice(request, dress, "New in the Reading Room", paragraphs, 200)


def _moved(request: Request, dress: SiteDress) -> Reply | None:
    if request.later:
        return redirect("/library/silt-and-the-sele", 301)
    return page(request, dress, texts(later=False)["sele-river-trust.example/library/silt-and-the-sele"])


def _council_in_clear(request: Request, dress: SiteDress) -> Reply | None:
    """http goes to https, for every address of the host."""
    return redirect(f"https://{request.host}{request.path}", 301) if request.parts.scheme == "http" else None


def _tender(request: Request, dress: SiteDress) -> Reply | None:
    return Response(pdf(TENDER, f"{request.epoch}-{request.nth}"), content_type="application/pdf")


def _with_slash(request: Request, dress: SiteDress) -> Reply | None:
    return redirect(f"{request.path}/", 301)


def _slashed(request: Request, dress: SiteDress) -> Reply | None:
    return page(request, dress, texts(request.later)[f"{request.host}{request.path.rstrip('/')}"])


def _to_www(request: Request, dress: SiteDress) -> Reply | None:
    return redirect(f"https://www.{request.host}{request.path}", 301)


def _from_www(request: Request, dress: SiteDress) -> Reply | None:
    return page(request, dress, texts(request.later)[f"{request.host.removeprefix('www.')}{request.path}"])


def _to_login(request: Request, dress: SiteDress) -> Reply | None:
    return redirect(f"/login?next={request.path}") if request.later else None


def _to_consent(request: Request, dress: SiteDress) -> Reply | None:
    if not request.later:
        return None
    return redirect(f"https://consent.capital-ledger.example/collect?continue={request.url}")


def _behind_paywall(request: Request, dress: SiteDress) -> Reply | None:
    if not request.later:
        return None
    text = texts(later=True)[f"{request.host}{request.path}"]
    return walls.paywall(text.title, text.blocks[0].text)


def _flaky(request: Request, dress: SiteDress) -> Reply | None:
    return walls.maintenance() if request.nth == 1 else None


def _round(request: Request, dress: SiteDress) -> Reply | None:
    if not request.later:
        return None
    return redirect("/guides/coast-path" if request.path == "/guides/start" else "/guides/start")


def _at_first(make: Callable[[], Reply]) -> _Special:
    """On publication day only."""
    return lambda request, dress: None if request.later else make()


def _parked(request: Request, dress: SiteDress) -> Reply | None:
    return walls.parked(request.host) if request.later else None


def _original(title: str, body: Callable[[], str]) -> _Special:
    def serve(request: Request, dress: SiteDress) -> Reply | None:
        text = texts(request.later)["saltmarsh-review.example/authors/ines-corrin"]
        address = f"{request.host}{request.path}"
        return page(request, dress, replace(text, address=address, title=title, date="2025-04-18"), body=body())

    return serve


_SPECIAL: Mapping[str, _Special] = {
    "saltmarsh-review.example/essays/harbour-bridge": _original("The Bridge That Ate the Ferry", originals.essay),
    "saltmarsh-review.example/notes/ferry-question": _original(
        "The Ferry Question: Notes and Sources", originals.notes
    ),
    "brennock-council.example": _council_in_clear,
    "brennock-council.example/files/tender-lb-07.pdf": _tender,
    "brennock-council.example/consultation/harbour-crossing": _gone,
    "brennock-council.example/library/opening-hours": _with_slash,
    "brennock-council.example/library/opening-hours/": _slashed,
    "tidewater-gazette.example/2024/11/cost-of-the-lantern": _not_found_later,
    "sele-river-trust.example/reports/silt": _moved,
    "sele-river-trust.example/campaigns/open-water": _later(lambda: redirect("/")),
    "sele-river-trust.example/volunteers/spring-count": _to_www,
    "www.sele-river-trust.example/volunteers/spring-count": _from_www,
    "ferrymens-archive.example": _soft_404_in_words,
    "reading-room.example": _soft_404_in_silence,
    "gullwatch.example": _parked,
    "steelwork-weekly.example": _later(walls.challenge),
    "lock-and-weir.example": _later(walls.browser_check),
    "shipwrights-guild.example/papers/slipway": _to_login,
    "shipwrights-guild.example/login": lambda request, dress: walls.login(),
    "capital-ledger.example/2025/bridge-bonds": _behind_paywall,
    "capital-ledger.example/2025/toll-roads-and-tides": _to_consent,
    "open-soundings.example/charts/brennock": _flaky,
    "stevedores.example": _later(walls.forbidden),
    "coastal-statistics.example": _later(walls.too_many),
    "crown-papers.example/letters/1803": _later(walls.legal),
    "tidal-models.example": _later(walls.shell),
    "pilot-station.example": _later(walls.maintenance),
    "quiet-harbour.example": _later(Silence),
    "cut-cable.example": _later(Reset),
    "roundabout.example/guides/coast-path": _round,
    "roundabout.example/guides/start": _round,
    "weather-logs.example": _at_first(walls.maintenance),
    "rope-and-tar.example/catalogue/lanterns": lambda request, dress: (
        None if request.later else notice(request, dress, "Not found", ("There is nothing here yet.",), 404)
    ),
}
"""By host and path, or by host for all its addresses."""
