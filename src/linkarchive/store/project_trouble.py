"""Trouble of one project of a hub, which concerns no other."""

from __future__ import annotations

from sqlalchemy.exc import DataError, IntegrityError, InternalError, ProgrammingError

from linkarchive.errors import StorageError


class ProjectTroubleError(StorageError):
    """The tables of a project are missing, damaged, of another version, or not for this role."""

    def __init__(self, schema: str, words: str) -> None:
        super().__init__(words)
        self.project = schema.removeprefix("project_")


def concerns_tables(error: Exception) -> bool:
    """The server is well, and refused what was asked of these tables: it would do so again."""
    return isinstance(error, ProgrammingError | DataError | IntegrityError | InternalError)
