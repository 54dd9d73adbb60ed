"""Which findings make `archive check` exit with 1, and a test case of the JUnit report fail (docs/design.md §4)."""

from __future__ import annotations

from collections.abc import Collection

from linkarchive.model import Category, Change, Report, Standing, Unresolved, Verdict


def fails(finding: Category | Unresolved, fail_on: Collection[str], new_only: bool) -> bool:
    """The finding is of a verdict that was asked for, nobody ignores or has accepted it, and it is new where only news
    count."""
    if isinstance(finding, Unresolved):
        return Verdict.UNRESOLVED.value in fail_on and (finding.changed is Change.NEW or not new_only)
    is_settled = finding.is_ignored or finding.counts_as in (Standing.SETTLED, Standing.ACCEPTED)
    if is_settled or (new_only and not finding.is_news):
        return False
    drifted = finding.counts_as is Standing.DRIFTED_ELSEWHERE and Verdict.DRIFTED.value in fail_on
    return drifted or finding.verdict.value in fail_on


def any_failure(report: Report, fail_on: Collection[str], new_only: bool) -> bool:
    findings: tuple[Category | Unresolved, ...] = (*report.kinds, *report.unresolved)
    return any(fails(finding, fail_on, new_only) for finding in findings)


def exit_code(report: Report, fail_on: Collection[str], new_only: bool) -> int:
    """The exit code of a run: 0, 1, 2 or 3, by the order of docs/design.md §4."""
    if not report.run.complete or report.unstored:
        return 3
    if report.errors:
        return 2
    return 1 if any_failure(report, fail_on, new_only) or report.malformed else 0
