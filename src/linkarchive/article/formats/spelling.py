"""How a URL is spelled in the text of each format: found as it may stand, written as it must."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

_GOES_ON = r"(?![A-Za-z0-9/%=&#~-]|_\w|\?\S)"
_BEGINS = r"(?<![A-Za-z0-9+.-])"
_LONGEST_URL = 4000
_TILDE = r"(?:~|\\~(?:\{\})?|\{?\\textasciitilde\s*(?:\{\})?\}?|\$\s*\\sim\s*\$)"
_IN_URL_COMMAND = re.compile(r"\\(?:url|href|path|nolinkurl)\*?\s*(?:\[[^\]\n]*\])?\s*\{\s*\Z")


@dataclass(frozen=True, slots=True)
class Spelling:
    """Of one family of formats."""

    may_be: Callable[[str], str]
    """The pattern of one character of a URL as it may stand there."""
    written: Callable[[str, str, str], str]
    """A URL as it must stand there, from the URL, what stood in its place, and the text before it."""


def _percent(characters: str) -> Callable[[str], str]:
    """A function that percent-encodes these characters."""
    pattern = re.compile(f"[{re.escape(characters)}]")
    return lambda url: pattern.sub(lambda match: f"%{ord(match[0]):02X}", url)


def _plain(unwritable: str = "") -> Spelling:
    encoded = _percent(unwritable) if unwritable else str
    return Spelling(re.escape, lambda url, old, before: encoded(url))


def _backslashed(characters: str) -> Callable[[str], str]:
    """How a character may be written where a backslash may stand before these."""
    return lambda char: rf"\\?{re.escape(char)}" if char in characters else re.escape(char)


def _tex(char: str) -> str:
    return _TILDE if char == "~" else _backslashed("_%#&$^{}")(char)


def _latex(url: str, old: str, before: str) -> str:
    r"""In \url and \href only `%` and `#` are escaped (hyperref), in running text all that is special."""
    url = _percent("{}\\^$")(url)
    if _IN_URL_COMMAND.search(before[-100:]) and "\\_" not in old and "\\&" not in old:
        return re.sub(r"[%#]", r"\\\g<0>", url)
    return re.sub(r"[_%#&]", r"\\\g<0>", url).replace("~", "\\textasciitilde{}")


def _bibtex(url: str, old: str, before: str) -> str:
    """As the old one: biblatex's `url` is verbatim, others write backslashes."""
    url = _percent('{}\\^$"')(url)
    in_command = _IN_URL_COMMAND.search(before[-100:]) is not None
    return re.sub(r"[_%#&]", r"\\\g<0>", url) if re.search(r"\\[_%#&]", old) and not in_command else url


def _in_json(char: str) -> str:
    options = [re.escape(char), rf"\\u{ord(char):04x}"] if ord(char) < 0x10000 else [re.escape(char)]
    if char == "/":
        options.append(r"\\/")
    if char == "&":
        options.append("&amp;")
    return f"(?:{'|'.join(options)})"


def _json(url: str, old: str, before: str) -> str:
    return json.dumps(_percent("\"'")(url), ensure_ascii=True)[1:-1]


def _notebook(url: str, old: str, before: str) -> str:
    """A destination of Markdown in a text of JSON."""
    return _json(_percent("()")(url) if before.rstrip().endswith("(") else url, old, before)


def _in_xml(char: str) -> str:
    if char == "&":
        return "&(?:amp;|#38;|#x26;)?"
    return "(?:'|&apos;|&#39;)" if char == "'" else re.escape(char)


SPELLINGS = {
    "latex": Spelling(_tex, _latex),
    "bibtex": Spelling(_tex, _bibtex),
    "rst": Spelling(_backslashed("_*`|<>"), lambda url, old, before: re.sub(r"_\Z", r"\_", _percent("`<>|")(url))),
    "asciidoc": _plain("[]"),
    "org": Spelling(_backslashed("[]\\"), _plain("[]").written),
    "gemtext": _plain(),
    "ris": _plain(),
    "wikitext": Spelling(_in_xml, lambda url, old, before: _percent("[]|{}")(url).replace("''", "%27%27")),
    "ipynb": Spelling(_in_json, _notebook),
    "csl-json": Spelling(_in_json, _json),
    "json": Spelling(_in_json, _json),
    "yaml": Spelling(_in_json, lambda url, old, before: _percent("'\"")(url)),
    "toml": Spelling(_in_json, lambda url, old, before: _percent("'\"")(url)),
    "csv": _plain('"'),
    "tsv": _plain('"'),
    "opml": Spelling(_in_xml, lambda url, old, before: escape(url)),
    "docx": Spelling(_in_xml, lambda url, old, before: escape(url)),
    "odt": Spelling(_in_xml, lambda url, old, before: escape(url)),
    "bookmarks": Spelling(_in_xml, lambda url, old, before: escape(url)),
}
"""By format. Markdown, HTML and plain text have their own (fix_spans.py)."""


def occurrences(text: str, format: str, targets: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """(start, end, target) of every place where one of the targets stands as the format may spell it."""
    spelling = SPELLINGS[format]
    for target in dict.fromkeys(targets):
        if not target or len(target) > _LONGEST_URL:
            continue
        pattern = re.compile(_BEGINS + "".join(map(spelling.may_be, target)) + _GOES_ON)
        yield from ((match.start(), match.end(), target) for match in pattern.finditer(text))


def written(url: str, format: str, old: str, before: str) -> str:
    """The URL as it must stand in place of `old`, behind the text `before`."""
    url = re.sub(r"[\x00-\x20\x7f<>\"`]", lambda match: quote(match[0], safe=""), url)
    return SPELLINGS[format].written(url, old, before)
