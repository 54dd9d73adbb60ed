"""Rows 4, 5, 9, 13: killed runs are in a rebuilt database, decisions are sealed, one damaged file costs itself."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from warcio.warcwriter import WARCWriter

from linkarchive.snapshot import record_reader

ALPHA, BETA, GAMMA = "http://alpha.example/report", "http://beta.example/notes", "http://gamma.example/list"
DAYS = ("2026-01-05", "2026-01-12", "2026-01-19")

# The command, killed when everything is visited and judged, and nothing is closed yet.
_KILLED = """
import os, sys
from linkarchive import cli
from linkarchive.check import run

def killed(project, ending, recorder, *rest):
    recorder.warc.sync()
    recorder.store.commit()
    os._exit(9)

run.finish = killed
sys.exit(cli.run(sys.argv[1:]))
"""


def _lived(folder: Any, stage: Any) -> None:
    for url in (ALPHA, BETA, GAMMA):
        stage[url] = stage.html(url)
    folder.article(ALPHA, BETA)
    folder.article(GAMMA, name="other.md")
    assert folder.check("article.md", "other.md", now=DAYS[0]).code == 0
    stage[ALPHA] = stage.html("gone", status=410)
    stage[BETA] = stage.html("something else")


@pytest.fixture
def lived(once: Any) -> Any:
    """One run; then ALPHA is gone and BETA is another page."""
    return once(_lived)


def kill(folder: Any, *args: str, now: str) -> None:
    command = [folder.python, "-c", _KILLED, *args]
    done = subprocess.run(command, cwd=folder.root, env=folder.env(now, {}), capture_output=True, check=False)
    assert done.returncode == 9, done.stderr


def reports(folder: Any) -> list[str]:
    ids = sorted({path.name.split("+")[0].removesuffix(".json") for path in manifests(folder)})
    return [folder.run("report", "--run", run, "--format", "json").out for run in ids]


def manifests(folder: Any) -> list[Path]:
    return sorted((folder.root / "archive" / "manifests").glob("*.json"))


def clone(folder: Any, where: Path) -> Path:
    """What Git takes of a project, elsewhere."""
    left_out = shutil.ignore_patterns("warc", "indexes", "archive.sqlite*", ".lock")
    return Path(shutil.copytree(folder.root, where / "clone", symlinks=True, ignore=left_out))


def rebuilt(folder: Any, *, by: str) -> None:
    if by == "deleting":
        for path in (folder.root / "archive").glob("archive.sqlite*"):
            path.unlink()
    else:
        assert folder.run("rebuild", now=DAYS[2]).code == 0


@pytest.mark.long
@pytest.mark.parametrize("by", ["deleting", "rebuild"])
def test_a_killed_run_before_a_whole_one_is_rebuilt_before_it(lived: Any, by: str) -> None:
    kill(lived, "check", "article.md", now=DAYS[1])
    lived.check(now=DAYS[2])
    latest, every = lived.run("report", "--format", "json").out, reports(lived)
    assert len(every) == 3
    rebuilt(lived, by=by)
    assert lived.run("report", "--format", "json").out == latest
    assert reports(lived) == every
    assert lived.run("verify").code == 0


@pytest.mark.long
def test_what_only_a_killed_run_saw_is_in_a_rebuilt_database(lived: Any) -> None:
    kill(lived, "check", "article.md", now=DAYS[1])
    rebuilt(lived, by="rebuild")
    ran = lived.check(now=DAYS[2])
    assert ran.source(ALPHA)["since"].startswith(DAYS[1])
    assert ran.source(BETA)["since"].startswith(DAYS[1])
    assert lived.run("verify").code == 0


@pytest.mark.long
def test_a_killed_run_goes_on_under_its_id_and_is_rebuilt_whole(lived: Any) -> None:
    kill(lived, "check", now=DAYS[1])
    rebuilt(lived, by="rebuild")
    done = lived.check(now=f"{DAYS[1]}T09:00:00Z")
    assert done.json["run"]["complete"]
    assert done.told(ALPHA) == ("dead", "http-410", "new")
    before = lived.run("report", "--format", "json").out
    rebuilt(lived, by="deleting")
    assert lived.run("report", "--format", "json").out == before


# --- decisions -----------------------------------------------------------------


def decisions(folder: Any) -> Path:
    path: Path = folder.root / "archive" / "decisions.jsonl"
    return path


@pytest.mark.long
def test_a_decision_that_is_gone_is_named_by_verify_and_by_the_next_run(lived: Any) -> None:
    lived.run("ignore", ALPHA, now=DAYS[1])
    lived.run("ignore", BETA, now=DAYS[1])
    lived.check(now=DAYS[1])
    lines = decisions(lived).read_text().splitlines(keepends=True)
    decisions(lived).write_text(lines[1])
    verified = lived.run("verify")
    assert verified.code == 1
    assert f"missing or was changed: ignore {ALPHA}" in verified.out
    first, second = lived.run("check", now=DAYS[2]), lived.run("check", now="2026-01-26")
    assert f"missing or was changed: ignore {ALPHA}" in first.err
    assert "missing" not in second.err, "it is said once"
    decisions(lived).write_text("".join(reversed(lines)))
    assert lived.run("verify").code == 0, "lines may come in another order (a merge)"


@pytest.mark.parametrize("content", ["", '{"action": "ignore"}\n'])
def test_an_emptied_file_of_decisions_is_noticed(lived: Any, content: str) -> None:
    lived.run("ignore", ALPHA, now=DAYS[1])
    lived.check(now=DAYS[1])
    decisions(lived).write_text(content)
    assert lived.run("verify").code == 1


def test_decisions_added_by_a_merge_are_fine(lived: Any) -> None:
    lived.run("ignore", ALPHA, now=DAYS[1])
    lived.check(now=DAYS[1])
    line = decisions(lived).read_text()
    decisions(lived).write_text(line.replace(ALPHA, GAMMA) + line)
    assert lived.run("verify").code == 0
    assert "missing" not in lived.run("check", now=DAYS[2]).err


# --- one bad thing costs itself ----------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_a_damaged_manifest_stops_no_run(lived: Any, content: bytes) -> None:
    lived.check(now=DAYS[1])
    damaged = manifests(lived)[0]
    damaged.write_bytes(content)
    ran = lived.run("check", "--format", "json", now=DAYS[2])
    assert ran.code == 1, ran.err
    assert damaged.name in ran.err
    assert ran.told(ALPHA) == ("dead", "http-410", "still")
    verified = lived.run("verify")
    assert verified.code == 1
    assert damaged.name in verified.out
    assert lived.run("rebuild").code == 0


def test_a_project_copied_without_links_works_as_before(lived: Any, tmp_path: Path) -> None:
    lived.check(now=DAYS[1])  # with news, so that there is a report
    copy = tmp_path / "copied"
    shutil.copytree(lived.root, copy)  # follows links: `latest` is a folder there
    assert not (copy / "archive" / "reports" / "latest").is_symlink()
    lived.root = copy
    lived.article(ALPHA, BETA, "http://delta.example/new")
    ran = lived.check(now=DAYS[2])
    assert ran.code == 1
    assert len(ran.json["sources"]) == 4
    latest = json.loads((copy / "archive" / "reports" / "latest" / "report.json").read_text())
    assert latest["run"]["id"] == ran.json["run"]["id"]


def test_a_report_that_cannot_be_written_is_printed_all_the_same(lived: Any) -> None:
    reports = lived.root / "archive" / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.write_text("a file in its place")
    ran = lived.check("-q", now=DAYS[1])
    assert ran.told(ALPHA) == ("dead", "http-410", "new")
    assert any(str(reports) in notice for notice in ran.json["notices"])
    assert (ran.code, ran.json["run"]["complete"]) == (3, True)
    assert f"{reports}/{ran.json['run']['id']} cannot be written" in ran.err
    assert "incomplete" not in ran.err
    reports.unlink()
    again = lived.check(now=DAYS[2])
    assert (again.code, again.told(ALPHA)) == (1, ("dead", "http-410", "still"))


def test_links_that_cannot_be_made_are_copies(lived: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: str) -> None:
        raise PermissionError(1, os.strerror(1))

    monkeypatch.setattr(Path, "symlink_to", refuse)
    ran = lived.check(now=DAYS[1])
    latest = lived.root / "archive" / "reports" / "latest" / "report.json"
    assert json.loads(latest.read_text())["run"]["id"] == ran.json["run"]["id"]


def test_the_newest_manifest_is_missed(lived: Any) -> None:
    newest = max(manifests(lived), key=lambda path: json.loads(path.read_bytes())["sequence"])
    newest.unlink()
    missing = lived.run("verify")
    assert (missing.code, "its manifest is missing" in missing.out) == (1, True)
    ran = lived.check(now="2026-03-01")
    assert f"{newest.stem}.json was missing" in ran.err
    assert "was missing" not in lived.check(now="2026-03-02").err
    after = lived.run("verify")
    assert after.code == 0
    assert f"{newest.name}: its run had no manifest: written on 2026-03-01" in after.out


def test_the_newest_manifest_is_missed_in_a_clone_without_warc_files(lived: Any, tmp_path: Path) -> None:
    lived.check(now=DAYS[1])
    lived.root = clone(lived, tmp_path)
    newest = max(manifests(lived), key=lambda path: json.loads(path.read_bytes())["sequence"])
    assert "is missing, and" not in lived.run("verify").out
    newest.unlink()
    assert f"{newest.name}: it is missing, and" in lived.run("verify").out
    ran = lived.check(now=DAYS[2])
    assert f"{newest.name} is missing, and" in ran.err
    assert ran.told(ALPHA) == ("dead", "http-410", "still")
    assert "is missing" not in lived.check(now="2026-01-26").err, "it is said once"
    verified = lived.run("verify")
    assert "the manifests before it are missing" in verified.out or "a manifest is missing" in verified.out


@pytest.mark.parametrize("content", [b"", b"{", b'{"name":"../x.json","sha256":"0","sequence":1}', b"<<<<<<< HEAD\n"])
def test_a_damaged_name_of_the_newest_manifest_is_said_once(lived: Any, content: bytes) -> None:
    lived.check(now=DAYS[1])
    (lived.root / "archive" / "manifests" / "newest").write_bytes(content)
    assert lived.run("verify").code == 1
    ran = lived.run("check", "--format", "json", now=DAYS[2])
    assert "newest cannot be read" in ran.err
    assert ran.told(ALPHA) == ("dead", "http-410", "still")
    assert lived.run("verify").code == 0


def test_a_newest_manifest_that_was_changed_is_named(lived: Any) -> None:
    newest = max(manifests(lived), key=lambda path: json.loads(path.read_bytes())["sequence"])
    newest.write_text(newest.read_text().replace('"complete": true', '"complete": false'))
    assert f"{newest.name}: it was changed after it was written" in lived.run("verify").out
    assert f"{newest.name} was changed after it was written" in lived.check(now=DAYS[1]).err
    assert f"{newest.name}: it was changed after" in lived.run("verify").out


def test_a_dry_run_says_what_it_sealed(lived: Any) -> None:
    newest = max(manifests(lived), key=lambda path: json.loads(path.read_bytes())["sequence"])
    newest.unlink()
    ran = lived.run("check", "--dry-run", now="2026-03-01")
    assert f"{newest.stem}.json was missing" in ran.out


def test_a_warc_file_of_another_program_is_not_read_whole_by_each_run(
    lived: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = lived.root / "archive" / "warc" / "foreign-00000.warc.gz"
    with foreign.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        data = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nOn tides."
        for number in range(20):
            page = {"payload": io.BytesIO(data), "length": len(data)}
            writer.write_record(writer.create_warc_record(f"{GAMMA}/{number}", "response", **page))
    lived.run("check", now=DAYS[1])
    assert (lived.root / "archive" / "indexes" / "foreign-00000.cdxj").read_text().count("\n") == 20
    read, real = [], record_reader.walk

    def walk(file: Any, *rest: Any) -> Any:
        for found in real(file, *rest):
            read.append(Path(file.name))
            yield found

    monkeypatch.setattr(record_reader, "walk", walk)
    lived.run("check", now=DAYS[2])
    assert read == [foreign], "its last page only"


def test_rebuild_makes_no_archive_where_nothing_was_checked(folder: Any) -> None:
    ran = folder.run("rebuild")
    assert (ran.code, "nothing was checked in this folder yet" in ran.err) == (2, True)
    assert list(folder.root.iterdir()) == []
