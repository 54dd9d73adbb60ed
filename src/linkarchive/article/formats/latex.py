"""LaTeX: what is printed, its links (hyperref), notes, and citations of a list of references.

No converter is asked: none tells the line on which a target stands, and a document is read
without its packages. Commands that are not known here leave their arguments as text.
"""

from __future__ import annotations

import re

from linkarchive.article.formats import tex
from linkarchive.article.formats.latex_commands import (
    DEFINING,
    DROPPED,
    HEADINGS,
    NOTES,
    SKIPPED_ARGUMENTS,
    SKIPPED_ENVIRONMENTS,
    is_citation,
)
from linkarchive.article.formats.latex_macros import Macros
from linkarchive.article.formats.latex_output import Output
from linkarchive.article.formats.latex_source import TOKEN, OneLine, Range, Source
from linkarchive.article.passage import Claim, ParsedDocument, fold

_ACCENT = re.compile(r"\\(?:[`'^~\"=.]|[uvHckrdbt](?![A-Za-z]))")
_KEYS = re.compile(r"[^,\s]+")
_MAX_DEPTH = 30
_MOST_EXPANSIONS = 10_000


def read_latex(text: str, *, everything: bool = False) -> ParsedDocument:
    """Read a document, or a part of one that has no preamble."""
    reader = _Reader(text)
    begin = re.search(r"^[^%\n]*\\begin\s*\{document\}", text, re.MULTILINE)
    if begin is not None:
        reader.preamble(0, begin.end())
        end = text.find("\\end{document}", begin.end())
        reader.body(begin.end(), end if end >= 0 else len(text))
    else:
        reader.body(0, len(text))
    return ParsedDocument(
        title=reader.title,
        passages=tuple(reader.output.passages),
        dates=tuple(reader.dates),
        bibliographies=tuple(dict.fromkeys(reader.bibliographies)),
    )


