"""The commands that the author of a LaTeX document defines, and what they stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from linkarchive.article.formats import tex
from linkarchive.article.formats.latex_source import Source

_DEFINED = re.compile(r"\*?\s*\{?\s*\\([A-Za-z@]+)\s*\}?")
_SIGNATURE = re.compile(r"(?:\s*\[[^\]]*\]|(?:#\d)+)*")
_LONGEST_MACRO = 10_000


@dataclass(frozen=True, slots=True)
class Macro:
    """A command that the author has defined."""

    body: str
    arguments: int
    default: str | None
    """Of the first argument, where that is optional."""


class Macros:
    """The author's own commands by name."""

    def __init__(self) -> None:
        self._known: dict[str, Macro] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def define(self, source: Source, name: str, position: int, end: int) -> int | None:
        """Take up a command that is defined there. Returns the position after it, None when it cannot be read."""
        match = _DEFINED.match(source.text, position, end)
        if match is None:
            return None
        position = match.end()
        if name == "urldef":
            command = re.compile(r"\s*\\url").match(source.text, position, end)
            argument = source.url(command.end(), end) if command else None
            if command is None or argument is None:
                return None
            self._known[match[1]] = Macro(source.text[command.start() : argument[1]], 0, None)
            return argument[1]
        signature = _SIGNATURE.match(source.text, position, end)
        written = signature[0] if signature else ""
        if name.endswith("DocumentCommand"):
            specification = source.group(position, end)
            if specification is None:
                return None
            written = source.text[specification.start : specification.end]
            count, default = len(re.findall(r"[mo]|O\{[^}]*\}", written)), None
            default = "" if written.lstrip()[:1] in ("o", "O") else None
            position = specification.end + 1
        else:
            position += len(written)
            digits = re.findall(r"\[(\d)\]|#(\d)", written)
            count = max((int(first or second) for first, second in digits), default=0)
            default = optional[1] if (optional := re.search(r"\]\s*\[([^\]]*)\]", written)) else None
        body = source.group(position, end)
        if body is None:
            return None
        text = source.text[body.start : body.end]
        if f"\\{match[1]}" not in text and len(text) <= _LONGEST_MACRO:
            self._known[match[1]] = Macro(text, count, default)
        return body.end + 1

    def body(self, source: Source, name: str, position: int, end: int) -> tuple[str, int]:
        """What the command stands for with the arguments that follow it; and the position after those."""
        macro = self._known[name]
        arguments: list[str] = []
        if macro.default is not None:
            after = source.options(position, end)
            arguments.append(source.text[position:after].strip().removeprefix("[").removesuffix("]") or macro.default)
            position = after
        while len(arguments) < macro.arguments:
            group = source.group(position, end)
            if group is None:
                break
            arguments.append(source.text[group.start : group.end])
            position = group.end + 1
        body = re.sub(
            r"#([1-9])", lambda mark: arguments[int(mark[1]) - 1] if int(mark[1]) <= len(arguments) else "", macro.body
        )
        return body, position

    def expanded(self, written: str) -> str:
        """The URL, with the author's own commands in it replaced by what they stand for."""

        def replaced(match: re.Match[str]) -> str:
            macro = self._known.get(match[1])
            if macro is None or macro.arguments:
                return match[0]
            return re.sub(r"^\\(?:url|nolinkurl|path)\s*\{(.*)\}$", r"\1", macro.body.strip())

        return tex.url(re.sub(r"\\([A-Za-z]+)(?:\{\})?[ \t]*", replaced, written))
