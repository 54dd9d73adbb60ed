"""Days, and how long ago they were."""

from __future__ import annotations

from datetime import date, datetime

from linkarchive.translation import N_, gettext, ngettext

_MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"), N_("August"),
    N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip


def day(moment: date) -> str:
    """12 May 2021 (a datetime: its day in UTC, as all times of the report are)."""
    month = gettext(_MONTHS[moment.month - 1])
    return gettext("{day}\u00a0{month}\u00a0{year}", day=moment.day, month=month, year=moment.year)


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`, in whole calendar days, weeks, months or years."""
    days = (now.date() - moment.date()).days
    if days <= 0:
        return gettext("today") if days == 0 else day(moment)
    if days == 1:
        return gettext("yesterday")
    if days >= 730:
        return ngettext("{number} year ago", "{number} years ago", days // 365)
    if days >= 60:
        return ngettext("{number} month ago", "{number} months ago", days // 30)
    if days >= 14:
        return ngettext("{number} week ago", "{number} weeks ago", days // 7)
    return ngettext("{number} day ago", "{number} days ago", days)
