"""From what a person names (files, globs, folders, feeds, sitemaps, URLs, `-`) to documents to read."""

from __future__ import annotations

import glob
import os
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkarchive.article.bibliography import Beside, may_be_beside, nothing_beside
from linkarchive.article.folder import FolderContents, find_articles
from linkarchive.article.formats.registry import format_of
from linkarchive.article.listing import list_articles
from linkarchive.clock import Clock
from linkarchive.errors import ArticleError, OfflineError
from linkarchive.links.line import folded
from linkarchive.settings import NetworkSettings
from linkarchive.urls import host_of
from linkarchive.web.connectivity import is_online
from linkarchive.web.exchange import VisitRequest
from linkarchive.web.page import page_of
from linkarchive.web.scheduler import fetch_all

MAX_LISTED = 5000
"""Articles taken from feeds and sitemaps in one call; a notice says when there are more."""

_LARGEST_BESIDE = 32 * 1024 * 1024  # bytes
_LISTING_SUFFIXES = (".xml", ".rss", ".atom", ".rdf", ".json")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a folder holds besides the articles that are read, in a sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class FolderRead:
    """Articles were looked for in a folder, among these names."""

    path: Path
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListingRead:
    """A feed or sitemap was read; its articles come by themselves."""

    name: str


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article that a feed or sitemap names, which is not fetched."""

    url: str


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes to read as an article. `path` is from the project folder, or the URL."""

    path: str
    data: bytes
    format: str
    base_url: str | None = None
    beside: Beside = nothing_beside


Input = Document | ArticleError | LeftOut | FolderRead | ListingRead | ListedArticle
"""What comes of a name: a document, or what is to be said instead of one or besides."""


def documents(
    names: Sequence[str],
    root: Path,
    network: NetworkSettings,
    clock: Clock,
    stdin: bytes = b"",
    input_format: str | None = None,
    known: Container[str] = frozenset(),
    fetch_listed: bool = True,
    skipped: Container[str] = frozenset(),
) -> Iterator[Input]:
    """Every document that the names stand for; what cannot be had is an error in its place.

    Articles of a feed or sitemap whose URLs are `known` are not fetched, nor is any unless `fetch_listed`. Files whose
    paths, from the project folder, are `skipped` are not read.
    Raises OfflineError when a URL cannot be fetched because this machine has no network.
    """
    urls: list[str] = []
    for name in names:
        if name == "-":
            yield _from_stdin(stdin, input_format)
        elif name.startswith(("http://", "https://")):
            if host_of(name):
                urls.append(name)
            else:
                yield ArticleError(f"{name}: not a web address: it names no host")
        else:
            for document in _from_files(name, root, skipped):
                if isinstance(document, str):
                    urls.append(document)
                elif isinstance(document, ListedArticle) and fetch_listed:
                    urls.append(document.url)
                else:
                    yield document
    yield from _from_urls(urls, network, clock, known, fetch_listed)


def _from_stdin(data: bytes, input_format: str | None) -> Document | ArticleError:
    if input_format is None:
        return ArticleError(
            "standard input: say what it is with --input-format (md, html, txt …: see `archive extract --formats`)"
        )
    return Document("-", data, input_format)


