"""What pages, style sheets and lists of candidates name, as a browser reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.requisites import css, srcset
from linkarchive.requisites.html import requisites_of_page, requisites_of_sheet
from linkarchive.requisites.modules import import_map, imports_in
from linkarchive.requisites.reading import requisites_of
from linkarchive.requisites.requisite import Kind, Requisite

PAGE = "https://news.example/2026/story"


def named(html: str, base: str = PAGE, charset: str = "utf-8") -> dict[str, str]:
    """The path of each requisite of a page with its kind, as words."""
    requisites = requisites_of_page(html, base, charset)
    return {requisite.url.removeprefix("https://news.example"): requisite.kind.name.lower() for requisite in requisites}


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<link rel="stylesheet" href="/a.css">', {"/a.css": "style"}),
        ('<link rel="alternate STYLESHEET" href="a.css">', {"/2026/a.css": "style"}),
        ('<link rel="shortcut icon" href=/i.ico><link rel=apple-touch-icon href=/t.png>',
         {"/i.ico": "image", "/t.png": "image"}),
        ('<link rel=preload as=font href=/f.woff2><link rel=preload as=fetch href=/d.json>',
         {"/f.woff2": "font", "/d.json": "script"}),
        ('<link rel="next" href="/two"><a href="/three">', {}),
        ('<script src="/a.js"></script><script>src="/b.js"</script>', {"/a.js": "script"}),
        ('<img src="/a.png#part"><img src="data:image/png;base64,AA"><img src="">', {"/a.png": "image"}),
        ('<img src=/s.gif data-src="/late.png"><img data-lazy-src="/lazy.png">',
         {"/s.gif": "image", "/late.png": "image", "/lazy.png": "image"}),
        ('<img data-src=true data-original="3 5"><div data-bg="/b.jpg">', {"/b.jpg": "image"}),
        ('<img data-echo=/e.png><img data-src-medium=/m.png><p data-bg="url(/b.png)" data-style="color:red">',
         {"/e.png": "image", "/m.png": "image", "/b.png": "image"}),
        ('<img data-lazyload=/l.png><img data-cfsrc=/c.png><p data-bgset="/s.png 1x, /t.png 2x">',
         {"/l.png": "image", "/c.png": "image", "/s.png": "image", "/t.png": "image"}),
        ('<amp-img src=/amp.png></amp-img><image src="/alias.png">', {"/amp.png": "image", "/alias.png": "image"}),
        ('<img data-srcset="/a.png 1x, /b.png 2x">', {"/a.png": "image", "/b.png": "image"}),
        ('<iframe data-src="/map"></iframe><iframe src="/chart"></iframe>', {"/map": "frame", "/chart": "frame"}),
        ('<video src="/film.mp4" poster="/still.jpg" data-src=/film.mp4></video><audio src="/a.mp3"></audio>',
         {"/still.jpg": "image"}),
        ('<p style="background:url(/b.png)">', {"/b.png": "image"}),
        ('<style>@import "/i.css"; p{background:url("/p.png")}</style>', {"/i.css": "style", "/p.png": "image"}),
        ('<svg><use xlink:href="/sprite.svg#a"/><use href="#own"/><image href="/i.png"/></svg>',
         {"/sprite.svg": "image", "/i.png": "image"}),
        ('<table background="/t.png"><tr><td background="/d.png">', {"/t.png": "image", "/d.png": "image"}),
        ("<table><thead background=/h.png><tbody background=/b.png><colgroup background=/g.png><col background=/c.png>",
         {"/h.png": "image", "/b.png": "image", "/g.png": "image", "/c.png": "image"}),
        ('<svg><rect fill="url(/g.svg#a)" mask="url(#own)"/><path marker-mid="url(/k.svg#k)" cursor="url(/c.png)"/>',
         {"/g.svg": "image", "/k.svg": "image", "/c.png": "image"}),
        ('<input type="image" src="/go.png"><input src="/no.png">', {"/go.png": "image"}),
        ('<base href="/static/"><img src="a.png">', {"/static/a.png": "image"}),
        ('<link rel=stylesheet href=a.css><base href=/static/><img src=b.png>',
         {"/2026/a.css": "style", "/static/b.png": "image"}),
        ('<base target=x><base href=""><base href="/no/"><img src="a.png">', {"/2026/a.png": "image"}),
        ('<base href="data:,x"><img src="a.png">', {"/2026/a.png": "image"}),
        ("<iframe srcdoc=\"<base href='/in/'><img src='a.png'><iframe srcdoc=&quot;<img src=b.png>&quot;>\">",
         {"/in/a.png": "image", "/in/b.png": "image"}),
        ('<noscript><img src="/plain.png"></noscript>', {"/plain.png": "image"}),
        ("<iframe srcdoc=\"<img src='/in.png'>\"></iframe>", {"/in.png": "image"}),
        ('<object data="/plan.svg"></object><embed src="/doc.pdf">', {"/plan.svg": "frame", "/doc.pdf": "frame"}),
        ('<img src="http://[::1/odd.png"><img src="mailto:a@b.example"><img src="javascript:x">', {}),
        ("<!-- <img src=/no.png> --><p>text", {}),
    ],
)  # fmt: skip
def test_elements(html: str, expected: dict[str, str]) -> None:
    assert named(html) == expected


XHTML = "application/xhtml+xml"
SVG = "image/svg+xml"


@pytest.mark.parametrize(
    ("xml", "content_type", "expected"),
    [
        ('<?xml version="1.0"?><?xml-stylesheet href="/a.css?x&amp;y"?><?xml-stylesheet type="text/xsl" href="/t.xsl"?>'
         "<html><style><![CDATA[p{background:url(/p.png)}]]></style><p>text</html>", XHTML, {"/a.css?x&y", "/p.png"}),
        ('<html xmlns:d="http://www.w3.org/2000/svg" xmlns:l="http://www.w3.org/1999/xlink" xmlns:o="urn:office">'
         '<script src="/s.js"/><d:svg><d:image l:href="/l.png"/><d:use href="/u.svg#a"/></d:svg><o:img src="/no.png"/>',
         XHTML, {"/s.js", "/l.png", "/u.svg"}),
        ('<?xml-stylesheet type="text/css" href="/a.css"?><svg xmlns="http://www.w3.org/2000/svg">'
         '<style>@import "/b.css";</style><script href="/s.js"/><image href="/i.png"/></svg>',
         SVG, {"/a.css", "/b.css", "/s.js", "/i.png"}),
        ('<?xml-stylesheet href="/a.css\x01"?><html xmlns:l="http://www.w3.org/1999/xlink"><style>p{}\x0b</style>'
         '<image l:href="/i.png&#1;"/>', XHTML, {"/a.css%EF%BF%BD", "/i.png%EF%BF%BD"}),
        ('<?xml-stylesheet href="/a.css"?><p>text', "text/html", set()),
    ],
)  # fmt: skip
def test_pages_and_drawings_in_xml(xml: str, content_type: str, expected: set[str]) -> None:
    requisites = requisites_of(xml.encode(), content_type, Requisite(Kind.FRAME, PAGE), PAGE)
    assert {requisite.url.removeprefix("https://news.example") for requisite in requisites} == expected


def test_a_sheet_without_a_charset_is_read_in_that_of_what_names_it() -> None:
    html = b"<link rel=stylesheet href=/s.css>"
    page = requisites_of(html, "text/html; charset=windows-1251", Requisite(Kind.FRAME, PAGE), PAGE)
    sheet = "@import url(фон.css?ж);".encode("windows-1251")
    named = requisites_of(sheet, "text/css", page[0], PAGE)
    assert [requisite.url for requisite in named] == ["https://news.example/2026/%D1%84%D0%BE%D0%BD.css?%E6"]
    assert requisites_of(b"@import 'a.css'", "text/css", named[0], PAGE)[0].charset == page[0].charset


MODULES = """<script type=importmap>{"imports": {"lib/": "/vendor/", "lib/b.js": "./b-3.js", "x": 5}}</script>
<script type=module src=/main.js></script><link rel=modulepreload href=/dep.js>
<script type=module>import "./in.js"</script>"""


def test_a_module_imports_others_by_address_and_by_name() -> None:
    assert named(MODULES) == dict.fromkeys(("/main.js", "/dep.js", "/2026/in.js"), "module")
    main = next(requisite for requisite in requisites_of_page(MODULES, PAGE) if requisite.url.endswith("main.js"))
    script = b"""import a,{b as c}from"./a.js";import 'lib/d/e.js';import * as m
    from "lib/b.js"; export {z} from '/z.js'
    import('./later.js'); import react from "react"; x.from("./no.js"); "quoted from './q'"; importX "./no.js"
    import.meta"""
    imported = requisites_of(script, "text/javascript", main, "https://cdn.example/js/main.js")
    assert [requisite.url for requisite in imported] == [
        "https://cdn.example/js/a.js", "https://news.example/vendor/d/e.js", "https://news.example/2026/b-3.js",
        "https://cdn.example/z.js", "https://cdn.example/js/q",
    ]  # fmt: skip
    assert all(requisite.names == main.names for requisite in imported)
    assert requisites_of(script, "text/javascript", Requisite(Kind.SCRIPT, PAGE), PAGE) == []


@given(st.text() | st.sampled_from(["{", '{"imports":[]}', '{"imports":{"":"/a","a":"http://["}}', "[" * 100_000]))
def test_any_import_map_and_any_script_is_read(text: str) -> None:
    names = import_map(text, PAGE)
    assert all(isinstance(address, str) for address in imports_in(text, names))


def test_styles_come_first_and_what_is_named_twice_counts_once() -> None:
    requisites = requisites_of_page('<img src=/a.png><img src="/a.png"><link rel=stylesheet href=/s.css>', PAGE)
    assert [(requisite.kind, requisite.url[-5:]) for requisite in requisites] == [
        (Kind.STYLE, "s.css"), (Kind.IMAGE, "a.png"),
    ]  # fmt: skip


def test_of_the_sources_of_a_picture_the_formats_that_are_shown() -> None:
    html = """<picture><source type="image/avif" srcset="/a.avif"><source type="image/webp" srcset="/a.webp">
    <source media="print" type="image/heic" srcset="/a.heic"><source media="(min-width: 9px)" srcset="/wide.png">
    <img src="/a.jpg"></picture>"""
    assert set(named(html)) == {"/a.avif", "/wide.png", "/a.jpg"}
    by_some = '<source type="image/jxl" srcset="/a.jxl"><source srcset="/a.webp"><source srcset="/b.webp">'
    assert set(named(f'<picture>{by_some}<img src="/a.jpg"></picture>')) == {"/a.jxl", "/a.webp", "/a.jpg"}


def test_a_query_is_encoded_as_its_page_is() -> None:
    assert set(named("<img src='/i?q=ж'>", charset="windows-1251")) == {"/i?q=%E6"}


SHEET = "https://cdn.example/css/all.css"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@charset "utf-8"; @import "two.css" screen; @import url(three.css) layer(x);', {"two.css", "three.css"}),
        ("@namespace svg url(http://www.w3.org/2000/svg); p{color:red}", set()),
        ("/* url(no.png) */ p{background:URL( 'a b.png' ) , url(c.png)}", {"a%20b.png", "c.png"}),
        ('p{background-image:image-set("1x.png" 1x, url(2x.png) type("image/png") 2x)}', {"1x.png", "2x.png"}),
        ("p{mask:url(#m);filter:url(f.svg#x)}", {"f.svg"}),
        ("p{background:url(data:image/png;base64,AA==)}", set()),
        ("@media print{@supports (display:grid){p{background:url(deep.png)}}}", {"deep.png"}),
        ("p{background:url(a.png", {"a.png"}),
        (
            "@font-face{src:url(f.eot);src:url(f.eot?#iefix) format('embedded-opentype'),url(f.woff2) format('woff2'),"
            "url(f.ttf) format('truetype')}",
            {"f.woff2"},
        ),
        ("@font-face{src:local('F'),url('f.woff')}", {"f.woff"}),
        ("@font-face{src:url('f.woff?#iefix') format('woff')}", {"f.woff?"}),
        ("@font-face{src:url(v.woff2) format('woff2-variations')}", {"v.woff2"}),
        (".a{content:'}'}.b{background:url(\"data:image/svg+xml,{}\")}.c{background:url(c.png)}", {"c.png"}),
    ],
)
def test_style_sheets(text: str, expected: set[str]) -> None:
    requisites = {requisite.url for requisite in requisites_of_sheet(text, SHEET)}
    assert requisites == {f"https://cdn.example/css/{name}" for name in expected}


def test_a_font_and_an_imported_sheet_are_known_for_what_they_are() -> None:
    text = "@import 'a.css';@font-face{src:url(f.woff2)}p{background:url(p.png)}"
    assert [requisite.kind for requisite in requisites_of_sheet(text, SHEET)] == [Kind.STYLE, Kind.FONT, Kind.IMAGE]


def test_addresses_are_replaced_and_the_rest_stays() -> None:
    text = "@import 'a.css' print;\np::before{content:'url(x)';background:url( b.png ) top}"
    new = css.replaced(text, lambda kind, address: f'{kind.name}-"{address}')
    assert new == (
        '@import "STYLE-\\22 a.css" print;\np::before{content:"url(x)";background:url("IMAGE-\\22 b.png") top}'
    )


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("a.png", ["a.png"]),
        ("a.png 1x, b.png 2x", ["a.png", "b.png"]),
        ("a,b.png 1x,c.png", ["a,b.png", "c.png"]),
        ("https://i.example/w_1,h_2/a.png 100w, b.png 200w", ["https://i.example/w_1,h_2/a.png", "b.png"]),
        (" , a.png ,, b.png 3x,", ["a.png", "b.png"]),
        ("", []),
    ],
)
def test_candidates(listed: str, expected: list[str]) -> None:
    assert [candidate.address for candidate in srcset.candidates(listed)] == expected


WIDTHS = ", ".join(f"{width}.png {width}w" for width in (320, 640, 960, 1280, 1920, 2560, 3840))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ("", ["1280.png", "2560.png"]),
        ("(min-width: 700px) 600px, 100vw", ["640.png", "1280.png"]),
        ("(max-width: 700px) 100vw, 50vw", ["640.png", "1280.png"]),
        ("(min-width: 2000px) 10px, 25vw", ["320.png", "640.png"]),
    ],
)
def test_of_many_candidates_those_of_a_desk(sizes: str, expected: list[str]) -> None:
    assert srcset.chosen(WIDTHS, sizes) == expected


@given(st.text(), st.text())
def test_any_text_has_candidates(listed: str, sizes: str) -> None:
    requisites = {candidate.address for candidate in srcset.candidates(listed)}
    assert set(srcset.chosen(listed, sizes)) <= requisites


MARKUP = st.text(st.sampled_from("<>/'\"=() \n&;#x{}@!-") | st.characters(), max_size=60) | st.lists(
    st.sampled_from(
        [
            "<style>",
            "</style>",
            "<img src=",
            "url(",
            "@import ",
            "'",
            '"',
            "{",
            "}",
            "<base href=//",
            "<svg>",
            "srcset=",
            "<?xml-stylesheet href='",
            "?>",
            " xmlns:a='http://www.w3.org/1999/xlink' a:href='",
            "\x01",
        ]
    ),
    max_size=12,
).map("".join)


@given(MARKUP, st.sampled_from([PAGE, "", "http://[", "about:blank"]))
def test_any_page_and_sheet_is_read(text: str, base: str) -> None:
    pages = (*requisites_of_page(text, base), *requisites_of_page(text, base, is_xml=True))
    for requisite in (*pages, *requisites_of_sheet(text, base)):
        assert requisite.url.lower().startswith(("http://", "https://"))
    assert isinstance(css.replaced(text, lambda _, address: address), str)


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "text/css", "text/html;charset=x", "text/css;charset=utf-16", XHTML, SVG]),
)
def test_any_answer_is_read(body: bytes, content_type: str) -> None:
    for kind in Kind:
        requisites_of(body, content_type, Requisite(kind, PAGE, names=(("a/", PAGE),)), PAGE)


def test_deep_nesting_is_no_trouble() -> None:
    assert requisites_of_sheet("(" * 20_000 + "url(a.png)", SHEET)
    assert isinstance(css.replaced("(" * 20_000 + "url(a.png)", lambda _, address: address), str)
    requisites_of_page("<div>" * 20_000 + "<img src=/a.png>", PAGE)


def test_what_a_module_imports_is_named_once_and_bounded() -> None:
    names = import_map('{"imports": {"app": "/app.js", "lib/": "/lib/", "lib/core": "/core.js"}}', PAGE)
    module = 'import "app"; import "lib/a.js"; import "lib/core"; import "app";' + "".join(
        f'import "./{number}.js";' for number in range(2000)
    )
    imported = list(imports_in(module, names))
    assert [address.rsplit("/", 1)[1] for address in imported[:4]] == ["app.js", "a.js", "core.js", "0.js"]
    assert len(imported) == len(set(imported)) == 500
