"""Lost targets: the citations whose target the article does not give any more."""

from __future__ import annotations

from dataclasses import replace

from linkarchive.model import Article, Reason


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
