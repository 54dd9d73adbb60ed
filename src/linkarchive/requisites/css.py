"""The addresses in a style sheet or a style attribute (CSS Values 4 §4.5, Cascade 5 §3, Images 4 §2.4), by tinycss2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tinycss2
from tinycss2.bytes import decode_stylesheet_bytes

from linkarchive.requisites.requisite import Kind, Reference

Replace = Callable[[Kind, str], str]
"""The address that takes the place of one of that kind, as it is written."""

_MARKED = re.compile(r"url\(|@import|image-set\(|src\(", re.I)
"""What a piece of a style sheet has that names something; others are not parsed, which takes 2 s a megabyte."""
_PIECE = re.compile(r"[^}]*\}?")
_URL_FUNCTIONS = frozenset({"url", "src"})
_IMAGE_SETS = frozenset({"image-set", "-webkit-image-set"})
_SHOWN_FORMATS = frozenset({"woff2", "woff", "truetype", "opentype", "collection"})
"""Of fonts that today's browsers take; of embedded-opentype and svg there is always another one."""


def references_in(text: str) -> list[Reference]:
    """The references in a style sheet or in the value of a style attribute; of a font's sources only the first in a
    format that browsers read."""
    references: list[Reference] = []
    for piece in _PIECE.findall(text):
        if _MARKED.search(piece):
            references += _references(tinycss2.parse_component_value_list(piece))
    return references


def replaced(text: str, replace: Replace) -> str:
    """The text with each address by what `replace` gives for it."""
    if not _MARKED.search(text):
        return text
    tokens = tinycss2.parse_component_value_list(text)
    for kind, token in _addresses(tokens):
        address = replace(kind, token.value)
        token.value = address
        quoted = '"' + re.sub(r'["\\\n\r\f]', lambda letter: f"\\{ord(letter[0]):x} ", address) + '"'
        token.representation = f"url({quoted})" if token.type == "url" else quoted
    try:
        return str(tinycss2.serialize(tokens))
    except RecursionError:  # thousands of open brackets: no style sheet
        return ""


def decoded(data: bytes, content_type: str, page_charset: str = "") -> tuple[str, str]:
    """The text of a style sheet, and its charset (CSS Syntax 3 §3.2); `page_charset` is that of what names it."""
    from webencodings import UTF8, lookup

    from linkarchive.text import charset_of

    text, encoding = decode_stylesheet_bytes(
        data, protocol_encoding=charset_of(content_type) or None, environment_encoding=lookup(page_charset) or UTF8
    )
    return str(text), str(encoding.codec_info.name)


def _references(tokens: Sequence[Any]) -> Iterator[Reference]:
    """The addresses of a piece, those of a font down to the one that is taken."""
    is_font = any(token.type == "at-keyword" and token.lower_value == "font-face" for token in tokens)
    for token in tokens:
        if is_font and token.type == "{} block":
            yield from (Reference(Kind.FONT, url) for url in _fonts(token.content))
    for kind, token in _addresses(tokens):
        if kind is not Kind.FONT and token.value:
            yield Reference(kind, token.value)


def _addresses(tokens: Sequence[Any]) -> Iterator[tuple[Kind, Any]]:
    """The tokens that hold an address (URLs, and strings where an address is expected), with the kind of file."""
    waiting: list[tuple[Sequence[Any], Kind, bool]] = [(tokens, Kind.IMAGE, False)]
    while waiting:
        group, kind, strings = waiting.pop()
        rule = ""
        for token in group:
            if token.type == "at-keyword":
                rule = token.lower_value
            elif token.type == "literal" and token.value == ";":
                rule = ""
            elif token.type == "url" or (token.type == "string" and (strings or rule == "import")):
                if rule != "namespace":
                    yield Kind.STYLE if rule == "import" else kind, token
            elif token.type == "function":
                name = token.lower_name
                if name in _URL_FUNCTIONS or name in _IMAGE_SETS:
                    inner = Kind.STYLE if rule == "import" else kind
                    if rule != "namespace":
                        waiting.append((token.arguments, inner, True))
                else:
                    waiting.append((token.arguments, kind, False))
            elif token.type in ("{} block", "() block", "[] block"):
                waiting.append((token.content, Kind.FONT if rule == "font-face" else kind, False))
                rule = "" if token.type == "{} block" else rule


def _fonts(tokens: Sequence[Any]) -> Iterator[str]:
    """Of each `src` of a font face, the first address in a format that browsers take; of several `src`, the last."""
    address = ""
    for declaration in tinycss2.parse_blocks_contents(tokens, skip_comments=True, skip_whitespace=True):
        if declaration.type == "declaration" and declaration.lower_name == "src":
            address = _first_shown(declaration.value) or address
    if address:
        yield address


def _first_shown(tokens: Sequence[Any]) -> str:
    source, shown = "", True
    for token in [*tokens, None]:
        if token is None or (token.type == "literal" and token.value == ","):
            if source and shown:
                return source
            source, shown = "", True
        elif token.type == "url":
            source = token.value
        elif token.type == "function" and token.lower_name in _URL_FUNCTIONS:
            source = next((part.value for part in token.arguments if part.type == "string"), "")
        elif token.type == "function" and token.lower_name == "format":
            formats = [part.value.lower() for part in token.arguments if part.type in ("string", "ident")]
            shown = any(name.removesuffix("-variations") in _SHOWN_FORMATS for name in formats)
    return ""
