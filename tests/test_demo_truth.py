"""The main job over the demo web, end to end: every verdict and reason right on both days (the demo's truth table)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import demo_truth as truth
import pytest
from demo_truth import COPIES

from linkarchive.check.run import check
from linkarchive.clock import Clock
from linkarchive.demo import story
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.story import archives
from linkarchive.demo.wire import Epoch
from linkarchive.history.cases import cases_of
from linkarchive.judge.cases import judge_line
from linkarchive.model import Change, Report, SourceReport, Verdict
from linkarchive.model.scope import Scope
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.store.opening import open_project
from linkarchive.urls import source_key


class Days(NamedTuple):
    publication: Report
    year_later: Report
    folder: Path
    settings: Settings

    @property
    def reports(self) -> tuple[Report, Report]:
        return self.publication, self.year_later


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    folder = tmp_path_factory.mktemp("demo")
    story.prepare(folder)
    reports = []
    with DemoWeb(extra=archives()) as web:
        settings = story.settings_for(web)
        for epoch in Epoch:
            web.epoch = epoch
            reports.append(check(folder, Scope(articles=truth.ARTICLES), settings, Clock(story.DAYS[epoch])))
    assert web.errors == []
    return Days(*reports, folder, settings)


def by_url(report: Report) -> dict[str, SourceReport]:
    return {source_key(source.result.url): source for source in report.sources}


@pytest.mark.parametrize("day", list(Epoch))
@pytest.mark.parametrize("url", list(truth.SOURCES))
def test_every_source_is_judged_right(days: Days, url: str, day: Epoch) -> None:
    index = list(Epoch).index(day)
    source = by_url(days.reports[index])[url]
    found = (source.result.verdict.value, source.result.reason.value)
    assert found == truth.SOURCES[url][index], source.result.evidence


@pytest.mark.parametrize("day", list(Epoch))
def test_no_other_source_is_reported(days: Days, day: Epoch) -> None:
    originals = {source_key(url) for url in truth.ORIGINALS.values()}
    assert set(by_url(days.reports[list(Epoch).index(day)])) - originals == set(truth.SOURCES)


@pytest.mark.parametrize("name", truth.ARTICLES)
@pytest.mark.parametrize("day", list(Epoch))
def test_lost_targets_are_recovered_and_no_others_invented(days: Days, name: str, day: Epoch) -> None:
    report = days.reports[list(Epoch).index(day)]
    found = {
        citation.text.strip('“”"'): source_key(citation.url)
        for source in report.sources
        for citation in source.result.citations
        if citation.article == name and citation.recovered
    }
    assert found == truth.RECOVERED[name]
    lost = {lost.text: lost.reason.value for lost in report.unresolved if lost.article == name}
    assert lost == truth.UNRESOLVED[name]


@pytest.mark.parametrize("name", truth.ARTICLES)
def test_the_original_page_is_visited_and_well(days: Days, name: str) -> None:
    for report in days.reports:
        article = next(article for article in report.articles if article.path == name)
        assert article.original_url == truth.ORIGINALS[name]
        assert article.original is not None
        assert article.original.verdict.value == "ok", article.original.evidence
        assert article.lost == len(truth.RECOVERED[name]) + len(truth.UNRESOLVED[name])
        assert article.recovered == len(truth.RECOVERED[name])


def test_the_second_day_says_what_is_new(days: Days) -> None:
    for url, (first, second) in truth.SOURCES.items():
        was_finding, is_finding = first[0] != "ok", second[0] != "ok"
        expected = {(False, True): Change.NEW, (True, False): Change.RECOVERED, (False, False): Change.NONE}
        assert by_url(days.year_later)[url].changed == expected[was_finding, is_finding], url


def test_the_runs_are_complete_and_marked_as_simulated(days: Days) -> None:
    for report in days.reports:
        assert report.run.complete
        assert report.run.simulated
        assert not report.run.offline


def test_dead_sources_come_with_the_copy_that_an_archive_holds(days: Days) -> None:
    for url, source in by_url(days.year_later).items():
        if source.result.verdict == "dead":
            assert source.result.archived_url == COPIES.get(url), url
            assert (source.result.archive_note is None) == (url in COPIES), url


@pytest.mark.long
def test_every_verdict_is_made_again_from_what_was_kept(days: Days) -> None:
    """`archive show URL --case | archive judge -` gives every verdict again, offline."""
    wrong, probed = {}, 0
    with open_project(Project(days.folder)) as store:
        for source in days.year_later.sources:
            result = source.result
            if result.verdict is Verdict.SKIPPED:
                continue
            lines = list(cases_of(days.folder / "archive", store, result.url, days.settings))
            probed += any("probe" in json.loads(line) for line in lines)
            answers = [json.loads(judge_line(line)) for line in lines]
            if (result.verdict, result.reason) not in [(answer["verdict"], answer["reason"]) for answer in answers]:
                wrong[result.url] = (result.verdict, result.reason, answers)
            elif not result.verdict.is_alive and result.evidence not in [
                tuple(answer["evidence"]) for answer in answers
            ]:
                wrong[result.url] = (result.evidence, answers)
    assert wrong == {}
    assert probed, "the demo has a host whose silence only a probe breaks"
