"""Blocks of Markdown dialects that hold Markdown: their frames are taken away, their content and its lines stay.

MkDocs (`!!! note`, `??? note`, `=== "Tab"`: indented content), MyST (directives in fences of backticks or colons);
and code and comments of site generators and note takers, which are taken away whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_INDENTED = re.compile(r"(?:!!!|\?\?\?\+?|===[+!]?)[ \t]+\S")
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([^`\n]*)\Z")
_DIRECTIVE = re.compile(r"\{([A-Za-z][\w:+-]*)\}")
_OPTION = re.compile(r":[\w-]+:(?:[ \t]|\Z)")
_TARGET = re.compile(r":target:[ \t]+((?:https?|ftp)://[^\s<>]+)\Z")
_COLONS = re.compile(r":{3,}[ \t]*(?:\{.*|[A-Za-z].*)?\Z")
_VERBATIM_TAG = re.compile(
    r"\{%-?\s*(highlight|code|codeblock|comment|prism)\b[^%]*%\}|\{\{[<%]\s*(highlight|code)\b[^}]*[>%]\}\}",
    re.IGNORECASE,
)
# Directives whose content is Markdown; of others (code, mathematics, data) it is shown or run.
_PROSE = frozenset(
    """
    note warning admonition tip important hint caution danger error attention seealso todo topic sidebar margin aside
    dropdown details epigraph pull-quote highlights figure table list-table card grid tab-set tab-item div container
    versionadded versionchanged deprecated exercise solution proof theorem lemma definition corollary example remark
    question abstract info success failure bug quote summary blockquote
    """.split()  # noqa: SIM905  (a list of words read as words)
)


@dataclass(slots=True)
class _Fence:
    mark: str
    """The characters that close it, or more of them."""
    is_prose: bool
    has_options: bool = False
    """Nothing but options so far."""


def without_frames(text: str) -> str:
    """The Markdown with the content of such blocks as ordinary text; the number of lines stays."""
    lines = []
    columns: list[int] = []
    fences: list[_Fence] = []
    closing: re.Pattern[str] | None = None
    for line in text.split("\n"):
        stripped = line.strip()
        if closing is not None:
            closing = None if closing.search(line) else closing
            lines.append("")
            continue
        indent = len(line) - len(line.lstrip(" "))
        if stripped and not (fences and not fences[-1].is_prose):
            while columns and indent < columns[-1]:
                columns.pop()
        line = line[min(indent, 4 * len(columns)) :]
        if fences and _closes(stripped, fences[-1]):
            lines.append("" if fences.pop().is_prose else line)
        elif fences and not fences[-1].is_prose:
            lines.append(line)
        elif (fence := _FENCE.match(stripped)) is not None:
            opened = _fence(fence)
            fences.append(opened)
            lines.append("" if opened.is_prose else line)
        elif fences and fences[-1].has_options and _OPTION.match(stripped):
            target = _TARGET.match(stripped)
            lines.append(f"<{target[1]}>" if target else "")
        elif _INDENTED.match(stripped) and (indent == 0 or columns or indent % 2 == 0):
            columns.append(indent + 4)
            lines.append("")
        elif tag := _VERBATIM_TAG.search(line):
            name = tag[1] or tag[2]
            closing = re.compile(rf"\{{%-?\s*end{name}\b|\{{\{{[<%]\s*/\s*{name}\b", re.IGNORECASE)
            closing = None if closing.search(line, tag.end()) else closing
            lines.append("")
        else:
            if fences:
                fences[-1].has_options = False
            lines.append("" if _COLONS.match(stripped) else line)
    return "\n".join(lines)


def _fence(match: re.Match[str]) -> _Fence:
    directive = _DIRECTIVE.match(match[2])
    name = directive[1].lower() if directive else ""
    is_prose = name in _PROSE or (("-" in name or ":" in name) and not name.startswith(("code", "eval", "math")))
    return _Fence(match[1], is_prose, is_prose)


def _closes(stripped: str, fence: _Fence) -> bool:
    return len(stripped) >= len(fence.mark) and not stripped.strip(fence.mark[0])
