"""HTML: the hyperlinks and bare URLs of the main text; on request everything a page refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from linkarchive.article.html_notes import BookNotes, HtmlNotes
from linkarchive.article.html_tags import write_tag
from linkarchive.article.html_tree import html_tree
from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder
from linkarchive.article.text import write

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

    from linkarchive.article.main_text import MainText

CODE = frozenset({"code", "pre", "kbd", "samp", "tt", "listing"})
"""Elements whose text is shown as it stands: a hyperlink in it is one, a bare URL is not."""
CLOSED = frozenset({"script", "style", "template", "textarea", "xmp"})
"""Elements whose content is run, or is no part of the page: nothing inside is a citation."""

_BLOCKS = frozenset(
    """
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre section summary
    table tbody td tfoot th thead title tr ul video audio
    """.split()  # noqa: SIM905  (a list of words read as words)
)  # fmt: skip
# Not "head": where a page leaves out <body>, libxml2 takes HTML5's elements for children of the head.
_SILENT = frozenset({"title", "noscript", "svg", "select", "button", "iframe", "object"})
"""Elements whose text is not part of the running text."""

# Comments, elements of raw text, and tags whole, so that a `<` within a quoted value begins none.
_COMMENT = re.compile(r"<!--(?:-?>|.*?--!?>|.*\Z)", re.DOTALL)
_TAG = re.compile(r"<([A-Za-z][^\s/>]*+)(?:=\s*+(?:\"[^\"]*+\"|'[^']*+')|[^>])*+>")
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
"""A raised number may be the mark of a note: it is told from a figure by its form."""
_LETTER = re.compile(r"[A-Za-z]")
_RAW = {name: re.compile(rf"</{name}(?=[\s/>])", re.I) for name in ("script", "style", "textarea", "title", "xmp")}
_LINE = "data-linkarchive-line"


def read_html(text: str, *, everything: bool = False, notes: BookNotes | None = None) -> ParsedDocument:
    """`notes` are those that lead from file to file of a book."""
    from linkarchive.article import html_metadata
    from linkarchive.article.main_text import MainText

    soup = _parse(text)
    main = MainText(soup)
    base = soup.find("base", href=True)
    return ParsedDocument(
        title=html_metadata.title(soup, main.root),
        passages=tuple(_Walk(soup, main, 1, everything, notes).passages()),
        origins=html_metadata.origins(soup, text),
        dates=html_metadata.dates(soup),
        base=str(base["href"]).strip() if base else None,
    )


def fragment(text: str, first_line: int, *, everything: bool = False) -> tuple[Passage, ...]:
    """The passages of raw HTML inside another format; all of it is main text."""
    return tuple(_Walk(_parse(text), None, first_line, everything).passages())


def _parse(text: str) -> BeautifulSoup:
    """The tree, with the line of each start tag as an attribute: the lxml builder of Beautiful Soup gives no lines."""
    return html_tree(_with_lines(text))


def _with_lines(text: str) -> str:
    pieces: list[str] = []
    done = at = counted = 0
    line = 1
    while (at := text.find("<", at)) >= 0:
        if comment := _COMMENT.match(text, at):
            at = comment.end()
            continue
        if not _LETTER.match(text, at + 1):
            at += 1
            continue
        tag = _TAG.match(text, at)
        if tag is None:  # the page breaks off within it
            break
        line += text.count("\n", counted, at)
        counted = at
        pieces += [text[done : tag.end(1)], f" {_LINE}={line} "]
        done, at = tag.end(1), tag.end()
        raw = _RAW.get(tag[1].lower())
        if raw is not None:
            closing = raw.search(text, at)
            at = closing.start() if closing else len(text)
    return "".join([*pieces, text[done:]])


class _Walk:
    """One pass over the tree in document order, without recursion: pages nest as deep as they like."""

    def __init__(
        self,
        soup: BeautifulSoup,
        main: MainText | None,
        first_line: int,
        everything: bool,
        notes: BookNotes | None = None,
    ) -> None:
        self._soup = soup
        self._main = main
        self._notes = HtmlNotes(soup, notes)
        self._everything = everything
        self._offset = first_line - 1
        self._line = first_line
        self._done: list[Passage] = []
        self._closed_to: Tag | None = None  # inside this element nothing is read
        self._outside: Tag | None = None  # inside this element we are not in the main text
        self._silent = 0
        self._code = 0
        self._raised = 0
        self._open_notes: list[str] = []
        self._lists: list[int | None] = []  # the number of the last item of each open list, None for unordered ones
        self._items: list[int | None] = []
        self._tables = 0
        self._builder = self._new_builder(main=True)

    def _new_builder(self, *, main: bool) -> PassageBuilder:
        note = self._open_notes[-1] if self._open_notes else None
        listed = bool(self._items or self._tables)
        return PassageBuilder(self._line, main, note, self._items[-1] if self._items else None, listed)

    def passages(self) -> Iterator[Passage]:
        from bs4.element import NavigableString, Tag

        stack: list[Tag] = []
        for node in self._soup.descendants:
            while stack and node.parent is not stack[-1]:
                self._leave(stack.pop())
            if isinstance(node, Tag):
                self._enter(node)
                stack.append(node)
            elif type(node) is NavigableString:
                self._text(str(node))
        while stack:
            self._leave(stack.pop())
        self._flush()
        return iter(self._done)

    def _in_main(self, tag: Tag) -> bool:
        return self._main is None or (self._outside is None and self._main.holds(tag))

    def _enter(self, tag: Tag) -> None:
        line = tag.attrs.pop(_LINE, None)
        if isinstance(line, str) and line.isdigit():
            self._line = int(line) + self._offset
        if self._closed_to is not None:
            return
        if self._main is not None and self._outside is None and self._main.excludes(tag):
            self._outside = tag
        self._open_block(tag)
        in_main = self._in_main(tag)
        if in_main != self._builder.main:
            self._flush()
            self._builder.main = in_main
        label = self._notes.label_of_mark(tag)
        if tag.name in CLOSED or label is not None or self._notes.is_backlink(tag):
            self._closed_to = tag
            if label is not None:
                self._builder.cite(label)
            elif tag.name == "script" and self._everything:
                write_tag(self._builder, "script", _attributes(tag), self._line, True)
            return
        self._silent += tag.name in _SILENT
        self._code += tag.name in CODE
        self._raised += tag.name == "sup"
        if tag.name == "br":
            self._builder.line_break()
        elif tag.name != "noscript" and (self._everything or in_main):
            write_tag(self._builder, tag.name, _attributes(tag), self._line, self._everything)

    def _open_block(self, tag: Tag) -> None:
        label = self._notes.label_of_note(tag)
        if tag.name == "ol":
            start = str(tag.get("start") or "1")
            self._lists.append(int(start) - 1 if start.isdecimal() and len(start) < 10 else 0)
        elif tag.name == "ul":
            self._lists.append(None)
        elif tag.name == "li":
            if self._lists and (last := self._lists[-1]) is not None:
                self._lists[-1] = last + 1
            self._items.append(self._lists[-1] if self._lists else None)
        self._tables += tag.name == "table"
        if label is not None:
            self._open_notes.append(label)
        if tag.name in _BLOCKS or label is not None or self._outside is tag:
            self._flush()

    def _leave(self, tag: Tag) -> None:
        if self._closed_to is not None:
            if self._closed_to is not tag:
                return
            self._closed_to = None
        else:
            self._silent -= tag.name in _SILENT
            self._code -= tag.name in CODE
            self._raised -= tag.name == "sup"
            if tag.name == "a":
                self._builder.close()
        self._tables -= tag.name == "table"
        if tag.name in ("ol", "ul"):
            self._lists.pop()
        elif tag.name == "li":
            self._items.pop()
        label = self._notes.label_of_note(tag)
        if label is not None:
            self._open_notes.pop()
        was_outside = self._outside is tag
        if was_outside:
            self._outside = None
        if tag.name in _BLOCKS or label is not None or was_outside:
            self._flush()

    def _text(self, text: str) -> None:
        line, self._line = self._line, self._line + text.count("\n")
        if self._closed_to is not None or self._silent or not (self._everything or self._builder.main):
            return
        folded = re.sub(r"\s", " ", text)
        if self._raised and re.fullmatch(r"\d{1,3}", folded.strip()):
            folded = folded.strip().translate(SUPERSCRIPTS)
        if self._builder.in_link or self._code:
            self._builder.text(folded)
        else:
            write(self._builder, folded, line)

    def _flush(self) -> None:
        main = self._builder.main
        if not self._builder.is_empty:
            self._done.append(self._builder.build())
        self._builder = self._new_builder(main=main)


def _attributes(tag: Tag) -> dict[str, str]:
    return {key: " ".join(value) if isinstance(value, list) else str(value) for key, value in tag.attrs.items()}
