"""Trouble at an archive is never "there is no copy", never an exception, and stops what it must."""

from __future__ import annotations

import importlib
import sys
import threading
import time
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import brotli
import pytest
from faulty_archive import Fault
from msgspec import structs

from linkarchive.clock import Clock
from linkarchive.demo.wire import Response, Stream
from linkarchive.settings import Settings
from linkarchive.wayback.answers import NoCopy, Unknown, Why
from linkarchive.wayback.archives import ARQUIVO, DEFAULT, WAYBACK, Archive
from linkarchive.wayback.baseline import captures_around, find_baseline, find_copy_before, moved_to, seen_since
from linkarchive.wayback.lookup_workers import LookupWorkers
from linkarchive.wayback.lookups import SeenSinceLookup
from linkarchive.wayback.politeness import Politeness
from linkarchive.wayback.session import RateLimit, _Host

from .conftest import QUICK

zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

URL = "https://harbour-books.example/lantern"
LOOKED = date(2021, 5, 12)
DEATH = datetime(2026, 1, 1, tzinfo=UTC)
SOFT_404 = b"<html><title>404 Not Found</title><h1>Page not found</h1><p>The page does not exist.</p></html>"

REASONS = {
    Fault.RATE_LIMITED: Why.RATE_LIMITED,
    Fault.RATE_LIMITED_WITH_WAIT: Why.RATE_LIMITED,
    Fault.REFUSED: Why.RATE_LIMITED,
    Fault.UNAVAILABLE: Why.DOWN,
    Fault.HTML: Why.MALFORMED,
    Fault.SILENCE: Why.DOWN,
    Fault.RESET: Why.DOWN,
    Fault.MALFORMED: Why.MALFORMED,
    Fault.EXCLUDED: Why.EXCLUDED,
}
LIMITS = (Fault.RATE_LIMITED, Fault.RATE_LIMITED_WITH_WAIT, Fault.REFUSED)

ASK = {
    "baseline": lambda session: find_baseline(session, (WAYBACK,), URL, LOOKED),
    "copy": lambda session: find_copy_before(session, (WAYBACK,), URL, LOOKED, DEATH),
    "witness": lambda session: seen_since(session, (WAYBACK,), URL, datetime(2021, 1, 1, tzinfo=UTC)),
    "recovery": lambda session: next(captures_around(session, (WAYBACK,), [URL], LOOKED)),
}


def _patience(fault):
    """Seconds for an answer: short only where none comes, so that a busy machine is not taken for a silent archive."""
    return 0.3 if fault is Fault.SILENCE else 20


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name)
@pytest.mark.parametrize("question", ASK)
def test_a_fault_of_the_replay_is_not_no_copy(wayback, new_session, article, fault, question):
    wayback.captures = [article(URL, "2021-05-15")]
    wayback.fail("replay", fault)
    answer = ASK[question](new_session(timeout=_patience(fault)))
    assert isinstance(answer, Unknown)
    assert answer.why is REASONS[fault]
    assert "web.archive.org replay" in answer.detail


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name)
@pytest.mark.parametrize("held", ["nothing", "a soft 404"])
def test_a_fault_of_the_index_is_not_no_copy(wayback, new_session, article, fault, held):
    """The index is asked about a dead source, and after an unusable copy; its rows would be empty or there."""
    wayback.captures = [] if held == "nothing" else [article(URL, "2021-05-12", body=SOFT_404)]
    wayback.fail("index", fault)
    session = new_session(timeout=_patience(fault))
    answer = find_copy_before(session, (WAYBACK,), URL, LOOKED, DEATH)
    if held == "nothing" and fault is Fault.MALFORMED:
        assert isinstance(answer, NoCopy)  # no rows, so none is malformed
        return
    assert isinstance(answer, Unknown)
    assert answer.why is REASONS[fault]
    if held != "nothing" and fault not in LIMITS:
        assert isinstance(find_baseline(session, (WAYBACK,), URL, LOOKED), Unknown)


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name)
def test_a_fault_of_the_index_does_not_say_that_nothing_moved(wayback, new_session, article, fault):
    wayback.captures = [article(URL, "2023-02-01", status=301, headers=(("Location", "/new"),), body=b"")]
    wayback.fail("index", fault)
    answer = moved_to(new_session(timeout=_patience(fault)), (WAYBACK,), URL, DEATH)
    assert isinstance(answer, Unknown)
    assert answer.why is REASONS[fault]


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name)
def test_a_fault_of_a_timemap_is_not_no_copy(arquivo, new_session, article, fault):
    arquivo.captures = [article(URL, "2021-05-12", body=SOFT_404)]
    arquivo.fail("timemap", fault)
    answer = find_baseline(new_session(timeout=_patience(fault)), (ARQUIVO,), URL, LOOKED)
    assert isinstance(answer, Unknown)
    assert answer.why is REASONS[fault]


