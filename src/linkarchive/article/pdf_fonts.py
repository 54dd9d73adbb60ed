"""How wide the characters of a PDF's font are (ISO 32000-1, 9.6.2.1 and 9.7.4.3)."""

from __future__ import annotations

import re
from typing import Any

_USUAL, _FIXED = 500.0, 600.0
_SECTION = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_CHAR = re.compile(rb"<([0-9A-Fa-f\s]+)>\s*<([0-9A-Fa-f\s]+)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f\s]+)>\s*<([0-9A-Fa-f\s]+)>\s*(?:<([0-9A-Fa-f\s]+)>|\[([^\]]*)\])")
_WIDEST_RANGE = 65_536


class FontWidths:
    """The widths of one font's characters, in thousandths of an em."""

    def __init__(self, font: Any) -> None:
        get = font.get if hasattr(font, "get") else {}.get
        self._usual = _FIXED if "Courier" in str(get("/BaseFont")) else _USUAL
        self._widths: dict[str, float] = {}
        try:
            if get("/DescendantFonts") is not None:
                self._composite(font)
            elif get("/Widths") is not None and get("/FirstChar") is not None:
                first = int(get("/FirstChar"))
                for place, width in enumerate(get("/Widths").get_object()):
                    self._widths[chr(first + place)] = float(width)
        except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError):
            pass  # a damaged font table: the usual width will do

    def of(self, text: str) -> list[float]:
        """The width of each character; the usual one where the font does not tell."""
        return [self._widths.get(char) or self._usual for char in text]

    def _composite(self, font: Any) -> None:
        descendant = font["/DescendantFonts"].get_object()[0].get_object()
        self._usual = float(descendant.get("/DW", 1000))
        by_glyph = dict(_glyph_widths(descendant.get("/W")))
        unicode = font.get("/ToUnicode")
        if unicode is None:
            return
        for glyph, text in _to_unicode(unicode.get_object().get_data()):
            width = by_glyph.get(glyph, self._usual)
            for char in text:  # of a ligature each has its part
                self._widths.setdefault(char, width / len(text))


def _glyph_widths(table: Any) -> list[tuple[int, float]]:
    """`c [w1 w2 …]` and `first last w`."""
    widths: list[tuple[int, float]] = []
    items = [item.get_object() for item in table.get_object()] if table is not None else []
    at = 0
    while at + 1 < len(items):
        first, second = int(items[at]), items[at + 1]
        if isinstance(second, list):
            widths += [(first + place, float(width.get_object())) for place, width in enumerate(second)]
            at += 2
        elif at + 2 < len(items):
            last = min(int(second), first + _WIDEST_RANGE)
            widths += [(glyph, float(items[at + 2])) for glyph in range(first, last + 1)]
            at += 3
        else:
            break
    return widths


def _to_unicode(data: bytes) -> list[tuple[int, str]]:
    """The glyphs and their texts of a ToUnicode map."""
    pairs: list[tuple[int, str]] = []
    for kind, body in _SECTION.findall(data):
        if kind == b"bfchar":
            pairs += [(int(code, 16), _text(text)) for code, text in _CHAR.findall(body)]
            continue
        for first, last, start, texts in _RANGE.findall(body):
            codes = range(int(first, 16), min(int(last, 16), int(first, 16) + _WIDEST_RANGE) + 1)
            if start:
                whole = _text(start)
                pairs += [(code, whole[:-1] + chr(ord(whole[-1:]) + code - codes[0])) for code in codes if whole]
            else:
                each = re.findall(rb"<([0-9A-Fa-f\s]+)>", texts)
                pairs += [(code, _text(text)) for code, text in zip(codes, each, strict=False)]
    return pairs


def _text(digits: bytes) -> str:
    packed = bytes.fromhex(re.sub(rb"\s", b"", digits).decode("ascii"))
    return packed.decode("utf-16-be", "replace")
