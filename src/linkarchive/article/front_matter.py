"""Front matter: what stands before an article, in YAML, TOML, JSON, pandoc's or Pelican's own form."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from linkarchive.article.dates import IN_NAME, day_in_path
from linkarchive.article.passage import Claim, Passage, fold
from linkarchive.errors import ArticleError

_YAML = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\A\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_JSON = re.compile(r"\A\{\s*\n?\s*\"")
_TITLE_BLOCK = re.compile(r"\A%[ \t]+(\S.*(?:\n[ \t]+\S.*)*)\n(?:%.*\n)?(?:%[ \t]*(\S.*)\n)?")
_LINES = re.compile(r"\A((?:[A-Za-z][\w -]{0,40}:[ \t]*\S.*\n(?:[ \t]+\S.*\n)*){2,20})[ \t]*\n")
_ENTRY = re.compile(r"([A-Za-z_][\w .-]{0,60}?)[ \t]*:(?:[ \t]+(.*))?\Z")
_REFERENCES = re.compile(r"^references:", re.MULTILINE)
_LONGEST = 200_000
"""Characters. Front matter is written by hand; a library is not asked to read more."""

# Rank among the claims of an original URL (origin.py), by key without case, "-", "_" and spaces.
_ORIGINS = {
    "original": 1, "originalurl": 1, "originallink": 1, "originalsource": 1, "originallypublishedat": 1,
    "canonical": 2, "canonicalurl": 2, "canonicallink": 2, "permalink": 2,
    "source": 3, "sourceurl": 3, "url": 3,
}  # fmt: skip
_DATES = ("date", "published", "publishedat", "publishdate", "publicationdate", "datepublished", "pubdate", "created")
_PATHS = ("path", "permalink", "slug", "url", "aliases")

Entries = Mapping[str, tuple[str, ...]]
"""The scalars and the lists of scalars, by key without case, "-", "_" and spaces."""


def split(text: str) -> tuple[Entries, str]:
    """The entries of the front matter, and the text with it blanked out (line numbers stay).

    A thematic break at the top of a file is not front matter: that is a mapping, and is closed.
    """
    table: Any = None
    end = 0
    if match := _YAML.match(text):
        table, end = _yaml(match[1]), match.end()
    elif match := _TOML.match(text):
        table, end = _toml(match[1]), match.end()
    elif _JSON.match(text):
        table, end = _json(text)
    elif match := _TITLE_BLOCK.match(text):
        table, end = {"title": match[1], "date": match[2] or ""}, match.end()
    elif match := _LINES.match(text):
        entries = _entries(_entry_by_entry(match[1]) or {})
        return ({key: entries[key] for key in entries if key in ("title", "date")} if "title" in entries else {}), text
    if not isinstance(table, dict) or not table:
        return {}, text
    return _entries(table), "\n" * text.count("\n", 0, end) + text[end:]


def title(entries: Entries) -> str:
    return fold(entries.get("title", ("",))[0])


def origins(entries: Entries) -> tuple[Claim, ...]:
    return tuple(
        Claim(values[0].removeprefix("<").removesuffix(">"), f"front matter `{key}`", _ORIGINS[key])
        for key, values in entries.items()
        if key in _ORIGINS
    )


def dates(entries: Entries) -> tuple[Claim, ...]:
    stated = [Claim(entries[key][0], f"front matter `{key}`", 0) for key in _DATES if key in entries]
    for key in _PATHS:
        if key in entries and (day := day_in_path(entries[key][0])):
            stated.append(Claim(day.isoformat(), f"the path in front matter `{key}`", IN_NAME))
    return tuple(stated)


def end_of(text: str) -> int:
    """Where front matter in YAML ends in the text of a file, whose line ends are as they are; 0 where there is none."""
    start = text.startswith("\ufeff")
    match = _YAML.match(text[start:].replace("\r\n", " \n")) if text.startswith("---", start) else None
    return start + match.end() if match else 0


def references(text: str) -> tuple[tuple[Passage, ...], tuple[str, ...]]:
    """The entries of `references`, CSL in YAML as pandoc takes it, a note each; and what of them cannot be read."""
    match = _YAML.match(text)
    if match is None or not _REFERENCES.search(match[1]):
        return (), ()
    if len(match[1]) > _LONGEST:
        return (), (f"the references in its front matter are not read: it has more than {_LONGEST:,} characters",)
    from linkarchive.article.formats.csl import entries
    from linkarchive.article.formats.located import Pairs, parse_yaml

    head = text[: match.end(1)]
    try:
        table = parse_yaml(head)
    except ArticleError as error:
        return (), (f"the references in its front matter cannot be read: {error}",)
    return entries(table.get("references") if isinstance(table, Pairs) else None, head), ()


def _entries(table: Mapping[Any, Any]) -> Entries:
    entries: dict[str, tuple[str, ...]] = {}
    for key, value in table.items():
        values = value if isinstance(value, list) else [value]
        scalars = tuple(str(item) for item in values if item is not None and not isinstance(item, (dict, list)))
        if scalars and scalars[0].strip():
            entries.setdefault(re.sub(r"[-_ .]", "", str(key)).lower(), scalars)
    return entries


def _yaml(block: str) -> Any:
    table = _load_yaml(block)
    return table if isinstance(table, dict) else _entry_by_entry(block)


def _load_yaml(block: str) -> Any:
    """The value, with all scalars as they are written; None for what is no YAML."""
    import yaml

    if len(block) > _LONGEST:
        return None
    try:
        return yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 - makes strings, lists and mappings only
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None


def _entry_by_entry(block: str) -> dict[str, Any] | None:
    """The entries of a block that is no YAML as a whole (`title: A: B`); None for one that has other lines."""
    table: dict[str, Any] = {}
    lines = block[:_LONGEST].split("\n")
    at = 0
    while at < len(lines):
        entry = _ENTRY.match(lines[at])
        after = at + 1
        while after < len(lines) and re.match(r"[\s\-#\]}]|\Z", lines[after]):
            after += 1
        if entry is not None:
            value = _load_yaml("\n".join(lines[at:after]))
            table.update(value if isinstance(value, dict) else {entry[1]: (entry[2] or "").strip("'\" ")})
        elif lines[at].strip() and not lines[at].startswith("#"):
            return None
        at = after
    return table


def _toml(block: str) -> Any:
    try:
        return tomllib.loads(block)
    except (ValueError, RecursionError):  # also of an integer of thousands of digits
        return None


def _json(text: str) -> tuple[Any, int]:
    try:
        return json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None, 0
