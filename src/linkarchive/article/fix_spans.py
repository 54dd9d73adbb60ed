"""Where an article's text may hold a link target, and how a URL is spelled there.

The places are found by the look of them, more than there are: in code, in comments, in text that only looks like a
link. Which of them are targets is not decided here but by the reader itself (fix.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from html import escape, unescape
from urllib.parse import quote

from linkarchive.article.formats import spelling

_INLINE = re.compile(r"\]\(|\]:")
_GAP = re.compile(r"[ \t]*+(?:(?:\r\n?|\n)[ \t>]*+)?")
"""Before a destination: white space with at most one line end, behind which a quotation goes on with `>`."""
_ANGLE = re.compile(r"<((?:[^<>\\\r\n]|\\.)*+)>")
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^<>\x00-\x20]*+)>")
_TAG = re.compile(r"<(?:a|area)(?=[\s/])", re.IGNORECASE)
_NAMES = frozenset({"href"})
_NAMES_OF_COMPONENTS = frozenset({"href", "to", "url", "link"})
_COMPONENT = re.compile(r"<[A-Z][\w.]*(?=\s)")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?P<name>[^\s/>=][^\s/>=]*+)(?:\s*+(?P<sign>=)\s*+(?P<value>"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+|))?"""
)
_MOST_ATTRIBUTES = 50
_LONGEST = 20_000  # characters of a destination or an attribute: hostile input stays linear
_GOES_ON = re.compile(r"[A-Za-z0-9/%=&#~-]|\?\S")
# What no URL may hold (RFC 3986 §2), and white space and controls of any kind.
_UNWRITABLE = re.compile(r'[\x00-\x20\x7f-\xa0"<>`\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]')


class Form(Enum):
    """How a target is written."""

    DESTINATION = auto()
    """`[text](target)` and `[label]: target`."""
    ANGLE = auto()
    """The same between `<` and `>`; also an autolink. The span is what is inside."""
    ATTRIBUTE = auto()
    """The value of `href` with its quotes."""
    BARE = auto()
    """In the running text."""
    SPELT = auto()
    """In a format of spelling.py."""


@dataclass(frozen=True, slots=True)
class Span:
    """A place that may be a target: offsets in the text of the file, line ends as they are."""

    start: int
    end: int
    target: str
    """What it says, escapes and entities resolved."""
    form: Form
    is_text: bool = False
    """The target is what the reader sees, too: an autolink, a bare URL, or may be it."""
    quote: str = '"'
    sign: str = ""
    """For `href` without a value: the `=` that is missing."""
    names: frozenset[str] = field(default_factory=frozenset)
    """The names of the attributes of the tag."""


def spans_of(
    text: str, format: str, bare: Sequence[str], targets: Sequence[str], is_wanted: Callable[[str], bool]
) -> list[Span]:
    """The places in an article whose target `is_wanted`, and those of the `bare` URLs, in order.

    `targets` are all that the reader found, as written. The places do not overlap: a URL that is itself inside a
    destination or an attribute is not listed as bare.
    """
    if format in spelling.SPELLINGS:
        return _apart(
            Span(start, end, target, Form.SPELT, is_text=True)
            for start, end, target in spelling.occurrences(text, format, filter(is_wanted, targets))
        )
    spans: dict[int, Span] = {}
    if format in ("md", "mdx", "quarto"):
        spans.update((span.start, span) for span in _autolinks(text) if is_wanted(span.target))
        spans.update((span.start, span) for span in _destinations(text) if is_wanted(span.target))
    if format in ("md", "html", "mdx", "quarto"):
        spans.update((span.start, span) for span in _attributes(text, format) if is_wanted(span.target))
    return _apart((*spans.values(), *_bare(text, bare)))


def _apart(spans: Iterable[Span]) -> list[Span]:
    apart: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.is_text, -span.end)):
        last = apart[-1] if apart else None
        if last is None or (span.start >= last.end and (span.start, span.end) != (last.start, last.end)):
            apart.append(span)
    return apart


