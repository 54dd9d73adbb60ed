"""`archive check` with a browser: what a script draws is judged, kept, and looked at again."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from linkarchive.demo.wire import Response

LATER, LATEST = "2026-01-12", "2026-01-19"
URL = "http://alpha.example/figures"
API = "http://alpha.example/figures.json"
SHELL = (
    '<!DOCTYPE html><html lang="en"><head><title>The budget</title></head><body><main id="app">Loading…</main>'
    "<noscript>You need to enable JavaScript to run this app.</noscript><script>fetch('/figures.json')"
    ".then(a => a.json()).then(d => {app.innerHTML = `<h1>The budget</h1><p>${d.lead}</p>${d.text}`})</script></body>"
)
WALL = (
    "<!DOCTYPE html><title>Just a moment...</title><h1>Checking your browser before accessing the site</h1>"
    "<p>This takes a few seconds.</p><noscript>Please turn JavaScript on and reload the page.</noscript>"
)
NEEDED = {"ARCHIVE_BROWSER_WHEN": "needed", "ARCHIVE_NETWORK_TIMEOUT": "10"}
NEVER = {"ARCHIVE_BROWSER_WHEN": "never"}


@pytest.fixture(autouse=True)
def _has_browser(executable):
    """Skipped where there is no browser."""


def figures(stage, crowns, headers=()):
    text = "".join(f"<p>{paragraph}</p>" for paragraph in stage.prose("budget"))
    lead = f"The harbour takes {crowns} crowns of this year's budget."
    body = json.dumps({"lead": lead, "text": text}).encode()
    stage[API] = Response(body, content_type="application/json")
    stage[URL] = Response(SHELL.encode(), headers=(("ETag", '"shell"'),))


def cite(folder, *urls):
    folder.write("article.md", "# On money\n\n" + "\n\n".join(f"It takes [4,812,000 crowns]({url})." for url in urls))


def records(folder):
    for path in sorted((folder.root / "archive" / "warc").glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                yield record.rec_type, record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read()


def _seen(folder, stage):
    cite(folder, URL)
    figures(stage, "4,812,000")
    first = folder.check("article.md", env=NEEDED)
    assert first.told(URL) == ("ok", "first-seen", "none")
    assert first.source(URL)["capture"]["scope"] == "rendered"


@pytest.fixture
def seen(once):
    """A page that only a browser sees, and that one has seen."""
    return once(_seen)


@pytest.mark.long
def test_a_page_that_only_a_browser_sees_is_ok_and_drifts_when_its_figure_changes(stage, seen):
    captures = seen.captures()
    again = seen.check(env=NEEDED, now=LATER)  # its frame is the same, and so is what it shows
    assert again.told(URL)[0] == "ok"
    assert seen.captures() == captures, "an unchanged page costs a row"

    figures(stage, "5,344,000")
    changed = seen.check(env=NEEDED, now=LATEST)
    assert changed.told(URL) == ("drifted", "detail-lost", "new")
    assert changed.source(URL)["lost"] == [{"kind": "figure", "text": "4,812,000 crowns"}]


@pytest.mark.long
def test_without_a_browser_such_a_page_is_not_called_ok_by_its_frame(seen):
    without = seen.check(env=NEVER, now=LATER)
    assert without.told(URL)[:2] == ("blocked", "script-only")


@pytest.mark.long
def test_a_rebuilt_database_knows_what_the_browser_saw(stage, seen):
    (seen.root / "archive" / "archive.sqlite").unlink()
    assert seen.run("rebuild").code == 0
    figures(stage, "5,344,000")
    assert seen.check(env=NEEDED, now=LATER).told(URL)[:2] == ("drifted", "detail-lost")


@pytest.mark.long
def test_a_bot_check_that_a_browser_passes_is_ok_and_a_wall_is_blocked(stage, folder):
    wall = "http://beta.example/wall"
    held = b"<!DOCTYPE html><title>Access denied</title><h1>Press and hold</h1>"
    stage[wall] = Response(held + b"<p>Confirm you are a human (and not a bot).<div class=captcha></div>", 403)

    def guarded(request):
        if "passed=42637" in request.headers.get("cookie", ""):
            return stage.html("report")
        script = "<script>setTimeout(() => {document.cookie = 'passed=42637'; location.reload()}, 1000)</script>"
        return Response(
            (WALL + script).encode(), 503, headers=(("Retry-After", "5"), ("Set-Cookie", "secret=hush4711"))
        )

    stage[URL] = guarded
    folder.article(URL, wall)
    ran = folder.check("article.md", env=NEEDED)
    assert ran.told(URL)[:2] == ("ok", "first-seen")
    assert ran.source(URL)["status"] == 200
    assert ran.source(wall)["verdict"] == "blocked"
    held = [(kind, uri, body) for kind, uri, body in records(folder)]
    assert not any(b"hush4711" in body for _, _, body in held)


@pytest.mark.long
def test_what_only_its_words_make_a_wall_is_cleared_by_a_site_that_says_no(stage, folder):
    quiz = "http://beta.example/quiz"
    title = "Are you human? A quiz for class seven"
    text = "Ten questions on cells, bones and breath, for a rainy afternoon in spring. Answers are on the last page."
    stage[quiz] = Response(f"<!DOCTYPE html><title>{title}</title><h1>{title}</h1><p>{text}</p>".encode())
    folder.article(quiz)
    assert folder.check("article.md", env=NEEDED).told(quiz)[:2] == ("ok", "first-seen")


@pytest.mark.long
def test_a_rendered_capture_holds_parts_dom_and_pictures_and_is_sound(stage, folder):
    cite(folder, URL)
    figures(stage, "4,812,000")
    ran = folder.check("article.md", "--scope", "rendered", env=NEVER)
    assert ran.source(URL)["capture"]["scope"] == "rendered"
    kept = {(kind, uri): body for kind, uri, body in records(folder) if kind in ("response", "resource")}
    assert kept["response", URL].decode() == SHELL
    assert ("response", API) in kept
    assert b"The harbour takes 4,812,000 crowns" in kept["resource", f"urn:dom:{URL}"]
    assert kept["resource", f"urn:fullPage:{URL}"][8:12] == b"WEBP"
    assert len(kept["resource", f"urn:thumbnail:{URL}"]) <= 15_000
    assert folder.run("verify").code == 0


@pytest.mark.long
def test_a_page_seen_by_a_browser_is_compared_with_a_document_as_the_server_sent_it(stage, folder):
    url = "http://gamma.example/plain"
    stage[url] = stage.html("plain")
    folder.article(url)
    folder.check("article.md", env=NEVER)
    ran = folder.check("--scope", "rendered", env=NEVER, now=LATER)
    assert ran.told(url)[0] == "ok"
    assert ran.source(url)["capture"]["scope"] == "rendered"
    assert any("a browser saw only one of the two" in sentence for sentence in ran.source(url)["evidence"])


@pytest.mark.long
def test_parts_that_pages_share_are_stored_once(stage, folder):
    urls = [f"http://alpha.example/{number}" for number in range(3)]
    for url in urls:
        page = stage.html(url)
        stage[url] = Response(page.body.replace(b"</head>", b"<link rel=stylesheet href=/all.css></head>"))
    stage["http://alpha.example/all.css"] = Response(b"body{color:#123}", content_type="text/css")
    folder.article(*urls)
    folder.check("article.md", "--scope", "rendered", env=NEVER)
    sheets = [kind for kind, uri, _ in records(folder) if uri == "http://alpha.example/all.css" and kind != "request"]
    assert sheets == ["response"]


def test_a_scope_that_cannot_be_had_is_said_and_nothing_is_printed(folder):
    folder.article("http://alpha.example/")
    ran = folder.check("article.md", "--scope", "rendered", env={"ARCHIVE_BROWSER_EXECUTABLE": "/no/such"})
    assert (ran.code, ran.out) == (2, "")
    assert "no such program" in ran.err


@pytest.mark.long
def test_a_copy_with_its_styles_is_pictured_from_the_archive_when_its_page_drifts(stage, folder):
    url, sheet = "http://delta.example/page", "http://delta.example/all.css"

    def serve(crowns):
        lead = f"<p>The harbour takes {crowns} crowns of this year's budget.</p>".encode()
        page = stage.html("delta").body.replace(b"</head>", b"<link rel=stylesheet href=/all.css></head>")
        stage[url] = Response(page.replace(b"<h1>", lead + b"<h1>"))

    stage[sheet] = Response(b"body{background:#0a7}", content_type="text/css")
    serve("4,812,000")
    cite(folder, url)
    folder.check("article.md", "--scope", "page", env=NEEDED)
    serve("5,344,000")
    ran = folder.check("--scope", "page", env=NEEDED, now=LATER)
    assert ran.told(url)[0] == "drifted"
    pictures = [body for kind, uri, body in records(folder) if (kind, uri) == ("resource", f"urn:thumbnail:{url}")]
    assert len(pictures) == 2, "then and now"
    asked = stage.asked(sheet)
    report = (folder.root / "archive" / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    assert report.count("data:image/webp") >= 2
    assert folder.run("export", "--png", "look.png", url).code == 0
    assert (folder.root / "look.png").read_bytes().startswith(b"\x89PNG")
    assert stage.asked(sheet) == asked, "the web is not asked for it"
    assert folder.run("verify").code == 0


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked for in /proc")
def test_a_run_that_is_killed_while_the_browser_looks_leaves_no_process_and_loses_nothing(stage, folder):
    """`kill -9` while a page waits for a picture: the browser ends, too, and the next run has the page whole."""
    reached, go = threading.Event(), threading.Event()

    def held(_):
        reached.set()
        go.wait(120)
        return Response(b"", 404)

    page = stage.html("harbour")
    stage[URL] = Response(page.body.replace(b"</article>", b"<img src=/late.png></article>"))
    stage["http://alpha.example/late.png"] = held
    folder.article(URL)
    with tempfile.TemporaryDirectory(dir="/tmp") as temporary:
        env = {**NEVER, "TMPDIR": temporary, "ARCHIVE_NETWORK_TIMEOUT": "30"}
        process = folder.start("check", "article.md", "--scope", "rendered", "-q", env=env)
        try:
            assert reached.wait(120)
            process.kill()
            process.wait()
        finally:
            go.set()
        end = time.monotonic() + 60
        while (left := _processes(temporary)) and time.monotonic() < end:
            time.sleep(0.1)
        assert left == []
        again = folder.start("check", "--scope", "rendered", "--format", "json", env=env)
        (source,) = json.loads(again.communicate()[0])["sources"]
        assert list(Path(temporary).iterdir()) == []
    assert (source["verdict"], source["capture"]["scope"]) == ("ok", "rendered")
    assert folder.run("verify").code == 0


def _processes(folder):
    """Those whose environment names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and folder.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


@pytest.mark.long
def test_a_copy_that_is_no_page_is_not_pictured_and_why_is_said(stage, folder):
    stage[URL] = Response(b"plain words, as they are. " * 40, content_type="text/plain")
    cite(folder, URL)
    assert folder.check("article.md", env=NEEDED).told(URL)[0] == "ok"
    ran = folder.run("export", "--png", "look.png", URL)
    assert ran.code == 2
    assert "it is no page of HTML" in ran.err
    assert not (folder.root / "look.png").exists()
