"""Pages in the dress of their sites: templates, and the noise that changes with every request."""

from __future__ import annotations

import functools
import itertools
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linkarchive.demo.texts import Block, Text, texts
from linkarchive.demo.wire import Request, Response

if TYPE_CHECKING:
    from jinja2 import Environment

_ADS = (
    "Sea-view flats at Port Ellis from 210,000 crowns. Book a viewing today!",
    "New season oilskins: 20% off until Sunday at Harker's Chandlery",
    "Is your boat insured? Get a quote in two minutes.",
    "The lottery jackpot stands at nine million. Will it be you?",
    "Hearing aids so small that nobody will notice. Free trial.",
    "Learn Dutch on the ferry: ten lessons, no book.",
    "Double glazing that keeps the gulls out. Call now.",
)
_WEATHER = ("Fog, 7°", "Bright, 14°", "Rain later, 11°", "Gale warning, 9°", "Showers, 12°")
_ELSEWHERE = (
    "Seal stops traffic on Chandler Street",
    "Ten soups for a north-easterly",
    "Lifeboat crew wins tug of war",
    "Library extends its hours",
    "Who is painting the bollards?",
    "Harbour master retires after 31 years",
)
_requests = itertools.count(1)


@dataclass(frozen=True, slots=True)
class SiteDress:
    """How a host looks and serves."""

    name: str
    motto: str
    template: str
    compress: bool = False
    chunked: bool = False
    etag: bool = False
    charset: str = "utf-8"
    charset_in_header: bool = True


def page(request: Request, dress: SiteDress, text: Text, *, body: str = "", status: int = 200) -> Response:
    """The text in the site's dress. `body` is HTML that stands in for the text's own blocks."""
    in_meta = "" if dress.charset_in_header and dress.charset != "utf-8" else dress.charset
    html = (
        _templates()
        .get_template(f"{dress.template}.html")
        .render(site=dress, page=text, body=body, noise=_noise(request), charset=in_meta)
    )
    payload = html.encode(dress.charset)
    content_type = f"text/html; charset={dress.charset}" if dress.charset_in_header else "text/html"
    validators = (("ETag", f'W/"{zlib.crc32(payload):08x}-office"'),) if dress.etag and status == 200 else ()
    return Response(payload, status, content_type, validators, dress.chunked, dress.compress)


def front_page(request: Request, dress: SiteDress) -> Response:
    """The site's own list of what it has."""
    own = [text for address, text in texts(request.later).items() if address.startswith(f"{request.host}/")]
    blocks = [Block(f"{text.title}. By {text.author}, {text.date}.") for text in own]
    blocks += [Block(f"{title}. More inside.") for title in _ELSEWHERE]
    return page(request, dress, Text(f"{request.host}/", dress.name, dress.name, "2025-01-01", tuple(blocks)))


def notice(request: Request, dress: SiteDress, title: str, paragraphs: tuple[str, ...], status: int) -> Response:
    """A page of the site that is no text of its own: an error, a list."""
    blocks = tuple(Block(paragraph) for paragraph in paragraphs)
    text = Text(f"{request.host}{request.path}", title, dress.name, "2025-01-01", blocks)
    return page(request, dress, text, status=status)


@functools.cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader

    return Environment(loader=PackageLoader("linkarchive.demo"), autoescape=True)


def _noise(request: Request) -> Mapping[str, object]:
    """Everything on a page that is not its substance: another every time it is asked for."""
    number = next(_requests)
    day = f"{20 if request.later else 18} April {2026 if request.later else 2025}"
    related = [
        {"href": f"https://{address}", "text": text.title}
        for address, text in texts(request.later).items()
        if address.startswith(f"{request.host}/") and not address.endswith(request.path)
    ][:2]
    related += [
        {"href": f"/news/{(number + shift) % 97}", "text": _ELSEWHERE[(number + shift) % len(_ELSEWHERE)]}
        for shift in range(3)
    ]
    return {
        "token": f"{number * 2654435761 % 2**32:08x}",
        "number": 100 + number % 400,
        "today": day,
        "weather": _WEATHER[number % len(_WEATHER)],
        "ads": (_ADS[number % len(_ADS)], _ADS[(number + 3) % len(_ADS)]),
        "shares": 200 + 37 * number,
        "comments": 3 + number % 50,
        "counter": f"{104_000 + 11 * number:06}",
        "related": related,
        "updated": f"{day}, {number % 24:02}:{number % 60:02}",
        "year": 2026 if request.later else 2025,
        # Not on every page: a new banner changes the validators of the pages that have it.
        "banner": "Heavy rain is forecast. Sandbags can be had at the depot." if "lantern" in request.path else "",
    }
