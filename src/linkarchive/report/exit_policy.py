"""Which findings make `archive check` exit with 1, and a test case of the JUnit report fail (docs/design.md §4)."""

from __future__ import annotations

from collections.abc import Collection

from linkarchive.model import Category, Change, Report, Unresolved, Verdict


def fails(finding: Category | Unresolved, fail_on: Collection[str], new_only: bool) -> bool:
    """The finding is of a verdict that was asked for, nobody ignores it, and it is new where only news count."""
    if isinstance(finding, Unresolved):
        return Verdict.UNRESOLVED.value in fail_on and (finding.changed is Change.NEW or not new_only)
    return finding.verdict.value in fail_on and not finding.is_ignored and (finding.is_news or not new_only)


def any_failure(report: Report, fail_on: Collection[str], new_only: bool) -> bool:
    findings: tuple[Category | Unresolved, ...] = (*report.kinds, *report.unresolved)
    return any(fails(finding, fail_on, new_only) for finding in findings)
