"""New targets for lines of `links.txt`: the URL of a line changes, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from linkarchive.article.links_file import lines_of, parse
from linkarchive.article.links_url import written


def fix_lines(text: str, targets: Mapping[int, str]) -> tuple[str, frozenset[int]]:
    """The text with a new URL on each of these lines (1-based), and the lines where that could not be done.

    What is written is read again: every link must say what it said, but for its URL.
    """
    lines = lines_of(text)
    entries = {entry.line: entry for section in parse(text).sections for entry in section.entries}
    refused = set()
    for number, url in targets.items():
        entry = entries.get(number)
        old = entry.url if entry else None
        line = lines[number - 1].replace(old, written(url), 1) if old else ""
        again = [one for section in parse(line.lstrip()).sections for one in section.entries]
        if entry is None or [(one.url, one.text) for one in again] != [(written(url), entry.text)]:
            refused.add(number)
            continue
        lines[number - 1] = line
    return "".join(lines), frozenset(refused)
