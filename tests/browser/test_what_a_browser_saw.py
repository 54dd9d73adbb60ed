"""What is taken down of a page: exchanges as they came, the DOM, its pictures."""

from __future__ import annotations

import gzip
import struct
import zlib

import pytest
from msgspec.structs import replace

from linkarchive.browser.renderer import Renderer
from linkarchive.browser.rendering import FOOT, PRIVATE, SOCKET, TOO_LARGE, TOO_MANY, Limits
from linkarchive.clock import Clock
from linkarchive.demo.wire import Response

pytestmark = pytest.mark.long

URL = "http://alpha.example/page"
SHELL = '<!DOCTYPE html><title>Figures</title><main id="app">Loading</main><script src="/app.js"></script>'


def script(text):
    return Response(text.encode(), content_type="text/javascript")


def image():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" + b"\xff\0\0" * 2 + b"\0" + b"\xff\0\0" * 2)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return Response(png, content_type="image/png")


def urls(rendering):
    return {part.url for part in rendering.parts}


def left_out(rendering, why):
    return [part.url for part in rendering.left_out if part.why == why]


def words(rendering):
    return rendering.dom.decode()


def size_of(webp):
    """Width and height of a WebP file (RFC 9649 §2.7, §2.5)."""
    if webp[12:16] == b"VP8X":
        return int.from_bytes(webp[24:27], "little") + 1, int.from_bytes(webp[27:30], "little") + 1
    return tuple(int.from_bytes(webp[at : at + 2], "little") & 0x3FFF for at in (26, 28))


def test_a_page_that_a_script_draws_from_an_api_is_seen_with_its_figures(stage, render):
    stage[URL] = Response(SHELL.encode(), compress=True)
    stage["http://alpha.example/app.js"] = script(
        "fetch('/figures.json').then(a => a.json())"
        ".then(d => {app.innerHTML = `<p>The harbour takes ${d.crowns} crowns`})"
    )
    stage["http://alpha.example/figures.json"] = Response(b'{"crowns": "4,812,000"}', content_type="application/json")
    rendering = render(URL)
    assert "The harbour takes 4,812,000 crowns" in words(rendering)
    assert {"http://alpha.example/app.js", "http://alpha.example/figures.json"} <= urls(rendering)
    final = rendering.visit.final
    assert gzip.decompress(final.body.read()).decode() == SHELL, "the body is kept as it came on the wire"
    assert rendering.page.status == 200
    assert rendering.page.body == rendering.dom


def test_the_browser_says_who_it_is(stage, render):
    stage[URL] = stage.html("names")
    render(URL)
    agent = next(asked.headers["user-agent"] for asked in stage.requests if asked.url == URL)
    assert "HeadlessChrome/" in agent
    assert "linkarchive/" in agent


def test_a_redirect_is_a_hop_and_the_page_is_where_it_leads(stage, render):
    stage[URL] = stage.redirect("https://beta.example/there")
    stage["https://beta.example/there"] = stage.html("there")
    rendering = render(URL)
    assert [(hop.url, hop.status) for hop in rendering.visit.hops] == [(URL, 302)]
    assert rendering.page.final_url == "https://beta.example/there"


def test_pictures_that_load_when_one_gets_there_are_loaded_and_in_the_picture(stage, render):
    stage[URL] = Response(
        b"<!DOCTYPE html><div style='height:5000px'>top</div><img loading=lazy src=/far.png width=1280 height=400>"
    )
    stage["http://alpha.example/far.png"] = image()
    rendering = render(URL)
    assert "http://alpha.example/far.png" in urls(rendering)
    width, height = size_of(rendering.picture)
    assert width == 1280
    assert height > 5400
    assert not left_out(rendering, FOOT)
    assert len(rendering.picture) <= 500_000
    assert len(rendering.thumbnail) <= 15_000


def test_a_long_page_is_pictured_as_far_as_the_format_goes_and_that_is_said(stage, render):
    stage[URL] = Response(b"<!DOCTYPE html><body style='height:40000px'>long")
    rendering = render(URL)
    assert left_out(rendering, FOOT)
    assert size_of(rendering.picture)[1] == 16_000


