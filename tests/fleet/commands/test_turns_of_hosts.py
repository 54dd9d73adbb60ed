"""Hosts of a registered domain are asked by all workers together as slowly as by one."""

from __future__ import annotations

import pytest
from fleet_rig import Hub, Web, ended

DELAY = 0.5


@pytest.mark.long
def test_hosts_of_one_registered_domain(new_hub: Hub, web: Web) -> None:
    """They lie in one range, and start as far apart as that domain has it."""
    new_hub.init(64)
    new_hub.settings.update({"ARCHIVE_NETWORK_HOST_DELAY": "2", "ARCHIVE_NETWORK_DOMAIN_DELAY": str(DELAY)})
    pages = [f"http://s{number}.example.org/" for number in range(12)]
    project = new_hub.project("politics")
    project.article(*pages)
    assert project.run("push", now=None).code == 0
    workers = [new_hub.worker(name, "--once") for name in "ab"]
    assert [ended(worker)[0] for worker in workers] == [0, 0]
    new_hub.assert_kept(project, pages)
    visits = web.asked
    assert visits[-1].start - visits[0].start >= DELAY * (len(visits) - 2)
