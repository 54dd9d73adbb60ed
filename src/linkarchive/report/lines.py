"""Lines of text for a terminal. Widths and indents are in cells, of which some letters take two or none."""

from __future__ import annotations

import re

# Not rich, whose import and console take 40 ms of a run that is over in 300.
import click

_ATTRIBUTES = ("bold", "dim", "underline")

# Letters, punctuation and our own signs that take one cell each (Unicode 16, EastAsianWidth.txt: not W, F or Mn).
_NARROW = re.compile("[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u21ff≠✓✗◌▣]*")


class Lines:
    """Collects the lines of a text for a terminal of some width (at least 40 cells), with or without colour."""

    def __init__(self, width: int, color: bool) -> None:
        self.width = max(width, 40)
        self._color = color
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """All lines so far, each with its line end."""
        return "".join(f"{line}\n" for line in self._lines)

    def blank(self) -> None:
        """Add an empty line, unless the last one is empty or there is none."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def styled(self, text: str, style: str) -> str:
        """The text with the codes of a style: attributes and at most one colour ("bold red"), if there is colour."""
        if not (self._color and style and text):
            return text
        names = style.split()
        color = next((name for name in names if name not in _ATTRIBUTES), None)
        return click.style(text, fg=color, **{name: True for name in names if name in _ATTRIBUTES})

    def say(self, text: str, *, indent: int = 0, style: str = "", bullet: str = "", bullet_style: str = "") -> None:
        """Add a sentence, wrapped; a word that is longer than the line stays whole. `bullet_style` is that of its first
        line."""
        margin = indent + len(bullet)
        first, *others = wrap(text, self.width - margin)
        self._lines.append(self.styled(" " * indent + bullet + first, bullet_style or style))
        self._lines += (" " * margin + self.styled(line, style) for line in others)

    def whole(self, line: str, indent: int = 0) -> None:
        """Add a line that is never broken."""
        self._lines.append(" " * indent + line)

    def labelled(self, label: str, text: str) -> None:
        """Add a text that is never broken: after its label, or on the next line if there is no room for both."""
        if cells(label) + 1 + cells(text) <= self.width:
            self.whole(f"{label} {text}")
        else:
            self.whole(label)
            self.whole(text, indent=2)

    def address(self, url: str | None, indent: int = 2, style: str = "underline") -> None:
        """Add an address or a command on a line of its own, never broken; nothing if there is none."""
        if url:
            self._lines.append(" " * indent + self.styled(url, style))

    def heading(self, title: str, number: int) -> None:
        """Add a blank line and the title, with the number of what stands below it; nothing if that is 0."""
        if number:
            self.blank()
            self._lines.append(self.styled(f"{title} ({number:,})", "bold"))


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of whole words, each at most `width` cells unless one word is longer. (The standard textwrap
    counts characters.)"""
    lines: list[str] = []
    room = -1
    for word in text.split(" "):
        size = cells(word)
        if size < room:
            lines[-1] += f" {word}"
            room -= size + 1
        else:
            lines.append(word)
            room = width - size
    return lines


def wrapped(text: str, width: int) -> str:
    """The text with each of its lines wrapped to `width` cells; what is wrapped keeps the indent of its line."""
    lines: list[str] = []
    for part in text.split("\n"):
        margin = " " * (len(part) - len(part.lstrip(" ")))
        lines += (margin + line for line in wrap(part.removeprefix(margin), width - len(margin)))
    return "\n".join(lines)


def cells(text: str) -> int:
    """How many cells a terminal needs to show the text."""
    if _NARROW.fullmatch(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def pad(text: str, width: int) -> str:
    """The text with spaces up to `width` cells."""
    return text + " " * (width - cells(text))


def clip(text: str, width: int) -> str:
    """The text in at most `width` cells; a longer one is cut and ends with “…”."""
    if cells(text) <= width:
        return text
    while text and cells(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def clip_start(text: str, width: int) -> str:
    """The text in at most `width` cells; a longer one loses its beginning and starts with “…”."""
    return text if cells(text) <= width else f"…{clip(text[::-1], width)[-2::-1]}"


def bare(url: str) -> str:
    """An address as people say it: without https:// and www."""
    return url.removeprefix("https://").removeprefix("http://").removeprefix("www.")


def short_address(url: str, width: int) -> str:
    """An address in at most `width` cells, to be recognised by, not copied: without https://, and with “…” in place of
    its middle, or of the beginning of a long host: pages of one host are told apart by their ends."""
    text = bare(url)
    if cells(text) <= width or not text.isascii():
        return clip(text, width)
    host, _, path = text.partition("/")
    room = width - len(host) - 2
    if room >= 8:
        return f"{host}/…{path[-room:]}"
    return clip_start(text, width) if path and width >= 16 else clip(text, width)


_ASCII = str.maketrans(
    {"✗": "x", "≠": "!", "→": ">", "◌": "~", "▣": "#", "✓": "+", "–": "-", "—": "-", "…": "...", "“": '"', "”": '"',
     "‘": "'", "’": "'", "•": "*", "·": "-", "\u00a0": " "}
)  # fmt: skip


def ascii_only(text: str) -> str:
    """The text for a terminal without Unicode: ASCII for our own signs, `\\u…` for every other letter."""
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")
