"""gemtext: a link is a line (Gemini, gemtext specification)."""

from __future__ import annotations

import re

from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import write

_LINK = re.compile(r"=>[ \t]*(\S+)(?:[ \t]+(.*))?\Z")
_HEADING = re.compile(r"(#{1,3})[ \t]*(.+)")


def read_gemtext(text: str, *, everything: bool = False) -> ParsedDocument:
    title = ""
    passages: list[Passage] = []
    preformatted = False
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("```"):
            preformatted = not preformatted
            continue
        if preformatted or not line.strip():
            continue
        builder = PassageBuilder(number)
        if link := _LINK.match(line.rstrip()):
            builder.link(link[1], link[2] or link[1], number)
        else:
            heading = _HEADING.match(line)
            title = title or (fold(heading[2]) if heading and len(heading[1]) == 1 else "")
            write(builder, line.lstrip("#*> \t").rstrip(), number)
        passages.append(builder.build())
    return ParsedDocument(title=title, passages=tuple(passages))
