"""Values to JSON text and back, for the database and the text files (msgspec)."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from linkarchive.errors import StorageError

T = TypeVar("T")


def encode(value: object) -> str:
    return msgspec.json.encode(value).decode("utf-8")


def decode(text: str | bytes, kind: type[T]) -> T:
    """Raises StorageError when the text is not of that kind: the row or line is damaged, or of a later version."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise StorageError(f"a stored {kind.__name__} cannot be read: {error}") from error
