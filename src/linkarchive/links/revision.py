"""What articles cited at an earlier revision of the repository (`archive check --changed-since`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from linkarchive import git
from linkarchive.errors import ArticleError
from linkarchive.links.entries import NAME, LinksFile
from linkarchive.links.parse import parse
from linkarchive.model import Article
from linkarchive.wrappers import key_of


class CitedBefore(Struct, frozen=True):
    """The sources of an article at an earlier revision, and the texts of its links without a target."""

    keys: frozenset[str] = frozenset()
    lost: tuple[str, ...] = ()


def cited_before(root: Path, revision: str, articles: Iterable[Article]) -> Mapping[str, CitedBefore]:
    """Each article as it was, with its lines of links.txt, by path; what Git does not know was empty. Raises UsageError
    when the folder is in no repository, or the revision is unknown."""
    base = git.base_of(root, revision)
    changed = {path.relative_to(root).as_posix() for path in git.changed_files(root, base)}
    text = git.content_at(root, base, NAME)
    links = parse("" if text is None else text.decode("utf-8", "surrogateescape"))
    cited = {}
    for article in articles:
        if article.path in changed or NAME in changed or "://" in article.path or article.path == "-":
            cited[article.path] = _cited_before(root, base, links, article)
        else:
            cited[article.path] = _cited_in(article)
    return cited


def _cited_before(root: Path, base: str, links: LinksFile, article: Article) -> CitedBefore:
    if article.path == NAME:
        return CitedBefore(_keys(entry.url for entry in links.loose))
    section = links.section(article)
    listed = _keys(entry.url for entry in section.entries) if section else frozenset()
    earlier = _cited_in(_article_at(root, base, article.path))
    return CitedBefore(listed | earlier.keys, earlier.lost)


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


def _cited_in(article: Article) -> CitedBefore:
    urls = (*(citation.url for citation in article.citations), article.original_url)
    return CitedBefore(_keys(urls), tuple(citation.text for citation in article.citations if citation.url is None))


def _keys(urls: Iterable[str | None]) -> frozenset[str]:
    return frozenset(key_of(url) for url in urls if url is not None)
