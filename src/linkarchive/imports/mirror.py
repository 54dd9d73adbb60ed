"""Folders that `wget --mirror` or `wget -r` left: a folder a host, a file a page, with the time of the page.

What wget does to a URL on its way to a file name is undone: a folder's page is its index.html, a query
stands behind `?` (or `@` with names for Windows), `-E` adds .html, `-K` keeps the page as it came as .orig.
Whether it came by http or https no name tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from linkarchive.imports.pagefile import page_record
from linkarchive.imports.record import Records, time_of_unix, web_address
from linkarchive.snapshot.record_reader import Problem

_HOST = re.compile(
    r"(?:(?:[a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{1,62}|\d{1,3}(?:\.\d{1,3}){3}|localhost)(?:[:+]\d{1,5})?", re.IGNORECASE
)
_ORIGINAL = ".orig"
_SAFE = "!$&'()*+,;=:@~%"


def hosts(folder: Path) -> list[Path]:
    """The folders of hosts in a mirror, or the folder itself if it is one. Raises OSError."""
    below = sorted(child for child in folder.iterdir() if _is_host(child))
    return below or ([folder] if _is_host(folder) else [])


def _is_host(folder: Path) -> bool:
    return bool(_HOST.fullmatch(folder.name)) and folder.is_dir() and not folder.is_symlink()


def read_host(folder: Path, name: str, now: datetime) -> Records:
    """A record of each file; what cannot be read, as Problems. Raises OSError for the folder itself."""
    host = re.sub(r"\+(?=\d+$)", ":", folder.name)
    for path in walk(folder):
        if path.suffix == _ORIGINAL and path.with_suffix("").exists():
            continue  # read in the place of the page that wget has changed
        parts = path.relative_to(folder).parts
        place = f"{name}/{'/'.join(parts)}"
        original = path.with_name(path.name + _ORIGINAL)
        try:
            page = original if original.is_file() and not original.is_symlink() else path
            urls = tuple(filter(web_address, addresses(host, parts)))
            time = time_of_unix(page.stat().st_mtime)
            if not urls or time is None:
                yield Problem(place, None, "its name is that of no page")
            else:
                yield page_record(page, urls, time, place, now)
        except OSError as error:
            yield Problem(place, None, f"it cannot be read: {error.strerror}")


def walk(folder: Path) -> Iterator[Path]:
    """The files below a folder in the order of their names; links are not followed. Raises OSError."""
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if path.is_dir():
            waiting += sorted((child for child in path.iterdir() if not child.is_symlink()), reverse=True)
        elif path.is_file():
            yield path


def addresses(host: str, parts: tuple[str, ...]) -> Iterator[str]:
    """The URLs that a file of a mirror can be of, the likeliest first."""
    *folders, name = parts
    for path in _names(name):
        for scheme in ("https", "http"):
            yield f"{scheme}://{host}/{''.join(f'{_quoted(part)}/' for part in folders)}{path}"


def _names(name: str) -> Iterator[str]:
    """The last part of the path with its query, as the server may have known it."""
    if name in ("index.html", "index.htm"):
        yield ""
    yield from _queries(name)
    for suffix in (".html", ".htm"):
        if name.endswith(suffix) and name not in ("index.html", "index.htm"):
            yield from _queries(name.removesuffix(suffix))


def _queries(name: str) -> Iterator[str]:
    yield _with_query(*name.partition("?"))
    if "?" not in name and "@" in name:
        yield _with_query(*name.partition("@"))


def _with_query(path: str, mark: str, query: str) -> str:
    if path in ("index.html", "index.htm") and mark:
        path = ""
    return _quoted(path) + (f"?{quote(query, safe=_SAFE + '/?', errors='surrogateescape')}" if mark else "")


def _quoted(part: str) -> str:
    return quote(part, safe=_SAFE, errors="surrogateescape")
