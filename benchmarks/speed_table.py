"""The figures of the speed benchmark: medians, ratios, what was asked of them, and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from speed_measure import Cost

GROUPS = {"check only": "ours-again", "re-check": "ours-again", "first archive": "ours-first"}
"""In which order they stand, and the row of ours that a group is compared with."""


@dataclass(frozen=True, slots=True)
class Result:
    """One row with one number of links and one latency."""

    key: str
    title: str
    group: str
    links: int
    latency: int
    rounds: tuple[Cost, ...]

    @property
    def wall(self) -> float:
        return median(cost.wall for cost in self.rounds)

    @property
    def cpu(self) -> float:
        return median(cost.cpu for cost in self.rounds)

    @property
    def peak(self) -> float:
        return median(cost.peak for cost in self.rounds)

    @property
    def rate(self) -> float:
        """Links a second."""
        return self.links / self.wall

    def as_json(self) -> dict[str, Any]:
        facts = {name: getattr(self, name) for name in ("key", "title", "group", "links", "latency")}
        facts |= {name: round(getattr(self, name), 4) for name in ("wall", "cpu", "peak", "rate")}
        rounds = [{"wall": cost.wall, "cpu": cost.cpu, "peak": cost.peak} for cost in self.rounds]
        return facts | {"rounds": rounds}


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that issue 6 asks for: `figure` against `bound`."""

    what: str
    figure: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound


def demands(results: Sequence[Result], started: dict[str, float], scale: Sequence[dict[str, Any]]) -> list[Demand]:
    """Each demand for which the rows were measured."""
    by_key = {(row.key, row.latency, row.links): row for row in results}
    measured: list[Demand] = []

    def of(key: str, latency: int, links: int = 2000) -> Result | None:
        return by_key.get((key, latency, links))

    def ratio(what: str, row: Result | None, other: Result | None, bound: float) -> None:
        if row and other:
            measured.append(Demand(what, row.wall / other.wall, bound))

    ours, lychee = of("ours-again", 0, 20_000), of("lychee", 0, 20_000)
    ratio("1. re-check of 20,000 unchanged at 0 ms: wall ÷ lychee's", ours, lychee, 0.9)
    if ours:
        measured.append(Demand("1. the same: CPU milliseconds a link", 1000 * ours.cpu / ours.links, 0.25))
    ours, lychee = of("ours-again", 0), of("lychee", 0)
    if ours and lychee and started:
        over = ours.wall - lychee.wall
        measured.append(
            Demand("1. re-check of 2,000 at 0 ms: seconds over lychee's ÷ start-up", over / started["twenty"], 1)
        )
    if started:
        measured.append(Demand("1. start-up: seconds of a re-check of 20 links", started["twenty"], 0.35))
    again, limit = of("ours-again", 200), of("limit-ask", 200)
    ratio("2. re-check of 2,000 at 200 ms: wall ÷ bare conditional loop's", again, limit, 1.1)
    ratio(
        "3. first archive of 2,000 at 200 ms: wall ÷ bare WARC loop's",
        of("ours-first", 200),
        of("limit-store", 200),
        1.15,
    )
    ratio("3. first archive of 2,000 at 0 ms: wall ÷ bare WARC loop's", of("ours-first", 0), of("limit-store", 0), 2.0)
    ours, wgets = of("ours-first", 0), of("wget-16", 0)
    if ours and wgets:
        measured.append(Demand("3. the same: 16 wgets' wall ÷ ours", wgets.wall / ours.wall, 5, at_least=True))
    ratio("4. 2 % changed, 30 % noise at 200 ms: wall ÷ unchanged re-check's", of("ours-changed", 200), again, 1.3)
    ours = of("ours-changed", 0)
    watchers = [row for row in results if row.key == "urlwatch" and row.latency == 0]
    if ours and watchers:
        measured.append(
            Demand("4. the same at 0 ms: links a second ÷ urlwatch's", ours.rate / watchers[0].rate, 2, True)
        )
    measured += _scale_demands({row["links"]: row for row in scale})
    if started:
        measured.append(Demand("6. `archive --help`: seconds", started["help"], 0.2))
        measured.append(Demand("6. re-check of an unchanged 20-link project: seconds", started["twenty"], 1.0))
    return measured


