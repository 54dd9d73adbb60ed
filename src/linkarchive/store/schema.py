"""The tables. One schema for SQLite and PostgreSQL; what is only read as a whole is JSON text (msgspec)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData()


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in UTC; SQLite keeps no zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


runs = Table(
    "runs",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),  # "latest" is by insertion, not by time
    Column("id", String, nullable=False, unique=True),
    Column("scope", String, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime),
    Column("complete", Boolean, nullable=False, default=False),
    Column("offline", Boolean, nullable=False, default=False),
    Column("simulated", Boolean, nullable=False),
    Column("version", String, nullable=False),
    Column("body", Text),  # RunBody: what the report says beside its sources
    Column("thinned", Integer),  # how many of its visits are no longer kept; NULL: all are
    sqlite_autoincrement=True,
)

articles = Table(
    "articles",
    metadata,
    Column("path", String, primary_key=True),
    Column("digest", String),  # SHA-256 of the file when it was read; NULL: known from links.txt only
    Column("run", Integer, ForeignKey("runs.seq")),  # that changed the row
    Column("body", Text, nullable=False),  # Article
)

sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("url", String, nullable=False),  # as first cited, without fragment
    # What the next visit may rely on: set only by a visit that saw a page.
    Column("etag", Text),
    Column("last_modified", Text),
    Column("sha256", String),  # of the page last seen
    Column("judged", String),  # LastPage.inputs_hash: of all else that its outcome depended on
    Column("page_outcome", Integer),  # the outcome of that page
)

captures = Table(
    "captures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Integer, ForeignKey("sources.id"), nullable=False),
    Column("run", Integer, ForeignKey("runs.seq")),  # NULL: by an import
    Column("time", UtcDateTime, nullable=False),
    Column("origin", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("usable", Boolean, nullable=False),  # a page that was really there
    Column("good", Boolean, nullable=False),  # and the verdict was ok or moved
    Column("scope", String, nullable=False, server_default="document"),  # CaptureScope: what it holds
    Column("body", Text, nullable=False),  # Capture
    Index("captures_source", "source", "time"),
    Index("captures_digest", "digest"),
    Index("captures_run", "run"),
)

parts = Table(
    "parts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Integer, ForeignKey("runs.seq"), nullable=False),
    Column("record", String, nullable=False, unique=True),  # its WARC-Record-ID
    Column("url", Text, nullable=False),  # its WARC-Target-URI
    Column("date", String, nullable=False),  # its WARC-Date
    Column("digest", String, nullable=False),
    Column("warc", String, nullable=False),
    Column("offset", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("original", String),  # of a revisit: the WARC-Record-ID of the response that holds the payload
    Index("parts_digest", "digest"),
)

part_uses = Table(
    "part_uses",
    metadata,
    Column("capture", Integer, ForeignKey("captures.id"), primary_key=True),
    Column("part", Integer, ForeignKey("parts.id"), primary_key=True),
    sqlite_with_rowid=False,
)

baselines = Table(
    "baselines",
    metadata,
    Column("article", String, primary_key=True),
    Column("source", Integer, ForeignKey("sources.id"), primary_key=True),
    Column("looked", String, primary_key=True),  # the day the author looked, ISO 8601; "" when it is not known
    Column("capture", Integer, ForeignKey("captures.id"), nullable=False),
    Column("run", Integer, ForeignKey("runs.seq")),  # NULL: by an import
    Index("baselines_run", "run"),
)

archive_answers = Table(
    "archive_answers",
    metadata,
    Column("source", Integer, ForeignKey("sources.id"), primary_key=True),
    Column("question", String, primary_key=True),  # "baseline 2021-05-12", "copy", "original essays/merger.md" …
    Column("answer", String, nullable=False),  # found, none, unknown
    Column("note", Text),
    Column("url", Text),  # of the public copy
    Column("asked", UtcDateTime, nullable=False),
    Column("run", Integer, ForeignKey("runs.seq"), nullable=False),
    Index("archive_answers_run", "run"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Integer, ForeignKey("sources.id"), nullable=False),
    Column("run", Integer, ForeignKey("runs.seq"), nullable=False),
    Column("verdict", String, nullable=False),
    Column("cited", Boolean, nullable=False),  # some article cites it: not only the original page of one
    Column("compared", String, nullable=False),  # see store.unchanged.compared
    Column("standing", String, nullable=False, server_default=""),  # see model.Standing
    Column("body", Text, nullable=False),  # model.Result
    Index("outcomes_source", "source"),
)

visits = Table(
    "visits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Integer, ForeignKey("runs.seq"), nullable=False),
    Column("source", Integer, ForeignKey("sources.id"), nullable=False),
    Column("checked", UtcDateTime),  # NULL: skipped
    Column("outcome", Integer, ForeignKey("outcomes.id"), nullable=False),
    Column("changed", String, nullable=False),
    Column("was", String),
    Column("carried", Boolean, nullable=False),  # the page was what it was when the outcome was concluded
    UniqueConstraint("run", "source"),
    Index("visits_source", "source", "run"),
)

last_visits = Table(
    "last_visits",  # of each source, with what lists and counts go by: made from `visits` (store.last_visits)
    metadata,
    Column("source", Integer, primary_key=True),
    Column("visit", Integer, nullable=False),  # visits.id
    Column("run", Integer, nullable=False),
    Column("checked", UtcDateTime),  # NULL: skipped
    Column("verdict", String, nullable=False),
    Column("changed", String, nullable=False),
    Column("was", String),
    Column("cited", Boolean, nullable=False),
    Column("uncompared", Boolean, nullable=False),  # the page has not been compared with anything
    Column("standing", String, nullable=False),
    Index("last_visits_run", "run"),
)

plans = Table(
    "plans",  # the plan of all that links.txt knows, as it was made last; none: it is to be made
    metadata,
    Column("key", String, primary_key=True),  # of the settings and the program that it was made with
    Column("body", Text, nullable=False),  # StoredPlan
)


def _files(name: str) -> Table:
    """Files as they were read: links.FileRead."""
    return Table(
        name,
        metadata,
        Column("path", String, primary_key=True),
        Column("size", BigInteger, nullable=False),
        Column("modified", BigInteger, nullable=False),
        Column("changed", BigInteger, nullable=False),
        Column("digest", String),
    )


plan_files = _files("plan_files")
"""What the plan was made from."""
state_files = _files("state_files")
"""The files of the state, when they were last written or read."""

planned = Table(
    "planned",  # the sources of the plan
    metadata,
    Column("source", Integer, primary_key=True),
    Column("position", Integer, nullable=False),  # in the order of first citation
    Column("links", Text, nullable=False),  # [CitedLink]
    Index("planned_position", "position"),  # with the source it is all that a choice needs
)
