"""Front matter: the `key: value` lines that site generators put before a Markdown article."""

from __future__ import annotations

import re
import tomllib

from linkarchive.article.passage import Claim

_YAML = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\A\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_ENTRY = re.compile(r"([A-Za-z_][\w .-]{0,60}?)\s*:(?:\s+(.*))?\Z")
_CONTINUED = re.compile(r"\s|-(?:\s|\Z)|#|\Z|[\]}]")

# Rank among the claims of an original URL (origin.py), by key without case, "-", "_" and spaces.
_ORIGINS = {
    "original": 1, "originalurl": 1, "originallink": 1, "originalsource": 1, "originallypublishedat": 1,
    "canonical": 2, "canonicalurl": 2, "canonicallink": 2, "permalink": 2,
    "source": 3, "sourceurl": 3, "url": 3,
}  # fmt: skip
_DATES = ("date", "published", "publishedat", "publishdate", "publicationdate", "datepublished", "pubdate", "created")


def split(text: str) -> tuple[dict[str, str], str]:
    """The scalar entries of the front matter, keys normalised, and the text with it blanked out (line numbers stay).

    Forgiving: what is not `key: value` is passed over. A thematic break at the top of
    a file is not front matter: that begins with a key and is closed.
    """
    if match := _YAML.match(text):
        entries = _yaml(match[1])
    elif match := _TOML.match(text):
        entries = _toml(match[1])
    else:
        return {}, text
    if not entries:
        return {}, text
    return entries, "\n" * match[0].count("\n") + text[match.end() :]


def _yaml(block: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    for line in block.split("\n"):
        if entry := _ENTRY.match(line):
            value = _scalar(entry[2] or "")
            if value:
                entries.setdefault(_key(entry[1]), value)
        elif not _CONTINUED.match(line):
            return {}
    return entries


def _toml(block: str) -> dict[str, str]:
    try:
        table = tomllib.loads(block)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    return {_key(key): str(value) for key, value in table.items() if not isinstance(value, (dict, list))}


def _key(key: str) -> str:
    return re.sub(r"[-_ .]", "", key).lower()


def _scalar(value: str) -> str:
    value = value.strip()
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value[1:]
    return re.split(r"\s#", value, maxsplit=1)[0].strip().removeprefix("<").removesuffix(">")


def origins(entries: dict[str, str]) -> tuple[Claim, ...]:
    return tuple(
        Claim(value, f"front matter `{key}`", _ORIGINS[key]) for key, value in entries.items() if key in _ORIGINS
    )


def dates(entries: dict[str, str]) -> tuple[Claim, ...]:
    return tuple(Claim(entries[key], f"front matter `{key}`", 0) for key in _DATES if key in entries)
