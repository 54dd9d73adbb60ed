"""`archive import` with the files of other programs: wget, warcio, py-wacz, pywb, SingleFile; by hand for ArchiveBox.

A program that is not on this machine is named by the test that is skipped for it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

URL = "http://alpha.example/harbour/notes"
LATER = "2040-01-05"
"""After the files that programs make while the test runs."""
THEN = "2021-05-13T09:12:44Z"

Make = Callable[[Any, Any, Path], Path]


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed here")
    return path


def run(folder: Any, place: Path, *command: str) -> None:
    """A program, with the stage as its web."""
    done = subprocess.run(
        command, cwd=place, env={**folder.env(None, {}), "HOME": str(place)}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 8), f"{command}: {done.stdout}{done.stderr}"  # 8: wget had a 404 among its answers


def by_warcio(foreign: Any, folder: Any, place: Path) -> Path:
    path = place / "crawl.warc.gz"
    path.write_bytes(foreign.written([(URL, page("then"))]))
    return path


def by_wget_warc(foreign: Any, folder: Any, place: Path) -> Path:
    run(folder, place, tool("wget"), "-q", "--warc-file=crawl", URL)
    return place / "crawl.warc.gz"


def by_wget_mirror(foreign: Any, folder: Any, place: Path) -> Path:
    run(folder, place, tool("wget"), "-q", "-mk", "-l1", URL)
    return place / "alpha.example"


def by_py_wacz(foreign: Any, folder: Any, place: Path) -> Path:
    warc = by_warcio(foreign, folder, place)
    run(folder, place, tool("wacz"), "create", "-f", str(warc), "-o", "crawl.wacz")
    return place / "crawl.wacz"


def by_pywb(foreign: Any, folder: Any, place: Path) -> Path:
    warc = by_warcio(foreign, folder, place)
    run(folder, place, tool("wb-manager"), "init", "harbour")
    run(folder, place, tool("wb-manager"), "add", "harbour", str(warc))
    return place / "collections" / "harbour"


def by_singlefile(foreign: Any, folder: Any, place: Path) -> Path:
    proxy = folder.environ["http_proxy"]
    arguments = json.dumps(["--no-sandbox", f"--proxy-server={proxy}"])
    run(
        folder, place, tool("single-file"), URL, "page.html", f"--browser-args={arguments}",
        f"--browser-executable-path={tool('chromium')}",
    )  # fmt: skip
    return place / "page.html"


def by_archivebox(foreign: Any, folder: Any, place: Path) -> Path:
    snapshot = place / "box" / "archive" / "1620897164.0"
    snapshot.mkdir(parents=True)
    result = {"status": "succeeded", "start_ts": "2021-05-13T09:12:44.120000+00:00", "output": "output.html"}
    index = {"url": URL, "timestamp": "1620897164.0", "schema": "Link", "history": {"dom": [result]}}
    (snapshot / "index.json").write_text(json.dumps(index))
    (snapshot / "output.html").write_bytes(page("then"))
    return place / "box"


MAKERS: tuple[Make, ...] = (
    by_warcio, by_wget_warc, by_wget_mirror, by_py_wacz, by_pywb, by_singlefile, by_archivebox
)  # fmt: skip


_PROSE: dict[str, bytes] = {}


def page(seed: str) -> bytes:
    return _PROSE[seed]


@pytest.fixture(autouse=True)
def prose(stage: Any) -> None:
    for seed in ("then", "now", "other"):
        _PROSE[seed] = stage.html(seed).body


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere"
    path.mkdir()
    return path


def links(folder: Any, *urls: str, published: str = "2021-05-12") -> None:
    lines = "\n".join(f"{url}    a source" for url in urls)
    folder.write("links.txt", f"[essay.md]\npublished = {published}\n{lines}\n")


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_capture_of_another_program_is_the_baseline(
    make: Make, foreign: Any, folder: Any, stage: Any, place: Path
) -> None:
    stage[URL] = stage.html("then")
    links(folder, URL)
    path = make(foreign, folder, place)
    imported = folder.run("import", str(path), now=LATER)
    assert (imported.code, imported.err) == (0, "")
    assert re.match(r"import-\S+: 1 capture of 1 source\n", imported.out)
    stage[URL] = stage.html("now")
    report = folder.check(now=LATER)
    source = report.source(URL)
    assert (source["verdict"], source["baseline"]["origin"]) == ("drifted", "imported")
    if make in (by_warcio, by_py_wacz, by_pywb, by_archivebox):
        assert source["baseline"]["time"].startswith(THEN[:-1])
    assert folder.run("verify", now=LATER).code == 0
    shown = folder.run("show", URL, now=LATER).out
    assert "imported" in shown
    rebuilt = folder.run("rebuild", now=LATER)
    assert (rebuilt.code, rebuilt.err) == (0, "")
    assert "1 import" in rebuilt.out
    assert folder.run("report", "--format", "json", now=LATER).out == report.out
    again = folder.run("import", str(path), now=LATER)
    assert "has them already" in again.out


def test_an_import_is_no_run(foreign: Any, folder: Any, stage: Any, place: Path) -> None:
    stage[URL] = stage.html("then")
    links(folder, URL)
    first = folder.check(now=LATER)
    assert folder.run("import", str(by_warcio(foreign, folder, place)), now=LATER).code == 0
    assert folder.run("report", "--format", "json", now=LATER).out == first.out
    assert "no run" in folder.run("report", "--run", imports(folder)[0], now=LATER).err
    assert folder.run("verify", now=LATER).code == 0
    second = folder.check(now="2040-01-06")
    assert second.source(URL)["baseline"]["origin"] == "live", "a baseline that is set stays"


def imports(folder: Any) -> list[str]:
    return [path.stem for path in (folder.root / "archive" / "manifests").glob("import-*.json")]


def test_a_set_baseline_is_replaced_by_a_decision_alone(foreign: Any, folder: Any, stage: Any, place: Path) -> None:
    stage[URL] = stage.html("now")
    links(folder, URL)
    assert folder.check(now=LATER).source(URL)["verdict"] == "ok"
    rebased = folder.run("import", "--rebase", str(by_warcio(foreign, folder, place)), now=LATER)
    assert "1 citation compared" in rebased.out
    [decision] = map(json.loads, (folder.root / "archive" / "decisions.jsonl").read_text().splitlines())
    assert (decision["action"], decision["url"], decision["capture_time"]) == ("rebase", URL, THEN)
    shown = folder.run("show", URL, now=LATER)
    assert shown.code == 0
    assert re.search(r"2040-01-05T\S+  rebased +by .* for essay\.md: compared with the capture of import-", shown.out)
    report = folder.check(now="2040-01-06")
    assert report.source(URL)["verdict"] == "drifted"
    assert report.source(URL)["baseline"]["origin"] == "imported"
    assert folder.run("rebuild", now="2040-01-06").code == 0
    assert folder.check(now="2040-01-07").source(URL)["baseline"]["origin"] == "imported"
    assert folder.run("verify", now="2040-01-07").code == 0


def test_records_are_copied_as_they_are(foreign: Any, folder: Any, stage: Any, place: Path) -> None:
    from warcio.archiveiterator import ArchiveIterator

    links(folder, URL)
    path = by_warcio(foreign, folder, place)
    assert folder.run("import", str(path), now=LATER).code == 0

    def records(file: Path) -> list[tuple[Any, ...]]:
        with file.open("rb") as stream:
            return [
                (record.rec_headers.get_header("WARC-Date"), record.http_headers.to_bytes(), record.raw_stream.read())
                for record in ArchiveIterator(stream)
                if record.rec_type == "response"
            ]

    [copied] = (folder.root / "archive" / "warc").glob("import-*.warc.gz")
    assert records(copied) == records(path)


def test_what_is_no_source_is_counted_and_left_out(foreign: Any, folder: Any, stage: Any, place: Path) -> None:
    links(folder, URL)
    others = [(f"http://beta.example/{number}", page("other")) for number in range(3)]
    path = place / "much.warc.gz"
    path.write_bytes(foreign.written([*others, (URL, page("then"))]))
    assert "3 other pages left out" in folder.run("import", str(path), now=LATER).out
    assert folder.captures() == 1
    nothing = folder.run("import", str(path), now=LATER)
    assert "1 capture left out: the archive has them already" in nothing.out
    assert len(imports(folder)) == 1, "nothing was kept, so there is nothing to be sealed"
    kept = folder.run("import", "--all", str(path), now=LATER)
    assert "3 other pages kept" in kept.out
    assert folder.captures() == 4
    assert folder.run("verify", now=LATER).code == 0
    assert folder.run("export", "--wacz", str(place / "out.wacz"), now=LATER).code == 0
    assert folder.run("verify", "--wacz", str(place / "out.wacz"), now=LATER).code == 0
    assert folder.run("rebuild", now=LATER).code == 0
    stage[URL] = stage.html("now")
    assert folder.check(now=LATER).source(URL)["baseline"]["origin"] == "imported"


def test_redirects_lead_to_the_page_of_a_source(foreign: Any, folder: Any, stage: Any, place: Path) -> None:
    old = "http://alpha.example/old"
    links(folder, old)
    moved = foreign.written([(old, b"")], headers=[("Location", "/harbour/notes")], status="301 Moved")
    path = place / "moved.warc.gz"
    path.write_bytes(foreign.written([(URL, page("then"))]) + moved)
    assert "1 capture of 1 source" in folder.run("import", str(path), now=LATER).out
    stage[old] = stage.html("now")
    baseline = folder.check(now=LATER).source(old)["baseline"]
    assert (baseline["origin"], baseline["time"][:19]) == ("imported", THEN[:-1])
    shown = folder.run("show", old, now=LATER).out
    assert "HTTP 200" in shown
    assert folder.run("verify", now=LATER).code == 0


def test_a_revisit_brings_what_it_repeats(foreign: Any, folder: Any, stage: Any, place: Path) -> None:
    first = "http://beta.example/first"
    links(folder, URL)
    data = foreign.written_revisit(first, URL, page("then"))
    path = place / "revisit.warc.gz"
    path.write_bytes(data)
    imported = folder.run("import", str(path), now=LATER)
    assert (imported.err, "1 capture of 1 source" in imported.out) == ("", True)
    assert folder.run("verify", now=LATER).code == 0
    stage[URL] = stage.html("now")
    report = folder.check(now=LATER)
    assert report.source(URL)["baseline"]["origin"] == "imported"
    assert report.source(URL)["similarity"] is not None
    assert folder.run("rebuild", now=LATER).code == 0
    assert folder.run("verify", now=LATER).code == 0
    alone = place / "alone.warc.gz"
    alone.write_bytes(foreign.written_revisit(first, URL + "/2", page("then"), alone=True))
    links(folder, URL, URL + "/2")
    lost = folder.run("import", str(alone), now=LATER)
    assert "repeats a record that is not in what is imported" in lost.err
    assert folder.run("verify", now=LATER).code == 0


def test_an_error_page_is_kept_and_nothing_is_compared_with_it(
    foreign: Any, folder: Any, stage: Any, place: Path
) -> None:
    links(folder, URL)
    path = place / "gone.warc.gz"
    path.write_bytes(foreign.written([(URL, b"<title>Not found</title>")], status="404 Not Found"))
    assert "no baseline" in folder.run("import", str(path), now=LATER).out
    stage[URL] = stage.html("now")
    source = folder.check(now=LATER).source(URL)
    assert (source["verdict"], source["baseline"]["origin"]) == ("ok", "live")


def test_an_imported_page_can_be_forgotten(foreign: Any, folder: Any, stage: Any, place: Path) -> None:
    other = "http://alpha.example/other"
    links(folder, URL, other)
    path = place / "two.warc.gz"
    path.write_bytes(foreign.written([(URL, page("then")), (other, page("other"))]))
    assert folder.run("import", str(path), now=LATER).code == 0
    assert folder.run("forget", URL, "--reason", "asked to", now=LATER).code == 0
    assert folder.run("verify", now=LATER).code == 0
    again = folder.run("import", str(path), now=LATER)
    assert "0 captures" in again.out, "what is forgotten is not brought back"
    stage[other] = stage.html("now")
    assert folder.check(now=LATER).source(other)["baseline"]["origin"] == "imported"


def test_a_damaged_file_costs_itself(foreign: Any, folder: Any, stage: Any, place: Path) -> None:
    other = "http://alpha.example/other"
    links(folder, URL, other)
    data = foreign.written([(URL, page("then")), (other, page("other"))], packed=False)
    (place / "changed.warc").write_bytes(data.replace(b"</html>", b"</HTML>", 1))
    with zipfile.ZipFile(place / "bad.wacz", "w") as archive:
        archive.writestr("../../links.txt", "http://evil.example/")
        archive.writestr("archive/x.warc.gz", data[: len(data) // 3])
    ran = folder.run("import", "../elsewhere/changed.warc", "../elsewhere/bad.wacz", now=LATER)
    assert ran.code == 0
    assert "1 capture of 1 source" in ran.out
    assert "digest" in ran.err
    assert "Traceback" not in ran.err
    assert "evil" not in folder.links()
    assert folder.run("verify", now=LATER).code == 0


def test_ids_of_others_take_no_place_of_ours(foreign: Any, folder: Any, stage: Any, place: Path) -> None:
    stage[URL] = stage.html("then")
    links(folder, URL)
    folder.check(now="2039-01-05")
    [ours] = (folder.root / "archive" / "warc").glob("*.warc.gz")
    ids = re.findall(rb"WARC-Record-ID: (\S+)", subprocess.check_output(["gzip", "-dc", ours]))
    path = place / "claims.warc.gz"
    path.write_bytes(foreign.written([(URL, page("other"))], fields={"WARC-Record-ID": ids[1].decode()}))
    assert "1 capture" in folder.run("import", str(path), now=LATER).out
    assert folder.run("verify", now=LATER).code == 0


def test_what_cannot_be_imported_is_refused(folder: Any, place: Path) -> None:
    links(folder, URL)
    (place / "notes.txt").write_text("nothing of ours")
    ran = folder.run("import", "../elsewhere/notes.txt", now=LATER)
    assert ran.code == 2
    assert "nothing that can be imported" in ran.err
    assert folder.run("import", "missing.warc.gz", now=LATER).code == 2
    (folder.root / "links.txt").unlink()
    (place / "page.warc").write_bytes(b"WARC/1.0\r\n")
    assert "links.txt" in folder.run("import", "../elsewhere/page.warc", now=LATER).err


def test_files_of_a_mirror_have_the_time_of_their_pages(folder: Any, stage: Any, place: Path) -> None:
    links(folder, URL)
    path = place / "mirror" / "alpha.example" / "harbour" / "notes"
    path.parent.mkdir(parents=True)
    path.write_bytes(page("then"))
    moment = datetime(2021, 5, 13, 9, 12, 44, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    assert folder.run("import", "../elsewhere/mirror", now=LATER).code == 0
    stage[URL] = stage.html("now")
    assert folder.check(now=LATER).source(URL)["baseline"]["time"] == THEN
    warc = next((folder.root / "archive" / "warc").glob("import-*.warc.gz"))
    facts = subprocess.check_output(["gzip", "-dc", warc])
    assert b"WARC-Type: resource" in facts
    assert b'"claimed":true' in facts
