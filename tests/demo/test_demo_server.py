"""The demo web speaks HTTP like a real one, and does not fall over its clients."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from linkarchive.demo.certificates import EXPIRED_HOST, SELF_SIGNED_HOST, WRONG_NAME_HOST
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wire import Epoch, Request, Response
from linkarchive.settings import load_settings

STABLE = "https://brennock-council.example/decisions/2024-118"
NOISY = "https://tidewater-gazette.example/2025/02/ferry-last-winter"


def raw_exchange(web: DemoWeb, *requests_sent: bytes) -> bytes:
    """Everything that one connection to the proxy answers to these bytes."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=60) as connection:
        connection.sendall(b"".join(requests_sent))
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


def test_http_and_https_pages_come_through_the_proxy(client: requests.Session) -> None:
    assert "Captain Anselm Roe" in client.get(NOISY, timeout=60).text
    assert "telegraph cable was laid" in client.get("http://cut-cable.example/history/telegraph", timeout=60).text


def test_two_requests_share_a_connection(web: DemoWeb) -> None:
    ask = b"GET http://cut-cable.example/history/telegraph HTTP/1.1\r\nHost: cut-cable.example\r\n"
    answer = raw_exchange(web, ask + b"\r\n", ask + b"Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 2


def test_a_page_changes_its_noise_and_keeps_its_substance(client: requests.Session) -> None:
    first, second = (client.get(NOISY, timeout=60).text for _ in range(2))
    assert first != second
    assert "She has asked the council whether there will be a bench." in first
    assert "She has asked the council whether there will be a bench." in second


def test_validators_are_honoured_and_other_versions_are_not(web: DemoWeb, client: requests.Session) -> None:
    etag = client.get(STABLE, timeout=60).headers["ETag"]
    web.epoch = "year-later"
    same = client.get(STABLE, headers={"If-None-Match": etag}, timeout=60)
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert client.get(STABLE, headers={"If-None-Match": '"another"'}, timeout=60).status_code == 200


def test_last_modified_is_honoured(client: requests.Session) -> None:
    url = "https://tide-tables.example/brennock/ferry.txt"
    stamp = client.get(url, timeout=60).headers["Last-Modified"]
    assert client.get(url, headers={"If-Modified-Since": stamp}, timeout=60).status_code == 304


def test_some_hosts_compress_and_some_send_chunks(client: requests.Session) -> None:
    compressed = client.get(NOISY, timeout=60)
    assert compressed.headers["Content-Encoding"] == "gzip"
    plain = client.get(NOISY, headers={"Accept-Encoding": "identity"}, timeout=60)
    assert "Content-Encoding" not in plain.headers
    assert int(plain.headers["Content-Length"]) == len(plain.content)
    chunked = client.get("https://journal-of-estuaries.example/articles/17", timeout=60)
    assert chunked.headers["Transfer-Encoding"] == "chunked"
    assert chunked.text.rstrip().endswith("</html>")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://severny-port.example/stati/parom", "Капитан выходил на берег"),
        ("https://minato-kisen.example/essay/watashi", "渡し船の終わる日"),
    ],
)
def test_old_encodings_are_what_they_say(client: requests.Session, url: str, words: str) -> None:
    answer = client.get(url, timeout=60)
    charset = "windows-1251" if "severny" in url else "shift_jis"
    assert words in answer.content.decode(charset)
    assert charset.encode() in answer.content or charset in answer.headers["Content-Type"]


def test_the_pdf_has_new_bytes_every_time_and_the_same_text(client: requests.Session) -> None:
    import io

    from pypdf import PdfReader

    url = "https://brennock-council.example/files/tender-lb-07.pdf"
    first, second = (client.get(url, timeout=60).content for _ in range(2))
    texts = [PdfReader(io.BytesIO(body), strict=True).pages[0].extract_text() for body in (first, second)]
    assert first != second
    assert texts[0] == texts[1]
    assert "one rope store, two slips (protected), one ferry" in texts[0]


