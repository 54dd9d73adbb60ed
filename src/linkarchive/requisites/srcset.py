"""Lists of candidates (`srcset`, HTML §4.8.4.3), and those that a browser loads in a wide window."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import tinycss2

FEW = 3
"""So many candidates are taken all."""
WIDTH, HEIGHT, LETTER = 1280.0, 800.0, 16.0
"""Pixels of the window for which a candidate is chosen, and of its font."""
DENSITIES = (1.0, 2.0)

_NOT_OF_A_DESK = frozenset(
    {("orientation", "portrait"), ("prefers-color-scheme", "dark"), ("prefers-reduced-motion", "reduce"),
     ("hover", "none"), ("pointer", "coarse"), ("display-mode", "standalone")}
)  # fmt: skip
_DESCRIPTOR = re.compile(r"(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)([wxh])")
_SPACE = " \t\n\f\r"


@dataclass(frozen=True, slots=True)
class Candidate:
    address: str
    width: float | None = None
    """Pixels."""
    density: float | None = None


def candidates(srcset: str) -> list[Candidate]:
    """The candidates of a `srcset`, in its order; an address may hold commas, as those of image services do."""
    images: list[Candidate] = []
    rest = srcset
    while rest := rest.lstrip(_SPACE + ","):
        end = next((place for place, letter in enumerate(rest) if letter in _SPACE), len(rest))
        address, rest = rest[:end], rest[end:]
        descriptors = ""
        if address.endswith(","):
            address = address.rstrip(",")
        else:
            descriptors, rest = _until_comma(rest)
        if address:
            images.append(_candidate(address, descriptors))
    return images


def chosen(srcset: str, sizes: str = "") -> list[str]:
    """The addresses that a browser loads in a wide window, on a plain and on a fine screen; of few, all."""
    listed = candidates(srcset)
    if len(listed) <= FEW:
        return [candidate.address for candidate in listed]
    slot = _slot(sizes)
    by_density = sorted(
        ((candidate.width / slot if candidate.width else candidate.density or 1.0, candidate) for candidate in listed),
        key=lambda pair: pair[0],
    )
    return list(dict.fromkeys(_at(by_density, density) for density in DENSITIES))


def _at(by_density: list[tuple[float, Candidate]], target: float) -> str:
    """The address that Chromium chooses for a screen of the density `target`: the next denser one, unless the one
    before is nearer by the geometric mean."""
    for place, (density, candidate) in enumerate(by_density):
        if density >= target:
            before = by_density[place - 1] if place else None
            if before is not None and target < (before[0] * density) ** 0.5:
                return before[1].address
            return candidate.address
    return by_density[-1][1].address


def _until_comma(rest: str) -> tuple[str, str]:
    """The descriptors before the next comma that is not in parentheses, and what comes after it."""
    depth = 0
    for place, letter in enumerate(rest):
        if letter == "," and depth == 0:
            return rest[:place], rest[place + 1 :]
        depth += (letter == "(") - (letter == ")" and depth > 0)
    return rest, ""


def _candidate(address: str, descriptors: str) -> Candidate:
    width = density = None
    for word in descriptors.split():
        match = _DESCRIPTOR.fullmatch(word)
        if match is not None and match[2] == "w":
            width = float(match[1])
        elif match is not None and match[2] == "x":
            density = float(match[1])
    return Candidate(address, width, density)


# --- sizes ---------------------------------------------------------------------------------------


def is_shown(media: str) -> bool:
    """Whether a media query list holds in the window, as far as we can tell."""
    query: list[Any] = []
    for token in [*tinycss2.parse_component_value_list(media, skip_comments=True), None]:
        if token is not None and not (token.type == "literal" and token.value == ","):
            query += [token] if token.type != "whitespace" else []
            continue
        if all(_holds(part) for part in query):
            return True
        query = []
    return False


def _slot(sizes: str) -> float:
    """Pixels that the picture is wide in the window: the first of `sizes` whose condition holds."""
    entry: list[Any] = []
    for token in [*tinycss2.parse_component_value_list(sizes, skip_comments=True), None]:
        if token is not None and not (token.type == "literal" and token.value == ","):
            entry.append(token)
            continue
        words = [part for part in entry if part.type != "whitespace"]
        if words and all(_holds(part) for part in words[:-1]):
            length = _pixels(words[-1])
            if length is not None:
                return max(length, 1.0)
        entry = []
    return WIDTH


def _holds(token: Any) -> bool:
    """Whether a condition of a media query holds; True for one that we do not know."""
    if token.type != "() block":
        return token.type != "ident" or token.lower_value not in ("not", "print")
    words = [part for part in token.content if part.type != "whitespace"]
    if len(words) != 3 or words[0].type != "ident":
        return True
    length = _pixels(words[2])
    if length is None:
        return (words[0].lower_value, getattr(words[2], "lower_value", "")) not in _NOT_OF_A_DESK
    have = {"min-width": WIDTH - length, "max-width": length - WIDTH, "min-height": HEIGHT - length}
    return have.get(words[0].lower_value, length - HEIGHT if words[0].lower_value == "max-height" else 0.0) >= 0


def _pixels(token: Any) -> float | None:
    """A length in CSS pixels; None if it is no length, or depends on what we do not know."""
    if token.type == "number" and token.value == 0:
        return 0.0
    if token.type != "dimension":
        return None
    unit = {"px": 1.0, "em": LETTER, "rem": LETTER, "vw": WIDTH / 100, "vh": HEIGHT / 100}.get(token.lower_unit)
    return None if unit is None else float(token.value) * unit
