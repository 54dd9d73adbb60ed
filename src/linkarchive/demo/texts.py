"""What the demo's pages say, by address and day: read from the text files in `prose/`.

A text begins with `=== host/path` (`@now`: of the second day only), then lines `title:`, `retitle:` (the second day's),
`by:`, `date:`, a blank line, then blocks, a line each. `## Heading {#id}` is a heading (`changed=other`: its id on the
second day). A block that begins with `[then]` or `[now]` stands on that day only.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

_HEADING = re.compile(r"## (?P<text>.+?) \{#(?P<id>[\w-]+)(?: changed=(?P<changed>[\w-]+))?\}")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or (with `anchor`) a heading."""

    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    address: str
    """Host and path."""
    title: str
    author: str
    date: str
    blocks: tuple[Block, ...]


@functools.cache
def texts(later: bool) -> Mapping[str, Text]:
    """All texts of a day, by host and path."""
    by_address: dict[str, Text] = {}
    for file in sorted(resources.files("linkarchive.demo").joinpath("prose").iterdir(), key=lambda file: file.name):
        for part in re.split(r"(?m)^=== ", file.read_text(encoding="utf-8"))[1:]:
            address, _, day = part.partition("\n")[0].partition(" @")
            if later or not day:
                by_address[address] = _text(address, part.partition("\n")[2], later)
    return by_address


def plain(name: str) -> str:
    """A file of `prose/` as it is."""
    return resources.files("linkarchive.demo").joinpath("prose", name).read_text(encoding="utf-8")


def _text(address: str, source: str, later: bool) -> Text:
    head, _, body = source.strip().partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    title = fields["retitle"] if later and "retitle" in fields else fields["title"]
    mark, other = ("[now] ", "[then] ") if later else ("[then] ", "[now] ")
    kept = (
        _block(block.removeprefix(mark), later) for block in body.splitlines() if block and not block.startswith(other)
    )
    return Text(address, title, fields["by"], fields["date"], tuple(kept))


def _block(source: str, later: bool) -> Block:
    heading = _HEADING.fullmatch(source)
    if heading is None:
        return Block(source)
    return Block(heading["text"], (later and heading["changed"]) or heading["id"])
