"""Plain text, and running text with its bare URLs."""

from __future__ import annotations

from linkarchive.article.bare_urls import bare_urls
from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder

_MAX_PASSAGE = 50_000
_TITLE = 200


def write(builder: PassageBuilder, text: str, line: int) -> None:
    """Put running text into a passage, with its bare URLs as links; within a link it is one line, and none of them is.
    `line` is that of the text's first character."""
    if builder.in_link:
        builder.text(text.replace("\n", " "))
        return
    done = 0
    counted = 0
    for start, end, url in bare_urls(text):
        line += text.count("\n", counted, start)
        counted = start
        builder.text(text[done:start])
        builder.bare(url, text[start:end], line)
        done = end
    builder.text(text[done:])


def flush(builder: PassageBuilder, running: list[str], line: int) -> None:
    """Put the running text that was gathered into a passage, and forget it."""
    write(builder, "".join(running), line)
    running.clear()


def read_text(text: str, *, everything: bool = False) -> ParsedDocument:
    """Plain text: paragraphs are separated by empty lines."""
    passages = []
    paragraph: list[str] = []
    size = 0
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if paragraph and (not line.strip() or size > _MAX_PASSAGE):
            passages.append(_passage(paragraph, number - len(paragraph)))
            paragraph, size = [], 0
        if line.strip():
            paragraph.append(line.strip())
            size += len(line)
    return ParsedDocument(title=_title(passages), passages=tuple(passages))


def _passage(lines: list[str], first_line: int) -> Passage:
    builder = PassageBuilder(first_line)
    write(builder, "\n".join(lines), first_line)
    return builder.build()


def _title(passages: list[Passage]) -> str:
    """The first line, when it can be one: short, and without a URL."""
    if not passages:
        return ""
    first = passages[0].text.split("\n", 1)[0].strip()
    return first if len(first) <= _TITLE and not any(link.start < len(first) for link in passages[0].links) else ""
