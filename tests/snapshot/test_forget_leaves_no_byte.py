"""`archive forget`: the page is gone from every file, nothing else is, and the reason stays."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

ALPHA = "http://alpha.example/page"
BETA = "http://beta.example/copy"
GAMMA = "http://gamma.example/copy"
DELTA = "http://delta.example/old"
EPSILON = "http://epsilon.example/other"
MARK = "Zanzibarium"
REASON = "asked by its owner"
DAYS = ("2026-01-05", "2026-02-05", "2026-06-05")


def page(stage: Any, seed: str, **more: Any) -> Any:
    """A page full of the word that must not be left anywhere."""
    return stage.html(f"{MARK} {seed}", more=f"{MARK} {seed}. " * 40, **more)


def files_with(root: Path, word: str) -> set[str]:
    """The files below archive/ that hold a word: as they are, and unpacked."""
    names = set()
    for path in (root / "archive").rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if path.suffix == ".gz":
                data += gzip.decompress(data)
            if word.encode() in data:
                names.add(path.relative_to(root / "archive").parts[0])
    return names


def forget(folder: Any, *urls: str, now: str = DAYS[-1]) -> Any:
    return folder.run("forget", *urls, "--reason", REASON, now=now)


def _lived(folder: Any, stage: Any) -> None:
    stage[ALPHA] = page(stage, "first")
    stage[EPSILON] = stage.html("the other")
    folder.article(ALPHA, EPSILON, published=DAYS[0])
    assert folder.check("article.md", now=DAYS[0]).code == 0
    stage[ALPHA] = page(stage, "second")
    assert folder.check(now=DAYS[1]).told(ALPHA)[0] == "drifted"


@pytest.fixture
def lived(once: Any) -> Any:
    """Two runs: ALPHA is rewritten, EPSILON stays."""
    return once(_lived)


def test_no_byte_of_the_page_is_left_in_any_file(lived: Any) -> None:
    before = files_with(lived.root, MARK)
    assert before >= {"warc", "reports"}, "the page is there, and its text in the report"
    other = lived.run("show", EPSILON, "--case").out
    done = forget(lived, ALPHA)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"forgot {ALPHA}\n2 captures taken out, 2 WARC files written anew\n"
    assert files_with(lived.root, MARK) == set()
    assert not list((lived.root / "archive").glob("forgetting*"))
    assert lived.run("show", EPSILON, "--case").out == other
    assert json.loads(other)["after"]["html"], "a case with a page"


def test_the_archive_is_sound_afterwards_and_can_be_rebuilt(lived: Any) -> None:
    forget(lived, ALPHA)
    verified = lived.run("verify")
    assert verified.code == 0
    assert f"archive forget, {REASON}" in verified.out, "it says why the files are not those of the first manifests"
    before = [lived.run("report", "--format", form).out for form in ("json", "markdown")], lived.state()
    rebuilt = lived.run("rebuild")
    assert (rebuilt.code, rebuilt.err) == (0, "")
    assert ([lived.run("report", "--format", form).out for form in ("json", "markdown")], lived.state()) == before
    report = json.loads(before[0][0])
    assert [source["url"] for source in report["sources"]] == [EPSILON]


def test_what_stays_keeps_its_bytes_and_its_place(lived: Any) -> None:
    """Every gzip member of the new files is one of the old ones at its offset, but for tombstones and logs."""
    old = {path: members(path) for path in warcs(lived)}
    forget(lived, ALPHA)
    for path in warcs(lived):
        new = members(path)
        made = [gzip.decompress(member) for offset, member in new.items() if old[path].get(offset) != member]
        kinds = re.findall(rb"urn:linkarchive:(\w+):", b" ".join(made))
        # The place of the visit, when another record comes after it; the tombstone; the log.
        assert kinds[-2:] == [b"forgotten", b"run"]
        assert kinds[:-2] in ([], [b"forgotten"])
        gone = [offset for offset, member in old[path].items() if new.get(offset) != member]
        assert len(gone) == 3 + 1, "response, request and metadata of a visit of ALPHA, and the old log"


def test_the_reason_stays(lived: Any) -> None:
    forget(lived, ALPHA)
    (line,) = (lived.root / "archive" / "decisions.jsonl").read_text().splitlines()
    decision = json.loads(line)
    assert (decision["action"], decision["url"], decision["reason"]) == ("forget", ALPHA, REASON)
    for path in warcs(lived):
        text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        assert f"forgotten: {ALPHA}\r\nreason: {REASON}\r\n" in text


def test_a_forgotten_source_is_not_visited_until_that_is_taken_back(lived: Any, stage: Any) -> None:
    forget(lived, ALPHA, now=DAYS[1])
    before = stage.asked(ALPHA)
    ran = lived.check(now=DAYS[2])
    assert ran.told(ALPHA)[:2] == ("skipped", "excluded")
    assert REASON in ran.source(ALPHA)["evidence"][0]
    assert lived.state_of(ALPHA)["captures"] == []
    assert stage.asked(ALPHA) == before
    assert files_with(lived.root, MARK) == set()
    assert "would visit 1 source on 1 host, and skip 1 (1 " in lived.run("check", "--dry-run", now=DAYS[2]).out
    assert lived.run("forget", ALPHA, "--undo", now=DAYS[2]).code == 0
    assert lived.check(now="2026-06-12").told(ALPHA)[0] == "ok"
    assert stage.asked(ALPHA) == before + 1
    assert lived.run("verify").code == 0


def test_others_with_the_very_same_bytes_keep_theirs(folder: Any, stage: Any) -> None:
    """Three sources answer with one page: each has its own copy, and its own revisits of it."""
    same = page(stage, "same")
    stage[ALPHA] = stage[GAMMA] = same
    stage[BETA] = page(stage, "same", etag='"b"')
    folder.article(ALPHA, BETA, GAMMA, published=DAYS[0])
    folder.check("article.md", now=DAYS[0])
    folder.check(now=DAYS[2])
    assert sorted(index_mimes(folder)) == ["text/html"] * 3 + ["warc/revisit"] * 2, "a kept 304 is no page"
    done = forget(folder, ALPHA, now="2026-06-06")
    assert done.code == 0
    assert BETA in done.err
    assert "the very same bytes" in done.err
    assert folder.run("verify").code == 0
    assert sorted(index_mimes(folder)) == ["text/html"] * 2 + ["warc/revisit"]
    for url in (BETA, GAMMA):
        told = folder.run("show", url, "--case")
        assert told.code == 0, told.err
        assert json.loads(told.out)["after"]["html"] == same.body.decode()
    before = folder.run("show", BETA).out
    assert folder.run("rebuild").err == ""
    assert folder.run("show", BETA).out == before
    assert folder.check(now="2026-06-12").told(GAMMA) == ("ok", "same", "none")


def test_a_page_repeated_after_a_detour_by_way_of_the_forgotten_one_is_kept(folder: Any, stage: Any) -> None:
    """DELTA's first copy led through ALPHA, and goes; its second is a revisit of that one, and gets the payload."""
    stage[DELTA], stage[ALPHA] = stage.redirect(ALPHA, 302), stage.redirect(BETA, 302)
    stage[BETA] = stage.html("where it ends")
    folder.article(DELTA, ALPHA, published=DAYS[0])
    folder.check("article.md", now=DAYS[0])
    stage[DELTA] = stage.html("where it ends")
    folder.check(now=DAYS[2])
    before = json.loads(folder.run("show", DELTA, "--case").out)["after"]["html"]
    state = folder.state_of(DELTA)["capture"]
    assert forget(folder, ALPHA, now="2026-06-06").code == 0
    assert (folder.run("verify").code, folder.run("rebuild").err) == (0, "")
    assert json.loads(folder.run("show", DELTA, "--case").out)["after"]["html"] == before
    assert folder.state_of(DELTA)["capture"] != state, "the copy has moved, and the state says where to"
    assert folder.check(now="2026-06-12").told(DELTA)[:2] == ("ok", "same")


