"""The demo's folder cloned from Git (text files only): the next check of the same web makes no news."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import demo_truth as truth
import pytest
from msgspec.structs import replace

from linkarchive.check.run import check
from linkarchive.clock import Clock
from linkarchive.demo import story
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wire import Epoch
from linkarchive.model.scope import Scope
from linkarchive.settings import BrowserSettings, Settings
from linkarchive.urls import source_key


@pytest.mark.long
@pytest.mark.usefixtures("database")
def test_no_verdict_of_the_demo_changes_in_a_clone(tmp_path: Path) -> None:
    story.prepare(tmp_path)
    with DemoWeb() as web:
        settings = replace(Settings(), network=web.network(), browser=BrowserSettings(when="never"))
        for epoch in Epoch:
            web.epoch = epoch
            before = check(tmp_path, Scope(articles=truth.ARTICLES), settings, Clock(story.DAYS[epoch]))
        then = tuple(before.sources)  # from the database, which is taken away now
        shutil.rmtree(tmp_path / "archive" / "warc")
        for path in (tmp_path / "archive").glob("archive.sqlite*"):
            path.unlink()
        web.epoch = Epoch.YEAR_LATER
        later = Clock(story.DAYS[Epoch.YEAR_LATER] + timedelta(days=2))
        after = check(tmp_path, Scope(), settings, later)
    assert after.run.complete
    assert [source.result.url for source in after.sources if source.is_news] == []
    assert {source.result.url for source in after.sources} == {source.result.url for source in then}
    told = {source_key(source.result.url): source.result for source in after.sources}
    for url, (_, expected) in truth.SOURCES.items():
        found = (told[url].verdict.value, told[url].reason.value)
        # What was seen for the first time a year later has been compared by now.
        assert found == (("ok", "same") if expected == ("ok", "first-seen") else expected), told[url].evidence
    for old in then:
        new = told[source_key(old.result.url)]
        assert (new.baseline, new.since, new.last_ok) == (old.result.baseline, old.result.since, old.result.last_ok)
