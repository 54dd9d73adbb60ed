"""What reports say, in the reader's language: the English of the code, or what a gettext catalog has for it.

`locale/linkarchive.pot` is the one file with all phrases; a translation is made from it (CONTRIBUTING.md) and lies in
`locale/LANGUAGE/LC_MESSAGES/linkarchive.mo`. The language is that of LANGUAGE, LC_ALL, LC_MESSAGES or LANG. The names
and texts of JSON are never translated.
"""

from __future__ import annotations

import gettext as standard
import re
from functools import cache
from pathlib import Path
from typing import Any


@cache
def catalog() -> standard.NullTranslations:
    return standard.translation("linkarchive", Path(__file__).with_name("locale"), fallback=True)


def gettext(message: str, /, **values: Any) -> str:
    """The message in the reader's language, with the values in its braces."""
    text = catalog().gettext(message)
    return text.format(**values) if values else text


def ngettext(single: str, many: str, number: int, /, **values: Any) -> str:
    """The message for that number of things; `{number}` is the number unless the values have another one."""
    return catalog().ngettext(single, many, number).format(**{"number": number, **values})


def N_(message: str) -> str:
    """A message that is translated where it is used."""
    return message


_IN_SCRIPT = re.compile(r'(?<![\w.])_\("([^"]+)"')


def script_words(script: str) -> dict[str, str]:
    """What a script of ours says by `_("…")`, as far as the catalog has other words for it."""
    return {message: text for message in _IN_SCRIPT.findall(script) if (text := gettext(message)) != message}
