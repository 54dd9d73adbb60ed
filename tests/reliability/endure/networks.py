"""Nine days in each kind of broken network, and a clock that jumps: nothing of it is put down to the web."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
from msgspec import structs

from linkarchive.web.network import Hosts

from .lab import Lab, Ran
from .oracle import complaints
from .trial import Trial
from .web import NETWORKS, URLS

_DAYS = {False: 9, True: 3}
_CA, _CLOCK = "ca that nobody knows", "clock ahead"


def trials(lab: Lab, part: str, short: bool, share: int, shares: int) -> Iterator[Trial]:
    names = ("portal",) if short else (*NETWORKS, _CA, _CLOCK)[share::shares]
    for name in names:
        urls = [url.replace("http:", "https:") for url in URLS] if name == _CA else URLS
        root = lab.copy("new")
        (root / "article.md").write_text("\n\n".join(f"As [it]({url}) has it." for url in urls))
        lab.weather()
        lab.run(root, "check", "article.md", "-q", now="2026-01-18")
        before = lab.run(root, "check", "--format", "json", now="2026-01-19")
        wrong = _clock(lab, root) if name == _CLOCK else broken(lab, root, name, _DAYS[short])
        lab.weather()
        after = lab.run(root, "check", "--format", "json", now="2026-02-19")
        if _verdicts(before) != _verdicts(after):
            wrong.append(f"{_verdicts(after)}, and before {_verdicts(before)}")
        lab.remove(root)
        yield Trial("networks", name, "days", "", wrong, 1 if name == _CLOCK else _DAYS[short])


def broken(lab: Lab, root: Path, name: str, days: int) -> list[str]:
    """What is wrong in a folder after days in such a network."""
    wrong = []
    lab.weather(network="" if name == _CA else name)
    patch, environ = lab.patch, lab.environ
    if name.startswith("dns"):
        lab.patch = _from_one_address
    if name == _CA:
        lab.environ = {**environ, "SSL_CERT_FILE": certifi.where()}
    state = _state(root)
    for day in range(20, 20 + days):
        ran = lab.run(root, "check", "--format", "json", now=f"2026-01-{day}")
        wrong += complaints(ran, name)
        report = json.loads(ran.out)
        run = report["run"]
        if (ran.code, run["network"], report["sources"]) != (3, name.split()[0], []):
            wrong.append(f"day {day}: exit code {ran.code}, network {run['network']}, {report['notices'][:1]}")
    lab.patch, lab.environ = patch, environ
    if _state(root) != state:
        wrong.append("the state is another one")
    return wrong


def _from_one_address() -> None:
    """As if there were no proxy, behind which the address of a host is not known."""
    real = Hosts.saw

    def saw(self: Hosts, url: str, visit: Any, page: Any, before: Any) -> None:
        exchanges = tuple(structs.replace(exchange, ip="203.0.113.7") for exchange in visit.exchanges)
        real(self, url, structs.replace(visit, exchanges=exchanges), page, before)

    Hosts.saw = saw  # type: ignore[method-assign] # for this trial's process alone


def _state(root: Path) -> bytes:
    return (root / "archive" / "state.jsonl").read_bytes()


def _clock(lab: Lab, root: Path) -> list[str]:
    """One run ten years ahead: the next run, in the present, visits everything, and says so."""
    ahead = lab.run(root, "check", "-q", now="2036-01-20")
    due = lab.run(root, "check", "--due", "--format", "json", now="2026-02-01")
    wrong = [*complaints(ahead, "ahead"), *complaints(due, "back")]
    report = json.loads(due.out)
    if not report["sources"]:
        wrong.append("nothing is visited after a run in the future")
    if not any("future" in notice for notice in report["notices"]):
        wrong.append(f"nothing is said of the clock: {report['notices']}")
    return wrong


def _verdicts(ran: Ran) -> dict[str, tuple[str, str, int]]:
    sources = json.loads(ran.out)["sources"]
    return {source["url"]: (source["verdict"], source["reason"], source["strikes"]) for source in sources}
