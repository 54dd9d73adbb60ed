"""Eight weeks of runs against servers that answer oddly: whoever answers is alive, whoever is silent dies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from linkarchive.demo.wire import Request, Reset, Response

URL = "http://alpha.example/report"
OTHER = "http://beta.example/report"
WEEKS = [f"2026-{month:02}-{day:02}T06:00:00Z" for month in (1, 2) for day in (4, 11, 18, 25)]


def _coded(coding: str) -> Callable[[Any], Callable[[Request], Response]]:
    def page(stage: Any) -> Callable[[Request], Response]:
        html = stage.html("alpha").body
        return lambda _: Response(html, headers=(("Content-Encoding", coding),), compress=False)

    return page


def _status(status: int, body: bytes = b"") -> Callable[[Any], Response]:
    return lambda stage: Response(body or stage.html("alpha").body, status)


ANSWERS: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "alpha": (_coded("utf-8"), True),
    "beta": (_coded("aws-chunked"), True),
    "gamma": (_coded("br"), True),
    "delta": (_status(202), True),
    "epsilon": (_status(300), True),
    "zeta": (_status(503), True),
    "eta": (_status(503, b"<!-- for automated access write to us --><title>Sorry</title><p>Go back.</p>"), True),
    "theta": (lambda _: Response(b"", 302, headers=(("Location", "itms-apps://apps.example/1"),)), True),
    "iota": (lambda _: Response(b"", 302, headers=(("Location", "http://iota.example/report"),)), True),
    "kappa": (lambda _: Reset(), False),
    "lambda": (_status(500, b"<h1>Internal error</h1>"), False),
}
"""What a host answers, and whether it is alive."""


@pytest.mark.long
def test_whoever_answers_is_never_dead_by_strikes(folder: Any, stage: Any) -> None:
    urls = {host: f"http://{host}.example/report" for host in ANSWERS}
    for host, (answer, _) in ANSWERS.items():
        stage[urls[host]] = answer(stage)
    stage["http://mu.example/report"] = stage.html("mu")
    folder.article(*urls.values(), "http://mu.example/report")
    runs = [folder.check("article.md", now=now) for now in WEEKS]
    verdicts = {host: {ran.source(url)["verdict"] for ran in runs} for host, url in urls.items()}
    assert {host: "dead" not in verdicts[host] for host in ANSWERS} == {
        host: alive for host, (_, alive) in ANSWERS.items()
    }


def test_a_page_that_only_https_has_in_two_runs_has_moved_there(folder: Any, stage: Any) -> None:
    secure = URL.replace("http:", "https:")
    folder.article(URL, OTHER)
    stage[OTHER] = stage.html("beta")
    stage[URL] = page = stage.html("alpha")
    kept = ("verdict", "reason", "suggested_url", "changed")
    days = []

    def check(now: str) -> Any:
        source = folder.check("article.md", now=now).source(URL)
        days.append(tuple(source[name] for name in kept))
        return source

    check(WEEKS[0])
    stage[URL], stage[secure] = Reset(), page
    for now in WEEKS[1:4]:
        source = check(now)
    assert days == [
        ("ok", "first-seen", None, "none"),
        ("ok", "same", None, "none"),
        ("moved", "redirect", secure, "new"),
        ("moved", "redirect", secure, "still"),
    ]
    assert source["evidence"][0] == f"nobody answers on http, in two runs; the page is at {secure}"
    stage[URL] = page
    assert check(WEEKS[4])["verdict"] == "ok"
