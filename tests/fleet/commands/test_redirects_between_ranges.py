"""What leads out of a range is asked no faster by several workers than by one."""

from __future__ import annotations

from fleet_rig import Hub, Web, ended

from linkarchive.demo.wire import redirect

DELAY = 0.3
PAGES = [f"http://h{number}.example/to" for number in range(16)]


def test_redirects_from_several_ranges_to_one_host(hub: Hub, web: Web) -> None:
    hub.settings.update(ARCHIVE_NETWORK_HOST_DELAY=str(DELAY), ARCHIVE_NETWORK_DOMAIN_DELAY=str(DELAY))
    project = hub.project("politics")
    project.article(*PAGES)
    for number, url in enumerate(PAGES):
        web.pages[url] = redirect(f"http://target.example/{number}")
    assert project.run("push", now=None).code == 0
    for worker in [hub.worker(name, "--once") for name in ("a", "b")]:
        assert ended(worker)[0] == 0
    first = min(visit.start for visit in web.asked if visit.url in PAGES)
    hops = sorted(visit.start for visit in web.asked if visit.host == "target.example")
    assert len(hops) >= len(PAGES)
    # Each came after its own turn, and turns are as far apart: a slow machine makes them later, and never sooner.
    assert [start - first for place, start in enumerate(hops) if start < first + place * DELAY] == []
