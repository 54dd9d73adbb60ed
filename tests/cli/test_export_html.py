"""One stored copy as one file: it shows what was kept, loads nothing, and says whose copy it is."""

from __future__ import annotations

import base64
import re
import urllib.request
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.demo.wire import Response
from linkarchive.requisites.single import single_page

ALPHA = "http://alpha.example/report"
STATIC = "http://gamma.example"
CSS = "text/css"
PNG = "image/png"


def _kept(folder: Any, stage: Any) -> None:
    head = f'<link rel=stylesheet href="{STATIC}/all.css" media=screen><script>alert(1)</script>'
    body = (
        f'<img src="/blank.gif" data-src="{STATIC}/late.png" onerror="alert(2)"><img src="/gone.png" alt="gone">'
        f'<picture><source srcset="{STATIC}/wide.png"><img src="/narrow.png"></picture>'
        f"<p style=\"background:url('{STATIC}/paper.png')\">x</p><iframe src='{STATIC}/frame'></iframe><form></form>"
    )
    page = (
        stage.html("alpha")
        .body.replace(b"</head>", f"{head}</head>".encode())
        .replace(b"<main>", f"<main>{body}".encode())
    )
    stage[ALPHA] = Response(page)
    stage[f"{STATIC}/all.css"] = Response(
        b"@import 'more.css';p{color:red}</style><script>alert(3)</script>a{background:url(http://live.example/x.png)}",
        content_type=CSS,
    )
    stage[f"{STATIC}/more.css"] = Response(b"@font-face{font-family:F;src:url(/f.woff2)}", content_type=CSS)
    stage[f"{STATIC}/f.woff2"] = Response(b"font", content_type="font/woff2")
    stage[f"{STATIC}/late.png"] = Response(b"", 302, headers=(("Location", f"{STATIC}/later.png"),))
    for name in ("later", "wide", "paper"):
        stage[f"{STATIC}/{name}.png"] = Response(f"picture {name}".encode(), content_type=PNG)
    folder.article(ALPHA)
    folder.check("article.md", "--scope", "page")


@pytest.fixture
def kept(once: Any) -> Any:
    return once(_kept)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_it_holds_what_was_kept_and_loads_nothing(kept: Any) -> None:
    ran = kept.run("export", "--html", "page.html", ALPHA)
    assert (ran.code, ran.err) == (0, "")
    text = (kept.root / "page.html").read_text(encoding="utf-8")
    for name in ("later", "wide", "paper"):
        assert f"data:image/png;base64,{encoded(f'picture {name}'.encode())}" in text
    sheet = re.search(r"@import \"data:text/css;charset=utf-8;base64,([^\"]+)\"", text)
    assert sheet
    assert f"data:font/woff2;base64,{encoded(b'font')}" in base64.b64decode(sheet[1]).decode()
    assert "p{color:red}" in text
    loads = re.findall(r"(?:src|background|url)\s*[=(]\s*[\"']?([^\"')\s>]+)", text)
    assert all(address.startswith(("data:", "about:invalid")) for address in loads), loads
    assert "<script" not in text.lower().replace("<\\/style><script>", "")
    assert not any(word in text for word in ("onerror", "<iframe", "<form", "<link"))


def test_its_head_has_the_date_and_the_digest(kept: Any) -> None:
    kept.run("export", "--html", "page.html", ALPHA)
    text = (kept.root / "page.html").read_text(encoding="utf-8")
    head = text.partition("</head>")[0]
    digest = kept.check(now="2026-01-06").source(ALPHA)["capture"]["digest"]
    assert '<meta name="linkarchive:captured" content="2026-01-05T06:00:0' in head
    assert f'<meta name="linkarchive:digest" content="{digest}">' in head
    assert "Content-Security-Policy" in head
    assert "Stored copy of http://alpha.example/report, 5\u00a0January\u00a02026, HTTP 200." in text


@pytest.mark.parametrize(
    "args",
    [("--html", "x.html"), (ALPHA,), ("--wacz", "x.wacz", ALPHA), ("--wacz", "x.wacz", "--html", "y.html", ALPHA)],
)
def test_what_is_to_be_written_must_be_clear(kept: Any, args: tuple[str, ...]) -> None:
    ran = kept.run("export", *args)
    assert (ran.code, ran.out) == (2, "")
    assert "--wacz FILE for the whole archive, or --html FILE URL" in ran.err


def test_a_file_that_is_there_stays_without_force(kept: Any) -> None:
    kept.write("page.html", "mine")
    assert kept.run("export", "--html", "page.html", ALPHA).code == 2
    assert (kept.root / "page.html").read_text() == "mine"
    assert kept.run("export", "--html", "page.html", ALPHA, "--force").code == 0


def test_archive_open_shows_the_styles_and_pictures_and_lets_nothing_load(kept: Any) -> None:
    process = kept.start("open", ALPHA, "--idle", "30")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    with urllib.request.urlopen(url, timeout=30) as answer:
        text, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
    process.terminate()
    assert encoded(b"picture wide") in text
    assert "p{color:red}" in text
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy
    assert "sandbox" in policy


def test_a_copy_of_the_document_alone_says_that_its_pictures_were_not_kept(kept: Any) -> None:
    kept.check("--scope", "document", now="2026-01-06")
    (kept.root / "archive").rename(kept.root / "set aside")
    kept.check("article.md", "--scope", "document")
    kept.run("export", "--html", "page.html", ALPHA)
    assert "styles and pictures, which were not kept" in (kept.root / "page.html").read_text(encoding="utf-8")


@given(st.text(), st.text(max_size=40))
def test_any_page_becomes_one_that_loads_nothing(source: str, style: str) -> None:
    page = f"<p style='{style}'>x</p><style>{style}</style>{source}<img src=http://live.example/a.png>"
    html = single_page(page, ALPHA, "utf-8", lambda _: None, "A copy.")
    assert html is None or "live.example" not in html