def test_copies_of_others_that_led_to_the_page_go_too(folder: Any, stage: Any) -> None:
    """DELTA had a page of its own, then redirected to ALPHA: its own page stays."""
    stage[ALPHA] = page(stage, "target")
    stage[DELTA] = stage.html("of its own")
    folder.article(DELTA, ALPHA, published=DAYS[0])
    folder.check("article.md", now=DAYS[0])
    stage[DELTA] = stage.redirect(ALPHA, 301)
    assert folder.check(now=DAYS[1]).source(DELTA)["final_url"] == ALPHA
    done = forget(folder, ALPHA, now=DAYS[1])
    assert done.code == 0
    assert done.out.endswith("2 captures taken out, 2 WARC files written anew\n")
    assert f"{DELTA} led to the page too" in done.err
    assert files_with(folder.root, MARK) == set()
    assert (folder.run("verify").code, folder.run("rebuild").err) == (0, "")
    assert folder.run("show", DELTA).out.count("HTTP 200") == 1
    assert folder.check(now=DAYS[2]).source(DELTA)["capture"] is None
    assert "warc" not in files_with(folder.root, MARK), "it still leads there, and is not kept"


def test_the_title_of_the_page_goes_where_it_was_handed_on(folder: Any, stage: Any) -> None:
    """DELTA led to ALPHA once and is dead since: what its last page was called is told with every later run."""
    stage[ALPHA] = page(stage, "target")
    stage[DELTA] = stage.redirect(ALPHA, 302)
    folder.article(DELTA, ALPHA, published=DAYS[0])
    folder.check("article.md", now=DAYS[0])
    stage[DELTA] = stage.html("gone", status=410)
    assert MARK in folder.check(now=DAYS[1]).source(DELTA)["title"]
    assert forget(folder, ALPHA, now=DAYS[1]).code == 0
    assert files_with(folder.root, MARK) == set()
    assert (folder.run("verify").code, folder.run("rebuild").err) == (0, "")
    assert files_with(folder.root, MARK) == set()


