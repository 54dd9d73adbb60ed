"""New targets in every format that can be written, by `fix_article`: only they change, and only once."""

# ruff: noqa: E501 - documents stand here as they are

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from linkarchive.article.document import read_document
from linkarchive.article.fix import EDITABLE, Replacement, fix_article

OLD, NEW = "http://old.example/a_b?x=1&y=2%203", "https://new.example/p_q?r=5&s=%20t#u"
ODF = "urn:oasis:names:tc:opendocument:xmlns"
MAIN = "http://schemas.openxmlformats.org"


def notebook(number: int, url: str) -> str:
    source = [f"# Cell {number}\n", f"see [the plan]({url}) \u00e9\n", "`http://old.example/`"]
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": source},
        {"cell_type": "code", "source": [f"get('{OLD}')"]},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1 + number % 3)


def xml(url: str) -> str:
    return url.replace("&", "&amp;")


def backslashed(url: str) -> str:
    return url.replace("_", r"\_").replace("&", r"\&").replace("%", r"\%").replace("#", r"\#")


def in_command(url: str) -> str:
    return url.replace("%", r"\%").replace("#", r"\#")


WRITERS: dict[str, Callable[[int, str], str]] = {
    "latex": lambda n, u: (
        f"\\title{{T{n}}}\n\\begin{{document}}\nSee \\href{{{u if u == OLD else in_command(u)}}}{{the plan {n}}} "
        f"and {backslashed(u)}.\n% {OLD}\n\\end{{document}}\n"
    ),
    "bibtex": lambda n, u: f"@misc{{k{n},\n  title = {{The plan}},\n  url = {{{u}}},\n}}\n% {OLD}\n",
    "rst": lambda n, u: f"T{n}\n===\n\nSee `the plan <{u}>`_, Council_ and {u}.\n\n.. _Council: {u}\n\n.. {OLD}\n",
    "asciidoc": lambda n, u: f"= T{n}\n\nSee {u}[the plan] and link:{u}[that].\n\n----\n{OLD}\n----\n",
    "org": lambda n, u: f"* T{n}\nSee [[{u}][the plan]], {u} and ={OLD}=.\n",
    "gemtext": lambda n, u: f"# T{n}\n=> {u} The plan\n```\n{OLD}\n```\n",
    "wikitext": lambda n, u: (
        f"It fell {n}.<ref>{{{{cite web |url={u} |title=T}}}}</ref> [{u} plan] <nowiki>{OLD}</nowiki>\n"
    ),
    "ipynb": notebook,
    "mdx": lambda n, u: f'import x from "y"\n\n# T{n}\n\n<Card>\n\nSee [it]({u}).\n\n</Card>\n\n{{/* {OLD} */}}\n',
    "quarto": lambda n, u: f"---\ntitle: T{n}\n---\n\n::: {{.note}}\nSee [it]({u}).\n:::\n\n```{{r}}\n'{OLD}'\n```\n",
    "ris": lambda n, u: f"TY  - ELEC\nTI  - T{n}\nUR  - {u}\nER  - \n",
    "csl-json": lambda n, u: json.dumps([{"id": n, "type": "webpage", "title": "T", "URL": u}], indent=2),
    "json": lambda n, u: json.dumps({"title": f"T{n}", "sources": [{"url": u}]}),
    "yaml": lambda n, u: f'# {OLD}\n- title: T{n}\n  url: "{u}"\n- {u}\n',
    "toml": lambda n, u: f'# {OLD}\n[[s]]\ntitle = "T{n}"\nurl = "{u}"\n',
    "csv": lambda n, u: f"title,url\nT{n},{u}\n",
    "tsv": lambda n, u: f"title\turl\nT{n}\t{u}\n",
    "opml": lambda n, u: (
        f'<opml version="2.0"><!-- {xml(OLD)} --><body><outline text="T{n}" url="{xml(u)}"/></body></opml>\n'
    ),
    "bookmarks": lambda n, u: f'<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><DT><A HREF="{xml(u)}">T{n}</A></DL>\n',
}


def replaced(data: bytes, format: str, path: str) -> tuple[bytes, int]:
    article = read_document(data, format, path=path)
    wanted = [Replacement(at, NEW, "moved") for at, citation in enumerate(article.citations) if citation.url == OLD]
    fixed = fix_article(data, format, path, wanted)
    assert not fixed.refusals
    return fixed.data, len(wanted)


