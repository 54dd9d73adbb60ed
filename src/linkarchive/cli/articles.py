"""`archive extract` and `archive recover`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from linkarchive.article.formats.registry import names
from linkarchive.cli.common import folder_of, project_options, say, settings_of, width
from linkarchive.clock import Clock
from linkarchive.errors import ArticleError
from linkarchive.model import Article, Citation, Unit
from linkarchive.project import Project
from linkarchive.settings import NetworkSettings

_LEAST_WORDS = 20
"""Cells of a link's words that are worth showing beside its address."""


@click.command()
@click.argument("articles", nargs=-1)
@project_options
@click.option("--write", is_flag=True, help="Merge the links into links.txt.")
@click.option("--prune", is_flag=True, help="With --write: take out links that left the article.")
@click.option("--all", "everything", is_flag=True, help="Also images, media, embeds, and the whole page.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--base-url", help="What relative links are relative to.")
@click.option("--input-format", type=click.Choice(names()), help="Of standard input (-).")
@click.option("--formats", "list_formats", is_flag=True, help="List the formats that can be read here, and end.")
@click.option("-v", "--verbose", is_flag=True, help="Say where origin and date come from when sources disagree.")
def extract(
    articles: tuple[str, ...],
    project: Path,
    config: Path | None,
    write: bool,
    prune: bool,
    everything: bool,
    form: str,
    base_url: str | None,
    input_format: str | None,
    list_formats: bool,
    verbose: bool,
) -> int:
    """Print the original URL, the publication date and the links of ARTICLES."""
    if list_formats:
        return _print_formats()
    if not articles:
        raise click.UsageError("name what to read: files, folders, globs, URLs, or - for standard input")
    if prune and not write:
        raise click.UsageError("--prune changes links.txt: it goes with --write")
    settings = settings_of(project, config)
    read, failed = _read(articles, project.resolve(), settings.network, everything, base_url, input_format)
    if write:
        _write(folder_of(project, config), read, prune)
    _print(read, form, verbose)
    return 2 if failed else 0


def _print_formats() -> int:
    from linkarchive.article.formats.registry import listing

    for name, title, suffixes, availability in listing():
        click.echo(f"{name:10} {title:26} {suffixes:36} {availability}")
    return 0


@click.command()
@click.argument("article")
@project_options
@click.option("--original", help="File or URL of the page to match against (default: the article's original URL).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--write", is_flag=True, help="Merge what was found into links.txt.")
@click.option("--input-format", type=click.Choice(names()), help="Of standard input (-).")
def recover(
    article: str,
    project: Path,
    config: Path | None,
    original: str | None,
    form: str,
    write: bool,
    input_format: str | None,
) -> int:
    """Find the lost targets of an article's links in its original page."""
    from linkarchive.api.articles import is_readable, original_page, recover_from
    from linkarchive.report.sanitize import sanitize

    root = project.resolve()
    settings = settings_of(project, config)
    articles, failed = _read((article,), root, settings.network, False, None, input_format)
    recovered = []
    for document in articles:
        where = original or document.original_url
        page = None if where is None else original_page(where, document, settings)
        if page is not None and not is_readable(page):
            say(sanitize(f"{where}: {page.failure.detail if page.failure else f'HTTP {page.status}'}"))
        recovered.append(recover_from(document, page, where or ""))
    if write:
        _write(folder_of(project, config), recovered, prune=False)
    if form == "json":
        click.echo(_json(recovered, _recovered_citation))
    else:
        for result in recovered:
            _print_recovered(result)
    return 2 if failed else 0


