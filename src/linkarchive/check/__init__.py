"""The main job (DESIGN §3): `check` wires the rooms, each module here is one stage of it."""

from linkarchive.check.run import check
from linkarchive.check.scope import Scope

__all__ = ["Scope", "check"]
