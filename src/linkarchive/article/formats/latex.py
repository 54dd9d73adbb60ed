"""LaTeX: what is printed, its links (hyperref), notes, and citations of a list of references.

No converter is asked: none tells the line on which a target stands, and a document is read
without its packages. Commands that are not known here leave their arguments as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from linkarchive.article.formats import tex
from linkarchive.article.formats.latex_commands import (
    DROPPED,
    HEADINGS,
    NOTES,
    SKIPPED_ARGUMENTS,
    SKIPPED_ENVIRONMENTS,
    is_citation,
)
from linkarchive.article.formats.located import Lines
from linkarchive.article.passage import Claim, ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import write

_TOKEN = re.compile(
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
_ACCENT = re.compile(r"\\(?:[`'^~\"=.]|[uvHckrdbt](?![A-Za-z]))")
_SPACE = re.compile(r"(?:\s|%[^\n]*\n)*")
_BRACE = re.compile(
    r"(?P<url>\\(?:url|href|nolinkurl|path)\s*(?:\[[^\]\n]*\])?\s*\{)|\\.|(?P<open>\{)|(?P<close>\})|(?P<comment>%)",
    re.DOTALL,
)
_BRACKET = re.compile(r"\\.|[\[\]{}]", re.DOTALL)
_KEYS = re.compile(r"[^,\s]+")
_URL_OPTIONS = re.compile(r"\s*\[[^\]]*\]")
_DEFINED = re.compile(r"\*?\s*\{?\s*\\([A-Za-z@]+)\s*\}?")
_SIGNATURE = re.compile(r"(?:\s*\[[^\]]*\]|(?:#\d)+)*")
_MAX_DEPTH = 30
_LONGEST_MACRO = 10_000
_LONGEST_URL = 4000  # characters
_LONGEST_OPTION = 2000
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
        passages=tuple(reader.passages),
        dates=tuple(reader.dates),
        bibliographies=tuple(dict.fromkeys(reader.bibliographies)),
    )


@dataclass(slots=True)
class _Range:
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


@dataclass(frozen=True, slots=True)
class _Macro:
    """A command that the author has defined."""

    body: str
    arguments: int
    default: str | None
    """Of the first argument, where that is optional."""


class _OneLine(Lines):
    """The lines of what stands for a command: all are that of the command."""

    def __init__(self, line: int) -> None:
        super().__init__("")
        self._line = line

    def at(self, offset: int) -> int:
        return self._line


@dataclass(slots=True)
class _Flow:
    """Text on its way to passages: the body, or one note."""

    note: str | None = None
    builder: PassageBuilder = field(default_factory=lambda: PassageBuilder(1))
    running: list[str] = field(default_factory=list)
    start: int = 0
    """Where in the source the running text begins."""
    is_inside: bool = False
    """A note, whose text stands within a paragraph."""


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: Lines = Lines(text)
        self._closings = _closings(text)
        self._expansions = 0
        self._blank_is_due = False
        self._flow = _Flow()
        self._macros: dict[str, _Macro] = {}
        self._notes = 0
        self._open_mark: str | None = None  # the label of a \footnotemark that waits for its text
        self._of_notes: list[Passage] = []
        self.passages: list[Passage] = []
        self.title = ""
        self.dates: list[Claim] = []
        self.bibliographies: list[str] = []

    def body(self, start: int, end: int) -> None:
        self._scan(start, end, 0)
        self._flush()

    def preamble(self, start: int, end: int) -> None:
        """What comes before the document: its title, day and own commands; nothing of it is printed."""
        position = start
        while match := _TOKEN.search(self._text, position, end):
            position = match.end()
            if match["raw"]:
                position = self._after_environment(match)
            elif match["name"]:
                position = self._declaration(match, end) or position

    # --- tokens --------------------------------------------------------------------------

    def _scan(self, position: int, end: int, depth: int) -> None:
        while position < end:
            match = _TOKEN.search(self._text, position, end)
            stop = match.start() if match else end
            self._say(self._text[position:stop], position)
            if match is not None and match["name"] and is_citation(match["name"]):
                self._drop_tie()
            if match is None:
                return
            position = match.end()
            if match["paragraph"]:
                self._flush()
            elif match["comment"]:
                # TeX drops the line end with the comment, but an empty line after it ends the paragraph.
                if self._text[position : position + 1] == "\n":
                    self._flush()
            elif match["verb"]:
                closing = self._text.find("}" if match["verb"] == "{" else match["verb"], position, end)
                closing = closing if closing >= 0 else position
                self._flush_running()
                self._flow.builder.text(self._text[position:closing])
                position = closing + 1
            elif match["raw"]:
                self._flush()
                position = self._after_environment(match)
            elif _ACCENT.match(self._text, match.start(), end):
                self._say(self._text[match.start() : position], match.start())
            elif match["char"]:
                self._say(match[0], match.start())
            else:
                position = max(position, self._command(match, end, depth))

    def _after_environment(self, match: re.Match[str]) -> int:
        closing = f"\\end{{{match['raw']}}}"
        found = self._text.find(closing, match.end())
        return found + len(closing) if found >= 0 else len(self._text)

    def _say(self, text: str, start: int) -> None:
        if text:
            if self._blank_is_due and text[0] not in ".,;:!?)]} \n~":
                text = f" {text}"
            self._blank_is_due = False
            if not self._flow.running:
                self._flow.start = start
            self._flow.running.append(text)

    def _flush_running(self) -> None:
        flow = self._flow
        text, flow.running = "".join(flow.running), []
        if not text:
            return
        lead = 0
        if flow.builder.is_empty:
            lead = text.count("\n", 0, len(text) - len(text.lstrip()))
            flow.builder.line = self._lines.at(flow.start) + lead
        shown = tex.plain(text)
        shown = shown.lstrip() if flow.builder.is_empty else shown
        if flow.builder.in_link:
            flow.builder.text(shown.replace("\n", " "))
        else:
            write(flow.builder, shown, self._lines.at(flow.start) + lead)

    def _flush(self) -> None:
        self._flush_running()
        flow = self._flow
        passage = flow.builder.build()
        if passage.text.strip() or passage.links or passage.marks:
            (self._of_notes if flow.is_inside else self.passages).append(passage)
        if not flow.is_inside:  # notes come after the paragraph that bears their marks
            self.passages += self._of_notes
            self._of_notes = []
        flow.builder = PassageBuilder(passage.line, note=flow.note)

    # --- arguments ------------------------------------------------------------------------

    def _group(self, position: int, end: int) -> _Range | None:
        """The braces at this place, after white space; None for none. Unclosed ones end with the paragraph."""
        start = _SPACE.match(self._text, position, end)
        position = start.end() if start else position
        if self._text[position : position + 1] != "{" or position >= end:
            return None
        closing = self._closings.get(position)
        if closing is None or closing > end:
            stop = self._text.find("\n\n", position, end)
            closing = stop if stop >= 0 else end
        return _Range(position + 1, closing)

    def _options(self, position: int, end: int) -> int:
        """The position after `[…]` arguments, white space before them included."""
        while True:
            start = _SPACE.match(self._text, position, end)
            begin = start.end() if start else position
            if self._text[begin : begin + 1] != "[" or begin >= end:
                return position
            depth, stop = 0, -1
            for match in _BRACKET.finditer(self._text, begin, min(end, begin + _LONGEST_OPTION)):
                depth += (match[0] in "[{") - (match[0] in "]}")
                if depth == 0:
                    stop = match.end()
                    break
            if stop < 0:
                return position
            position = stop

    def _url(self, position: int, end: int) -> tuple[str, int] | None:
        r"""The URL in braces or, as \url allows, between two of another character; and where it ends."""
        start = _SPACE.match(self._text, position, end)
        position = start.end() if start else position
        opening = self._text[position : position + 1]
        if opening == "{":
            stop = self._closings.get(position, -1)
            stop = stop if 0 <= stop <= end else self._text.find("}", position, min(end, position + _LONGEST_URL))
            if stop >= 0:
                return self._expanded(self._text[position + 1 : stop]), stop + 1
        elif opening and not opening.isalnum() and opening not in "\\}% \n[":
            stop = self._text.find(opening, position + 1, min(end, position + _LONGEST_URL))
            if stop >= 0:
                return self._text[position + 1 : stop], stop + 1
        return None

    def _expanded(self, written: str) -> str:
        """The URL, with the author's own commands in it replaced by what they stand for."""

        def replaced(match: re.Match[str]) -> str:
            macro = self._macros.get(match[1])
            if macro is None or macro.arguments:
                return match[0]
            return re.sub(r"^\\(?:url|nolinkurl|path)\s*\{(.*)\}$", r"\1", macro.body.strip())

        return tex.url(re.sub(r"\\([A-Za-z]+)(?:\{\})?[ \t]*", replaced, written))

    # --- commands ---------------------------------------------------------------------------

    def _command(self, match: re.Match[str], end: int, depth: int) -> int:
        """Where the scan goes on after the command and what it took."""
        name, position = match["name"], match.end()
        if name in ("url", "href", "nolinkurl", "path", "urladdr"):
            return self._link(name, position, end, depth)
        if name in NOTES or name in ("footnotemark", "footnotetext", "endnotemark", "endnotetext"):
            return self._footnote(name, position, end, depth)
        if is_citation(name):
            return self._citation(name, position, end)
        if name == "bibitem":
            return self._bibitem(position, end)
        if name in ("begin", "end"):
            return self._environment(name, position, end)
        if name in HEADINGS:
            return self._heading(position, end, depth)
        if (taken := self._declaration(match, end)) is not None:
            return taken
        if name in ("par", "item", "newline", "break", "newpage", "clearpage", "hline", "toprule", "midrule"):
            self._flush() if name in ("par", "item", "newpage", "clearpage") else self._say(" ", match.start())
            return self._options(position, end) if name == "item" and depth > _MAX_DEPTH else position
        if name in ("enquote", "textquote", "blockquote", "foreignquote") and depth < _MAX_DEPTH:
            return self._quotation(position, end, depth)
        if name in self._macros and depth < _MAX_DEPTH and self._expansions < _MOST_EXPANSIONS:
            return self._expand(self._macros[name], match, end, depth)
        return self._other(match, end)

    def _link(self, name: str, position: int, end: int, depth: int) -> int:
        taken = self._url(self._options(position, end) if name == "href" else position, end)
        if taken is None:
            return position
        target, after = taken
        self._flush_running()
        builder, line = self._flow.builder, self._lines.at(position)
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
        anchor = self._group(after, end)
        builder.open(target, line)
        if anchor is not None and depth < _MAX_DEPTH:
            self._scan(anchor.start, anchor.end, depth + 1)
            self._flush_running()
            after = anchor.end + 1
        self._flow.builder.close()
        return after

    def _footnote(self, name: str, position: int, end: int, depth: int) -> int:
        """A note: its mark stays here, its text becomes passages of its own."""
        position = self._options(position, end)
        if name.endswith("mark"):
            self._notes += 1
            self._open_mark = f"note {self._notes}"
            self._mark(self._open_mark)
            return position
        content = self._group(position, end)
        if content is None or depth >= _MAX_DEPTH:
            return position
        label = self._open_mark if name.endswith("text") else None
        if label is None:
            self._notes += 1
            label = f"note {self._notes}"
            self._mark(label)
        self._open_mark = None
        outer = self._flow
        self._flow = _Flow(label, PassageBuilder(self._lines.at(content.start), note=label), is_inside=True)
        self._scan(content.start, content.end, depth + 1)
        self._flush()
        self._flow = outer
        return content.end + 1

    def _mark(self, label: str) -> None:
        self._flush_running()
        self._flow.builder.cite(label)

    def _drop_tie(self) -> None:
        """The blank that ties a citation to its word is not printed before a full stop."""
        running = self._flow.running
        text = "".join(running)
        if text.endswith(("~", " ", "\n")):
            running[:] = [text.rstrip("~ \n")]
            self._blank_is_due = True

    def _citation(self, name: str, position: int, end: int) -> int:
        r"""\cite and its many kin: optional texts, then keys; \cites and its kin repeat that."""
        while True:
            after = re.compile(r"(?:\s*\([^()]*\)){0,2}").match(self._text, position, end)
            start = self._options(after.end() if after else position, end)
            keys = self._group(start, end)
            if keys is None or keys.end - keys.start > 2000:
                return position
            for key in _KEYS.findall(re.sub(r"%[^\n]*", "", self._text[keys.start : keys.end])):
                self._mark(key)
            position = keys.end + 1
            if not name.lower().endswith("s") or name.lower() in ("citeauthors",):
                return position

    def _bibitem(self, position: int, end: int) -> int:
        position = self._options(position, end)
        key = self._group(position, end)
        self._flush()
        if key is None:
            return position
        self._flow.note = self._text[key.start : key.end].strip()
        self._flow.builder = PassageBuilder(self._lines.at(key.start), note=self._flow.note)
        return key.end + 1

    def _environment(self, name: str, position: int, end: int) -> int:
        group = self._group(position, end)
        if group is None:
            return position
        environment = self._text[group.start : group.end].strip()
        self._flush()
        if environment == "thebibliography" and name == "end":
            self._flow.note = None
            self._flow.builder = PassageBuilder(self._lines.at(position))
        position = group.end + 1
        if name == "begin":
            position = self._options(position, end)
            for _ in range(SKIPPED_ENVIRONMENTS.get(environment.rstrip("*"), 0)):
                argument = self._group(position, end)
                position = argument.end + 1 if argument else position
                position = self._options(position, end)
        return position

    def _heading(self, position: int, end: int, depth: int) -> int:
        position = self._options(position, end)
        content = self._group(position, end)
        self._flush()
        if content is None or depth >= _MAX_DEPTH:
            return position
        self._scan(content.start, content.end, depth + 1)
        self._flush()
        return content.end + 1

    def _quotation(self, position: int, end: int, depth: int) -> int:
        position = self._options(position, end)
        content = self._group(position, end)
        if content is None:
            return position
        self._say("“", position)
        self._scan(content.start, content.end, depth + 1)
        self._say("”", content.end)
        return content.end + 1

    def _declaration(self, match: re.Match[str], end: int) -> int | None:
        """A command that says something about the document; the position after it, None when it is another."""
        name, position = match["name"], match.end()
        if name in ("title", "date"):
            content = self._group(self._options(position, end), end)
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
            content = self._group(self._options(position, end), end)
            if content is None:
                return None
            for file in self._text[content.start : content.end].split(","):
                if file.strip():
                    self.bibliographies.append(re.sub(r"(?<!\.bib)\Z", ".bib", file.strip()))
            return content.end + 1
        if name in (
            "newcommand",
            "renewcommand",
            "providecommand",
            "def",
            "urldef",
            "newrobustcmd",
            "DeclareRobustCommand",
            "NewDocumentCommand",
            "RenewDocumentCommand",
            "gdef",
            "edef",
        ):
            return self._definition(name, position, end)
        return None

    def _notes_of(self, content: _Range) -> None:
        r"""\thanks and links in the title are printed with it."""
        if "\\thanks" in self._text[content.start : content.end] or "\\href" in self._text[content.start : content.end]:
            self._flush()
            self._scan(content.start, content.end, 1)
            self._flush()

    def _shown(self, content: _Range) -> str:
        text = re.sub(r"(?<!\\)%[^\n]*\n?", "", self._text[content.start : content.end])
        text = re.sub(r"\\(?:thanks|footnote|label|vspace\*?|fontsize)\s*\{(?:[^{}]|\{[^{}]*\})*\}", "", text)
        text = re.sub(r"\\href\s*\{[^{}]*\}", "", text)
        return fold(tex.plain(text))

    def _definition(self, name: str, position: int, end: int) -> int | None:
        """An own command, which is expanded where it is used."""
        match = _DEFINED.match(self._text, position, end)
        if match is None:
            return None
        position = match.end()
        if name == "urldef":
            command = re.compile(r"\s*\\url").match(self._text, position, end)
            taken = self._url(command.end(), end) if command else None
            if command is None or taken is None:
                return None
            self._macros[match[1]] = _Macro(self._text[command.start() : taken[1]], 0, None)
            return taken[1]
        signature = _SIGNATURE.match(self._text, position, end)
        written = signature[0] if signature else ""
        if name.endswith("DocumentCommand"):
            specification = self._group(position, end)
            if specification is None:
                return None
            written = self._text[specification.start : specification.end]
            count, default = len(re.findall(r"[mo]|O\{[^}]*\}", written)), None
            default = "" if written.lstrip()[:1] in ("o", "O") else None
            position = specification.end + 1
        else:
            position += len(written)
            digits = re.findall(r"\[(\d)\]|#(\d)", written)
            count = max((int(first or second) for first, second in digits), default=0)
            default = optional[1] if (optional := re.search(r"\]\s*\[([^\]]*)\]", written)) else None
        body = self._group(position, end)
        if body is None:
            return None
        text = self._text[body.start : body.end]
        if f"\\{match[1]}" not in text and len(text) <= _LONGEST_MACRO:
            self._macros[match[1]] = _Macro(text, count, default)
        return body.end + 1

    def _expand(self, macro: _Macro, match: re.Match[str], end: int, depth: int) -> int:
        """The command's body with its arguments, read as if it stood here; the position after the arguments."""
        self._expansions += 1
        position = match.end()
        arguments: list[str] = []
        if macro.default is not None:
            after = self._options(position, end)
            arguments.append(self._text[position:after].strip().removeprefix("[").removesuffix("]") or macro.default)
            position = after
        while len(arguments) < macro.arguments:
            group = self._group(position, end)
            if group is None:
                break
            arguments.append(self._text[group.start : group.end])
            position = group.end + 1
        body = re.sub(
            r"#([1-9])", lambda mark: arguments[int(mark[1]) - 1] if int(mark[1]) <= len(arguments) else "", macro.body
        )
        self._flush_running()
        text, lines, closings = self._text, self._lines, self._closings
        self._text, self._lines, self._closings = body, _OneLine(lines.at(match.start())), _closings(body)
        self._scan(0, len(body), depth + 5)
        self._flush_running()
        self._text, self._lines, self._closings = text, lines, closings
        return position

    def _other(self, match: re.Match[str], end: int) -> int:
        """Any other command: some arguments are not printed, the rest is text."""
        name, position = match["name"], match.end()
        if name in DROPPED or name in SKIPPED_ARGUMENTS:
            position = self._options(position, end)
            for _ in range(DROPPED.get(name, SKIPPED_ARGUMENTS.get(name, 0))):
                argument = self._group(position, end)
                if argument is None:
                    break
                position = self._options(argument.end + 1, end)
            return position
        self._say(self._text[match.start() : position] + " ", match.start())
        return self._options(position, end)
