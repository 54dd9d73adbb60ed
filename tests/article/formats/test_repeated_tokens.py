"""A text that repeats one token costs a reader in proportion to its length, not to the square of it."""

from __future__ import annotations

import time

import pytest

from linkarchive.article.document import read_document
from linkarchive.article.notes import with_numbered_lists
from linkarchive.article.passage import Link, Passage

SIZE = 8_000
NEGLIGIBLE = 0.5
"""Seconds of processor time for twice that size: below it the ratio says nothing."""

EVERYWHERE = (
    "[1] ",
    "[1] http://a.example/ ",
    "http://a.example/(",
    "doi:10.1000/",
    "(Source) ",
    "accessed 5 March 2024 ",
)
CASES = [(format, token) for format in ("md", "html", "txt", "latex", "asciidoc", "org") for token in EVERYWHERE]
CASES += [("asciidoc", token) for token in ("[", "[[", "http://", "link:++", "pass:[", "<http://", "footnote:[")]
CASES += [("latex", token) for token in ("\\cite[", "\\href{", "\\footnote{", "{", "\\newcommand{\\a}{\\b}", "\\a")]
CASES += [("org", token) for token in ("[fn::", "[[a][", "#+BEGIN_SRC\n", "*a")]
CASES += [("bibtex", token) for token in ("@a{b,c={", '@a{b,c="', "@comment{", "{")]
CASES += [("md", token) for token in ("[a][b]", "![", "^[", "[^a]", "`", "*a_", "<a ", "| a ")]
CASES += [("html", token) for token in ("<a ", "<p>a", "<li>", "<sup>1</sup>", "<!--", '<a href="#a">1</a>')]


def seconds(format: str, text: str) -> float:
    started = time.process_time()
    read_document(text.encode(), format, path=f"x.{format}", in_process=True)
    return time.process_time() - started


@pytest.mark.long
@pytest.mark.parametrize(("format", "token"), CASES)
def test_twice_as_long_is_about_twice_the_work(format: str, token: str) -> None:
    once, twice = (token * (size // len(token)) for size in (SIZE, 2 * SIZE))
    took = seconds(format, twice)
    while took > NEGLIGIBLE and took > 3.5 * seconds(format, once) + NEGLIGIBLE:
        again = seconds(format, twice)
        assert again < took, "as often as it is measured"
        took = again


def test_marks_and_links_of_one_passage_keep_their_places() -> None:
    text = "Costs rose [1] by 12 percent [2]. See a and b.\n[1] first x\n[2] second y"
    at = {word: text.index(word) for word in ("See", " x", " y")}
    links = tuple(Link(f"http://{name.strip()}.example/", 1, start, start + len(name)) for name, start in at.items())
    body, first, second = with_numbered_lists([Passage(1, text, links)])
    assert body.text.startswith("Costs rose by 12 percent. See")
    assert [body.text[link.start : link.end] for link in body.links] == ["See"]
    assert [entry.text.strip() for entry in (first, second)] == ["first x", "second y"]
    assert [[entry.text[link.start : link.end] for link in entry.links] for entry in (first, second)] == [
        [" x"],
        [" y"],
    ]
    assert [(first.line, second.line), len(body.marks)] == [(2, 3), 2]
