"""Like answers of several hosts: when they are our network's, and when they are the web's (docs/design.md §4)."""

from __future__ import annotations

import pytest

from linkarchive.web.network import Alike, Hosts, Network

NAMES = [f"h{number}.example" for number in range(4)]


def hosts(alike: Alike, *, before: bool) -> Hosts:
    """Four hosts with one answer, which were there last time or are asked for the first time."""
    known = set(NAMES) if before else set()
    return Hosts(up=set(NAMES), up_before=known, alive_before=set(known), alike=dict.fromkeys(NAMES, alike))


def test_one_page_everywhere_instead_of_four_is_our_network():
    trouble = hosts(Alike(Network.PORTAL, "page x"), before=True).diagnosis(list)
    assert trouble is not None
    assert trouble.why.startswith("4 of 4 sites answered with the same page: ")


def test_the_default_404_of_one_server_program_is_no_proof_against_our_network():
    assert hosts(Alike(Network.MIDDLEBOX, "missing x"), before=True).diagnosis(list) is None


@pytest.mark.parametrize("mark", ["page x", "missing x"])
def test_on_a_first_run_a_well_known_host_has_to_answer_so_too(mark: str):
    alike = Alike(Network.PORTAL, mark)
    assert hosts(alike, before=False).diagnosis(list) is None
    assert hosts(alike, before=False).diagnosis(lambda: [Alike(Network.PORTAL, "page other")]) is None
    assert hosts(alike, before=False).diagnosis(lambda: [alike]) is not None
