"""reStructuredText, read by docutils; what Sphinx and other programs add to it is taken by its look.

Nothing is included, fetched or run: file insertion is off and no configuration is read.
"""

from __future__ import annotations

from typing import Any

from linkarchive.article import html
from linkarchive.article.formats import rst_extensions
from linkarchive.article.passage import Claim, ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import write
from linkarchive.errors import ArticleError

_SETTINGS = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": True,
    "report_level": 5,
    "halt_level": 5,
    "warning_stream": False,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "line_length_limit": 1_000_000,
}
_SILENT = frozenset(
    {"comment", "system_message", "substitution_definition", "target", "literal_block", "doctest_block", "math_block",
     "pending", "meta", "generated", "label", "colspec"}
)  # fmt: skip
_DATES = ("date", "published", "pubdate", "publication date")


def read_rst(text: str, *, everything: bool = False) -> ParsedDocument:
    from docutils.core import publish_doctree
    from docutils.utils import SystemMessage

    rst_extensions.register(text)
    try:
        document = publish_doctree(text, settings_overrides=dict(_SETTINGS))
    except (SystemMessage, RecursionError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise ArticleError(f"it is not reStructuredText: {' '.join(str(error).split())[:200]}") from error
    reader = _Reader(document, everything)
    return ParsedDocument(
        title=fold(document.get("title", "")) or reader.title,
        passages=tuple(reader.passages),
        dates=tuple(Claim(value, f"field `{name}`", 0) for name, value in reader.fields if name in _DATES),
        origins=tuple(
            Claim(value, f"field `{name}`", 2) for name, value in reader.fields if name in ("canonical", "original_url")
        ),
    )


class _Reader:
    """One pass over the tree, without recursion on blocks."""

    def __init__(self, document: Any, everything: bool) -> None:
        from docutils import nodes

        self._nodes = nodes
        self._everything = everything
        self.passages: list[Passage] = []
        self.fields: list[tuple[str, str]] = []
        self.title = ""
        self._blocks(document)

    def _blocks(self, document: Any) -> None:
        nodes = self._nodes
        stack: list[tuple[Any, str | None]] = [(document, None)]
        while stack:
            node, note = stack.pop()
            name = node.tagname
            if isinstance(node, nodes.raw):
                if "html" in node.get("format", ""):
                    self.passages += html.fragment(node.astext(), node.line or 1, everything=self._everything)
            elif name in _SILENT:
                continue
            elif isinstance(node, (nodes.TextElement, nodes.reference, nodes.image)):
                self._passage(node, note)
            else:
                if isinstance(node, (nodes.footnote, nodes.citation)):
                    note = node["ids"][0] if node["ids"] else None
                elif isinstance(node, nodes.field):
                    self.fields.append((node[0].astext().strip().lower(), fold(node[-1].astext())))
                stack.extend((child, note) for child in reversed(node.children))

    def _passage(self, node: Any, note: str | None) -> None:
        line = _line(node)
        builder = PassageBuilder(line, note=note)
        _Inline(self._nodes, builder, node, line, self._everything).read()
        passage = builder.build()
        if isinstance(node, self._nodes.title) and not self.title:
            self.title = fold(passage.text)
        if isinstance(node, self._nodes.date):
            self.fields.append(("date", fold(passage.text)))
        if passage.text.strip() or passage.links or passage.marks:
            self.passages.append(passage)


class _Inline:
    """The text of one paragraph, title, cell …"""

    def __init__(self, nodes: Any, builder: PassageBuilder, block: Any, line: int, everything: bool) -> None:
        self._nodes = nodes
        self._builder = builder
        self._block = block
        self._line = line
        self._source: str = block.rawsource
        self._cursor = 0
        self._everything = everything

    def read(self) -> None:
        if isinstance(self._block, (self._nodes.reference, self._nodes.image)):
            self._node(self._block, 0)
        else:
            self._children(self._block, 0)

    def _children(self, node: Any, depth: int) -> None:
        if depth < 50:
            for child in node.children:
                self._node(child, depth + 1)

    def _here(self, written: str) -> int:
        """The line of the next place in the paragraph where this is written."""
        position = self._source.find(written, self._cursor) if written else -1
        self._cursor = position if position >= 0 else self._cursor
        return self._line + self._source.count("\n", 0, self._cursor)

    def _node(self, node: Any, depth: int) -> None:
        nodes, builder = self._nodes, self._builder
        if isinstance(node, nodes.Text):
            self._text(str(node))
        elif isinstance(node, nodes.reference) and "refuri" in node:
            self._reference(node, depth)
        elif isinstance(node, (nodes.footnote_reference, nodes.citation_reference)):
            label = node.get("refid")
            if label:
                builder.cite(label)
            else:
                builder.text(f"[{node.astext()}]")
        elif isinstance(node, nodes.image):
            builder.describe(node.get("alt", ""))
        elif isinstance(node, (nodes.literal, nodes.math)):
            builder.text(node.astext())
        elif isinstance(node, nodes.problematic):
            self._text(node.astext())
        elif isinstance(node, nodes.raw):
            return
        elif node.tagname not in _SILENT:
            self._children(node, depth)

    def _text(self, text: str) -> None:
        write(self._builder, text, self._here(text.split("\n", 1)[0].strip()))

    def _reference(self, node: Any, depth: int) -> None:
        target, shown = node["refuri"], node.astext()
        if "://" in target and (target == shown or target == f"http://{shown}") and not node.rawsource.startswith("`"):
            self._text(shown)  # it was found in the running text, and ends where it does everywhere
            return
        line = self._here(node.rawsource)
        self._builder.open(target, line)
        self._children(node, depth)
        self._builder.close()


def _line(node: Any) -> int:
    """The line on which a node begins, else that of what it is part of."""
    while node is not None and not node.line:
        node = node.parent
    return int(node.line) if node is not None else 1
