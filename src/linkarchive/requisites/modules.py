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
    """The addresses that a module imports, as they are written or as the map says."""
    for match in _IMPORT.finditer(text):
        specifier = match[1] or match[2]
        mapped = next((_mapped(specifier, name, address) for name, address in names if _is_of(specifier, name)), None)
        if mapped is not None:
            yield mapped
        elif _ADDRESS.match(specifier):
            yield specifier


def _is_of(specifier: str, name: str) -> bool:
    return specifier == name or (name.endswith("/") and specifier.startswith(name))


def _mapped(specifier: str, name: str, address: str) -> str:
    return address + specifier.removeprefix(name)
