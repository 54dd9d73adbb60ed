"""The errors of the program, one tree.

* ArchiveError
  x UsageError            exit 2: what was asked cannot be done as asked; change the input and call again
    + SettingsError       a setting is unknown or has a value that it cannot have
    + ArticleError        an article cannot be read (missing, unreadable, not of a known format)
    + UnknownSourceError  the URL is not among the sources of this project
    + NothingCheckedError no article was checked in this folder yet
  x IncompleteError       exit 3: the run stopped early; call again later, what was done is kept
    + OfflineError        this machine has no network; nothing was concluded
    + StorageError        the disk or the database refused (full, read-only, damaged)
    + ArchiveUnavailable  a web archive could not be asked: whether it has a copy is not known
  x LockedError           exit 75: another run holds the project's lock; wait for it

A message says what happened, to what, and what to do. Exceptions of libraries
are translated into these at the edge of the room that calls the library; a link
that fails is never an error but a fact (`model.Failure`).
"""

from __future__ import annotations


class ArchiveError(Exception):
    """Base of all; `exit_code` is what `archive` returns for it (docs/design.md §4)."""

    exit_code = 3


class UsageError(ArchiveError):
    """Change what was asked and call again."""

    exit_code = 2


class SettingsError(UsageError):
    """Correct the named setting, flag or environment variable."""


class ArticleError(UsageError):
    """Name another file or format; the other articles of the call are unaffected."""


class UnknownSourceError(UsageError):
    """Check the spelling of the URL, or `archive check` the article that cites it first."""


class NothingCheckedError(UsageError):
    """`archive check` an article first."""

    def __init__(self) -> None:
        super().__init__("nothing was checked in this folder yet: `archive check ARTICLE`")


class IncompleteError(ArchiveError):
    """Call again later: the next run continues where this one stopped."""

    exit_code = 3


class OfflineError(IncompleteError):
    """Restore the network and call again; no verdict and no strike was recorded."""


class StorageError(IncompleteError):
    """Free the disk or repair the folder, then call again."""


class ArchiveUnavailable(IncompleteError):
    """Ask again later; that there is no copy must not be concluded from it."""


class LockedError(ArchiveError):
    """Wait for the other run to end; do not delete the lock file, it is released with its process."""

    exit_code = 75


class NotJudgedError(Exception):
    """A bug kept a page from being judged: it costs the verdict on that page. No user sees it as an error."""
