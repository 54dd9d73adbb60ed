"""What a page names that it needs to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from linkarchive.requisites.modules import ImportMap


class Kind(IntEnum):
    """What kind of file a page needs, in the order in which they are fetched."""

    STYLE = 0
    FONT = 1
    IMAGE = 2
    FRAME = 3
    MODULE = 4
    """A script that imports others."""
    SCRIPT = 5


@dataclass(frozen=True, slots=True)
class Reference:
    """An address in a page or a style sheet, as it is written there."""

    kind: Kind
    address: str


@dataclass(frozen=True, slots=True)
class Requisite:
    """A file that a page needs to be shown, by its absolute URL without a fragment."""

    kind: Kind
    url: str
    charset: str = "utf-8"
    """Of the file that names it: that of a style sheet which does not say its own."""
    names: ImportMap = ()
    """Of its page: what a module imports by name."""
