"""Articles as last read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from sqlalchemy import LargeBinary, Text, delete, insert, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from linkarchive.links.held import HeldArticles
from linkarchive.model import Article
from linkarchive.store import plans
from linkarchive.store.database import Store
from linkarchive.store.schema import articles
from linkarchive.store.serialization import decode


class _ToBytes(GenericFunction[bytes]):
    """Text as its bytes in UTF-8."""

    type = LargeBinary()
    inherit_cache = True


class _FromBytes(GenericFunction[str]):
    """The inverse of `_ToBytes`."""

    type = Text()
    inherit_cache = True


@compiles(_ToBytes)
def _cast_to_bytes(element: _ToBytes, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS BLOB)"


@compiles(_FromBytes)
def _cast_from_bytes(element: _FromBytes, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS TEXT)"


@compiles(_ToBytes, "postgresql")
def _convert_to_bytes(element: _ToBytes, compiler: Any, **options: Any) -> str:
    return f"convert_to({compiler.process(element.clauses, **options)}, 'UTF8')"


@compiles(_FromBytes, "postgresql")
def _convert_from_bytes(element: _FromBytes, compiler: Any, **options: Any) -> str:
    return f"convert_from({compiler.process(element.clauses, **options)}, 'UTF8')"


# The body as bytes: with a hundred thousand links it is 30 MB, and a string of it would be as much again.
_BYTES = (articles.c.digest, _ToBytes(articles.c.body).label("body"))

_AT_ONCE = 100
"""Articles whose rows are read together."""


def save(store: Store, run: int | None, article: Article, digest: str | None) -> None:
    """Store an article, if it is not stored as it is, with the SHA-256 of the bytes that it was read from (None: it is
    known from links.txt only); a stored plan is dropped then."""
    body = msgspec.json.encode(article)
    before = store.execute(select(*_BYTES).where(articles.c.path == article.path)).one_or_none()
    if before is not None and (before.body, before.digest) == (body, digest):
        return
    plans.drop(store)
    store.execute(delete(articles).where(articles.c.path == article.path))
    text = _FromBytes(literal(body, LargeBinary))
    store.execute(insert(articles).values(path=article.path, digest=digest, run=run, body=text))


def load(store: Store, path: str) -> tuple[Article, str | None] | None:
    """The article of that path and the SHA-256, hex, of the bytes it was read from; None where it is not stored."""
    row = store.execute(select(articles).where(articles.c.path == path)).one_or_none()
    return None if row is None else (decode(row.body, Article), row.digest)


def load_all(store: Store) -> Callable[[str], tuple[Article, str | None] | None]:
    """`load` of every article, for any path: a twentieth of the time of one after another."""
    held, digests = HeldArticles(), {}
    for row in store.execute(select(articles.c.path, *_BYTES).execution_options(yield_per=_AT_ONCE)):
        held[row.path], digests[row.path] = decode(row.body, Article), row.digest

    def load(path: str) -> tuple[Article, str | None] | None:
        return (held[path], digests[path]) if path in digests else None

    return load


def digest_of(store: Store, path: str) -> str | None:
    """The SHA-256, hex, of the bytes that the article was read from; None where they, or the article, are not known."""
    return store.execute(select(articles.c.digest).where(articles.c.path == path)).scalar_one_or_none()


def of_run(store: Store, run: int) -> Iterator[tuple[str | None, bytes]]:
    """The articles that a run changed: digest, and the article as JSON, not decoded: it may have many links."""
    query = select(*_BYTES).where(articles.c.run == run).order_by(articles.c.path).execution_options(yield_per=1)
    return ((row.digest, row.body) for row in store.execute(query))
