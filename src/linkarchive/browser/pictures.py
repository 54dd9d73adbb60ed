"""The pictures of a page: the whole of it, and a small one of its top, both WebP.

To draw a page of 16,000 pixels and to make WebP of it takes seconds, and so does laying out a document of megabytes for
each drawing. So it is first drawn small; how large that comes out tells what a larger one would take.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

_T = TypeVar("_T")
_Step = tuple[int, float]
"""WebP quality and scale."""

PATIENCE = 60.0
"""Seconds for what takes milliseconds, and some seconds of a page of megabytes on a busy machine, unless a script of
the page goes on for ever."""
WIDTH = 1280
_DRAWN = 95
"""Quality of a drawing (JPEG), which is not kept."""
_LARGEST = 490_000
"""Bytes of the picture."""
_SMALL: _Step = (10, 0.25)
_STEPS: tuple[tuple[_Step, int], ...] = (
    ((60, 1.0), 12), ((35, 1.0), 10), ((15, 1.0), 8), ((30, 0.5), 4), ((10, 0.5), 3),
)  # fmt: skip
"""What is taken is the first that is small enough. Each is at least so many times as large as the small picture."""
_LARGEST_THUMBNAIL = 15_000
_THUMBNAIL: tuple[_Step, ...] = ((60, 0.25), (35, 0.25), (15, 0.25), (5, 0.25), (5, 0.125))
_THUMBNAIL_HEIGHT = 1600
_MAKE = """async ([drawing, drawn, steps, largest, highest]) => {
  const image = await createImageBitmap(await (await fetch('data:image/jpeg;base64,' + drawing)).blob());
  const height = Math.min(image.height, highest * drawn);
  let blob;
  for (const [quality, scale] of steps) {
    const canvas = new OffscreenCanvas(Math.max(1, image.width * scale / drawn), Math.max(1, height * scale / drawn));
    const context = canvas.getContext('2d', {alpha: false});
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, 0, 0, image.width, height, 0, 0, canvas.width, canvas.height);
    blob = await canvas.convertToBlob({type: 'image/webp', quality: quality / 100});
    if (blob.size <= largest) break;
  }
  const reader = new FileReader();
  const read = new Promise(done => reader.onload = done);
  reader.readAsDataURL(blob);
  await read;
  return reader.result.split(',')[1]}"""


def in_time(call: Awaitable[_T]) -> Awaitable[_T]:
    """The call, with a limit of `PATIENCE` seconds: the page's own scripts may leave it no time to answer. Raises
    TimeoutError then."""
    return asyncio.wait_for(call, PATIENCE)


async def pictures(context: BrowserContext, tab: Page, highest: int) -> tuple[bytes, bytes, int]:
    """A picture of the top of a page, as many pixels as are given or all, a small one of its first screens, and how
    high the page is. Each step is done `in_time`. Raises playwright's Error where the page is gone."""

    async def drawing(scale: float) -> str:
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": max(1, min(height, highest)), "scale": scale}
        options = {"format": "jpeg", "quality": _DRAWN, "captureBeyondViewport": True, "clip": clip}
        data: str = (await in_time(session.send("Page.captureScreenshot", options)))["data"]
        return data

    async def webp(drawn: str, scale: float, steps: Sequence[_Step], largest: int, most: int = highest) -> bytes:
        order = [drawn, scale, [list(step) for step in steps], largest, most]
        return base64.b64decode(await in_time(empty.evaluate(_MAKE, order)))

    session = await context.new_cdp_session(tab)
    layout = await in_time(session.send("Page.getLayoutMetrics"))
    height = int(layout["cssContentSize"]["height"])
    small_scale = _SMALL[1]
    drawn = await drawing(small_scale)
    empty = await context.new_page()
    picture = await webp(drawn, small_scale, (_SMALL,), _LARGEST)
    thumbnail = await webp(drawn, small_scale, _THUMBNAIL, _LARGEST_THUMBNAIL, _THUMBNAIL_HEIGHT)
    steps = [step for step, times in _STEPS if times * len(picture) <= _LARGEST]
    if steps:
        scale = steps[0][1]
        larger = await webp(await drawing(scale), scale, steps, _LARGEST)
        picture = larger if len(larger) <= _LARGEST else picture
    return picture, thumbnail, height
