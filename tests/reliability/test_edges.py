"""Rows 9, 10 and 14: one bad thing costs itself, what was read is what is said, and edges are told as what they are."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from linkarchive.demo.wire import Response

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"


def _lived(folder: Any, stage: Any) -> None:
    for url in (ALPHA, BETA):
        stage[url] = stage.html(url)
    folder.article(ALPHA, BETA)
    assert folder.check("article.md", now="2026-01-05").code == 0


@pytest.fixture
def lived(once: Any) -> Any:
    return once(_lived)


def process(folder: Any, *args: str, now: str = "2026-01-12", **how: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, whose surroundings a test changes."""
    command = [folder.python, "-m", "linkarchive", *args]
    where = {"cwd": folder.root, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
    return subprocess.run(command, env=folder.env(now, {}), text=True, check=False, **where)


# --- 9: one bad thing costs itself ------------------------------------------------


def test_a_file_name_that_is_not_utf8_does_not_end_the_check_of_a_folder(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html(ALPHA)
    folder.article(ALPHA)
    try:
        Path(os.fsdecode(os.fsencode(folder.root) + b"/caf\xe9.md")).write_text(f"As [it]({BETA}) has it.\n")
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    ran = folder.check(".")
    assert ran.told(ALPHA)[0] == "ok"
    assert "caf?.md: the name of the file is not UTF-8; rename it to have it checked" in ran.out + ran.err
    assert folder.run("report").code in (0, 1)
    assert folder.check(now="2026-01-12").told(ALPHA)[0] == "ok"


@pytest.mark.parametrize("end", ["%20#part", "  #part", "%09#part", "\u00a0#part", "\u3000#part"])
def test_white_space_before_a_fragment_ends_no_report(folder: Any, stage: Any, end: str) -> None:
    stage[ALPHA] = stage.html(ALPHA)
    stage.otherwise = stage.html("another")
    folder.write("article.md", f"As [it](<{BETA}{end}>) and [that]({ALPHA}) have it.\n")
    assert folder.check("article.md").told(ALPHA)[0] == "ok"
    for command in (("report",), ("rebuild",), ("report",), ("check",), ("report",)):
        assert folder.run(*command, now="2026-01-06").code in (0, 1), command


# --- 10: judged on a part ----------------------------------------------------------


SHIPS = "In that year 48,213 ships entered the harbour."


def table(stage: Any, rows: int, at: int, says: str, spaces: int = 0) -> Response:
    """A page of rows, with a sentence in the middle of them."""
    lines = [f"<p>Pier {number} had {number * 7 % 89} ships of timber.{' ' * spaces}</p>" for number in range(rows)]
    lines[at:at] = [f"<p>{says}</p>"]
    head = "".join(f"<p>{paragraph}</p>" for paragraph in stage.prose("ships"))
    text = "\n".join(["<html><title>Ships</title><body><main><h1>Ships</h1>", head, *lines, "</main></body></html>"])
    return Response(text.encode())


@pytest.mark.long
def test_a_cited_figure_that_changes_far_down_a_long_page_is_missed(folder: Any, stage: Any) -> None:
    stage[ALPHA] = table(stage, 5_200, 5_100, SHIPS)
    folder.write("article.md", f"In that year 48,213 ships entered the harbour ([table]({ALPHA})).\n")
    assert folder.check("article.md").told(ALPHA)[0] == "ok"
    stage[ALPHA] = table(stage, 5_200, 5_100, SHIPS.replace("48,213", "31,977"))
    source = folder.check(now="2026-01-12").source(ALPHA)
    assert (source["verdict"], source["reason"]) == ("drifted", "detail-lost")
    assert source["lost"] == [{"kind": "figure", "text": "48,213"}]


@pytest.mark.long
def test_of_a_page_larger_than_is_read_it_is_said_how_much_was_compared(folder: Any, stage: Any) -> None:
    stage[ALPHA] = table(stage, 2_100, 2_050, SHIPS, 1_000)
    folder.write("article.md", f"In that year 48,213 ships entered the harbour ([table]({ALPHA})).\n")
    assert folder.check("article.md").told(ALPHA)[0] == "ok"
    stage[ALPHA] = table(stage, 2_100, 2_050, SHIPS.replace("48,213", "31,977"), 1_000)
    source = folder.check(now="2026-01-12").source(ALPHA)
    assert any("only the first 2,000,000 characters were compared" in sentence for sentence in source["evidence"])
    assert source["confidence"] <= 0.9


# --- 14: edges -----------------------------------------------------------------------


def test_a_closed_stdout_is_said(lived: Any) -> None:
    done = process(lived, "report", stdout=None, preexec_fn=lambda: os.close(1))
    assert (done.returncode, "a bug" in done.stderr) == (3, False)
    assert done.stderr.strip()


@pytest.mark.long
def test_a_log_on_a_full_disk_ends_no_run(lived: Any) -> None:
    with Path("/dev/full").open("w") as full:
        done = process(lived, "check", "--format", "json", stderr=full)
        assert (done.returncode, len(json.loads(done.stdout)["sources"])) == (0, 2)
        assert process(lived, "judge", "nothing.jsonl", stderr=full).returncode == 2


def test_an_archive_folder_on_a_disk_that_is_not_mounted_is_said(lived: Any) -> None:
    archive, disk = lived.root / "archive", lived.root / "disk"
    archive.rename(disk)
    archive.symlink_to(disk)
    assert lived.check(now="2026-01-12").code == 0
    disk.rename(lived.root / "elsewhere")
    for command in (("check",), ("report",), ("verify",), ("ignore", ALPHA)):
        ran = lived.run(*command, now="2026-01-19")
        assert (ran.code, "which is not there: is the disk mounted?" in ran.err) == (3, True), command


def test_few_open_files_are_said(lived: Any) -> None:
    done = process(lived, "check", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12)))
    assert "Traceback" not in done.stderr
    assert "a bug" not in done.stderr
    assert done.returncode in (0, 1, 3)
    assert lived.check(now="2026-01-13").told(ALPHA) == ("ok", "same", "none")


