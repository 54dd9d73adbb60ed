"""Index rows, link-format, stamps and replay addresses: what is written is read, and anything else does no harm."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkarchive.demo.wire import Response
from linkarchive.model import Page
from linkarchive.wayback.answers import ArchiveTroubleError
from linkarchive.wayback.archives import ARQUIVO, DEFAULT, WAYBACK, stamp, time_of
from linkarchive.wayback.cdx import captures
from linkarchive.wayback.cited import cited_copy
from linkarchive.wayback.memento import parse_links, timemap
from linkarchive.wayback.replay import Span
from linkarchive.wayback.unwrap import unwrap_memento

TIMES = st.integers(820_454_400, 4_102_358_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
HOSTS = st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True)
PATHS = st.text("abcXYZ019-._~:/?[]@!$&'()*+,;=", max_size=30)
SCHEMES = st.sampled_from(["http", "https"])
URLS = st.builds(lambda scheme, host, path: f"{scheme}://{host}/{path}", SCHEMES, HOSTS, PATHS)
URL = "https://harbour-books.example/lantern"
NEAR = datetime(2021, 5, 12, tzinfo=UTC)
ROW = "example,harbour-books)/lantern {} {} text/html {} {} 2344\n"
DIGEST = "FSR3SWZYFSR3SWZYFSR3SWZYFSR3SWZY"


@given(TIMES, URLS, st.sampled_from(DEFAULT))
def test_an_address_of_an_archive_is_read_back(time, url, archive):
    assert archive.parse(archive.raw(time, url)) == (time, url)
    assert archive.parse(archive.view(time, url).replace("https:", "http:", 1)) == (time, url)
    assert time_of(stamp(time)) == time


@given(st.text(max_size=60))
@example("https://web.archive.org/web/20210512/")
@example("https://web.archive.org/web/99999999999999id_/http:/x")
@example("http://[")
def test_any_text_is_an_address_or_not(text):
    for archive in DEFAULT:
        archive.parse(text)
        archive.parse(archive.replay + text)
    cited_copy(text)
    cited_copy(f"https://web.archive.org/web/{text}")
    cited_copy(f"https://archive.ph/{text}")


@given(TIMES)
def test_a_stamp_may_be_cut_short(time):
    digits = stamp(time)
    for length in (4, 6, 8, 10, 12, 14):
        answer = time_of(digits[:length])
        assert answer is not None
        assert stamp(answer).startswith(digits[:length])
        assert answer <= time


@pytest.mark.parametrize("digits", ["20000008241731", "20211301000000", "0", "99999999999999", "20210512250000"])
def test_a_stamp_that_no_calendar_has_is_malformed(digits):
    assert time_of(digits) is None


# --- link-format -------------------------------------------------------------------------


@given(st.lists(st.tuples(URLS, TIMES), max_size=8))
def test_link_format_is_read_back(mementos):
    lines = [f'<{URL}>; rel="original"']
    lines += [f'<{url}> ; rel="first memento" ; datetime="{format_datetime(time, True)}"' for url, time in mementos]
    links = list(parse_links(",\n".join(lines)))
    assert links[0].rels == {"original"}
    assert [(link.url, link.time) for link in links if "memento" in link.rels] == mementos


def test_commas_and_semicolons_may_stand_in_addresses_and_quotes():
    text = '<https://x.example/a,b;c=">;rel=original,<b>;title="a, <x>; rel=\\"no\\"";rel="memento last";license=y'
    assert [(link.url, sorted(link.rels)) for link in parse_links(text)] == [
        ('https://x.example/a,b;c="', ["original"]),
        ("b", ["last", "memento"]),
    ]


@given(st.text(alphabet='<>;,="\\ arelmnto\n', max_size=80))
def test_any_text_is_links_or_not(text):
    assert all(isinstance(link.url, str) for link in parse_links(text))


def test_a_timemap_of_several_pages(arquivo, session):
    def serve(rest):
        page = rest.partition("/")[0]
        last = page == "2"
        lines = [f'<{URL}>; rel="original"']
        if not last:
            lines.append(f'<https://arquivo.pt/wayback/timemap/link/2/{URL}>; rel="timemap"; from="x"')
        number = 14 if last else 13
        lines.append(
            f'<https://arquivo.pt/wayback/202105{number}090000/{URL}>; rel="memento"; '
            f'datetime="{format_datetime(datetime(2021, 5, number, 9, tzinfo=UTC), True)}"'
        )
        return Response(", ".join(lines).encode(), content_type="application/link-format")

    arquivo._timemap = serve
    answer = timemap(session, ARQUIVO, URL)
    assert [time.day for time, _ in answer.mementos] == [13, 14]
    assert answer.malformed == 0


# --- the index ---------------------------------------------------------------------------


def served(wayback, text: str) -> None:
    wayback._index = lambda request: Response(text.encode(), content_type="text/plain")


def test_rows_have_types_and_come_nearest_first(wayback, session):
    rows = [
        ROW.format("20210514100000", URL, 200, DIGEST),
        ROW.format("20210510100000", URL.replace("https", "http"), 200, DIGEST),
        ROW.format("20210512100000", URL, "-", DIGEST),
        ROW.format("20210512100000", URL, "-", DIGEST),
    ]
    served(wayback, "".join(rows))
    answer = captures(session, WAYBACK, URL, NEAR, Span.around(NEAR, 30))
    assert [(row.time.day, row.status, row.digest) for row in answer.rows] == [
        (12, None, f"sha1:{DIGEST}"),
        (10, 200, f"sha1:{DIGEST}"),
        (14, 200, f"sha1:{DIGEST}"),
    ]
    assert (answer.malformed, answer.more) == (0, False)


def test_rows_of_pages_that_only_look_alike_are_left_out(wayback, session):
    others = [
        "https://harbour-books.example/Lantern",
        "https://harbour-books.example:8443/lantern",
        "http://mailto:a@b",
    ]
    served(wayback, "".join(ROW.format("20210512100000", url, 200, DIGEST) for url in [*others, f"{URL}/"]))
    answer = captures(session, WAYBACK, URL, NEAR, Span())
    assert [row.original for row in answer.rows] == [f"{URL}/"]


def test_the_query_says_what_is_wanted(wayback, session, web):
    span = Span.around(NEAR, 30)
    url = "https://harbour-books.example/a?b=c&d=é"
    captures(session, WAYBACK, url, NEAR, span, status="30[18]", limit=7)
    (asked,) = [hit for hit in web.hits if "/cdx/" in hit and "limit=7" in hit]
    assert "url=https%3A%2F%2Fharbour-books.example%2Fa%3Fb%3Dc%26d%3D%C3%A9" in asked
    for part in ("sort=closest", "closest=20210512000000", "from=20210412000000", "to=20210611000000", "limit=7",
                 "filter=statuscode%3A30%5B18%5D", "resolveRevisits=true"):  # fmt: skip
        assert part in asked
    assert "gzip" not in asked


LINES = st.lists(
    st.one_of(
        st.just(ROW.format("20210512100000", URL, 200, DIGEST).strip()),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=60),
        st.from_regex(r"[a-z)]{1,9} [0-9]{14} \S{1,20} \S{1,9} [0-9]{3} [A-Z2-7]{32} [0-9]{1,5}", fullmatch=True),
    ),
    max_size=6,
)


def test_whatever_the_index_says_is_rows_or_trouble(wayback, new_session):
    """Lines that are no rows are counted, never passed on, and never taken for an empty index."""
    session = new_session()

    @given(LINES)
    def check(lines):
        served(wayback, "\n".join(lines))
        session._gates.clear()
        try:
            answer = captures(session, WAYBACK, URL, NEAR, Span())
        except ArchiveTroubleError:
            assert any(line.strip() for line in lines)
        else:
            assert all(row.time.tzinfo is UTC for row in answer.rows)
            assert answer.rows or answer.malformed or not any(URL in line for line in lines)

    check()


# --- fields ------------------------------------------------------------------------------


def test_a_copy_shows_the_fields_of_the_page_and_not_of_the_archive():
    headers = {
        "server": "nginx",
        "date": "Mon, 23 Nov 2026 06:00:00 GMT",
        "link": '<https://x.example/>; rel="original"',
        "memento-datetime": "Wed, 12 May 2021 09:00:00 GMT",
        "content-type": "text/html",
        "x-archive-orig-content-type": "text/html; charset=windows-1251",
        "x-archive-orig-last-modified": "Tue, 11 May 2021 09:00:00 GMT",
        "x-archive-src": "something.warc.gz",
    }
    page = unwrap_memento(Page("https://x.example/", 200, headers, b"x"), 100)
    assert page.headers == {
        "content-type": "text/html; charset=windows-1251",
        "last-modified": "Tue, 11 May 2021 09:00:00 GMT",
    }


def test_a_live_page_is_left_as_it_is():
    page = Page("https://x.example/", 200, {"content-type": "text/html", "server": "x"}, b"hello")
    assert unwrap_memento(page, 100) == page


@pytest.mark.parametrize("kind", ["application/gzip", "application/octet-stream", "application/x-gzip"])
def test_a_file_that_is_gzip_stays_so(kind):
    page = Page("https://x.example/a.gz", 200, {"content-type": kind}, b"\x1f\x8b\x08" + b"\0" * 20)
    assert unwrap_memento(page, 100).body == page.body


def test_one_module_of_the_room_sends():
    """The only module that sends is sending.py."""
    from pathlib import Path

    import linkarchive.wayback as room

    senders = {
        path.name
        for path in Path(room.__file__).parent.glob("*.py")
        if re.search(r"^\s*(import|from) (requests|urllib3|pycurl|socket|http\.client)\b", path.read_text(), re.M)
    }
    assert senders == {"transport.py"}


@pytest.mark.parametrize("between", [",", ",,", " , ,\n", ";,", " ; , ;,"])
def test_empty_elements_of_a_list_of_links_are_passed_over(between):
    text = f'<http://a.example/>; rel="original"{between}<http://b.example/>; rel="memento"'
    assert [link.url for link in parse_links(text)] == ["http://a.example/", "http://b.example/"]