@pytest.mark.parametrize(
    "arguments", [[ALPHA], [ALPHA, "--reason", " "], ["http://alpha.example/else", "--reason", "x"]]
)
def test_nothing_happens_without_a_reason_or_a_source(lived: Any, arguments: list[str]) -> None:
    before = {path: path.read_bytes() for path in warcs(lived)}
    done = lived.run("forget", *arguments)
    assert (done.code, done.out) == (2, "")
    assert {path: path.read_bytes() for path in warcs(lived)} == before
    assert not (lived.root / "archive" / "decisions.jsonl").exists()


def test_a_misspelt_one_among_several_is_refused_and_all_stay(lived: Any) -> None:
    ran = forget(lived, ALPHA, f"{EPSILON}x")
    assert ran.code == 2
    assert f"{EPSILON}x" in ran.err
    assert files_with(lived.root, MARK) >= {"warc", "reports"}
    assert not (lived.root / "archive" / "decisions.jsonl").exists()


def test_forgetting_twice_is_not_an_error(lived: Any) -> None:
    forget(lived, ALPHA)
    again = forget(lived, ALPHA)
    assert (again.code, again.err) == (0, "")
    assert again.out == f"forgot {ALPHA}\n0 captures taken out, 0 WARC files written anew\n"
    assert lived.run("verify").code == 0


def test_reports_that_nothing_is_left_to_make_from_are_removed(lived: Any) -> None:
    """A fresh clone with the reports of another machine: there is no database and no WARC file of those runs."""
    for path in [*warcs(lived), *(lived.root / "archive").glob("archive.sqlite*")]:
        path.unlink()
    assert forget(lived, ALPHA).code == 0
    assert files_with(lived.root, MARK) == set()
    assert [line["url"] for line in map(json.loads, lived.state().splitlines())] == [EPSILON]


def warcs(folder: Any) -> list[Path]:
    return sorted((folder.root / "archive" / "warc").glob("*.warc.gz"))


def members(path: Path) -> dict[int, bytes]:
    """The gzip members of a WARC file, by offset."""
    from linkarchive.snapshot.record_reader import BadRecordError, walk

    data = path.read_bytes()
    with path.open("rb") as file:
        records = [item for item in walk(file, lambda record: None) if not isinstance(item, BadRecordError)]
    return {record.offset: data[record.offset : record.offset + length] for record, _, length in records}


def index_mimes(folder: Any) -> list[str]:
    lines = [line for path in (folder.root / "archive" / "indexes").iterdir() for line in path.read_text().splitlines()]
    return [json.loads(line.split(" ", 2)[2])["mime"] for line in lines]


class _SameEverywhere(dict[str, Any]):
    """What a web answers: one page at every address of ALPHA's host."""

    def get(self, url: str, default: Any = None) -> Any:
        return self[ALPHA] if url.startswith("http://alpha.example/") else super().get(url, default)


def test_the_same_page_at_a_made_up_address_goes_too(folder: Any, stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that shows one page everywhere is asked for an address that cannot be: the answer is the page."""
    stage[ALPHA] = page(stage, "first")
    folder.article(ALPHA, published=DAYS[0])
    folder.check("article.md", now=DAYS[0])
    monkeypatch.setattr(stage, "_pages", _SameEverywhere({**stage._pages, ALPHA: page(stage, "everywhere")}))
    assert folder.check(now=DAYS[1]).told(ALPHA)[:2] == ("dead", "soft-404")
    assert set(urls(folder)) > {ALPHA}, "the answer to the made-up address is kept"
    forget(folder, ALPHA)
    assert files_with(folder.root, MARK) == set()
    assert folder.run("verify").code == 0
    assert folder.run("rebuild").err == ""


def urls(folder: Any) -> list[str]:
    lines = [line for path in (folder.root / "archive" / "indexes").iterdir() for line in path.read_text().splitlines()]
    return [json.loads(line.split(" ", 2)[2])["url"] for line in lines]
