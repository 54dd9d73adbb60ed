"""Formats that pandoc reads: its syntax tree (pandoc-types, as JSON) gives blocks, links and notes, but no lines.

pandoc comes with the extra (`pypandoc-binary`) or is on the PATH. It runs with `--sandbox`:
a document that includes others gets none, whatever it names.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from linkarchive.article.formats.located import Pairs, parse_json
from linkarchive.article.passage import Claim, ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import flush
from linkarchive.errors import ArticleError
from linkarchive.model import Unit

_SECONDS = 30
_MEMORY = "768M"  # of pandoc's heap
_LONGEST_OUTPUT = 64 * 1024 * 1024
_WAY_ROUND = (
    "install the extra with pip install 'linkarchive[formats]', or pandoc 3, or convert it: pandoc -o article.html"
)


def read_with_pandoc(data: bytes, format: str) -> ParsedDocument:
    """Read a document that pandoc knows as `format`. Raises ArticleError if it is not installed or cannot read it."""
    if not reads(format):
        raise ArticleError(f"reading {format} takes pandoc, which is not installed, or is too old: {_WAY_ROUND}")
    tree = parse_json(_run(["-f", format, "-t", "json", "--sandbox", "+RTS", f"-M{_MEMORY}", "-RTS"], data))
    if not isinstance(tree, Pairs):
        raise ArticleError("pandoc gave no document")
    reader = _Reader()
    reader.blocks(tree.get("blocks") or [])
    meta = tree.get("meta") or Pairs()
    return ParsedDocument(
        title=_meta(meta, "title") or reader.heading,
        passages=tuple(reader.passages),
        dates=tuple(
            Claim(text, f"metadata `{name}`", 1) for name in ("date", "pubdate") if (text := _meta(meta, name))
        ),
        unit=Unit.PARAGRAPH,
    )


@cache
def reads(format: str) -> bool:
    """Whether the pandoc that is here reads the format, and can be kept from reading other files."""
    program = _program()
    if program is None:
        return False
    try:
        known = _run(["--list-input-formats"], b"").split()
        return format in known and "--sandbox" in _run(["--help"], b"")
    except ArticleError:
        return False


@cache
def _program() -> str | None:
    try:
        import pypandoc

        return str(pypandoc.get_pandoc_path())
    except (ImportError, OSError):
        return shutil.which("pandoc")


def _run(arguments: Sequence[str], data: bytes) -> str:
    program = _program()
    if program is None:
        raise ArticleError("pandoc is not installed")
    try:
        process = subprocess.run(  # noqa: S603 - a program that its user installed
            [program, *arguments], input=data, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ArticleError(f"pandoc takes more than {_SECONDS} seconds to read it; left out") from None
    except OSError as error:
        raise ArticleError(f"pandoc cannot be run: {error.strerror}") from error
    if process.returncode != 0 or len(process.stdout) > _LONGEST_OUTPUT:
        message = " ".join(process.stderr.decode("utf-8", "replace").split())[:300]
        raise ArticleError(f"pandoc cannot read it: {message or 'it becomes too large'}")
    return process.stdout.decode("utf-8", "replace")


def _meta(meta: Pairs, name: str) -> str:
    value = meta.get(name)
    return fold(_words(value)) if value is not None else ""


def _words(value: Any) -> str:
    """The text of any part of the tree."""
    parts: list[str] = []
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(str(node))
        elif isinstance(node, Pairs):
            kind = node.get("t")
            if kind in ("Space", "SoftBreak", "LineBreak"):
                parts.append(" ")
            elif kind != "Note":
                content = node.get("c")
                stack.append(content[-1] if kind in ("Code", "Math", "Span", "Quoted", "Header") else content)
        elif isinstance(node, list):
            stack.extend(reversed(node))
    return "".join(parts)


class _Reader:
    """One pass over the blocks; parse_json has bounded how deep they nest."""

    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self.heading = ""
        self._notes = 0
        self._note: str | None = None

    def blocks(self, blocks: Any) -> None:
        for block in _nodes(blocks):
            kind, content = block.get("t"), block.get("c")
            if kind in ("Para", "Plain"):
                self._passage([content])
            elif kind == "LineBlock":
                self._passage(content)
            elif kind == "Header":
                self._passage([content[2]])
                if not self.heading and content[0] == 1:
                    self.heading = fold(_words(content[2]))
            elif kind not in ("CodeBlock", "RawBlock"):
                self._inner(content)

    def _inner(self, content: Any) -> None:
        """The blocks within a block of another kind: lists, quotations, tables, figures."""
        if isinstance(content, Pairs):
            self.blocks([content])
        elif isinstance(content, list):
            nodes = list(_nodes(content))
            if nodes and all(node.get("t") in _INLINES for node in nodes):
                self._passage([content])  # the term of a definition list
            else:
                for part in content:
                    self._inner(part)

    def _passage(self, lines: Sequence[Any]) -> None:
        number = len(self.passages) + 1
        builder = PassageBuilder(number, note=self._note)
        self.passages.append(Passage(number, ""))  # its notes come after it
        running: list[str] = []
        for line in lines:
            self._inlines(line, builder, number, running)
            flush(builder, running, number)
            builder.line_break()
        self.passages[number - 1] = builder.build()

    def _inlines(self, inlines: Any, builder: PassageBuilder, number: int, running: list[str]) -> None:
        for inline in _nodes(inlines):
            kind, content = inline.get("t"), inline.get("c")
            if kind == "Str":
                running.append(str(content))
            elif kind in ("Space", "SoftBreak"):
                running.append(" ")
            elif kind == "LineBreak":
                running.append("\n")
            elif kind == "Link":
                flush(builder, running, number)
                builder.open(str(content[2][0]), number)
                self._inlines(content[1], builder, number, running)
                flush(builder, running, number)
                builder.close()
            elif kind == "Image":
                flush(builder, running, number)
                builder.describe(_words(content[1]))
            elif kind == "Note":
                flush(builder, running, number)
                self._note_of(content, builder)
            elif kind in ("Code", "Math"):
                flush(builder, running, number)
                builder.text(str(content[1]))
            elif kind == "Quoted":
                single = content[0].get("t") == "SingleQuote"
                running.append("‘" if single else "“")
                self._inlines(content[1], builder, number, running)
                running.append("’" if single else "”")
            elif kind == "Cite":
                flush(builder, running, number)
                for citation in _nodes(content[0]):
                    builder.cite(str(citation.get("citationId")))
                self._inlines(content[1], builder, number, running)
            elif kind == "Span":
                self._inlines(content[1], builder, number, running)
            elif isinstance(content, list) and kind != "RawInline":
                self._inlines(content, builder, number, running)

    def _note_of(self, blocks: Any, builder: PassageBuilder) -> None:
        self._notes += 1
        outer, self._note = self._note, f"note {self._notes}"
        builder.cite(self._note)
        self.blocks(blocks)
        self._note = outer


_INLINES = frozenset(
    {"Str", "Space", "SoftBreak", "LineBreak", "Link", "Image", "Note", "Code", "Math", "Quoted", "Cite", "Span",
     "Emph", "Strong", "Strikeout", "Superscript", "Subscript", "SmallCaps", "Underline", "RawInline"}
)  # fmt: skip


def _nodes(content: Any) -> Iterator[Pairs]:
    return (node for node in content if isinstance(node, Pairs)) if isinstance(content, list) else iter(())
