"""A page as one file: what a drawing says of its shapes, and what a page does that would never end."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from linkarchive.requisites import drawing, single
from linkarchive.requisites.single import Part, single_page

PAGE = "https://news.example/2026/story"


def one_file(source: str, find: Callable[[str], Part | None] = lambda _: None) -> str:
    text = single_page(source, PAGE, "utf-8", find, "")
    assert text is not None
    return text


@pytest.mark.parametrize(
    "shape",
    [
        '<text x="1" y="2" text-anchor="middle" dominant-baseline="hanging">Ferry</text>',
        '<filter id="f" filterunits="userSpaceOnUse" primitiveunits="objectBoundingBox"></filter>',
        '<feturbulence basefrequency=".1" numoctaves="2" seed="3"></feturbulence>',
        '<fefunca type="linear" slope=".5" intercept="1"></fefunca>',
        '<femorphology operator="dilate" radius="2"></femorphology>',
        '<fedisplacementmap in="a" in2="b" scale="9" xchannelselector="R"></fedisplacementmap>',
        '<feconvolvematrix order="3" kernelmatrix="1 0 0 0 1 0 0 0 1" edgemode="none"></feconvolvematrix>',
        '<fepointlight x="1" y="2" z="3"></fepointlight>',
    ],
)
def test_what_is_said_of_a_shape_stays(shape: str) -> None:
    assert shape in one_file(f"<svg>{shape}</svg>")


def test_names_are_whole() -> None:
    names = drawing.ELEMENTS | drawing.ATTRIBUTES
    assert [name for name in names if not re.fullmatch(r"[a-z]+(-[a-z]+)*[0-9]?", name)] == []


def test_frames_that_frame_themselves_are_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them by another address, as a browser would go on for ever."""
    page = b"<html><p>Harbour</p>" + b"".join(b"<iframe src='/f?%d'></iframe>" % number for number in range(20))
    monkeypatch.setattr(single, "MAX_READ", 10 * len(page))
    whole = one_file("<iframe src=/f></iframe>", lambda url: Part(page, "text/html", url))
    assert whole.count("Harbour") == 10


def test_frames_and_their_pictures_have_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"/f": Part(b"<html><img src=/p.png>", "text/html", PAGE), "/p.png": Part(bytes(3000), "image/png", PAGE)}
    monkeypatch.setattr(single, "MAX_SIZE", 20_000)
    whole = one_file("<iframe src=/f></iframe>" * 9, lambda url: parts[url.removeprefix("https://news.example")])
    assert whole.count("<iframe") == whole.count("image/png") == 2


def test_drawings_are_read_and_copied_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    sprite = b"<svg>" + b"".join(b"<g id='s%d'>" % number for number in range(50)) + b"<path d='M1 1'/>"
    monkeypatch.setattr(drawing, "_LARGEST_SYMBOLS", 4000)
    read = []

    def find(url: str) -> Part:
        read.append(url)
        return Part(sprite, "image/svg+xml", url)

    uses = "".join(f"<use href='/s.svg#s{number}'/>" for number in range(50))
    whole = one_file(f"<svg>{uses}</svg>", find)
    assert 1 < whole.count('id="stored-') < 10
    assert len(read) == 1
    monkeypatch.setattr(single, "MAX_READ", 3 * len(sprite))
    whole = one_file(f"<svg>{''.join(f'<use href=/{number}.svg#s49></use>' for number in range(9))}</svg>", find)
    assert whole.count('id="stored-') == 3


def test_a_frame_that_comes_late_is_shown() -> None:
    parts = {"https://news.example/map": Part(b"<html><p>The map", "text/html", PAGE)}
    for frame in ("<iframe data-src=/map></iframe>", "<iframe src=/blank data-lazy-src=/map></iframe>"):
        assert "The map" in one_file(frame, parts.get)
    assert "The map" in one_file("<iframe src=/map data-src=/gone></iframe>", parts.get)
    assert "<iframe" not in one_file("<iframe></iframe><object></object>", parts.get)


def test_a_page_in_xml_has_the_sheets_that_stand_before_it() -> None:
    parts = {"https://news.example/a.css": Part(b"p{color:#123456}", "text/css", "https://news.example/a.css")}
    xml = '<?xml version="1.0"?><?xml-stylesheet href="/a.css" media="screen"?><html xmlns="http://www.w3.org/1999/xhtml">'
    page = f"{xml}<head><title/></head><body><p>text</p></body></html>"
    text = single_page(page, PAGE, "utf-8", parts.get, "", is_xml=True)
    assert text is not None
    assert '<style media="screen">p{color:#123456}</style>' in text
    assert "#123456" not in one_file(page, parts.get)


PARTS = {
    f"https://news.example/{name}": Part(name.encode(), kind, f"https://news.example/{name}")
    for name, kind in (("a.css", "text/css"), ("b.css", "text/css"), ("a.png", "image/png"), ("b.png", "image/png"))
}
PARTS["https://news.example/a.png?"] = PARTS["https://news.example/a.png"]
A_PNG = "data:image/png;base64,YS5wbmc="


@pytest.mark.parametrize(
    ("link", "style"),
    [
        ('<link rel="preload" as="style" href=/a.css onload="this.rel=\'stylesheet\'">', "<style>a.css</style>"),
        ('<link rel="stylesheet" media="print" href=/a.css onload="this.media=\'all\'">', "<style>a.css</style>"),
        ('<link rel="stylesheet" media="print" href=/a.css>', '<style media="print">a.css</style>'),
        ('<link rel="preload" as="style" href=/a.css>', ""),
        ('<link rel="alternate stylesheet" href=/a.css title=dark><link rel=stylesheet disabled href=/b.css>', ""),
    ],
)
def test_the_sheets_that_a_reader_sees_are_applied(link: str, style: str) -> None:
    assert re.findall(r"<style.*?</style>", one_file(f"{link}<p>text", PARTS.get)) == ([style] if style else [])


@pytest.mark.parametrize(
    "media", ["(prefers-color-scheme: dark)", "print", "(max-width: 600px), (orientation:portrait)"]
)
def test_of_a_picture_the_source_for_a_desk_is_shown(media: str) -> None:
    text = one_file(f"<picture><source media='{media}' srcset=/b.png><img src=/a.png></picture>", PARTS.get)
    assert A_PNG in text
    assert "Yi5wbmc=" not in text


@pytest.mark.parametrize("element", ["<video poster=/a.png><p>No film here</video>", "<input type=image src=/a.png>"])
def test_the_still_of_a_recording_and_the_picture_of_a_button_are_shown(element: str) -> None:
    assert f'src="{A_PNG}"' in one_file(f"<p>text</p>{element} after", PARTS.get)
    assert " after" in one_file(f"<p>text</p>{element} after")


@pytest.mark.parametrize(
    "source",
    [
        "<embed src=/a.png><p>after</p>",
        "<picture><source srcset=/a.png><source srcset=/no.png><img src=/no.png></picture><p>after</p>",
        "<amp-img src=/a.png></amp-img><p>after</p>",
        "<div data-bg=/a.png></div><p data-bg='/\x0b'></p><p>after</p>",
        "<div data-background-image='url(/a.png)'></div><p>after</p>",
        "<img src='/a.png?#at'><p>after</p>",
    ],
)
def test_pictures_are_shown_and_what_comes_after_them(source: str) -> None:
    text = one_file(f"<main class=m>{source}</main>", PARTS.get)
    assert A_PNG in text
    assert "<p>after</p></main>" in text
