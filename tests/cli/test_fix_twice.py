"""`archive fix --write` on twenty files of each format that can be written, twice: only what was promised changes, the
second time nothing, and the libraries of the formats' own applications open what was written."""

# ruff: noqa: E501 - documents stand here as they are

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from linkarchive.article.fix import EDITABLE

FILES = 20
TARGETS = {
    "http://alpha.example/a_b?x=1&y=2%203": "http://beta.example/new_place?p=5&q=%20t",
    "http://alpha.example/wiki/Sele#history": "http://beta.example/river~sele#history",
    "http://gamma.example/plain": "http://delta.example/simple/",
}
STAYS = "http://epsilon.example/stays"
WORDS = (
    "The ferry — late again — left at six",
    "Die Fähre fuhr „um sechs“ ab",
    "Паром ушёл в шесть",
    "フェリーは六時に出た",
)

Paragraph = tuple[str, str]
"""Words, and the URL that they lead to."""


def paragraphs(number: int, after: bool) -> list[Paragraph]:
    """One to four of a file, before and after its targets were replaced."""
    urls = [*TARGETS, STAYS]
    cited = [(WORDS[(number + at) % 4], urls[(number * 3 + at) % 4]) for at in range(1 + number % 4)]
    return [(words, TARGETS.get(url, url) if after else url) for words, url in cited]


def xml(text: str) -> str:
    return text.replace("&", "&amp;")


def tex(url: str) -> str:
    return re.sub(r"[%#]", r"\\\g<0>", url)


CODE = next(iter(TARGETS))
"""In code and in comments a URL is no link, and stays."""


def markdown(number: int, listed: list[Paragraph]) -> str:
    forms: list[Callable[[int, str, str], str]] = [
        lambda at, words, url: f"{words}, says [the plan {at}]({url} 'a title').",
        lambda at, words, url: f"{words}: <{url}> and `{CODE}`",
        lambda at, words, url: f"{words}, [says][{at}].\n\n[{at}]: {url}",
        lambda at, words, url: f"| a | b |\n| --- | --- |\n| {words} | [it]({url}) |",
        lambda at, words, url: f"> {words}[^{at}].\n\n[^{at}]: See [this]({url}), accessed 5 March 2024.",
    ]
    return (
        "\n\n".join(forms[(number + at) % 5](at, *each) for at, each in enumerate(listed)) + f"\n\n```\n{CODE}\n```\n"
    )


def notebook(number: int, listed: list[Paragraph]) -> str:
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": f"c{at}", "metadata": {}, "source": [f"{words}\n", f"see [it]({url})\n"]}
        for at, (words, url) in enumerate(listed)
    ]
    cells.append(
        {
            "cell_type": "code",
            "id": "code",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": f"get('{CODE}')",
        }
    )
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1 + number % 3, ensure_ascii=number % 2 == 0) + "\n"


def each(
    pattern: Callable[[str, str], str], before: str = "", after: str = ""
) -> Callable[[int, list[Paragraph]], str]:
    """A builder of documents that have a piece for every paragraph."""
    return lambda number, listed: before + "".join(pattern(*paragraph) for paragraph in listed) + after


