"""Reading an article: bytes in, `model.Article` out, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from linkarchive.article import dates, origin
from linkarchive.article.bibliography import Beside, nothing_beside, with_bibliographies
from linkarchive.article.context import Sentences
from linkarchive.article.formats.registry import BY_NAME, parse
from linkarchive.article.lost_targets import related_title
from linkarchive.article.notes import Notes, day_of_access, with_numbered_lists
from linkarchive.article.passage import Claim, ParsedDocument, Passage, fold
from linkarchive.article.targets import Targets, joined, with_given_copies
from linkarchive.errors import ArticleError
from linkarchive.model import Article, Citation, LinkKind, Place
from linkarchive.text import decode, encoding_of
from linkarchive.urls import is_web

# The day of an archived copy that the article links to is not the article's.
_OF_A_COPY = re.compile(
    r"""\sdata-version(?:date|url)\s*=\s*(?:"[^"]*"|'[^']*')|https?://web\.archive\.org/web/\d{4,14}[a-z_]*/""", re.I
)
_LONGEST_SEARCH = 2_000_000  # characters of HTML that htmldate is given


def read_document(
    data: bytes,
    format: str,
    *,
    path: str,
    base_url: str | None = None,
    everything: bool = False,
    beside: Beside = nothing_beside,
    in_process: bool = False,
) -> Article:
    """Read an article in one of the formats of registry.py.

    `path` is what the article is called (a path from the project folder, or its URL); `base_url` is what relative links
    resolve against, when the document has no `<base>`. `everything` takes images, media, embeds and metadata too, and
    the whole page. `beside` gives the bytes of the file that the document takes its list of references from.
    `in_process` parses here what sandbox.py would parse in a limited process of its own: only for a document that was
    read there before and differs from that in its targets alone. Raises ArticleError when the format is unknown or the
    bytes cannot be read as such (damaged, encrypted, or too large for the limits in sandbox.py).
    """
    document = with_bibliographies(_read(data, format, path, everything, in_process), beside)
    passages = with_given_copies(with_numbered_lists(document.passages))
    own = path if is_web(path) else None
    claimed_from = joined(base_url or own, document.base) if document.base else base_url or own
    original = origin.find_origin(passages, document.origins, own, claimed_from)
    claims = [*document.dates, *dates.claims(passages, path, filter(None, (original.url, own, base_url)))]
    if format == "html" and min((claim.rank for claim in claims), default=dates.SEARCHED) >= dates.SEARCHED:
        claims.extend(_searched(data))
    published, doubts = dates.choose(claims)
    base = joined(base_url or original.base, document.base) if document.base else base_url or original.base
    targets = Targets(base, original.url, encoding_of(data, markup=True)[0] if format == "html" else "utf-8")
    notes = Notes(passages)
    citations = list(_citations(document, passages, notes, targets, original.links, everything))
    if any(citation.url is None for citation in citations):
        citations = _with_mentions(citations, passages)
    return Article(
        path=path,
        title=document.title or PurePosixPath(unquote(urlsplit(path).path) if own else path).name or path,
        original_url=original.url,
        published=published,
        citations=tuple(citations),
        remarks=(*document.remarks, *original.remarks, *doubts),
        gaps=(*document.gaps, *notes.gaps),
    )


def passages_of(data: bytes, format: str, *, path: str, in_process: bool = False) -> tuple[Passage, ...]:
    """The passages of an article, with their links as written. `in_process`, and when ArticleError is raised: as in
    read_document."""
    return tuple(_read(data, format, path, False, in_process).passages)


def bibliographies_of(data: bytes, format: str, *, path: str) -> tuple[str, ...]:
    """The paths of the lists of references that an article names, relative to its folder. Raises ArticleError when
    the article cannot be read."""
    return _read(data, format, path, False).bibliographies


def _read(data: bytes, format: str, path: str, everything: bool, in_process: bool = False) -> ParsedDocument:
    described = BY_NAME.get(format)
    if described is not None and described.needs_sandbox(len(data)) and not in_process:
        from linkarchive.article.sandbox import read_limited

        return read_limited(data, format, path=path, everything=everything)
    try:
        return parse(data, format, everything=everything)
    except ArticleError as error:
        raise ArticleError(f"{path}: {error}") from error


def _searched(data: bytes) -> Iterator[Claim]:
    from linkarchive.article.html_metadata import searched_date

    text = _OF_A_COPY.sub("", decode(data, markup=True))
    if len(text) <= _LONGEST_SEARCH and (day := searched_date(text)):
        yield Claim(day, "htmldate", dates.SEARCHED)


def _citations(
    document: ParsedDocument,
    passages: Sequence[Passage],
    notes: Notes,
    targets: Targets,
    not_cited: frozenset[int],
    everything: bool,
) -> Iterator[Citation]:
    for passage in passages:
        sentences = Sentences(passage.text)
        links = sorted(passage.links, key=lambda link: (link.line, link.start))
        for number, link in enumerate(links):
            if id(link) in not_cited or not (link.main or everything) or targets.is_section(link.target):
                continue
            text = fold(passage.text[link.start : link.end]) or link.alt
            url = targets.resolve(link.target)
            if url is None and not (text and link.main and link.kind is LinkKind.LINK):
                continue
            if url is not None and text.replace(" ", "") == url:
                text = url  # a bare URL that was broken at the end of a line
            after = links[number + 1].start if number + 1 < len(links) else len(passage.text)
            citation = Citation(
                url,
                text,
                link.line,
                sentences.claim(link.start, link.end) or text,
                link.kind,
                accessed=link.accessed or day_of_access(passage.text, link.end, max(after, link.end)),
                snapshot=link.snapshot,
                unit=document.unit,
                place=Place.BODY if link.main else Place.FRAME,
            )
            if passage.note is None:
                yield citation
                continue
            for claim in notes.claims(passage.note):
                yield replace(
                    citation,
                    context=citation.context if url is None else claim.context,
                    accessed=citation.accessed or claim.accessed,
                    quote=claim.quote,
                    note=claim.note,
                    place=Place.NOTE,
                )


def _with_mentions(citations: list[Citation], passages: Sequence[Passage]) -> list[Citation]:
    """With the related articles of which only the title is left: where targets were lost, links may be, too."""
    mentions = []
    for passage in passages:
        number = 0
        for offset, line in enumerate(passage.text.split("\n")):
            title = related_title(line) if passage.main and passage.note is None else None
            end = number + len(line)
            if title is not None and not any(link.start <= end and number <= link.end for link in passage.links):
                mentions.append(Citation(None, fold(title), passage.line + offset, fold(line)))
            number = end + 1
    if not mentions:
        return citations
    return sorted([*citations, *mentions], key=lambda citation: citation.line)
