"""Names of documents that a resolver knows: DOI, Handle, arXiv, PubMed, urn:nbn."""

from __future__ import annotations

import re
from urllib.parse import quote

# DOI Handbook §2.2: a prefix of `10.` and at least four digits, then anything that is seen.
_DOI = r"10\.\d{4,9}(?:\.\d+)*/"
_ARXIV = r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?"
IDENTIFIER = re.compile(
    rf"""(?<![\w/.:=@%-])(?:
      (?P<doi>(?:doi\s*:\s*|doi\s+|(?:dx\.)?doi\.org/)?(?={_DOI}))
    | arxiv\s*:\s*(?P<arxiv>{_ARXIV})(?![\w/])
    | (?P<handle>(?:hdl|handle)\s*:\s*(?=\d[\d.]*/[^\s/]))
    | (?:PMID|PubMed(?:\s+ID)?)\s*:?\s*(?P<pubmed>[1-9]\d{{4,8}})(?![\w.,]?\d)
    | (?P<nbn>(?=urn:nbn:[a-z]{{2}}[:-]))
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""Where one begins in running text. Of `doi`, `handle` and `nbn` it is what stands before the name, which ends as
a URL does; an identifier inside a URL is none."""

_TARGET = re.compile(
    rf"(?:info:)?(?:doi:/?/?\s*({_DOI}.+)|hdl:/?/?\s*(.+)|arxiv:\s*({_ARXIV})|pmid:\s*(\d+)|(urn:nbn:.+))", re.I
)

# The resolvers that national libraries run for their part of the name space (RFC 8458).
_NBN_RESOLVERS = {
    "at": "https://nbn-resolving.org/",
    "ch": "https://nbn-resolving.org/",
    "cz": "https://resolver.nkp.cz/api/v6/resolver/registrars/",
    "de": "https://nbn-resolving.org/",
    "fi": "https://urn.fi/",
    "hr": "https://urn.nsk.hr/",
    "hu": "https://nbn.urn.hu/",
    "it": "https://nbn.depositolegale.it/",
    "nl": "https://www.persistent-identifier.nl/",
    "no": "https://urn.nb.no/",
    "se": "https://urn.kb.se/resolve?urn=",
    "si": "https://www.dlib.si/?URN=",
}
_ANY_NBN = "https://n2t.net/"


def resolver_url(target: str) -> str | None:
    """Where `doi:10.…`, `hdl:…`, `arXiv:…`, `pmid:…` or `urn:nbn:…` is resolved; None for any other target."""
    match = _TARGET.fullmatch(target.strip())
    if match is None:
        return None
    doi, handle, arxiv, pubmed, nbn = match.groups()
    if doi:
        return doi_url(doi)
    if handle:
        return handle_url(handle)
    if arxiv:
        return arxiv_url(arxiv)
    return pubmed_url(pubmed) if pubmed else nbn_url(nbn)


def doi_url(doi: str) -> str:
    return f"https://doi.org/{_escaped(doi)}"


def handle_url(handle: str) -> str:
    return f"https://hdl.handle.net/{_escaped(handle)}"


def arxiv_url(number: str) -> str:
    return f"https://arxiv.org/abs/{number}"


def pubmed_url(number: str) -> str:
    return f"https://pubmed.ncbi.nlm.nih.gov/{number}/"


def nbn_url(urn: str) -> str:
    country = urn[8:10].lower()
    return _NBN_RESOLVERS.get(country, _ANY_NBN) + _escaped(urn)


def _escaped(name: str) -> str:
    """The name as a path: what RFC 3986 does not let stand there is percent-encoded, and so are `?` and `#`."""
    return quote(name.strip(), safe="!$%&'()*+,-./:;=@_~", errors="replace")
