"""What a page names that it needs to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """What something is for, in the order in which a page wants it."""

    STYLE = 0
    FONT = 1
    IMAGE = 2
    FRAME = 3
    SCRIPT = 4


@dataclass(frozen=True, slots=True)
class Named:
    """An address as a file writes it."""

    kind: Kind
    address: str


@dataclass(frozen=True, slots=True)
class Requisite:
    """Something that a page needs to be shown, under its whole URL without a fragment."""

    kind: Kind
    url: str
