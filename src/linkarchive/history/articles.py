"""What the report of a run says of its articles: their original pages, and the targets that are lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from msgspec.structs import replace

from linkarchive.article.lost_targets import has_lost
from linkarchive.model import Article, ArticleReport, Change, OriginalReport, Reason, Unresolved
from linkarchive.store import results, runs, sources
from linkarchive.store.database import Store
from linkarchive.store.previous import AT_ONCE
from linkarchive.wrappers import key_of


def article_reports(store: Store, run: int, articles: Iterable[Article]) -> tuple[ArticleReport, ...]:
    """The articles with what that run concluded on their original pages."""
    return with_originals(store, run, list(map(report_of, articles)))


def report_of(article: Article) -> ArticleReport:
    """What a report says of an article, before its original page was visited."""
    recovered = sum(citation.recovered for citation in article.citations)
    lost = recovered + sum(citation.url is None for citation in article.citations)
    return ArticleReport(
        path=article.path,
        title=article.title,
        original_url=article.original_url,
        published=article.published,
        original=None,
        citations=len(article.citations),
        lost=lost,
        recovered=recovered,
    )


def with_originals(store: Store, run: int, articles: Sequence[ArticleReport]) -> tuple[ArticleReport, ...]:
    """The articles with what was concluded on their original pages, by that run or before it."""
    urls = {key_of(article.original_url): article.original_url for article in articles if article.original_url}
    concluded: dict[str, OriginalReport] = {}
    rest = iter(urls.items())
    while batch := dict(islice(rest, AT_ONCE)):
        keys = {number: key for key, number in sources.ensure_keys(store, batch).items()}
        for number, result in results.last_before(store, keys, run + 1):
            concluded[keys[number]] = OriginalReport(result.verdict, result.reason, result.evidence)
    if not concluded:
        return tuple(articles)
    return tuple(
        replace(article, original=concluded.get(key_of(article.original_url))) if article.original_url else article
        for article in articles
    )


def unresolved(
    store: Store, run: int, articles: Iterable[Article], before: Mapping[str, Sequence[str]]
) -> tuple[Unresolved, ...]:
    """The lost targets of the articles that are not recovered. `before` has, by article, the texts of those that were
    lost before the change that is looked at (`--changed-since`): they are left out."""
    lost = []
    losing = list(filter(has_lost, articles))
    earlier = _unresolved_before(store, run, (article.path for article in losing))
    for article in losing:
        past, known = earlier.get(article.path, Counter()), Counter(before.get(article.path, ()))
        for citation in article.citations:
            if citation.url is None and known[citation.text] > 0:
                known[citation.text] -= 1
            elif citation.url is None:
                changed = Change.STILL if past[citation.text] > 0 else Change.NEW
                past[citation.text] -= 1
                reason = citation.unresolved or Reason.NO_ORIGINAL
                lost.append(
                    Unresolved(
                        article.path, citation.line, citation.text, reason, citation.context, changed, citation.unit
                    )
                )
    return tuple(lost)


def _unresolved_before(store: Store, run: int, paths: Iterable[str]) -> dict[str, Counter[str]]:
    """By article the texts that the last run over it could not resolve."""
    texts: dict[str, Counter[str]] = {}
    missing = set(paths)
    earlier = runs.before(store, run) if missing else None
    while missing and earlier is not None:
        of_run: dict[str, Counter[str]] = {article.path: Counter() for article in earlier.body.articles}
        for lost in earlier.body.unresolved:
            of_run.setdefault(lost.article, Counter())[lost.text] += 1
        texts |= {path: of_run[path] for path in missing & of_run.keys()}
        missing -= of_run.keys()
        earlier = runs.before(store, earlier.seq)
    return texts
