"""How many connections the process may hold open."""

from __future__ import annotations

import os

_PER_VISIT = 4
"""Descriptors: its connection, one kept alive, a spooled body, a resolver's."""
_SPARE = 64


def room_for(connections: int) -> int:
    """As many of these connections as the limit on open files leaves room for; raises the soft limit where needed."""
    if os.name != "posix":
        return connections
    import resource

    needed = connections * _PER_VISIT + _SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return connections
    return max(1, min(connections, (soft - _SPARE) // _PER_VISIT))
