"""Dialects of Markdown that hold programs: MDX, and Quarto with R Markdown. The programs are blanked, lines stay."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from linkarchive.article.markdown import read_markdown
from linkarchive.article.passage import ParsedDocument

_FENCE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)|(?P<ticks>`+)[^`\n]+(?P=ticks)",
    re.MULTILINE | re.DOTALL,
)
_ESM = re.compile(r"^(?:import|export)\b[^\n]*(?:\n(?![ \t]*\n)[^\n]+)*", re.MULTILINE)
_COMMENT = re.compile(r"\{\s*/\*.*?\*/\s*\}", re.DOTALL)
_FENCED_DIV = re.compile(r"^[ \t]*:{3,}[^\n]*$", re.MULTILINE)
_VALUE = r"""(?:"[^"]*"|'[^']*'|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})"""
_COMPONENT = re.compile(
    rf"<(?P<closing>/?)(?P<name>[A-Z][\w.]*|(?=>))(?P<attributes>(?:\s+(?:[\w:-]+(?:\s*=\s*{_VALUE})?|\{{[^{{}}]*\}}))*)\s*(?P<empty>/?)>"
)
_TARGET = re.compile(r"""(?<![\w-])(?:href|to|url|link)\s*=\s*\{?\s*(?P<quote>["'`])(?P<url>[^"'`\n]*)(?P=quote)""")
_TITLE = re.compile(
    r"""(?<![\w-])(?:title|label|text|name|children)\s*=\s*\{?\s*(?P<quote>["'`])(?P<text>[^"'`]*)(?P=quote)"""
)


def read_mdx(text: str, *, everything: bool = False) -> ParsedDocument:
    """Imports, exports and comments of JavaScript are not text; a component with an address is a link."""
    opened: list[tuple[str, bool]] = []

    def component(match: re.Match[str]) -> str:
        lines = "\n" * match[0].count("\n")
        if match["closing"]:
            while opened:
                name, is_link = opened.pop()
                if name == match["name"]:
                    return ("</a>" if is_link else "") + lines
            return lines
        target = _TARGET.search(match["attributes"])
        if not match["empty"]:
            opened.append((match["name"], target is not None))
        if target is None:
            return lines
        title = _TITLE.search(match["attributes"])
        shown = f"{escape(title['text'])}</a>" if match["empty"] and title else "</a>" if match["empty"] else ""
        return f'<a href="{escape(target["url"])}">{shown}' + lines

    def without_programs(part: str) -> str:
        return _COMPONENT.sub(component, _blank(_COMMENT, _blank(_ESM, part)))

    return read_markdown(_outside_code(text, without_programs), everything=everything, indented_code=False)


def read_quarto(text: str, *, everything: bool = False) -> ParsedDocument:
    """The fences of divs and callouts are not text; code cells are code blocks already."""
    return read_markdown(_outside_code(text, lambda part: _blank(_FENCED_DIV, part)), everything=everything)


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """The text with its parts outside of code changed."""
    pieces, done = [], 0
    for code in _FENCE.finditer(text):
        pieces += [change(text[done : code.start()]), code[0]]
        done = code.end()
    return "".join([*pieces, change(text[done:])])


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: "\n" * match[0].count("\n"), text)
