"""The inline markup of Org: links in brackets, verbatim text, notes, citations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from linkarchive.article.passage import Passage, PassageBuilder, fold
from linkarchive.article.text import write

_TOKEN = re.compile(
    r"""(?P<link>\[\[(?P<target>(?:[^\[\]\\]|\\.)+)\](?:\[(?P<shown>(?:[^\]]|\](?!\])){0,3000})\])?\])
      | (?P<verbatim>(?<![^\s\-('"{\[])(?P<sign>[=~])(?P<code>[^\s](?:[^\n]{0,500}?(?:\n[^\n]{0,500}?)?[^\s])??)
          (?P=sign)(?=[\s\-.,;:!?'")}\]\[\\]|\Z))
      | (?P<source>src_[\w-]+(?:\[[^\]\n]*\])?\{[^}\n]*\})
      | (?P<snippet>@@[\w-]+:.*?@@)
      | (?P<angle><(?P<url>(?:https?|ftp|mailto|doi):[^<>]*)>)
      | (?P<note>\[fn:(?P<name>[\w-]*)(?P<colon>:)?)
      | (?P<cite>\[cite(?:/[\w/-]+)?:(?P<cited>[^\]]*)\])
      | (?P<old_cite>(?<!\w)(?:cite|citep|citet|parencite|textcite|autocite|footcite):
          (?P<keys>&?[\w:.-]+(?:[,;]&?[\w:.-]+)*))
      | (?P<stamp><\d{4}-\d\d-\d\d[^>\n]*>)
    """,
    re.VERBOSE | re.DOTALL,
)
_FORMAT = re.compile(
    r"(?<![^\s\-('\"{])([*/_+])(?=\S)([^\n]{1,500}?(?:\n[^\n]{0,500}?)?)(?<=\S)\1(?=[\s\-.,;:!?'\")}\[\\]|\Z)"
)
_KEY = re.compile(r"@([\w:.#$%&+?<>~/-]*\w)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BRACKET = re.compile(r"[\[\]]")
_INTERNAL = ("id:", "*", "#", "attachment:", "shell:", "elisp:", "info:", "help:", "news:", "coderef:", "roam:",
             "denote:", "man:", "custom-id:")  # fmt: skip
_MAX_DEPTH = 5
_LONGEST = 4000  # characters of an inline note


class Inline:
    """Turns paragraphs into passages; knows the file's abbreviations of links and its notes."""

    def __init__(self) -> None:
        self.abbreviations: dict[str, str] = {}
        self._notes = 0
        self._done: list[Passage] = []

    def passages(self, lines: Sequence[str], line: int, note: str | None) -> list[Passage]:
        """The passage of a paragraph, and those of the notes inside after it. `note`: the one that it is part of."""
        builder = PassageBuilder(line, note=note)
        self._done = []
        self._read("\n".join(lines), line, builder, 0)
        return [builder.build(), *self._done]

    def _read(self, text: str, line: int, builder: PassageBuilder, depth: int) -> None:
        position = 0
        while match := _TOKEN.search(text, position):
            self._say(text[position : match.start()], line + text.count("\n", 0, position), builder)
            place = line + text.count("\n", 0, match.start())
            position = match.end()
            if match["link"]:
                self._link(match, place, builder, depth)
            elif match["verbatim"]:
                builder.text(match["code"])
            elif match["source"]:
                builder.text(match["source"].rpartition("{")[2][:-1])
            elif match["angle"]:
                builder.bare(re.sub(r"\s+", "", match["url"]), match["url"], place)
            elif match["note"]:
                position = self._note(match, text, place, builder, depth)
            elif match["cite"]:
                for key in _KEY.findall(match["cited"]):
                    builder.cite(key)
            elif match["old_cite"]:
                for key in re.split("[,;]", match["keys"]):
                    builder.cite(key.removeprefix("&").rstrip(".:"))
            elif match["stamp"]:
                builder.text(match["stamp"])
        self._say(text[position:], line + text.count("\n", 0, position), builder)

    def _link(self, match: re.Match[str], line: int, builder: PassageBuilder, depth: int) -> None:
        target = re.sub(r"\\([\[\]\\])", r"\1", match["target"]).strip()
        shown = match["shown"]
        if cited := re.match(r"(?:cite\w*|parencite|textcite|autocite):(.*)", target):
            for key in re.findall(r"[&@]?([\w:.-]+)", cited[1]):
                builder.cite(key)
            return
        target = self._expanded(target)
        if _is_internal(target):
            builder.text(fold(shown or target.lstrip("*#")))
            return
        target = re.sub(r"\Afile(?:\+\w+)?:(?=[^/]|/(?!/))", "", target).partition("::")[0] or target
        if builder.in_link:
            builder.text(fold(shown or target))
        elif shown is None:
            builder.bare(target, target, line)
        else:
            builder.open(target, line)
            if depth < _MAX_DEPTH:
                self._read(shown, line, builder, depth + 1)
            builder.close()

    def _expanded(self, target: str) -> str:
        name, colon, rest = target.partition(":")
        whole = self.abbreviations.get(name) if colon else None
        if whole is None:
            return target
        if "%s" in whole:
            return whole.replace("%s", rest)
        return whole.replace("%h", quote(rest, safe="")) if "%h" in whole else whole + rest

    def _note(self, match: re.Match[str], text: str, line: int, builder: PassageBuilder, depth: int) -> int:
        """Read `[fn:name]`, `[fn:name: text]` or `[fn:: text]`. Returns the position after it."""
        name = match["name"]
        end = _closing(text, match.end())
        if end < 0 or not (name or match["colon"]):
            builder.text(match[0])
            return match.end()
        if not name:
            self._notes += 1
            name = f"inline note {self._notes}"
        builder.cite(name)
        if match["colon"] and depth < _MAX_DEPTH:
            inner = PassageBuilder(line, note=name)
            self._read(text[match.end() : end].strip(), line, inner, depth + 1)
            self._done.append(inner.build())
        return end + 1

    def _say(self, text: str, line: int, builder: PassageBuilder) -> None:
        text = text.replace("\\\\\n", "\n").replace("\\nbsp{}", "\u00a0")
        for _ in range(2):  # bold within italics, and so on
            text = _FORMAT.sub(lambda match: match[0] if "://" in match[0] and match[1] in "/_+" else match[2], text)
        write(builder, text, line)


def _is_internal(target: str) -> bool:
    if target.startswith(_INTERNAL):
        return True
    return not _SCHEME.match(target) and not re.search(r"[/.]", target)


def _closing(text: str, start: int) -> int:
    depth = 1
    for match in _BRACKET.finditer(text, start, start + _LONGEST):
        depth += 1 if match[0] == "[" else -1
        if depth == 0:
            return match.start()
    return -1
