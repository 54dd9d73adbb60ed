"""Pages by the thousand, and pages that mean harm."""

from __future__ import annotations

import socket
import zlib

import bulk_sites as bulk
import hostile_sites as hostile
import pytest
import requests

from linkarchive.demo.server import DemoWeb


def first_bytes(web: DemoWeb, url: str, count: int) -> bytes:
    with socket.create_connection(("127.0.0.1", web.port), timeout=60) as connection:
        connection.sendall(f"GET {url} HTTP/1.1\r\n\r\n".encode())
        received = b""
        while len(received) < count and (piece := connection.recv(65536)):
            received += piece
    return received


def test_bulk_links_are_distinct_spread_and_mostly_alive() -> None:
    links = bulk.bulk_links(2000)
    assert len(set(links)) == 2000
    assert len({link.split("/")[2] for link in links}) == 100
    assert 20 <= sum(bulk.is_dead(link) for link in links) <= 60


def test_bulk_pages_are_pages_that_stay_the_same(client: requests.Session) -> None:
    alive = [link for link in bulk.bulk_links(60) if not bulk.is_dead(link)][:20]
    for link in alive:
        answer = client.get(link, timeout=60)
        assert 4_000 < len(answer.content) < 32_000
        again = client.get(link, headers={"If-None-Match": answer.headers["ETag"]}, timeout=60)
        assert again.status_code == 304


def test_dead_bulk_pages_are_404(client: requests.Session) -> None:
    dead = next(link for link in bulk.bulk_links(2000) if bulk.is_dead(link))
    assert client.get(dead, timeout=60).status_code == 404


def test_the_endless_page_goes_on(web: DemoWeb) -> None:
    assert len(first_bytes(web, "http://endless.hostile.example/", 3_000_000)) >= 3_000_000


@pytest.mark.long
def test_the_bomb_is_a_sound_gzip_file_of_a_gigabyte(client: requests.Session) -> None:
    decoder = zlib.decompressobj(31)
    size = wire = 0
    with client.get("https://bomb.hostile.example/", stream=True, timeout=60) as answer:
        while piece := answer.raw.read(65536, decode_content=False):
            wire += len(piece)
            while piece:
                size += len(decoder.decompress(piece, 1 << 20))
                piece = decoder.unconsumed_tail
    assert decoder.eof  # the decoder has compared CRC and length
    assert size == hostile.BOMB_SIZE
    assert wire < 3_000_000


def test_redirects_lead_to_where_they_must_not(client: requests.Session) -> None:
    def target(path: str) -> str:
        url = f"http://redirects.hostile.example{path}"
        return client.get(url, allow_redirects=False, timeout=60).headers["Location"]

    assert target("/metadata").startswith("http://169.254.169.254/")
    assert target("/decimal") == "http://2130706433/"
    assert target("/mapped") == "http://[::ffff:127.0.0.1]/"
    assert target(target("/loop")) == "/loop"
    assert target("/growing") == "/growing/and-on"


@pytest.mark.long
def test_the_rest_is_as_hostile_as_it_says(web: DemoWeb, client: requests.Session) -> None:
    assert first_bytes(web, "http://headers.hostile.example/", 10_000_000).count(b"\r\nX-Header-") == 100_000
    strange = first_bytes(web, "http://bytes.hostile.example/", 10_000)
    assert strange.startswith(b"HTTP/1.1 200 \xff\xfe")
    assert b"\x1b[31m" in client.get("http://escapes.hostile.example/", timeout=60).content
    line = client.get("https://line.hostile.example/", timeout=60).content
    assert len(line) > 10_000_000
    assert b"\n" not in line
    assert client.get("https://nested.hostile.example/", timeout=60).content.count(b"<div>") == 50_000
    assert len(first_bytes(web, "http://drip.hostile.example/", 100)) >= 100


def test_every_hostile_address_has_a_host(web: DemoWeb) -> None:
    known = {url.split("/")[2] for url in hostile.EXPECTED}
    assert known == set(hostile.hosts())
