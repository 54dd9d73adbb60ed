"""The settings as a list: what each is for, its value and where that comes from; and as a page of the docs.

The words are the docstrings of `settings.py`, read from its source, so that they stand once.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from linkarchive.secrets import redact
from linkarchive.settings import Settings, layers, load_settings

_HIDDEN = "(set, not shown)"


@dataclass(frozen=True, slots=True)
class Setting:
    """One key. `value` is shown as TOML, without secrets."""

    section: str
    key: str
    kind: str
    default: str
    words: str
    value: str
    origin: str
    """default, the file, or the name of the environment variable."""


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    words: str
    settings: tuple[Setting, ...]
    entries: bool = False
    """An array of tables: `[[name]]`."""


def listed(project: Path, config: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[Section, ...]:
    """Every setting of a project folder; an array of tables has one setting a key and entry.

    Raises SettingsError, as `load_settings`.
    """
    now = load_settings(project, config, environ)
    where = [(table, _short(name, project)) for table, name in layers(project, config, environ)]
    return tuple(_section(section, getattr(now, section), where, environ) for section in Settings.__struct_fields__)


def defaults() -> tuple[Section, ...]:
    """Every setting with its default; of an array of tables the keys of one entry."""
    sections = []
    for section in Settings.__struct_fields__:
        value = getattr(Settings(), section)
        entries = isinstance(value, tuple)
        sections.append(_section(section, (_entry_type(section)(),) if entries else value, [], {}))
    return tuple(sections)


def page() -> str:
    """docs/settings.md."""
    parts = [_HEAD]
    for section in defaults():
        heading = f"[[{section.name}]]" if section.entries else f"[{section.name}]"
        parts.append(f"## `{heading}`\n\n{_sentence(section.words)}\n\n| key | default | |\n| --- | --- | --- |")
        for setting in section.settings:
            parts[-1] += f"\n| `{setting.key}` | `{setting.default}` | {_cell(setting)} |"
    return "\n\n".join(parts) + "\n"


_HEAD = """\
# Settings

<!-- Made from src/linkarchive/settings.py by `archive config --format markdown`; do not edit. -->

`archive.toml` in the project folder, or a section `[tool.archive]` of its
`pyproject.toml` (`[tool.archive.network]`, …), holds what differs from the defaults
below. Flags go before the environment (`ARCHIVE_<SECTION>_<KEY>`, lists with commas
between), the environment before `archive.toml`, that before `pyproject.toml`. An unknown
key is refused, with the name that was probably meant. `http_proxy`, `https_proxy`,
`no_proxy`, `SSL_CERT_FILE` and `REQUESTS_CA_BUNDLE` are read as by other programs.
`archive config` shows every setting with its value, and where that comes from."""


def _section(name: str, value: Any, where: list[tuple[dict[str, Any], str]], environ: Mapping[str, str]) -> Section:
    if isinstance(value, tuple):
        kind = _entry_type(name)
        origin = next((origin for table, origin in reversed(where) if name in table), "default")
        listed = [_setting(name, key, kind, entry, origin) for entry in value for key in get_type_hints(kind)]
        return Section(name, _words(kind)[""], tuple(listed), entries=True)
    kind = type(value)
    listed = [_setting(name, key, kind, value, _origin(name, key, where, environ)) for key in get_type_hints(kind)]
    return Section(name, _words(kind)[""], tuple(listed))


def _setting(section: str, key: str, kind: type[Any], value: Any, origin: str) -> Setting:
    default = _toml(getattr(kind(), key))
    hint = get_type_hints(kind)[key]
    shown = _shown(section, key, getattr(value, key))
    return Setting(section, key, _kind(hint), default, _words(kind).get(key, ""), shown, origin)


def _origin(section: str, key: str, where: list[tuple[dict[str, Any], str]], environ: Mapping[str, str]) -> str:
    own = f"ARCHIVE_{section}_{key}".upper()
    if own in environ:
        return own
    return next((place for table, place in reversed(where) if key in table.get(section, {})), "default")


def _short(where: str, project: Path) -> str:
    return where.replace(f"{project}{os.sep}", "")


def _shown(section: str, key: str, value: Any) -> str:
    if (section, key) == ("notify", "urls") and value:
        return _HIDDEN
    if (section, key) == ("sites", "headers"):
        return _toml(tuple(f"{line.partition(':')[0]}: {_HIDDEN}" for line in value))
    return _toml(redact(value) if isinstance(value, str) else value)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return str(value).removesuffix(".0")


def _kind(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(_toml(choice) for choice in get_args(hint))
    if get_origin(hint) is tuple:
        return "list of whole numbers" if get_args(hint)[0] is int else "list of texts"
    return {str: "text", int: "whole number", float: "number", bool: "true or false"}[hint]


def _entry_type(section: str) -> type[Any]:
    entry: type[Any] = get_args(get_type_hints(Settings)[section])[0]
    return entry


def _words(kind: type[Any]) -> dict[str, str]:
    """The docstrings of a section's class: of the class itself under "", of each key that has one."""
    tree = ast.parse(inspect.getsource(sys.modules[kind.__module__]))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__).body
    docstrings = {"": inspect.cleandoc(kind.__doc__ or "")}
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(following, ast.Expr):
            text = following.value
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                docstrings[node.target.id] = " ".join(inspect.cleandoc(text.value).split())
    return docstrings


def _sentence(words: str) -> str:
    """A class's docstring without the name of its section: “[keep]: what is stored.” is “What is stored.”"""
    text = words.partition(": ")[2] or words
    return text[:1].upper() + text[1:]


def _cell(setting: Setting) -> str:
    words = setting.words.replace("|", "\\|")
    return f"{setting.kind.capitalize()}. {words}".strip() if words else f"{setting.kind.capitalize()}."
