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
    Sequence,
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
        time: datetime | None = value
        return time if time is None else time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


class _ServerText(TypeDecorator[str]):
    """Text as PostgreSQL takes it, without NUL and halves of characters, and sorted by its bytes, as SQLite does."""

    impl = Text(collation="C")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


_STRING = String().with_variant(_ServerText(), "postgresql")
_TEXT = Text().with_variant(_ServerText(), "postgresql")
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both."""

writers = Sequence("writers", metadata=metadata)
"""Of PostgreSQL: a number for each writer, from which the numbers of its rows follow (`run_writer`)."""


runs = Table(
    "runs",
    metadata,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),  # "latest" is by insertion, not by time
    Column("id", _STRING, nullable=False, unique=True),
    Column("scope", _STRING, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime),
    Column("complete", Boolean, nullable=False, default=False),
    Column("offline", Boolean, nullable=False, default=False),
    Column("simulated", Boolean, nullable=False),
    Column("version", _STRING, nullable=False),
    Column("body", Text),  # RunBody: what the report says beside its sources
    Column("thinned", _NUMBER),  # how many of its visits are no longer kept; NULL: all are
    sqlite_autoincrement=True,
)

articles = Table(
    "articles",
    metadata,
    Column("path", _STRING, primary_key=True),
    Column("digest", _STRING),  # SHA-256 of the file when it was read; NULL: known from links.txt only
    Column("run", _NUMBER, ForeignKey("runs.seq")),  # that changed the row
    Column("body", Text, nullable=False),  # Article
    Index("articles_run", "run"),
)

sources = Table(
    "sources",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("key", _STRING, nullable=False),
    Column("url", _STRING, nullable=False),  # as first cited, without fragment
    # What the next visit may rely on: set only by a visit that saw a page.
    Column("etag", _TEXT),
    Column("last_modified", _TEXT),
    Column("sha256", _STRING),  # of the page last seen
    Column("judged", _STRING),  # LastPage.inputs_hash: of all else that its result depended on
    Column("page_outcome", _NUMBER),  # outcomes.id: the result of that page
    UniqueConstraint("key").ddl_if(dialect="sqlite"),  # PostgreSQL: migrations.first_schema
)

captures = Table(
    "captures",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("source", _NUMBER, ForeignKey("sources.id"), nullable=False),
    Column("run", _NUMBER, ForeignKey("runs.seq")),  # NULL: by an import
    Column("time", UtcDateTime, nullable=False),
    Column("origin", _STRING, nullable=False),
    Column("digest", _STRING, nullable=False),
    Column("usable", Boolean, nullable=False),  # a page that was really there
    Column("good", Boolean, nullable=False),  # and the verdict was ok or moved
    Column("scope", _STRING, nullable=False, server_default="document"),  # CaptureScope: what it holds
    Column("body", Text, nullable=False),  # Capture
    Index("captures_source", "source", "time"),
    Index("captures_digest", "digest"),
    Index("captures_run", "run"),
)

parts = Table(
    "parts",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("run", _NUMBER, ForeignKey("runs.seq"), nullable=False),
    Column("record", _STRING, nullable=False, unique=True),  # its WARC-Record-ID
    Column("url", _TEXT, nullable=False),  # its WARC-Target-URI
    Column("date", _STRING, nullable=False),  # its WARC-Date
    Column("digest", _STRING, nullable=False),
    Column("warc", _STRING, nullable=False),
    Column("offset", _NUMBER, nullable=False),
    Column("length", _NUMBER, nullable=False),
    Column("original", _STRING),  # of a revisit: the WARC-Record-ID of the response that holds the payload
    Index("parts_digest", "digest"),
)

part_uses = Table(
    "part_uses",
    metadata,
    Column("capture", _NUMBER, ForeignKey("captures.id"), primary_key=True),
    Column("part", _NUMBER, ForeignKey("parts.id"), primary_key=True),
    sqlite_with_rowid=False,
)

baselines = Table(
    "baselines",
    metadata,
    Column("article", _STRING, primary_key=True),
    Column("source", _NUMBER, ForeignKey("sources.id"), primary_key=True),
    Column("looked", _STRING, primary_key=True),  # the day the author looked, ISO 8601; "" when it is not known
    Column("capture", _NUMBER, ForeignKey("captures.id"), nullable=False),
    Column("run", _NUMBER, ForeignKey("runs.seq")),  # NULL: by an import
    Index("baselines_run", "run"),
    Index("baselines_source", "source"),
)

archive_answers = Table(
    "archive_answers",
    metadata,
    Column("source", _NUMBER, ForeignKey("sources.id"), primary_key=True),
    Column("question", _STRING, primary_key=True),  # "baseline 2021-05-12", "copy", "original essays/merger.md" …
    Column("answer", _STRING, nullable=False),  # found, none, unknown
    Column("note", _TEXT),
    Column("url", _TEXT),  # of the public copy
    Column("asked", UtcDateTime, nullable=False),
    Column("run", _NUMBER, ForeignKey("runs.seq"), nullable=False),
    Index("archive_answers_run", "run"),
)

results = Table(
    "outcomes",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("source", _NUMBER, ForeignKey("sources.id"), nullable=False),
    Column("run", _NUMBER, ForeignKey("runs.seq"), nullable=False),
    Column("verdict", _STRING, nullable=False),
    Column("cited", Boolean, nullable=False),  # some article cites it: not only the original page of one
    Column("compared", _STRING, nullable=False),  # see store.unchanged.compared
    Column("standing", _STRING, nullable=False, server_default=""),  # see model.Standing
    Column("body", Text, nullable=False),  # model.Result
    Index("outcomes_source", "source"),
)

visits = Table(
    "visits",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("run", _NUMBER, ForeignKey("runs.seq"), nullable=False),
    Column("source", _NUMBER, ForeignKey("sources.id"), nullable=False),
    Column("checked", UtcDateTime),  # NULL: skipped
    Column("outcome", _NUMBER, ForeignKey("outcomes.id"), nullable=False),
    Column("changed", _STRING, nullable=False),
    Column("was", _STRING),
    Column("carried", Boolean, nullable=False),  # the page was what it was when the result was concluded
    UniqueConstraint("run", "source"),
    Index("visits_source", "source", "run"),
)

last_visits = Table(
    "last_visits",  # of each source, with what lists and counts go by: made from `visits` (store.last_visits)
    metadata,
    Column("source", _NUMBER, primary_key=True, autoincrement=False),
    Column("visit", _NUMBER, nullable=False),  # visits.id
    Column("run", _NUMBER, nullable=False),
    Column("checked", UtcDateTime),  # NULL: skipped
    Column("verdict", _STRING, nullable=False),
    Column("changed", _STRING, nullable=False),
    Column("was", _STRING),
    Column("cited", Boolean, nullable=False),
    Column("uncompared", Boolean, nullable=False),  # the page has not been compared with anything
    Column("standing", _STRING, nullable=False),
    Index("last_visits_run", "run"),
    # Of what counts and lists go by, nothing else is read.
    Index("last_visits_kind", "cited", "verdict", "changed", "was", "uncompared", "standing", "run", "checked"),
)

plans = Table(
    "plans",  # the plan of all that links.txt knows, as it was made last; none: it is to be made
    metadata,
    Column("key", _STRING, primary_key=True),  # of the settings and the program that it was made with
    Column("body", Text, nullable=False),  # StoredPlan
)


def _files(name: str) -> Table:
    """Files as they were read: links.FileRead."""
    return Table(
        name,
        metadata,
        Column("path", _STRING, primary_key=True),
        Column("size", BigInteger, nullable=False),
        Column("modified", BigInteger, nullable=False),
        Column("changed", BigInteger, nullable=False),
        Column("digest", _STRING),
    )


plan_files = _files("plan_files")
"""What the plan was made from."""
state_files = _files("state_files")
"""The files of the state, when they were last written or read."""

planned = Table(
    "planned",  # the sources of a plan (plans.OF_LINKS, OF_RUN)
    metadata,
    Column("plan", _NUMBER, primary_key=True, autoincrement=False),
    Column("source", _NUMBER, primary_key=True, autoincrement=False),
    Column("position", _NUMBER, nullable=False),  # in the order of first citation
    Column("own", _NUMBER, nullable=False),  # 1: it is but the original page of articles
    Index("planned_position", "plan", "position", "source"),  # all that a choice needs
)

citations = Table(
    "citations",  # what each article of a plan has of a source
    metadata,
    Column("plan", _NUMBER, primary_key=True, autoincrement=False),
    Column("position", _NUMBER, primary_key=True, autoincrement=False),  # by article, and within it
    Column("source", _NUMBER, nullable=False),
    Column("own", _NUMBER, nullable=False),
    Column("links", Text, nullable=False),  # [CitedLink]
    Index("citations_source", "plan", "source"),
)
