"""The section [hub] of the settings."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from linkarchive.settings_values import Count, Least


class HubSettings(Struct, frozen=True):
    """[hub]: the hub that the project belongs to (docs/fleet.md; extra `fleet`)."""

    database: str = ""
    """Of the hub: `postgresql://USER@HOST/NAME`; empty: the project belongs to none, and its database is a file."""
    shelf: str = ""
    """Where the hub's WARC files are: a folder that all its machines see, or `s3://BUCKET/PREFIX`."""
    project: str = ""
    """The name of the project in the hub: lower-case letters, digits and `_`, a letter first."""
    slice: Annotated[float, Least(1)] = 900.0
    """Seconds that a worker stays at one range of hosts."""
    segment: Count = 64 * 1024 * 1024
    """Bytes of a WARC file after which it is put on the shelf, and what it holds is recorded."""
    segment_seconds: Annotated[float, Least(1)] = 120.0
    """Seconds after which it is, too: what a worker that is killed costs, in visits that are made again."""
    lease: Annotated[float, Least(1)] = 30.0
    """Seconds of silence after which a worker is taken for dead, and its range given to another one."""
