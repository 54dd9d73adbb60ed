"""What a run covers: the articles asked for, which of their sources are due, and what was cited before."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from linkarchive import git
from linkarchive.errors import ArticleError, SettingsError
from linkarchive.links.entries import NAME, LinksFile
from linkarchive.links.parse import parse
from linkarchive.model import Article, Verdict
from linkarchive.store.sources import key_of
from linkarchive.urls import ascii_host, host_of, is_within

ALIVE_EVERY = timedelta(days=7)
SUSPECT_EVERY = timedelta(days=1)
_JITTER = timedelta(hours=1)  # a cron job never starts at the very second of the day before


@dataclass(frozen=True, slots=True)
class Scope:
    """The arguments of `archive check` that choose sources. Without articles: all of links.txt."""

    articles: tuple[str, ...] = ()
    input_format: str | None = None
    """Of `-`."""
    stdin: bytes = b""
    due: bool = False
    limit: int | None = None
    only: tuple[str, ...] = ()
    """Verdicts: sources whose last verdict was one of these."""
    fresh: bool = False
    changed_since: str | None = None
    """A Git revision: only links that were added since."""
    sources: tuple[str, ...] = ()
    """Keys: only these sources (a re-check from the review page)."""

    @property
    def is_partial(self) -> bool:
        """Not all sources of the articles are covered."""
        return self.due or self.limit is not None or bool(self.only or self.sources)

    def signature(self, exclude: Sequence[str]) -> str:
        """Equal for two calls that cover the same: an interrupted run is continued by such a call only."""
        stdin = hashlib.sha256(self.stdin).hexdigest()
        parts: tuple[object, ...] = (self.articles, stdin, self.due, self.limit, self.only, tuple(exclude))
        parts = (*parts, self.changed_since, self.sources) if self.sources else (*parts, self.changed_since)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


LastCheck = tuple[datetime | None, Verdict]


def chosen_sources(keys: Sequence[int], last: Mapping[int, LastCheck], scope: Scope, now: datetime) -> list[int]:
    """The sources of `keys` that the scope's --due, --only and --limit leave, longest unvisited first.

    Without those options the order stays as it is.
    """
    chosen = list(keys)
    if scope.only:
        chosen = [key for key in chosen if key in last and last[key][1].value in scope.only]
    if scope.due:
        chosen = [key for key in chosen if _is_due(last.get(key), now)]
    if scope.due or scope.limit is not None:
        chosen.sort(key=lambda key: _visited_at(last.get(key)))
    return chosen if scope.limit is None else chosen[: scope.limit]


def _visited_at(check: LastCheck | None) -> float:
    return 0.0 if check is None or check[0] is None else check[0].timestamp()


def _is_due(check: LastCheck | None, now: datetime) -> bool:
    if check is None or check[0] is None:
        return True
    due = next_due(*check)
    return due is not None and due <= now


def next_due(checked: datetime | None, verdict: Verdict) -> datetime | None:
    """When a source is due after a visit; None for one that was not visited."""
    if checked is None:
        return None
    every = ALIVE_EVERY if verdict in (Verdict.OK, Verdict.MOVED) else SUSPECT_EVERY
    return checked + every - _JITTER


def is_excluded(url: str, patterns: Sequence[str]) -> bool:
    """A pattern is a host (`example.com`, with its subdomains), a shell pattern for the whole URL, or, between slashes,
    a regular expression that is looked for in it (`/\\?print=/`)."""
    if not patterns:
        return False
    host = host_of(url)
    return is_within(host, patterns) or any(
        re.search(pattern[1:-1], url)
        if is_expression(pattern)
        else fnmatchcase(url, pattern) or fnmatchcase(_with_ascii_host(url), _with_ascii_host(pattern))
        for pattern in patterns
    )


def is_expression(pattern: str) -> bool:
    """A regular expression, written between slashes: no URL and no host begins with one."""
    return len(pattern) > 2 and pattern[0] == pattern[-1] == "/"


def refuse_faulty_patterns(patterns: Sequence[str]) -> None:
    """Raises SettingsError for a regular expression that is none."""
    for pattern in filter(is_expression, patterns):
        try:
            re.compile(pattern[1:-1])
        except re.error as error:
            raise SettingsError(f"exclude: {pattern} is not a regular expression: {error}") from error


def _with_ascii_host(url: str) -> str:
    """A URL, or a pattern for one, whose host is spelled in punycode."""
    return url if url.isascii() else _HOST.sub(lambda match: ascii_host(match[0]), url, count=1)


_HOST = re.compile(r"(?<=://)[^/?#:@*\[]+")


@dataclass(frozen=True, slots=True)
class CitedBefore:
    """The sources of an article at an earlier revision, and the texts of its links without a target."""

    keys: frozenset[str] = frozenset()
    lost: tuple[str, ...] = ()


def cited_before(root: Path, revision: str, articles: Sequence[Article]) -> Mapping[str, CitedBefore]:
    """Each article as it was, with its lines of links.txt, by path; what Git does not know was empty.

    Raises UsageError when the folder is in no repository, or the revision is unknown.
    """
    base = git.base_of(root, revision)
    changed = {path.relative_to(root).as_posix() for path in git.changed_files(root, base)}
    text = git.content_at(root, base, NAME)
    links = parse("" if text is None else text.decode("utf-8", "surrogateescape"))
    cited = {}
    for article in articles:
        if article.path in changed or NAME in changed or "://" in article.path or article.path == "-":
            cited[article.path] = _cited_before(root, base, links, article)
        else:
            cited[article.path] = _as_now(article)
    return cited


def _cited_before(root: Path, base: str, links: LinksFile, article: Article) -> CitedBefore:
    if article.path == NAME:
        return CitedBefore(_keys(entry.url for entry in links.loose))
    section = links.section(article)
    listed = _keys(entry.url for entry in section.entries) if section else frozenset()
    was = _as_now(_article_at(root, base, article.path))
    return CitedBefore(listed | was.keys, was.lost)


def _article_at(root: Path, base: str, path: str) -> Article:
    from linkarchive.article.document import read_document
    from linkarchive.article.formats.registry import format_of

    nothing = Article(path, path, None, None, ())
    data = None if "://" in path or path == "-" else git.content_at(root, base, path)
    if data is None:
        return nothing
    try:
        return read_document(data, format_of(path, None, data), path=path)
    except ArticleError:
        return nothing


def _as_now(article: Article) -> CitedBefore:
    urls = (*(citation.url for citation in article.citations), article.original_url)
    return CitedBefore(_keys(urls), tuple(citation.text for citation in article.citations if citation.url is None))


def _keys(urls: Iterable[str | None]) -> frozenset[str]:
    return frozenset(key_of(url) for url in urls if url is not None)
