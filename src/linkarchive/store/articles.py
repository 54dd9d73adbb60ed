"""Articles as last read."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import LargeBinary, Text, cast, delete, insert, literal, select

from linkarchive.model import Article
from linkarchive.store import plans
from linkarchive.store.database import Store
from linkarchive.store.schema import articles
from linkarchive.store.serialization import decode

# The body as bytes: with a hundred thousand links it is 30 MB, and a string of it would be as much again.
_BYTES = (articles.c.digest, cast(articles.c.body, LargeBinary).label("body"))

_AT_ONCE = 100
"""Articles whose rows are read together."""


def save(store: Store, run: int | None, article: Article, digest: str | None) -> None:
    """Keep an article with the SHA-256 of the bytes it was read from (None: it is known from links.txt only)."""
    body = msgspec.json.encode(article)
    before = store.execute(select(*_BYTES).where(articles.c.path == article.path)).one_or_none()
    if before is not None and (before.body, before.digest) == (body, digest):
        return
    plans.drop(store)
    store.execute(delete(articles).where(articles.c.path == article.path))
    text = cast(literal(body, LargeBinary), Text)
    store.execute(insert(articles).values(path=article.path, digest=digest, run=run, body=text))


def load(store: Store, path: str) -> tuple[Article, str | None] | None:
    """The article and the SHA-256 of the bytes it was read from."""
    row = store.execute(select(articles).where(articles.c.path == path)).one_or_none()
    return None if row is None else (decode(row.body, Article), row.digest)


def load_all(store: Store) -> dict[str, tuple[Article, str | None]]:
    """`load` of every article, by path: a twentieth of the time of one after another."""
    rows = store.execute(select(articles.c.path, *_BYTES).execution_options(yield_per=_AT_ONCE))
    return {row.path: (decode(row.body, Article), row.digest) for row in rows}


def digest_of(store: Store, path: str) -> str | None:
    """The SHA-256 of the bytes that the article was read from, where they are known."""
    return store.execute(select(articles.c.digest).where(articles.c.path == path)).scalar_one_or_none()


def of_run(store: Store, run: int) -> Iterator[tuple[str | None, bytes]]:
    """The articles that a run changed: digest, and the article as JSON, not decoded: it may have many links."""
    query = select(*_BYTES).where(articles.c.run == run).order_by(articles.c.path).execution_options(yield_per=1)
    return ((row.digest, row.body) for row in store.execute(query))
