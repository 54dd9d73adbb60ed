"""HTML: the hyperlinks and bare URLs of the main text; on request everything a page refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from linkarchive.article import html_metadata
from linkarchive.article.main_text import MainText
from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder
from linkarchive.article.text import write
from linkarchive.model import LinkKind

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

VERBATIM = frozenset({"code", "pre", "kbd", "samp", "script", "style", "template", "textarea", "xmp", "listing"})
"""Elements whose content is shown or run, not read: nothing inside is a citation."""

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

_START_TAG = re.compile(r"<[A-Za-z][A-Za-z0-9-]*(?=[\s/>])")
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
_QUOTERS = frozenset({"blockquote", "q", "ins", "del"})
# `link` relations that only prepare a connection; their target is no page.
_NO_TARGET = frozenset({"preconnect", "dns-prefetch"})
_META_URLS = re.compile(
    r"(?:og:(?:url|image|video|audio)(?::(?:url|secure_url))?|twitter:(?:url|image|image:src|player)"
    r"|msapplication-(?:tileimage|config)|article:(?:author|publisher)|al:web:url|thumbnail|thumbnailurl)\Z",
    re.IGNORECASE,
)


def read_html(text: str, *, everything: bool = False) -> ParsedDocument:
    soup = _parse(text)
    main = MainText(soup)
    base = soup.find("base", href=True)
    return ParsedDocument(
        title=html_metadata.title(soup, main.root),
        passages=tuple(_Walk(soup, main, 1, everything).passages()),
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

    counted, line = 0, 1

    def numbered(match: re.Match[str]) -> str:
        nonlocal counted, line
        line += text.count("\n", counted, match.start())
        counted = match.start()
        return f"{match[0]} {_LINE}={line} "

    # Beautiful Soup warns of an XML declaration, and (without the line end) of text that looks like a file name.
    marked = _START_TAG.sub(numbered, _XML_DECLARATION.sub(r"\1", text, count=1))
    return BeautifulSoup(marked + "\n", "lxml")


class _Walk:
    """One pass over the tree in document order, without recursion: pages nest as deep as they like."""

    def __init__(self, soup: BeautifulSoup, main: MainText | None, first_line: int, everything: bool) -> None:
        self._soup = soup
        self._main = main
        self._everything = everything
        self._offset = first_line - 1
        self._line = first_line
        self._done: list[Passage] = []
        self._builder = PassageBuilder(first_line)
        self._closed_to: Tag | None = None  # inside this element nothing is read
        self._outside: Tag | None = None  # inside this element we are not in the main text
        self._silent = 0

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
        if tag.name in _BLOCKS:
            self._flush()
        if self._main is not None and self._outside is None and self._main.excludes(tag):
            self._flush()
            self._outside = tag
        in_main = self._in_main(tag)
        if in_main != self._builder.main:
            self._flush()
            self._builder.main = in_main
        if tag.name in VERBATIM:
            self._verbatim(tag)
            return
        if tag.name in _SILENT:
            self._silent += 1
        if tag.name == "br":
            self._builder.line_break()
        elif tag.name != "noscript" and (self._everything or in_main):
            write_tag(self._builder, tag.name, _attributes(tag), self._line, self._everything)

    def _verbatim(self, tag: Tag) -> None:
        if tag.name == "script" and self._everything:
            write_tag(self._builder, "script", _attributes(tag), self._line, True)
        if tag.name in ("code", "kbd", "samp"):
            self._builder.text(tag.get_text())
        self._closed_to = tag

    def _leave(self, tag: Tag) -> None:
        if self._closed_to is not None:
            if self._closed_to is tag:
                self._closed_to = None
            return
        if tag.name in _SILENT:
            self._silent -= 1
        if tag.name == "a":
            self._builder.close()
        if tag.name in _BLOCKS:
            self._flush()
        if self._outside is tag:
            self._outside = None
            self._flush()

    def _text(self, text: str) -> None:
        line, self._line = self._line, self._line + text.count("\n")
        if self._closed_to is not None or self._silent or not (self._everything or self._builder.main):
            return
        folded = re.sub(r"\s", " ", text)
        if self._builder.in_link:
            self._builder.text(folded)
        else:
            write(self._builder, folded, line)

    def _flush(self) -> None:
        if not self._builder.is_empty:
            self._done.append(self._builder.build())
        self._builder = PassageBuilder(self._line, self._builder.main)


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
    target = attributes.get("href")
    if target is None:
        return
    if name == "area":
        builder.mark(target, line, LinkKind.LINK, attributes.get("alt", ""))
    elif attributes.get("role") != "button" or target.strip()[:1] not in ("", "#"):
        builder.open(target, line)


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
