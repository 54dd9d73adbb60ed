"""What a run tells while it goes on; the command line turns it into a progress bar or lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from linkarchive.model import Verdict


class RunStarted(Struct, frozen=True):
    """The plan is made; the visits begin."""

    run_id: str
    hosts: Mapping[str, int]
    """Sources still to be visited, by host."""
    own: int
    """How many of them are only the original pages of articles."""
    skipped: int
    """Sources that are not ours to fetch."""
    resumed: bool

    @property
    def total(self) -> int:
        """Sources that will be concluded about."""
        return sum(self.hosts.values()) + self.skipped


class SourceConcluded(Struct, frozen=True):
    """There is a verdict on a source."""

    url: str
    verdict: Verdict


class LookingAgain(Struct, frozen=True):
    """The main pass is over; suspects and the freshly dead get a second look."""

    count: int


class AskingArchives(Struct, frozen=True):
    """The live check is over; answers of web archives are still awaited."""

    waiting: int


class ArchiveAnswered(Struct, frozen=True):
    """An answer of a web archive was used; as many are awaited still."""

    waiting: int


class LoadingParts(Struct, frozen=True):
    """The verdicts stand; what as many captured pages need to be shown is fetched."""

    pages: int


class PartsKept(Struct, frozen=True):
    """What a captured page needs to be shown is stored."""

    url: str


class Notice(Struct, frozen=True):
    """Something for `-v`, or for everybody when `important`."""

    text: str
    important: bool = False


Event = (
    RunStarted | SourceConcluded | LookingAgain | AskingArchives | ArchiveAnswered | LoadingParts | PartsKept | Notice
)
Listener = Callable[[Event], None]


def ignore(_: Event) -> None:
    """The listener of a caller who does not listen."""
