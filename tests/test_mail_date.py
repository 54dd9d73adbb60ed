"""Dates of mail and HTTP: whatever a stranger writes is a moment or none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.mail_date import mail_date


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Mon, 23 Nov 2026 06:00:10 GMT", datetime(2026, 11, 23, 6, 0, 10, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 07:00:10 +0100", datetime(2026, 11, 23, 6, 0, 10, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 06:00:10", datetime(2026, 11, 23, 6, 0, 10, tzinfo=UTC)),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("Mon, 23 Nov 2026 06:00:10 +9900", None),
        (f"Mon, 23 Nov 2026 06:00:10 +{10**20}", None),
        (f"Mon, 23 Nov {10**20} 06:00:10 GMT", None),
        (f"Mon, 23 Nov 2026 {10**11}:00:10 GMT", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_date_is_a_moment_or_none(text, moment):
    assert mail_date(text) == moment


_NUMBER = st.integers(min_value=-(10**30), max_value=10**30)


@given(
    st.tuples(*[_NUMBER] * 6), st.sampled_from(["Jan", "Feb", "jan", "x"]), st.sampled_from(["GMT", "", "+{}", "-{}"])
)
def test_no_date_breaks_it(numbers, month, zone):
    day, year, hour, minute, second, offset = numbers
    moment = mail_date(f"Mon, {day} {month} {year} {hour}:{minute}:{second} {zone.format(abs(offset))}")
    assert moment is None or moment.astimezone(UTC)


@given(st.text())
def test_no_text_breaks_it(text):
    mail_date(text)
