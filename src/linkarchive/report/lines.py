"""Lines of text for a terminal: sentences that wrap, and what is never broken; cells rather than characters."""

from __future__ import annotations

import re

# Not rich, whose import and console take 40 ms of a run that is over in 300.
import click

_ATTRIBUTES = ("bold", "dim", "underline")

# Letters, punctuation and our own signs that take one cell each (Unicode 16, EastAsianWidth.txt: not W, F or Mn).
_NARROW = re.compile("[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u21ff≠✓✗◌▣]*")


class Lines:
    """Lines under way to a terminal of some width, with or without colour."""

    def __init__(self, width: int, color: bool) -> None:
        self.width = max(width, 40)
        self._color = color
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)

    def blank(self) -> None:
        """An empty line, unless the last one is empty already or there is none."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def styled(self, text: str, style: str) -> str:
        """The text with its colour and attributes ("bold red")."""
        if not (self._color and style and text):
            return text
        names = style.split()
        color = next((name for name in names if name not in _ATTRIBUTES), None)
        return click.style(text, fg=color, **{name: True for name in names if name in _ATTRIBUTES})

    def say(self, text: str, *, indent: int = 0, style: str = "", bullet: str = "", bullet_style: str = "") -> None:
        """A sentence, wrapped; a word longer than the line stays whole. Its first line has the style of the bullet."""
        margin = indent + len(bullet)
        first, *others = wrap(text, self.width - margin)
        self._lines.append(self.styled(" " * indent + bullet + first, bullet_style or style))
        self._lines += (" " * margin + self.styled(line, style) for line in others)

    def whole(self, line: str, indent: int = 0) -> None:
        """A line that is never broken."""
        self._lines.append(" " * indent + line)

    def labelled(self, label: str, text: str) -> None:
        """A text that is never broken, after its label; on the next line where there is no room for both."""
        if cells(label) + 1 + cells(text) <= self.width:
            self.whole(f"{label} {text}")
        else:
            self.whole(label)
            self.whole(text, indent=2)

    def address(self, url: str | None, indent: int = 2, style: str = "underline") -> None:
        """An address or a command on a line of its own, never broken."""
        if url:
            self._lines.append(" " * indent + self.styled(url, style))

    def heading(self, title: str, number: int) -> None:
        """A blank line and the title with its number; nothing where there is none."""
        if number:
            self.blank()
            self._lines.append(self.styled(f"{title} ({number:,})", "bold"))


def wrap(text: str, width: int) -> list[str]:
    """Lines of whole words; the standard textwrap does not know cells."""
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
    """The text with each of its lines broken between words; what follows stands as far in as its beginning."""
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
    """The text in at most `width` cells: the end of a longer one is “…”."""
    if cells(text) <= width:
        return text
    while text and cells(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def clip_start(text: str, width: int) -> str:
    """The text in at most `width` cells: the beginning of a longer one is “…”."""
    return text if cells(text) <= width else f"…{clip(text[::-1], width)[-2::-1]}"


def bare(url: str) -> str:
    """An address as people say it: without https:// and www."""
    return url.removeprefix("https://").removeprefix("http://").removeprefix("www.")


def short_address(url: str, width: int) -> str:
    """An address in at most `width` cells to be recognised by, not copied: without https://, its middle left out,
    and of a long host its beginning: pages of one host are told apart by their ends."""
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
    """For a terminal without Unicode: our signs by ASCII ones, foreign letters spelled out."""
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")
