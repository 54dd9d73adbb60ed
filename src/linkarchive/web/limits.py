"""How many connections the process may hold open."""

from __future__ import annotations

import os

from msgspec import Struct

_PER_VISIT = 4
"""Descriptors: its connection, one kept alive, a spooled body, a resolver's."""
_SPARE = 64
_KEPT = 3
"""Connections kept alive for each in use, where there is room: a run goes round its hosts, and comes back to each."""


class ConnectionLimits(Struct, frozen=True):
    """What the limit on open files leaves room for."""

    visits: int
    """At a time."""
    connections: int
    """In use and kept alive."""


def room_for(visits: int) -> ConnectionLimits:
    """Room for as many of these visits at a time as the limit allows; raises the soft limit where needed."""
    limit = _raised(visits * (_PER_VISIT - 1 + _KEPT) + _SPARE)
    if limit is None:
        return ConnectionLimits(visits, visits * (1 + _KEPT))
    visits = max(1, min(visits, (limit - _SPARE) // _PER_VISIT))
    kept = min(visits * _KEPT, limit - _SPARE - visits * (_PER_VISIT - 1))
    return ConnectionLimits(visits, visits + max(1, kept))


def _raised(needed: int) -> int | None:
    """The soft limit on open files, raised to `needed` where it may be; None without one."""
    if os.name != "posix":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return None if soft == resource.RLIM_INFINITY else soft
