"""`links.txt` on the disk: the files it includes, and writing them whole or not at all."""

from __future__ import annotations

import errno
import glob
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from linkarchive.errors import StorageError, UsageError
from linkarchive.links.entries import NAME, Include, LinksFile, Malformed, section_key
from linkarchive.links.parse import by_section, parse


class LinkList(Struct, frozen=True):
    """One file of the project's links: its text as it is, byte for byte (undecodable bytes are surrogates)."""

    path: Path
    text: str
    links: LinksFile

    @property
    def name(self) -> str:
        """The name that its entries carry: the path from the folder of `links.txt`."""
        return self.links.sections[0].file


def load(path: Path) -> LinksFile:
    """Read `links.txt` with all that it includes; a file that does not exist is empty. Raises UsageError."""
    lists, malformed = link_lists(path)
    return joined([file.links for file in lists], malformed)


def joined(files: Sequence[LinksFile], malformed: Sequence[Malformed] = ()) -> LinksFile:
    """Several files as one, with further malformed lines."""
    return LinksFile(
        tuple(section for file in files for section in file.sections),
        (*(line for file in files for line in file.malformed), *malformed),
        tuple(include for file in files for include in file.includes),
        tuple(watch for file in files for watch in file.watches),
    )


def some_sections(root: Path, names: Iterable[str], articles: Iterable[str]) -> LinksFile:
    """Of the files of links of these names, from the project folder, the sections of some articles.

    Raises UsageError.
    """
    keys = set(map(section_key, articles))
    return joined([parse(_text(root / name), name, lambda of: section_key(of) in keys) for name in names])


def said_of(root: Path, names: Iterable[str], articles: Iterable[str]) -> tuple[dict[str, str], str]:
    """What the files of links of these names, from the project folder, say of some articles, by path, and their outline
    (`LinksFile.said` and `outline`), without holding their links. No line of theirs is malformed. Raises UsageError."""
    paths = {section_key(path): path for path in articles}
    said, parts = dict.fromkeys(paths.values(), ""), list[LinksFile]()
    for name in names:
        for part in by_section(_text(root / name), name, lambda of: section_key(of) in paths):
            said.update((paths[key], part.said(paths[key])) for key in part.named if key in paths)
            named = (replace(section, entries=()) for section in part.named.values())
            loose = (section for section in part.sections if section.entries and not section.name)
            parts.append(LinksFile((*loose, *named), (), part.includes, part.watches))
    outline = joined(parts)
    if len(outline.named) < sum(len(part.named) for part in parts):  # the links of some stand in several places
        again = some_sections(root, names, paths.values())
        said = {path: again.said(path) for path in said}
    elif NAME in said:
        said[NAME] = outline.said(NAME)
    return said, outline.outline


def link_lists(path: Path) -> tuple[list[LinkList], list[Malformed]]:
    """The file and those it includes, each once, the including one first; and the includes that lead nowhere.

    Patterns are relative to the including file. Raises UsageError when `path` itself cannot be read.
    """
    root = path.parent.resolve()
    text = _text(path) if path.exists() else ""
    lists = [LinkList(path, text, parse(text, path.name))]
    malformed: list[Malformed] = []
    seen, refusals = {path.resolve()}, dict[tuple[Path, str], list[str]]()
    for file in lists:
        for include in file.links.includes:
            place = (file.path.parent, include.pattern)
            targets: list[Path] = []
            if place not in refusals:  # a pattern that many files have is looked up once
                targets, refusals[place] = _included(file.path.parent, include.pattern, root)
            malformed += [_refused(include, why) for why in refusals[place]]
            for target in targets:
                if target.resolve() in seen:
                    continue
                seen.add(target.resolve())
                try:
                    text = read_text(target)
                except OSError as error:
                    malformed.append(_refused(include, f"{target.name} cannot be read ({error.strerror})"))
                    continue
                name = Path(os.path.relpath(target, path.parent)).as_posix()
                lists.append(LinkList(target, text, parse(text, name)))
    return lists, malformed


def _text(path: Path) -> str:
    """Raises UsageError."""
    try:
        return read_text(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def read_text(path: Path) -> str:
    """The text with its own line ends; bytes that are not UTF-8 survive as surrogates. Raises OSError.

    Also where the path is not a file: to open a pipe would wait for its writer for ever.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, "it is not a file")
    return path.read_bytes().decode("utf-8", "surrogateescape")


def _refused(include: Include, why: str) -> Malformed:
    return Malformed(include.file, include.line, f"include {include.pattern}", why)


def _included(folder: Path, pattern: str, root: Path) -> tuple[list[Path], list[str]]:
    """The files that a pattern means, and why it means none, or not all."""
    lexical = Path(os.path.normpath(folder.resolve() / pattern))
    if not lexical.is_relative_to(root) or "\0" in pattern:
        return [], ["leads out of the project folder"]
    names = sorted(glob.glob(pattern, root_dir=folder, recursive=True))
    files, refusals = [], []
    if not names and not glob.has_magic(pattern):
        refusals.append("there is no such file")
    for name in names:
        target = folder / name
        if not target.resolve().is_relative_to(root):
            refusals.append(f"{name} leads out of the project folder")
        elif target.is_file():
            files.append(target)
        elif not glob.has_magic(pattern):
            refusals.append("not a file")
    return files, refusals


def write_links(path: Path, text: str) -> None:
    """`write_in_place` for text as `read_text` reads it."""
    write_in_place(path, as_bytes(text))


def as_bytes(text: str) -> bytes:
    """The inverse of `read_text`."""
    return text.encode("utf-8", "surrogateescape")


def write_in_place(path: Path, data: bytes) -> None:
    """Replace the file in one step; a symbolic link keeps pointing, permissions stay. Raises StorageError."""
    target = path.resolve()
    temporary = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        else:
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise StorageError(f"{path} cannot be written: {error.strerror}; nothing of it was changed") from error
