"""A page that is looked for, and a page of today that is the same."""

from __future__ import annotations

from dataclasses import dataclass

from linkarchive.model import Capture
from linkarchive.relocate.likeness import Likeness, Text


@dataclass(frozen=True, slots=True)
class DeadPage:
    """A page that is looked for."""

    number: int
    url: str
    text: Text
    """Of its baseline."""
    named: tuple[str, ...] = ()
    """Addresses that others name for it, such as a captured redirect."""
    known: tuple[str, str] | None = None
    """The address where it was found before, and how."""
    anchors: tuple[str, ...] = ()
    """What pages of the site called it in their links."""
    baseline: Capture | None = None
    """The capture that its text was read from."""


@dataclass(frozen=True, slots=True)
class Match:
    """A page of today that is the same as a dead one."""

    number: int
    url: str
    how: str
    """How it was found, in words."""
    likeness: Likeness

    @property
    def confidence(self) -> float:
        return round(min(0.99, 0.8 + 0.2 * self.likeness.share), 3)
