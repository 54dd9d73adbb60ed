"""The value of one setting: checked alike from a file, the environment and a flag."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Struct

from linkarchive.errors import SettingsError


class Least(Struct, frozen=True):
    """The smallest value of a number; 0 unless said."""

    value: float


Count = Annotated[int, Least(1)]
"""A whole number of at least 1."""


FolderName = Annotated[str, "the name of a folder"]
"""A text that is the name of a folder, and no path."""


def from_text(text: str, hint: Any, name: str) -> Any:
    """The value that a text means for a setting of that type. Raises SettingsError naming it."""
    kind, _ = _parts(hint)
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return [from_text(part, item, name) for part in parts] if item is int else parts
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off", ""):
            return False
    elif kind in (int, float):
        try:
            return kind(text)
        except ValueError as error:
            raise _refused(text, kind, name) from error
    else:
        return text
    raise _refused(text, kind, name)


def checked(value: Any, hint: Any, name: str) -> Any:
    """The value as a setting of that type has it: a list is a tuple. Raises SettingsError saying what to give."""
    kind, least = _parts(hint)
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        if not isinstance(value, list | tuple):
            raise _refused(value, kind, name)
        if get_origin(item) is not Literal and not all(type(part) is item for part in value):
            raise _refused(value, kind, name)
        return tuple(checked(part, item, name) for part in value)
    if get_origin(kind) is Literal:
        names = [str(known) for known in get_args(kind)]
        if value in names:
            return value
        raise SettingsError(f"{name} is {value!r}{_choice(str(value), names)}")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _refused(value, kind, name)
    if hint == FolderName and (value in ("", ".", "..") or "/" in value or not value.isprintable()):
        raise SettingsError(f"{name} is {value!r}: give the name of a folder in the project folder, without slashes")
    if kind in (int, float):
        if not math.isfinite(value):
            raise _refused(value, kind, name)
        if value < least:
            why = "it cannot be negative" if least == 0 else f"it must be at least {least:g}"
            raise SettingsError(f"{name} is {value!r}: {why}")
    return value


def suggestion(word: str, known: Collection[str]) -> str:
    """The end of a message about an unknown name: the known one that it resembles, else all of them."""
    import difflib  # late: for what is wrong

    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"


def _choice(word: str, names: list[str]) -> str:
    """`suggestion`, with all names in any case: there are few."""
    known = [name for name in names if name]
    words = suggestion(word, known)
    return words if "known are" in words else f"{words} Known are {', '.join(known)}"


_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def _refused(value: object, kind: Any, name: str) -> SettingsError:
    if get_origin(kind) is tuple:
        words = "a list of whole numbers" if get_args(kind)[0] is int else "a list of texts"
    else:
        words = _WORDS[kind]
    return SettingsError(f"{name} is {value!r}: give {words}")


def _parts(hint: Any) -> tuple[Any, float]:
    """The type of a setting, and the smallest value it may have."""
    if get_origin(hint) is Annotated:
        kind, *limits = get_args(hint)
        return kind, next((limit.value for limit in limits if isinstance(limit, Least)), 0)
    return hint, 0
