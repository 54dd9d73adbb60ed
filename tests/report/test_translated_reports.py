"""Every sentence of a report comes from the catalog: with one that marks its words, nothing else is left to read."""

from __future__ import annotations

import gettext as standard
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from msgspec import Struct
from msgspec.structs import replace

from linkarchive import translation
from linkarchive.model import ArticleText, Difference, Event, Picture, Pictures, Report, Span, Verdict
from linkarchive.report.formats import View, render
from linkarchive.report.html import render_html
from linkarchive.report.sections import host
from linkarchive.report.summary import headline
from linkarchive.report.terminal import render_terminal
from linkarchive.serve.page import Copy, Notice, draw, draw_copies, draw_looks, draw_message
from linkarchive.serve.review import Findings, Place, Review, Settled
from linkarchive.store.decisions import Decision

ROOT = Path(__file__).parents[2]
CATALOG = ROOT / "src/linkarchive/locale/linkarchive.pot"
NAMES = {"archive", "open", "diff", "accept", "linkarchive", "links", "txt", "UTC", "document", "https"}
"""Words of commands and files, which have no translation."""
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


class Marked(standard.NullTranslations):
    """«Each phrase» of the file of phrases in marks; a phrase that is not in the file is an error."""

    def __init__(self) -> None:
        super().__init__()
        with CATALOG.open(encoding="utf-8") as file:
            entries = [message.id for message in read_po(file) if message.id]
        self.known = {entry if isinstance(entry, str) else entry[0] for entry in entries}

    def gettext(self, message: str) -> str:
        assert message in self.known, f"not in {CATALOG.name}: {message}"
        return f"«{message}»"

    def ngettext(self, one: str, many: str, number: int) -> str:
        assert one in self.known, f"not in {CATALOG.name}: {one}"
        return f"«{one if number == 1 else many}»"


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Marked()
    monkeypatch.setattr(translation, "catalog", lambda: catalog)


@pytest.fixture
def plain(report: Report) -> Report:
    """The report without its hostile texts, and without the address that is cut."""
    odd = ("hostile", "secret", "statistics")
    sources = [source for source in report.sources if not any(name in source.result.url for name in odd)]
    return replace(report, sources=tuple(sources))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, Mapping):
        yield from strings(list(value.items()))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, Struct) or is_dataclass(value):
        names = value.__struct_fields__ if isinstance(value, Struct) else [field.name for field in fields(value)]
        for name in names:
            yield from strings(getattr(value, name))


def left(text: str, *data: Any) -> set[str]:
    """The words of a text that are neither of the catalog nor of the data."""
    text = re.sub("(?:«[^«»…]*)+…", " ", text)  # cut
    while re.search("«[^«»]*»", text):
        text = re.sub("«[^«»]*»", " ", text)
    known = {string.strip() for string in strings(data)} | {host(string) for string in strings(data)}
    for string in sorted(known, key=len, reverse=True):
        if len(string) > 1:
            text = text.replace(string, " ").replace(string.partition("://")[2] or string, " ")
    return set(re.findall("[A-Za-z]{2,}", text)) - NAMES


def visible(html: str) -> str:
    tree = BeautifulSoup(html, "lxml")
    texts = [tree.title.get_text() if tree.title else "", *(option["label"] for option in tree.select("optgroup"))]
    for element in tree.select("[aria-label], [placeholder], [alt], [title]"):
        texts += [element.get(name, "") for name in ("aria-label", "placeholder", "alt", "title")]
    for element in tree.select("style, script, head, noscript"):
        element.decompose()
    return "\n".join([*texts, tree.get_text()])


PICTURE = Picture("image/png", b"", NOW)


@pytest.mark.usefixtures("marked")
def test_nothing_of_the_html_report_is_left_untranslated(plain: Report, differences: Mapping[str, Difference]) -> None:
    seen = plain.sources[0] if isinstance(plain.sources, tuple) else next(iter(plain.sources))
    url = seen.result.url
    texts: dict[str, ArticleText] = {"essays/merger.md": ((Span("Said "), Span("so", url, Verdict.OK)),)}
    timelines = {url: (Event(NOW, "verdict", "an event", Verdict.DEAD),)}
    pictures = {url: Pictures(PICTURE, PICTURE)}
    for reader in (False, True):
        html = render_html(
            plain,
            View(
                differences=differences,
                timelines=timelines,
                texts=texts,
                pictures=pictures,
                name="the project",
                for_reader=reader,
            ),
        )
        assert not left(visible(html), plain, differences, timelines, texts, "the project", "UTC")


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("verbose", [False, True])
def test_nothing_of_the_terminal_report_is_left_untranslated(plain: Report, verbose: bool) -> None:
    text = render_terminal(plain, width=10_000, color=False, verbose=verbose, place="archive/reports/index.html")
    assert not left(text.replace("DEAD", "dead"), plain, "archive/reports/index.html")


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("name", ["markdown", "html"])
def test_nothing_of_a_calm_report_is_left_untranslated(plain: Report, name: str) -> None:
    calm = replace(plain, sources=tuple(plain.sources)[-3:], unresolved=(), articles=(), uncited=())
    text = "".join(render(name, calm))
    assert not left(visible(text) if name == "html" else text.replace("\\", ""), calm)
    assert headline(replace(calm, run=replace(calm.run, offline=True))).startswith("«")