def _read(
    names: Sequence[str],
    root: Path,
    network: NetworkSettings,
    everything: bool,
    base_url: str | None,
    input_format: str | None,
) -> tuple[list[Article], bool]:
    """The articles, and whether some input could not be read (said on stderr)."""
    from linkarchive.article.document import read_document
    from linkarchive.links.inputs import Document, LeftOut, documents
    from linkarchive.report.sanitize import sanitize

    stdin = sys.stdin.buffer.read() if "-" in names else b""
    read, failed = [], False
    for document in documents(names, root, network, Clock.from_environ(), stdin, input_format):
        try:
            if isinstance(document, ArticleError):
                raise document
            if isinstance(document, LeftOut):
                say(sanitize(document.sentence))
                continue
            if not isinstance(document, Document):
                continue
            base = base_url or document.base_url
            read.append(
                read_document(
                    document.data,
                    document.format,
                    path=document.path,
                    base_url=base,
                    everything=everything,
                    beside=document.beside,
                )
            )
        except ArticleError as error:
            say(f"archive: {sanitize(str(error))}")
            failed = True
    return read, failed


def _write(project: Project, articles: Sequence[Article], prune: bool) -> None:
    from linkarchive.links.edit import write_articles

    if not articles:
        return
    with project.lock():
        write_articles(project.links, articles, without_left=prune)


def _print(articles: Sequence[Article], form: str, verbose: bool) -> None:
    from linkarchive.report.lines import cells, clip
    from linkarchive.report.sanitize import address, one_line

    for article in articles:
        for remark in (*article.gaps, *(article.remarks if verbose else ())):
            say(one_line(f"{article.path}: {remark}"))
    if form == "json":
        click.echo(_json(articles, _citation))
        return
    for article in articles:
        _heading(article)
        for citation in article.citations:
            target = "?" if citation.url is None else address(citation.url)
            unit = "" if citation.unit is Unit.LINE else f"{citation.unit.value} "
            start = f"{unit}{citation.line:>{max(6 - len(unit), 3)}}  {target}  "
            words = one_line(citation.text)
            if sys.stdout.isatty():
                room = width() - cells(start)
                if room < _LEAST_WORDS:  # on a line of their own
                    start, room = f"{start.rstrip()}\n{' ' * 8}", width() - 8
                words = clip(words, room)
            click.echo(f"{start}{words}")


def _heading(article: Article) -> None:
    from linkarchive.report.sanitize import address, one_line

    click.echo(f"{one_line(article.path)}: {one_line(article.title)}")
    click.echo(f"  original   {address(article.original_url) if article.original_url else 'not known'}")
    click.echo(f"  published  {article.published or 'not known'}")


def _print_recovered(article: Article) -> None:
    from linkarchive.report.sanitize import address, one_line

    _heading(article)
    for citation in article.citations:
        if citation.recovered and citation.url is not None:
            sure = f"{citation.recovery_confidence:.2f}" if citation.recovery_confidence is not None else "    "
            click.echo(f"{citation.line:>6}  {sure}  {address(citation.url)}  {one_line(citation.text)}")
        elif citation.unresolved is not None:
            click.echo(f"{citation.line:>6}     ?  {citation.unresolved.value}  {one_line(citation.text)}")


def _json(articles: Sequence[Article], citation: Any) -> str:
    from linkarchive.report.json import plain_json

    objects = [
        {
            "path": article.path,
            "title": article.title,
            "original_url": article.original_url,
            "published": None if article.published is None else article.published.isoformat(),
            "citations": [citation(each) for each in article.citations],
        }
        for article in articles
    ]
    return plain_json({"schema": 1, "articles": objects})


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "url": citation.url,
        "text": citation.text,
        "line": citation.line,
        "context": citation.context,
        "kind": citation.kind.value,
        "note": citation.note,
        "accessed": None if citation.accessed is None else citation.accessed.isoformat(),
        "snapshot": citation.snapshot,
        "unit": citation.unit.value,
        "place": citation.place.value,
    }


def _recovered_citation(citation: Citation) -> dict[str, Any]:
    return _citation(citation) | {
        "recovered": citation.recovered,
        "recovery_confidence": citation.recovery_confidence,
        "found_in": citation.found_in,
        "unresolved": None if citation.unresolved is None else citation.unresolved.value,
    }
