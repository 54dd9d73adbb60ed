"""What three workers of a hub come to is what a check in a folder comes to."""

from __future__ import annotations

from typing import Any

import pytest
from fleet_rig import Hub, Web, comparable

from linkarchive.demo.wire import Reset

PAGES = [f"http://h{host}.example/{page}" for host in range(40) for page in range(8)]
DAYS = ("2026-01-05", "2026-01-13")
QUICK = {"ARCHIVE_NETWORK_PROCESSES": "1"}


def publish(web: Web, stage: Any, edition: str) -> None:
    """Pages of which some change, move, die, come back or never answer."""
    for number, url in enumerate(PAGES):
        seed = f"{url} {edition}" if number % 9 == 2 else url
        web.pages[url] = stage.html(seed, ad=edition if number % 3 else "", etag=f'"{seed}"' if number % 2 else None)
    for host in range(40):
        site = f"http://h{host}.example"
        match host % 8:
            case 0:
                web.pages[f"{site}/0"] = stage.redirect(f"http://h{host + 1}.example/0")
            case 1:
                web.pages[f"{site}/1"] = stage.html("gone", status=404)
            case 2:
                web.pages[f"{site}/2"] = Reset()
            case 3:
                web.pages[f"{site}/3"] = stage.html("gone", status=404) if edition == "now" else stage.html(f"{site}/3")
            case 4:
                web.pages[f"{site}/4"] = (
                    stage.html("gone", status=410) if edition == "then" else stage.html(f"{site}/4")
                )
            case 5:
                web.pages[f"{site}/5"] = stage.redirect("http://target.example/moved", 301)
            case 6:
                web.pages[f"{site}/6"] = stage.html("sign in", status=403)
            case 7:
                web.pages[f"{site}/7"] = stage.redirect(f"{site}/7")


def write(folder: Any, pages: list[str]) -> None:
    folder.article(*pages[:200], name="essays/early.md", published="2021-05-12")
    folder.article(*pages[120:], name="essays/late.md", published="2025-11-01")
    folder.write("links.txt", "articles essays\n")


def differences(alone: dict[str, Any], together: dict[str, Any]) -> list[Any]:
    """The parts of two reports that are not the same."""
    pairs: list[Any] = []
    assert alone.keys() == together.keys()
    for name, part in alone.items():
        if isinstance(part, list):
            urls = [[entry.get("url", entry.get("path")) for entry in entries] for entries in (part, together[name])]
            assert set(urls[0]) ^ set(urls[1]) == set(), name
            assert len(part) == len(together[name])
            pairs += [pair for pair in zip(part, together[name], strict=True) if pair[0] != pair[1]]
        elif part != together[name]:
            pairs.append((part, together[name]))
    return pairs


def differing(alone: dict[str, Any], together: dict[str, Any]) -> list[str]:
    """The same, shown: what of which source."""
    return [
        f"{left['url']} {name}: {left[name]} / {right[name]}" if "url" in left else f"{left} / {right}"
        for left, right in differences(alone, together)
        for name in (left if "url" in left else [""])
        if not name or left[name] != right[name]
    ]


@pytest.mark.long
def test_of_hundreds_of_links_over_two_weeks(hub: Hub, web: Web, stage: Any) -> None:
    alone = hub.folder("alone", ARCHIVE_HUB_DATABASE="", ARCHIVE_HUB_SHELF="", **QUICK)
    together = hub.project("together")
    for folder in (alone, together):
        write(folder, PAGES)
    for day, edition in zip(DAYS, ("then", "now"), strict=True):
        publish(web, stage, edition)
        check = alone.check(now=day)
        assert check.code == 1, check.err
        pushed = together.run("push", now=day)
        assert pushed.code == 0, pushed
        hub.work(3, now=f"{day}T06:00:00Z")
        report = together.run("report", "--format", "json", now=day)
        assert report.code in (0, 1), report
        assert report.json["run"]["complete"]
        assert differing(comparable(check.json), comparable(report.json)) == []
    summary = report.json["summary"]
    assert min(summary["ok"], summary["drifted"], summary["dead"], summary["moved"], summary["blocked"]) >= 5
