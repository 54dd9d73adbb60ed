"""Under scope `page` a capture has what the page needs to be shown; nothing of that touches the verdict."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from linkarchive.check.scopes import requisites
from linkarchive.demo.wire import Reply, Request, Response, Stream
from linkarchive.parts import fetching

ALPHA = "http://alpha.example/report"
BETA = "http://alpha.example/notes"
STATIC = "http://gamma.example"

CSS = "text/css"
PNG = "image/png"


def picture(name: str, size: int = 50) -> Response:
    return Response(f"picture {name} ".encode() * size, content_type=PNG)


def page(stage: Any, seed: str, more: str, *, etag: str | None = None) -> Response:
    answer = stage.html(seed, etag=etag)
    return Response(answer.body.replace(b"</head>", more.encode() + b"</head>"), headers=answer.headers)


@pytest.fixture
def illustrated(folder: Any, stage: Any) -> Any:
    """Two pages that share a sheet, which imports another and names a font; each has a picture of its own."""
    head = f'<link rel=stylesheet href="{STATIC}/all.css"><link rel=icon href="{STATIC}/icon.png">'
    stage[ALPHA] = page(stage, "alpha", head + f'<img src="{STATIC}/alpha.png">', etag='"a1"')
    stage[BETA] = page(stage, "beta", head + '<img src="/beta.png">')
    stage[f"{STATIC}/all.css"] = Response(b"@import 'more.css';p{color:red}", content_type=CSS)
    stage[f"{STATIC}/more.css"] = Response(
        b"@font-face{src:url(f.woff2)}p{background:url(paper.png)}", content_type=CSS
    )
    stage[f"{STATIC}/f.woff2"] = Response(b"font " * 50, content_type="font/woff2")
    for name in ("paper", "icon", "alpha"):
        stage[f"{STATIC}/{name}.png"] = picture(name)
    stage["http://alpha.example/beta.png"] = picture("beta")
    folder.article(ALPHA, BETA)
    return folder


PARTS = {f"{STATIC}/{name}" for name in ("all.css", "more.css", "f.woff2", "paper.png", "icon.png", "alpha.png")}


def kept(folder: Any, *kinds: str) -> list[str]:
    """The URLs of the records of these types, in the order of writing."""
    found = []
    for path in sorted((folder.root / "archive" / "warc").glob("*.warc.gz")):
        with path.open("rb") as file:
            found += [
                record.rec_headers.get_header("WARC-Target-URI")
                for record in ArchiveIterator(file)
                if record.rec_type in kinds
            ]
    return found


def facts(folder: Any) -> list[dict[str, Any]]:
    """What the metadata records say of parts."""
    found = []
    for path in sorted((folder.root / "archive" / "warc").glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                text = record.content_stream().read() if record.rec_type == "metadata" else b""
                if text.startswith(b"linkarchive-parts: "):
                    found.append(json.loads(text.removeprefix(b"linkarchive-parts: ")))
    return found


def test_a_page_has_its_styles_fonts_and_pictures_once(illustrated: Any) -> None:
    ran = illustrated.check("article.md", "--scope", "page")
    assert [source["capture"]["scope"] for source in ran.json["sources"]] == ["page", "page"]
    urls = kept(illustrated, "response")
    assert set(urls) == {ALPHA, BETA, *PARTS, "http://alpha.example/beta.png"}
    assert len(urls) == len(set(urls))
    assert urls.index(BETA) < min(urls.index(url) for url in PARTS)  # documents go first
    assert [len(told["uses"]) for told in facts(illustrated)] == [6, 6]
    assert illustrated.run("verify").code == 0


@pytest.mark.parametrize("told", ["text/html, text/html; charset=utf-8", "text/plain", "application/octet-stream"])
def test_a_page_has_its_parts_whatever_its_server_says_of_its_type(folder: Any, stage: Any, told: str) -> None:
    answer = page(stage, "alpha", f'<img src="{STATIC}/alpha.png">')
    stage[ALPHA] = Response(b"<html>" + answer.body, content_type=told)
    stage[f"{STATIC}/alpha.png"] = picture("alpha")
    folder.article(ALPHA)
    folder.check("article.md", "--scope", "page")
    assert f"{STATIC}/alpha.png" in kept(folder, "response")


def test_a_part_is_asked_for_as_a_browser_asks_for_the_page(illustrated: Any, stage: Any) -> None:
    """Some hosts give pictures only to those who come from a page of theirs, and the format that one says it takes."""

    def answer(request: Request) -> Response:
        fields = request.headers
        welcome = fields.get("referer") == "http://alpha.example/" and fields.get("accept", "").startswith("image/")
        return picture("alpha") if welcome else Response(b"not from elsewhere", 403)

    stage[f"{STATIC}/alpha.png"] = answer
    illustrated.check("article.md", "--scope", "page")
    assert f"{STATIC}/alpha.png" in kept(illustrated, "response")
    asked = {request.url: request.headers for request in stage.requests}
    assert asked["http://alpha.example/beta.png"]["referer"] == BETA
    assert asked[f"{STATIC}/all.css"]["accept"].startswith("text/css")
    assert "referer" not in asked[ALPHA]


def test_scope_document_asks_for_nothing_else(illustrated: Any, stage: Any) -> None:
    ran = illustrated.check("article.md", "--scope", "document")
    assert ran.source(ALPHA)["capture"]["scope"] == "document"
    assert {request.url for request in stage.requests if "robots" not in request.url} <= {ALPHA, BETA}


def test_the_verdicts_are_the_same_in_both_scopes(illustrated: Any, stage: Any, tmp_path: Any) -> None:
    def verdicts(ran: Any) -> list[dict[str, Any]]:
        return [{**source, "capture": None, "last_good": None} for source in ran.json["sources"]]

    plain = verdicts(illustrated.check("article.md", "--scope", "document"))
    for name in ("all.css", "alpha.png"):
        stage[f"{STATIC}/{name}"] = Response(b"out of order", 500)
    (illustrated.root / "archive").rename(tmp_path / "set aside")
    assert verdicts(illustrated.check("article.md", "--scope", "page")) == plain


def test_an_unchanged_page_costs_a_row_and_no_request_for_its_parts(illustrated: Any, stage: Any) -> None:
    illustrated.check("article.md", "--scope", "page")
    records = len(kept(illustrated, "response", "revisit"))
    stage.requests.clear()
    ran = illustrated.check("--scope", "page", now="2026-01-12")
    assert {request.url for request in stage.requests if STATIC in request.url} == set()
    assert len(kept(illustrated, "response", "revisit")) == records
    assert ran.source(ALPHA)["capture"]["scope"] == "page"


def test_after_an_upgrade_the_parts_are_fetched_though_the_page_is_unchanged(illustrated: Any, stage: Any) -> None:
    illustrated.check("article.md", "--scope", "document")
    ran = illustrated.check("--scope", "page", now="2026-01-12")
    assert ran.source(ALPHA)["capture"]["scope"] == ran.source(BETA)["capture"]["scope"] == "page"
    assert ran.source(ALPHA)["changed"] == "none"
    assert set(kept(illustrated, "response")) >= PARTS
    assert kept(illustrated, "response").count(ALPHA) == 1
    again = illustrated.check("--scope", "page", now="2026-01-19")
    assert again.source(ALPHA)["capture"] == ran.source(ALPHA)["capture"]
    assert len(facts(illustrated)) == 2


def test_what_a_later_visit_finds_unchanged_is_stored_once(illustrated: Any, stage: Any) -> None:
    illustrated.check("article.md", "--scope", "page")
    stage[ALPHA] = page(stage, "another", f'<link rel=stylesheet href="{STATIC}/all.css"><img src="{STATIC}/new.png">')
    stage[f"{STATIC}/new.png"] = picture("new")
    illustrated.check("--scope", "page", now="2026-01-12")
    responses, revisits = kept(illustrated, "response"), kept(illustrated, "revisit")
    assert responses.count(f"{STATIC}/all.css") == 1
    assert set(revisits) >= {f"{STATIC}/all.css", f"{STATIC}/more.css", f"{STATIC}/f.woff2", f"{STATIC}/paper.png"}
    assert responses.count(f"{STATIC}/new.png") == 1
    assert illustrated.run("verify").code == 0


def test_the_database_comes_back_with_what_uses_what(illustrated: Any) -> None:
    illustrated.check("article.md", "--scope", "document")
    illustrated.check("--scope", "page", now="2026-01-12")

    def rows() -> list[Any]:
        with sqlite3.connect(illustrated.root / "archive" / "archive.sqlite") as database:
            uses = database.execute(
                "SELECT sources.url, captures.scope, parts.url, parts.offset, parts.record FROM part_uses"
                " JOIN captures ON captures.id = part_uses.capture JOIN sources ON sources.id = captures.source"
                " JOIN parts ON parts.id = part_uses.part ORDER BY 1, 3"
            ).fetchall()
        database.close()
        return uses

    before = rows()
    assert len(before) == 12
    (illustrated.root / "archive" / "archive.sqlite").unlink()
    assert illustrated.run("rebuild").code == 0
    assert rows() == before
    again = illustrated.check("--scope", "page", now="2026-01-19")
    assert again.source(ALPHA)["capture"]["scope"] == "page"
    assert len(facts(illustrated)) == 2


def test_a_dry_run_counts_what_pages_need(illustrated: Any, stage: Any) -> None:
    forecast = illustrated.run("check", "article.md", "--scope", "page", "--dry-run").out
    assert "about 3 MB more, in 80 requests, for the styles and pictures of 2 of them" in forecast
    assert "styles" not in illustrated.run("check", "article.md", "--scope", "document", "--dry-run").out
    assert stage.requests == []


def test_a_rule_for_a_site_decides(illustrated: Any) -> None:
    illustrated.write("archive.toml", '[[sites]]\nhost = "alpha.example"\nscope = "page"\n')
    assert illustrated.check("article.md").source(ALPHA)["capture"]["scope"] == "page"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Response(b"no", 404), "HTTP 404"),
        (Response(b"x" * 5000, content_type=PNG), "larger"),
        (Response(b"", 302, headers=(("Location", "http://127.0.0.9/inside.png"),)), "private"),
        (Response(b"", 302, headers=(("Location", f"{STATIC}/alpha.png"),)), "circle"),
    ],
    ids=["missing", "large", "private", "loop"],
)
def test_what_cannot_be_had_is_told_in_the_metadata(illustrated: Any, stage: Any, answer: Reply, why: str) -> None:
    stage[f"{STATIC}/alpha.png"] = answer
    ran = illustrated.check("article.md", "--scope", "page", "--max-body", "4500")
    assert ran.source(ALPHA)["verdict"] == "ok"
    assert ran.source(ALPHA)["capture"]["truncated"] is (why == "larger")
    told = next(told for told in facts(illustrated) if told["missing"])
    assert told["missing"][0]["url"] == f"{STATIC}/alpha.png"
    assert why in told["missing"][0]["why"]
    assert f"{STATIC}/alpha.png" not in kept(illustrated, "response")


def test_a_picture_is_shown_whatever_its_status_is(illustrated: Any, stage: Any) -> None:
    stage[f"{STATIC}/alpha.png"] = Response(picture("stand-in").body, 404, content_type=PNG)
    illustrated.check("article.md", "--scope", "page")
    assert f"{STATIC}/alpha.png" in kept(illustrated, "response")


def test_no_requisite_is_asked_at_a_private_address_unless_allowed(illustrated: Any, stage: Any) -> None:
    stage[ALPHA] = page(stage, "alpha", "<img src='http://127.0.0.9/a.png'><img src='http://2130706441/b.png'>")
    illustrated.check("article.md", "--scope", "page")
    assert [part["why"] for told in facts(illustrated) for part in told["missing"]] == [
        "127.0.0.9 is a private address",
        "127.0.0.9 is a private address",
    ]


@pytest.mark.parametrize("way", ["a picture", "a redirect", "a frame", "a sheet of a sheet", "a name"])
def test_nothing_connects_to_a_private_address(illustrated: Any, stage: Any, way: str) -> None:
    name = socket.gethostname()  # one that leads to an address of this machine, as a name that was turned round does
    try:
        address = socket.gethostbyname(name) if way == "a name" else "127.0.0.1"
    except OSError:
        pytest.skip("this machine's own name is not resolved")
    if not ipaddress.ip_address(address).is_private:
        pytest.skip("this machine's own name leads to a public address")
    with socket.create_server((address, 0)) as inside:
        inside.setblocking(False)
        at = f"http://{address}:{inside.getsockname()[1]}/x"
        stage[f"{STATIC}/go.png"] = stage.redirect(at)
        stage[f"{STATIC}/sheet.css"] = Response(
            f"@import '{at}'; p{{background:url({at}.png)}}".encode(), content_type=CSS
        )
        ways = {
            "a picture": f"<img src={at}>",
            "a redirect": f"<img src={STATIC}/go.png>",
            "a frame": f"<iframe src={at}></iframe>",
            "a sheet of a sheet": f"<link rel=stylesheet href={STATIC}/sheet.css>",
            "a name": f"<img src={at.replace(address, name)}>",
        }
        stage[ALPHA] = page(stage, "alpha", ways[way] + f"<img src={STATIC}/alpha.png>")
        ran = illustrated.check("article.md", "--scope", "page", env={"no_proxy": f"{name},{address}"})
        with pytest.raises(BlockingIOError):
            inside.accept()
    assert ran.source(ALPHA)["verdict"] == "ok"
    assert f"{STATIC}/alpha.png" in kept(illustrated, "response")
    assert any("private address" in part["why"] for told in facts(illustrated) for part in told["missing"])


@pytest.mark.long
def test_a_run_that_is_killed_among_the_parts_loses_nothing(illustrated: Any, stage: Any) -> None:
    """`kill -9` while one page waits for a picture: the next run has both pages whole, and each document once."""
    reached, go = threading.Event(), threading.Event()

    def held(_: Request) -> Reply:
        reached.set()
        go.wait(120)
        return picture("beta")

    stage["http://alpha.example/beta.png"] = held
    process = illustrated.start("check", "article.md", "--scope", "page", "--host-delay", "0", "-q")
    try:
        assert reached.wait(120)
        process.kill()
        process.wait()
    finally:
        go.set()
    stage["http://alpha.example/beta.png"] = picture("beta")
    ran = illustrated.check("--scope", "page", "--host-delay", "0")
    assert ran.code == 0
    assert [ran.source(url)["capture"]["scope"] for url in (ALPHA, BETA)] == ["page", "page"]
    whole = kept(illustrated, "response")
    assert {ALPHA, BETA, *PARTS, "http://alpha.example/beta.png"} <= set(whole)
    assert (whole.count(ALPHA), whole.count(BETA)) == (1, 1)
    assert illustrated.run("verify").code == 0


def test_a_page_of_many_pictures_is_kept_up_to_the_limit(illustrated: Any, stage: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(fetching, "MAX_PARTS", 20)
    stage[ALPHA] = page(stage, "alpha", "".join(f"<img src={STATIC}/{number}.png>" for number in range(30)))
    for number in range(30):
        stage[f"{STATIC}/{number}.png"] = picture(str(number))
    ran = illustrated.check("article.md", "--scope", "page")
    assert ran.source(ALPHA)["capture"]["truncated"] is True
    (told,) = [told for told in facts(illustrated) if told["left_out"]]
    assert (len(told["uses"]), told["left_out"]) == (20, 10)


def test_a_page_of_large_pictures_is_kept_up_to_the_limit(illustrated: Any, stage: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(fetching, "MAX_BYTES", 3000)
    stage[ALPHA] = page(stage, "alpha", "".join(f"<img src={STATIC}/{number}.png>" for number in range(5)))
    for number in range(5):
        stage[f"{STATIC}/{number}.png"] = Response(bytes([number]) * 1000, content_type=PNG)
    illustrated.check("article.md", "--scope", "page")
    (told,) = [told for told in facts(illustrated) if told["left_out"]]
    assert (len(told["uses"]), told["left_out"]) == (3, 2)
    assert told["missing"][0]["why"] == "the parts are larger than 0 MiB"


def test_at_most_four_requests_at_a_time_on_a_host(illustrated: Any, stage: Any) -> None:
    now = most = 0
    four = asyncio.Event()

    async def answer() -> AsyncIterator[bytes]:
        """Comes when four have asked, and a fifth would have had time to ask."""
        nonlocal now, most
        now += 1
        most = max(most, now)
        if most == 4:
            four.set()
        await four.wait()
        await asyncio.sleep(0.1)
        now -= 1
        yield b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nConnection: close\r\n\r\npicture"

    stage[ALPHA] = page(stage, "alpha", "".join(f"<img src={STATIC}/{number}.png>" for number in range(24)))
    for number in range(24):
        stage[f"{STATIC}/{number}.png"] = Stream(answer)
    illustrated.check("article.md", "--scope", "page", "--host-delay", "0")
    assert most == 4
    assert len([url for url in kept(illustrated, "response", "revisit") if STATIC in url]) >= 24


def test_parts_that_time_did_not_reach_are_fetched_by_the_next_run(illustrated: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(requisites, "fetch_all", lambda requests, *_, **__: iter(()))
    ran = illustrated.check("article.md", "--scope", "page")
    assert ran.code == 3
    assert "what 2 pages need to be shown was not fetched; the next run does that" in ran.err
    assert ran.source(ALPHA)["verdict"] == "ok"
    monkeypatch.undo()
    ran = illustrated.check("--scope", "page", now="2026-01-05T07:00:00Z")
    assert ran.code == 0
    assert ran.source(ALPHA)["capture"]["scope"] == "page"


def test_frames_bring_their_parts_and_cookies_stay_with_their_visit(illustrated: Any, stage: Any) -> None:
    stage[ALPHA] = page(stage, "alpha", f"<iframe src='{STATIC}/chart/'></iframe>")
    cookie = (("Set-Cookie", "secret=1; Path=/"),)
    stage[f"{STATIC}/chart/"] = Response(b"<link rel=stylesheet href=c.css><img src=/icon.png>", headers=cookie)
    stage[f"{STATIC}/chart/c.css"] = Response(b"p{}", content_type=CSS)
    illustrated.check("article.md", "--scope", "page")
    assert {f"{STATIC}/chart/", f"{STATIC}/chart/c.css", f"{STATIC}/icon.png"} <= set(kept(illustrated, "response"))
    assert all("cookie" not in request.headers for request in stage.requests)


def test_forget_frees_what_no_other_capture_uses(illustrated: Any) -> None:
    illustrated.check("article.md", "--scope", "page")
    assert illustrated.run("forget", ALPHA, "--reason", "a test").code == 0
    left = set(kept(illustrated, "response", "revisit"))
    assert left == {BETA, *PARTS, "http://alpha.example/beta.png"} - {f"{STATIC}/alpha.png"}
    assert f"{STATIC}/alpha.png" not in kept(illustrated, "request")
    assert illustrated.run("verify").code == 0
    assert illustrated.run("forget", BETA, "--reason", "a test").code == 0
    assert kept(illustrated, "response", "revisit", "request") == []
    assert illustrated.run("verify").code == 0


def test_forgetting_a_part_takes_it_from_all_pages(illustrated: Any) -> None:
    illustrated.article(ALPHA, BETA, f"{STATIC}/icon.png")
    illustrated.check("article.md", "--scope", "page")
    assert illustrated.run("forget", f"{STATIC}/icon.png", "--reason", "a test").code == 0
    assert f"{STATIC}/icon.png" not in kept(illustrated, "response", "revisit", "request")
    assert {ALPHA, f"{STATIC}/all.css"} <= set(kept(illustrated, "response"))
    assert illustrated.run("verify").code == 0


def test_forgotten_and_excluded_addresses_are_no_requisites(illustrated: Any, stage: Any) -> None:
    illustrated.check("article.md", "--scope", "page", "--exclude", f"{STATIC}/icon*")
    assert f"{STATIC}/icon.png" not in kept(illustrated, "response")
    assert stage.asked(f"{STATIC}/icon.png") == 0
    assert facts(illustrated)[0]["missing"][0]["why"] == "excluded by the project"
