"""Articles as last read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from linkarchive.model import Article
from linkarchive.store.codec import decode, encode
from linkarchive.store.schema import articles


def save(connection: Connection, run: int | None, article: Article, digest: str | None) -> None:
    """Keep an article with the SHA-256 of the bytes it was read from (None: it is known from links.txt only)."""
    body = encode(article)
    row = connection.execute(select(articles).where(articles.c.path == article.path)).one_or_none()
    if row is not None and (row.body, row.digest) == (body, digest):
        return
    connection.execute(delete(articles).where(articles.c.path == article.path))
    connection.execute(insert(articles).values(path=article.path, digest=digest, run=run, body=body))


def load(connection: Connection, path: str) -> tuple[Article, str | None] | None:
    """The article and the SHA-256 of the bytes it was read from."""
    row = connection.execute(select(articles).where(articles.c.path == path)).one_or_none()
    return None if row is None else (decode(row.body, Article), row.digest)


def of_run(connection: Connection, run: int) -> list[Row[Any]]:
    """The rows (digest, body) that a run changed."""
    return list(connection.execute(select(articles).where(articles.c.run == run).order_by(articles.c.path)))