BUILDERS: dict[str, Callable[[int, list[Paragraph]], str]] = {
    "md": markdown,
    "mdx": lambda n, listed: f'import x from "y"\n\n<Card>\n\n{markdown(n, listed)}\n</Card>\n',
    "quarto": lambda n, listed: f"---\ntitle: T{n}\n---\n\n::: {{.note}}\n{markdown(n, listed)}:::\n\n```{{r}}\n'{CODE}'\n```\n",
    "html": each(
        lambda words, url: f'<p>{words}, <a class="x" href="{xml(url)}">says <b>he</b></a>, and {xml(url)}.</p>\n',
        f"<!DOCTYPE html><title>T</title><body><article><!-- {CODE} -->\n", f"<pre>{xml(CODE)}</pre></article>\n",
    ),
    "txt": each(lambda words, url: f"{words}: {url}\n\n{words} <{url}>.\n\n"),
    "latex": each(
        lambda words, url: f"{words}, \\href{{{tex(url)}}}{{says}} \\emph{{he}}.\\footnote{{See \\url{{{tex(url)}}}.}}\n\n",
        f"\\documentclass{{article}}\n% {CODE}\n\\begin{{document}}\n", f"\\begin{{verbatim}}\n{CODE}\n\\end{{verbatim}}\n\\end{{document}}\n",
    ),
    "bibtex": lambda n, listed: f"% {CODE}\n" + "".join(
        f"@{('misc', 'online')[at % 2]}{{k{at},\n  title = {{{words}}},\n  url = {{{url}}},\n  urldate = {{2024-03-05}},\n}}\n\n"
        for at, (words, url) in enumerate(listed)
    ),
    "rst": lambda n, listed: f"T{n}\n===\n\n.. {CODE}\n\n" + "".join(
        f"{words}, `says he {at} <{url}>`__ and Word{at}_.\n\n.. _Word{at}: {url}\n\n" for at, (words, url) in enumerate(listed)
    ) + f"::\n\n   {CODE}\n",
    "asciidoc": each(lambda words, url: f"{words}, {url}[says he], link:{url}[and].\n\n", "= T\n\n", f"----\n{CODE}\n----\n"),
    "org": each(lambda words, url: f"{words}, [[{url}][says he]] and [[{url}]].\n\n", "* T\n", f"#+begin_src sh\ncurl {CODE}\n#+end_src\n"),
    "gemtext": each(lambda words, url: f"{words}\n=> {url} says he\n", "# T\n", f"```\n{CODE}\n```\n"),
    "wikitext": each(
        lambda words, url: f"{words}.<ref>{{{{cite web |url={url} |title=The plan |access-date=2024-03-05}}}}</ref> See [{url} it].\n\n",
        "", f"<nowiki>{CODE}</nowiki>\n",
    ),
    "ipynb": notebook,
    "ris": each(lambda words, url: f"TY  - ELEC\nTI  - {words}\nUR  - {url}\nY2  - 2024/03/05/\nER  - \n\n"),
    "csl-json": lambda n, listed: json.dumps([{"id": f"k{at}", "type": "webpage", "title": words, "URL": url} for at, (words, url) in enumerate(listed)], indent=2),
    "json": lambda n, listed: json.dumps({"sources": [{"title": words, "url": url} for words, url in listed]}, indent=n % 3 or None),
    "yaml": each(lambda words, url: f'- title: "{words}"\n  url: {url}\n', f"# {CODE}\n"),
    "toml": each(lambda words, url: f'[[sources]]\ntitle = "{words}"\nurl = "{url}"\n\n', f"# {CODE}\n"),
    "csv": each(lambda words, url: f'"{words}",{url}\n', "title,url\n"),
    "tsv": each(lambda words, url: f"{words}\t{url}\n", "title\turl\n"),
    "opml": each(lambda words, url: f'<outline text="{words}" type="link" url="{xml(url)}"/>\n', '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0"><head/><body>\n', "</body></opml>\n"),
    "bookmarks": each(lambda words, url: f'<DT><A HREF="{xml(url)}" ADD_DATE="1709630000">{words}</A>\n', '<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n<DL><p>\n', "</DL><p>\n"),
}  # fmt: skip
SUFFIXES = {"latex": "tex", "bibtex": "bib", "asciidoc": "adoc", "gemtext": "gmi", "wikitext": "wiki", "quarto": "qmd", "csl-json": "csljson", "bookmarks": "html"}  # fmt: skip
MARKED = ("md", "html", "txt", "latex", "rst", "org", "wikitext")
"""Formats that may begin with a byte order mark."""


def text_file(format: str, number: int, after: bool) -> bytes:
    text = BUILDERS[format](number, paragraphs(number, after))
    text = text.replace("\n", "\r\n") if number % 3 == 1 and format != "ipynb" else text
    return (codecs.BOM_UTF8 if number % 5 == 2 and format in MARKED else b"") + text.encode()


