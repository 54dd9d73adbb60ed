"""A set of sources by their numbers behaves as a set of int does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from linkarchive.store.source_numbers import SourceNumbers

numbers = st.lists(st.integers(0, 2000))


@given(numbers, numbers, numbers)
def test_it_holds_what_a_set_holds(first: list[int], later: list[int], taken: list[int]) -> None:
    kept, expected = SourceNumbers(first), set(first)
    kept.update(later)
    for number in taken:
        kept.discard(number)
    expected = expected.union(later) - set(taken)
    assert list(kept) == sorted(expected)
    assert len(kept) == len(expected)
    assert {number for number in range(2010) if number in kept} == expected
    assert kept - set(later) == expected - set(later)
    assert kept | {7} == expected | {7}
    kept.clear()
    assert not kept
    assert list(kept) == []


def test_what_is_no_number_of_a_source_is_not_in_it() -> None:
    kept = SourceNumbers([7])
    assert -1 not in kept
    assert "7" not in kept
