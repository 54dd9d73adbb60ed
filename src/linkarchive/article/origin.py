"""The original URL of an article: where it was published before it came to us."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from linkarchive.article.passage import Claim, Link, Passage, fold
from linkarchive.model import LinkKind
from linkarchive.urls import is_root, is_web, resolve, same_page, unwrap

# Ranks, best known first: an "Original url" line, front matter (1–3: front_matter.py), the page's
# own metadata (4–6: html_metadata.py), a "first published at" link, the address the article was read from.
LABELLED, FIRST_PUBLISHED, OWN_ADDRESS = 0, 7, 8
_METADATA = range(4, 7)

_LABEL = r"""
      (?:the\s+|this\s+)?original(?:ly)?(?:\s+(?:url|uri|link|article|source|post|version|story|text|page|publication
        |address|at|here))+
    | original | source[\s-]*(?:url|uri|link) | link\s+to\s+(?:the\s+)?original(?:\s+\w+)?
    | (?:url|link)\s+of\s+(?:the\s+)?original(?:\s+\w+)? | canonical(?:\s+(?:url|link))? | permalink
    | (?:read|view|see)\s+(?:the\s+)?original(?:\s+(?:article|post|story|version|page|here|at))*
    | original-?(?:url|link|artikel|quelle|beitrag|text)
    | (?:url|lien|article|source|texte)\s+(?:d[’']origine|original[e]?|originel(?:le)?)
    | (?:url|enlace|artículo|articulo|fuente|texto|artigo|fonte|link|publicación|notícia)\s+origina(?:l|is)
    | (?:url|link|articolo|fonte|testo)\s+originale
    | (?:oorspronkelijke?|originele?)\s+(?:url|link|artikel|bron)
    | (?:oryginaln[yae]\s+(?:link|artykuł|adres|url|tekst)|oryginał(?:\s+artykułu)?)
    | оригинал(?:ьн\w+)?(?:\s+(?:стать\w+|текст\w*|публикаци\w+|ссылка|материал\w*|url))? | ссылка\s+на\s+оригинал
    | исходн\w+\s+(?:ссылка|url|адрес|статья) | оригінал(?:ьн\w+)?(?:\s+\w+)? | посилання\s+на\s+оригінал
    | orijinal(?:\s+(?:url|link|makale|kaynak|bağlantı))? | originál(?:ní)?(?:\s+(?:url|odkaz|článek))?
    | 元記事 | 元の\s*(?:url|記事|リンク) | 原文(?:链接|連結|地址|網址|网址|リンク|url)? | 原始(?:链接|連結|网址)
    | 원문(?:\s*(?:링크|주소|url|보기))? | 원본\s*(?:url|링크|기사)
"""
_LABELLED_LINE = re.compile(rf"[\W_]*(?:{_LABEL})[\W_]*\Z", re.IGNORECASE | re.VERBOSE)
_ITSELF = r"""(?:(?:this|the)\s+(?:\w+\s+)?(?:article|post|story|piece|essay|text|interview|column|report|translation
    |entry|version|page)|(?:dieser|der)\s+(?:artikel|beitrag|text)|cet\s+article|ce\s+texte
    |este\s+(?:artículo|artigo|texto)|questo\s+articolo|dit\s+artikel|эта\s+статья|статья|this|it)?\s*
    (?:(?:was|is|has\s+been|ist|wurde|a\s+été|fue|foi|è\s+stato|была)\s+)?"""
_FIRST_PUBLISHED = re.compile(
    rf"""(?:^|[.!?…]["'”’)\]]*\s+|\n)[\W_]*(?:{_ITSELF}(?:
      (?:first|originally|previously)\s+(?:published|appeared|posted|ran|issued)
    | re-?(?:published|posted)\s+(?:from|with) | cross-?posted\s+from | syndicated\s+from
    | (?:ursprünglich|zuerst)\s+(?:erschienen|veröffentlicht)
    | (?:publiée?|paru)\s+(?:initialement|à\s+l[’']origine|d[’']abord)
    | (?:publicad[oa]|apareció)\s+originalmente | originalmente\s+publicad[oa]
    | pubblicat[oa]\s+(?:originariamente|in\s+origine) | oorspronkelijk\s+(?:gepubliceerd|verschenen)
    | впервые\s+опубликован\w* | вперше\s+опублікован\w* | pierwotnie\s+opublikowan\w*)
    | (?:read|see|view)\s+(?:the\s+)?original\s+(?:article|version|post|story))\b
    | 最初に?(?:掲載|公開) | 首发于 | 首發於 | 初出""",
    re.IGNORECASE | re.VERBOSE,
)
"""An article's statement about itself, at the beginning of a sentence; “the finding was first published” is none."""
_FIRST_PASSAGES, _LAST_PASSAGES = 10, 15
"""Where such statements stand: at the start or the end."""
_LONGEST_LABEL = 80
_NEAR = 120  # characters between "first published" and its link


class Origin(NamedTuple):
    url: str | None
    base: str | None
    """What relative links resolve against: `url`, else the front page that the page gives as its own address."""
    links: frozenset[int]
    """Identities of the links of “Original url” lines: they are no citations."""
    remarks: tuple[str, ...]


class _LinkClaim(NamedTuple):
    claim: Claim
    link: Link


def find_origin(
    passages: Sequence[Passage], claims: Iterable[Claim], address: str | None, base_url: str | None = None
) -> Origin:
    """The original URL by the best-known claim; a remark for each other page that is claimed.

    `claims` are those of front matter and metadata; a relative one resolves against `base_url`.
    `address` is the URL that the article was read from, its original URL when nothing says better. Of metadata a front
    page is no claim (sites give it on all of their pages), and a web archive's copy stands for what it is a copy of.
    """
    labelled = [link_claim for link_claim in _labelled(passages) if not is_root(link_claim.claim.value)]
    published = [link_claim for link_claim in _first_published(passages) if not is_root(link_claim.claim.value)]
    everywhere = [link_claim.claim for link_claim in (*labelled, *published)] + [*claims]
    if address and is_web(address):
        everywhere.append(Claim(address, "its own address", OWN_ADDRESS))
    ranked: list[Claim] = []
    front = None
    for claim in sorted(everywhere, key=lambda claim: claim.rank):
        url = _absolute(claim.value, base_url)
        if url is not None and claim.rank in _METADATA:
            captured = unwrap(url)
            url = captured[1] if captured else url
            if is_root(url):
                front, url = front or url, None
        if url is not None:
            ranked.append(Claim(url, claim.source, claim.rank))
    if not ranked:
        return Origin(None, front, frozenset(), ())
    best = ranked[0]
    others: dict[str, str] = {}
    for claim in ranked[1:]:
        if claim.rank != OWN_ADDRESS and not same_page(claim.value, best.value):
            others.setdefault(claim.value, claim.source)
    remarks = tuple(f"original URL {best.value} by {best.source}; {name} says {url}" for url, name in others.items())
    return Origin(best.value, best.value, frozenset(id(link_claim.link) for link_claim in labelled), remarks)


def _absolute(url: str, base_url: str | None) -> str | None:
    url = url.strip()
    joined = resolve(base_url, url) if base_url and url else url
    return joined if joined and is_web(joined) and not any(char.isspace() for char in joined) else None


class _Line(NamedTuple):
    text: str
    """Folded, without what the links show."""
    links: tuple[Link, ...]
    shown: str
    """What the links show."""
    ends_with_link: bool


def _labelled(passages: Sequence[Passage]) -> Iterator[_LinkClaim]:
    """Links on an "Original url:" line, on the line after one, or that are called so."""
    waiting = False
    for line in _lines(passages):
        web = [link for link in line.links if is_web(link.target.strip())]
        only = web[0] if len(line.links) == 1 and web else None
        bare_line = not re.search(r"\w", line.text)
        if only is not None and (
            (bare_line and (waiting or (_is_label(line.shown) and not is_web(line.shown))))
            or (line.ends_with_link and _is_label(line.text))
        ):
            yield _LinkClaim(Claim(only.target, "the “Original url” line", LABELLED), only)
        waiting = not line.links and _is_label(line.text)


def _is_label(text: str) -> bool:
    return len(text) <= _LONGEST_LABEL and _LABELLED_LINE.match(text) is not None


def _lines(passages: Sequence[Passage]) -> Iterator[_Line]:
    for passage in passages:
        if not passage.main:
            continue
        links = sorted((link for link in passage.links if link.kind is LinkKind.LINK), key=lambda link: link.start)
        start, at = 0, 0
        for text in passage.text.split("\n"):
            end = start + len(text)
            of_line = []
            while at < len(links) and links[at].start <= end:
                of_line.append(links[at])
                at += 1
            if text.strip() or of_line:
                yield _line(passage.text, start, end, tuple(of_line))
            start = end + 1


def _line(text: str, start: int, end: int, links: tuple[Link, ...]) -> _Line:
    rest, done = [], start
    for link in links:
        rest.append(text[done : max(done, link.start)])
        done = max(done, link.end)
    after = text[done:end]
    shown = " ".join(text[link.start : link.end] for link in links)
    return _Line(fold(" ".join([*rest, after])), links, fold(shown), bool(links) and not re.search(r"\w", after))


def _first_published(passages: Sequence[Passage]) -> Iterator[_LinkClaim]:
    """The link that follows the statement where the article was first published, in its sentence."""
    main = [passage for passage in passages if passage.main and passage.text.strip() and passage.note is None]
    for passage in dict.fromkeys((*main[:_FIRST_PASSAGES], *main[-_LAST_PASSAGES:])):
        links = sorted((link for link in passage.links if link.kind is LinkKind.LINK), key=lambda link: link.start)
        starts = [link.start for link in links]
        for match in _FIRST_PUBLISHED.finditer(passage.text) if links else ():
            place = bisect_left(starts, match.start())
            around = links[place - 1 : place] if place and links[place - 1].end > match.start() else []
            for link in (*around, *links[place : bisect_right(starts, match.end() + _NEAR)]):
                between = passage.text[match.end() : max(match.end(), link.start)]
                if is_web(link.target.strip()) and ". " not in between:
                    yield _LinkClaim(Claim(link.target, "the “first published” link", FIRST_PUBLISHED), link)
                    break
