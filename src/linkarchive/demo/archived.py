"""What the web archives of the demo hold: some of the sources, as they were about the day of publication."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from linkarchive.demo.wayback import DemoCapture, DemoWayback, capture_of
from linkarchive.demo.wire import Site

KEPT = (
    "https://tidewater-gazette.example/2024/11/cost-of-the-lantern",
    "https://brennock-council.example/consultation/harbour-crossing",
    "https://ferrymens-archive.example/logs/1911",
    "https://sele-river-trust.example/campaigns/open-water",
)
DAY = datetime(2025, 4, 20, 6, 30, tzinfo=UTC)


def archives() -> Mapping[str, Site]:
    """The hosts of the Wayback Machine and arquivo.pt; the latter has nothing."""
    captures: list[DemoCapture] = [capture_of(url, DAY) for url in KEPT]
    return {
        "web.archive.org": DemoWayback(captures),
        "arquivo.pt": DemoWayback(base="https://arquivo.pt", collection="/wayback/"),
    }
