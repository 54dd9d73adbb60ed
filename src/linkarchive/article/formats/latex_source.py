"""The source of a LaTeX document: tokens, groups in braces, options in brackets, addresses, environments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from linkarchive.article.formats.located import Lines

TOKEN = re.compile(
    r"""(?P<comment>%[^\n]*(?:\n[ \t]*)?|\\iffalse\b.*?\\fi\b)
      | \\(?:verb\*?|lstinline(?:\[[^\]\n]*\])?|mintinline(?:\[[^\]\n]*\])?\{[^}\n]*\})(?P<verb>[^A-Za-z\s*])
      | \\begin\s*\{(?P<raw>verbatim\*?|Verbatim\*?|BVerbatim|LVerbatim|lstlisting|minted|comment|filecontents\*?
        |tikzpicture|pgfpicture)\}
      | \\(?P<name>[A-Za-z@]+)\*?
      | \\(?P<char>.)
      | (?P<paragraph>\n[ \t]*\n\s*)
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"(?:\s|%[^\n]*\n)*")
_BRACE = re.compile(
    r"(?P<url>\\(?:url|href|nolinkurl|path)\s*(?:\[[^\]\n]*\])?\s*\{)|\\.|(?P<open>\{)|(?P<close>\})|(?P<comment>%)",
    re.DOTALL,
)
_BRACKET = re.compile(r"\\.|[\[\]{}]", re.DOTALL)
_LONGEST_URL = 4000  # characters
_LONGEST_OPTION = 2000


@dataclass(frozen=True, slots=True)
class Range:
    """A part of the source."""

    start: int
    end: int


def _closings(text: str) -> dict[int, int]:
    """The place of the closing brace of every brace that is closed. In a URL `%` begins no comment."""
    closings: dict[int, int] = {}
    opened: list[tuple[int, bool]] = []
    position = 0
    while match := _BRACE.search(text, position):
        position = match.end()
        if match["url"]:
            opened.append((position - 1, True))
        elif match["open"]:
            opened.append((match.start(), bool(opened) and opened[-1][1]))
        elif match["close"] and opened:
            closings[opened.pop()[0]] = match.start()
        elif match["comment"] and not (opened and opened[-1][1]):
            position = text.find("\n", position) + 1 or len(text)
    return closings


class OneLine(Lines):
    """The lines of what stands for a command: all are that of the command."""

    def __init__(self, line: int) -> None:
        super().__init__("")
        self._line = line

    def at(self, offset: int) -> int:
        return self._line


class Source:
    """A document, or what stands for a command of the author's own."""

    def __init__(self, text: str, lines: Lines | None = None) -> None:
        self.text = text
        self.lines = lines or Lines(text)
        self.closings = _closings(text)

    def group(self, position: int, end: int) -> Range | None:
        """The braces at this place, after white space; None for none. Unclosed ones end with the paragraph."""
        start = _SPACE.match(self.text, position, end)
        position = start.end() if start else position
        if self.text[position : position + 1] != "{" or position >= end:
            return None
        closing = self.closings.get(position)
        if closing is None or closing > end:
            stop = self.text.find("\n\n", position, end)
            closing = stop if stop >= 0 else end
        return Range(position + 1, closing)

    def argument(self, position: int, end: int) -> Range | None:
        """The braces behind the `[…]` arguments at this place; None for none."""
        return self.group(self.options(position, end), end)

    def options(self, position: int, end: int) -> int:
        """The position after `[…]` arguments, white space before them included."""
        while True:
            start = _SPACE.match(self.text, position, end)
            begin = start.end() if start else position
            if self.text[begin : begin + 1] != "[" or begin >= end:
                return position
            depth, stop = 0, -1
            for match in _BRACKET.finditer(self.text, begin, min(end, begin + _LONGEST_OPTION)):
                depth += (match[0] in "[{") - (match[0] in "]}")
                if depth == 0:
                    stop = match.end()
                    break
            if stop < 0:
                return position
            position = stop

    def url(self, position: int, end: int) -> tuple[str, int] | None:
        r"""The URL in braces or, as \url allows, between two of another character; and where it ends."""
        start = _SPACE.match(self.text, position, end)
        position = start.end() if start else position
        opening = self.text[position : position + 1]
        if opening == "{":
            stop = self.closings.get(position, -1)
            stop = stop if 0 <= stop <= end else self.text.find("}", position, min(end, position + _LONGEST_URL))
            if stop >= 0:
                return self.text[position + 1 : stop], stop + 1
        elif opening and not opening.isalnum() and opening not in "\\}% \n[":
            stop = self.text.find(opening, position + 1, min(end, position + _LONGEST_URL))
            if stop >= 0:
                return self.text[position + 1 : stop], stop + 1
        return None

    def after_environment(self, match: re.Match[str]) -> int:
        closing = f"\\end{{{match['raw']}}}"
        start = self.text.find(closing, match.end())
        return start + len(closing) if start >= 0 else len(self.text)
