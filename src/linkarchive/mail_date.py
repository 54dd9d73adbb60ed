"""Dates as mail and HTTP write them (RFC 5322 §3.3, RFC 9110 §5.6.7)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def mail_date(text: str) -> datetime | None:
    """The moment that a date names, in its own zone, or in UTC where it names none; None for any other text."""
    try:
        moment = parsedate_to_datetime(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        moment.astimezone(UTC)  # a day before the first or after the last year is none
    except (ValueError, TypeError, IndexError, OverflowError):  # of numbers without end: OverflowError
        return None
    return moment