def _scale_demands(scale: dict[int, dict[str, Any]]) -> list[Demand]:
    measured = []
    few, many = scale.get(1000), scale.get(100_000)
    if many:
        for which, name in (("first", "first archive"), ("again", "re-check")):
            measured.append(Demand(f"5. {name} of 100,000: peak MB", many[which]["peak"], 400))
            if few:
                for figure in ("cpu", "wall"):
                    a_link = (many[which][figure] / 100_000) / (few[which][figure] / 1000)
                    name_of = "CPU" if figure == "cpu" else "wall"
                    measured.append(Demand(f"5. {name}: {name_of} a link at 100,000 ÷ at 1,000", a_link, 1.2))
    return measured


def table(results: Sequence[Result]) -> str:
    """A Markdown table for each number of links and latency."""
    parts = []
    for links, latency in sorted({(row.links, row.latency) for row in results if row.key.startswith(("ours", "lim"))}):
        parts.append(f"### {links:,} links, {latency} ms of think time\n")
        parts.append("| | links | wall s | CPU s | links/s | CPU ms/link | peak MB | wall a link ÷ ours |")
        parts.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        here = [row for row in results if row.latency == latency and _belongs(row, links, results)]
        for group, reference in GROUPS.items():
            own = next((row for row in here if row.key == reference), None)
            rows = [row for row in here if row.group == group]
            if rows:
                parts.append(f"| *{group}* | | | | | | | |")
            for row in sorted(rows, key=lambda row: row.wall / row.links):
                against = f"{(row.wall / row.links) / (own.wall / own.links):.2f}" if own else ""
                parts.append(
                    f"| {row.title} | {row.links:,} | {row.wall:.2f} | {row.cpu:.2f} | {row.rate:,.0f} "
                    f"| {1000 * row.cpu / row.links:.3f} | {row.peak:.0f} | {against} |"
                )
        parts.append("")
    return "\n".join(parts)


def _belongs(row: Result, links: int, results: Sequence[Result]) -> bool:
    """Rows with fewer links by nature stand beside the smallest number asked for."""
    sizes = {each.links for each in results if each.key.startswith(("ours", "lim")) and each.latency == row.latency}
    return row.links == links or (row.links not in sizes and links == min(sizes))


def scale_table(scale: Sequence[dict[str, Any]]) -> str:
    lines = [
        "| links | first: wall ms/link | CPU ms/link | peak MB | re-check: wall ms/link | CPU ms/link | peak MB "
        "| archive MB (WARC + database + rest) | after ten unchanged nights |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in scale:
        costs = [
            f"{1000 * row[which]['wall'] / row['links']:.3f} | {1000 * row[which]['cpu'] / row['links']:.3f} "
            f"| {row[which]['peak']:.0f}"
            for which in ("first", "again")
        ]
        sizes = [_size(row["size_first_mb"]), _size(row["size_nights_mb"])]
        lines.append(f"| {row['links']:,} | {' | '.join(costs)} | {' | '.join(sizes)} |")
    return "\n".join(lines) + "\n"


def _size(parts: dict[str, float]) -> str:
    return f"{sum(parts.values()):,.1f} ({' + '.join(f'{part:,.1f}' for part in parts.values())})"


def demand_table(measured: Sequence[Demand]) -> str:
    lines = ["| asked for | measured | bound | |", "| --- | ---: | ---: | --- |"]
    for row in measured:
        sign = "≥" if row.at_least else "≤"
        lines.append(f"| {row.what} | {row.figure:.2f} | {sign} {row.bound:g} | {'met' if row.met else '**missed**'} |")
    return "\n".join(lines) + "\n"
