"""Org: headings, lists, tables, blocks; links in brackets, notes and citations (Org manual)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from linkarchive.article.formats.org_inline import Inline
from linkarchive.article.passage import Claim, ParsedDocument, Passage, fold

_KEYWORD = re.compile(r"\s*#\+([\w-]+)(?:\[[^\]]*\])?:\s*(.*)")
_BLOCK = re.compile(r"\s*#\+begin_(\w+)", re.IGNORECASE)
_VERBATIM = frozenset({"src", "example", "comment", "export", "latex", "ascii", "ditaa", "dot"})
_HEADING = re.compile(
    r"(?P<stars>\*+)[ \t]+(?P<comment>COMMENT\b)?(?:(?:TODO|DONE|NEXT|WAITING|HOLD|CANCELLED|CANCELED|DRAFT)[ \t]+)?"
    r"(?:\[#[A-Za-z0-9]\][ \t]+)?(?P<text>.*?)(?:[ \t]+:(?P<tags>[\w@#%:]+):)?[ \t]*\Z"
)
_DRAWER = re.compile(r"\s*:([\w-]+):\s*\Z")
_PROPERTY = re.compile(r"\s*:(URL|SOURCE|LINK|ROAM_REFS|ROAM_KEY|REF|VIA|ORIGINAL_URL):\s+(\S.*)", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-+]|\s\*|\d+[.)]|[a-zA-Z][.)])[ \t]+(?:\[[ X-]\][ \t]+)?(?:\[@\d+\][ \t]+)?")
_DEFINITION = re.compile(r"\[fn:([\w-]+)\][ \t]*")
_RULE = re.compile(r"\s*\|[-+|: ]*\|?\s*\Z|\s*-{5,}\s*\Z")
_NOT_TEXT = re.compile(r"\s*(?:#(?:\s|\Z)|:(?:\s|\Z)|CLOCK:|(?:SCHEDULED|DEADLINE|CLOSED):|#\+tblfm:)")
_TEXT_KEYWORDS = frozenset({"caption", "subtitle", "description"})


def read_org(text: str, *, everything: bool = False) -> ParsedDocument:
    reader = _Reader(text.split("\n"))
    reader.read()
    return ParsedDocument(
        title=reader.title or reader.heading,
        passages=tuple(reader.passages),
        dates=tuple(Claim(value, "#+DATE", 0) for value in reader.dates),
        bibliographies=tuple(dict.fromkeys(reader.bibliographies)),
    )


class _Reader:
    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._inline = Inline()
        self._paragraph: list[str] = []
        self._first = 1
        self._note: str | None = None
        self.passages: list[Passage] = []
        self.title = ""
        self.heading = ""
        self.dates: list[str] = []
        self.bibliographies: list[str] = []

    def read(self) -> None:
        self._abbreviations()
        at = 0
        commented = 0  # stars of the COMMENT heading that we are below
        while at < len(self._lines):
            line = self._lines[at]
            at += 1
            heading = _HEADING.match(line)
            if heading is not None:
                self._end()
                self._note = None
                level = len(heading["stars"])
                commented = 0 if commented and level <= commented else commented
                if heading["comment"] or "noexport" in (heading["tags"] or "").split(":"):
                    commented = commented or (level if heading["comment"] else 0)
            if commented:
                continue
            if heading is not None:
                self._heading(heading, at)
            elif block := _BLOCK.match(line):
                self._end()
                if block[1].lower() in _VERBATIM:
                    at = self._after(at, f"#+end_{block[1].lower()}")
            elif _DRAWER.match(line) and line.strip().lower() != ":end:":
                self._end()
                at = self._drawer(at)
            else:
                self._line(line, at)
        self._end()

    def _after(self, at: int, closing: str) -> int:
        for number in range(at, len(self._lines)):
            if self._lines[number].strip().lower().startswith(closing):
                return number + 1
        return at

    def _drawer(self, at: int) -> int:
        """A drawer is not printed; the address of a captured page is kept in one."""
        end = self._after(at, ":end:")
        for number in range(at, end):
            if match := _PROPERTY.match(self._lines[number]):
                self.passages += self._inline.passages([match[2]], number + 1, None)
        return end

    def _line(self, line: str, number: int) -> None:
        definition = _DEFINITION.match(line)
        if not line.strip():
            self._end()
            if number < len(self._lines) and not self._lines[number].strip():
                self._note = None  # two empty lines end a note
        elif keyword := _KEYWORD.match(line):
            self._end()
            self._keyword(keyword[1].lower(), keyword[2].strip(), number)
        elif _NOT_TEXT.match(line) or _RULE.match(line) or line.lstrip().startswith("#+"):
            self._end()
        elif definition is not None:
            self._end()
            self._note = definition[1]
            self._start(line[definition.end() :], number)
        elif line.lstrip().startswith("|"):
            self._end()
            cells = [cell.strip() for cell in re.split(r"\|(?![^\[]*\]\])", line.strip().strip("|"))]
            self.passages += self._inline.passages([" · ".join(filter(None, cells))], number, self._note)
        elif item := _ITEM.match(line):
            self._end()
            self._start(re.sub(r"\s+::(?:\s+|\Z)", ": ", line[item.end() :], count=1), number)
        else:
            self._start(line.strip(), number)

    def _start(self, text: str, number: int) -> None:
        if not self._paragraph:
            self._first = number
        self._paragraph.append(text)

    def _end(self) -> None:
        if self._paragraph:
            self.passages += self._inline.passages(self._paragraph, self._first, self._note)
            self._paragraph = []

    def _heading(self, match: re.Match[str], number: int) -> None:
        passages = self._inline.passages([match["text"]], number, None)
        self.passages += passages
        if not self.heading and len(match["stars"]) == 1:
            self.heading = fold(passages[0].text)

    def _keyword(self, name: str, value: str, number: int) -> None:
        if name == "title":
            passages = self._inline.passages([value], number, None)
            self.title = f"{self.title} {fold(passages[0].text)}".strip()
        elif name == "date":
            self.dates.append(value)
        elif name == "bibliography":
            file = value.strip("\"' ")
            self.bibliographies.append(file if file.endswith((".bib", ".json")) else f"{file.split()[0]}.bib")
        elif name in _TEXT_KEYWORDS:
            self.passages += self._inline.passages([value], number, None)

    def _abbreviations(self) -> None:
        """`#+LINK: name https://…` holds for the whole file."""
        for line in self._lines:
            keyword = _KEYWORD.match(line)
            if keyword and keyword[1].lower() == "link":
                name, _, target = keyword[2].strip().partition(" ")
                self._inline.abbreviations[name.strip('"')] = target.strip()
