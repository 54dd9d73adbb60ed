"""Dialects of Markdown that hold programs: MDX, and Quarto with R Markdown. The programs are blanked, lines stay."""

from __future__ import annotations

import re

from linkarchive.article.markdown import read_markdown
from linkarchive.article.passage import ParsedDocument

_FENCE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_ESM = re.compile(r"^(?:import|export)\b[^\n]*(?:\n(?![ \t]*\n)[^\n]+)*", re.MULTILINE)
_COMMENT = re.compile(r"\{\s*/\*.*?\*/\s*\}", re.DOTALL)
_CALLOUT = re.compile(r"^[ \t]*:{3,}[^\n]*$", re.MULTILINE)


def read_mdx(text: str, *, everything: bool = False) -> ParsedDocument:
    """Imports, exports and comments of JavaScript are not text; components are tags whose content is Markdown."""
    return read_markdown(_blanked(text, (_ESM, _COMMENT)), everything=everything)


def read_quarto(text: str, *, everything: bool = False) -> ParsedDocument:
    """The fences of divs and callouts are not text; code cells are code blocks already."""
    return read_markdown(_blanked(text, (_CALLOUT,)), everything=everything)


def _blanked(text: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    """The text without what matches outside of code blocks; every line stays where it is."""
    pieces, done = [], 0
    for fence in _FENCE.finditer(text):
        pieces += [_without(text[done : fence.start()], patterns), fence[0]]
        done = fence.end()
    return "".join([*pieces, _without(text[done:], patterns)])


def _without(text: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    for pattern in patterns:
        text = pattern.sub(lambda match: "\n" * match[0].count("\n"), text)
    return text
