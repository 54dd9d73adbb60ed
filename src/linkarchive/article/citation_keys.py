"""Citations by key in Markdown: `[see @writer1988, p. 4]`, `@writer1988 says` (Pandoc manual, citation syntax)."""

from __future__ import annotations

import re
from dataclasses import replace

from linkarchive.article.passage import Mark, Passage

_KEY = r"@(?:\{([^{}\n]{1,100})\}|(\w(?:[\w:.#$%&+?<>~/-]{0,100}\w)?))"
_GROUP = re.compile(rf"\[[^\[\]]{{0,500}}?(?<!\w){_KEY}[^\[\]]{{0,500}}\]")
_ANY_KEY = re.compile(rf"(?<![\w@]){_KEY}")


def with_cited_keys(passage: Passage) -> Passage:
    """The passage with a mark for each key that it cites."""
    if "@" not in passage.text:
        return passage
    groups = [match.span() for match in _GROUP.finditer(passage.text)]
    marks = []
    for match in _ANY_KEY.finditer(passage.text):
        start, end = next((span for span in groups if span[0] <= match.start() < span[1]), match.span())
        marks.append(Mark(match[1] or match[2], start, end))
    return replace(passage, marks=(*passage.marks, *marks))
