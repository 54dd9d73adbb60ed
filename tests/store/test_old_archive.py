"""An archive that revision 5284b2a made: it opens, verifies, reports, continues and is rebuilt as it was then.

`tests/data/old_archive.py` says what is in it. Nothing of the old reports may differ but what EXCEPTIONS lists.
"""

from __future__ import annotations

import importlib.util
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

DATA = Path(__file__).parents[1] / "data"

_SPEC = importlib.util.spec_from_file_location("old_archive", DATA / "old_archive.py")
assert _SPEC is not None
assert _SPEC.loader is not None
old = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(old)

EXCEPTIONS: dict[str, str] = {}
"""What reports of the old runs say differently today: the path of the value, and the fault that was mended."""

JUDGED_ANEW: dict[str, str] = {
    r"\.confidence$": "by the kind of evidence: 0.999 was more than what was compared can say",
    r"\.sources\[3\](\.citations\[0\])?\.evidence\[2\]$": "from the number that decided, rounded as the similarity is",
}
"""What a run of today says differently than the old code said on that day, and the fault that was mended."""

ADDED: frozenset[str] = frozenset(
    {
        "accessed",
        "decision",
        "earlier",
        "network",
        "note",
        "place",
        "snapshot",
        "suggested_by",
        "suggested_confidence",
        "title",
        "title_then",
        "unit",
        "visited",
        "read",
        "settled",
        "seen_elsewhere",
    }
)
"""Keys that reports have got since."""


@pytest.fixture
def kept(folder: Any, stage: Any) -> Any:
    """The old project folder, and the web of its last run."""
    with tarfile.open(DATA / "old_archive.tar.xz") as archive:
        archive.extractall(folder.root, filter="data")
    old.web(stage, old.DAYS[-1])
    return folder


def runs(folder: Any) -> list[str]:
    return sorted(path.stem for path in (folder.root / "expected").glob("2026*.json"))


def expected(folder: Any, name: str) -> Any:
    return json.loads((folder.root / "expected" / f"{name}.json").read_text())


def reported(folder: Any) -> dict[str, Any]:
    return {run: folder.run("report", "--run", run, "--format", "json").json for run in runs(folder)}


def differences(then: Any, now: Any, where: str = "", exceptions: Mapping[str, str] = EXCEPTIONS) -> Iterator[str]:
    """Each value that is not the one of then, by its path, with both."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in then.keys() | (now.keys() - ADDED):
            yield from differences(then.get(key, "absent"), now.get(key, "absent"), f"{where}.{key}", exceptions)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, (before, after) in enumerate(zip(then, now, strict=True)):
            yield from differences(before, after, f"{where}[{number}]", exceptions)
    elif then != now and not any(re.search(path, where) for path in exceptions):
        yield f"{where}: {then!r} → {now!r}"


def test_each_old_run_is_reported_as_it_was(kept: Any) -> None:
    now = reported(kept)
    assert [line for run in runs(kept) for line in differences(expected(kept, run), now[run], run)] == []


def test_it_verifies(kept: Any) -> None:
    verified = kept.run("verify")
    assert (verified.code, verified.err) == (0, "")
    assert verified.out.endswith("3 WARC files: clean\n")


def test_the_rebuilt_database_gives_the_same_reports(kept: Any) -> None:
    shown = {url: kept.run("show", url).out for url in old.SOURCES - {old.FORGOTTEN}}
    before, state = reported(kept), kept.state()
    for path in (kept.root / "archive").glob("archive.sqlite*"):
        path.unlink()
    rebuilt = kept.run("rebuild")
    assert (rebuilt.code, rebuilt.err) == (0, "")
    assert reported(kept) == before
    assert {url: kept.run("show", url).out for url in shown} == shown
    assert kept.state() == state
    assert kept.run("verify").code == 0


@pytest.mark.parametrize("database", ["of then", "rebuilt"])
def test_a_further_check_continues(kept: Any, stage: Any, database: str) -> None:
    """The report is the one that the old code gave on that day: since, strikes, baselines, acceptances, news."""
    if database == "rebuilt":
        assert kept.run("rebuild").code == 0
    ran = kept.check(now=old.CONTINUED)
    then, now = (_plain(report) for report in (expected(kept, "continued"), ran.json))
    assert list(differences(then, now, exceptions=JUDGED_ANEW)) == []
    for before, after in zip(then["sources"], now["sources"], strict=True):
        assert before["confidence"] - 0.02 < after["confidence"] <= before["confidence"]
    assert ran.source(old.UNACCEPTED)["evidence"][1:] == [
        "10 % of the earlier text still stands",
        "90 % of today's text is new",
    ]
    assert ran.told(old.FLAKY) == ("dead", "unreachable-since", "still"), "the third strike in a row"
    assert stage.asked(old.FORGOTTEN) == 0
    assert kept.run("verify").code == 0


def _plain(report: Any) -> Any:
    """Without what differs from run to run: its id, its version, the seconds of its clock."""
    own = {**report, "run": {**report["run"], "version": None}}
    text = json.dumps(own, sort_keys=True).replace(report["run"]["id"], "RUN")
    return json.loads(re.sub(rf"{old.CONTINUED}T06:[0-9:.]+Z", "NOW", text))


def test_a_page_of_which_others_are_revisits_is_forgotten_and_they_keep_it(kept: Any) -> None:
    """Then, a page with the bytes of another source's was kept as a revisit of that one."""
    pages = {url: json.loads(kept.run("show", url, "--case").out)["after"]["html"] for url in old.SHARES}
    done = kept.run("forget", old.SHARED, "--reason", "asked by its owner", now=old.CONTINUED)
    assert done.code == 0, done.err
    assert kept.run("verify").code == 0
    for url, page in pages.items():
        assert json.loads(kept.run("show", url, "--case").out)["after"]["html"] == page
    ran = kept.check(now=f"{old.CONTINUED}T12:00:00Z")
    assert [ran.told(url)[:2] for url in old.SHARES] == [("ok", "same")] * 2
    assert ran.told(old.SHARED)[0] == "skipped"
    assert kept.run("rebuild").err == ""
    assert kept.run("verify").code == 0
