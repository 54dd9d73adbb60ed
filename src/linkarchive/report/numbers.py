"""The numbers of findings: `#7` of a report is the same source however the report is shown, and whatever is decided
about it afterwards."""

from __future__ import annotations

import re

from linkarchive.errors import UsageError
from linkarchive.model import Report

_NUMBER = re.compile(r"#?(\d{1,9})")


def number_in(name: str) -> int | None:
    """The number that `#7` or `7` means; None for what is no number."""
    match = _NUMBER.fullmatch(name)
    return int(match[1]) if match else None


def url_of(report: Report, number: int) -> str:
    """The URL of a finding. Raises UsageError for a number that the report does not have."""
    for place, source in enumerate(report.of(lambda kind: kind.verdict.is_finding), 1):
        if place == number:
            return source.result.url
    total = report.count(lambda kind: kind.verdict.is_finding)
    has = f"its findings are #1 to #{total}" if total else "it has no findings"
    raise UsageError(f"#{number} is not in the last report: {has} (`archive report` lists them)")
