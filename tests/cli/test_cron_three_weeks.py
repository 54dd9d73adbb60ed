"""A cron line over simulated weeks: silence when nothing is new, one message a death, one a recovery.

Once in one folder, and once in a fresh Git clone each week with only the text files committed.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from linkarchive.demo.wire import Response
from linkarchive.schedule import Place

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"
GAMMA = "http://gamma.example/list"
CRON = ("check", "-q", "--new-only")


@dataclass
class Weeks:
    """Runs the cron line on a day; `told` is the file that the notify command adds each message to."""

    run: Callable[[str, tuple[str, ...]], Any]
    told: Path

    def cron(self, day: str, *args: str) -> Any:
        return self.run(day, (*CRON, *args))

    def messages(self) -> list[str]:
        text = self.told.read_text(encoding="utf-8") if self.told.exists() else ""
        return [mail for mail in text.split("---8<---\n") if mail]


def settings(told: Path) -> str:
    script = told.with_suffix(".sh")
    script.write_text(f'cat >> "{told}"; printf -- "---8<---\\n" >> "{told}"\n', encoding="utf-8")
    return f"[notify]\ncommand = 'sh \"{script}\"'\n"


@pytest.fixture
def one_folder(folder: Any, tmp_path: Path) -> Weeks:
    """The same folder every week."""
    told = tmp_path / "told"
    folder.write("archive.toml", settings(told))
    return Weeks(lambda day, args: folder.run(*args, now=day), told)


@pytest.fixture
def fresh_clones(folder: Any, tmp_path: Path) -> Weeks:
    """A clone each week, of which what `archive schedule` keeps goes back to the repository."""
    return cloning(folder, tmp_path, Place((), tmp_path).kept)


@pytest.fixture
def bare_clones(folder: Any, tmp_path: Path) -> Weeks:
    """The same with no more than docs/design.md §6 asks for: not even manifests."""
    return cloning(folder, tmp_path, ("links.txt", "archive/state.jsonl", "archive/decisions.jsonl"))


def cloning(folder: Any, tmp_path: Path, kept: tuple[str, ...]) -> Weeks:
    told, origin = tmp_path / "told", tmp_path / "origin.git"
    subprocess.run(["git", "init", "--quiet", "--bare", origin], check=True)
    folder.write("archive.toml", settings(told))

    def git(root: Path, *args: str) -> None:
        who = ["-c", "user.name=cron", "-c", "user.email=cron@example.org"]
        subprocess.run(["git", *who, "-C", root, *args], check=True, capture_output=True)

    git(folder.root, "init", "--quiet", "--initial-branch=main")
    git(folder.root, "remote", "add", "origin", str(origin))
    begun = False

    def run(day: str, args: tuple[str, ...]) -> Any:
        nonlocal begun
        clone = replace(folder, root=folder.root if not begun else tmp_path / day, processes=[])
        if begun:
            subprocess.run(["git", "clone", "--quiet", "--branch=main", origin, clone.root], check=True)
            assert not list((clone.root / "archive").rglob("*.sqlite"))
            assert not (clone.root / "archive" / "warc").exists()
        ran = clone.run(*args, now=day)
        files = [name for name in (*kept, "archive.toml", "article.md") if (clone.root / name).exists()]
        git(clone.root, "add", "--", *files)
        git(clone.root, "commit", "--quiet", "--allow-empty", "-m", day)
        git(clone.root, "push", "--quiet", "origin", "HEAD:main")
        if begun:
            shutil.rmtree(clone.root)
        begun = True
        return ran

    return Weeks(run, told)


@pytest.fixture(
    params=["one_folder", *(pytest.param(name, marks=pytest.mark.long) for name in ("fresh_clones", "bare_clones"))]
)
def weeks(request: pytest.FixtureRequest, folder: Any, stage: Any) -> Weeks:
    """Three good pages, checked once on the day of publication."""
    for url, name in ((ALPHA, "alpha"), (BETA, "beta"), (GAMMA, "gamma")):
        stage[url] = stage.html(name)
    folder.article(ALPHA, BETA, GAMMA)
    weeks: Weeks = request.getfixturevalue(request.param)
    first = weeks.run("2026-01-05", ("check", "article.md", "-q", "--new-only"))
    assert (first.code, first.out, first.err) == (0, "", "")
    return weeks


def silent(ran: Any) -> bool:
    return (ran.code, ran.out, ran.err) == (0, "", "")


def test_three_weeks(weeks: Weeks, stage: Any) -> None:
    assert silent(weeks.cron("2026-01-12"))
    assert weeks.messages() == []

    stage[BETA] = stage.html("not found", status=404)
    death = weeks.cron("2026-01-19")
    assert death.code == 1
    assert BETA in death.out
    assert "not found (404)" in death.out
    assert ALPHA not in death.out + weeks.messages()[0]
    assert len(weeks.messages()) == 1
    assert weeks.messages()[0].startswith("# One source is gone")
    assert BETA in weeks.messages()[0]

    assert silent(weeks.cron("2026-01-26"))
    assert len(weeks.messages()) == 1

    stage[BETA] = stage.html("beta")
    back = weeks.cron("2026-02-02")
    assert back.code == 0
    assert BETA in back.out
    assert "Recovered" in back.out
    assert len(weeks.messages()) == 2
    assert "One source is back" in weeks.messages()[1]

    assert silent(weeks.cron("2026-02-09"))
    assert len(weeks.messages()) == 2


def test_pages_with_noise_are_as_silent(weeks: Weeks, stage: Any) -> None:
    for day, ad in (("2026-01-12", "Buy now"), ("2026-01-19", "Win a boat"), ("2026-01-26", "Last chance")):
        for url, name in ((ALPHA, "alpha"), (BETA, "beta"), (GAMMA, "gamma")):
            stage[url] = stage.html(name, ad=ad)
        assert silent(weeks.cron(day)), day
    assert weeks.messages() == []


def test_a_site_that_fails_for_weeks_is_told_when_it_fails_and_when_it_is_dead(weeks: Weeks, stage: Any) -> None:
    stage[BETA] = Response(b"<h1>Service Unavailable</h1>", 503)  # with a page of its own it would be `blocked`
    failing = weeks.cron("2026-01-12")
    assert failing.code == 0  # not among --fail-on, but news
    assert "server error" in failing.out
    assert silent(weeks.cron("2026-01-19"))
    dead = weeks.cron("2026-01-26")
    assert dead.code == 1
    assert "silent for days" in dead.out
    assert BETA in dead.out
    assert silent(weeks.cron("2026-02-02"))
    assert len(weeks.messages()) == 2
    assert BETA in weeks.messages()[1]


@pytest.mark.long
def test_a_death_that_is_ignored_stays_silent_until_its_day(
    weeks: Weeks, stage: Any, request: pytest.FixtureRequest
) -> None:
    stage[BETA] = stage.html("gone", status=410)
    assert weeks.cron("2026-01-12").code == 1
    ignored = weeks.run("2026-01-13", ("ignore", BETA, "--until", "2026-02-01", "--reason", "on holiday"))
    assert (ignored.code, ignored.err) == (0, "")
    assert BETA in ignored.out
    for day in ("2026-01-19", "2026-01-26"):
        assert silent(weeks.cron(day)), day
    assert len(weeks.messages()) == 1
    if "bare_clones" in request.fixturenames:
        return  # state.jsonl has no time of the last check, so that nobody knows whether the day has been told
    due = weeks.cron("2026-02-02")
    assert due.code == 1
    assert BETA in due.out
    assert len(weeks.messages()) == 2
    assert silent(weeks.cron("2026-02-09"))


@pytest.mark.long
def test_every_format_is_silent_without_news_and_tells_only_news(
    weeks: Weeks, stage: Any, request: pytest.FixtureRequest
) -> None:
    forms: tuple[str, ...] = ("terminal", "json", "jsonl", "markdown", "junit", "atom", "html")
    if "one_folder" not in request.fixturenames:
        forms = ("json", "html")  # where the past comes from is nothing to the others
    for number, form in enumerate(forms):
        assert silent(weeks.cron(f"2026-01-{12 + number}", "--format", form)), form
    for number, form in enumerate(forms[:-1]):
        url, name = ((ALPHA, "alpha"), (BETA, "beta"), (GAMMA, "gamma"))[number % 3]
        stage[url] = stage.html("gone", status=410)
        ran = weeks.cron(f"2026-02-{2 * number + 1:02}", "--format", form)
        assert ran.code == 1, form
        assert url in ran.out, form
        assert sum(other in ran.out for other in (ALPHA, BETA, GAMMA)) == 1, form
        stage[url] = stage.html(name)
        weeks.cron(f"2026-02-{2 * number + 2:02}")
