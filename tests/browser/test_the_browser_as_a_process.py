"""The process: guarded without a proxy, replaced when it ends or hangs, gone without a trace."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import tempfile
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright import async_api

from linkarchive.browser import pictures
from linkarchive.browser.chromium import find_browser
from linkarchive.browser.proxy import Listener, PageTraffic
from linkarchive.browser.renderer import Renderer, _Queue
from linkarchive.browser.rendering import Limits, NotRendered, Rendering
from linkarchive.browser.trust import throw_away_trust
from linkarchive.clock import Clock
from linkarchive.demo.wire import Response
from linkarchive.errors import SettingsError
from linkarchive.settings import BrowserSettings, NetworkSettings

URL = "http://alpha.example/page"


@pytest.fixture
def temporary(monkeypatch):
    """The folder for temporary files of a test alone: with a short path, as sockets are made in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def processes(folder):
    """Processes whose environment names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if str(folder).encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def command_of(number):
    """Empty for a process that has ended."""
    try:
        return Path(f"/proc/{number}/cmdline").read_text()
    except OSError:
        return ""


def left_by(folder):
    """Those that go on, after what ends has had the time to."""
    end = time.monotonic() + 30
    while processes(folder) and time.monotonic() < end:
        time.sleep(0.1)
    return processes(folder)


def is_answered(page):
    return (page.status or 0) < 400


def closed(answers):
    for answer in answers:
        if isinstance(answer, Rendering):
            answer.close()
    return answers


needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked for in /proc")


@pytest.mark.long
@needs_proc
def test_no_process_and_no_file_is_left(stage, demo_web, executable, temporary, answers_of):
    stage[URL] = stage.html("harbour")
    with Renderer(executable, demo_web.network(), Clock()) as renderer:
        (answer,) = closed(answers_of(renderer, (URL,), is_answered))
        assert isinstance(answer, Rendering)
        assert processes(temporary)
    assert left_by(temporary) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.long
@needs_proc
def test_a_browser_that_is_killed_costs_its_page_one_try(stage, demo_web, executable, temporary, answers_of):
    asked = []

    def slow(request):
        asked.append(request)
        if len(asked) == 1:
            for number in processes(temporary):
                if "remote-debugging-pipe" in command_of(number):
                    os.kill(number, signal.SIGKILL)
        return stage.html("harbour")

    stage[URL] = slow
    with Renderer(executable, demo_web.network(), Clock()) as renderer:
        answers = closed(answers_of(renderer, (URL,), is_answered))
        assert [type(answer) for answer in answers] == [Rendering]


@pytest.mark.long
def test_a_script_that_never_ends_costs_its_page_and_no_other(stage, demo_web, executable, monkeypatch, answers_of):
    monkeypatch.setattr(pictures, "PATIENCE", 3.0)
    stage[URL] = Response(b"<!DOCTYPE html><p>Before</p><script>setTimeout(() => {for (;;);}, 100)</script>")
    other = "http://beta.example/page"
    stage[other] = stage.html("other")
    with Renderer(executable, demo_web.network(), Clock()) as renderer:
        first, second = closed(answers_of(renderer, (URL, other), is_answered))
    assert first == NotRendered("its scripts leave the browser no time")
    assert isinstance(second, Rendering)


@pytest.mark.long
def test_a_name_that_leads_to_a_private_address_is_refused_when_it_is_connected_to(executable, answers_of):
    """Name resolution is ours to check at the connection: whatever an earlier look-up said."""
    name = socket.gethostname()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        pytest.skip("this machine's own name is not resolved")
    with socket.create_server((address, 0)) as inside:
        inside.setblocking(False)
        url = f"http://{name}:{inside.getsockname()[1]}/"
        with Renderer(executable, NetworkSettings(timeout=5, retries=0), Clock()) as renderer:
            closed(answers_of(renderer, (url,), lambda _: True))
        with pytest.raises(BlockingIOError):
            inside.accept()


@pytest.mark.long
def test_a_page_that_cannot_be_reached_is_not_rendered(demo_web, executable, stage, answers_of):
    network = replace(demo_web.network(), http_proxy="http://127.0.0.1:9")
    with Renderer(executable, network, Clock()) as renderer:
        (answer,) = closed(answers_of(renderer, (URL,), lambda _: True))
    assert isinstance(answer, NotRendered)


def test_a_browser_that_does_not_start_is_said_of_each_page(demo_web, tmp_path, answers_of):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    with Renderer(str(broken), demo_web.network(), Clock()) as renderer:
        answers = answers_of(renderer, (URL, URL + "2"), is_answered)
    assert all(isinstance(answer, NotRendered) and "did not start" in answer.why for answer in answers)


def test_a_browser_that_is_not_there_is_said_with_what_to_do():
    with pytest.raises(SettingsError, match=r"\[browser\] executable: /no/such: no such program"):
        find_browser(BrowserSettings(executable="/no/such"))


@pytest.mark.long
def test_a_page_that_fails_by_a_fault_of_our_own_is_answered(demo_web, executable, answers_of, monkeypatch):
    def fails(*_):
        raise TypeError("replace() of what is no dataclass")

    monkeypatch.setattr("linkarchive.browser.renderer.render", fails)
    with Renderer(executable, demo_web.network(), Clock()) as renderer:
        (answer,) = answers_of(renderer, (URL,), is_answered)
    assert answer == NotRendered("TypeError: replace() of what is no dataclass")


def test_where_nothing_can_be_rendered_each_page_is_told_so_and_the_processor_is_left_to_others(
    answers_of, monkeypatch
):
    async def fails(_):
        raise RuntimeError("there is no driver\n  its log")

    looked: list[float] = []
    look = _Queue.next
    monkeypatch.setattr(Renderer, "_run", fails)
    monkeypatch.setattr(_Queue, "next", lambda queue: looked.append(time.monotonic()) or look(queue))
    with Renderer("", NetworkSettings(), Clock()) as renderer:
        answers = answers_of(renderer, (URL, URL + "2"), is_answered)
        looked.clear()
        time.sleep(0.3)
        often = len(looked)
    assert answers == [NotRendered("RuntimeError: there is no driver")] * 2
    assert often < 100  # as fast as it can it looks a hundred thousand times


@pytest.mark.long
@needs_proc
def test_a_browser_that_starts_and_does_not_answer_is_ended(demo_web, executable, temporary, answers_of, monkeypatch):
    """Each of three pages has it started anew."""

    async def refuses(*_):
        raise RuntimeError("no session")

    monkeypatch.setattr(async_api.Browser, "new_browser_cdp_session", refuses)
    with Renderer(executable, demo_web.network(), Clock()) as renderer:
        answers = answers_of(renderer, (URL, URL + "2", URL + "3"), is_answered)
        assert {type(answer) for answer in answers} == {NotRendered}
        browsers = [number for number in processes(temporary) if "remote-debugging-pipe" in command_of(number)]
        assert browsers == [], "none goes on beside the next"
    assert left_by(temporary) == []
    assert list(temporary.iterdir()) == []


def test_a_tunnel_whose_tls_fails_is_closed_at_once():
    """And not only when the page ends."""
    network = NetworkSettings(allow_private=True)
    trust = throw_away_trust()
    listener = Listener(None, trust, network, PageTraffic(network, Limits()))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as connection:
            connection.sendall(b"CONNECT alpha.example:443 HTTP/1.1\r\nHost: alpha.example:443\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            with client.wrap_socket(connection, server_hostname="alpha.example") as tls:
                tls.sendall(b"no request\r\n\r\n")
                assert tls.recv(1) == b"", "closed by the proxy"
    finally:
        listener.close()