def test_every_text_format_has_its_case() -> None:
    assert set(WRITERS) == set(EDITABLE) - {"md", "html", "txt", "docx", "odt"}


@pytest.mark.parametrize("format", sorted(WRITERS))
def test_only_the_targets_change(format: str) -> None:
    for number in range(20):
        ends = "\r\n" if number % 2 and format not in ("eml",) else "\n"
        mark = b"\xef\xbb\xbf" if number % 3 == 0 and format not in ("json", "csl-json", "ipynb") else b""
        before, after = (mark + WRITERS[format](number, url).replace("\n", ends).encode() for url in (OLD, NEW))
        data, count = replaced(before, format, f"x.{format}")
        assert count
        assert data == after
        assert replaced(data, format, f"x.{format}") == (data, 0)


def package(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        for name, text in parts.items():
            new.writestr(name, text, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def docx(number: int, url: str) -> bytes:
    office = f"{MAIN}/officeDocument/2006/relationships"
    names = f'xmlns:w="{MAIN}/wordprocessingml/2006/main" xmlns:r="{office}"'
    body = f'<w:p><w:hyperlink r:id="r1"><w:r><w:t>plan {number}</w:t></w:r></w:hyperlink></w:p>'
    kind = "application/vnd.openxmlformats"
    return package(
        {
            "[Content_Types].xml": f'<Types xmlns="{MAIN}/package/2006/content-types"><Default Extension="rels" '
            f'ContentType="{kind}-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{kind}-officedocument.wordprocessingml.document.main+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{MAIN}/package/2006/relationships"><Relationship Id="d" '
            f'Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f"<w:document {names}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{MAIN}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{office}/hyperlink" Target="{xml(url)}" TargetMode="External"/></Relationships>',
            "word/media/old.txt": OLD,
        }
    )


def odt(number: int, url: str) -> bytes:
    content = (
        f'<office:document-content xmlns:office="{ODF}:office:1.0" xmlns:text="{ODF}:text:1.0" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink"><office:body><office:text><text:p>See '
        f'<text:a xlink:href="{xml(url)}">plan {number}</text:a>.</text:p></office:text></office:body></office:document-content>'
    )
    return package({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, "note.txt": OLD})


@pytest.mark.long
@pytest.mark.parametrize(("format", "make"), [("docx", docx), ("odt", odt)])
def test_of_a_package_every_other_member_stays(format: str, make: Callable[[int, str], bytes]) -> None:
    for number in range(2):
        data, count = replaced(make(number, OLD), format, f"x.{format}")
        assert count == 1
        with zipfile.ZipFile(io.BytesIO(data)) as written, zipfile.ZipFile(io.BytesIO(make(number, NEW))) as expected:
            assert written.namelist() == expected.namelist()
            for name in expected.namelist():
                assert written.read(name) == expected.read(name)
                assert written.getinfo(name).compress_type == expected.getinfo(name).compress_type
        assert replaced(data, format, f"x.{format}") == (data, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "It fell.<ref>{{cite web |url=http://old.example/a |title=T |access-date=5 March 2024}}</ref>",
            "It fell.<ref>{{cite web |url=http://old.example/a |title=T |access-date=5 March 2024 "
            "|archive-url=https://archive.example/x |archive-date=7 May 2024 |url-status=dead}}</ref>",
        ),
        (
            "{{Cite news\n | url = http://old.example/a\n | title = T\n | url-status = live\n}}",
            "{{Cite news\n | url = http://old.example/a\n | title = T\n | url-status = dead\n"
            " | archive-url = https://archive.example/x\n | archive-date = 2024-05-07\n}}",
        ),
        (
            "{{Internetquelle |url=http://old.example/a |titel=T}}",
            "{{Internetquelle |url=http://old.example/a |titel=T |archiv-url=https://archive.example/x "
            "|archiv-datum=2024-05-07 |offline=1}}",
        ),
        ("[http://old.example/a T]", "[https://archive.example/x T]"),
    ],
)
def test_the_copy_of_a_dead_source_in_wikitext(before: str, after: str) -> None:
    from datetime import date

    wanted = [Replacement(0, "https://archive.example/x", "dead", "http://old.example/a", date(2024, 5, 7))]
    fixed = fix_article(before.encode(), "wikitext", "x.wiki", wanted)
    assert fixed.data.decode() == after
    assert not fixed.refusals
    if "archive" in before or "{{" in before:
        assert fix_article(fixed.data, "wikitext", "x.wiki", wanted).data == fixed.data