def test_a_bot_check_that_any_browser_passes_gives_way_to_the_page(stage, render):
    wall = b"<!DOCTYPE html><title>Just a moment</title><script>setTimeout(() => {document.cookie = 'passed=4711';"

    def guarded(request):
        if "passed=4711" in request.headers.get("cookie", ""):
            return Response(b"<!DOCTYPE html><p>The report", headers=(("Set-Cookie", "again=0815"),))
        return Response(wall + b"location.reload()}, 1200)</script>", 503)

    stage[URL] = guarded
    rendering = render(URL)
    assert "The report" in words(rendering)
    final = rendering.visit.final
    assert final.status == 200
    assert not [part for part in rendering.parts if part.url == URL], "the wall is not kept beside the page"
    held = repr(
        (final.request_headers, final.headers, [(part.headers, part.request_headers) for part in rendering.parts])
    )
    assert "4711" not in held
    assert "0815" not in held


def test_a_wall_that_stays_is_shown_as_one(stage, render):
    stage[URL] = Response(b"<!DOCTYPE html><h1>Press and hold", 403)
    rendering = render(URL)
    assert rendering.page.status == 403
    assert "Press and hold" in words(rendering)


def test_nothing_of_one_page_reaches_another(stage, render):
    stage[URL] = Response(
        b"<!DOCTYPE html><script>document.cookie = 'a=1'; localStorage.a = 1;"
        b"navigator.serviceWorker && navigator.serviceWorker.register('/worker.js').catch(() => 0)</script>",
        headers=(("Set-Cookie", "b=2"),),
    )
    other = "http://alpha.example/other"
    stage[other] = Response(
        b"<!DOCTYPE html><p id=told></p><script>told.textContent = document.cookie + Object.keys(localStorage)</script>"
    )
    render(URL)
    assert '<p id="told"></p>' in words(render(other))
    assert not any("cookie" in asked.headers for asked in stage.requests if asked.url == other)
    assert stage.asked("http://alpha.example/worker.js") == 0


def test_what_a_script_sends_is_kept_with_its_answer(stage, render):
    stage["http://web.archive.org/page"] = Response(b"")  # never asked: its host is the demo's own
    stage[URL] = Response(
        b"<!DOCTYPE html><script>fetch('/query', {method: 'POST', body: 'q=tide'}).catch(() => 0)</script>"
    )
    rendering = render(URL)
    posted = next(part for part in rendering.parts if part.url.endswith("/query"))
    assert (posted.method, posted.payload, posted.status) == ("POST", b"q=tide", 405)


def test_a_body_over_the_limit_is_left_out_and_that_is_told(stage, render):
    stage[URL] = Response(b"<!DOCTYPE html><p>Beside a film<video src=/film.mp4></video>")
    stage["http://alpha.example/film.mp4"] = Response(b"\0" * (21 << 20), content_type="video/mp4")
    rendering = render(URL)
    assert "http://alpha.example/film.mp4" not in urls(rendering)
    assert left_out(rendering, TOO_LARGE)
    assert "Beside a film" in words(rendering)


def test_a_page_that_grows_for_as_long_as_one_scrolls_ends(stage, render):
    stage[URL] = Response(
        b"<!DOCTYPE html><div id=feed></div><div id=end style='height:9px'></div><script>let n = 0;"
        b"const more = async () => {await fetch('/feed?page=' + ++n);"
        b"feed.insertAdjacentHTML('beforeend', `<section style='height:300px'>Card ${n}</section>`);"
        b"if (end.getBoundingClientRect().top < innerHeight + 50) more()};"
        b"new IntersectionObserver(seen => {if (seen.some(one => one.isIntersecting)) more()}).observe(end)</script>"
    )
    stage.otherwise = Response(b"{}", content_type="application/json")
    rendering = render(URL)
    assert "Card 2" in words(rendering)
    assert 2 <= len(rendering.parts) <= 300


