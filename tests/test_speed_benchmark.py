"""The speed benchmark measures what it says: its pages, its web, its figures (issue 6)."""

from __future__ import annotations

import base64
import importlib
import json
import re
import socket
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree

from linkarchive.judge.cases import judge_line

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
_ARTICLE = re.compile(rb"<article.*?</article>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Modules:
    limits: ModuleType
    measure: ModuleType
    pages: ModuleType
    plot: ModuleType
    table: ModuleType
    web: ModuleType


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> Modules:
    """The benchmark's modules: scripts beside each other, not a package."""
    if not (BENCHMARKS / "speed.py").is_file():
        pytest.skip("benchmarks/ is not part of this distribution")
    monkeypatch.syspath_prepend(BENCHMARKS)
    names = ("limits", "measure", "pages", "plot", "table", "web")
    return Modules(**{name: importlib.import_module(f"speed_{name}") for name in names})


def test_shares_are_exact_disjoint_and_always_the_same(speed: Modules) -> None:
    chosen = speed.web.shares(2000, dead=0.02, changed=0.02, noisy=0.30)
    assert [len(chosen.dead), len(chosen.changed), len(chosen.noisy)] == [40, 40, 600]
    assert len(chosen.dead | chosen.changed | chosen.noisy) == 680
    assert chosen == speed.web.shares(2000, dead=0.02, changed=0.02, noisy=0.30)
    assert chosen.dead == speed.web.shares(2000, dead=0.02, changed=0.5, noisy=0.0).dead


def test_pages_have_the_asked_sizes_and_all_differ(speed: Modules) -> None:
    pages = [speed.pages.page(number) for number in range(200)]
    assert len(set(pages)) == 200
    assert min(map(len, pages)) > 20_000
    assert max(map(len, pages)) < 155_000
    assert 58_000 < sum(map(len, pages)) / 200 < 72_000
    assert pages[7] == speed.pages.page(7)


def test_noise_leaves_the_article_alone_and_another_edition_does_not(speed: Modules) -> None:
    first, noisy, changed = speed.pages.page(3), speed.pages.page(3, noise=1), speed.pages.page(3, edition=1)
    assert first != noisy
    assert _ARTICLE.search(first)[0] == _ARTICLE.search(noisy)[0]
    before, after = speed.pages.paragraphs(3), speed.pages.paragraphs(3, edition=1)
    kept = sum(text in after for text in before)
    assert 0.4 < kept / len(before) < 0.6
    assert _ARTICLE.search(first)[0] != _ARTICLE.search(changed)[0]


@pytest.mark.parametrize(("rewrite", "verdict"), [({"noise": 1}, "ok"), ({"edition": 1, "noise": 1}, "drifted")])
def test_the_judge_sees_rewrites_as_what_they_are(speed: Modules, rewrite: dict[str, int], verdict: str) -> None:
    url = "http://127.0.1.1/story"

    def response(page: bytes) -> str:
        body = base64.b64encode(page).decode()
        return (
            f'{{"status": 200, "final_url": "{url}", "headers": {{"content-type": "text/html; charset=utf-8"}}, '
            f'"body_base64": "{body}"}}'
        )

    before, after = response(speed.pages.page(5)), response(speed.pages.page(5, **rewrite))
    answer = judge_line(f'{{"id": "x", "url": "{url}", "before": {before}, "after": {after}}}', 1)
    assert f'"verdict":"{verdict}"' in answer.replace(" ", "")


def test_a_rewrite_is_undone_with_the_time_that_the_etag_is_made_of(speed: Modules, tmp_path: Path) -> None:
    web = speed.web.Web(tmp_path, 50)
    web.write()
    files = {path: (path.read_bytes(), path.stat().st_mtime) for path in tmp_path.rglob("*.html")}
    assert len(files) == 49  # one of fifty is dead
    assert len((tmp_path / "urls.txt").read_text().split()) == 50
    chosen = web.rewrite(changed=0.02, noisy=0.30)
    rewritten = [path for path, (body, when) in files.items() if path.read_bytes() != body]
    assert len(rewritten) == len(chosen.changed | chosen.noisy) == 16
    assert all(path.stat().st_mtime != files[path][1] for path in rewritten)
    web.write()
    assert {path: (path.read_bytes(), path.stat().st_mtime) for path in files} == files


@pytest.mark.parametrize("latency", [0, 20])
def test_nginx_answers_with_etags_304s_and_404s_and_is_gone_afterwards(
    speed: Modules, tmp_path: Path, latency: int
) -> None:
    if reason := speed.web.can_serve(latency):
        pytest.skip(reason)
    web = speed.web.Web(tmp_path, 50, hosts=5, port=_free_port())
    web.write()
    validators = tmp_path / "validators.json"
    statuses: list[int] = []
    with speed.web.served(web, latency):
        speed.limits.prepare(web.urls, 8, validators)
        loop = speed.limits.Loop(8, lambda url, status, head, body: statuses.append(status), keep_body=False)
        known = json.loads(validators.read_text())
        assert loop.run((url, [f"If-None-Match: {known.get(url, 'x')}"]) for url in web.urls) == 50
        assert sorted(statuses) == [304] * 49 + [404]
        web.rewrite(changed=0.02, noisy=0.30)
        speed.limits.prepare(web.urls, 8, validators)
        fresh = json.loads(validators.read_text())
        assert sum(fresh[url] != known[url] for url in known) == 16
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(web.urls[1], timeout=5)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_cost_counts_the_memory_of_children(speed: Modules, tmp_path: Path) -> None:
    child = "import time; held = bytearray(80_000_000); time.sleep(0.6)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); sys.exit(3)"
    cost = speed.measure.measured([sys.executable, "-c", parent], tmp_path)
    assert cost.exit == 3
    assert 80 < cost.peak < 250
    assert cost.wall > 0.6
    assert cost.cpu > 0


def test_medians_ratios_and_demands(speed: Modules) -> None:
    def result(key: str, group: str, links: int, latency: int, *walls: float) -> object:
        rounds = tuple(speed.measure.Cost(wall, wall / 2, 50.0, 0) for wall in walls)
        return speed.table.Result(key, f"the {key}", group, links, latency, rounds)

    results = [
        result("ours-again", "re-check", 20_000, 0, 9.0, 2.0, 4.0),
        result("lychee", "check only", 20_000, 0, 5.0, 5.0, 5.0),
        result("ours-first", "first archive", 2000, 0, 2.0),
        result("limit-store", "first archive", 2000, 0, 0.5),
        result("wget-16", "first archive", 2000, 0, 11.0),
    ]
    found = {demand.what: demand for demand in speed.table.demands(results, {}, [])}
    assert [(round(demand.figure, 3), demand.met) for demand in found.values()] == [
        (0.8, True),  # 4 s, the median, of lychee's 5
        (0.1, True),  # 2 s of CPU for 20,000
        (4.0, False),
        (5.5, True),
    ]
    table = speed.table.table(results)
    assert "| the ours-again | 20,000 | 4.00 | 2.00 | 5,000 | 0.100 | 50 | 1.00 |" in table
    assert "| the lychee | 20,000 | 5.00 | 2.50 | 4,000 | 0.125 | 50 | 1.25 |" in table
    assert "**missed**" in speed.table.demand_table(list(found.values()))


def _scale() -> list[dict[str, object]]:
    def at(links: int, peak: float, cpu: float) -> dict[str, object]:
        cost = {"wall": cpu, "cpu": cpu, "peak": peak}
        size = {"warc": links / 100, "database": 1.0, "rest": 1.0}
        return {"links": links, "first": cost, "again": cost, "size_first_mb": size, "size_nights_mb": size}

    return [at(1000, 90.0, 1.0), at(10_000, 120.0, 10.0), at(100_000, 410.0, 115.0)]


def test_demands_on_a_hundred_thousand_links(speed: Modules) -> None:
    found = {demand.what: (round(demand.figure, 2), demand.met) for demand in speed.table.demands([], {}, _scale())}
    assert found["5. re-check of 100,000: peak MB"] == (410.0, False)
    assert found["5. re-check: CPU a link at 100,000 ÷ at 1,000"] == (1.15, True)
    assert "| 100,000 | 1.150 | 1.150 | 410 | 1.150 | 1.150 | 410 | 1,002.0 (" in speed.table.scale_table(_scale())


def test_the_stages_of_a_run_are_functions_that_there_are(speed: Modules) -> None:
    names = [name for stage in importlib.import_module("speed_stages").STAGES.values() for name in stage]
    for name in names:
        module, _, function = name.partition(":")
        assert callable(attrgetter(function)(importlib.import_module(f"linkarchive.{module}"))), name


def test_the_plot_is_svg_with_a_line_for_each_series(speed: Modules) -> None:
    drawn = etree.fromstring(speed.plot.plot(_scale()))
    space = {"svg": "http://www.w3.org/2000/svg"}
    assert len(drawn.findall(".//svg:g", space)) == 4
    lines = drawn.findall(".//svg:polyline", space)
    assert len(lines) == 8
    assert all(len(line.attrib["points"].split()) == 3 for line in lines)
    texts = [text.text for text in drawn.findall(".//svg:text", space)]
    assert texts.count("100,000") == 4
    assert "Peak memory of all processes, MB" in texts
