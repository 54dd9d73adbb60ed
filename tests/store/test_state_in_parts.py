"""Where there are many sources the state has a file a part, and no interruption loses a line of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from linkarchive.store import state_file

URLS = tuple(f"http://{host}.example/{page}" for host in ("alpha", "beta", "gamma", "delta") for page in ("a", "b"))
FEW = URLS[:3]
"""The sources of the first run, whose state is one file."""


@pytest.fixture
def few(folder: Any, stage: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(state_file, "PARTS_FROM", 5)
    for url in URLS:
        stage[url] = stage.html(url)
    folder.article(*FEW)
    assert folder.check("article.md", now="2026-01-05").code == 0
    assert (folder.root / "archive" / "state.jsonl").exists()
    folder.article(*URLS)
    return folder


@pytest.fixture
def many(few: Any) -> Any:
    assert few.check(now="2026-01-12").code == 0
    return few


def parts(folder: Any) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder.root / "archive" / "state").iterdir()}


def standing(folder: Any) -> dict[str, tuple[str, str, str]]:
    sources = folder.run("status", "--all", "--format", "json", now="2026-02-01").json["sources"]
    return {source["url"]: (source["verdict"], source["reason"], source["checked"]) for source in sources}


def as_cloned(folder: Any) -> None:
    for path in (folder.root / "archive").glob("archive.sqlite*"):
        path.unlink()
    shutil.rmtree(folder.root / "archive" / "warc")
    shutil.rmtree(folder.root / "archive" / "indexes")


def test_from_many_sources_on_a_file_holds_the_hosts_of_one_byte(many: Any) -> None:
    assert not (many.root / "archive" / "state.jsonl").exists()
    lines = {name: [json.loads(line)["url"] for line in data.splitlines()] for name, data in parts(many).items()}
    assert sorted(url for urls in lines.values() for url in urls) == sorted(URLS)
    for name, urls in lines.items():
        assert urls == sorted(urls)
        assert {hashlib.blake2b(url.split("/")[2].encode()).hexdigest()[:2] + ".jsonl" for url in urls} == {name}


def test_only_the_file_of_what_changed_is_written(many: Any, stage: Any) -> None:
    folder = many.root / "archive" / "state"
    before, stamps = parts(many), {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert many.check(now="2026-01-19").code == 0
    stage[URLS[0]] = stage.html("gone", status=410)
    assert many.check(now="2026-01-26").code == 1
    changed = {name for name, data in parts(many).items() if data != before[name]}
    assert len(changed) == 1
    assert {path.name for path in folder.iterdir() if path.stat().st_mtime_ns != stamps[path.name]} == changed


def test_a_clone_stands_where_the_first_one_stands(many: Any, stage: Any) -> None:
    stage[URLS[0]] = stage.html("gone", status=410)
    many.check(now="2026-01-19")
    verdicts = {url: verdict[:2] for url, verdict in standing(many).items()}
    as_cloned(many)
    assert {url: verdict[:2] for url, verdict in standing(many).items()} == verdicts
    assert many.check(now="2026-01-26").told(URLS[0]) == ("dead", "http-410", "still")


def test_the_older_form_is_read(few: Any) -> None:
    before = standing(few)
    as_cloned(few)
    assert {url: verdict[:2] for url, verdict in standing(few).items()} == {
        url: verdict[:2] for url, verdict in before.items()
    }


def test_a_forgotten_source_is_in_no_part(many: Any) -> None:
    before = parts(many)
    assert many.run("forget", URLS[0], "--reason", "asked", now="2026-01-13").code == 0
    after = parts(many)
    assert URLS[0].encode() not in b"".join(after.values())
    assert sum(before[name] != after.get(name) for name in before) == 1
    assert many.run("verify").code == 0
    assert many.check(now="2026-01-19").code == 0


def test_what_an_older_version_or_a_kill_left_beside_the_parts_is_what_counts(many: Any) -> None:
    """Parts beside `state.jsonl` are not read, and keep nothing that is forgotten."""
    archive = many.root / "archive"
    lines = [line for data in parts(many).values() for line in data.splitlines(keepends=True)]
    (archive / "state.jsonl").write_bytes(b"".join(sorted(lines)))
    assert many.run("forget", URLS[6], URLS[7], "--reason", "asked", now="2026-01-13").code == 0
    verdict = b"".join(path.read_bytes() for path in archive.rglob("*.jsonl") if path.name != "decisions.jsonl")
    assert b"delta.example" not in verdict
    assert URLS[0].encode() in verdict
    assert many.check(now="2026-01-19").code == 0
    assert not (archive / "state.jsonl").exists()
    as_cloned(many)
    assert {url: verdict[0] for url, verdict in standing(many).items()} == {
        url: "skipped" if "delta" in url else "ok" for url in URLS
    }


def test_a_line_that_cannot_be_read_is_named(many: Any) -> None:
    name = min(parts(many))
    (many.root / "archive" / "state" / name).write_bytes(b"{broken\n")
    as_cloned(many)
    done = many.run("status")
    assert (done.code, f"state/{name}:1: " in done.err) == (3, True)


class Killed(BaseException):
    """As a `kill -9`: nothing below catches it."""


@pytest.mark.long
@pytest.mark.parametrize("at", range(9))
def test_no_kill_on_the_way_into_parts_loses_a_line(few: Any, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Whichever file is the last that was written: each source is still told of, in a clone as well."""
    write, unlink, count = state_file.write_atomically, Path.unlink, 0

    def step() -> None:
        nonlocal count
        count += 1
        if count > at:
            raise Killed

    def limited_write(path: Path, data: Any) -> None:
        step()
        write(path, data)

    def limited_unlink(path: Path, missing_ok: bool = False) -> None:
        if path.name == "state.jsonl":
            step()
        unlink(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(state_file, "write_atomically", limited_write)
        patched.setattr(Path, "unlink", limited_unlink)
        try:
            few.check(now="2026-01-12")
            killed = False
        except Killed:
            killed = True
    assert killed == (at < 5)  # four parts and the removal of the file that they replace
    clone = few.root.parent / "clone"
    shutil.copytree(few.root, clone)
    cloned = type(few)(clone, few.environ)
    as_cloned(cloned)
    assert set(standing(cloned)) >= set(FEW)
    again = few.check(now="2026-01-19")
    assert (again.code, {source["verdict"] for source in again.json["sources"]}) == (0, {"ok"})
    assert len(again.json["sources"]) == len(URLS)
    assert few.run("verify").code == 0
    assert not (few.root / "archive" / "state.jsonl").exists()
    assert sorted(json.loads(line)["url"] for data in parts(few).values() for line in data.splitlines()) == sorted(URLS)
