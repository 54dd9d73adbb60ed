"""Trouble of our own network is found over the hosts of several ranges, and what was concluded in it is taken back."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

from fleet_rig import Hub, Web

from linkarchive.demo.wire import Response
from linkarchive.fleet.pages import slot_of_host
from linkarchive.store import hub_sightings
from linkarchive.store.hub import SharedConnection, open_hub
from linkarchive.store.hub_sightings import Concluded, Sighting
from linkarchive.web.network import Hosts

RANGES = 64
_HOSTS = {slot_of_host(f"h{number}.example") * RANGES // 4096: f"h{number}.example" for number in range(48)}
PAGES = [f"http://{host}/page" for host in sorted(_HOSTS.values())[:6]]
"""Each in a range of its own: no batch sees enough hosts to tell."""
SIGN_IN = Response(b"<html><title>Welcome</title><p>Sign in to use the network of this hotel, please.</p></html>")


def test_a_sign_in_page_that_hosts_of_all_ranges_show_is_no_change_of_theirs(new_hub: Hub, web: Web) -> None:
    new_hub.init(RANGES)
    project = new_hub.project("politics")
    project.article(*PAGES)
    assert project.run("push", now="2026-01-05").code == 0
    new_hub.work(now="2026-01-05T06:00:00Z")
    new_hub.execute("UPDATE hub.sightings SET seen = seen - interval '7 days'")
    web.pages |= dict.fromkeys(PAGES, SIGN_IN)
    refused = new_hub.folder("worker").run("worker", "--once", now="2026-01-12")
    assert (refused.code, "this looks like a sign-in page of your network" in refused.err) == (3, True), refused
    standing = project.run("report", "--format", "json", now="2026-01-12").json["summary"]
    assert (standing["ok"], standing["drifted"]) == (len(PAGES), 0)
    assert due(new_hub) == len(PAGES)
    again = new_hub.folder("worker").run("worker", "--once", now="2026-01-12")
    assert (again.code, due(new_hub)) == (3, len(PAGES)), "the machine rests"
    web.pages.clear()
    new_hub.execute("UPDATE hub.troubles SET until = until - interval '1 hour'")
    new_hub.work(now="2026-01-12T07:00:00Z")
    report = project.run("report", "--format", "json", now="2026-01-12T08:00:00Z")
    assert [report.told(url)[0] for url in PAGES] == ["ok"] * len(PAGES)
    assert report.json["run"]["complete"]


def test_a_sign_in_page_that_a_batch_took_for_a_page_is_no_baseline_once_it_is_known(new_hub: Hub, web: Web) -> None:
    """The first batch has a single host, and nothing to compare its page with; the next one finds out by itself."""
    new_hub.init(4)
    by_range: dict[int, list[str]] = {}
    for number in range(48):
        host = f"h{number}.example"
        by_range.setdefault(slot_of_host(host) * 4 // 4096, []).append(f"http://{host}/page")
    first, later, other = by_range[0][0], by_range[1][:3], by_range[2][0]
    project = new_hub.project("politics")
    project.article(other)
    assert project.run("push", now="2026-01-05").code == 0
    new_hub.work(now="2026-01-05T06:00:00Z")
    new_hub.execute("UPDATE hub.sightings SET seen = seen - interval '7 days'")
    web.pages |= dict.fromkeys([first, *later, "http://canary.example/"], SIGN_IN)
    project.article(other, first, *later)
    assert project.run("push", now="2026-01-06").code == 0
    refused = new_hub.folder("worker").run("worker", "--once", now="2026-01-06")
    assert (refused.code, "sign-in page" in refused.err) == (3, True), refused
    assert [url for url, _ in new_hub.visits("politics")] == [other], "that of the day before stays"
    assert new_hub.rows("SELECT count(*) FROM project_politics.baselines") == [(1,)]
    web.pages.clear()
    new_hub.execute("UPDATE hub.troubles SET until = until - interval '1 hour'")
    new_hub.work(now="2026-01-06T07:00:00Z")
    report = project.run("report", "--format", "json", now="2026-01-06T08:00:00Z")
    assert [report.told(url)[0] for url in (first, *later)] == ["ok"] * 4
    assert report.json["summary"]["ok"] == 5
    assert "Sign in" not in project.run("show", first, "--text", now="2026-01-06T08:00:00Z").out


def test_who_takes_back_waits_for_the_worker_that_is_writing_and_misses_nothing(hub: Hub, web: Web) -> None:
    project = hub.project("politics")
    project.article(PAGES[0])
    assert project.run("push", now="2026-01-05").code == 0
    hub.work(now="2026-01-05T06:00:00Z")
    [(source, number, run)] = hub.rows(
        "SELECT v.source, p.id, v.run FROM project_politics.visits v CROSS JOIN hub.projects p"
    )
    hub.execute("DELETE FROM hub.sightings")

    def take_back() -> None:
        with open_hub(hub.url) as store:
            shared = SharedConnection(store.connection)
            hub_sightings.take_back(store, shared, "machine", "a sign-in page", datetime(2026, 1, 5, 7, tzinfo=UTC))
            store.commit()

    with open_hub(hub.url) as writing:
        assert hub_sightings.trouble(writing, "machine") is None
        thread = threading.Thread(target=take_back)
        thread.start()
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        web.wait(lambda: not thread.is_alive() or bool(hub.rows(waiting)))
        hub_sightings.keep(writing, "machine", Sighting(Hosts(), (Concluded(number, run, (source,)),)))
        writing.commit()
        thread.join()
    assert hub.visits("politics") == []


def due(hub: Hub) -> Any:
    """How many sources are due at the second round."""
    [(number,)] = hub.rows("SELECT count(*) FROM hub.watched WHERE next_due <= '2026-01-12T06:00:00Z'")
    return number
