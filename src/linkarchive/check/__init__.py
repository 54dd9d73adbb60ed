"""The main job (DESIGN §3): `check` wires the rooms, each module here is one stage of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linkarchive.check.run import check
    from linkarchive.check.scope import Scope

__all__ = ["Scope", "check"]


def __getattr__(name: str) -> Any:
    # Late: the processes that only judge (`weighing`) need neither the database nor the network, 0.3 s of imports.
    if name == "check":
        from linkarchive.check.run import check

        return check
    if name == "Scope":
        from linkarchive.check.scope import Scope

        return Scope
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
