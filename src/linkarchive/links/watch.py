"""What stays under watch: the `articles` lines of links.txt (docs/links.md)."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from linkarchive.links.entries import LinksFile, Watch
from linkarchive.links.files import read_text, write_links
from linkarchive.links.line import folded, lines_of
from linkarchive.links.parse import parse


def watch_of(name: str, root: Path, is_listing: bool) -> str | None:
    """What an `articles` line says of a name from the command line; None for what is no set of articles. A folder, a
    glob, and (`is_listing`) a feed or sitemap are sets; a single file or page is remembered by its section."""
    if "://" in name:
        return name if is_listing else None
    for base in (Path.cwd(), root):
        path = base / name
        if path.is_dir():
            return Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()
        if path.is_file():
            return Path(os.path.relpath(path.resolve(), root.resolve())).as_posix() if is_listing else None
        if glob.has_magic(name) and glob.glob(name, root_dir=base, recursive=True):
            return Path(os.path.relpath(base.resolve(), root.resolve()), name).as_posix()
    return None


def new_watches(names: Iterable[str], links: LinksFile) -> tuple[str, ...]:
    """The patterns that links.txt does not have yet, and can hold."""
    known = {watch.pattern.rstrip("/") for watch in links.watches}
    return tuple(dict.fromkeys(name for name in names if name.rstrip("/") not in known and folded(name) == name))


def covers(watch: Watch, path: str) -> bool:
    """An article at that path (from the project folder) would be found by this line."""
    pattern = watch.pattern.rstrip("/")
    if "://" in pattern or "://" in path:
        return False
    if glob.has_magic(pattern):
        return fnmatch.fnmatchcase(path, pattern.replace("**/", "*"))
    return pattern == "." or path.startswith(f"{pattern}/")


def is_there(watch: Watch, root: Path) -> bool:
    """The folder of a line can be read: else its articles are not gone, but out of sight."""
    literal, magic, _ = re.split(r"([*?\[]|\Z)", watch.pattern, maxsplit=1)
    folder = root / literal
    return (folder if not magic or literal.endswith("/") else folder.parent).is_dir()


def with_watches(text: str, patterns: Sequence[str]) -> str:
    """The text of links.txt with an `articles` line for each pattern: behind the last such line, else below the
    comments at the top."""
    lines = lines_of(text)
    watches = parse(text).watches
    at = watches[-1].line if watches else 0
    while not watches and at < len(lines) and lines[at].startswith("#"):
        at += 1
    end = next(("\r\n" for line in lines if line.endswith("\r\n")), "\n")
    new = [f"articles {pattern}{end}" for pattern in patterns]
    if at and not lines[at - 1].endswith(("\n", "\r")):
        new.insert(0, end)
    if at < len(lines) and lines[at].strip() and not watches:
        new.append(end)
    return "".join([*lines[:at], *new, *lines[at:]])


def add_watches(path: Path, patterns: Sequence[str]) -> None:
    """Write the lines into links.txt. Raises StorageError."""
    if patterns:
        write_links(path, with_watches(read_text(path) if path.exists() else "", patterns))
