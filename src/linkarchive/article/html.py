"""HTML: the hyperlinks and bare URLs of the main text; on request everything a page refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from linkarchive.article.html_notes import BookNotes, HtmlNotes
from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder
from linkarchive.article.text import write
from linkarchive.model import LinkKind

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

    from linkarchive.article.regions import MainText

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
_XML_DECLARATION = re.compile(r"\A(\s*)<\?xml[^>\n]*>")
_LINE = "data-linkarchive-line"
# A candidate of srcset: commas may stand in a URL but not at its ends (HTML, srcset attribute).
_SRCSET = re.compile(r"[\s,]*(\S*[^\s,])(?:\s+[^,(]*(?:\([^)]*\))?[^,]*)?(?:,|\Z)")
_LONGEST_SRCSET = 10_000
_MEDIA = {
    "video": ("src",), "audio": ("src",), "source": ("src",), "track": ("src",), "bgsound": ("src",),
}  # fmt: skip
_EMBEDS = {
    "iframe": "src", "frame": "src", "embed": "src", "object": "data", "script": "src", "portal": "src",
}  # fmt: skip
_TO_NOTHING = ("", "#", "#!", "javascript:void(0)", "javascript:void(0);", "javascript:;", "javascript:")
_CONTROL_ROLES = frozenset({"button", "tab", "menuitem", "switch", "option", "combobox"})
_CONTROL_WORDS = frozenset(
    """
    btn button toggle share sharing print close dismiss menu comment comments reply like follow subscribe bookmark save
    search login signin signup expand collapse open prev previous next top back play pause tab dropdown icon social
    """.split()  # noqa: SIM905  (a list of words read as words)
)
# Attributes that editors leave on the links of a text.
_OF_EDITORS = frozenset({"data-start", "data-end", "data-href", "data-mce-href", "data-cke-saved-href", "data-link"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_QUOTERS = frozenset({"blockquote", "q", "ins", "del"})
# `link` relations that only prepare a connection; their target is no page.
_NO_TARGET = frozenset({"preconnect", "dns-prefetch"})
_META_URLS = re.compile(
    r"(?:og:(?:url|image|video|audio)(?::(?:url|secure_url))?|twitter:(?:url|image|image:src|player)"
    r"|msapplication-(?:tileimage|config)|article:(?:author|publisher)|al:web:url|thumbnail|thumbnailurl)\Z",
    re.IGNORECASE,
)


def read_html(text: str, *, everything: bool = False, notes: BookNotes | None = None) -> ParsedDocument:
    """`notes` are those that lead from file to file of a book."""
    from linkarchive.article import html_metadata
    from linkarchive.article.regions import MainText

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
    from bs4 import BeautifulSoup

    # Beautiful Soup warns of an XML declaration, and (without the line end) of text that looks like a file name.
    return BeautifulSoup(_with_lines(_XML_DECLARATION.sub(r"\1", text, count=1)) + "\n", "lxml")


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
            self._lists.append(int(start) - 1 if start.isdecimal() else 0)
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


def write_tag(builder: PassageBuilder, name: str, attributes: Mapping[str, str], line: int, everything: bool) -> None:
    """Put what one start tag refers to into a passage. `name` and the names of attributes are in lower case."""
    if name in ("a", "area"):
        _write_anchor(builder, name, attributes, line)
    elif name in ("img", "image"):
        builder.describe(attributes.get("alt", ""))
    if everything:
        for kind, target in _references(name, attributes):
            builder.mark(target, line, kind, attributes.get("alt", "") or attributes.get("title", ""))


def _write_anchor(builder: PassageBuilder, name: str, attributes: Mapping[str, str], line: int) -> None:
    target = attributes.get("href", attributes.get("xlink:href"))
    if target is None:
        return
    if name == "area":
        builder.mark(target, line, LinkKind.LINK, attributes.get("alt", ""))
    elif not (target.strip() in _TO_NOTHING and _is_control(attributes)):
        # A Robust Link (https://robustlinks.mementoweb.org/spec/) that leads to the original names its copy here.
        copy = attributes.get("data-versionurl", "").strip()
        builder.open(target, line, copy if copy and copy != target.strip() else None)


def _is_control(attributes: Mapping[str, str]) -> bool:
    """A link to nothing with a script behind it: a button of the page, not a citation that lost its target."""
    names = {word.lower() for name in ("class", "id") for word in _WORD.findall(attributes.get(name, ""))}
    return bool(
        attributes.get("role", "").lower() in _CONTROL_ROLES
        or any(name.startswith(("on", "aria-", "data-")) and name not in _OF_EDITORS for name in attributes)
        or names & _CONTROL_WORDS
    )


def _references(name: str, attributes: Mapping[str, str]) -> Iterator[tuple[LinkKind, str]]:
    def given(key: str) -> bool:
        return bool(attributes.get(key, "").strip())

    if name in ("img", "image") or (name == "input" and attributes.get("type", "").lower() == "image"):
        for key in ("src", "href", "xlink:href", "longdesc"):
            if given(key):
                yield LinkKind.IMAGE, attributes[key]
    for key in _MEDIA.get(name, ()):
        if given(key):
            yield LinkKind.MEDIA, attributes[key]
    if given("srcset"):
        for candidate in _SRCSET.finditer(attributes["srcset"][:_LONGEST_SRCSET]):
            yield LinkKind.IMAGE, candidate[1]
    if name == "video" and given("poster"):
        yield LinkKind.IMAGE, attributes["poster"]
    if name in _EMBEDS and given(_EMBEDS[name]):
        yield LinkKind.EMBED, attributes[_EMBEDS[name]]
    if name in _QUOTERS and given("cite"):
        yield LinkKind.META, attributes["cite"]
    if name == "link" and given("href") and not _NO_TARGET & set(attributes.get("rel", "").lower().split()):
        yield LinkKind.META, attributes["href"]
    if name == "meta" and given("content"):
        yield from ((LinkKind.META, target) for target in _meta_targets(attributes))


def _meta_targets(attributes: Mapping[str, str]) -> Iterator[str]:
    content = attributes["content"].strip()
    if attributes.get("http-equiv", "").lower() == "refresh":
        if match := re.match(r"[\d.\s]*[;,\s]\s*(?:url\s*=\s*)?[\"']?([^\"'\s][^\"']*)", content, re.IGNORECASE):
            yield match[1].strip()
    elif _META_URLS.match(attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""):
        yield content
