"""The lines of an index are sorted bytewise, however many there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.snapshot import cdxj

lines = st.lists(st.binary(max_size=5).map(lambda text: text.replace(b"\n", b"") + b"\n"), max_size=40)


@pytest.mark.parametrize("in_memory", [1, 3, 40, 100])
def test_each_line_once_sorted_bytewise(in_memory: int) -> None:
    @given(lines)
    def check(written: list[bytes]) -> None:
        assert list(cdxj.index(written)) == sorted(set(written))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cdxj, "_IN_MEMORY", in_memory)
        check()


def test_lines_are_sorted_as_bytes() -> None:
    written = [b"a,b)/ 2\n", b"a)/ 1\n", b"a,b)/ 10\n", b"a)/ 1\n"]
    assert list(cdxj.index(written)) == [b"a)/ 1\n", b"a,b)/ 10\n", b"a,b)/ 2\n"]
