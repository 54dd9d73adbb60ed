"""Sources: their identity."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select

from linkarchive.errors import UnknownSourceError
from linkarchive.secrets import redact
from linkarchive.store.database import Store
from linkarchive.store.schema import captures, sources
from linkarchive.wrappers import key_of


@dataclass(frozen=True, slots=True)
class Source:
    """A source: its number, its key (`wrappers.key_of`) and its URL."""

    id: int
    key: str
    url: str


def id_of(key: str) -> str:
    """What stands for the source of a key where there are many: 16 hex digits that are the same in every database."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


_IDENTITY = (sources.c.id, sources.c.key, sources.c.url)


def ensure(store: Store, urls: Mapping[str, str]) -> dict[str, Source]:
    """The sources of these keys (`key_of`); what is not there yet is added with the URL given, without its fragment."""
    urls = {key: url.partition("#")[0] or url for key, url in urls.items()}
    rows = store.execute(select(*_IDENTITY).execution_options(yield_per=500))
    known = {row.key: _source(row, urls) for row in rows if row.key in urls}
    missing = [{"key": key, "url": url} for key, url in urls.items() if key not in known]
    if missing:
        last = store.execute(select(func.max(sources.c.id))).scalar_one() or 0
        store.execute(insert(sources), missing)
        new = select(*_IDENTITY).where(sources.c.id > last).execution_options(yield_per=500)
        known |= {row.key: _source(row, urls) for row in store.execute(new)}
    return {key: known[key] for key in urls}


def all_urls(store: Store) -> Iterator[tuple[int, str]]:
    """The number and the URL of every source, one at a time."""
    rows = store.execute(select(sources.c.id, sources.c.url).execution_options(yield_per=500))
    return ((row.id, row.url) for row in rows)


def ensure_keys(store: Store, urls: Mapping[str, str]) -> dict[str, int]:
    """The numbers of the sources of these keys, a few hundred; what is not there yet is added with its URL."""
    numbers = numbers_of(store, urls.keys())
    missing = [{"key": key, "url": url.partition("#")[0] or url} for key, url in urls.items() if key not in numbers]
    if missing:
        added = store.execute(insert(sources).returning(sources.c.key, sources.c.id), missing)
        numbers |= {row.key: row.id for row in added}
    return numbers


def with_captures(store: Store) -> set[int]:
    """The numbers of the sources of which something is kept."""
    return set(store.execute(select(captures.c.source).distinct()).scalars())


def numbers_of(store: Store, keys: Collection[str]) -> dict[str, int]:
    """The numbers of the sources of these keys, a few hundred, as far as they are there."""
    query = select(sources.c.key, sources.c.id).where(sources.c.key.in_(keys))
    return {row.key: row.id for row in store.execute(query)}


def find(store: Store, url: str) -> Source:
    """The source of a URL as a person writes it; raises UnknownSourceError."""
    row = store.execute(select(*_IDENTITY).where(sources.c.key == key_of(url))).one_or_none()
    if row is not None:
        return _source(row)
    for row in store.execute(select(*_IDENTITY)):
        if redact(row.key) == redact(key_of(url)):
            return _source(row)
    raise UnknownSourceError(f"{url}: not a source of this project; `archive check` the article that cites it first")


def _source(row: Row[Any], urls: Mapping[str, str] | None = None) -> Source:
    """The source of a row, made of strings that the caller has anyway where they are the same."""
    url = urls[row.key] if urls and urls[row.key] == row.url else row.url
    return Source(row.id, url if url == row.key else row.key, url)
