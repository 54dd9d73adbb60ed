"""`archive show URL --case | archive judge -` gives every verdict of the demo again, offline."""

from __future__ import annotations

import json

import pytest

from linkarchive.check.run import check
from linkarchive.clock import Clock
from linkarchive.demo import story, truth
from linkarchive.demo.archived import archives
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wire import Epoch
from linkarchive.history.cases import cases_of
from linkarchive.judge.cases import judge_line
from linkarchive.model import Verdict
from linkarchive.model.scope import Scope
from linkarchive.project import Project
from linkarchive.store.opening import open_project


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    root = tmp_path_factory.mktemp("again")
    story.prepare(root)
    with DemoWeb(extra=archives()) as web:
        settings = story.settings_for(web)
        for epoch in Epoch:
            web.epoch = epoch
            report = check(root, Scope(articles=truth.ARTICLES), settings, Clock(story.DAYS[epoch]))
    return root, settings, report


@pytest.mark.long
def test_every_verdict_is_made_again_from_what_was_kept(checked):
    root, settings, report = checked
    wrong, probed = {}, 0
    with open_project(Project(root)) as store:
        for source in report.sources:
            said = source.outcome
            if said.verdict is Verdict.SKIPPED:
                continue
            lines = list(cases_of(root / "archive", store, said.url, settings))
            probed += any("probe" in json.loads(line) for line in lines)
            answers = [json.loads(judge_line(line)) for line in lines]
            again = [(one["verdict"], one["reason"]) for one in answers]
            if (said.verdict, said.reason) not in again:
                wrong[said.url] = (said.verdict, said.reason, again, answers)
            elif not said.verdict.is_alive and said.evidence not in [tuple(one["evidence"]) for one in answers]:
                wrong[said.url] = (said.evidence, answers)
    assert not wrong, "\n".join(f"{url}: {what}" for url, what in wrong.items())
    assert probed, "the demo has a host whose silence only a probe breaks"