def test_a_deleted_working_directory_is_said(lived: Any) -> None:
    gone = lived.root / "gone"
    gone.mkdir()
    command = f"cd {gone} && rmdir {gone} && exec {lived.python} -m linkarchive status"
    environ = {**lived.env(None, {}), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(["sh", "-c", command], env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, "a bug" in done.stderr, "Traceback" in done.stderr) == (3, False, False)
    assert "No such file or directory" in done.stderr


@pytest.mark.parametrize("name", ["archive.toml", "archive/decisions.jsonl", "links.txt"])
def test_a_byte_order_mark_of_an_editor_is_passed_over(lived: Any, name: str) -> None:
    lived.write("archive.toml", "[network]\ntimeout = 9\n")
    assert lived.run("ignore", BETA).code == 0
    path = lived.root / name
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert lived.check(now="2026-01-12").code == 0
    assert lived.run("accept", ALPHA, now="2026-01-12").code == 0
    assert lived.run("report").code == 0


def test_temporary_files_of_an_interruption_are_cleared_away(lived: Any) -> None:
    archive = lived.root / "archive"
    left = [
        archive / name
        for name in ("state.jsonl.tmp", "manifests/a.json.tmp", "warc/a.warc.gz.tmp", "archive.sqlite.new-1234")
    ]
    for path in left:
        path.write_bytes(b"half")
    assert lived.check(now="2026-01-12").code == 0
    assert lived.run("rebuild").code == 0
    assert [path.name for path in left if path.exists()] == []


def test_no_control_of_a_page_s_title_stands_raw_in_the_state(folder: Any, stage: Any) -> None:
    title = "On tides \u202e\u2066\x9b31m\x85 and more"
    body = f"<html><meta charset=utf-8><title>{title}</title><body><p>{' '.join(stage.prose('a'))}</p></body></html>"
    stage[ALPHA] = Response(body.encode())
    folder.article(ALPHA)
    folder.check("article.md")
    state = folder.state().decode()
    assert [letter for letter in "\u202e\u2066\x9b\x85" if letter in state] == []
    assert folder.run("rebuild").code == 0
    assert folder.check(now="2026-01-12").told(ALPHA) == ("ok", "same", "none")


@pytest.mark.long
def test_lists_that_include_each_other_are_looked_for_once(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html(ALPHA)
    folder.write("links.txt", f"{ALPHA}\ninclude parts/*.txt\n")
    for number in range(200):
        folder.write(f"parts/{number}.txt", "include *.txt\ninclude ../links.txt\n")
    counting = """
import glob, os
real, number = glob.glob, 0

def counted(*args, **more):
    global number
    number += 1
    if number > 20:
        os._exit(9)
    return real(*args, **more)

glob.glob = counted
"""
    ran = folder.run_after(counting, "check", "--format", "json")
    assert (ran.code, ran.err.count("included")) == (0, 0)
    assert ran.told(ALPHA)[0] == "ok"


def test_files_that_include_each_other_are_read_once(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html(ALPHA)
    for number in range(60):
        includes = "\n".join(f"\\input{{part{other}}}" for other in range(60))
        folder.write(f"part{number}.tex", f"{includes}\n")
    body = "\\begin{document}\n\\input{part0}\n\\href{%s}{it}\n\\end{document}" % ALPHA  # noqa: UP031 - of braces
    folder.write("paper.tex", f"\\documentclass{{article}}\n{body}\n")
    ran = folder.check("paper.tex")
    assert ran.told(ALPHA)[0] == "ok"


@pytest.mark.long
def test_a_paragraph_of_megabytes_is_read(folder: Any, stage: Any) -> None:
    """Three megabytes took a minute once; here only that it comes to its end, and is right."""
    stage[ALPHA] = stage.html(ALPHA)
    folder.write("article.md", "word " * 600_000 + f"as [it]({ALPHA}) has it.\n")
    assert folder.check("article.md").told(ALPHA)[0] == "ok"


def test_a_term_in_the_first_second_ends_in_order(lived: Any) -> None:
    """Whenever it comes: the process ends by itself, and the folder is whole."""
    for wait in (0.05, 0.3, 0.6):
        running = lived.start("check", "--format", "json", now="2026-01-12")
        timer = threading.Timer(wait, running.terminate)
        timer.start()
        running.communicate(timeout=120)
        timer.cancel()
        assert running.returncode in (0, 1, 3, -15)
    assert lived.check(now="2026-01-13").told(ALPHA) == ("ok", "same", "none")
    assert lived.run("verify").code == 0


def test_a_dry_run_of_a_feed_does_not_fetch_its_articles(folder: Any, stage: Any) -> None:
    feed = "http://origin.example/feed.xml"
    links = [f"http://origin.example/{number}" for number in range(40)]
    items = "".join(f"<item><title>On tides</title><link>{link}</link></item>" for link in links)
    text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Tides</title>{items}</channel></rss>'
    stage[feed] = Response(text.encode(), headers=(("Content-Type", "application/rss+xml"),))
    stage.otherwise = stage.html("tides")
    ran = folder.run("check", "--dry-run", feed)
    assert [request.url for request in stage.requests] == [feed]
    assert "would visit 40 sources" in ran.out
    assert "40 articles of feeds and sitemaps would be read first" in ran.out
    assert [path.name for path in folder.root.iterdir()] == []


@pytest.mark.long
def test_a_long_number_in_an_address_of_the_review_page_is_not_found(lived: Any) -> None:
    running = lived.start("serve")
    url = next(part for line in running.stdout for part in line.split() if part.startswith("http://"))
    session = requests.Session()
    session.trust_env = False
    assert session.get(url, timeout=60).status_code == 200
    for number in ("9" * 19, "9" * 40, "9" * 5_000):
        assert session.get(f"{url.partition('/?')[0]}/captures/{number}", timeout=60).status_code == 404
    running.terminate()
    assert "Traceback" not in running.communicate(timeout=60)[1]
