"""Drawings and frames of a stored page are shown by our own viewer and in the one file, and nothing in them acts."""

from __future__ import annotations

from typing import Any

import pytest

from linkarchive.demo.wire import Response

URL, STATIC = "http://alpha.example/page", "http://gamma.example"
SVG = "image/svg+xml"
NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'


def _kept(folder: Any, stage: Any) -> None:
    body = f"""<svg viewBox="0 0 90 90" onload="document.title='ran'"><defs><linearGradient id="g"><stop offset="0"
        stop-color="#08c"/></linearGradient></defs><rect id="box" width="90" height="40" fill="url(#g)"/>
        <rect width="9" height="9" fill="url(http://live.example/x.svg#a)"/><use xlink:href="#box" y="45"/>
        <use href="{STATIC}/sprite.svg#dot"/><image href="{STATIC}/in.svg" width="9" height="9"/>
        <style>a{{}}<img src=http://live.example/y.png onerror="document.title='ran'"></style>
        <foreignObject><iframe src="http://live.example/z"></iframe></foreignObject>
        <script>document.title='ran'</script></svg>
        <iframe src="{STATIC}/frame" width="300"></iframe><iframe srcdoc="<p>Inner words<script>top.document.title='ran'
        </script>"></iframe><object data="{STATIC}/object.svg"></object><iframe src="{STATIC}/gone"></iframe>"""
    page = stage.html("alpha").body.replace(b"<main>", f"<main>{body}".encode())
    stage[URL] = Response(page)
    sprite = f'<svg {NAMESPACE}><symbol id="dot" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4"/></symbol></svg>'
    stage[f"{STATIC}/sprite.svg"] = Response(sprite.encode(), content_type=SVG)
    for name in ("in", "object"):
        stage[f"{STATIC}/{name}.svg"] = Response(f"<svg {NAMESPACE}><!-- {name} --></svg>".encode(), content_type=SVG)
    stage[f"{STATIC}/frame"] = Response(
        b"<link rel=stylesheet href=f.css><p id=words>Words of the frame</p><script>document.title='ran'</script>"
        b"<iframe src=frame></iframe>"
    )
    stage[f"{STATIC}/f.css"] = Response(b"p{color:rgb(1, 2, 3)}", content_type="text/css")
    folder.article(URL)
    assert folder.check("article.md", "--scope", "page").code == 0


@pytest.fixture
def kept(once: Any) -> Any:
    return once(_kept)


def test_one_file_has_drawings_and_frames_and_loads_nothing(kept: Any) -> None:
    assert kept.run("export", "--html", "page.html", URL).code == 0
    text = (kept.root / "page.html").read_text(encoding="utf-8")
    assert "live.example" not in text
    assert text.count("<iframe ") == 2
    assert 'fill="url(#g)"' in text
    assert text.count("data:image/svg+xml;base64,") == 2
    assert not any(word in text for word in ("<script", "onload", "onerror", "foreignobject", "<object"))


@pytest.mark.long
def test_a_browser_shows_them_in_the_file_and_in_the_viewer(kept: Any, browser: Any) -> None:
    kept.run("export", "--html", "page.html", URL)
    opened = kept.start("open", URL, "--idle", "120")
    assert opened.stdout is not None
    for address in ((kept.root / "page.html").as_uri(), opened.stdout.readline().strip()):
        driver = browser()
        driver.get(address)
        box = "return document.querySelector('{}').getBBox().width"
        assert driver.execute_script(box.format('use[href="#box"]')) == 90, "what a drawing refers to in itself"
        assert driver.execute_script(box.format('use[href^="#stored"]')) > 0, "and in another file"
        assert driver.title == "On alpha"
        frames = driver.find_elements("tag name", "iframe")
        assert [frame.get_attribute("sandbox") for frame in frames] == ["", ""]
        driver.switch_to.frame(frames[0])
        words = driver.find_element("id", "words")
        assert words.text == "Words of the frame"
        assert words.value_of_css_property("color") == "rgba(1, 2, 3, 1)"
        driver.switch_to.parent_frame()
        driver.switch_to.frame(frames[1])
        assert "Inner words" in driver.find_element("tag name", "body").text
    opened.terminate()
