"""What a folder of mixed files costs: `archive check FOLDER` on posts, theses, notes, notebooks, mail and pictures.

    python benchmarks/folder.py                1,000 files, and a second run in which nothing changed
    python benchmarks/folder.py --files 100    a smaller one

The web stands on this machine, in a process of its own, behind a proxy for all host names. Settings are the defaults.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from look import check, web

HOSTS = 50
PAGES = 400
"""Pages that the files cite, each of some 4 KB."""


def cited(number: int) -> list[tuple[str, str]]:
    """Three sentences of a file, each with the page that it cites."""
    pages = [(number * 7 + at * 131) % PAGES for at in range(3)]
    return [
        (f"The survey of district {page} counted {page * 37 + 500} boats in 2024", page_url(page)) for page in pages
    ]


def page_url(page: int) -> str:
    return f"http://h{page % HOSTS}.example/page/4000/100/{page}"


def markdown(number: int) -> str:
    lines = [f"{words} ([source]({url}))." for words, url in cited(number)]
    return f"---\ntitle: Post {number}\ndate: 2026-01-05\n---\n\n" + "\n\n".join(lines) + "\n"


def html(number: int) -> str:
    lines = "".join(f'<p>{words} (<a href="{url}">source</a>).</p>' for words, url in cited(number))
    return (
        f"<!doctype html><html><head><title>Post {number}</title></head><body><article>{lines}</article></body></html>"
    )


def text(number: int) -> str:
    return "\n".join(f"{words}: {url}" for words, url in cited(number)) + "\n"


def latex(number: int) -> str:
    lines = "\n\n".join(rf"{words}.\footnote{{\url{{{url}}}}}" for words, url in cited(number))
    return rf"\documentclass{{article}}\title{{Paper {number}}}\begin{{document}}{lines}\end{{document}}" + "\n"


def rest(number: int) -> str:
    lines = "\n\n".join(f"{words} (`source <{url}>`__)." for words, url in cited(number))
    return f"Note {number}\n{'=' * (5 + len(str(number)))}\n\n{lines}\n"


def org(number: int) -> str:
    return (
        f"#+TITLE: Note {number}\n\n"
        + "\n\n".join(f"{words} [[{url}][source]]." for words, url in cited(number))
        + "\n"
    )


def wikitext(number: int) -> str:
    return "\n\n".join(f"{words}.<ref>[{url} Survey]</ref>" for words, url in cited(number)) + "\n"


def notebook(number: int) -> str:
    cells = [
        {"cell_type": "markdown", "id": f"c{at}", "metadata": {}, "source": [f"{words} ([source]({url}))."]}
        for at, (words, url) in enumerate(cited(number))
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def mail(number: int) -> str:
    body = "\n".join(f"{words}: {url}" for words, url in cited(number))
    return f"From: a@h.example\nSubject: Letter {number}\nContent-Type: text/plain; charset=utf-8\n\n{body}\n"


def table(number: int) -> str:
    return "claim,url\n" + "".join(f"{words},{url}\n" for words, url in cited(number))


def picture(number: int) -> str:
    return f"not a picture {number}"


KINDS: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("md", markdown),
    ("md", markdown),
    ("html", html),
    ("md", markdown),
    ("tex", latex),
    ("rst", rest),
    ("org", org),
    ("wiki", wikitext),
    ("ipynb", notebook),
    ("txt", text),
    ("docx", text),
    ("eml", mail),
    ("csv", table),
    ("jpg", picture),
)
"""Of an ordinary folder; mail, tables and pictures are counted, not read."""


def docx(path: Path, number: int) -> None:
    """A Word document with a hyperlink in each paragraph."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    body = "".join(
        f"<w:p><w:r><w:t>{words}: </w:t></w:r>"
        f'<w:hyperlink r:id="r{at}"><w:r><w:t>source</w:t></w:r></w:hyperlink></w:p>'
        for at, (words, _) in enumerate(cited(number))
    )
    links = "".join(
        f'<Relationship Id="r{at}" Type="{office}/hyperlink" Target="{url}" TargetMode="External"/>'
        for at, (_, url) in enumerate(cited(number))
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/word/document.xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        )
        main = f'<Relationship Id="d" Type="{office}/officeDocument" Target="word/document.xml"/>'
        file.writestr("_rels/.rels", f'<Relationships xmlns="{package}">{main}</Relationships>')
        file.writestr(
            "word/document.xml", f'<w:document xmlns:w="{word}" xmlns:r="{office}"><w:body>{body}</w:body></w:document>'
        )
        file.writestr("word/_rels/document.xml.rels", f'<Relationships xmlns="{package}">{links}</Relationships>')


def fill(folder: Path, files: int) -> None:
    for number in range(files):
        suffix, write = KINDS[number % len(KINDS)]
        path = folder / f"{number // 100:02}" / f"file-{number}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if suffix == "docx":
            docx(path, number)
        else:
            path.write_text(write(number), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    options = parser.parse_args()
    with web() as proxy, tempfile.TemporaryDirectory() as name:
        project = Path(name)
        fill(project / "texts", options.files)
        for day in ("2026-01-05", "2026-01-12"):
            cost = check(project, proxy, day, "texts")
            print(f"{day}: wall {cost.wall:.1f} s  CPU {cost.cpu:.1f} s  memory {cost.memory / 1024:.0f} MB")
            print("\n".join(line for line in cost.words.splitlines() if "not read" in line))


if __name__ == "__main__":
    main()
