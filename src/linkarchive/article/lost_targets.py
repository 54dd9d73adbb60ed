"""Lost targets: the citations whose target the article does not give any more."""

from __future__ import annotations

import re

from msgspec.structs import replace

from linkarchive.model import Article, Citation, Reason

RELATED = (
    r"(?:related(?: (?:article|story|news|content|post|reading|coverage|link|topic)\w*)?"
    r"|(?:read|see|watch) (?:more|also|next)|also (?:read|see)|further reading"
    r"|more (?:on|about) this|recommended|don.t miss"
    r"|(?:lesen|sehen) sie auch|mehr zum thema|auch interessant|(?:à )?lire (?:aussi|également)|sur le même sujet"
    r"|l[eé]e también|le puede interesar|noticia relacionada|leia (?:também|mais)|leggi anche|lees ook"
    r"|les også|läs också|læs også|lue myös|czytaj (?:też|także|również)|čtěte také|citește și|olvasd el"
    r"|читайте также|читайте також|по теме|ilgili haber|関連記事|あわせて読みたい|相关(?:阅读|文章|新闻)"
    r"|相關(?:閱讀|文章|新聞)|延伸阅读|관련 ?기사)"
)
"""Words that announce a related article, in lower case with single spaces."""
_RELATED_LINE = rf"(?i)[\W_]*{RELATED}\s*[:：|–—-]+\s*(?P<title>\S.{{5,200}}?)[\W_]*"


def related_title(line: str) -> str | None:
    """The title in a line such as “Related article: Title”, None for any other line."""
    match = re.fullmatch(_RELATED_LINE, line.strip())
    return match["title"] if match else None


def has_lost(article: Article) -> bool:
    """Whether some citation has no target."""
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
    """The article, as links.txt has it, with what only the stored one knows of its recovered targets: how sure each is,
    and where it was found."""
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
