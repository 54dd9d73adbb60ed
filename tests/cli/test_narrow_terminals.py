"""What stands on a terminal of sixty columns: lines that fit, and bars that leave nothing behind."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Callable
from typing import Any

import pytest

from linkarchive.cli.progress import RunProgress
from linkarchive.demo.wire import Response
from linkarchive.model import Verdict
from linkarchive.model.events import Notice, RunStarted, SourceConcluded
from linkarchive.report.lines import cells

COLUMNS = 60
ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/a-page-with-quite-a-long-name"
GAMMA = "http://gamma.example/"


def _watched(folder: Any, stage: Any) -> None:
    stage[ALPHA], stage[BETA] = stage.html("alpha"), stage.html("beta")
    stage[GAMMA] = Response(b"Forbidden", status=403)
    words = "On alpha, in more words than a narrow terminal has room for"
    folder.write("article.md", f"[{words}]({ALPHA})\n\n[Beta]({BETA})\n\n[Gamma]({GAMMA})\n")
    folder.check("article.md")
    stage[BETA] = stage.otherwise
    folder.check(now="2026-01-07")


@pytest.fixture
def watched(once: Any) -> Any:
    return once(_watched)


def on_terminal(folder: Any, *args: str, stdout: int | None = None, code: int = 0, columns: int = COLUMNS) -> list[str]:
    """The lines that a command leaves on a terminal of sixty columns, to which stdout goes unless it is given."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    env = folder.env("2026-02-01", {"NO_COLOR": "1", "PYTHONUTF8": "1"})
    with subprocess.Popen(
        [sys.executable, "-m", "linkarchive", *args], cwd=folder.root, env=env,
        stdin=subprocess.DEVNULL, stdout=theirs if stdout is None else stdout, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        output = b""
        while piece := _read(ours):
            output += piece
    os.close(ours)
    assert process.returncode == code, output
    return output.decode("utf-8").splitlines()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # on Linux, when nobody has the other end open any more
        return b""


@pytest.mark.long
@pytest.mark.parametrize(
    "args", [(), ("status",), ("status", "--all"), ("runs",), ("extract", "article.md"), ("report",), ("diff", "1")]
)
def test_lines_fit(watched: Any, args: tuple[str, ...]) -> None:
    lines = on_terminal(watched, *args)
    assert lines
    assert [line for line in lines if cells(line) > COLUMNS] == []


@pytest.mark.long
def test_a_terminal_is_not_filled_with_what_a_file_gets(watched: Any) -> None:
    lines = on_terminal(watched, "report", "-o", "report.html", "--format", "html")
    assert lines == ["report.html is written"]
    assert "<!doctype html>" in on_terminal(watched, "report", "--format", "html")


@pytest.mark.long
def test_errors_and_histories_are_broken_between_words(watched: Any) -> None:
    lines = on_terminal(watched, "show", "http://alpha.example/what-nobody-cites", code=2)
    assert len(lines) > 1
    assert " ".join(lines).startswith("archive: http://alpha.example/what-nobody-cites: not a source of this project;")
    past = on_terminal(watched, "show", ALPHA)
    assert past[3:5] == ["  article.md:1  “On alpha, in more words than a narrow", "  terminal has room for”  ok: same"]


def test_the_words_of_a_link_stand_below_an_address_that_takes_the_line(watched: Any) -> None:
    lines = on_terminal(watched, "extract", "article.md")
    assert lines[-3:-1] == [f"     3  {BETA}", "        Beta"]
    assert any(line.startswith(f"     1  {ALPHA}  On alpha") and line.endswith("…") for line in lines)


@pytest.mark.long
def test_stderr_goes_by_its_own_terminal_when_stdout_goes_elsewhere(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    lines = on_terminal(folder, "check", "article.md", "--no-progress", stdout=subprocess.DEVNULL)
    assert lines[0].startswith("This visits each source with a GET request")
    assert [line for line in lines if cells(line) > COLUMNS] == []


def test_a_terminal_that_does_not_say_how_wide_it_is_has_a_hundred_columns(folder: Any) -> None:
    (line,) = on_terminal(folder, "report", code=2, columns=0)
    assert line == "archive: nothing was checked in this folder yet: `archive check ARTICLE`"


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What a run of forty dead sources, of which half were known when it began, writes to a terminal."""

    def written(*notices: str) -> str:
        output = io.BytesIO()
        terminal = _Terminal(output, encoding="utf-8", newline="\n", write_through=True)
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("COLUMNS", str(COLUMNS))
        monkeypatch.setenv("TERM", "xterm")
        with RunProgress(bar=True, quiet=False, verbose=True) as progress:
            progress(RunStarted("20260105T060000Z-0000", {"alpha.example": 20}, 0, 0, resumed=False))
            for number in range(40):
                progress(SourceConcluded(f"http://alpha.example/{number}", Verdict.DEAD))
            for notice in notices:
                progress(Notice(notice))
        return output.getvalue().decode("utf-8")

    return written


def test_the_bar_fits_and_counts_what_was_found_meanwhile(bars: Callable[..., str]) -> None:
    output = bars()
    assert "40/40 40 findings" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output)
    assert "…" not in output


def test_a_notice_stands_above_the_bar_and_leaves_none_behind(bars: Callable[..., str]) -> None:
    before, notice, _ = bars("the notice").partition("the notice")
    assert notice
    assert before.endswith("\x1b[2K"), "the bar was taken away first"
