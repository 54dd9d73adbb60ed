"""The demo as a story: publication day, then a year later, on the embedded web."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from linkarchive.clock import Clock
from linkarchive.demo import originals
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wayback import DemoCapture, DemoWayback, capture_of
from linkarchive.demo.wire import Epoch, Site
from linkarchive.errors import UsageError
from linkarchive.model import Report
from linkarchive.settings import BrowserSettings, Settings, WaybackSettings

DAYS = {
    Epoch.PUBLICATION: datetime(2025, 4, 18, 8, 0, tzinfo=UTC),
    Epoch.YEAR_LATER: datetime(2026, 4, 20, 8, 0, tzinfo=UTC),
}
"""The simulated start of the run of each day."""

_MARK = "DEMO.md"
_MARK_TEXT = """# A demonstration

`archive demo` made this folder, and makes it anew each time that it is called for it: keep
nothing of yours in here. The articles cite made-up pages on a web that exists only while
the demo runs, so `archive check` finds none of them; `archive report`, `archive show` and
`archive diff` work, and `archive/reports/` holds the reports.
"""


def run_demo(folder: Path, *, say: Callable[[str], None]) -> Report:
    """Run the main job over the demo's articles on both days, and return the second day's report.

    `folder` becomes a project folder. Raises UsageError when it holds anything that is
    not a former demo's. `say` gets a line at a time of what happens.
    """
    from linkarchive.check.run import check
    from linkarchive.model.scope import Scope

    prepare(folder)
    scope = Scope(articles=originals.ARTICLES)
    say(f"The demo: {len(originals.ARTICLES)} articles about a bridge, in {folder}")
    with DemoWeb(extra=archives()) as web:
        settings = settings_for(web)
        say(f"{DAYS[Epoch.PUBLICATION]:%d %B %Y}, the day of publication: every source is visited and kept.")
        web.epoch = Epoch.PUBLICATION
        first = check(folder, scope, settings, Clock(DAYS[Epoch.PUBLICATION]))
        say(f"  {_counts(first)}. What is there now is the baseline from now on.")
        say(f"{DAYS[Epoch.YEAR_LATER]:%d %B %Y}, a year later: the web has moved on, and one server never answers.")
        web.epoch = Epoch.YEAR_LATER
        second = check(folder, scope, settings, Clock(DAYS[Epoch.YEAR_LATER]))
        say(f"  {_counts(second)}.")
    return second


def settings_for(web: DemoWeb) -> Settings:
    """The demo's network, and archives of its own that need not be spared."""
    quick = replace(WaybackSettings(), replay_per_minute=0.0, index_per_minute=0.0, timeout=5.0)
    return replace(Settings(), network=web.network(), wayback=quick, browser=BrowserSettings(when="never"))


def prepare(folder: Path) -> None:
    """Make `folder` a project folder with the demo's articles and nothing else; raises UsageError."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; give the demo a folder of its own")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _MARK).is_file():
        raise UsageError(f"{folder} is not empty, and no earlier demo made it; give the demo a folder of its own")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "archive", ignore_errors=True)
    (folder / "links.txt").unlink(missing_ok=True)
    (folder / _MARK).write_text(_MARK_TEXT, encoding="utf-8")
    for name in originals.ARTICLES:
        (folder / name).write_text(originals.article(name), encoding="utf-8")


def _counts(report: Report) -> str:
    """ "40 ok, 1 dead" """
    return ", ".join(f"{count} {name}" for name, count in report.summary.items() if count and name != "uncompared")


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