def _from_files(name: str, root: Path, skipped: Container[str]) -> Iterator[Input | str]:
    """Documents, errors, what was looked at, or (from a feed or sitemap file) articles and URLs of further listings."""
    contents = files_named(name, root)
    yield from (FolderRead(*entered) for entered in contents.entered)
    if contents.left_out:
        yield LeftOut(f"{name}: {contents.left_out}")
    if not contents.articles:
        why = "no article in this folder" if is_folder(name, root) else "no such file, folder or URL"
        yield ArticleError(f"{name}: {why}")
    for path in contents.articles:
        name_here = Path(os.path.relpath(path, root)).as_posix()
        if name_here in skipped:
            continue
        try:
            data = path.read_bytes()
        except OSError as error:
            yield ArticleError(f"{path}: cannot be read: {error.strerror}")
            continue
        listing = list_articles(data, path.as_uri()) if path.suffix.lower() in _LISTING_SUFFIXES else None
        if listing is not None:
            yield ListingRead(name)
            yield from map(ListedArticle, listing.articles)
            yield from listing.listings
            continue
        try:
            kind = format_of(path.name, None, data)
        except ArticleError as error:
            yield error
            continue
        if _shown(name_here) != name_here:
            yield ArticleError(f"{_shown(name_here)}: the name of the file is not UTF-8; rename it to have it checked")
            continue
        if folded(name_here) != name_here:
            yield ArticleError(
                f"{name_here}: links.txt cannot hold this name, so that the article would not be found again: rename "
                "the file without line breaks, control characters and repeated spaces"
            )
            continue
        yield Document(name_here, data, kind, beside=files_beside(path.parent))


def _shown(name: str) -> str:
    """The name of a file, its bytes that are no UTF-8 as question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")


def files_beside(folder: Path) -> Beside:
    """Reads the lists of references that an article in this folder names."""

    def read(name: str) -> bytes | None:
        path = Path(folder, name)
        if Path(name).is_absolute() or not may_be_beside(name):
            return None
        try:
            return path.read_bytes() if path.stat().st_size <= _LARGEST_BESIDE else None
        except (OSError, ValueError):
            return None

    return read


def is_folder(name: str, root: Path) -> bool:
    """The name is that of a folder, looked up from the working folder or from the project folder."""
    return "://" not in name and any((base / name).is_dir() for base in (Path.cwd(), root))


def files_named(name: str, root: Path) -> FolderContents:
    """The files a name stands for, looked up from the working folder first, then from the project folder."""
    for base in (Path.cwd(), root):
        path = (base / name).resolve()
        if path.is_dir():
            return find_articles(path)
        if path.is_file():
            return FolderContents((path,))
        matches = sorted(glob.glob(name, root_dir=base, recursive=True))
        if matches:
            return FolderContents(tuple(base.resolve() / match for match in matches if (base / match).is_file()))
    return FolderContents(())


def _from_urls(
    urls: Sequence[str], network: NetworkSettings, clock: Clock, known: Container[str], fetch_listed: bool
) -> Iterator[Input]:
    seen = set(urls)
    waiting = list(dict.fromkeys(urls))
    while waiting:
        batch, waiting = waiting, []
        for visit in fetch_all(iter([VisitRequest(url) for url in batch]), network, clock):
            url = visit.request.url
            page = page_of(visit, network.max_body)
            visit.close()
            if page.failure is not None or page.status is None or page.status >= 400:
                yield _unavailable(
                    url, page.failure.detail if page.failure else f"HTTP {page.status}", visit.connected, network, clock
                )
                continue
            listing = list_articles(page.body, page.final_url)
            if listing is not None:
                yield ListingRead(url)
                articles = [url for url in listing.articles if url not in known]
                new = [url for url in (*articles, *listing.listings) if url not in seen]
                room = max(0, MAX_LISTED - len(seen))
                if len(new) > room:
                    yield ArticleError(f"{url}: lists more than {MAX_LISTED} articles; the rest is left out")
                seen.update(new[:room])
                for url in new[:room]:
                    if fetch_listed or url in listing.listings:
                        waiting.append(url)
                    else:
                        yield ListedArticle(url)
                continue
            try:
                kind = format_of(page.final_url, page.headers.get("content-type"), page.body)
            except ArticleError as error:
                yield error
                continue
            yield Document(url, page.body, kind, page.final_url)


def _unavailable(url: str, why: str, connected: bool, network: NetworkSettings, clock: Clock) -> ArticleError:
    if not connected and not is_online(network, clock):
        raise OfflineError(f"{url}: cannot be fetched ({why}), and no other host answers: this machine is offline")
    return ArticleError(f"{url}: cannot be fetched: {why}")