def test_an_empty_timemap_says_that_there_is_no_copy(arquivo, session):
    answer = find_copy_before(session, (ARQUIVO,), URL, LOOKED, DEATH)
    assert answer == NoCopy(("arquivo.pt replay", "arquivo.pt index"))
    assert arquivo.counts["timemap"] == 1


def test_one_bad_row_among_good_ones_is_left_out(wayback, session, article, taken):
    wayback.captures = [article(URL, "2021-05-12", body=SOFT_404), article(URL, "2021-05-14", title="Good")]
    plain = wayback._index
    wayback._index = lambda request: Response(
        b"example,bad)/ 20000008241731 https://harbour-books.example/lantern text/html 200 "
        + b"A" * 32
        + b" 12\n\nnot a row at all\n"
        + plain(request).body,
        content_type="text/plain",
    )
    assert taken(find_baseline(session, (WAYBACK,), URL, LOOKED)).memento.time.day == 14
    wayback.captures.pop()
    answer = find_baseline(session, (WAYBACK,), URL, LOOKED)
    assert answer == Unknown(Why.MALFORMED, "web.archive.org index: 2 entries cannot be read")


@pytest.mark.parametrize(
    "fault", [Fault.UNAVAILABLE, Fault.HTML, Fault.RESET, Fault.SILENCE], ids=lambda fault: fault.name
)
@pytest.mark.parametrize("service", ["replay", "index"])
def test_a_passing_fault_is_tried_once_more(wayback, new_session, article, taken, fault, service):
    wayback.captures = [article(URL, "2021-05-12", body=SOFT_404), article(URL, "2021-05-14", title="Good")]
    wayback.fail(service, fault, times=1)
    session = new_session(**({"timeout": 1.0} if fault is Fault.SILENCE else {}))
    assert taken(find_baseline(session, (WAYBACK,), URL, LOOKED)).memento.time.day == 14
    assert session.notices == ()


@pytest.mark.parametrize("fault", LIMITS[:2], ids=lambda fault: fault.name)
def test_a_429_stops_the_endpoint_for_the_run_and_says_so(wayback, session, article, taken, fault):
    wayback.captures = [article(URL, "2021-05-12")]
    wayback.fail("replay", fault, times=1)
    for _ in range(5):
        answer = find_baseline(session, (WAYBACK,), URL, LOOKED)
        assert isinstance(answer, Unknown)
    assert wayback.counts == {"replay": 1}
    (notice,) = session.notices
    assert "web.archive.org replay" in notice
    assert "not asked again in this run" in notice
    assert ("it asks us to wait 3,600 s" in notice) == (fault is Fault.RATE_LIMITED_WITH_WAIT)
    assert isinstance(moved_to(session, (WAYBACK,), URL, DEATH), tuple)  # the index goes on


def test_a_copy_that_is_refused_costs_itself_and_three_in_a_row_stop_the_endpoint(wayback, session, article, taken):
    wayback.captures = [article(URL, "2021-05-12")]
    wayback.fail("replay", Fault.REFUSED, times=1)
    assert taken(find_baseline(session, (WAYBACK,), URL, LOOKED)).memento.time.day == 12
    assert session.notices == ()
    wayback.fail("replay", Fault.REFUSED)
    sent = wayback.counts["replay"]
    for _ in range(5):
        answer = find_baseline(session, (WAYBACK,), URL, LOOKED)
        assert isinstance(answer, Unknown)
        assert answer.why is Why.RATE_LIMITED
    assert wayback.counts["replay"] == sent + 3
    (notice,) = session.notices
    assert "web.archive.org replay refuses our requests (HTTP 403)" in notice


def test_another_archive_goes_on_when_one_is_limited(wayback, arquivo, session, article, taken):
    arquivo.captures = [article(URL, "2021-05-12")]
    wayback.fail("replay", Fault.RATE_LIMITED)
    assert taken(find_baseline(session, DEFAULT, URL, LOOKED)).archive == "arquivo.pt"
    arquivo.captures.clear()
    answer = find_baseline(session, DEFAULT, URL, LOOKED)
    assert isinstance(answer, Unknown)  # arquivo.pt has none, but the other may


def test_an_archive_that_answers_by_errors_only_is_left_alone_after_twelve_questions(wayback, session):
    wayback.fail("replay", Fault.UNAVAILABLE)
    for number in range(20):
        assert isinstance(find_baseline(session, (WAYBACK,), f"{URL}/{number}", LOOKED), Unknown)
    assert wayback.counts["replay"] == 24  # each of the twelve was tried twice
    assert len(session.notices) == 1