def docx(path: Path, number: int) -> None:
    import docx

    document: Any = docx.Document()
    document.add_heading(f"On the harbour {number}", 0)
    for words, url in paragraphs(number, False):
        paragraph = document.add_paragraph(f"{words}, ", style=("Normal", "List Bullet", "Quote")[number % 3])
        id = paragraph.part.relate_to(url, docx.opc.constants.RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        link = docx.oxml.shared.OxmlElement("w:hyperlink")
        link.set(docx.oxml.shared.qn("r:id"), id)
        run = paragraph.add_run("says he")
        link.append(run._r)
        paragraph._p.append(link)
    document.add_table(2, 2).cell(0, 0).text = "The tide table"
    document.save(path)


def odt(path: Path, number: int) -> None:
    from odf import opendocument, style, table, text

    document = opendocument.OpenDocumentText()
    bold = style.Style(name="Bold", family="text")
    bold.addElement(style.TextProperties(fontweight="bold"))
    document.automaticstyles.addElement(bold)
    document.text.addElement(text.H(outlinelevel=1, text=f"On the harbour {number}"))
    for words, url in paragraphs(number, False):
        paragraph = text.P(text=f"{words}, ")
        paragraph.addElement(text.A(href=url, type="simple", text="says he", stylename=bold if number % 2 else None))
        document.text.addElement(paragraph)
    if number % 4 == 0:
        document.text.addElement(table.Table(name="T"))
    document.save(path)


def opened(path: Path, format: str) -> Iterator[str]:
    """The link targets that the library of the format's own application reads; for some, that it reads it at all."""
    data = path.read_bytes()
    text = data.decode("utf-8-sig") if format not in ("docx", "odt") else ""
    match format:
        case "docx":
            import docx

            yield from (
                relation.target_ref for relation in docx.Document(str(path)).part.rels.values() if relation.is_external
            )
        case "odt":
            from odf import opendocument
            from odf.text import A

            yield from (link.getAttribute("href") for link in opendocument.load(path).getElementsByType(A))
        case "ipynb":
            import nbformat

            book = nbformat.reads(text, as_version=4)
            nbformat.validate(book)
            for cell in book.cells:
                yield from re.findall(r"\]\((\S+)\)", cell.source if cell.cell_type == "markdown" else "")
        case "bibtex":
            import bibtexparser

            library = bibtexparser.parse_string(text)
            assert library.failed_blocks == []
            yield from (entry.fields_dict["url"].value for entry in library.entries)
        case "json":
            yield from (source["url"] for source in json.loads(text)["sources"])
        case "csl-json":
            yield from (item["URL"] for item in json.loads(text))
        case "yaml":
            yield from (item["url"] for item in yaml.safe_load(text))
        case "toml":
            yield from (item["url"] for item in tomllib.loads(text)["sources"])
        case "csv" | "tsv":
            yield from (
                row["url"] for row in csv.DictReader(io.StringIO(text), delimiter="," if format == "csv" else "\t")
            )
        case "opml":
            yield from (str(url) for url in etree.fromstring(data).xpath("//outline/@url"))


OPENED = ("docx", "odt", "ipynb", "bibtex", "json", "csl-json", "yaml", "toml", "csv", "tsv", "opml")


def test_every_format_that_can_be_written_is_here() -> None:
    assert {*BUILDERS, "docx", "odt"} == set(EDITABLE)


def decide(root: Path) -> None:
    decisions = [
        {"action": "replace", "url": url.partition("#")[0], "who": "ada", "when": "2026-01-05T07:00:00Z",
         "replacement": new}
        for url, new in TARGETS.items()
    ]  # fmt: skip
    (root / "archive").mkdir(exist_ok=True)
    (root / "archive" / "decisions.jsonl").write_text(
        "".join(json.dumps(replacement) + "\n" for replacement in decisions)
    )


@pytest.mark.long
@pytest.mark.parametrize("format", sorted(BUILDERS))
def test_twenty_texts_twice(format: str, folder: Any) -> None:
    names = [f"{number:02}.{SUFFIXES.get(format, format)}" for number in range(FILES)]
    before = [text_file(format, number, False) for number in range(FILES)]
    after = [text_file(format, number, True) for number in range(FILES)]
    assert before != after
    for name, data in zip(names, before, strict=True):
        (folder.root / name).write_bytes(data)
    folder.check(*names)
    decide(folder.root)
    wrote = folder.run("fix", *names, "--write", "-q")
    assert wrote.code == 0, wrote.err
    written = [(folder.root / name).read_bytes() for name in names]
    for number in range(FILES):
        assert written[number] == after[number], names[number]
    again = folder.run("fix", *names, "--write", "-q")
    assert (again.code, again.out, again.err) == (0, "", "")
    assert [(folder.root / name).read_bytes() for name in names] == written
    if format in OPENED:
        for number, name in enumerate(names):
            assert list(opened(folder.root / name, format)) == [url for _, url in paragraphs(number, True)]


@pytest.mark.long
@pytest.mark.parametrize(("format", "make"), [("docx", docx), ("odt", odt)])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_twenty_packages_twice(format: str, make: Callable[[Path, int], None], folder: Any) -> None:
    paths = [folder.root / f"{number:02}.{format}" for number in range(FILES)]
    for number, path in enumerate(paths):
        make(path, number)
    before = [members(path) for path in paths]
    names = [path.name for path in paths]
    folder.check(*names)
    decide(folder.root)
    wrote = folder.run("fix", *names, "--write", "-q")
    assert wrote.code == 0, wrote.err
    for number, path in enumerate(paths):
        after = members(path)
        assert list(after) == list(before[number])
        changed = {name for name in after if after[name] != before[number][name]}
        assert changed <= {"word/_rels/document.xml.rels", "content.xml"}
        for name in changed:
            expected = before[number][name].decode()
            for old, new in TARGETS.items():
                expected = expected.replace(f'"{xml(old)}"', f'"{xml(new)}"')
            assert after[name].decode() == expected
        assert sorted(opened(path, format)) == sorted(url for _, url in paragraphs(number, True))
    written = [path.read_bytes() for path in paths]
    again = folder.run("fix", *names, "--write", "-q")
    assert (again.code, again.out, again.err) == (0, "", "")
    assert [path.read_bytes() for path in paths] == written


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}
