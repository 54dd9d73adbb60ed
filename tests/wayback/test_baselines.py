"""The copy that the author saw: chosen, fetched raw, judged, stored."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from linkarchive.clock import Clock
from linkarchive.model import Hop, Origin
from linkarchive.snapshot.reader import read_page, scan
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.urls import source_key
from linkarchive.wayback.answers import ArchivedCopy, NoCopy
from linkarchive.wayback.archives import DEFAULT, WAYBACK
from linkarchive.wayback.baseline import captures_around, find_baseline, find_copy_before, moved_to, seen_since
from linkarchive.wayback.unwrap import unwrap_memento

URL = "https://harbour-books.example/lantern?page=2"
LOOKED = date(2021, 5, 12)
ONLY = (WAYBACK,)
SOFT_404 = (
    b"<html><title>Page not found</title><h1>Page not found</h1>"
    b"<p>Sorry, the page that you are looking for does not exist.</p></html>"
)


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=9, tzinfo=UTC)


def test_the_nearest_copy_is_found_by_replay_alone(wayback, session, article, taken) -> None:
    wayback.captures = [article(URL, day, title=day) for day in ("2019-01-01", "2021-05-09", "2021-05-16")]
    copy = taken(find_baseline(session, ONLY, URL, LOOKED))
    assert copy.memento.origin is Origin.WAYBACK
    assert copy.memento.time == at("2021-05-09")
    assert copy.memento.public_url == f"https://web.archive.org/web/20210509090000/{URL}"
    assert copy.page is not None
    assert copy.page.final_url == URL
    assert copy.page.body == wayback.captures[1].body
    assert copy.page.headers["content-type"] == "text/html; charset=utf-8"
    assert wayback.counts == {"lookup": 1, "replay": 1}


def test_before_beats_after_at_equal_distance(wayback, session, article, taken) -> None:
    """The nearest by the clock is a soft 404; two days before and two days after are left."""
    wayback.captures = [article(URL, day, title=day) for day in ("2021-05-14", "2021-05-10")]
    wayback.captures.append(article(URL, "2021-05-12", body=SOFT_404))
    copy = taken(find_baseline(session, ONLY, URL, LOOKED))
    assert copy.memento.time == at("2021-05-10")


def test_twenty_sources_cost_one_question_each(wayback, session, article, taken) -> None:
    urls = [f"https://site-{number}.example/report/{number}" for number in range(20)]
    wayback.captures = [article(url, f"2021-05-{number % 20 + 1:02}") for number, url in enumerate(urls)]
    wayback.captures += [article(urls[number], "2021-05-12", body=SOFT_404) for number in (3, 11)]
    for url in urls:
        taken(find_baseline(session, DEFAULT, url, LOOKED))
    assert wayback.counts["replay"] / 20 <= 1.2
    assert wayback.counts["lookup"] / 20 <= 1.2
    assert wayback.counts["index"] / 20 <= 0.2
    assert session.counts == {
        "web.archive.org replay": wayback.counts["replay"] + wayback.counts["lookup"],
        "web.archive.org index": wayback.counts["index"],
    }


@pytest.mark.parametrize("status", [404, 503, 429])
def test_a_captured_error_is_no_baseline_and_no_trouble(wayback, session, article, status: int, taken) -> None:
    wayback.captures = [article(URL, "2021-05-12", status=status), article(URL, "2021-05-20", title="Good")]
    copy = taken(find_baseline(session, ONLY, URL, LOOKED))
    assert copy.memento.time == at("2021-05-20")
    assert session.notices == ()


def test_only_soft_404s_are_no_copy(wayback, session, article) -> None:
    wayback.captures = [article(URL, day, body=SOFT_404 + day.encode()) for day in ("2021-05-11", "2021-05-20")]
    answer = find_baseline(session, ONLY, URL, LOOKED)
    assert answer == NoCopy(("web.archive.org replay", "web.archive.org index"))


def test_a_copy_outside_the_window_is_no_baseline(wayback, session, article) -> None:
    wayback.captures = [article(URL, "2019-01-01")]
    assert find_baseline(session, ONLY, URL, LOOKED) == NoCopy(("web.archive.org replay",))
    assert wayback.counts == {"lookup": 1}


def test_a_page_whose_address_only_looks_alike_is_not_it(wayback, session, article) -> None:
    """The archive folds the case of paths; servers need not."""
    wayback.captures = [article("https://harbour-books.example/Lantern?page=2", "2021-05-12")]
    assert isinstance(find_baseline(session, ONLY, URL, LOOKED), NoCopy)


def test_a_copy_under_http_and_www_is_the_same_page(wayback, session, article, taken) -> None:
    wayback.captures = [article("http://www.harbour-books.example/lantern?page=2", "2021-05-12")]
    copy = taken(find_baseline(session, ONLY, URL, LOOKED))
    assert copy.memento.final_url == "http://www.harbour-books.example/lantern?page=2"


def test_captured_redirects_are_followed_inside_the_archive(wayback, session, article, taken) -> None:
    new = "https://harbour-books.example/books/lantern"
    wayback.captures = [
        article(URL, "2021-05-11", status=301, headers=(("Location", "/books/lantern"),), body=b""),
        article(new, "2021-05-13"),
    ]
    copy = taken(find_baseline(session, ONLY, URL, LOOKED))
    assert copy.page is not None
    assert (copy.page.final_url, copy.page.hops) == (new, (Hop(URL, 301),))
    assert (copy.memento.time, copy.memento.final_url) == (at("2021-05-13"), new)


def test_a_redirect_to_a_copy_of_months_later_is_not_it(wayback, session, article, taken) -> None:
    wayback.captures = [
        article(URL, "2021-05-11", status=302, headers=(("Location", "/other"),), body=b""),
        article("https://harbour-books.example/other", "2021-09-30"),
        article(URL, "2021-06-30", title="Good"),
    ]
    copy = taken(find_baseline(session, ONLY, URL, LOOKED))
    assert copy.memento.time == at("2021-06-30")


@pytest.mark.parametrize("location", ["/lantern?page=2", "https://nowhere.example/", "mailto:a@b.example", "http://["])
def test_redirects_that_lead_nowhere_are_no_baseline(wayback, session, article, location) -> None:
    wayback.captures = [article(URL, "2021-05-11", status=302, headers=(("Location", location),), body=b"")]
    assert isinstance(find_baseline(session, ONLY, URL, LOOKED), NoCopy)


def test_a_copy_that_we_have_already_is_not_fetched(wayback, session, article, taken) -> None:
    ours = article(URL, "2021-05-20", title="Ours")
    wayback.captures = [article(URL, "2021-05-12", body=SOFT_404), ours]
    digest = f"sha1:{ours.digest}"
    copy = taken(find_baseline(session, ONLY, URL, LOOKED, own_digests=frozenset({digest})))
    assert (copy.same_as, copy.visit, copy.memento.time) == (digest, None, at("2021-05-20"))
    assert wayback.counts["replay"] == 1


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (True, (("Content-Encoding", "gzip"),)),
        (True, ()),
        (False, (("Content-Encoding", "gzip"),)),
    ],
    ids=["gzip that says so", "gzip that does not say so", "text that says gzip"],
)
def test_wrong_content_encodings_are_read_and_the_bytes_are_kept(
    wayback, session, article, tmp_path, body, headers, taken
) -> None:
    plain = article(URL, "2021-05-12").body
    stored = gzip.compress(plain) if body else plain
    wayback.captures = [article(URL, "2021-05-12", body=stored, headers=(("Content-Type", "text/html"), *headers))]
    copy = taken(find_baseline(session, ONLY, URL, LOOKED))
    assert copy.page is not None
    assert copy.visit is not None
    assert copy.page.body == plain
    assert copy.visit.exchanges[-1].body.read() == stored
    capture, page = kept(tmp_path, copy)
    assert unwrap_memento(page, 1 << 20).body == plain
    assert capture.digest == f"sha1:{wayback.captures[0].digest}"


def kept(root: Path, copy: ArchivedCopy):
    """The capture and its page, read back from the WARC."""
    clock = Clock(datetime(2026, 11, 23, tzinfo=UTC))
    with WarcWriter(
        root / "archive", "20261123T000000Z-0000", clock=clock, size_limit=1 << 30, simulated=True
    ) as writer:
        assert copy.visit is not None
        assert copy.page is not None
        sha256 = hashlib.sha256(copy.page.body).hexdigest()
        capture = writer.write_visit(copy.visit, source=URL, sha256=sha256, fingerprint=None, memento=copy.memento)
    return capture, read_page(root / "archive", capture)


def test_a_copy_is_stored_as_what_it_is(wayback, session, article, tmp_path, taken) -> None:
    wayback.captures = [article(URL, "2021-05-12")]
    copy = taken(find_baseline(session, ONLY, URL, LOOKED))
    capture, page = kept(tmp_path, copy)
    assert (capture.url, capture.origin, capture.time) == (URL, Origin.WAYBACK, at("2021-05-12"))
    assert capture.public_url == f"https://web.archive.org/web/20210512090000/{URL}"
    assert capture in list(scan(tmp_path / "archive"))
    index = next((tmp_path / "archive/indexes").glob("*.cdxj")).read_text()
    assert "https://web.archive.org/web/20210512090000id_/" in index
    again = unwrap_memento(page, 1 << 20)
    assert copy.page is not None
    assert (again.body, again.headers) == (copy.page.body, copy.page.headers)
    assert unwrap_memento(again, 1 << 20) == again


def test_other_archives_are_asked_next(wayback, arquivo, session, article, taken) -> None:
    arquivo.captures = [article(URL, "2021-05-12", body=SOFT_404), article(URL, "2021-05-14", title="Good")]
    copy = taken(find_baseline(session, DEFAULT, URL, LOOKED))
    assert (copy.archive, copy.memento.origin) == ("arquivo.pt", Origin.MEMENTO)
    assert copy.memento.public_url == f"https://arquivo.pt/wayback/20210514090000/{URL}"
    assert arquivo.counts["timemap"] == 1


def test_addresses_with_awkward_characters(wayback, session, article, taken) -> None:
    for url in (
        "https://harbour-books.example/a%20b?x=1&y=%26#part",
        "https://harbour-books.example/straße?q=тест",
        "https://harbour-books.example/redirect?to=https://other.example/a//b",
        "http://harbour-books.example:8080/x",
    ):
        wayback.captures = [article(source_key(url), "2021-05-12", title=url)]
        assert taken(find_baseline(session, ONLY, url, LOOKED)).page is not None, url


# --- dead sources -----------------------------------------------------------------------


def test_a_dead_source_gets_the_copy_from_before_its_death(wayback, session, article, taken) -> None:
    wayback.captures = [article(URL, "2018-03-01", title="Old"), article(URL, "2021-05-13", body=SOFT_404)]
    copy = taken(find_copy_before(session, ONLY, URL, LOOKED, at("2021-01-01")))
    assert copy.memento.time == at("2018-03-01")


def test_the_latest_copy_is_taken_where_nobody_knows_when_the_author_looked(wayback, session, article, taken) -> None:
    wayback.captures = [article(URL, day, title=day) for day in ("2018-03-01", "2020-03-01", "2024-03-01")]
    copy = taken(find_copy_before(session, ONLY, URL, None, at("2021-01-01")))
    assert copy.memento.time == at("2020-03-01")


def test_no_copy_needs_an_empty_index(wayback, session) -> None:
    answer = find_copy_before(session, ONLY, URL, LOOKED, at("2026-01-01"))
    assert answer == NoCopy(("web.archive.org replay", "web.archive.org index"))
    assert wayback.counts == {"replay": 1, "index": 1}


def test_captured_permanent_redirects_say_where_it_went(wayback, session, article) -> None:
    wayback.captures = [
        article(URL, "2021-05-12"),
        article(URL, "2023-01-01", status=302, headers=(("Location", "/login"),), body=b""),
        article(URL, "2023-02-01", status=301, headers=(("Location", "/books/lantern"),), body=b""),
        article(URL, "2024-02-01", status=404),
    ]
    assert moved_to(session, DEFAULT, URL, at("2024-02-01")) == ("https://harbour-books.example/books/lantern",)


# --- witness and recovery ------------------------------------------------------------------


def test_a_witness_is_newer_than_the_first_strike(wayback, session, article, taken) -> None:
    wayback.captures = [article(URL, "2026-11-10")]
    assert isinstance(seen_since(session, ONLY, URL, at("2026-11-20")), NoCopy)
    wayback.captures.append(article(URL, "2026-11-21"))
    taken(seen_since(session, ONLY, URL, at("2026-11-20")))
    wayback.captures[-1] = article(URL, "2026-11-21", status=503)
    assert isinstance(seen_since(session, ONLY, URL, at("2026-11-20")), NoCopy)


def test_the_old_address_comes_first_for_recovery(wayback, session, article, taken) -> None:
    new = "https://harbour-books.example/new"
    wayback.captures = [article(URL, day, title=day) for day in ("2021-05-01", "2021-05-13", "2021-06-01")]
    wayback.captures += [article(URL, "2021-05-12", body=SOFT_404), article(new, "2021-05-12")]
    copy = [taken(copy) for copy in captures_around(session, ONLY, [URL, new], LOOKED)]
    assert [copy.memento.time.date().isoformat() for copy in copy] == [
        "2021-05-13",
        "2021-05-01",
        "2021-06-01",
        "2021-05-12",
    ]


def test_recovery_asks_no_index_when_the_first_copy_will_do(wayback, session, article, taken) -> None:
    wayback.captures = [article(URL, "2021-05-13")]
    taken(next(captures_around(session, ONLY, [URL], LOOKED)))
    assert wayback.counts["index"] == 0
