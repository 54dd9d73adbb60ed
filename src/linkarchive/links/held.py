"""Articles that are held together, in little memory where there are many."""

from __future__ import annotations

import zlib
from collections.abc import Container, Iterable, Iterator, MutableMapping

import msgspec

from linkarchive.article.lost_targets import has_lost
from linkarchive.model import Article

_FEW = 20_000
"""Citations that are held as they are: some 12 MB."""


class HeldArticles(MutableMapping[str, Article]):
    """Articles by path, in the order in which they came. Beyond the first twenty thousand citations an article is held
    as compressed JSON, a tenth of its size, and made again whenever it is asked for."""

    def __init__(self, articles: Iterable[Article] = ()) -> None:
        self._held: dict[str, Article | bytes] = {}
        self._citations = 0
        self.losing: set[str] = set()
        """The paths of those of which some citation has no target."""
        for article in articles:
            self[article.path] = article

    def __getitem__(self, path: str) -> Article:
        held = self._held[path]
        return msgspec.json.decode(zlib.decompress(held), type=Article) if isinstance(held, bytes) else held

    def __setitem__(self, path: str, article: Article) -> None:
        self._citations += len(article.citations)
        is_few = self._citations <= _FEW
        self._held[path] = article if is_few else zlib.compress(msgspec.json.encode(article), 1)
        (self.losing.add if has_lost(article) else self.losing.discard)(path)

    def __delitem__(self, path: str) -> None:
        del self._held[path]
        self.losing.discard(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def put_in_order(self, paths: Iterable[str]) -> None:
        """`paths` are those of all of them."""
        self._held = {path: self._held[path] for path in paths}

    def copy(self, without: Container[str] = ()) -> HeldArticles:
        """The same, but for those of some paths."""
        others = HeldArticles()
        others._held = {path: held for path, held in self._held.items() if path not in without}
        others._citations = self._citations
        others.losing = {path for path in self.losing if path not in without}
        return others
