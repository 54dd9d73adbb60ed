"""Markdown: CommonMark with tables, GFM's bare URLs, raw HTML inside, front matter."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

from linkarchive.article import front_matter, html
from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import write
from linkarchive.model import LinkKind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_AT = "at"  # token.meta: where the construct begins in the source of its paragraph
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")
_ATTRIBUTE = re.compile(r"""\s([A-Za-z_:][A-Za-z0-9_.:-]*)\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+)""")
_LOOK_AHEAD = 4096  # characters; searching the whole paragraph for each text would be quadratic
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def read_markdown(text: str, *, everything: bool = False) -> ParsedDocument:
    entries, body = front_matter.split(text)
    tokens = _parser().parse(body, {})
    passages: list[Passage] = []
    heading = ""
    line = 1
    for index, token in enumerate(tokens):
        if token.map is not None:
            line = token.map[0] + 1
        if token.type == "html_block":
            passages.extend(html.fragment(token.content, line, everything=everything))
        elif token.type == "inline":
            passage = _Inline(token, line, everything).passage()
            passages.append(passage)
            if not heading and tokens[index - 1].type == "heading_open" and tokens[index - 1].tag == "h1":
                heading = fold(passage.text)
    return ParsedDocument(
        title=front_matter.title(entries) or heading,
        passages=tuple(passages),
        origins=front_matter.origins(entries),
        dates=front_matter.dates(entries),
    )


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    md = MarkdownIt("commonmark").enable("table")
    # Targets stay as written, whatever their scheme: `[text](javascript:void(0))` is a lost target. They are replaced
    # on the instance, as the API documentation of markdown-it has it (`md.validateLink = …`); its types do not know it.
    md.normalizeLink = lambda url: url  # type: ignore[method-assign]
    md.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    md.validateLink = lambda url: True  # type: ignore[method-assign]
    rules = {rule.name: rule.fn for rule in md.inline.ruler.__rules__}
    for name in ("link", "image", "autolink", "html_inline"):
        md.inline.ruler.at(name, _located(rules[name]))
    md.core.ruler.after("block", "footnotes", _drop_footnotes)
    return md


def _located(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """The inline rule, which also notes where its token begins: markdown-it gives lines for blocks only."""

    def located(state: StateInline, silent: bool) -> bool:
        start, first = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found and not silent:
            for token in state.tokens[first : first + 2]:  # pending text may have been pushed before it
                if token.type != "text":
                    token.meta[_AT] = start
                    break
        return found

    return located


def _drop_footnotes(state: Any) -> None:
    """`[^1]: Smith 2020` is a footnote, not the definition of a link to “Smith”."""
    references = state.env.get("references", {})
    for label in [label for label in references if label.startswith("^")]:
        if not _ABSOLUTE.match(references[label]["href"]):
            del references[label]


class _Inline:
    """One paragraph's inline tokens on their way to a passage."""

    def __init__(self, token: Token, line: int, everything: bool) -> None:
        self._source = token.content
        self._children: Sequence[Token] = token.children or ()
        self._line = line
        self._newlines = [at for at, char in enumerate(token.content) if char == "\n"]
        self._everything = everything
        self._builder = PassageBuilder(line)
        self._cursor = 0  # how far in the source we are
        self._verbatim = 0  # depth of raw <code>, <pre> …

    def passage(self) -> Passage:
        for token in self._children:
            self._read(token)
        return self._builder.build()

    def _read(self, token: Token) -> None:
        builder = self._builder
        self._cursor = max(self._cursor, token.meta.get(_AT, 0))
        match token.type:
            case "text":
                self._text(token.content)
            case "softbreak" | "hardbreak":
                builder.line_break()
                self._cursor = self._source.find("\n", self._cursor) + 1 or self._cursor
            case "code_inline":
                builder.text(token.content)
                self._advance(token.content)
            case "link_open" if not self._verbatim:
                builder.open(str(token.attrs.get("href", "")), self._here())
            case "link_close" if not self._verbatim:
                builder.close()
            case "image":
                alt = _alt(token)
                builder.describe(alt)
                if self._everything and not self._verbatim:
                    builder.mark(str(token.attrs.get("src", "")), self._here(), LinkKind.IMAGE, alt)
            case "html_inline":
                self._html(token.content)

    def _text(self, text: str) -> None:
        if self._builder.in_link or self._verbatim:
            self._builder.text(text)
        else:
            self._locate(text)
            write(self._builder, text, self._here())
        self._advance(text)

    def _here(self) -> int:
        return self._line + bisect_left(self._newlines, self._cursor)

    def _locate(self, text: str) -> None:
        """Move the cursor to a text that could be searched for; escapes and entities are spelt otherwise."""
        if "://" in text or "www." in text.lower():
            found = self._source.find(text, self._cursor, self._cursor + len(text) + _LOOK_AHEAD)
            self._cursor = found if found >= 0 else self._cursor

    def _advance(self, text: str) -> None:
        if self._source.startswith(text, self._cursor):
            self._cursor += len(text)

    def _html(self, tag: str) -> None:
        match = _TAG.match(tag)
        if match is None:  # a comment, a declaration
            return
        closing, name = bool(match[1]), match[2].lower()
        if name in html.VERBATIM:
            self._verbatim = max(0, self._verbatim + (-1 if closing else 1))
        elif self._verbatim:
            return
        elif name == "br":
            self._builder.line_break()
        elif name == "a" and closing:
            self._builder.close()
        elif not closing:
            found = _ATTRIBUTE.findall(tag, match.end())
            attributes = {key.lower(): unescape(value.strip("\"'")) for key, value in reversed(found)}
            html.write_tag(self._builder, name, attributes, self._here(), self._everything)


def _alt(token: Token) -> str:
    """The text of an image's description, without its markup."""
    parts: list[str] = []
    stack = list(reversed(token.children or ()))
    while stack:
        child = stack.pop()
        if child.type == "image":
            stack.extend(reversed(child.children or ()))
        elif child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)
