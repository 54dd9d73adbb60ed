"""Lost targets: the citations whose target the article does not give any more."""

from __future__ import annotations

from dataclasses import replace

from linkarchive.model import Article, Citation, Reason


def has_lost(article: Article) -> bool:
    """Some citation has no target."""
    return any(citation.url is None for citation in article.citations)


def unrecoverable(article: Article, reason: Reason) -> Article:
    """The article with `reason` on every lost citation (no-original, original-unavailable)."""
    return replace(
        article,
        citations=tuple(
            replace(citation, unresolved=reason) if citation.url is None else citation for citation in article.citations
        ),
    )


def with_recoveries(article: Article, stored: Article) -> Article:
    """links.txt tells the targets that were recovered, the store also how surely and where."""
    known = {(lost.url, lost.text): lost for lost in stored.citations if lost.recovered}
    if not known:
        return article

    def with_recovery(citation: Citation) -> Citation:
        before = known.get((citation.url, citation.text))
        if before is None:
            return citation
        return replace(
            citation, recovered=True, recovery_confidence=before.recovery_confidence, found_in=before.found_in
        )

    return replace(article, citations=tuple(with_recovery(citation) for citation in article.citations))