def test_an_archive_that_is_silent_is_left_alone_whatever_is_asked(wayback, new_session):
    for service in ("replay", "index"):
        wayback.fail(service, Fault.RESET)
    session = new_session(index_per_minute=0.01)
    assert session.may_answer((WAYBACK,))
    for number in range(10):
        assert isinstance(find_baseline(session, (WAYBACK,), f"{URL}/{number}", LOOKED), Unknown)
        answer = moved_to(session, (WAYBACK,), f"{URL}/{number}", DEATH)  # its turn would come in a hundred minutes
        assert isinstance(answer, Unknown)
        assert answer.why is Why.DOWN
    assert sum(session.counts.values()) == 3
    (notice,) = session.notices
    assert notice.startswith("web.archive.org does not answer (")
    assert not session.may_answer((WAYBACK,))
    assert session.may_answer(DEFAULT)


def test_a_run_that_is_stopped_does_not_wait_for_a_silent_archive(web, wayback):
    wayback.fail("replay", Fault.SILENCE)
    wayback.fail("index", Fault.SILENCE)
    stopped = threading.Event()
    settings = Settings(network=web.network(), wayback=structs.replace(QUICK, timeout=60.0))
    clock = Clock(datetime(2026, 11, 23, 6, tzinfo=UTC))
    workers = LookupWorkers(settings, clock, stopped.is_set, Politeness())
    workers.ask(iter([SeenSinceLookup(1, URL, datetime(2021, 1, 1, tzinfo=UTC))]))
    while not workers.session.counts:
        time.sleep(0.01)
    stopped.set()
    assert list(workers.results()) == []
    assert workers.waiting == 1, "it has no answer: the next run asks again"
    workers.close()


def test_one_answer_shows_that_an_archive_is_there(wayback, session, article):
    wayback.captures = [article(URL, "2021-05-12")]
    for _ in range(4):
        wayback.fail("replay", Fault.RESET, times=2)
        assert isinstance(find_baseline(session, (WAYBACK,), URL, LOOKED), Unknown)
        assert moved_to(session, (WAYBACK,), URL, DEATH) == ()
    assert all("web.archive.org replay" in notice for notice in session.notices), "the index answers, so it goes on"


def test_an_archive_that_cannot_be_reached_is_unknown(session):
    nowhere = Archive(
        "nowhere", "memento", "https://no-such-archive.example/web/", "https://no-such-archive.example/t/"
    )
    for ask in (find_baseline, lambda *given: find_copy_before(*given, DEATH)):
        answer = ask(session, (nowhere,), URL, LOOKED)
        assert isinstance(answer, Unknown)
        assert answer.why is Why.DOWN


async def drip():
    yield b"HTTP/1.1 200 OK\r\nMemento-Datetime: Wed, 12 May 2021 09:00:00 GMT\r\nContent-Type: text/html\r\n\r\n"
    import asyncio

    while True:
        yield b"<p>"
        await asyncio.sleep(0.05)


async def torn():
    yield b"HTTP/1.1 200 OK\r\nMemento-Datetime: Wed, 12 May 2021 09:00:00 GMT\r\nContent-Length: 5000\r\n\r\n<p>"


@pytest.mark.parametrize("stream", [drip, torn])
def test_a_copy_that_never_ends_or_ends_too_soon_is_no_copy_to_use(wayback, new_session, stream):
    wayback._replay = lambda rest, request: Stream(stream)
    answer = find_baseline(new_session(timeout=0.5), (WAYBACK,), URL, LOOKED)
    assert isinstance(answer, Unknown)
    assert answer.why is Why.DOWN


@pytest.mark.parametrize(
    "location",
    ["https://evil.example/web/20210512000000id_/https://x.example/", "/login", "http://[", "http://169.254.169.254/"],
)
def test_the_archive_is_not_followed_out_of_itself(wayback, session, web, location):
    wayback._replay = lambda rest, request: Response(b"", 302, headers=(("Location", location),))
    answer = find_baseline(session, (WAYBACK,), URL, LOOKED)
    assert isinstance(answer, Unknown)
    assert answer.why is Why.MALFORMED
    assert not any(urlsplit(url).hostname in ("evil.example", "169.254.169.254") for url in web.hits)
    assert not any("login" in url for url in web.hits)


def test_a_copy_that_cannot_be_played_back_is_not_no_copy(wayback, session):
    wayback._replay = lambda rest, request: Response(
        b"<h1>Oops</h1>", 404, headers=(("X-Archive-Wayback-Runtime-Error", "ResourceNotAvailableException: x"),)
    )
    assert isinstance(find_baseline(session, (WAYBACK,), URL, LOOKED), Unknown)


