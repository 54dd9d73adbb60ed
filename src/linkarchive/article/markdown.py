"""Markdown: CommonMark with tables, GFM's bare URLs, raw HTML inside, front matter."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

from linkarchive.article import front_matter, html, html_tags
from linkarchive.article.markdown_blocks import without_frames
from linkarchive.article.passage import Mark, ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import write
from linkarchive.model import LinkKind
from linkarchive.urls import is_web

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_AT = "at"  # token.meta: where the construct begins in the source of its paragraph
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")
_ATTRIBUTE = re.compile(r"""\s([A-Za-z_:][A-Za-z0-9_.:-]*)\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+)""")
_H1 = re.compile(r"<h1(?:\s[^<>]*)?>(.*?)</h1\s*>", re.DOTALL | re.IGNORECASE)
_LOOK_AHEAD = 4096  # characters; searching the whole paragraph for each text would be quadratic


def read_markdown(text: str, *, everything: bool = False, indented_code: bool = True) -> ParsedDocument:
    """`indented_code` says whether four blanks make a code block, as they do not in MDX."""
    entries, body = front_matter.split(text)
    environment: dict[str, Any] = {}
    tokens = _parser(indented_code).parse(without_frames(body), environment)
    blocks = _Blocks(environment, everything)
    for token in tokens:
        blocks.read(token)
    bibliographies = entries.get("bibliography", ())
    references, gaps = front_matter.references(text)
    passages = map(with_cited_keys, blocks.passages) if bibliographies or references else blocks.passages
    return ParsedDocument(
        title=front_matter.title(entries) or blocks.heading,
        passages=(*map(_with_escaped_backslashes, passages), *references),
        gaps=gaps,
        bibliographies=bibliographies,
        origins=front_matter.origins(entries),
        dates=front_matter.dates(entries),
    )


@cache
def _parser(indented_code: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.footnote import footnote_plugin

    md = MarkdownIt("commonmark").enable("table").use(footnote_plugin).use(deflist_plugin)
    # Notes are read where they stand: the rule that gathers them at the end drops those that no mark names.
    md.core.ruler.disable("footnote_tail")
    if not indented_code:
        md.block.ruler.disable("code")
    # Targets stay as written, whatever their scheme: `[text](javascript:void(0))` is a lost target. They are replaced
    # on the instance, as the API documentation of markdown-it has it (`md.validateLink = …`); its types do not know it.
    md.normalizeLink = lambda url: url  # type: ignore[method-assign]  # see above
    md.normalizeLinkText = lambda link: link  # type: ignore[method-assign]  # see above
    md.validateLink = lambda url: True  # type: ignore[method-assign]  # see above
    rules = {rule.name: rule.fn for rule in md.inline.ruler.__rules__}
    for name in ("link", "image", "autolink", "html_inline"):
        md.inline.ruler.at(name, _located(rules[name]))
    return md


def _with_escaped_backslashes(passage: Passage) -> Passage:
    """Renderers write the backslash of a target as `%5C` (CommonMark §6.3), so that browsers take it for no slash."""
    if not any("\\" in link.target for link in passage.links):
        return passage
    links = (replace(link, target=link.target.replace("\\", "%5C")) for link in passage.links)
    return replace(passage, links=tuple(links))


class _Blocks:
    """The block tokens of a document on their way to passages."""

    def __init__(self, environment: Mapping[str, Any], everything: bool) -> None:
        self.passages: list[Passage] = []
        self.heading = ""
        """The first heading of the first level."""
        self._inline_notes: Mapping[int, Mapping[str, Any]] = environment.get("footnotes", {}).get("list", {})
        self._everything = everything
        self._line = 1
        self._items: list[int | None] = []
        self._in_table = False
        self._note: str | None = None
        self._in_title = False

    def read(self, token: Token) -> None:
        if token.map is not None:
            self._line = token.map[0] + 1
        match token.type:
            case "list_item_open":
                self._items.append(int(token.info) if token.info.isdigit() else None)
            case "list_item_close":
                self._items.pop()
            case "footnote_reference_open":
                self._note = f"note {token.meta['label']}"
            case "footnote_reference_close":
                self._note = None
            case "table_open" | "table_close":
                self._in_table = token.type == "table_open"
            case "heading_open":
                self._in_title = token.tag == "h1" and not self.heading
            case "html_block":
                self.heading = self.heading or _html_heading(token.content)
                passages = html.fragment(token.content, self._line, everything=self._everything)
                self.passages += [replace(passage, note=self._note) for passage in passages] if self._note else passages
            case "inline":
                self._inline(token.content, token.children or (), self._note)
                if self._in_title:
                    self.heading = fold(self.passages[-1].text)
                self._in_title = False

    def _inline(self, source: str, tokens: Sequence[Token], note: str | None) -> None:
        item = self._items[-1] if self._items else None
        builder = PassageBuilder(self._line, note=note, item=item, listed=self._in_table or bool(self._items))
        self.passages.append(_Inline(source, tokens, builder, self._everything).passage())
        for token in tokens:
            if token.type == "footnote_ref" and not token.meta.get("label"):
                inner = self._inline_notes.get(token.meta["id"], {})
                if "tokens" in inner:
                    self._inline(str(inner.get("content", "")), inner["tokens"], _note_of(token))


def _html_heading(source: str) -> str:
    match = _H1.search(source)
    return fold(unescape(re.sub(r"<[^<>]*>", " ", match[1]))) if match else ""


def _note_of(token: Token) -> str:
    """The name of the note that a mark stands for: its label, or the number of a note within the text."""
    label = token.meta.get("label")
    return f"note {label}" if label else f"inline note {token.meta['id']}"


def _located(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """The inline rule, which also notes where its token begins, and where a link ends: markdown-it gives lines for
    blocks only."""

    def located(state: StateInline, silent: bool) -> bool:
        start, first = state.pos, len(state.tokens)
        is_match = rule(state, silent)
        if is_match and not silent:
            for token in state.tokens[first : first + 2]:  # pending text may have been pushed before it
                if token.type != "text":
                    token.meta[_AT] = start
                    break
            if state.tokens[-1].type == "link_close":
                state.tokens[-1].meta[_AT] = state.pos
        return is_match

    return located


class _Inline:
    """The inline tokens of one paragraph on their way to a passage."""

    def __init__(self, source: str, tokens: Sequence[Token], builder: PassageBuilder, everything: bool) -> None:
        self._source = source
        self._tokens = tokens
        self._line = builder.line
        self._newlines = [at for at, char in enumerate(source) if char == "\n"]
        self._everything = everything
        self._builder = builder
        self._cursor = 0  # how far in the source we are
        self._verbatim = 0  # depth of raw <code>, <pre> …
        self._raised = False  # within a raw <sup>

    def passage(self) -> Passage:
        for token in self._tokens:
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
            case "footnote_ref":
                builder.cite(_note_of(token))
            case "link_open":
                builder.open(str(token.attrs.get("href", "")), self._here())
            case "link_close":
                builder.close()
            case "image":
                alt = _alt(token)
                if not builder.in_link and _cites(token):
                    for child in token.children or ():
                        self._read(child)
                else:
                    builder.describe(alt)
                if self._everything and not self._verbatim:
                    builder.mark(str(token.attrs.get("src", "")), self._here(), LinkKind.IMAGE, alt)
            case "html_inline":
                self._html(token.content)

    def _text(self, text: str) -> None:
        if self._raised and text.isdecimal() and len(text) <= 3:
            self._builder.text(text.translate(html.SUPERSCRIPTS))
        elif self._builder.in_link or self._verbatim:
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
            position = self._source.find(text, self._cursor, self._cursor + len(text) + _LOOK_AHEAD)
            self._cursor = position if position >= 0 else self._cursor

    def _advance(self, text: str) -> None:
        if self._source.startswith(text, self._cursor):
            self._cursor += len(text)

    def _html(self, tag: str) -> None:
        match = _TAG.match(tag)
        if match is None:  # a comment, a declaration
            return
        closing, name = bool(match[1]), match[2].lower()
        if name in html.CODE | html.CLOSED:
            self._verbatim = max(0, self._verbatim + (-1 if closing else 1))
        elif self._verbatim and name != "a":
            return
        elif name == "br":
            self._builder.line_break()
        elif name == "sup":
            self._raised = not closing
        elif name == "a" and closing:
            self._builder.close()
        elif not closing:
            pairs = _ATTRIBUTE.findall(tag, match.end())
            attributes = {key.lower(): unescape(value.strip("\"'")) for key, value in reversed(pairs)}
            html_tags.write_tag(self._builder, name, attributes, self._here(), self._everything)


def _cites(image: Token) -> bool:
    """Whether the text of an image has a link with a whole web address: pandoc shows it as a caption, with its links.
    CommonMark shows text alone, and a relative link there leads nowhere."""
    return any(is_web(str(child.attrs.get("href", ""))) for child in image.children or () if child.type == "link_open")


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


_KEY = r"@(?:\{([^{}\n]{1,100})\}|(\w(?:[\w:.#$%&+?<>~/-]{0,100}\w)?))"
_GROUP = re.compile(rf"\[[^\[\]]{{0,500}}?(?<!\w){_KEY}[^\[\]]{{0,500}}\]")
_ANY_KEY = re.compile(rf"(?<![\w@]){_KEY}")


def with_cited_keys(passage: Passage) -> Passage:
    """The passage with a mark for each key that it cites."""
    if "@" not in passage.text:
        return passage
    groups = [match.span() for match in _GROUP.finditer(passage.text)]
    marks = []
    for match in _ANY_KEY.finditer(passage.text):
        start, end = next((span for span in groups if span[0] <= match.start() < span[1]), match.span())
        marks.append(Mark(match[1] or match[2], start, end))
    return replace(passage, marks=(*passage.marks, *marks))
