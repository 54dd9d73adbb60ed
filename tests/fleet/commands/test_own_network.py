"""Trouble of our own network is found over the hosts of several ranges, and what was concluded in it is taken back."""

from __future__ import annotations

from typing import Any

from fleet_rig import Hub, Web

from linkarchive.demo.wire import Response
from linkarchive.fleet.pages import slot_of_host

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


def due(hub: Hub) -> Any:
    """How many sources are due at the second round."""
    [(number,)] = hub.rows("SELECT count(*) FROM hub.watched WHERE next_due <= '2026-01-12T06:00:00Z'")
    return number
