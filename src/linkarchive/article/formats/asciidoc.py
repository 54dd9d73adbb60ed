"""AsciiDoc: blocks by their delimiters, links by URLs and macros (AsciiDoc language documentation).

No well-kept reader of the language is to be had in Python; what this one leaves out is what a
renderer needs: numbers, attributes of blocks, conditions, files that are included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from linkarchive.article import html
from linkarchive.article.formats.asciidoc_inline import Inline
from linkarchive.article.passage import Claim, ParsedDocument, Passage, fold

_VERBATIM = re.compile(r"(?:-{4,}|\.{4,}|/{4,}|\+{4,}|`{3,}|~{3,}).*\Z")
_TRANSPARENT = re.compile(r"(?:={4,}|\*{4,}|_{4,}|--|[|,:!]={3,})\Z")
_ATTRIBUTE = re.compile(r":(!?[A-Za-z0-9_][\w-]*!?):(?:[ \t]+(.*))?\Z")
_BLOCK_MACRO = re.compile(r"(?:include|ifdef|ifndef|ifeval|endif|toc|pass|stem|latexmath)::")
_HEADING = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*)")
_BLOCK_LINE = re.compile(r"\[(?:[\w.#%,\"' =*<>^+:/-]|\{[\w-]+\})*.*\]\Z")
_LIST_ITEM = re.compile(r"[ \t]*(?:\*{1,6}|-|\.{1,6}|\d+\.|[a-zA-Z]\.|<(?:\d+|\.)>)[ \t]+(?:\[[ x*]\][ \t]+)?(?=\S)")
_TERM = re.compile(r"[ \t]*(?P<term>\S.*?)(?:::{1,3}|;;)(?:[ \t]+|\Z)")
_AUTHOR = re.compile(r"[^\W\d_][^<>:\[\]]{0,80}(?:<[^<>\s]+>)?(?:\s*;.*)?\Z")
_REVISION = re.compile(r"(?:v[\d.]+|\d[\d.]*(?=\s*,))?\s*,?\s*(?P<date>[^:]*\d{4}[^:]*)(?::.*)?\Z", re.IGNORECASE)
_DATES = ("revdate", "date", "page-date", "docdate", "published", "pubdate", "page-revdate", "jbake-date")


@dataclass(slots=True)
class _Block:
    line: int
    lines: list[str] = field(default_factory=list)


def read_asciidoc(text: str, *, everything: bool = False) -> ParsedDocument:
    reader = _Reader(text.split("\n"), everything)
    reader.read()
    names = {name: value for name, value in reader.attributes.items() if name in _DATES}
    return ParsedDocument(
        title=reader.title,
        passages=tuple(reader.passages),
        dates=tuple(Claim(names[name], f"attribute `{name}`", 0) for name in _DATES if name in names),
        origins=tuple(
            Claim(reader.attributes[name], f"attribute `{name}`", 2)
            for name in ("canonical-url", "page-canonical-url", "original-url")
            if reader.attributes.get(name)
        ),
    )


class _Reader:
    def __init__(self, lines: list[str], everything: bool) -> None:
        self._lines = lines
        self._everything = everything
        self._at = 0
        self._inline = Inline()
        self.attributes = self._inline.attributes
        self.passages: list[Passage] = []
        self.title = ""

    def read(self) -> None:
        self._front_matter()
        block = _Block(1)
        is_verbatim_next = False
        while self._at < len(self._lines):
            number, line = self._at + 1, self._lines[self._at].rstrip()
            self._at += 1
            if not line:
                self._end(block)
                block = _Block(number + 1)
            elif _VERBATIM.match(line) and (line[0] in "`~" or len(set(line)) == 1):  # a fence may name a language
                self._end(block)
                block = _Block(number + 1)
                self._verbatim(line)
                is_verbatim_next = False
            elif _TRANSPARENT.match(line) or line == "+" or line.startswith("//"):
                if not line.startswith("//"):
                    self._end(block)
                    block = _Block(number + 1)
            elif not block.lines and (attribute := _ATTRIBUTE.match(line)):
                self._attribute(attribute)
            elif _BLOCK_MACRO.match(line):
                continue
            elif not block.lines and _BLOCK_LINE.match(line) and not line.startswith("[["):
                is_verbatim_next = bool(re.match(r"\[(?:source|listing|literal|stem|latexmath|asciimath|pass)\b", line))
                self._quoted_from(line, number)
            elif not block.lines and is_verbatim_next:
                is_verbatim_next = False
                self._skip_paragraph()
            elif heading := _HEADING.match(line):
                self._end(block)
                block = _Block(number + 1)
                self._heading(heading, number)
            else:
                block = self._text_line(block, line, number)
        self._end(block)

    def _text_line(self, block: _Block, line: str, number: int) -> _Block:
        item, term = _LIST_ITEM.match(line), _TERM.match(line)
        if item is not None:
            self._end(block)
            return _Block(number, [line[item.end() :]])
        if term is not None and "://" not in term["term"] and not term["term"].endswith(":"):
            self._end(block)
            self.passages += self._inline.passages([term["term"]], number)
            rest = line[term.end() :]
            return _Block(number if rest else number + 1, [rest] if rest else [])
        if not block.lines:
            if line[:1] in " \t":  # a literal paragraph
                self._skip_paragraph()
                return _Block(self._at + 1)
            if line.startswith(".") and len(line) > 1 and line[1] not in ". ":
                self.passages += self._inline.passages([line[1:]], number)  # the title of a block
                return _Block(number + 1)
            block.line = number
        if line.startswith("|") and block.lines:
            self._end(block)
            block = _Block(number)
        block.lines.append(line)
        return block

    def _end(self, block: _Block) -> None:
        if block.lines:
            self.passages += self._inline.passages(block.lines, block.line)
            block.lines = []

    # --- kinds of blocks -----------------------------------------------------------------------

    def _verbatim(self, delimiter: str) -> None:
        """Up to the same delimiter nothing is text; passed-through HTML is read as such."""
        closing = (
            delimiter.rstrip()
            if delimiter[0] not in "`~"
            else delimiter[: len(delimiter) - len(delimiter.lstrip(delimiter[0]))]
        )
        first = self._at
        while self._at < len(self._lines) and self._lines[self._at].rstrip() != closing:
            self._at += 1
        if delimiter.startswith("++++") and "<" in (content := "\n".join(self._lines[first : self._at])):
            self.passages += html.fragment(content, first + 1, everything=self._everything)
        self._at += 1

    def _skip_paragraph(self) -> None:
        while self._at < len(self._lines) and self._lines[self._at].strip():
            self._at += 1

    def _attribute(self, match: re.Match[str]) -> None:
        value = match[2] or ""
        while value.endswith((" \\", " + \\")) and self._at < len(self._lines):
            value = f"{value.rstrip(chr(92)).rstrip(' +')} {self._lines[self._at].strip()}"
            self._at += 1
        self.attributes[match[1].lower().strip("!")] = self._inline.substituted(value.strip())
        if match[1] == "title" and not self.title:
            self.title = fold(value)

    def _quoted_from(self, line: str, number: int) -> None:
        """The source of a quotation stands in the line before it: `[quote, A. Writer, https://…]`."""
        if line.startswith(("[quote", "[verse")) and "://" in line:
            self.passages += self._inline.passages([line[1:-1].partition(",")[2]], number)

    def _heading(self, match: re.Match[str], number: int) -> None:
        passages = self._inline.passages([match[2]], number)
        self.passages += passages
        if len(match[1]) == 1 and not self.title and passages:
            self.title = fold(passages[0].text)
            self._header()

    def _header(self) -> None:
        """Author and revision may follow the title at once."""
        lines = [line.rstrip() for line in self._lines[self._at : self._at + 2]]
        if not lines or not lines[0] or lines[0][0] in ":/" or not _AUTHOR.match(lines[0]):
            return
        self._at += 1
        if len(lines) == 2 and lines[1] and (revision := _REVISION.match(lines[1])):
            self.attributes.setdefault("revdate", revision["date"].strip(" ,"))
            self._at += 1

    def _front_matter(self) -> None:
        """Site generators put YAML before the text."""
        from linkarchive.article import front_matter

        entries, _ = front_matter.split("\n".join(self._lines[:200]))
        if entries and self._lines[0].rstrip() == "---":
            self.title = front_matter.title(entries)
            for claim in front_matter.dates(entries)[:1]:
                self.attributes["date"] = claim.value
            self._at = 1
            while self._at < len(self._lines) and self._lines[self._at].rstrip() not in ("---", "..."):
                self._at += 1
            self._at += 1
