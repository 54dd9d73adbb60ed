"""A real pywb, with captures of the demo web under three dates, asked as an archive of the settings.

pywb lives in a virtual environment of its own: the one whose Python PYWB_PYTHON names, else the one that the tests
in tests/endurance build in pytest's cache folder.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from linkarchive.clock import Clock
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wire import Epoch
from linkarchive.settings import ArchiveSettings, NetworkSettings, WaybackSettings
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.wayback.answers import NoCopy, Unusable
from linkarchive.wayback.archives import Archive, archives_of
from linkarchive.wayback.baseline import find_baseline, find_copy_before, seen_since
from linkarchive.wayback.memento import timemap
from linkarchive.wayback.replay import Span, nearest
from linkarchive.wayback.session import ArchiveSession
from linkarchive.web.exchange import VisitRequest
from linkarchive.web.scheduler import fetch_all

DAYS = {
    datetime(2021, 5, 10, 9, tzinfo=UTC): Epoch.PUBLICATION,
    datetime(2023, 2, 1, 9, tzinfo=UTC): Epoch.PUBLICATION,
    datetime(2026, 4, 20, 9, tzinfo=UTC): Epoch.YEAR_LATER,
}
PACKED = "https://tidewater-gazette.example/2025/02/ferry-last-winter"
PLAIN = "https://tide-tables.example/brennock/ferry.txt"
DOI = "https://doi.org/10.5555/estuaries.2024.17"
GONE = "https://ferrymens-archive.example/logs/1911"
URLS = (PACKED, PLAIN, DOI, GONE)


@pytest.fixture(scope="module")
def programs(request) -> Path:
    named = os.environ.get("PYWB_PYTHON")
    if named:
        programs = Path(named).parent
    else:
        folder = request.config.cache.mkdir(f"pywb-{sys.version_info.major}.{sys.version_info.minor}")
        if not (folder / "built").exists():
            pytest.skip("no pywb: run tests/endurance first, or name one with PYWB_PYTHON")
        programs = folder / "venv" / "bin"
    if not (programs / "wayback").exists():
        pytest.skip(f"there is no pywb in {programs}")
    return programs


@pytest.fixture(scope="module")
def collection(programs, tmp_path_factory) -> tuple[Path, dict[tuple[str, datetime], bytes]]:
    """A pywb folder, and the bytes of each page as they were served."""
    root = tmp_path_factory.mktemp("pywb")
    served = {}
    with DemoWeb() as web:
        for day, epoch in DAYS.items():
            web.epoch = epoch
            clock = Clock(day)
            run_id = f"{day:%Y%m%dT%H%M%SZ}-0000"
            with WarcWriter(root / "archive", run_id, clock=clock, size_limit=1 << 30, simulated=True) as writer:
                for visit in fetch_all(map(VisitRequest, URLS), web.network(), clock):
                    assert visit.final is not None
                    served[visit.request.url, day] = visit.final.body.read()
                    writer.write_visit(visit, source=visit.request.url, sha256="", fingerprint=None)
                    visit.close()
    assert web.errors == []
    for command in (["init", "web"], ["add", "web", *map(str, sorted(root.glob("archive/warc/*.warc.gz")))]):
        done = subprocess.run([str(programs / "wb-manager"), *command], cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return root, served


@contextlib.contextmanager
def running(programs: Path, root: Path, exact: bool) -> Iterator[int]:
    """`wayback` on a port of this machine only; its default would be open to everybody."""
    told = f"framed_replay: false\nenable_memento: true\nredirect_to_exact: {str(exact).lower()}\n"
    (root / "config.yaml").write_text(told)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (root / "wayback.log").open("wb") as log:
        command = [str(programs / "wayback"), "-b", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(command, cwd=root, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while True:
            assert process.poll() is None, (root / "wayback.log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert time.monotonic() < end, "pywb does not answer"
            time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module", params=[True, False], ids=["redirects to the exact copy", "answers at once"])
def archive(request, programs, collection) -> Iterator[Archive]:
    with running(programs, collection[0], request.param) as port:
        (archive,) = archives_of([ArchiveSettings(name="ours", replay=f"http://127.0.0.1:{port}/web/")])
        yield archive


@pytest.fixture(scope="module")
def session() -> Iterator[ArchiveSession]:
    settings = WaybackSettings(timeout=30, replay_per_minute=0, index_per_minute=0)
    with ArchiveSession(NetworkSettings(), settings, Clock(datetime(2026, 4, 21, tzinfo=UTC))) as session:
        yield session


@pytest.mark.parametrize("url", [PACKED, PLAIN])
@pytest.mark.parametrize("day", DAYS, ids=lambda day: f"{day:%Y}")
def test_a_baseline_is_replayed_byte_for_byte(archive, session, collection, taken, url, day):
    copy = taken(find_baseline(session, (archive,), url, day.date()))
    assert copy.visit.exchanges[-1].body.read() == collection[1][url, day]
    assert copy.memento.time == day
    assert copy.memento.public_url == f"{archive.replay}{day:%Y%m%d%H%M%S}/{url}"
    assert (copy.page.final_url, copy.page.status) == (url, 200)
    assert not copy.page.body.startswith(b"\x1f\x8b")
    assert "memento-datetime" not in copy.page.headers
    assert copy.page.headers["server"] == "harbour/1.0"


def test_a_captured_redirect_is_followed_in_the_archive(archive, session, taken):
    copy = taken(find_baseline(session, (archive,), DOI, date(2021, 5, 12)))
    assert copy.page.final_url == copy.memento.final_url == "https://journal-of-estuaries.example/articles/17"
    assert [(hop.url, hop.status) for hop in copy.page.hops] == [(DOI, 302)]
    assert b"Journal of Estuaries" in copy.page.body


def test_the_timemap_lists_the_three_dates(archive, session):
    listed = timemap(session, archive, PLAIN)
    assert [time for time, _ in listed.mementos] == list(DAYS)
    assert listed.malformed == 0
    assert all(archive.parse(memento) == (time, PLAIN) for time, memento in listed.mementos)


def test_a_soft_404_of_today_is_no_copy_and_the_timemap_has_the_next_best(archive, session, taken):
    copy = taken(find_copy_before(session, (archive,), GONE, date(2026, 4, 20), datetime(2026, 4, 21, tzinfo=UTC)))
    assert copy.memento.time == datetime(2023, 2, 1, 9, tzinfo=UTC)


def test_what_it_does_not_have_is_no_copy(archive, session):
    never = "https://tide-tables.example/never/archived.txt"
    assert find_baseline(session, (archive,), never, date(2021, 5, 12)) == NoCopy((f"{archive.host} replay",))
    answer = find_copy_before(session, (archive,), never, None, datetime(2026, 4, 21, tzinfo=UTC))
    assert answer == NoCopy((f"{archive.host} replay", f"{archive.host} index"))


def test_the_window_and_the_witness(archive, session, taken):
    assert isinstance(find_baseline(session, (archive,), PLAIN, date(2022, 3, 1)), NoCopy)
    taken(seen_since(session, (archive,), PLAIN, datetime(2026, 4, 1, tzinfo=UTC)))
    assert isinstance(seen_since(session, (archive,), PLAIN, datetime(2026, 4, 21, tzinfo=UTC)), NoCopy)


def test_a_timegate_alone_will_do(archive, session, collection, taken):
    """Datetime negotiation (RFC 7089): the copy is then as the archive shows it, perhaps rewritten."""
    gate = replace(archive, replay="", timemap="")
    when = datetime(2023, 1, 1, tzinfo=UTC)
    copy = taken(nearest(session, gate, PLAIN, when, Span()))
    assert copy.memento.time == datetime(2023, 2, 1, 9, tzinfo=UTC)
    assert copy.page.body == collection[1][PLAIN, copy.memento.time]
    assert isinstance(nearest(session, gate, PLAIN, when, Span.around(when, 3)), Unusable)
