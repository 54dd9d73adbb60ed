"""Whether an article says what it should after an edit. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urldefrag

from linkarchive.model import Article, Citation
from linkarchive.urls import source_key


def says_what_it_should(
    before: Article, after: Article, new_urls: Mapping[int, tuple[str, bool]], copies: Mapping[int, str]
) -> bool:
    """The article cites what it cited, but for `new_urls` and `copies`, and has the origin and the day that it had.

    Both go by the number of a citation in `before`: its new URL and whether that is what the reader sees too; the
    archived copy that is given beside it.
    """
    expected = [new_urls.get(number, (old.url, False))[0] for number, old in enumerate(before.citations)]
    citations = _without_added(after.citations, expected, frozenset(copies.values()))
    if len(citations) != len(before.citations):
        return False
    for number, (old, new) in enumerate(zip(before.citations, citations, strict=True)):
        url, is_text = new_urls.get(number, (old.url, False))
        if not same(new.url, url):
            return False
        if not (new.text == old.text or (is_text and same(new.text, url))):
            return False
        if number in copies and not (old.snapshot or same(new.snapshot, copies[number])):
            return False
    return (after.original_url, after.published) == (before.original_url, before.published)


def _without_added(
    citations: Sequence[Citation], expected: Sequence[str | None], copies: frozenset[str]
) -> Sequence[Citation]:
    """The citations but for those of copies that were put beside others."""
    kept: list[Citation] = []
    for citation in citations:
        url = expected[len(kept)] if len(kept) < len(expected) else None
        if citation.url not in copies or same(citation.url, url):
            kept.append(citation)
    return kept


def same(url: str | None, other: str | None) -> bool:
    """Whether two URLs mean one source, and one place in it."""
    if url == other or url is None or other is None:
        return url == other
    try:
        places = [(source_key(each), unquote(urldefrag(each).fragment)) for each in (url, other)]
    except ValueError:
        return False
    return places[0] == places[1]
