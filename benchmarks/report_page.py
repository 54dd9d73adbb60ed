"""How long the HTML report takes to open in Chromium, and how many screens it has.

`python benchmarks/report_page.py` prints a line for each size: sources, findings, megabytes, seconds until the page is
loaded and laid out, screens of 1440 × 900. It needs Chromium, chromedriver and selenium.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linkarchive.model import (
    REASONS,
    ArticleReport,
    Change,
    CitationResult,
    Reason,
    Report,
    Result,
    RunInfo,
    SourceReport,
    Verdict,
)
from linkarchive.report.html import render_html

SIZES = ((50, 50), (200, 200), (5_000, 200))
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
_FINDINGS = (Verdict.DEAD, Verdict.DRIFTED, Verdict.MOVED, Verdict.BLOCKED, Verdict.UNREACHABLE)
_WORDS = ("harbour", "tide", "ledger", "lantern", "survey", "council", "ferry", "channel", "timber", "museum")


def report_of(sources: int, findings: int) -> Report:
    """A report of that size, its findings of all kinds."""
    dice = random.Random(sources)
    run = RunInfo("20261123T060000Z-0000", NOW, NOW, True, False, False, "0")
    articles = tuple(ArticleReport(f"essay-{n}.md", f"Essay {n}", None, None, None, 20, 0, 0) for n in range(20))
    return Report(run, articles, tuple(_source(number, number < findings, dice) for number in range(sources)), ())


def _source(number: int, is_finding: bool, dice: random.Random) -> SourceReport:
    verdict = dice.choice(_FINDINGS) if is_finding else Verdict.OK
    reason = dice.choice(sorted(REASONS[verdict])) if is_finding else Reason.SAME
    url = f"https://site-{number % 90}.example/{'/'.join(dice.choices(_WORDS, k=3))}/{number}"
    text = " ".join(dice.choices(_WORDS, k=4))
    context = " ".join(dice.choices(_WORDS, k=25))
    cited = CitationResult(
        article=f"essay-{number % 20}.md", line=number, url=url, text=text, context=f"{context} {text}.",
        recovered=False, recovery_confidence=None, verdict=verdict, baseline=None, similarity=None, lost=(),
        accepted=None, reason=reason, confidence=0.9, evidence=(),
    )  # fmt: skip
    result = Result(
        url=url, verdict=verdict, reason=reason, confidence=0.9, confirmed=False,
        evidence=(" ".join(dice.choices(_WORDS, k=12)), " ".join(dice.choices(_WORDS, k=9))), also=(), since=NOW,
        last_ok=None, strikes=0, first_strike=None, last_strike=None, status=200, final_url=url, hops=(),
        similarity=0.5, lost=(), baseline=None, capture=None, last_good=None, archived_url=None, archive_note=None,
        suggested_url=None, citations=(cited,), title=" ".join(dice.choices(_WORDS, k=6)).capitalize(),
    )  # fmt: skip
    return SourceReport(result, Change.NEW if is_finding else Change.NONE, None, NOW)


def browser() -> Any:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1440,900"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def main() -> None:
    driver = browser()
    try:
        print(f"{'sources':>8} {'findings':>8} {'MB':>6} {'opens in s':>10} {'screens':>8}")
        for sources, findings in SIZES:
            html = render_html(report_of(sources, findings))
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "index.html"
                path.write_text(html, encoding="utf-8")
                times = []
                for _ in range(4):  # the first warms the browser up
                    driver.get("about:blank")
                    begun = time.monotonic()
                    driver.get(path.as_uri())  # until the load event
                    height = driver.execute_script("return document.documentElement.scrollHeight")  # and its layout
                    times.append(time.monotonic() - begun)
                seconds = min(times[1:])
            print(f"{sources:>8,} {findings:>8,} {len(html) / 1e6:>6.2f} {seconds:>10.2f} {height / 900:>8.1f}")
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
