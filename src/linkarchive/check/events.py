"""What a run tells while it goes on; the command line turns it into a progress bar or lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from linkarchive.model import Verdict


@dataclass(frozen=True, slots=True)
class RunStarted:
    run_id: str
    total: int
    """Sources still to be visited."""
    resumed: bool


@dataclass(frozen=True, slots=True)
class SourceConcluded:
    url: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class LookingAgain:
    """The main pass is over; suspects and the freshly dead get a second look."""

    count: int


@dataclass(frozen=True, slots=True)
class AskingArchives:
    """The live check is over; answers of web archives are still awaited."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something for `-v`, or for everybody when `important`."""

    text: str
    important: bool = False


Event = RunStarted | SourceConcluded | LookingAgain | AskingArchives | Notice
Listener = Callable[[Event], None]


def ignore(_: Event) -> None:
    """The listener of a caller who does not listen."""
