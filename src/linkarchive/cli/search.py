"""`archive search`: the text of what was kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linkarchive.cli.common import folder_of, project_options, say, settings_of, wants_color, width

if TYPE_CHECKING:
    from linkarchive.history.search import MatchingSource

_MANY = 100
"""Copies to be read first, of which it is said."""


@click.command()
@click.argument("words", nargs=-1, required=True)
@project_options
@click.option("--limit", type=click.IntRange(1), default=20, help="The best N sources (20).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def search(words: tuple[str, ...], project: Path, config: Path | None, limit: int, form: str) -> int:
    """Search the text of what was kept, web pages and PDFs: the sources of which some copy has all the WORDS.

    "several words" in quotation marks are a phrase, word* is the beginning of a word. Case and accents do not matter.
    Exit code 1: nothing was found.
    """
    from linkarchive.history import search as searching
    from linkarchive.report.json import plain_json
    from linkarchive.report.lines import wrap
    from linkarchive.report.phrases import count
    from linkarchive.report.sanitize import address, one_line
    from linkarchive.store.texts import MARKS

    def begin(copies: int) -> None:
        if copies > _MANY:
            say(f"Reading the text of {count(copies, 'stored page')}; the next search need not.")

    place = folder_of(project, config)
    results = searching.search(place, words, settings_of(project, config).network, begin)
    shown = results.sources[:limit]
    if form == "json":
        plain = str.maketrans("", "", "".join(MARKS))
        entries = [{"url": address(source.url), "title": source.title, "in_newest": source.in_newest, "copies": [
            {"time": copy.time, "origin": copy.origin, "text": copy.text.translate(plain)} for copy in source.copies
        ]} for source in shown]  # fmt: skip
        click.echo(plain_json({"schema": 1, "found": len(results.sources), "not_searched": results.not_searched,
                               "sources": entries}))  # fmt: skip
    else:
        bold = ("\033[1m", "\033[0m") if wants_color("auto") else ("", "")
        for indent, line in (line for source in shown for line in _lines(source)):
            # Foreign text is made safe piece by piece, so that the marks are ours.
            pieces = [one_line(piece) for piece in re.split(f"[{''.join(MARKS)}]", line)]
            pieces[1::2] = [piece.replace(" ", "\u0002 \u0002") for piece in pieces[1::2]]  # each word by itself
            safe = "\u0002".join(pieces)
            for row in wrap(safe, width() - indent) or [""]:
                click.echo(" " * indent + _marked(row, bold))
        if len(results.sources) > len(shown):
            say(f"The best {len(shown)} of {len(results.sources):,} sources; --limit shows more.")
    if results.not_searched:
        pages = count(results.not_searched, "stored page")
        say(f"archive: {pages} not searched: not in this folder, or another command is at work in it")
    if not results.sources:
        say("archive: nothing was found")
    return 0 if results.sources else 1


def _marked(row: str, bold: tuple[str, str]) -> str:
    """The row with what was found in bold; a mark stands before and after it."""
    pieces = row.split("\u0002")
    return "".join(f"{bold[0]}{piece}{bold[1]}" if number % 2 else piece for number, piece in enumerate(pieces))


def _lines(source: MatchingSource) -> Iterator[tuple[int, str]]:
    """The lines of a source, each with its indent."""
    from linkarchive.report.phrases import count, day
    from linkarchive.report.sanitize import address

    yield 0, source.title or address(source.url)
    if source.title:
        yield 2, address(source.url)
    newest, *others = source.copies
    when = f"stored on {day(newest.time)}".replace("\u00a0", " ")
    when += f", and in {count(len(others), 'other version')}" if others else ""
    yield 2, when + ("" if source.in_newest else "; the newest copy no longer has it")
    yield 2, newest.text
    yield 0, ""
