"""What runs that follow one another remember, so that together they ask no faster than one run would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from linkarchive.web.pacing import Paces

if TYPE_CHECKING:
    from linkarchive.wayback.session import RateLimits


class Politeness(Struct):
    """How often hosts of sources, and web archives, may be asked; shared by runs that follow one another."""

    hosts: Paces = field(default_factory=Paces)
    archives: RateLimits | None = None
    """None: none was asked yet."""