def test_hits_count_every_request_by_url(web: DemoWeb, client: requests.Session) -> None:
    threads = [
        threading.Thread(
            target=lambda: requests.get(
                "http://cut-cable.example/", proxies={"http": web.network().http_proxy}, timeout=10
            )
        )
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.get(STABLE + "?a=1", timeout=60)
    assert web.hits == {"http://cut-cable.example/": 5, STABLE + "?a=1": 1}


def test_a_flaky_page_is_flaky_once_in_every_epoch(web: DemoWeb, client: requests.Session) -> None:
    url = "https://open-soundings.example/charts/brennock"
    seen = []
    for epoch in Epoch:
        web.epoch = epoch
        seen += [client.get(url, timeout=60).status_code for _ in range(3)]
    assert seen == [503, 200, 200, 503, 200, 200]


def test_an_unknown_epoch_is_refused(web: DemoWeb) -> None:
    with pytest.raises(ValueError, match="next-week"):
        web.epoch = "next-week"


def test_unknown_hosts_are_the_proxys_error(client: requests.Session) -> None:
    answer = client.get("http://nobody.invalid/", timeout=60)
    assert answer.status_code == 502
    assert "could not resolve" in answer.text
    with pytest.raises(requests.exceptions.ProxyError, match="502"):
        client.get("https://nobody.invalid/", timeout=60)


@pytest.mark.parametrize("host", [EXPIRED_HOST, SELF_SIGNED_HOST, WRONG_NAME_HOST])
def test_certificates_go_bad_in_the_second_epoch(web: DemoWeb, client: requests.Session, host: str) -> None:
    assert client.get(f"https://{host}/", timeout=60).status_code == 200
    client.close()
    web.epoch = "year-later"
    with pytest.raises(requests.exceptions.SSLError):
        client.get(f"https://{host}/", timeout=60)


def test_silence_reset_and_loop(web: DemoWeb, client: requests.Session) -> None:
    web.epoch = "year-later"
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.get("https://quiet-harbour.example/essays/noise", timeout=0.3)
    with pytest.raises(requests.exceptions.ConnectionError, match="reset by peer"):
        client.get("http://cut-cable.example/history/telegraph", timeout=60)
    with pytest.raises(requests.exceptions.TooManyRedirects):
        client.get("https://roundabout.example/guides/coast-path", timeout=60)


def test_other_methods_are_refused(client: requests.Session) -> None:
    assert client.head(STABLE, timeout=60).status_code == 405


def test_a_site_with_a_bug_answers_500_and_is_noted() -> None:
    def broken(request: Request) -> Response:
        raise KeyError(request.path)

    with DemoWeb({"broken.example": broken}) as web:
        proxies = {"http": web.network().http_proxy}
        assert requests.get("http://broken.example/x", proxies=proxies, timeout=60).status_code == 500
    assert [repr(error) for error in web.errors] == ["KeyError('/x')"]


def test_clients_that_vanish_or_babble_leave_no_trace(capfd: pytest.CaptureFixture[str]) -> None:
    before = [thread.name for thread in threading.enumerate()]  # other tests may have a web of their own
    ask_endless = b"GET http://endless.hostile.example/ HTTP/1.1\r\n\r\n"
    connect = b"CONNECT old-seal.example:443 HTTP/1.1\r\n\r\n"
    with DemoWeb() as web:
        for message in (
            b"",
            b"GET",
            b"\x16\x03\x01\x00\xff no http\r\n\r\n",
            ask_endless,
            connect,
            connect + b"no tls",
        ):
            with socket.create_connection(("127.0.0.1", web.port), timeout=60) as connection:
                connection.sendall(message)
                if message.startswith((b"GET http", b"CONNECT")):
                    assert connection.recv(100)
        left_open = [socket.create_connection(("127.0.0.1", web.port), timeout=60) for _ in range(3)]
        left_open[0].sendall(ask_endless)
        left_open[1].sendall(connect)
        assert left_open[0].recv(1000)
        assert left_open[1].recv(1000)
    for connection in left_open:
        connection.close()
    assert web.errors == []
    assert capfd.readouterr() == ("", "")
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("demo-web") == before.count("demo-web")


def test_leaving_is_prompt_while_a_client_still_waits() -> None:
    with DemoWeb() as web:
        web.epoch = "year-later"
        connection = socket.create_connection(("127.0.0.1", web.port), timeout=60)
        connection.sendall(b"GET http://quiet-harbour.example/ HTTP/1.1\r\n\r\n")
        while not web.hits:
            time.sleep(0.01)
    assert connection.recv(10) == b""
    connection.close()


def test_no_resource_is_left_open() -> None:
    """In a process of its own: such warnings come at exit, too late for pytest."""
    program = (
        "import requests\n"
        "from linkarchive.demo.server import DemoWeb\n"
        "with DemoWeb() as web:\n"
        "    proxies = {'http': web.network().http_proxy, 'https': web.network().https_proxy}\n"
        "    with requests.Session() as client:\n"
        "        for scheme in proxies:\n"
        "            client.get(scheme + '://cut-cable.example/', proxies=proxies, verify=web.network().ca_file)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_environment_says_the_same_as_the_settings(web: DemoWeb, tmp_path: object) -> None:
    from pathlib import Path

    environ = {**web.environ(), "PATH": os.environ["PATH"]}
    assert load_settings(Path(str(tmp_path)), environ=environ).network == web.network()
