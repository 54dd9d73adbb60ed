"""Foreign text made safe to show: it cannot steer a terminal, reverse a line or hide text (docs/design.md §4).

`sanitize` does it for every string of a report at once, so that no format can forget one; `redacted` only takes the
secrets out, for formats that keep data as it is and escape it in their own way (JSON).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from linkarchive.model import Sources
from linkarchive.secrets import REDACTED, may_hold_secrets, redact, redact_text

_T = TypeVar("_T")

# Patterns are compiled when they are first used: `_is_neutral` keeps most runs from most of them.
# White space of any kind, line and paragraph separators included, is one space: foreign text never makes a line.
_SPACE = r"[\t-\r\x85\u2028\u2029 ]+"
# Invisible and without a say over order: soft hyphen, combining grapheme joiner, zero-width space, non-joiner, joiner,
# word joiner and the invisible operators, byte order mark, Mongolian vowel separator, ideographic variation selectors.
_INVISIBLE = "[\u00ad\u034f\u180e\u200b-\u200d\u2060-\u2064\ufeff\U000e0100-\U000e01ef]"
# Controls (C0, DEL, C1), bidirectional controls, deprecated format characters, interlinear annotation, surrogates,
# noncharacters, language tags and the rest of the ignorable plane (Unicode 16, DerivedCoreProperties.txt).
_UNSAFE = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
_UNSAFE += "\U000e0000-\U000e0fff"
_VISIBLE = f"[{_UNSAFE}]"
_IN_URL = f'[{_UNSAFE} \u00ad\u034f\u180e\u2000-\u200d\u2028\u2029\u2060-\u2064\ufeff\u00a0\u3000<>"\\\\`]'
_SAFE_URL = r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][!#-;=?-\[\]^_a-~]*)?"
_UNSEEN = f"(?!\t)[{_UNSAFE}\u00ad\u034f\u180e\u200b-\u200d\u2028\u2029\u2060-\u2064\ufeff]"
_IN_JSON = f"(?!\n)[{_UNSAFE}\u00ad\u034f\u180e\u200b-\u200d\u2028\u2029\u2060-\u2064\ufeff]"


def one_line(text: str) -> str:
    """One line of text without secrets, white space folded, invisible characters left out, and controls, escapes
    and bidirectional characters spelled out (`\\x1b`, `\\u202e`)."""
    text = re.sub(_INVISIBLE, "", re.sub(_SPACE, " ", redact_text(text)))
    return re.sub(_VISIBLE, lambda match: _spelled(ord(match[0])), text)


def source_line(text: str) -> str:
    """A line of a file with its white space as it is: invisible characters spelled out too, secrets taken out."""
    return re.sub(_UNSEEN, lambda match: _spelled(ord(match[0])), redact_text(text))


def _spelled(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def address(url: str) -> str:
    """The URL without its secrets, what is unsafe in it percent-encoded: the same URL, safe to show and to copy."""
    return re.sub(_IN_URL, lambda match: quote(match[0], safe="", errors="replace"), redact(url))


def has_redaction(url: str) -> bool:
    """The URL is shown without its secrets: it leads nowhere, and no command would find the source by it."""
    return REDACTED in url


def href(url: str | None) -> str | None:
    """The URL where a link may lead: http and https with a host, nothing taken out of it; else None."""
    if url is None or has_redaction(url):
        return None
    if re.fullmatch(_SAFE_URL, url):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc and not re.search(_IN_URL, url) else None


def escape_json(text: str) -> str:
    """JSON text with the characters that `one_line` takes care of as `\\u` escapes: the same data, never raw."""
    if text.isascii() and "\x7f" not in text:
        return text

    def escape(match: re.Match[str]) -> str:
        units = match[0].encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))

    return re.sub(_IN_JSON, escape, text)


def sanitize(value: _T) -> _T:
    """The report (or any value of `model`) with each text `one_line` and each URL an `address`. The sources of a
    report are changed as they are read."""
    written = _written(value)
    if written is not None and _is_neutral(written):
        return value
    return cast(_T, _each(value, one_line, address))


def redacted(value: _T) -> _T:
    """The report with secrets taken out of its URLs, wherever they stand."""
    written = _written(value)
    if written is not None and not may_hold_secrets(written) and not ("@" in written and "\\" in written):
        return value  # an escape may stand between a host and the @ after user info
    return cast(_T, _each(value, redact_text, redact))


def _written(value: object) -> str | None:
    """The whole as one text, which tells ten times sooner than its strings one by one that there is nothing to do;
    None where that cannot be: for sources that are read from the store, or half of a surrogate pair."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, UnicodeEncodeError):
        return None


# In JSON: an escape of something else than a quotation mark, and a field for a URL with what may not stand in one.
_ESCAPE = r'\\[^"]'
_BAD_URL = 'url":"[^" \\\\<>`\u00a0\u2000-\u200a\u3000]*+[^"]'
_ODD = f"[{_UNSAFE}\u00ad\u034f\u180e\u200b-\u200d\u2028\u2029\u2060-\u2064\ufeff]"


def _is_neutral(written: str) -> bool:
    """`one_line` and `address` leave all texts and URLs in this JSON as they are; False is not certain."""
    return not (
        "  " in written
        or "\x7f" in written
        or (not written.isascii() and re.search(_ODD, written))
        or re.search(_ESCAPE, written)
        or re.search(_BAD_URL, written)
        or may_hold_secrets(written)
    )


_WITHOUT_TEXT = (bool, int, float, date, Enum)


def _each(value: Any, text: Callable[[str], str], url: Callable[[str], str], name: str = "") -> Any:
    if value is None or isinstance(value, _WITHOUT_TEXT):
        return value
    if isinstance(value, str):
        return url(value) if name == "url" or name.endswith("_url") else text(value)
    if isinstance(value, tuple):
        return tuple(_each(item, text, url, name) for item in value)
    if isinstance(value, list):
        return [_each(item, text, url, name) for item in value]
    if isinstance(value, dict):
        return {key: _each(item, text, url, str(key)) for key, item in value.items()}
    if isinstance(value, Sources):
        return Sources(lambda: (_each(source, text, url) for source in value))
    if names := field_names(value.__class__):
        return type(value)(*(_each(getattr(value, name), text, url, name) for name in names))
    return value


@cache
def field_names(kind: type) -> tuple[str, ...]:
    """The fields of a struct or of a dataclass; of any other type there are none."""
    if issubclass(kind, Struct):
        return kind.__struct_fields__
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
