"""The inline markup of AsciiDoc: macros, URLs, notes, passed-through text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from linkarchive.article.passage import Passage, PassageBuilder, fold
from linkarchive.article.text import write
from linkarchive.model import LinkKind

_TOKEN = re.compile(
    r"""(?P<pass>\+\+\+.{0,5000}?\+\+\+|\+\+[^+\n].{0,500}?\+\+|pass:[a-z,]{0,20}\[[^\]]{0,5000}+\]|(?<![\w+])\+\S(?:[^\n]{0,500}?\S)?\+(?![\w+]))
      | (?P<escaped>\\(?:(?:https?|ftp|irc|link|xref|mailto|footnote|image)[^\s\[]*|<<|\{))
      | (?P<note>footnote(?:ref)?:(?P<note_id>[\w-]*)\[)
      | (?P<xref><<[^<>\n]*>>)
      | (?P<angle><(?P<angle_url>(?:https?|ftp|irc|mailto):[^\s<>]{0,4000}+)>)
      | (?P<macro>(?P<macro_name>link|xref|image|icon|mailto|anchor|kbd|btn|menu|stem|latexmath|video|audio
          |indexterm2?):{1,2}
          (?P<macro_target>\+\+.{0,2000}?\+\+|[^\s\[\]]{0,4000}+)\[)
      | (?P<url>(?:https?|ftp|irc)://[^\s\[\]<>]{1,4000}+(?<![.,;:!?'")])\[)
      | (?P<anchor>\[\[[^\[\]\n]{0,500}+\]\])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_REFERENCE = re.compile(r"(?<!\\)\{([A-Za-z0-9_][\w-]*)\}")
_BRACKET = re.compile(r"\\\]|[\[\]]")
_NAMED = re.compile(r""",\s*[\w-]+\s*=.*\Z|,\s*\Z""", re.DOTALL)
_LINK_ATTRIBUTE = re.compile(r"""(?:^|,)\s*link\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,\]]*))""")
_CURVED = re.compile(r"([\"'])`(\S(?:.{0,1000}?\S)?)`\1", re.DOTALL)
_FORMAT = re.compile(r"(?<![\w\\])(\*\*|__|``|##|[*_`#^~])(?=\S)(.{1,500}?)(?<=\S)\1(?!\w)", re.DOTALL)
_ROLE = re.compile(r"\[[.#][\w.#-]+\](?=[#*_`])")
_CELL = re.compile(r"(?:^|(?<=\s))(?:\d+(?:\.\d+)?[+*])?[<^>]?[a-z]?\|")
_MAX_DEPTH = 5
_LONGEST = 4000  # characters between brackets
_LONGEST_VALUE = 2000
_BLANKS = {"nbsp": "\u00a0", "sp": " ", "empty": "", "blank": "", "amp": "&", "lt": "<", "gt": ">", "plus": "+",
           "apos": "'", "quot": '"', "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "vbar": "|",
           "two-colons": "::", "backslash": "\\", "tilde": "~", "startsb": "[", "endsb": "]", "caret": "^"}  # fmt: skip


class Inline:
    """Turns paragraphs into passages; knows the document's attributes and its notes."""

    def __init__(self) -> None:
        self.attributes: dict[str, str] = dict(_BLANKS)
        self._notes = 0
        self._done: list[Passage] = []

    def passages(self, lines: Sequence[str], line: int) -> list[Passage]:
        """The passage of a paragraph, and those of its notes after it."""
        text = "\n".join(re.sub(r"\s\+$", "", source_line) for source_line in lines)
        if lines[0].startswith("|") or " |" in lines[0]:
            text = _CELL.sub(" · ", text).removeprefix(" · ")
        builder = PassageBuilder(line)
        self._done = []
        self._read(self.substituted(text), line, builder, 0)
        return [builder.build(), *self._done]

    def substituted(self, text: str) -> str:
        """The text with references to attributes replaced; those to unknown ones stay."""
        if "{" not in text:
            return text
        return _REFERENCE.sub(lambda match: self.attributes.get(match[1].lower(), match[0])[:_LONGEST_VALUE], text)

    def _read(self, text: str, line: int, builder: PassageBuilder, depth: int) -> None:
        position = counted = 0

        def here(offset: int) -> int:
            nonlocal line, counted
            line += text.count("\n", counted, offset)
            counted = max(counted, offset)
            return line

        while match := _TOKEN.search(text, position):
            self._say(text[position : match.start()], here(position), builder)
            place = here(match.start())
            position = match.end()
            if match["pass"]:
                builder.text(re.sub(r"\A(?:pass:[a-z,]*\[|\++)|(?:\]|\++)\Z", "", match["pass"]))
            elif match["escaped"]:
                builder.text(match["escaped"][1:])
            elif match["angle"]:
                builder.bare(match["angle_url"], match["angle_url"], place)
            elif match["xref"]:
                builder.text(match["xref"][2:-2].rpartition(",")[2].strip())
            elif not match["anchor"]:
                content, position = _bracketed(text, match.end())
                self._macro(match, content, place, builder, depth)
        self._say(text[position:], here(position), builder)

    def _macro(self, match: re.Match[str], content: str, line: int, builder: PassageBuilder, depth: int) -> None:
        if match["note"]:
            self._note(match, content, line, builder, depth)
        elif match["url"]:
            self._link(match["url"][:-1], content, line, builder, depth)
        elif (name := match["macro_name"].lower()) == "link":
            self._link(match["macro_target"].removeprefix("++").removesuffix("++"), content, line, builder, depth)
        elif name == "mailto":
            self._link(f"mailto:{match['macro_target']}", content, line, builder, depth)
        elif name in ("image", "icon"):
            alt = _shown(content)
            target = next((a or b or c for a, b, c in _LINK_ATTRIBUTE.findall(content)), "")
            if target and target not in ("self", "none"):
                builder.mark(target, line, LinkKind.LINK, alt)
            else:
                builder.describe(alt)
        elif name == "xref":
            builder.text(_shown(content))
        elif name in ("kbd", "btn", "menu", "indexterm2"):
            builder.text(content)

    def _link(self, target: str, content: str, line: int, builder: PassageBuilder, depth: int) -> None:
        shown = _shown(content)
        if builder.in_link:
            builder.text(shown)
        elif not shown:
            builder.bare(target, target, line)
        else:
            builder.open(target, line)
            if depth < _MAX_DEPTH:
                self._read(shown, line, builder, depth + 1)
            builder.close()

    def _note(self, match: re.Match[str], content: str, line: int, builder: PassageBuilder, depth: int) -> None:
        """A note with a name may be used again without its text."""
        name = match["note_id"]
        if match["note"].lower().startswith("footnoteref"):
            name, _, content = content.partition(",")
        self._notes += 1
        label = f"note {name}" if name else f"note {self._notes}."
        builder.cite(label)
        if content.strip() and depth < _MAX_DEPTH:
            inner = PassageBuilder(line, note=label)
            self._read(content.strip(), line, inner, depth + 1)
            self._done.append(inner.build())

    def _say(self, text: str, line: int, builder: PassageBuilder) -> None:
        text = _ROLE.sub("", text)
        text = _CURVED.sub(lambda match: f"“{match[2]}”" if match[1] == '"' else f"‘{match[2]}’", text)
        for _ in range(2):  # bold within italics, and so on
            text = _FORMAT.sub(lambda match: match[0] if "://" in match[0] and match[1] in "_~#^" else match[2], text)
        write(builder, text, line)


def _bracketed(text: str, start: int) -> tuple[str, int]:
    """What stands up to the closing bracket, inner ones balanced, and the position after it."""
    depth = 1
    for match in _BRACKET.finditer(text, start, start + _LONGEST):
        depth += (match[0] == "[") - (match[0] == "]")
        if depth == 0:
            return text[start : match.start()].replace("\\]", "]"), match.end()
    return "", start


def _shown(content: str) -> str:
    """The first attribute between brackets, which is the text: `the plan,window=_blank`, `"a, b",role=x`, `it^`."""
    content = content.strip()
    if "=" in content:
        if quoted := re.match(r'"((?:[^"\\]|\\.)*)"\s*(?:,|\Z)', content, re.DOTALL):
            content = quoted[1].replace('\\"', '"')
        elif re.match(r"[\w-]+\s*=\s*(?:\"|')?[^,]*", content) and not re.match(r"[^=]*,", content):
            content = "" if re.match(r"[\w-]+=", content) else content
        else:
            content = _NAMED.sub("", content)
    elif quoted := re.fullmatch(r'"((?:[^"\\]|\\.)*)"', content, re.DOTALL):
        content = quoted[1]
    return fold(content.removesuffix("^"))
