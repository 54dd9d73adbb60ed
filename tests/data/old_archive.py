"""The web and the commands that made `old_archive.tar.gz`, with the code of revision 5284b2a.

Not a test: `make` was run by that revision, `web` and `CONTINUED` serve the tests that open its archive today.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from linkarchive.demo.wire import Reset, Response

DAYS = ("2026-01-05", "2026-01-12", "2026-01-20")
CONTINUED = "2026-01-22"
"""The day of one more run, made by that revision too, of which the archive keeps the report only."""

NOISY = "http://alpha.example/report"  # its advertisement changes; a web archive holds it as of 2024
ETAG = "http://alpha.example/survey"  # 304 whenever it is asked again
MOVED = "http://alpha.example/old"
ACCEPTED = "http://beta.example/notes"
UNACCEPTED = "http://beta.example/ledger"
IGNORED = "http://gamma.example/list"
UNIGNORED = "http://gamma.example/tables"
FLAKY = "http://delta.example/flaky"  # two strikes
FORGOTTEN = "http://epsilon.example/first"  # the page that LIKE_FORGOTTEN repeats, too
LIKE_FORGOTTEN = "http://beta.example/second"
SHARED = "http://epsilon.example/shared"  # one page at three addresses: the later two are revisits of the first
SHARES = ("http://gamma.example/shared", "http://delta.example/shared")
RECOVERED = "http://alpha.example/talks"
ORIGINAL = "http://origin.example/essay"

CITED = (NOISY, ETAG, MOVED, ACCEPTED, UNACCEPTED, IGNORED, UNIGNORED, FLAKY, FORGOTTEN, LIKE_FORGOTTEN)
SOURCES = {*CITED, SHARED, *SHARES, RECOVERED, ORIGINAL}


def web(stage: Any, day: str) -> None:
    """What the hosts of `stage` answer on a day: all is well on the first, and changed from the second on."""
    page = stage.html
    later = day != DAYS[0]
    stage[NOISY] = lambda request: page(NOISY, ad=f"{request.nth} flats at Port Ellis, {day}")
    stage[ETAG] = page(ETAG, etag='"one"')
    stage[MOVED] = stage.redirect("http://alpha.example/new", 301) if later else page(MOVED)
    stage["http://alpha.example/new"] = page(MOVED)
    stage[ACCEPTED] = page("notes of another kind" if later else ACCEPTED)
    stage[UNACCEPTED] = page("a ledger of another house" if later else UNACCEPTED)
    stage[IGNORED] = page("gone", status=410) if later else page(IGNORED)
    stage[UNIGNORED] = page("gone", status=404) if later else page(UNIGNORED)
    stage[FLAKY] = Reset() if later else page(FLAKY)
    stage[FORGOTTEN] = stage[LIKE_FORGOTTEN] = page("the second and the first")
    for url in (SHARED, *SHARES):
        stage[url] = page("one page at three addresses")
    stage[RECOVERED] = page(RECOVERED)
    stage[ORIGINAL] = _original()


def _original() -> Response:
    text = (
        f'<p>In the winter the council sat over <a href="{RECOVERED}">tough negotiations</a> until the lamps went out, '
        "and nobody wrote down who had said what, or why the harbour master had left so early that evening.</p>"
    )
    page = f"<html><head><title>Merger</title></head><body><article><h1>Merger</h1>{text * 3}</article></body></html>"
    return Response(page.encode())


def make(folder: Any, stage: Any, archive: Any) -> Path:
    """The folder made by three runs and decisions; `archive` holds copies as the Wayback Machine does."""
    archive.hold(NOISY, "2024-05-13", stage.html(NOISY))
    archive.hold(ETAG, "2024-05-14", stage.html(ETAG))
    folder.article(*CITED, published="2024-05-12")
    folder.article(NOISY, SHARED, *SHARES, name="essay.md", published="2026-01-02")
    lost = "In the winter the council sat over [{}](#) until the lamps went out, and nobody wrote down who said what.\n"
    folder.write(
        "lost.md",
        f"# Merger\n\nOriginal url: {ORIGINAL}\n\n{lost.format('tough negotiations')}\n{lost.format('an old map')}",
    )
    web(stage, DAYS[0])
    _ran(folder.check("article.md", "essay.md", "lost.md", now=DAYS[0]))
    links = folder.root / "links.txt"
    links.write_text(links.read_text().replace(IGNORED, f"# a remark of mine\n{IGNORED}", 1))
    web(stage, DAYS[1])
    _ran(folder.check(now=DAYS[1]))
    decisions = (
        ("accept", ACCEPTED, "--reason", "only the wording"),
        ("accept", UNACCEPTED),
        ("accept", UNACCEPTED, "--undo", "--reason", "a mistake"),
        ("ignore", IGNORED, "--reason", "the ministry is closed", "--until", "2030-01-01"),
        ("ignore", UNIGNORED),
        ("ignore", UNIGNORED, "--undo"),
        ("forget", FORGOTTEN, "--reason", "asked by its owner"),
    )
    for minute, decision in enumerate(decisions):
        assert folder.run(*decision, now=f"{DAYS[1]}T08:{minute:02}:00Z").code == 0, decision
    web(stage, DAYS[2])
    _ran(folder.check(now=DAYS[2]))
    return _with_expected(folder)


def _with_expected(folder: Any) -> Path:
    """Add `expected/`: the report of each run, and that of the run on CONTINUED, which is made in a copy."""
    kept = folder.root.with_name("kept")
    expected = folder.root / "expected"
    expected.mkdir()
    for manifest in (folder.root / "archive" / "manifests").glob("2026*.json"):
        report = folder.run("report", "--run", manifest.stem, "--format", "json").json
        (expected / manifest.name).write_text(json.dumps(report, indent=0))
    shutil.copytree(folder.root, kept, symlinks=True)
    continued = folder.check(now=CONTINUED, env={"ARCHIVE_WAYBACK_MODE": "off"})
    (expected / "continued.json").write_text(json.dumps(continued.json, indent=0))
    shutil.copy(expected / "continued.json", kept / "expected")
    return kept


def _ran(ran: Any) -> None:
    assert ran.code in (0, 1), ran.err
    assert ran.json["run"]["complete"]
