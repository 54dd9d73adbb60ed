"""Jupyter notebooks: Markdown cells, read as Markdown; a place is the number of its cell (nbformat 4 and before)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from linkarchive.article import front_matter
from linkarchive.article.formats.located import Pairs, parse_json
from linkarchive.article.markdown import read_markdown
from linkarchive.article.passage import ParsedDocument, Passage
from linkarchive.errors import ArticleError
from linkarchive.model import Unit


def read_notebook(text: str, *, everything: bool = False) -> ParsedDocument:
    """The Markdown cells of a Jupyter notebook; the label of a note holds in its own cell only. Raises ArticleError for
    anything else."""
    notebook = parse_json(text)
    if not isinstance(notebook, Pairs):
        raise ArticleError("it is not a notebook")
    title = ""
    passages: list[Passage] = []
    dates: list[Any] = []
    origins: list[Any] = []
    for number, (kind, source) in enumerate(_cells(notebook), start=1):
        if kind not in ("markdown", "heading", "raw"):
            continue
        cell = read_markdown(source, everything=everything)
        if kind == "raw" and not front_matter.split(source)[0]:
            continue
        title = title or cell.title
        dates += cell.dates
        origins += cell.origins
        passages += (_numbered(passage, number) for passage in cell.passages)
    metadata = notebook.get("metadata")
    own_title = metadata.get("title") if isinstance(metadata, Pairs) else None
    return ParsedDocument(
        title=(own_title if isinstance(own_title, str) else "") or title,
        passages=tuple(passages),
        origins=tuple(origins),
        dates=tuple(dates),
        unit=Unit.CELL,
    )


def _cells(notebook: Pairs) -> Iterator[tuple[str, str]]:
    """Type and source of every cell; nbformat 3 has them in worksheets."""
    cells = notebook.get("cells")
    if cells is None:
        sheets = notebook.get("worksheets") or []
        cells = [cell for sheet in sheets if isinstance(sheet, Pairs) for cell in sheet.get("cells") or []]
    for cell in cells if isinstance(cells, list) else []:
        if isinstance(cell, Pairs):
            source = cell.get("source", "input")
            lines = source if isinstance(source, list) and not isinstance(source, Pairs) else [source]
            yield str(cell.get("cell_type")), "".join(line for line in lines if isinstance(line, str))


def _numbered(passage: Passage, cell: int) -> Passage:
    def label(name: str) -> str:
        return f"{cell}:{name}"

    return replace(
        passage,
        line=cell,
        links=tuple(replace(link, line=cell) for link in passage.links),
        marks=tuple(replace(mark, label=label(mark.label)) for mark in passage.marks),
        note=None if passage.note is None else label(passage.note),
    )
