"""`[keep] max_bytes`: old copies go that nothing needs, and nothing else does."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

pytestmark = pytest.mark.long

ALPHA = "http://alpha.example/page"
BETA = "http://beta.example/page"
DAYS = ("2026-01-05", "2026-02-05", "2026-03-05", "2026-04-05", "2026-05-05", "2026-06-05")
REMOVED = "removed by the cap"


def size(folder: Any) -> int:
    return sum(path.stat().st_size for path in (folder.root / "archive").rglob("*") if path.is_file())


def large(stage: Any, seed: str) -> Any:
    """A page whose copy takes some 60 kB, whatever packs it."""
    noise = random.Random(seed).randbytes(30_000).hex()
    return stage.html(seed, more=f"It is the page of {seed}.", ad=f"<!-- {noise} -->")


def _lived(folder: Any, stage: Any) -> None:
    stage[BETA] = stage.html("beta")
    folder.article(ALPHA, BETA, published=DAYS[0])
    for day in DAYS[:5]:
        stage[ALPHA] = large(stage, f"version of {day}")
        folder.check("article.md", now=day)
    assert len(folder.run("search", "page", "--format", "json").json["sources"]) == 2


@pytest.fixture
def lived(once: Any) -> Any:
    """Five runs: ALPHA is rewritten for each, BETA stays as it is."""
    return once(_lived)


def pages(folder: Any) -> list[str]:
    """The days of the copies of ALPHA, by the WARC files."""
    captures = []
    for path in sorted((folder.root / "archive" / "warc").glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "response" and record.rec_headers["WARC-Target-URI"] == ALPHA:
                    captures.append(record.rec_headers["WARC-Date"][:10])
    return captures


def test_the_oldest_copies_go_that_nothing_needs(lived: Any, stage: Any) -> None:
    assert pages(lived) == list(DAYS[:5])
    before = size(lived)
    cap = before - 60_000
    ran = lived.check(now=DAYS[5], env={"ARCHIVE_KEEP_MAX_BYTES": str(cap)})
    assert ran.source(ALPHA)["verdict"] == "drifted"
    assert size(lived) <= cap
    left = pages(lived)
    assert DAYS[0] in left, "the baseline"
    assert DAYS[4] in left, "the newest, and the evidence"
    assert DAYS[1] not in left, "the oldest of the others"
    assert DAYS[3] in left, "no more go than must"
    assert "clean" in lived.run("verify").out
    assert lived.run("show", BETA, "--text").code == 0


def test_old_reports_say_so_and_everything_else_stands(lived: Any) -> None:
    runs = {run["started"][:10]: run["id"] for run in lived.run("runs", "--format", "json").json["runs"]}
    then = {day: lived.run("report", "--run", runs[day], "--format", "json").source(ALPHA) for day in DAYS[1:4]}
    lived.check(now=DAYS[5], env={"ARCHIVE_KEEP_MAX_BYTES": "1"})
    for day in DAYS[1:4]:
        now = lived.run("report", "--run", runs[day], "--format", "json").source(ALPHA)
        assert now["capture"] is None
        assert REMOVED in now["evidence"][-1]
        assert now["verdict"] == then[day]["verdict"] == "drifted"
        assert now["evidence"][:-1] == then[day]["evidence"]
    stored = lived.root / "archive" / "reports" / runs[DAYS[1]]
    assert REMOVED in (stored / "index.html").read_text()
    newest = lived.root / "archive" / "reports" / "latest" / "report.json"
    assert json.loads(newest.read_text())["sources"]
    assert lived.run("diff", ALPHA).code == 0, "baseline and newest copy are there"
    (lived.root / "archive" / "archive.sqlite").unlink()
    assert lived.run("rebuild").code == 0
    assert pages(lived) == [DAYS[0], DAYS[4]]
    assert lived.run("report", "--format", "json").source(ALPHA)["capture"] is not None


def test_what_is_accepted_stays(lived: Any, stage: Any) -> None:
    assert lived.run("accept", ALPHA, now=DAYS[4]).code == 0
    stage[ALPHA] = large(stage, "another one")
    lived.check(now=DAYS[5], env={"ARCHIVE_KEEP_MAX_BYTES": "1"})
    assert pages(lived) == [DAYS[0], DAYS[4], DAYS[5]]


def test_a_cap_that_cannot_be_kept_is_said_and_only_evidence_is_stored(lived: Any, stage: Any) -> None:
    env = {"ARCHIVE_KEEP_MAX_BYTES": "1"}
    first = lived.run("check", now=DAYS[5], env=env)
    assert "removed 3 old copies" in first.out
    assert "what is left is needed" in first.out
    copies = lived.captures()
    stage[BETA] = stage.html("beta", more="A sentence more, which is no news to anybody.")
    again = lived.check(now="2026-12-05", env=env)
    assert again.source(BETA)["verdict"] == "ok"
    assert lived.captures() == copies, "a page that is fine is not stored again"
    stage[BETA] = stage.html("something else")
    assert lived.check(now="2027-01-05", env=env).source(BETA)["verdict"] == "drifted"
    assert lived.captures() == copies + 1, "evidence is"


def test_the_baseline_of_a_link_that_left_stays(lived: Any) -> None:
    lived.write("article.md", f"Nothing is left but [this]({BETA}).\n")
    lived.write("links.txt", "".join(line for line in lived.links().splitlines(True) if ALPHA not in line))
    lived.check(now=DAYS[5], env={"ARCHIVE_KEEP_MAX_BYTES": "1"})
    assert pages(lived) == [DAYS[0]]
    assert "clean" in lived.run("verify").out


def test_a_revisit_keeps_the_page_that_it_repeats(lived: Any, stage: Any) -> None:
    stage[ALPHA] = large(stage, f"version of {DAYS[2]}")
    lived.check(now=DAYS[5])
    assert lived.revisits() == 2, "of this page, and of the other one, whose copy was old"
    lived.check(now="2026-07-05", env={"ARCHIVE_KEEP_MAX_BYTES": "1"})
    assert pages(lived) == [DAYS[0], DAYS[2]]
    assert f"version of {DAYS[2]}" in lived.run("show", ALPHA, "--text").out
    assert "clean" in lived.run("verify").out


def test_one_tombstone_a_run_and_its_manifest(lived: Any) -> None:
    lived.check(now=DAYS[5], env={"ARCHIVE_KEEP_MAX_BYTES": "1"})
    manifests = [path.name for path in (lived.root / "archive" / "manifests").glob("cap-*.json")]
    assert len(manifests) == 1
    assert not list(Path(lived.root / "archive").glob("forgetting*"))


def test_a_report_that_cannot_be_kept_ends_with_3_under_a_cap_too(lived: Any, stage: Any) -> None:
    for path in (lived.root / "archive" / "reports").iterdir():
        path.unlink() if path.is_symlink() else shutil.rmtree(path)
    (lived.root / "archive" / "reports").rmdir()
    (lived.root / "archive" / "reports").write_text("a file where the folder is to be")
    stage[ALPHA] = stage.html("gone", status=410)
    ran = lived.run("check", now=DAYS[5], env={"ARCHIVE_KEEP_MAX_BYTES": "1"})
    assert ran.code == 3
    assert ALPHA in ran.out
