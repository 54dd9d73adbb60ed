"""How a page looked then and now: the full pictures of its captures."""

from __future__ import annotations

from linkarchive.history.pictures import full_pictures
from linkarchive.model import Pictures
from linkarchive.project import Project
from linkarchive.store import standing
from linkarchive.store.opening import open_project


def look_of(project: Project, source: int) -> tuple[str, Pictures]:
    """The URL of a source, as it is, and its pictures; without any for a source that is not there."""
    with open_project(project) as store:
        for number, _, report in standing.latest_reports(store, {source}):
            return report.result.url, full_pictures(project.files, store, number, report.result)
    return "", Pictures(None, None)
