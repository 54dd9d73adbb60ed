"""Questions to web archives, and what comes back. `lookup_workers` asks them."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from linkarchive.model import Article, Page
from linkarchive.wayback.answers import Answer
from linkarchive.wayback.cited import CitedCopy, CitedLink


def days_off(time: datetime, viewed_on: date) -> int:
    """How many days lie between a copy and the day the author looked."""
    return abs((time.date() - viewed_on).days)


class BaselineLookup(Struct, frozen=True):
    """The copy that the author saw."""

    source: int
    url: str
    viewed_on: date
    own_digests: frozenset[str]
    copies: tuple[CitedCopy, ...] = ()
    """Candidates that articles give beside their links, each with its time and original."""

    @property
    def name(self) -> str:
        return f"baseline {self.viewed_on}"

    def is_about(self, link: CitedLink) -> bool:
        """The answer is the baseline of that citation."""
        return link.copy is None and link.viewed_on == self.viewed_on


class CitedCopyLookup(Struct, frozen=True):
    """The very copy that a citation points to, or that the article gives beside it, as its reader gets it."""

    source: int
    url: str
    copy: CitedCopy

    @property
    def name(self) -> str:
        return self.copy.question

    def is_about(self, link: CitedLink) -> bool:
        """The answer is the baseline of that citation. A copy given beside a link is asked for by itself where the page
        is dead; the baseline of a day is found by the question of that day."""
        return self.copy == link.copy or (link.viewed_on is None and self.copy == link.given)


class CopyLookup(Struct, frozen=True):
    """A public copy from before a death, and where the page may have moved to."""

    source: int
    url: str
    viewed_on: date | None
    death: datetime
    name: str = "copy"


class SeenSinceLookup(Struct, frozen=True):
    """Has anybody else seen the page since it fails for us?"""

    source: int
    url: str
    since: datetime

    @property
    def name(self) -> str:
        return f"witness {self.since:%Y%m%d%H%M%S}"


class ElsewhereLookup(Struct, frozen=True):
    """The newest public capture of a page that is closed to us, if it is newer than `after`."""

    source: int
    url: str
    after: datetime
    name: str = "elsewhere"


class OriginalLookup(Struct, frozen=True):
    """The original page of an article as it was, for its lost targets."""

    source: int
    urls: tuple[str, ...]
    article: Article

    @property
    def name(self) -> str:
        return f"original {self.article.path}"


class ParentLookup(Struct, frozen=True):
    """A page that may have linked to a dead source, as it was when the author looked."""

    source: int
    url: str
    when: datetime
    death: datetime
    name: str = "parent"


class SavedLookup(Struct, frozen=True):
    """Is the copy there that we had made in an earlier run?"""

    source: int
    url: str
    time: datetime
    name: str = "saved"


Lookup = (
    BaselineLookup
    | CitedCopyLookup
    | CopyLookup
    | ElsewhereLookup
    | SeenSinceLookup
    | OriginalLookup
    | ParentLookup
    | SavedLookup
)


class LookupResult(Struct, frozen=True):
    """The answer to a lookup; for an original also the article with what was recovered, for a parent the page."""

    lookup: Lookup
    answer: Answer
    moved: tuple[str, ...] = ()
    article: Article | None = None
    page: Page | None = None
    error: Exception | None = None
    """The bug that kept the answer from being read."""
    is_partial: bool = False
    """Where the page may have moved to could not be found out."""