def _destinations(text: str) -> Iterator[Span]:
    from markdown_it.common.utils import unescapeAll
    from markdown_it.helpers import parseLinkDestination

    for opened in _INLINE.finditer(text):
        gap = _GAP.match(text, opened.end())
        start = gap.end() if gap else opened.end()
        if angle := _ANGLE.match(text, start, start + _LONGEST):
            yield Span(angle.start(1), angle.end(1), unescapeAll(angle[1]), Form.ANGLE)
            continue
        destination = parseLinkDestination(text, start, min(len(text), start + _LONGEST))
        if destination.ok:
            yield Span(start, destination.pos, destination.str, Form.DESTINATION)
        elif opened[0] == "](" and text[start : start + 1] == ")":
            yield Span(start, start, "", Form.DESTINATION)


def _autolinks(text: str) -> Iterator[Span]:
    for match in _AUTOLINK.finditer(text):
        yield Span(match.start(1), match.end(1), match[1], Form.ANGLE, is_text=True)


def _attributes(text: str, format: str) -> Iterator[Span]:
    """The first `href` of every `a`, `area` or component (HTML: of attributes with one name the first counts)."""
    tags = [(tag, _NAMES) for tag in _TAG.finditer(text)]
    if format == "mdx":
        tags += [(tag, _NAMES_OF_COMPONENTS) for tag in _COMPONENT.finditer(text)]
    for tag, known in tags:
        position, names = tag.end(), set[str]()
        href: re.Match[str] | None = None
        for _ in range(_MOST_ATTRIBUTES):
            attribute = _ATTRIBUTE.match(text, position, position + _LONGEST)
            if attribute is None:
                break
            position = attribute.end()
            name = attribute["name"].lower()
            if name in known and href is None:
                href = attribute
            names.add(name)
        if href is not None:
            yield _href(href, frozenset(names))


def _href(match: re.Match[str], names: frozenset[str]) -> Span:
    value = match["value"]
    if value is None:
        return Span(match.end(), match.end(), "", Form.ATTRIBUTE, sign="=", names=names)
    start, end = match.span("value")
    if value[:1] in ("'", '"'):
        return Span(start, end, unescape(value[1:-1]), Form.ATTRIBUTE, quote=value[0], names=names)
    return Span(start, end, unescape(value), Form.ATTRIBUTE, names=names)


def _bare(text: str, urls: Sequence[str]) -> Iterator[Span]:
    for url in dict.fromkeys(urls):
        for spelled in {url, escape(url, quote=False)}:
            start = text.find(spelled)
            while start >= 0:
                end = start + len(spelled)
                if not _GOES_ON.match(text, start - 1, start) and not _GOES_ON.match(text, end):
                    yield Span(start, end, url, Form.BARE, is_text=True)
                start = text.find(spelled, end)


# --- spelling -------------------------------------------------------------------------


def spelled(span: Span, url: str, attributes: Sequence[tuple[str, str]], *, markup: bool) -> str:
    """What to write in place of the span. `attributes` go behind an `href`; those that the tag has stay as they are.
    `markup` says that a bare URL stands in HTML."""
    url = _UNWRITABLE.sub(lambda match: quote(match[0], safe=""), url)
    match span.form:
        case Form.DESTINATION:
            return _destination(url)
        case Form.ANGLE:
            return url if span.is_text else url.replace("\\", "\\\\")
        case Form.BARE:
            return escape(url, quote=False) if markup else url
        case Form.ATTRIBUTE:
            value = f"{span.sign}{_quoted(url, span.quote)}"
            new = (f" {name}={_quoted(content, span.quote)}" for name, content in attributes if name not in span.names)
            return value + "".join(new)
        case Form.SPELT:
            raise ValueError("spelling.py writes it")


def _destination(url: str) -> str:
    """CommonMark: parentheses must balance or be escaped; `|` would end a table's cell, `&name;` would be an entity."""
    depth, balanced = 0, True
    for char in url:
        depth += (char == "(") - (char == ")")
        balanced = balanced and depth >= 0
    url = re.sub(r"[\\|]" if balanced and depth == 0 else r"[\\|()]", r"\\\g<0>", url)
    return re.sub(r"&(?=#?\w+;)", "&amp;", url)


def _quoted(value: str, quote_mark: str) -> str:
    value = escape(value, quote=False).replace(quote_mark, "&quot;" if quote_mark == '"' else "&#39;")
    return f"{quote_mark}{value}{quote_mark}"
