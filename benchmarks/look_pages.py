"""Pages that are hard to keep whole, each on a host of its own, behind one HTTP proxy for all names.

Written from what docs/look.md promises, and not from the code that keeps pages: what is here is what browsers do.
`python benchmarks/look_pages.py` serves them and prints the proxy's address.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

Answer = tuple[int, str, bytes, tuple[tuple[str, str], ...]]
"""Status, media type, body, further header fields."""

VIDEO = 50_000_000
COLOURS = ("c0392b", "2980b9", "27ae60", "8e44ad", "d35400", "16a085")
PRIVATE = ("http://10.20.30.40/logo.png", "http://127.0.0.9:8/logo.png", "http://[::1]:8/logo.png")


@cache
def prose(seed: str, paragraphs: int = 12) -> str:
    chance = random.Random(seed)
    words = ("harbour", "budget", "council", "winter", "report", "ferry", "bridge", "school", "paper", "quarter")
    lines = (" ".join(chance.choices(words, k=50)) for _ in range(paragraphs))
    return "".join(f"<p>{line.capitalize()}.</p>" for line in lines)


def html(title: str, body: str, head: str = "") -> Answer:
    page = (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>{head}</head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
    return 200, "text/html; charset=utf-8", page.encode(), ()


def svg(colour: str, width: int = 300, height: int = 120) -> Answer:
    mark = f'<rect width="100%" height="100%" fill="#{colour}"/><circle cx="60" cy="60" r="40" fill="#fff"/>'
    text = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{mark}</svg>'
    return 200, "image/svg+xml", text.encode(), ()


def picture(path: str) -> Answer:
    """A picture whose colour follows from its address."""
    return svg(random.Random(path).choice(COLOURS))


def css(text: str) -> Answer:
    return 200, "text/css", text.encode(), ()


def script(text: str) -> Answer:
    return 200, "text/javascript", text.encode(), ()


def font(path: str) -> Answer:
    """A font of this machine, whatever its name says (browsers look at the bytes); random bytes where there is none."""
    font = next(Path("/usr/share/fonts").rglob("*.ttf"), None)
    return 200, "font/woff2", font.read_bytes() if font else random.Random(path).randbytes(20_000), ()


FILES: dict[str, Answer] = {
    # styles: chains of @import in three spellings, media, relative addresses below another folder, a layer
    "styles.example/": html(
        "Styles that import styles",
        f'<div class="a"></div><div class="b"></div>{prose("styles")}',
        '<link rel="stylesheet" href="/css/main.css"><link rel="stylesheet" media="print" href="/css/print.css">'
        "<style>@import '/css/inline.css'; h1 { color: #123 }</style>",
    ),
    "styles.example/css/main.css": css('@import "deep/one.css" screen; @import url(deep/two.css) layer(base); .x{}'),
    "styles.example/css/deep/one.css": css(
        "@import url('three.css') supports(display: grid); .a{height:90px;background:url(../../img/one.svg)}"
    ),
    "styles.example/css/deep/two.css": css(".b{height:90px;background:url('/img/t\\77 o.svg')}"),
    "styles.example/css/deep/three.css": css("body{background:#fafaf0} main{max-width:50rem}"),
    "styles.example/css/print.css": css("body{color:#000}"),
    "styles.example/css/inline.css": css("h1{border-bottom:9px solid #27ae60} h1::after{content:url(/img/after.svg)}"),
    # pictures: candidates, sources by width and type, sets in styles, a base, old attributes
    "pictures.example/": html(
        "Pictures of many sizes",
        '<img srcset="s-400.svg 400w, s-800.svg 800w, s-1600.svg 1600w" sizes="(max-width: 600px) 100vw, 600px" '
        'src="s.svg" width=300 alt=""><img srcset="d-1.svg, d-2.svg 2x" src="d.svg" alt="">'
        '<picture><source media="(max-width: 500px)" srcset="narrow.svg"><source type="image/svg+xml" '
        'srcset="wide.svg 1x"><img src="none.svg" alt=""></picture>'
        f'<div class="set"></div><input type="image" src="button.svg" alt="go">'
        f'<p style="background:url(&quot;attr.svg&quot;);height:90px"></p>{prose("pictures")}',
        '<base href="/media/"><style>.set{height:90px;background:image-set("set-1.svg" 1x, "set-2.svg" 2x)}'
        "@media (max-width:300px){.set{background:url(tiny.svg)}}</style>",
    ),
    # lazy: native, by script from data-src, by data-srcset, in noscript, far down
    "lazy.example/": html(
        "Pictures that come when one gets there",
        f"{prose('lazy', 60)}<img loading=lazy src=/native.svg width=300 height=120 alt=''>"
        '<img class=late data-src="/late.svg" width=300 height=120 alt=""><img class=late data-srcset="/set.svg 1x" '
        'width=300 height=120 alt=""><noscript><img src="/noscript.svg" alt=""></noscript>'
        "<script>const o=new IntersectionObserver(l=>{for(const e of l)if(e.isIntersecting){const t=e.target;"
        "if(t.dataset.src)t.src=t.dataset.src;if(t.dataset.srcset)t.srcset=t.dataset.srcset;o.unobserve(t)}});"
        "document.querySelectorAll('.late').forEach(i=>o.observe(i))</script>",
    ),
    # fonts: formats in order of preference, a range that the text does not use, one that an imported sheet names
    "fonts.example/": html(
        "A page in its own letters",
        f'<p class="other">Other</p>{prose("fonts")}',
        '<link rel="preload" as="font" type="font/woff2" href="/f/text.woff2" crossorigin>'
        '<link rel="stylesheet" href="/f/fonts.css">',
    ),
    "fonts.example/f/fonts.css": css(
        "@import 'other.css';@font-face{font-family:T;src:url(text.eot);"
        "src:url(text.eot?#x) format('embedded-opentype'),"
        "url(text.woff2) format('woff2'),url(text.woff) format('woff')}@font-face{font-family:T;font-weight:700;"
        "src:local('No Such'),url(bold.woff2) format('woff2')}body{font-family:T,serif}"
        "@font-face{font-family:R;unicode-range:U+0400-04FF;src:url(range.woff2)}"
    ),
    "fonts.example/f/other.css": css("@font-face{font-family:O;src:url(o.woff2)}.other{font-family:O,serif}"),
    # SVG: as a picture, inline with <image> and <use> of a sprite, in a mask, as an object
    "svg.example/": html(
        "Drawings",
        '<img src="/plain.svg" alt=""><svg width=300 height=120><image href="/inner.svg" width=300 height=120 />'
        '</svg><svg width=60 height=60><use href="/sprite.svg#dot"/></svg><object data="/object.svg" width=300 '
        f'height=120></object><i class="mask"></i>{prose("svg")}',
        "<style>.mask{display:block;width:90px;height:90px;background:#08c;mask:url(/mask.svg)}</style>",
    ),
    "svg.example/sprite.svg": (
        200,
        "image/svg+xml",
        b'<svg xmlns="http://www.w3.org/2000/svg"><symbol id="dot" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4" '
        b'fill="#c0392b"/></symbol></svg>',
        (),
    ),
    # frames: of another host, with a sheet and a picture of its own, which frames a third
    "frames.example/": html(
        "A page with another in it", f'<iframe src="http://guest.example/in" width=600 height=300></iframe>{prose("f")}'
    ),
    "guest.example/in": html(
        "The guest",
        '<img src="/guest.svg" alt=""><iframe src="/deeper" height=90></iframe>',
        '<link rel="stylesheet" href="/guest.css">',
    ),
    "guest.example/guest.css": css("body{background:#eef url(/paper.svg) repeat-y}"),
    "guest.example/deeper": html("Deeper", '<img src="/deeper.svg" alt="">'),
    # text drawn from a JSON API, with a picture that the API names
    "api.example/": html(
        "The figures",
        "<div id=app>Loading…</div><noscript>Please enable JavaScript.</noscript><script src=/app.js></script>",
    ),
    "api.example/app.js": script(
        "fetch('/figures.json').then(a=>a.json()).then(d=>{document.querySelector('#app').innerHTML="
        "`<p>The harbour takes ${d.crowns} crowns.</p><img src='${d.picture}' alt=''>${d.text}`})"
    ),
    "api.example/figures.json": (
        200,
        "application/json",
        json.dumps({"crowns": "4,812,000", "picture": "/drawn.svg", "text": prose("api")}).encode(),
        (),
    ),
    # a consent banner over the page
    "consent.example/": html(
        "A page under a banner",
        f'<img src="/under.svg" alt="">{prose("consent")}<div id=b role=dialog style="position:fixed;inset:auto 0 0 0;'
        'background:#fff;padding:2em;border:2px solid">We value your privacy. <button>Accept all</button> '
        "<button>Reject all</button></div><script src=http://cmp.example/banner.js></script>",
    ),
    "cmp.example/banner.js": script("new Image().src='http://cmp.example/seen.svg'"),
    # infinite scroll: eight batches, then an end
    "scroll.example/": html(
        "A page that goes on",
        f"{prose('scroll', 30)}<div id=end></div><script>let n=0,busy=false;onscroll=async()=>{{if(busy||n>7||"
        "innerHeight+scrollY<document.body.scrollHeight-200)return;busy=true;"
        "const t=await(await fetch(`/more/${n++}`)).text();document.querySelector('#end').insertAdjacentHTML("
        "'beforebegin',t);busy=false}</script>",
    ),
    # requisites on private addresses
    "private.example/": html(
        "A page that names what is in the house",
        f'<img src="/public.svg" alt="">{"".join(f"<img src={url} alt=x>" for url in PRIVATE)}'
        f"<script>fetch('http://192.168.7.7/x').catch(()=>0)</script>{prose('private')}",
    ),
    # many, large, slow
    "many.example/": html(
        "Three hundred pictures",
        "".join(f'<img src="/m/{n}.svg" width=60 height=24 alt="">' for n in range(300)) + prose("many"),
    ),
    "video.example/": html(
        "A page with a film",
        f'<video src="/film.mp4" poster="/poster.svg" autoplay muted width=300></video>{prose("video")}',
    ),
    "slow.example/": html(
        "A page that waits for others",
        f"{prose('slow')}<img src=http://third.example/slow/2.5/pixel.svg alt=''>"
        "<script async src=http://third.example/slow/2.5/tag.js></script>",
    ),
}
FILES |= {
    f"scroll.example/more/{n}": html("More", prose(f"more {n}", 8) + f"<img src=/batch-{n}.svg alt=''>")
    for n in range(8)
}

PAGES = (*(f"http://{name}" for name in FILES if name.endswith(".example/")), "http://challenge.example/")
STATIC = ("styles", "pictures", "lazy", "fonts", "svg", "frames", "private", "many", "consent")
"""Hosts whose page is the same at each look."""


def answer(url: str, cookie: str) -> Answer:
    split = urlsplit(url)
    name, path = f"{split.hostname}{split.path}", split.path
    if split.hostname == "challenge.example":
        if path == "/" and "passed=1" not in cookie:
            check = "<script>setTimeout(()=>{document.cookie='passed=1';location.reload()},800)</script>"
            wall = html("Just a moment...", f"<p>Checking your browser before you go on.</p>{check}")
            return 503, wall[1], wall[2], (("Set-Cookie", "visit=secret-0815"),)
        if path == "/":
            return html("Behind the check", f'<img src="/behind.svg" alt="">{prose("challenge")}')
    if path.startswith("/slow/"):
        time.sleep(float(path.split("/")[2]))
    if name in FILES:
        return FILES[name]
    if path.endswith(".mp4"):
        return 200, "video/mp4", bytes(VIDEO), ()
    kinds: dict[str, Callable[[str], Answer]] = {"svg": picture, "woff2": font, "js": lambda _: script("0")}
    make = kinds.get(path.rpartition(".")[2])
    return make(path) if make else (404, "text/html", b"<title>Not found</title><h1>Not found</h1>", ())


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        if not (split.hostname or "").endswith(".example"):  # what must not be asked
            print(f"asked {self.path}", flush=True)
        status, media, body, fields = answer(self.path, self.headers.get("Cookie", ""))
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        for field, value in fields:
            self.send_header(field, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing."""


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