class _Reader:
    def __init__(self, text: str) -> None:
        self._source = Source(text)
        self._expansions = 0
        self.output = Output(self._source.lines)
        self._macros = Macros()
        self._notes = 0
        self._open_mark: str | None = None  # the label of a \footnotemark that waits for its text
        self.title = ""
        self.dates: list[Claim] = []
        self.bibliographies: list[str] = []

    def body(self, start: int, end: int) -> None:
        self._scan(start, end, 0)
        self.output.flush()

    def preamble(self, start: int, end: int) -> None:
        """What comes before the document: its title, day and own commands; nothing of it is printed."""
        position = start
        while match := TOKEN.search(self._source.text, position, end):
            position = match.end()
            if match["raw"]:
                position = self._source.after_environment(match)
            elif match["name"]:
                position = self._declaration(match, end) or position

    # --- tokens --------------------------------------------------------------------------

    def _scan(self, position: int, end: int, depth: int) -> None:
        while position < end:
            match = TOKEN.search(self._source.text, position, end)
            stop = match.start() if match else end
            self.output.say(self._source.text[position:stop], position)
            if match is None:
                return
            if match["name"] and is_citation(match["name"]):
                self.output.drop_tie()
            position = match.end()
            if match["paragraph"]:
                self.output.flush()
            elif match["comment"]:
                # TeX drops the line end with the comment, but an empty line after it ends the paragraph.
                if self._source.text[position : position + 1] == "\n":
                    self.output.flush()
            elif match["verb"]:
                closing = self._source.text.find("}" if match["verb"] == "{" else match["verb"], position, end)
                closing = closing if closing >= 0 else position
                self.output.flush_running()
                self.output.builder.text(self._source.text[position:closing])
                position = closing + 1
            elif match["raw"]:
                self.output.flush()
                position = self._source.after_environment(match)
            elif _ACCENT.match(self._source.text, match.start(), end):
                self.output.say(self._source.text[match.start() : position], match.start())
            elif match["char"]:
                self.output.say(match[0], match.start())
            else:
                position = max(position, self._command(match, end, depth))

    # --- commands ---------------------------------------------------------------------------

    def _command(self, match: re.Match[str], end: int, depth: int) -> int:
        """Where the scan goes on after the command and what it took."""
        name, position = match["name"], match.end()
        if name in ("url", "href", "nolinkurl", "path", "urladdr"):
            return self._link(name, position, end, depth)
        if name in NOTES:
            return self._footnote(name, position, end, depth)
        if is_citation(name):
            return self._citation(name, position, end)
        if name == "bibitem":
            return self._bibitem(position, end)
        if name in ("begin", "end"):
            return self._environment(name, position, end)
        if name in HEADINGS:
            return self._heading(position, end, depth)
        if (after := self._declaration(match, end)) is not None:
            return after
        if name in ("par", "item", "newline", "break", "newpage", "clearpage", "hline", "toprule", "midrule"):
            if name in ("par", "item", "newpage", "clearpage"):
                self.output.flush()
            else:
                self.output.say(" ", match.start())
            return position
        if name in ("enquote", "textquote", "blockquote", "foreignquote") and depth < _MAX_DEPTH:
            return self._quotation(position, end, depth)
        if name in self._macros and depth < _MAX_DEPTH and self._expansions < _MOST_EXPANSIONS:
            return self._expand(match, end, depth)
        return self._other(match, end)

    def _link(self, name: str, position: int, end: int, depth: int) -> int:
        argument = self._source.url(self._source.options(position, end) if name == "href" else position, end)
        if argument is None:
            return position
        target, after = self._macros.expanded(argument[0]), argument[1]
        self.output.flush_running()
        builder, line = self.output.builder, self._source.lines.at(position)
        if name in ("nolinkurl", "path"):
            builder.text(target)
            return after
        if builder.is_empty:
            builder.line = line
        if name != "href":
            if not builder.in_link:
                builder.bare(target, target, line)
            else:
                builder.text(target)
            return after
        anchor = self._source.group(after, end)
        builder.open(target, line)
        if anchor is not None and depth < _MAX_DEPTH:
            self._scan(anchor.start, anchor.end, depth + 1)
            self.output.flush_running()
            after = anchor.end + 1
        self.output.builder.close()
        return after

    def _footnote(self, name: str, position: int, end: int, depth: int) -> int:
        """A note: its mark stays here, its text becomes passages of its own."""
        position = self._source.options(position, end)
        if name.endswith("mark"):
            self._notes += 1
            self._open_mark = f"note {self._notes}"
            self.output.mark(self._open_mark)
            return position
        content = self._source.group(position, end)
        if content is None or depth >= _MAX_DEPTH:
            return position
        label = self._open_mark if name.endswith("text") else None
        if label is None:
            self._notes += 1
            label = f"note {self._notes}"
            self.output.mark(label)
        self._open_mark = None
        outer = self.output.open_note(label, content.start)
        self._scan(content.start, content.end, depth + 1)
        self.output.close_note(outer)
        return content.end + 1

    def _citation(self, name: str, position: int, end: int) -> int:
        r"""\cite and its many kin: optional texts, then keys; \cites and its kin repeat that."""
        while True:
            after = re.compile(r"(?:\s*\([^()]*\)){0,2}").match(self._source.text, position, end)
            start = self._source.options(after.end() if after else position, end)
            keys = self._source.group(start, end)
            if keys is None or keys.end - keys.start > 2000:
                return position
            for key in _KEYS.findall(re.sub(r"%[^\n]*", "", self._source.text[keys.start : keys.end])):
                self.output.mark(key)
            position = keys.end + 1
            if not name.lower().endswith("s") or name.lower() == "citeauthors":
                return position

    def _bibitem(self, position: int, end: int) -> int:
        position = self._source.options(position, end)
        key = self._source.group(position, end)
        self.output.flush()
        if key is None:
            return position
        self.output.begin(self._source.text[key.start : key.end].strip(), key.start)
        return key.end + 1

    def _environment(self, name: str, position: int, end: int) -> int:
        group = self._source.group(position, end)
        if group is None:
            return position
        environment = self._source.text[group.start : group.end].strip()
        self.output.flush()
        if environment == "thebibliography" and name == "end":
            self.output.begin(None, position)
        position = group.end + 1
        if name == "begin":
            position = self._source.options(position, end)
            for _ in range(SKIPPED_ENVIRONMENTS.get(environment.rstrip("*"), 0)):
                argument = self._source.group(position, end)
                position = argument.end + 1 if argument else position
                position = self._source.options(position, end)
        return position

    def _heading(self, position: int, end: int, depth: int) -> int:
        content = self._source.argument(position, end)
        self.output.flush()
        if content is None or depth >= _MAX_DEPTH:
            return self._source.options(position, end)
        self._scan(content.start, content.end, depth + 1)
        self.output.flush()
        return content.end + 1

    def _quotation(self, position: int, end: int, depth: int) -> int:
        position = self._source.options(position, end)
        content = self._source.group(position, end)
        if content is None:
            return position
        self.output.say("“", position)
        self._scan(content.start, content.end, depth + 1)
        self.output.say("”", content.end)
        return content.end + 1

    def _declaration(self, match: re.Match[str], end: int) -> int | None:
        """Take up a command that says something about the document. Returns the position after it, None for another."""
        name, position = match["name"], match.end()
        if name in ("title", "date"):
            content = self._source.argument(position, end)
            if content is None:
                return None
            shown = self._shown(content)
            if name == "title":
                self.title = self.title or shown
                self._notes_of(content)
            else:
                self.dates.append(Claim(shown, "\\date", 1))
            return content.end + 1
        if name in ("bibliography", "addbibresource", "addglobalbib"):
            content = self._source.argument(position, end)
            if content is None:
                return None
            for file in self._source.text[content.start : content.end].split(","):
                if file.strip():
                    self.bibliographies.append(re.sub(r"(?<!\.bib)\Z", ".bib", file.strip()))
            return content.end + 1
        if name in DEFINING:
            return self._macros.define(self._source, name, position, end)
        return None

    def _notes_of(self, content: Range) -> None:
        r"""\thanks and links in the title are printed with it."""
        if re.search(r"\\thanks|\\href", self._source.text[content.start : content.end]):
            self.output.flush()
            self._scan(content.start, content.end, 1)
            self.output.flush()

    def _shown(self, content: Range) -> str:
        text = re.sub(r"(?<!\\)%[^\n]*\n?", "", self._source.text[content.start : content.end])
        text = re.sub(r"\\(?:thanks|footnote|label|vspace\*?|fontsize)\s*\{(?:[^{}]|\{[^{}]*\})*\}", "", text)
        text = re.sub(r"\\href\s*\{[^{}]*\}", "", text)
        return fold(tex.plain(text))

    def _expand(self, match: re.Match[str], end: int, depth: int) -> int:
        """Read what an own command stands for as if it stood here. Returns the position after its arguments."""
        self._expansions += 1
        body, position = self._macros.body(self._source, match["name"], match.end(), end)
        self.output.flush_running()
        outer = self._source
        self._source = Source(body, OneLine(outer.lines.at(match.start())))
        self.output.lines = self._source.lines
        self._scan(0, len(body), depth + 5)
        self.output.flush_running()
        self._source, self.output.lines = outer, outer.lines
        return position

    def _other(self, match: re.Match[str], end: int) -> int:
        """Any other command: some arguments are not printed, the rest is text."""
        name, position = match["name"], match.end()
        if name in DROPPED or name in SKIPPED_ARGUMENTS:
            position = self._source.options(position, end)
            for _ in range(DROPPED.get(name, SKIPPED_ARGUMENTS.get(name, 0))):
                argument = self._source.group(position, end)
                if argument is None:
                    break
                position = self._source.options(argument.end + 1, end)
            return position
        self.output.say(self._source.text[match.start() : position] + " ", match.start())
        return self._source.options(position, end)