def test_of_a_page_that_grows_so_many_parts_are_kept_and_of_another_all(stage, demo_web, executable, answers_of):
    picture = "<img src='/p{}.png' style='height:40px;display:block'>"
    still = "http://alpha.example/still"
    stage[still] = Response(f"<!DOCTYPE html>{''.join(map(picture.format, range(25)))}".encode())
    stage[URL] = Response(
        b"<!DOCTYPE html><div style='height:1500px'></div><div id=feed></div><script>let n = 0; onscroll = () => {"
        b"for (let i = 0; i < 10; i++) feed.insertAdjacentHTML('beforeend',"
        b"`<img src='/grown${n++}.png' style='height:90px;display:block'>`)}</script>"
    )
    stage.otherwise = Response(b"picture", content_type="image/png")
    with Renderer(executable, demo_web.network(), Clock(), limits=Limits(grown=15)) as renderer:
        grown, whole = answers_of(renderer, (URL, still), lambda page: (page.status or 0) < 400)
    for answer in (grown, whole):
        answer.close()
    assert 2 <= len(grown.parts) <= 14
    assert left_out(grown, TOO_MANY)
    assert len(whole.parts) >= 25


def test_what_loads_at_the_foot_of_a_page_is_loaded_as_far_as_it_goes(stage, demo_web, executable, answers_of):
    stage[URL] = Response(
        b"<!DOCTYPE html><div style='height:1500px'></div><div id=feed></div><script>let n = 0, busy = false;"
        b"onscroll = async () => {if (busy || n > 2 || feed.getBoundingClientRect().bottom > innerHeight + 99) return;"
        b"busy = true; await fetch('/feed?page=' + ++n); feed.insertAdjacentHTML('beforeend',"
        b"`<section style='height:1200px'>Card ${n}</section>`); busy = false}</script>"
    )
    stage.otherwise = Response(b"{}", content_type="application/json")
    with Renderer(executable, replace(demo_web.network(), timeout=60.0), Clock()) as renderer:
        (answer,) = answers_of(renderer, (URL,), lambda page: (page.status or 0) < 400)
    answer.close()
    assert "Card 3" in words(answer)


@pytest.mark.parametrize("way", ["ws://alpha.example/socket", "wss://alpha.example/socket"])
def test_web_sockets_are_refused(stage, render, way):
    stage[URL] = Response(f"<!DOCTYPE html><script>new WebSocket('{way}')</script>".encode())
    assert left_out(render(URL), SOCKET) == [way.replace("ws", "http", 1)]


def test_no_private_address_is_asked_in_any_way(stage, render, tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.setblocking(False)
        at = f"127.0.0.1:{inside.getsockname()[1]}"
        stage["http://alpha.example/go.png"] = stage.redirect(f"http://{at}/redirected.png")
        stage[URL] = Response(
            f"""<!DOCTYPE html><p>Public</p><img src="http://{at}/image.png"><iframe src="http://{at}/frame"></iframe>
            <img src="/go.png"><link rel="stylesheet" href="http://localhost:{at.partition(":")[2]}/sheet.css">
            <link rel="preconnect" href="http://{at}"><link rel="dns-prefetch" href="http://{at}">
            <script>fetch("http://{at}/fetch").catch(() => 0); navigator.sendBeacon("http://{at}/beacon", "x");
            try {{new WebSocket("ws://{at}/socket")}} catch (_) {{}}
            new Worker(URL.createObjectURL(new Blob(["fetch('http://{at}/worker').catch(() => 0)"])));
            </script>""".encode()
        )
        rendering = render(URL)
        with pytest.raises(BlockingIOError):
            inside.accept()
    assert len(left_out(rendering, PRIVATE)) >= 6
    assert not any(at in url for url in urls(rendering))
    assert "Public" in words(rendering)


def test_a_page_has_no_webrtc(stage, render):
    stage[URL] = Response(b"<!DOCTYPE html><p id=told></p><script>told.textContent = typeof RTCPeerConnection</script>")
    assert '<p id="told">undefined</p>' in words(render(URL))
