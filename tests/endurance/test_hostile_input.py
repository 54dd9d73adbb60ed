"""Files that are not what they should be: a clear message and the right exit code, never a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import re
from unittest import mock

import pytest
from bulk_sites import bulk_links
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from linkarchive import cli

pytestmark = pytest.mark.long

_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_PIECES = st.sampled_from(
    [b"https://a.example/x", b"http://", b"?", b"! ", b"[", b"]", b"[a.md]", b"include ", b"include *.txt", b"# ",
     b"    note = ", b"original = ", b"published = 2021-13-45", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n",
     b"\r\n", b"\t", b"\x1b[31m", "\u202e".encode(), "\ud7ff".encode(), b"http://[::1", b"http://a:99999999/",
     b"http://xn--/", b"mailto:a@b", b"%", b"://"]
)  # fmt: skip
_BYTES = st.lists(st.one_of(_PIECES, st.binary(max_size=12)), max_size=40).map(b"".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_BYTES)
@example(b"\xff\xfe\x00\n[\n?\n! \nhttp://[::1\n" + bytes(range(256)))
@example(b"include links.txt\n")
def test_whatever_stands_in_links_txt_is_read_and_nothing_of_it_is_lost(tmp_path_factory, data: bytes) -> None:
    root = tmp_path_factory.mktemp("project")
    (root / "links.txt").write_bytes(data)
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {"http_proxy": "http://127.0.0.1:9", "ARCHIVE_WAYBACK_MODE": "off"}),
        contextlib.chdir(root),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = cli.run(["check", "--exclude", "*", "--no-progress", "-v"])
    assert code in (0, 1), err.getvalue()
    assert _RAW.findall(out.getvalue() + err.getvalue()) == []
    kept = (root / "links.txt").read_bytes()
    assert kept.startswith(data), "a line that cannot be read stays as it is"


def test_a_malformed_line_is_named_with_its_number(dark) -> None:
    dark.write("links.txt", "mailto:a@b.example\nneither a link nor a section\n")
    ran = dark.run("check")
    assert ran.code == 1
    assert "links.txt:2" in ran.out


# --- what a person names --------------------------------------------------------


def test_a_links_txt_that_is_a_folder(dark) -> None:
    (dark.root / "links.txt").mkdir()
    ran = dark.run("check")
    assert ran.code == 2
    assert "links.txt cannot be read: Is a directory" in ran.err


def test_an_article_that_is_not_there(dark) -> None:
    ran = dark.run("check", "essays/none.md")
    assert (ran.code, ran.out) == (2, "")
    assert "essays/none.md: no such file, folder or URL" in ran.err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_an_article_that_may_not_be_read(dark) -> None:
    dark.write("essay.md", "[x](https://a.example/)").chmod(0)
    ran = dark.run("check", "essay.md")
    assert ran.code == 2
    assert "essay.md: cannot be read: Permission denied" in ran.err


@pytest.mark.parametrize(("name", "data"), [("photo.png", b"\x89PNG\r\n\x1a\n" + bytes(99)), ("blob", os.urandom(999))])
def test_an_article_of_bytes(dark, name: str, data: bytes) -> None:
    dark.write(name, b"\0" + data)
    ran = dark.run("check", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"{name}: not a known format" in ran.err


@pytest.mark.parametrize("name", ["broken.pdf", "broken.docx", "broken.epub", "broken.md", "broken.html", "broken.txt"])
def test_an_article_that_is_not_what_its_name_says(dark, name: str) -> None:
    dark.write(name, b"%PDF-1.7\nPK\x03\x04" + bytes(range(256)) * 20)
    ran = dark.run("extract", name)
    assert ran.code in (0, 2)
    assert _RAW.findall(ran.out + ran.err) == []


def test_an_article_whose_name_would_write_on_the_terminal(dark) -> None:
    name = "new\nline \x1b[31mred \u202etxt.md"
    dark.write(name, "[](#) and [mail](mailto:a@b.example)")
    for args in (["check", name], ["check", "."], ["extract", name, "--write"]):
        ran = dark.run(*args)
        assert (ran.code, ran.out) == (2, "")
        assert "rename the file" in ran.err, "a later check would not find it by the name that links.txt can hold"
        assert _RAW.findall(ran.err) == []
    assert not (dark.root / "links.txt").exists()
    missing = dark.run("check", "no\x1b[31m such.md")
    assert missing.code == 2
    assert _RAW.findall(missing.err) == []


# --- the archive folder ---------------------------------------------------------


@pytest.mark.parametrize("command", [["check"], ["check", "--dry-run"], ["verify"], ["rebuild"], ["report"]])
def test_an_archive_folder_that_cannot_be_written(dark, command: list[str]) -> None:
    dark.write("links.txt", "https://a.example/\n")
    dark.write("archive", "somebody's file")
    ran = dark.run(*command)
    assert (ran.code, ran.out) == (3, "")
    assert "archive is a file, and the archive is a folder: move it" in ran.err
    assert (dark.root / "archive").read_text() == "somebody's file"


@pytest.mark.parametrize(
    ("name", "told"), [(".lock", ".lock cannot be opened"), ("state.jsonl", "state.jsonl: Is a directory")]
)
def test_a_folder_where_a_file_of_the_archive_should_be(dark, name: str, told: str) -> None:
    dark.write("links.txt", "mailto:a@b.example\n")
    (dark.root / "archive" / name).mkdir(parents=True)
    ran = dark.run("check")
    assert (ran.code, ran.out) == (3, "")
    assert told in ran.err


@pytest.fixture
def checked(project):
    """A project after a first run over twenty pages."""
    project.write("links.txt", "".join(f"{url}\n" for url in bulk_links(20)))
    assert project.run("check", "-q").code in (0, 1)
    return project


def test_a_damaged_database_is_told_and_made_anew(checked) -> None:
    database = checked.root / "archive" / "archive.sqlite"
    before = checked.run("report", "--format", "json")
    database.write_bytes(b"not a database " * 700)
    for command in (["check"], ["report"], ["show", bulk_links(1)[0]], ["verify"]):
        ran = checked.run(*command)
        assert (ran.code, ran.out if command != ["verify"] else "") == (3, "")
        assert "file is not a database" in ran.err
        assert "archive rebuild" in ran.err
    assert checked.run("rebuild").code == 0
    assert checked.run("report", "--format", "json").json == before.json
    assert checked.run("check").code in (0, 1)


def test_a_truncated_state_file_is_told_by_its_line(checked) -> None:
    state = checked.root / "archive" / "state.jsonl"
    whole = state.read_bytes()
    state.write_bytes(whole[:-100])
    for path in (checked.root / "archive").glob("archive.sqlite*"):
        path.unlink()
    ran = checked.run("check")
    assert (ran.code, ran.out) == (3, "")
    assert "state.jsonl:20: " in ran.err
    assert "restore the file" in ran.err
    state.write_bytes(whole)
    assert checked.run("check").code in (0, 1)


def test_a_truncated_line_of_decisions_is_told_by_its_number(checked) -> None:
    assert checked.run("accept", bulk_links(2)[1]).code == 0
    decisions = checked.root / "archive" / "decisions.jsonl"
    with decisions.open("ab") as file:
        file.write(decisions.read_bytes()[:40])
    assert checked.run("check").code in (0, 1), "a line without its end was never answered: it is no decision"
    with decisions.open("ab") as file:
        file.write(b"\n")
    ran = checked.run("check")
    assert (ran.code, ran.out) == (3, "")
    assert "decisions.jsonl:2: " in ran.err
    assert "correct or remove the line" in ran.err


@pytest.mark.parametrize("largest", [20_000, 200_000])
def test_a_full_disk_ends_the_run_and_costs_no_archive(project, largest: int) -> None:
    """The limit on the size of a file stands for the full disk: first the schema, then the middle of the run."""
    project.write("links.txt", "".join(f"{url}\n" for url in bulk_links(40)))
    full = project.run("check", "--no-progress", largest_file=largest)
    assert full.code == 3
    assert "the database refused" in full.err or "cannot be written" in full.err
    finished = project.run("check", "--format", "json")
    assert finished.json["run"]["complete"] is True
    assert len(finished.json["sources"]) == 40
    assert project.run("verify").code == 0


def test_the_sizes_are_those_of_one_process(dark) -> None:
    """The instrument itself: a command that does nothing needs some memory, and less than one that does a lot."""
    assert 10 < dark.run("--help").peak < 100