@pytest.mark.usefixtures("marked")
def test_nothing_of_the_review_page_is_left_untranslated(plain: Report, differences: Mapping[str, Difference]) -> None:
    numbers = {source.result.url: number for number, source in enumerate(plain.sources, 1)}
    decisions = [
        Decision(
            when=NOW, who="maria", action=action, url="https://a.example/", article=None, reason="why",
            until=date(2027, 3, 1), replacement="https://b.example/",
        )
        for action in ("accept", "ignore", "replace")
    ]  # fmt: skip
    settled = tuple(Settled(number, decision.url, decision) for number, decision in enumerate(decisions, 90))
    pictures = {next(iter(numbers)): Pictures(PICTURE, PICTURE)}
    findings = Findings((), settled)
    view = View(differences=differences, pictures=pictures, name="folder")
    review = Review(plain, plain, numbers, findings, Place(2, 3, 201, 400, 450), view)
    page = draw(review, "t0ken", Notice("did it", ("trouble",), "accept", (1,)), "again", True)
    assert not left(visible(page.html), plain, differences, settled, "folder", "did it", "trouble", "again")
    copy = Copy(NOW, "ours", 200, "https://a.example/text", "https://a.example/page", "https://a.example/replay")
    for shown in (
        draw_copies("https://a.example/", [copy]),
        draw_copies("https://a.example/", []),
        draw_looks(1, "https://a.example/", Pictures(PICTURE, PICTURE)),
        draw_looks(1, "https://a.example/", Pictures(PICTURE, None)),
        draw_looks(1, "https://a.example/", Pictures(None, None)),
        draw_message("a title", "a text"),
    ):
        assert left(visible(shown.html), copy, "https://a.example/", "a title", "a text") <= {"HTTP"}


@pytest.mark.parametrize("script", sorted((ROOT / "src/linkarchive").rglob("*.js")), ids=lambda path: path.name)
def test_scripts_say_nothing_without_the_catalog(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    for text in re.findall(r'(?:textContent(?: =|:)|"aria-label",)\s*([^;,]+)', source):
        assert not re.match(r'["`](?:[^"`]*[a-z]{2})', text), text


@pytest.mark.usefixtures("marked")
def test_a_page_carries_the_words_of_its_scripts(plain: Report) -> None:
    body = BeautifulSoup(render_html(plain), "lxml").body
    assert body is not None
    assert json.loads(str(body["data-words"]))["In one column"] == "«In one column»"


@pytest.mark.long
def test_the_file_of_phrases_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change of a phrase: CONTRIBUTING.md says how the file is made anew."""
    monkeypatch.chdir(ROOT)
    template = tmp_path / "linkarchive.pot"
    options = ["--no-location", "--omit-header", "--sort-output"]
    CommandLineInterface().run(
        ["pybabel", "extract", "-F", "pyproject.toml", *options, "-o", str(template), "src/linkarchive"]
    )
    assert template.read_text(encoding="utf-8") == CATALOG.read_text(encoding="utf-8")


def test_a_translation_is_taken_by_the_language_of_the_environment(
    plain: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CATALOG.open(encoding="utf-8") as file:
        phrases = read_po(file, locale="de")
    for message in phrases:
        if message.id == "Still open":
            message.string = "Noch offen"
    target = tmp_path / "locale/de/LC_MESSAGES/linkarchive.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, phrases)
    monkeypatch.setattr(translation, "__file__", str(tmp_path / "translation.py"))
    monkeypatch.setenv("LANGUAGE", "de")
    translation.catalog.cache_clear()
    try:
        assert "Noch offen" in render_terminal(plain, width=100, color=False)
    finally:
        translation.catalog.cache_clear()
