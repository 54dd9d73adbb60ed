"""Cost and size against the number of links, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_WIDTH, _HEIGHT = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 26, 34, 34
_COLOURS = {"first archive": "#1f5fa8", "re-check, unchanged": "#c2571a", "after ten unchanged nights": "#c2571a"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: a line a name, points of (links, value)."""

    title: str
    lines: dict[str, list[tuple[int, float]]]


def panels(scale: Sequence[dict[str, Any]]) -> list[Panel]:
    def costs(what: str, factor: float, per_link: bool) -> dict[str, list[tuple[int, float]]]:
        names = {"first archive": "first", "re-check, unchanged": "again"}
        return {
            name: [(size["links"], factor * size[key][what] / (size["links"] if per_link else 1)) for size in scale]
            for name, key in names.items()
        }

    sizes = {"first archive": "size_first_mb", "after ten unchanged nights": "size_nights_mb"}
    return [
        Panel("CPU, milliseconds a link", costs("cpu", 1000, True)),
        Panel("Wall, milliseconds a link", costs("wall", 1000, True)),
        Panel("Peak memory of all processes, MB", costs("peak", 1, False)),
        Panel(
            "Archive, kilobytes a link",
            {
                name: [(size["links"], 1000 * sum(size[key].values()) / size["links"]) for size in scale]
                for name, key in sizes.items()
            },
        ),
    ]


def plot(scale: Sequence[dict[str, Any]]) -> str:
    """The panels, two in a row."""
    drawn = panels(scale)
    height = -(-len(drawn) // 2) * _HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _WIDTH} {height}" width="{2 * _WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="11" role="img">',
        "<title>Cost of archive check against the number of links</title>",
        f'<rect width="{2 * _WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for number, panel in enumerate(drawn):
        parts.append(f'<g transform="translate({number % 2 * _WIDTH} {number // 2 * _HEIGHT})">')
        parts += [*_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> list[str]:
    points = [point for line in panel.lines.values() for point in line]
    few, many = min(links for links, _ in points), max(links for links, _ in points)
    top = _ceiling(max(value for _, value in points))

    def x(links: int) -> float:
        span = math.log(many / few) or 1.0
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * math.log(links / few) / span

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / top

    parts = [f'<text x="{_LEFT}" y="18" font-size="13" font-weight="bold">{escape(panel.title)}</text>']
    for step in range(5):
        value = top * step / 4
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    for links in sorted({links for links, _ in points}):
        parts.append(f'<text x="{x(links):.1f}" y="{_HEIGHT - 16}" text-anchor="middle">{links:,}</text>')
    for row, (name, line) in enumerate(panel.lines.items()):
        colour = _COLOURS[name]
        path = " ".join(f"{x(links):.1f},{y(value):.1f}" for links, value in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x(links):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"><title>{escape(name)}, {links:,} '
            f"links: {value:.3g}</title></circle>"
            for links, value in line
        ]
        parts.append(
            f'<text x="{_WIDTH - _RIGHT}" y="{_TOP + 4 + 14 * row}" text-anchor="end" fill="{colour}">'
            f"{escape(name)}</text>"
        )
    return parts


def _ceiling(value: float) -> float:
    """The next number of 1, 2, 4, 6, 8 times a power of ten, so that four steps have short names."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 4, 6, 8, 10) if power * step >= value * 1.001 or step == 10)
