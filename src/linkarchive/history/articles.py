"""What the report of a run says of its articles: their original pages, and the targets that are lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from linkarchive.article.lost_targets import has_lost
from linkarchive.model import Article, ArticleReport, Change, OriginalReport, Reason, Unresolved
from linkarchive.store import previous, runs, sources
from linkarchive.store.database import Store
from linkarchive.wrappers import key_of


def article_reports(store: Store, run: int, articles: Iterable[Article]) -> tuple[ArticleReport, ...]:
    """The articles with what that run concluded on their original pages."""
    return tuple(_article(store, run, article) for article in articles)


def _article(store: Store, run: int, article: Article) -> ArticleReport:
    recovered = sum(citation.recovered for citation in article.citations)
    lost = recovered + sum(citation.url is None for citation in article.citations)
    return ArticleReport(
        path=article.path,
        title=article.title,
        original_url=article.original_url,
        published=article.published,
        original=_original(store, run, article),
        citations=len(article.citations),
        lost=lost,
        recovered=recovered,
    )


def _original(store: Store, run: int, article: Article) -> OriginalReport | None:
    if article.original_url is None:
        return None
    key = key_of(article.original_url)
    number = sources.ensure_keys(store, {key: article.original_url})[key]
    result = previous.load(store, [number], run + 1)[number].result
    return None if result is None else OriginalReport(result.verdict, result.reason, result.evidence)


def unresolved(
    store: Store, run: int, articles: Iterable[Article], before: Mapping[str, Sequence[str]]
) -> tuple[Unresolved, ...]:
    """The lost targets of the articles that are not recovered, but for those whose texts, by article, are in `before`:
    they are not of this change."""
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
    wanted = set(paths)
    earlier = runs.before(store, run) if wanted else None
    while wanted and earlier is not None:
        of_run: dict[str, Counter[str]] = {article.path: Counter() for article in earlier.body.articles}
        for lost in earlier.body.unresolved:
            of_run.setdefault(lost.article, Counter())[lost.text] += 1
        texts |= {path: of_run[path] for path in wanted & of_run.keys()}
        wanted -= of_run.keys()
        earlier = runs.before(store, earlier.seq)
    return texts
