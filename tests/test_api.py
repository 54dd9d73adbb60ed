"""The public API: what `import linkarchive` promises."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from demo_truth import COPIES
from msgspec.structs import replace

import linkarchive
from linkarchive.demo import originals
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.story import archives
from linkarchive.demo.wire import Epoch

NAMES = [
    "Acceptance",
    "ArchiveError",
    "ArchiveUnavailable",
    "Article",
    "ArticleError",
    "Baseline",
    "Capture",
    "CaptureRef",
    "Citation",
    "CitationResult",
    "Difference",
    "Failure",
    "Hop",
    "IncompleteError",
    "Judgement",
    "LockedError",
    "Loss",
    "Memento",
    "OfflineError",
    "Origin",
    "Page",
    "Project",
    "Reason",
    "Report",
    "Result",
    "RunInfo",
    "Settings",
    "SettingsError",
    "SourceReport",
    "StorageError",
    "Unresolved",
    "UnknownSourceError",
    "UsageError",
    "Verdict",
    "__version__",
    "check",
    "extract",
    "find_memento",
    "judge",
    "recover",
    "render",
]


def test_all_names_are_there_and_no_other() -> None:
    assert sorted(linkarchive.__all__) == sorted(NAMES)
    assert sorted(dir(linkarchive)) == sorted(NAMES)
    for name in NAMES:
        assert getattr(linkarchive, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'sanitize'"):
        _ = linkarchive.sanitize


def test_importing_it_loads_nothing() -> None:
    script = (
        "import sys, linkarchive; print(sorted(name for name in sys.modules if name.startswith('linkarchive')));"
        "linkarchive.extract(b'[a](https://a.example/)', format='md');"
        "print({'sqlalchemy', 'pycurl', 'requests', 'flask'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['linkarchive']", "set()"]


@pytest.mark.parametrize("name", ["check", "judge"])
def test_a_function_keeps_its_name_when_the_package_beneath_is_imported(name: str) -> None:
    script = (
        f"import linkarchive.check.run, linkarchive.judge.verdict; from linkarchive import {name};"
        f"import linkarchive as la; print(la.{name} is {name}, {name}.__module__)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"True linkarchive.api.{'project' if name == 'check' else 'pages'}\n"


@pytest.mark.long
def test_a_project_from_check_to_decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "article.md").write_text(originals.article("harbour-bridge.md"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with DemoWeb(extra=archives()) as web:
        for name, value in web.environ().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("ARCHIVE_WAYBACK_MODE", "off")
        events: list[object] = []
        first = linkarchive.check("article.md", on_event=events.append)
        assert events
        assert first.run.complete
        web.epoch = Epoch.YEAR_LATER
        project = linkarchive.Project(tmp_path)
        report = project.check()
    findings = {source.url: source for source in report.findings}
    assert {source.verdict for source in findings.values()} >= {linkarchive.Verdict.DEAD, linkarchive.Verdict.DRIFTED}
    drifted = next(source for source in findings.values() if source.verdict is linkarchive.Verdict.DRIFTED)
    assert drifted.evidence
    assert 0 < drifted.confidence <= 1
    assert project.report().run.id == report.run.id
    assert project.report(first.run.id).run.id == first.run.id
    assert [visit.checked for visit in project.history(drifted.url)] == sorted(
        visit.checked for visit in project.history(drifted.url) if visit.checked
    )
    captures = project.captures(drifted.url)
    assert len(captures) > 1
    assert project.page(captures[0]).body != project.page(captures[-1]).body
    assert drifted.result.capture is not None
    assert project.page(drifted.result.capture) == project.page(captures[-1])
    assert "Stored copy of" in (project.single_page(drifted.url, captures[0]) or "")
    with pytest.raises(linkarchive.UsageError, match="no capture of"):
        project.single_page(drifted.url, replace(captures[0], digest="sha1:OTHER"))
    assert any(row.kind != "same" for row in project.diff(drifted.url).rows)
    assert project.accept(drifted.url, reason="fine").reason == "fine"
    project.ignore(next(iter(findings)), until=date(2999, 1, 1))
    assert linkarchive.render(project.report(), "markdown").startswith("# ")
    assert {source.url for source in project.sources()} >= set(findings)
    with pytest.raises(linkarchive.UnknownSourceError):
        project.history("https://nowhere.example/")


def test_pages_and_articles_that_are_not_there() -> None:
    with pytest.raises(linkarchive.ArticleError, match=r"no-such\.md: cannot be read"):
        linkarchive.extract("no-such.md")
    with pytest.raises(linkarchive.ArticleError, match="not a known format"):
        linkarchive.extract(b"\x00\x01")
    with pytest.raises(linkarchive.UsageError, match="is not sent anywhere"):
        linkarchive.find_memento("http://192.168.1.1/")
    with pytest.raises(linkarchive.UsageError, match="known are terminal, json"):
        linkarchive.render(linkarchive.Report(None, (), (), ()), "pdf")  # type: ignore[arg-type]  # refused all the same


def test_a_memento_or_none_or_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    with DemoWeb(extra=archives()) as web:
        for name, value in web.environ().items():
            monkeypatch.setenv(name, value)
        settings = linkarchive.Project().settings.with_flags("wayback", replay_per_minute=0, index_per_minute=0)
        assert linkarchive.find_memento("https://never-seen.example/", settings=settings) is None
        url, public_url = next(iter(COPIES.items()))
        memento = linkarchive.find_memento(url, near=date(2025, 4, 1), settings=settings)
        assert memento is not None
        assert memento.public_url == public_url
    with pytest.raises(linkarchive.ArchiveUnavailable, match="never-seen"):
        linkarchive.find_memento("https://never-seen.example/", settings=settings.with_flags("network", timeout=1.0))
