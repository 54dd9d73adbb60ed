"""Speed beside other programs and beside the limits, on one local web, in alternating rounds.

    python benchmarks/speed.py                                     2,000 links, 0 and 200 ms, three rounds
    python benchmarks/speed.py --links 2000 20000                  further numbers of links: at the first latency,
                                                                   without the programs that are slow by nature
    python benchmarks/speed.py --scale                             also the plot: 1,000, 10,000 and 100,000 links
    python benchmarks/speed.py --only 'ours*' lychee 'limit*' --rounds 1

Writes results.json, table.md and, with --scale, plot.svg into --output, where the pages (66 KB a link) and the
peers' environment stay for the next time. Needs nginx and its Lua module (Debian: nginx-light,
libnginx-mod-http-lua); lychee, linkchecker and urlwatch are installed from the Python registry, wget is Debian's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import speed_ours
import speed_peers
from speed_measure import Cost
from speed_plot import plot
from speed_rows import Row, RunError, Stage, limits
from speed_table import Result, demand_table, demands, scale_table, table
from speed_web import Web, WebError, address, can_serve, served

SCALE = (1_000, 10_000, 100_000)
_ORDER = [
    *("limit-download", "lychee", "ours-first", "ours-first-two", "limit-store", "wget-16"),
    *("limit-ask", "ours-again", "ours-again-two", "linkchecker"),
    *("wget", "urlwatch", "ours-polite", "linkchecker-shipped", "ours-changed"),
]
"""Who is compared with whom stands close together."""


@dataclass(slots=True)
class Findings:
    """What was measured so far; all of it is told even when the benchmark is stopped."""

    results: list[Result] = field(default_factory=list)
    started: dict[str, float] = field(default_factory=dict)
    scale: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)
        _say(text)


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if reason := can_serve(max(options.latency)):
        print(f"nothing was measured: {reason}", file=sys.stderr)
        return 2
    options.output.mkdir(parents=True, exist_ok=True)
    findings = Findings()
    programs = None
    if any(fnmatch(key, pattern) for key in _ORDER for pattern in options.only if not key.startswith(("ours", "lim"))):
        programs, missing = speed_peers.install(options.peers or options.output / "peers")
        findings.notes += missing
    try:
        _measure(options, programs, findings)
    except (WebError, RunError, KeyboardInterrupt) as error:
        findings.note(f"stopped before the end: {error!r}")
    _write(options, programs, findings)
    return 1 if any(note.startswith("stopped") for note in findings.notes) else 0


def _measure(options: argparse.Namespace, programs: Path | None, findings: Findings) -> None:
    rows = _rows(programs, options.only)
    port = _free_port()
    for size_number, links in enumerate(options.links):
        web = Web(options.output / "web", links, options.hosts, port)
        _say(f"writing {links:,} pages")
        web.write()
        if not size_number and any(row.key.startswith("ours") for row in rows):
            with _work(options) as folder, served(web):
                findings.started |= speed_ours.start_up(web, folder, max(5, options.rounds))
        for latency in options.latency[:1] if size_number else options.latency:
            taking_part = [row for row in rows if row.scales or not size_number]
            _rounds(options, web, latency, taking_part, programs, findings)
    for links in options.sizes if options.scale else ():
        _say(f"{links:,} links: the first archive and {speed_ours.NIGHTS} nights")
        web = Web(options.output / "web", links, options.hosts, port)
        web.write()
        with _work(options) as folder:
            findings.scale.append(speed_ours.scaled(web, folder / "scaled", options.connections, options.rounds))
            _say(json.dumps(findings.scale[-1]))


def _rounds(
    options: argparse.Namespace, web: Web, latency: int, rows: list[Row], programs: Path | None, findings: Findings
) -> None:
    costs: dict[str, list[Cost]] = {}
    failed: set[str] = set()
    try:
        with served(web, latency):
            for number in range(options.rounds):
                what = f"{web.links:,} links, {latency} ms, round {number + 1}"
                with _work(options) as folder:
                    stage = Stage(web, latency, options.connections, folder, programs)
                    for row in rows:
                        if row.key in failed or (row.once and number):
                            continue
                        try:
                            cost = row.run(stage, row.links(web.links, latency))
                        except RunError as error:
                            failed.add(row.key)
                            findings.note(f"{what}: {row.title} is left out: {error}")
                            continue
                        costs.setdefault(row.key, []).append(cost)
                        _say(f"{what}: {row.key} {cost.wall:.2f} s, CPU {cost.cpu:.2f} s, {cost.peak:.0f} MB")
                    for note in stage.notes:
                        findings.note(f"{what}: {note}")
    finally:
        findings.results += [
            Result(row.key, row.title, row.group, row.links(web.links, latency), latency, tuple(costs[row.key]))
            for row in rows
            if row.key in costs and row.key not in failed
        ]


@contextmanager
def _work(options: argparse.Namespace) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="work-", dir=options.output))
    # linkchecker gives up root's rights and has to read its settings all the same
    folder.chmod(0o755)
    try:
        yield folder.resolve()
    finally:
        shutil.rmtree(folder)


def _rows(programs: Path | None, only: list[str]) -> list[Row]:
    rows = [*limits(), *speed_ours.ours(), *(speed_peers.peers(programs) if programs else ())]
    chosen = [row for row in rows if any(fnmatch(row.key, pattern) for pattern in only)]
    return sorted(chosen, key=lambda row: _ORDER.index(row.key))


def _write(options: argparse.Namespace, programs: Path | None, findings: Findings) -> None:
    measured = demands(findings.results, findings.started, findings.scale)
    facts = {
        "machine": _machine(),
        "versions": speed_peers.versions(programs) if programs else {},
        "hosts": options.hosts,
        "connections": options.connections,
        "rounds": options.rounds,
        "results": [result.as_json() for result in findings.results],
        "start_up": findings.started,
        "scale": findings.scale,
        "demands": [{"what": d.what, "figure": d.figure, "bound": d.bound, "met": d.met} for d in measured],
        "notes": findings.notes,
    }
    (options.output / "results.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
    text = _text(facts, table(findings.results), demand_table(measured), findings.scale)
    (options.output / "table.md").write_text(text, encoding="utf-8")
    if findings.scale:
        (options.output / "plot.svg").write_text(plot(findings.scale), encoding="utf-8")
    if options.document:
        _document(options.document, text, findings.scale)
    print(text)


def _document(page: Path, text: str, scale: list[dict[str, Any]]) -> None:
    """Put the tables between the two marks of a page, and the plot beside it."""
    before, _, rest = page.read_text(encoding="utf-8").partition("<!-- measured -->\n")
    _, _, after = rest.partition("<!-- /measured -->")
    picture = "![Cost against the number of links](images/speed.svg)\n\n" if scale else ""
    section = f"<!-- measured -->\n{text.rstrip()}\n\n{picture}<!-- /measured -->"
    page.write_text(f"{before}{section}{after}", encoding="utf-8")
    if scale:
        (page.parent / "images" / "speed.svg").write_text(plot(scale), encoding="utf-8")


def _free_port() -> int:
    """Below the range that the system gives to clients."""
    for port in range(8201, 8300):
        with socket.socket() as probe:
            if probe.connect_ex((address(0), port)):
                return port
    raise WebError("no port between 8201 and 8299 is free")


def _machine() -> dict[str, Any]:
    processors = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": processors[0] if processors else platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "commit": commit.stdout.strip(),
    }


def _text(facts: dict[str, Any], rows: str, asked: str, scale: list[dict[str, Any]]) -> str:
    machine, versions = facts["machine"], facts["versions"]
    peers = ", ".join(f"{name} {version}" for name, version in versions.items())
    parts = [
        f"{machine['cores']} cores ({machine['processor']}) shared with nginx, Python {machine['python']}, "
        f"{facts['hosts']} hosts, {facts['connections']} connections, medians of {facts['rounds']} rounds at "
        f"revision {machine['commit'] or 'unknown'}{'; ' + peers if peers else ''}.\n",
        rows,
    ]
    if scale:
        parts.append(f"### Cost against the number of links, 0 ms\n\n{scale_table(scale)}")
    parts.append(f"### What was asked for\n\n{asked}")
    if facts["start_up"]:
        start = facts["start_up"]
        parts.append(f"`archive --help` {start['help']:.2f} s; re-check of 20 links {start['twenty']:.2f} s.\n")
    return "\n".join([*parts, *(f"- {note}" for note in facts["notes"])]) + "\n"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, nargs="+", default=[2000])
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--connections", type=int, default=128, help="at a time, for all who take part")
    parser.add_argument("--latency", type=int, nargs="+", default=[0, 200], help="think time in milliseconds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=["*"], metavar="NAMES", help=f"of {', '.join(_ORDER)}")
    parser.add_argument("--scale", action="store_true", help="also measure against the number of links")
    parser.add_argument("--sizes", type=int, nargs="+", default=SCALE, help="numbers of links for --scale")
    parser.add_argument("--output", type=Path, default=Path(tempfile.gettempdir()) / "linkarchive-speed", metavar="DIR")
    parser.add_argument("--peers", type=Path, metavar="DIR", help="environment of the peers (default: in --output)")
    parser.add_argument("--document", type=Path, metavar="PAGE", help="also put the tables into docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
