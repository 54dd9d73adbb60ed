"""Whole sites that moved: what is found, what is left alone, the visits, and how sure the proposals claim to be."""

from __future__ import annotations

from itertools import chain
from statistics import fmean

import pytest
from moved_sites import SITES, generated, searched


@pytest.mark.long
@pytest.mark.parametrize("sitemap", [True, False], ids=["sitemap", "no sitemap"])
@pytest.mark.parametrize("name", SITES)
def test_what_moved_is_found_and_what_is_gone_is_not(name: str, sitemap: bool) -> None:
    site = SITES[name]()
    proposals, visits = searched(site, sitemap=sitemap)
    assert [url for url, proposal in proposals.items() if not proposal.is_right] == []
    moved = sum(url is not None for url in site.right.values())
    assert len(proposals) >= (0.9 if sitemap else 0.75) * moved
    assert visits <= 3


@pytest.mark.long
def test_proposals_are_as_often_right_as_they_claim() -> None:
    sites = (searched(generated(seed), sitemap=seed % 2 == 0)[0].values() for seed in range(6))
    proposals = sorted(chain.from_iterable(sites), key=lambda proposal: proposal.confidence)
    assert len(proposals) > 100
    assert not all(proposal.is_right for proposal in proposals), "a test of calibration needs some that are wrong"
    third = len(proposals) // 3 + 1
    for group in (proposals[start : start + third] for start in range(0, len(proposals), third)):
        claimed = fmean(proposal.confidence for proposal in group)
        assert abs(claimed - fmean(proposal.is_right for proposal in group)) <= 0.03
    assert fmean(proposal.is_right for proposal in proposals if proposal.confidence >= 0.95) >= 0.98, "`fix` takes them"
