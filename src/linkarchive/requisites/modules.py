"""What a JavaScript module imports before it runs, and what a page's import map makes of the names (HTML §8.1.5)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from linkarchive.urls import resolve

ImportMap = tuple[tuple[str, str], ...]
"""Names or the beginnings of names (those end with a slash), the longest first, and the addresses they stand for."""

_IMPORT = re.compile(r"""(?<![\w$.])(?:from|import)\s{0,40}(?:"([^"\\\r\n]{1,2000})"|'([^'\\\r\n]{1,2000})')""")
"""`import "…"`, `import … from "…"` and `export … from "…"`; what `import(…)` loads, it loads when it is wanted."""
_ADDRESS = re.compile(r"\.{0,2}/|https?:", re.I)
_MOST_NAMES = 1000
_MOST_IMPORTS = 500


def import_map(text: str, base: str) -> ImportMap:
    """The map that a page writes down, for all its modules; empty where it is none. `scopes` are not read."""
    try:
        listed: Any = json.loads(text)["imports"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()
    pairs = listed.items() if isinstance(listed, dict) else ()
    named = [(name, resolve(base, address)) for name, address in pairs if name and isinstance(address, str)]
    known = [(name, address) for name, address in named if address is not None][:_MOST_NAMES]
    return tuple(sorted(known, key=lambda pair: -len(pair[0])))


def imports_in(text: str, names: ImportMap) -> Iterator[str]:
    """The addresses that a module imports, each once, as they are written or as the map says; 500 of them at most."""
    whole, beginnings = dict(names), [pair for pair in names if pair[0].endswith("/")]
    specifiers: set[str] = set()
    for match in _IMPORT.finditer(text):
        specifier = match[1] or match[2]
        if specifier in specifiers:
            continue
        specifiers.add(specifier)
        if len(specifiers) > _MOST_IMPORTS:
            return
        if specifier in whole:
            yield whole[specifier]
        elif (beginning := next((pair for pair in beginnings if specifier.startswith(pair[0])), None)) is not None:
            yield beginning[1] + specifier.removeprefix(beginning[0])
        elif _ADDRESS.match(specifier):
            yield specifier
