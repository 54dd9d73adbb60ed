"""One page in the browser: open it, wait until it is there, look at all of it, take it down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from linkarchive.browser.chromium import Chromium
from linkarchive.browser.pictures import PATIENCE, WIDTH, in_time, pictures
from linkarchive.browser.proxy import Listener, PageTraffic
from linkarchive.browser.rendering import FOOT, HIGHEST, NO_TURN, THROTTLED, Limits, NotRendered, Rendering
from linkarchive.browser.trust import Trust
from linkarchive.browser.upstream import Answers
from linkarchive.clock import Clock
from linkarchive.model import Page
from linkarchive.settings import NetworkSettings
from linkarchive.snapshot.capture_metadata import LeftOut
from linkarchive.snapshot.parts import PICTURE
from linkarchive.web.exchange import Exchange, Visit, VisitRequest

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Request, Response
    from playwright.async_api import Page as Tab

Ready = Callable[[Page], bool]
"""Whether what a page shows is a page; a wall, a bot check or an empty shell may still give way to one."""

_HEIGHT = 900
_STEP = 700
"""Pixels at a time, down the page as a reader goes."""
_QUIET = 0.5
"""Seconds without a request, and without a change of the text, after which a page is there."""
_GIVES_WAY = 6.0
"""Seconds of the same, after which a wall is one: what any browser passes takes less."""
_LOOK = 0.1
_REDIRECTS = range(300, 400)

_NO_WEBRTC = (
    "for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel']) delete globalThis[name]"
)
_STATE = """() => [document.readyState, document.body ? document.body.textContent.length : 0,
  document.getElementsByTagName('*').length]"""
# Not innerText: that lays the page out each time, which takes a document of megabytes seconds.
_SCROLL = """y => {scrollTo(0, y); return new Promise(done => {setTimeout(() => done(0), 400);
  requestAnimationFrame(() => requestAnimationFrame(() => done(document.documentElement.scrollHeight)))})}"""


@dataclass(frozen=True, slots=True)
class Means:
    """What every page of a run is rendered with."""

    upstream: Answers
    trust: Trust
    network: NetworkSettings
    limits: Limits
    clock: Clock


@dataclass(slots=True)
class _Shown:
    """The document that the page shows: the last answer to a navigation of the main frame."""

    response: Response | None = None
    crashed: bool = False


async def render(chromium: Chromium, means: Means, url: str, ready: Ready) -> Rendering | NotRendered:
    """Open a page in a context of its own and take down what it shows and what it asked for.

    The waits end after `[network] timeout` each; `ready` is asked when the page is quiet. Raises playwright's
    Error where the browser is gone.
    """
    traffic = PageTraffic(means.network, means.limits)
    listener = Listener(means.upstream, means.trust, means.network, traffic)
    started = means.clock.now()
    try:
        context = await chromium.browser.new_context(
            viewport={"width": WIDTH, "height": _HEIGHT},
            user_agent=f"{chromium.user_agent} {means.network.user_agent}",
            locale=means.network.accept_language.partition(",")[0].partition(";")[0] or None,
            proxy={"server": f"http://127.0.0.1:{listener.port}", "bypass": "<-loopback>"},
            permissions=[],
            service_workers="block",
            accept_downloads=False,
        )
        try:
            answer = await _look(context, traffic, means, url, ready, started)
            return _late(answer) if _lacks_turns(traffic, url) else answer
        except TimeoutError:
            return NotRendered("its scripts leave the browser no time")
        finally:
            await context.close()
    finally:
        listener.close()
        _close_all(traffic.take())


def _lacks_turns(traffic: PageTraffic, url: str) -> bool:
    """Others asked the hosts of the page, or it was not the time for the page itself. What a host that asked us to wait
    did not send of it is only left out: it may never send it."""
    return any(left.why == NO_TURN or (left.why == THROTTLED and left.url == url) for left in traffic.left_out)


def _late(answer: Rendering | NotRendered) -> NotRendered:
    if isinstance(answer, Rendering):
        answer.close()
    return NotRendered(NO_TURN, is_late=True)


async def _look(
    context: BrowserContext, traffic: PageTraffic, means: Means, url: str, ready: Ready, started: datetime
) -> Rendering | NotRendered:
    from playwright.async_api import Error

    await context.add_init_script(_NO_WEBRTC)
    tab = await context.new_page()
    shown = _watched(tab)
    timeout = means.network.timeout
    try:
        await tab.goto(url, wait_until="commit", timeout=(2 * timeout + PATIENCE) * 1000)
    except Error as error:
        if _is_gone(tab):
            raise
        return NotRendered(_words(error))
    await _settle(tab, traffic, shown, timeout, ready)
    await _scroll(tab, traffic, timeout, means.limits.grown)
    await _settle(tab, traffic, shown, timeout / 2, lambda _: True)
    if shown.crashed:
        return NotRendered("the browser's page crashed")
    dom = (await in_time(tab.content())).encode("utf-8", "replace")[: means.network.max_body]
    picture, thumbnail, height = await pictures(context, tab, HIGHEST)
    split = _split(traffic.take(), _chain(shown.response), VisitRequest(url), started)
    if split is None:
        return NotRendered("the browser shows no answer of the web")
    visit, parts = split
    cut = [LeftOut(f"{PICTURE}{url}", FOOT)] if height > HIGHEST else []
    return Rendering(visit, parts, dom, picture, thumbnail, (*cut, *traffic.left_out))


def _watched(tab: Tab) -> _Shown:
    shown = _Shown()

    def take(response: Response) -> None:
        if (
            response.request.is_navigation_request()
            and response.frame == tab.main_frame
            and response.status // 100 != 3
        ):
            shown.response = response

    def crash(_: Tab) -> None:
        shown.crashed = True

    tab.on("response", take)
    tab.on("crash", crash)
    tab.on("popup", lambda popup: asyncio.ensure_future(popup.close()))
    return shown


async def _settle(tab: Tab, traffic: PageTraffic, shown: _Shown, patience: float, ready: Ready) -> None:
    """Until the page is quiet and `ready`, or time is up."""
    end = time.monotonic() + patience
    before, since, asked = None, time.monotonic(), None
    while (now := time.monotonic()) < end and not shown.crashed:
        state = await _evaluated(tab, _STATE)
        if state != before:
            before, since = state, now
        quiet = min(traffic.quiet, now - since)
        if state is not None and state[0] == "complete" and quiet >= _QUIET and state != asked:
            asked = state
            if ready(await _page(tab, shown)):
                return
        if quiet >= _GIVES_WAY:
            return
        await asyncio.sleep(_LOOK)


async def _page(tab: Tab, shown: _Shown) -> Page:
    """What the page shows now, as the judge reads it."""
    from playwright.async_api import Error

    response = shown.response
    try:
        dom = (await in_time(tab.content())).encode("utf-8", "replace")
    except Error:  # it is on its way to another document
        dom = b""
    status, url = (response.status, response.url) if response is not None else (None, tab.url)
    headers = dict(response.headers) if response is not None else {}
    return Page(url, status, headers | {"content-type": "text/html; charset=utf-8"}, dom)


async def _scroll(tab: Tab, traffic: PageTraffic, patience: float, most_grown: int) -> None:
    """To the foot of the page and back, so that what loads when it is looked at does; a page that grows there is gone
    down further, up to `most_grown` parts."""
    end = time.monotonic() + patience
    before = await _evaluated(tab, _STATE)
    for top in range(_STEP, HIGHEST, _STEP):
        height = await _evaluated(tab, _SCROLL, top)
        if height is None or traffic.is_full or time.monotonic() > end:
            break
        state = await _evaluated(tab, _STATE)
        if before is None or (state is not None and state[2] > before[2]):
            traffic.end_at(most_grown)
        if height and top > height:
            await _rest(traffic, end)
            if await _evaluated(tab, _SCROLL, top) == height:
                break
        await asyncio.sleep(_LOOK / 2)
    while traffic.quiet == 0.0 and time.monotonic() < end:
        await asyncio.sleep(_LOOK)
    await _evaluated(tab, _SCROLL, 0)


async def _rest(traffic: PageTraffic, end: float) -> None:
    """Until no request is under way, and none was since this began and for a moment."""
    began = time.monotonic()
    while min(traffic.quiet, time.monotonic() - began) < _QUIET and time.monotonic() < end:
        await asyncio.sleep(_LOOK / 2)


async def _evaluated(tab: Tab, script: str, argument: Any = None) -> Any:
    """What a script says; None while the page is on its way to another document."""
    from playwright.async_api import Error

    try:
        return await in_time(tab.evaluate(script, argument))
    except Error:
        if _is_gone(tab):
            raise
        return None


def _is_gone(tab: Tab) -> bool:
    """The tab is closed, or its browser has ended."""
    browser = tab.context.browser
    return tab.is_closed() or browser is None or not browser.is_connected()


def _chain(response: Response | None) -> list[str]:
    """The addresses of the document: redirects first, the document last."""
    chain: list[str] = []
    request: Request | None = response.request if response is not None else None
    while request is not None:
        chain.insert(0, request.url.partition("#")[0])
        request = request.redirected_from
    return chain


def _split(
    exchanges: tuple[Exchange, ...], chain: list[str], request: VisitRequest, started: datetime
) -> tuple[Visit, tuple[Exchange, ...]] | None:
    """The visit to the page, and the parts: the last answer at each address of the chain, the best at any other. Bodies
    that are in neither are closed. None where no answer is that of the page."""
    last: dict[str, Exchange] = {}
    best: dict[tuple[str, str, bytes], Exchange] = {}
    for exchange in exchanges:
        if exchange.url in chain and exchange.method == "GET":
            last[exchange.url] = exchange
        key = exchange.method, exchange.url, exchange.payload
        known = best.get(key)
        if known is None or (known.status >= 400 and exchange.status < 400):
            best[key] = exchange
    if not chain or chain[-1] not in last:
        _close_all(exchanges)
        return None
    visit = Visit(request, started, tuple(last[url] for url in dict.fromkeys(chain) if url in last))
    own = {id(exchange) for exchange in visit.exchanges}
    parts = tuple(exchange for exchange in best.values() if exchange.url not in last)
    kept = own | {id(part) for part in parts}
    _close_all(tuple(exchange for exchange in exchanges if id(exchange) not in kept))
    return visit, parts


def _close_all(exchanges: tuple[Exchange, ...]) -> None:
    for exchange in exchanges:
        exchange.body.close()


def _words(error: Exception) -> str:
    """The first line of what Playwright says, without the name of its method."""
    return str(error).partition("\n")[0].partition(": ")[2] or "the browser could not open it"
