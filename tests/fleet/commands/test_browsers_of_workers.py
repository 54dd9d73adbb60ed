"""Workers have a browser look at what scripts draw, as `archive check` in a folder does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fleet_rig import Hub, Web, ended
from warcio.archiveiterator import ArchiveIterator

from linkarchive.browser.chromium import find_browser
from linkarchive.demo.wire import Response
from linkarchive.errors import SettingsError
from linkarchive.settings import BrowserSettings

URL, API, PICTURE = (f"http://h1.example/{name}" for name in ("budget", "figures.json", "harbour.png"))
PLAIN = "http://h2.example/page"
SHELL = (
    '<!DOCTYPE html><html lang="en"><head><title>The budget</title></head><body><main id="app">Loading…</main>'
    "<noscript>You need to enable JavaScript to run this app.</noscript><script>fetch('/figures.json')"
    ".then(a => a.json()).then(d => {app.innerHTML = `<h1>The budget</h1><p>${d.lead}</p>${d.text}"
    "<img src=/harbour.png>`})</script></body>"
)

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def _has_browser() -> None:
    try:
        find_browser(BrowserSettings())
    except SettingsError as error:
        pytest.skip(f"pages are not rendered here: {error}")


def figures(web: Web, stage: Any, crowns: str) -> None:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in stage.prose("budget"))
    lead = f"The harbour takes {crowns} crowns of this year's budget."
    body = json.dumps({"lead": lead, "text": text}).encode()
    web.pages |= {
        API: Response(body, content_type="application/json"),
        URL: Response(SHELL.encode()),
        PICTURE: Response(b"\x89PNG\r\n\x1a\n" + b"no picture", content_type="image/png"),
    }


def cite(root: Any) -> None:
    root.write("article.md", f"# On money\n\nIt takes [4,812,000 crowns]({URL}), [others]({PLAIN}) say.\n")


@pytest.fixture
def looking(hub: Hub) -> Hub:
    hub.settings.update(ARCHIVE_BROWSER_WHEN="needed", ARCHIVE_NETWORK_TIMEOUT="10", ARCHIVE_HUB_SEGMENT_SECONDS="60")
    return hub


def records(hub: Hub) -> list[tuple[str, str]]:
    """Type and address of all records on the shelf."""
    kept = []
    for path in sorted(Path(hub.shelf).rglob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                kept.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI") or ""))
    return kept


def test_a_worker_judges_what_a_browser_sees_as_a_run_does(looking: Hub, web: Web, stage: Any) -> None:
    folder = looking.folder("folder", ARCHIVE_HUB_DATABASE="")
    project = looking.project("politics")
    figures(web, stage, "4,812,000")
    for root in (folder, project):
        cite(root)
    assert folder.check("article.md").told(URL)[:2] == ("ok", "first-seen")
    assert project.run("push").code == 0
    looking.work(now="2026-01-05T06:00:00Z")
    first = project.run("report", "--format", "json")
    assert first.told(URL)[:2] == ("ok", "first-seen"), first.out
    assert first.source(URL)["capture"]["scope"] == "rendered"
    figures(web, stage, "5,344,000")
    by_a_run = folder.check(now="2026-01-12")
    looking.work(now="2026-01-12T06:00:00Z")
    changed = project.run("report", "--format", "json", now="2026-01-12T08:00:00Z")
    assert changed.told(URL)[0] == "drifted"
    for name in ("verdict", "reason", "evidence", "lost"):
        assert changed.source(URL)[name] == by_a_run.source(URL)[name]
    html = project.run("export", "--html", "copy.html", URL, now="2026-01-12T08:00:00Z")
    assert html.code == 0, html.err
    assert "5,344,000" in (project.root / "copy.html").read_text(encoding="utf-8")
    assert looking.folder().run("hub", "verify", now=None).code == 0


def test_a_page_that_projects_share_is_rendered_once_and_its_records_are_there_once(
    looking: Hub, web: Web, stage: Any
) -> None:
    figures(web, stage, "4,812,000")
    projects = [looking.project(name) for name in ("politics", "sport", "culture")]
    for project in projects:
        cite(project)
        assert project.run("push").code == 0
    looking.work(now="2026-01-05T06:00:00Z")
    for project in projects:
        report = project.run("report", "--format", "json")
        assert report.told(URL)[:2] == ("ok", "first-seen")
        assert report.source(URL)["capture"]["scope"] == "rendered"
    assert web.by_url()[API] == 1
    kept = records(looking)
    assert kept.count(("resource", f"urn:dom:{URL}")) == 1
    assert kept.count(("response", API)) == 1
    assert looking.folder().run("hub", "verify", now=None).code == 0


def test_a_worker_without_a_browser_says_so_and_judges_what_the_server_sends(
    looking: Hub, web: Web, stage: Any, tmp_path: Any
) -> None:
    figures(web, stage, "4,812,000")
    project = looking.project("politics", ARCHIVE_KEEP_SCOPE="rendered")
    cite(project)
    assert project.run("push").code == 0
    worker = looking.worker("blind", "--once", now="2026-01-05T06:00:00Z", PATH=str(tmp_path))
    code, words = ended(worker)
    assert code == 0
    assert "judged by what the server sends: no Chromium or Chrome is on this machine's path" in words
    report = project.run("report", "--format", "json")
    assert report.told(PLAIN)[0] == "ok"
    assert report.told(URL)[:2] == ("blocked", "script-only")
    for url in (URL, PLAIN):
        told = " ".join(report.source(url)["evidence"])
        assert "this worker has no browser: no Chromium or Chrome" in told, url


def test_a_browser_that_is_not_where_the_settings_say_is_told_at_once(looking: Hub) -> None:
    code, words = ended(looking.worker("wrong", "--once", ARCHIVE_BROWSER_EXECUTABLE="/no/such"))
    assert code == 2
    assert "/no/such: no such program" in words


def test_a_worker_that_is_killed_while_the_browser_looks_loses_nothing(looking: Hub, web: Web, stage: Any) -> None:
    figures(web, stage, "4,812,000")
    project = looking.project("politics")
    cite(project)
    assert project.run("push", now=None).code == 0
    worker = looking.worker("first")
    web.wait(lambda: API in web.by_url())
    worker.kill()
    worker.wait()
    looking.work()
    report = project.run("report", "--format", "json", now=None)
    assert report.told(URL)[:2] == ("ok", "first-seen")
    assert report.json["run"]["complete"]
    assert len(looking.visits("politics")) == 2
