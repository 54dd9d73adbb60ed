"""Sources: their identity."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, func, select

from linkarchive.errors import UnknownSourceError
from linkarchive.secrets import redact
from linkarchive.store.database import Store
from linkarchive.store.schema import captures, sources
from linkarchive.wrappers import key_of


class Source(Struct, frozen=True):
    """A source: its number, its key (`wrappers.key_of`) and its URL."""

    id: int
    key: str
    url: str


def id_of(key: str) -> str:
    """What stands for the source of a key where there are many: 16 hex digits that are the same in every database."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


_IDENTITY = (sources.c.id, sources.c.key, sources.c.url)
_AT_ONCE = 500
"""Keys that are looked for together."""
_ALL_FOR = 4
"""Sources that are read in the time that it takes to look for one."""


def ensure(store: Store, urls: Mapping[str, str]) -> dict[str, Source]:
    """The sources of these keys (`key_of`); what is not there yet is added with the URL given, without its fragment."""
    urls = {key: url.partition("#")[0] or url for key, url in urls.items()}
    known = {row.key: _source(row, urls) for row in _rows(store, urls.keys())}
    missing = {key: url for key, url in urls.items() if key not in known}
    if missing:
        _add(store, missing)
        known |= {row.key: _source(row, urls) for row in _rows(store, missing.keys())}
    return {key: known[key] for key in urls}


def _rows(store: Store, keys: Collection[str]) -> Iterator[Row[Any]]:
    """The sources of these keys, as far as they are there."""
    every = select(*_IDENTITY).execution_options(yield_per=_AT_ONCE)
    total = store.execute(select(func.max(sources.c.id))).scalar_one() or 0
    if total < _ALL_FOR * len(keys):  # to read all is faster than to look for most
        yield from (row for row in store.execute(every) if row.key in keys)
        return
    ordered = list(keys)
    for start in range(0, len(ordered), _AT_ONCE):
        yield from store.execute(every.where(sources.c.key.in_(ordered[start : start + _AT_ONCE])))


def total(store: Store) -> int:
    """How many sources there are."""
    return int(store.execute(select(func.count()).select_from(sources)).scalar_one())


def all_urls(store: Store) -> Iterator[tuple[int, str]]:
    """The number and the URL of every source, one at a time."""
    rows = store.execute(select(sources.c.id, sources.c.url).execution_options(yield_per=_AT_ONCE))
    return ((row.id, row.url) for row in rows)


def with_urls(store: Store, numbers: Iterable[int]) -> list[tuple[str, int]]:
    """The URLs of these sources, each with its number, in no order."""
    rest, rows = iter(numbers), list[tuple[str, int]]()
    while batch := list(islice(rest, _AT_ONCE)):
        query = select(sources.c.url, sources.c.id).where(sources.c.id.in_(batch))
        rows += ((row.url, row.id) for row in store.execute(query))
    return rows


def ensure_keys(store: Store, urls: Mapping[str, str]) -> dict[str, int]:
    """The numbers of the sources of these keys, a few hundred; what is not there yet is added with its URL."""
    numbers = numbers_of(store, urls.keys())
    missing = {key: url.partition("#")[0] or url for key, url in urls.items() if key not in numbers}
    if missing:
        _add(store, missing)
        numbers |= numbers_of(store, missing.keys())
    return numbers


def _add(store: Store, urls: Mapping[str, str]) -> None:
    """Add sources, by key; one that another process has just added stays as it is."""
    # In one order by several writers: else two that add the same might wait for each other. A single one adds them as
    # they were cited, and so finds neighbours together.
    keys = sorted(urls) if store.has_other_writers else urls
    store.execute(store.insert_new(sources), [{"key": key, "url": urls[key]} for key in keys])


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
