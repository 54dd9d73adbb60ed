"""Articles as last read."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from linkarchive.model import Article
from linkarchive.store.codec import decode, encode
from linkarchive.store.schema import articles


def save(connection: Connection, article: Article, digest: str | None) -> None:
    connection.execute(delete(articles).where(articles.c.path == article.path))
    connection.execute(insert(articles).values(path=article.path, digest=digest, body=encode(article)))


def load(connection: Connection, path: str) -> tuple[Article, str | None] | None:
    """The article and the SHA-256 of the bytes it was read from."""
    row = connection.execute(select(articles).where(articles.c.path == path)).one_or_none()
    return None if row is None else (decode(row.body, Article), row.digest)


def load_all(connection: Connection) -> list[tuple[Article, str | None]]:
    rows = connection.execute(select(articles).order_by(articles.c.path))
    return [(decode(row.body, Article), row.digest) for row in rows]
