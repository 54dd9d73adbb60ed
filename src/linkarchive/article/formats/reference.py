"""One entry of a list of references as a passage, whichever format it comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from linkarchive.article.bare_urls import bare_urls
from linkarchive.article.identifiers import doi_url, resolver_url
from linkarchive.article.passage import Passage, PassageBuilder, fold
from linkarchive.article.text import write

_WEB = re.compile(r"(?:https?|ftp)://|www\.", re.IGNORECASE)
_DOI = re.compile(r"\s*(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}(?:\.\d+)*/\S+)", re.IGNORECASE)
_ARXIV = re.compile(r"(?:arxiv:\s*)?(\S+)(?:\s*\[.*\])?", re.IGNORECASE)
_PAGES = {
    "pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/{}/",
    "jstor": "https://www.jstor.org/stable/{}",
    "googlebooks": "https://books.google.com/books?id={}",
}


@dataclass(slots=True)
class Reference:
    """What an entry says."""

    label: str
    line: int
    title: str = ""
    before: str = ""
    """Authors, editors."""
    after: list[tuple[str, int]] = field(default_factory=list)
    """Where and when it appeared, and remarks, with their lines; bare URLs in them are targets too."""
    targets: list[tuple[str, int]] = field(default_factory=list)
    """URLs with their lines, in the order of the entry."""
    accessed: date | None = None
    snapshot: str | None = None

    def add(self, url: str | None, line: int) -> None:
        """Another target, unless the entry has it already."""
        if url and url not in (target for target, _ in self.targets):
            self.targets.append((url, line))

    def add_urls(self, text: str, line: int) -> None:
        """The URLs in a field that is meant to hold nothing else."""
        text = text.strip().removeprefix("<").removesuffix(">")
        words = text.split()
        if len(words) == 1 and _WEB.match(text):
            self.add(f"http://{text}" if text[:4].lower() == "www." else text, line)
        for _, _, url in bare_urls(text) if len(words) > 1 else ():
            self.add(url, line)


def identifier_url(kind: str, text: str) -> str | None:
    """The resolver's URL of an identifier of that kind (doi, arxiv, pmid, hdl, jstor …); None for another kind."""
    kind, text = kind.strip().lower(), text.strip()
    if kind == "doi":
        match = _DOI.match(text)
        return doi_url(match[1].rstrip(".,;")) if match else None
    if kind == "arxiv":
        match = _ARXIV.fullmatch(text)
        return resolver_url(f"arxiv:{match[1]}") if match else None
    if kind in ("hdl", "pmid", "pubmed"):
        return resolver_url(f"{'pmid' if kind == 'pubmed' else kind}:{text}")
    if kind in _PAGES and re.fullmatch(r"[\w./:-]{1,200}", text):
        return _PAGES[kind].format(text)
    return None


def passage_of(reference: Reference) -> Passage:
    """The entry as a note named by its label: the title is the anchor of its first target, further ones stand bare."""
    builder = PassageBuilder(reference.line, note=reference.label)
    if reference.before:
        builder.text(f"{fold(reference.before).rstrip('.')}. ")
    title = fold(reference.title)
    first, *others = reference.targets or [("", 0)]
    if first[0]:
        if title:
            builder.link(first[0], title, first[1])
        else:
            builder.bare(first[0], first[0], first[1])
    else:
        builder.text(title)
    for url, line in others:
        builder.text(" ")
        builder.bare(url, url, line)
    known = {url for url, _ in reference.targets}
    for remark, line in reference.after:
        builder.text(". " if not builder.is_empty else "")
        if any(url in known for _, _, url in bare_urls(remark)):
            builder.text(fold(remark))
        else:
            write(builder, fold(remark), line)
    passage = builder.build()
    links = tuple(replace(link, accessed=reference.accessed, snapshot=reference.snapshot) for link in passage.links)
    return replace(passage, links=links)