def test_nothing_is_asked_when_the_budget_is_spent(wayback, new_session, article):
    wayback.captures = [article(URL, "2021-05-12")]
    session = new_session(budget=1e-9)
    answer = find_baseline(session, (WAYBACK,), URL, LOOKED)
    assert isinstance(answer, Unknown)
    assert answer.why is Why.BUDGET
    assert wayback.counts == {}


def test_a_stopped_run_asks_nothing_more(wayback, new_session):
    answer = find_baseline(new_session(stop=lambda: True), (WAYBACK,), URL, LOOKED)
    assert isinstance(answer, Unknown)
    assert answer.why is Why.BUDGET
    assert wayback.counts == {}


def test_a_wait_for_a_turn_ends_with_the_session(wayback, new_session):
    """One request a minute: the second would wait for 60 seconds."""
    session = new_session(replay_per_minute=1)
    assert isinstance(find_baseline(session, (WAYBACK,), URL, LOOKED), NoCopy)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(find_baseline(session, (WAYBACK,), URL, LOOKED)))
    waiting.start()
    session.close()
    waiting.join(timeout=20)
    assert [answer.why for answer in answers] == [Why.BUDGET]
    assert wayback.counts == {"replay": 1}


def test_requests_of_several_threads_keep_their_distance(wayback, new_session):
    session = new_session(replay_per_minute=600)
    begun = time.monotonic()
    threads = [
        threading.Thread(target=find_baseline, args=(session, (WAYBACK,), f"{URL}/{number}", LOOKED))
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert time.monotonic() - begun >= 0.5  # five pauses of a tenth of a second: pacing is what is tested
    assert wayback.counts["replay"] == 6


# --- one copy's trouble is not the archive's ----------------------------------


def test_a_copy_that_cannot_be_shown_does_not_hide_the_next_one(wayback, session, article, taken):
    wayback.captures = [article(URL, "2021-05-12"), article(URL, "2021-06-01", "Another reading of the books")]
    wayback.fail("replay", Fault.UNAVAILABLE, times=2)
    assert taken(find_baseline(session, (WAYBACK,), URL, LOOKED)).memento.time.month == 5


@pytest.mark.parametrize(
    ("coding", "pack"), [("br", brotli.compress), ("zstd", zstd.compress), ("deflate", zlib.compress), ("utf-8", bytes)]
)
def test_a_copy_is_read_however_it_is_packed(wayback, session, article, taken, coding, pack):
    plain = article(URL, "2021-05-12")
    wayback.captures = [replace(plain, body=pack(plain.body), headers=(*plain.headers, ("Content-Encoding", coding)))]
    assert taken(find_baseline(session, (WAYBACK,), URL, LOOKED)).page.body == plain.body


def test_a_copy_that_is_packed_in_a_way_that_nobody_says_is_unknown(wayback, session, article):
    plain = article(URL, "2021-05-12")
    wayback.captures = [replace(plain, body=brotli.compress(plain.body))]
    answer = find_baseline(session, (WAYBACK,), URL, LOOKED)
    assert isinstance(answer, Unknown)
    assert answer.why is Why.MALFORMED


def test_a_good_copy_behind_many_error_pages_is_found(wayback, session, article, taken):
    wayback.captures = [
        article(URL, f"2021-{month:02}-12", body=f"<title>404 Not Found</title><h1>Not found</h1>{month}".encode())
        for month in range(5, 13)
    ] + [article(URL, "2019-01-12")]
    copy = find_copy_before(session, (WAYBACK,), URL, LOOKED, DEATH)
    assert taken(copy).memento.time.year == 2019


def test_an_endpoint_gets_its_requests_a_minute_in_any_window():
    gate = RateLimit("archive.example index", _Host("archive.example"), 3)
    assert [gate.acquire(moment) for moment in (0.0, 0.1, 30.0)] == [0.0, 0.0, 0.0]
    assert gate.acquire(30.1) == pytest.approx(30.9)
    assert gate.acquire(61.0) == 0.0
    assert gate.acquire(61.05) > 0


def test_a_pointer_to_a_copy_that_is_not_there_leads_to_the_index(wayback, session, article, taken):
    wayback.captures = [article(URL, "2021-05-12"), article(URL, "2021-06-01")]
    memento = wayback.memento

    def without_the_first(capture, modifier):
        return Response(b"Not available", 404) if capture is wayback.captures[0] else memento(capture, modifier)

    wayback.memento = without_the_first
    assert taken(find_baseline(session, (WAYBACK,), URL, LOOKED)).memento.time.month == 6
