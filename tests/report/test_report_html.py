"""The HTML report: safe, complete, accessible in its structure, and alive in a real browser."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from msgspec.structs import replace

from linkarchive.model import Difference, DiffRow, Loss, Reason, Report
from linkarchive.report.formats import View
from linkarchive.report.html import render_html
from linkarchive.report.passages import said_and_says
from linkarchive.report.sanitize import address


@pytest.fixture
def page(report: Report, differences: Mapping[str, Difference]) -> BeautifulSoup:
    return BeautifulSoup(render_html(report, View(differences=differences)), "lxml")


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_policy_allows_this_pages_own_style_and_script_only(page: BeautifulSoup) -> None:
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src '{digest(page.style.string)}'" in policy
    assert f"script-src '{digest(page.script.string)}'" in policy
    assert "unsafe" not in policy
    assert len(page.find_all("script")) == len(page.find_all("style")) == 1


def test_nothing_comes_from_outside(page: BeautifulSoup) -> None:
    assert not page.find_all(["img", "iframe", "object", "embed", "video", "audio", "base", "source"])
    assert not page.find_all(src=True)
    assert not page.find_all(style=True)
    assert [link["href"] for link in page.find_all("link")] == ["data:,"]
    assert "url(" not in page.style.string
    assert "@import" not in page.style.string


def test_links_lead_to_web_pages_and_tell_them_nothing(page: BeautifulSoup) -> None:
    links = [link for link in page.find_all("a") if link["href"] != "#findings"]
    assert len(links) > 20
    for link in links:
        assert link["href"].startswith(("http://", "https://"))
        assert link["rel"] == ["noreferrer", "noopener"]
    assert "javascript:alert(1)" in page.get_text()


def test_headings_go_down_one_level_at_a_time(page: BeautifulSoup) -> None:
    levels = [int(heading.name[1]) for heading in page.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_landmarks_names_and_ids(page: BeautifulSoup) -> None:
    assert page.html["lang"] == "en"
    assert page.main["id"] == page.find("a", class_="skip")["href"].lstrip("#")
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for tag in page.find_all(attrs={"aria-labelledby": True}):
        assert tag["aria-labelledby"] in ids
    for field in page.form.find_all(["input", "select"]):
        assert page.find("label", attrs={"for": field["id"]})


def test_every_finding_is_there_with_its_citation(page: BeautifulSoup, report: Report) -> None:
    found = page.select("article:has(> .url)")
    articles = {element.find(class_="url").get_text(strip=True): element for element in found}
    for source in report.sources:
        if source.result.verdict.is_finding and source.ignored is None:
            article = articles[address(source.result.url)]
            assert article["data-verdict"] == source.result.verdict
            assert article.find("blockquote").get_text(strip=True)
    marked = articles["https://news.example/talks"].mark
    assert marked.get_text() == "tough negotiations"
    assert len(page.select("#unresolved article")) == 2
    assert len(page.select("#fine tbody tr")) == 5


def test_a_finding_says_which_detail_is_gone(report: Report) -> None:
    finding = next(source for source in report.findings if source.result.lost)
    result = replace(finding.result, reason=Reason.DETAIL_LOST, lost=(Loss("figure", "14.6 percent"),))
    page = render_html(replace(report, sources=(replace(finding, result=result),)))
    assert "drifted: figure gone<" in page


def test_foreign_text_has_its_own_direction_and_language(page: BeautifulSoup) -> None:
    for quote in page.find_all("blockquote"):
        assert (quote["dir"], quote["lang"]) == ("auto", "")
    for cell in page.select(".difference td:not([colspan])"):
        assert (cell["dir"], cell["lang"]) == ("auto", "")


def test_a_difference_shows_both_sides_and_marks_what_changed(page: BeautifulSoup) -> None:
    table = page.select_one("#new-3 .difference table")
    assert [head.get_text() for head in table.find_all("th")] == [
        "Wayback Machine, 13 May 2021",
        "our visit, 23 November 2026",
    ]
    changed = table.select_one("tr.changed")
    assert changed.find("del").get_text() == "no equal conditions, no union"
    assert changed.find("ins").get_text() == "agree on most points"
    assert "trade" in table.select_one("tr.removed del").get_text().lower()


def test_a_lost_figure_stands_beside_the_one_that_is_there_now() -> None:
    row = DiffRow(
        "changed",
        (("The bridge costs ", False), ("41", True), (".", False), ("6", True), (" million crowns, he said.", False)),
        (("The bridge costs ", False), ("58", True), (".", False), ("2", True), (" million crowns, he said.", False)),
    )
    difference = Difference("https://a.example/", "then", "now", 0.9, (row,))
    lost = (Loss("figure", "41.6 million crowns"), Loss("quote", "never on the page"), Loss("anchor", "part"))
    assert said_and_says(lost, difference) == [
        ("41.6 million crowns", "58.2 million crowns"),
        ("never on the page", ""),
    ]
    assert said_and_says(lost[:1], None) == [("41.6 million crowns", "")]


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    digits = color * 2 if len(color) == 3 else color
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_have_the_contrast_that_readers_need(page: BeautifulSoup, theme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", page.style.string, re.DOTALL)[theme]
    colors = dict(re.findall(r"--(\w+): #([0-9a-f]+);", block))
    pairs = [(ink, paper) for ink in ("ink", "soft", "link") for paper in ("paper", "sheet")]
    pairs += [(tone, "paper") for tone in ("dead", "drifted", "moved", "unresolved", "unseen", "ok")]
    pairs += [("ink", mark) for mark in ("mark", "del", "ins", "hair")] + [("paper", "ink")]
    for front, back in pairs:
        light, dark = sorted((luminance(colors[front]), luminance(colors[back])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (front, back)  # WCAG 2.2 AA


def test_hostile_text_in_every_field_stays_text(poisoned: Report, differences: Mapping[str, Difference]) -> None:
    first = poisoned.sources[0].result.url
    html = render_html(
        poisoned, View(differences={first: differences["https://user:secret@files.example/報告?api_key=hunter2"]})
    )
    page = BeautifulSoup(html, "lxml")
    assert len(page.find_all("script")) == 1
    assert not page.find_all("img")
    assert not [name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")]
    assert all(char == "\n" or char.isprintable() or char == "\u00a0" for char in html)
    assert "\\u202egnp.exe" in page.get_text()
    assert "{{ 7 * 7 }}" in page.get_text()


# --- in a browser ------------------------------------------------------------------


@pytest.fixture
def chromium(tmp_path: Path) -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine: the page's script is not tried")
    return found


def opened(chromium: str, url: str, profile: Path) -> tuple[BeautifulSoup, list[str]]:
    """The page as it stands after its script ran, and what it wrote to the console."""
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--enable-logging=stderr", "--dump-dom", url,
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return BeautifulSoup(result.stdout, "lxml"), [line for line in result.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.long
def test_the_page_opens_without_errors_and_filters(
    chromium: str, tmp_path: Path, poisoned: Report, report: Report, differences: Mapping[str, Difference]
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_html(report, View(differences=differences)), encoding="utf-8")
    page, console = opened(chromium, f"{path.as_uri()}#verdict=drifted&q=ministry", tmp_path / "profile")
    assert console == []
    assert not page.form.has_attr("hidden")
    shown = [element["id"] for element in page.select("article.finding:not([hidden])")]
    assert shown == ["new-3"]
    assert page.select_one("[role=status]").get_text() == "1 of 13 shown"
    assert page.select_one("#standing").has_attr("hidden")
    assert not page.select_one("#new").has_attr("hidden")

    path.write_text(render_html(poisoned), encoding="utf-8")
    page, console = opened(chromium, path.as_uri(), tmp_path / "profile")
    assert console == []
    assert len(page.select("article.finding:not([hidden])")) == 13


_RENDER = """
from datetime import UTC, datetime
from linkarchive.model import Report, RunInfo
from linkarchive.report.html import render_html
now = datetime(2026, 11, 23, tzinfo=UTC)
print(render_html(Report(RunInfo("run", now, now, True, False, False, "0.1.0"), (), (), ())))
"""


@pytest.mark.long
def test_compiled_templates_are_kept_and_a_damaged_one_is_made_again(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(tmp_path)

    def render() -> str:
        return subprocess.run(
            [sys.executable, "-c", _RENDER], capture_output=True, text=True, check=True, env=env
        ).stdout

    first = render()
    compiled = {path: path.read_bytes() for path in tmp_path.rglob("*jinja*") if path.parent.name == "report"}
    assert len(compiled) == 3
    for path, data in compiled.items():
        path.write_bytes(data[: len(data) // 2])
    assert render() == first
    assert {path: path.read_bytes() for path in compiled} == compiled
