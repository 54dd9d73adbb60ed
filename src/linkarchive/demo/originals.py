"""The articles of the demo, and their original pages: the same text, with the targets that the articles have lost."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib import resources

ARTICLES = ("ferry-question.html", "harbour-bridge.md")
GAZETTE = "https://tidewater-gazette.example"
COUNCIL = "https://brennock-council.example"
REVIEW = "https://saltmarsh-review.example"

RECOVERED: Mapping[str, Mapping[str, str]] = {
    "harbour-bridge.md": {
        "Ines Corrin": f"{REVIEW}/authors/ines-corrin",
        "ferry timetable": "https://tide-tables.example/brennock/ferry.txt",
        "The Town That Sold Its Shore": f"{REVIEW}/essays/sold-its-shore",
        "the tender documents": f"{COUNCIL}/files/tender-lb-07.pdf",
        "a bridge nobody asked for": f"{GAZETTE}/letters/2025-03-02",
    },
    "ferry-question.html": {"a shore that was sold": f"{REVIEW}/essays/sold-its-shore"},
}
"""Lost targets that the original page gives back, by article and anchor text (without quotation marks)."""

_SURVEY_COPY = "Both sides waved [the survey](#) at each other until it came apart at the fold."
# The page was edited after the copy was taken: two links with the same words now, either of which could be meant.
_SURVEY_ORIGINAL = (
    "Then two firms counted the traffic. There was [the survey](https://nightboat.example/survey-spring) that "
    "the builders had paid for, and there was [the survey](https://gullwatch.example/survey-autumn) that the "
    "ferry company had paid for."
)
_POSTER = "[a poster in the ticket hall](#)"


def article(name: str) -> str:
    """The copy of an article as the user of the demo has it."""
    return resources.files("linkarchive.demo").joinpath("articles", name).read_text(encoding="utf-8")


@functools.cache
def essay() -> str:
    """HTML of the essay in the body of its original page."""
    from markdown_it import MarkdownIt

    text = article("harbour-bridge.md")
    text = re.sub(r"(?m)^Original url: .*\n", "", text)
    text = re.sub(r"\A# .*\n", "", text)  # the title is the page's own
    text = text.replace(_SURVEY_COPY, _SURVEY_ORIGINAL).replace(_POSTER, "a poster in the ticket hall")
    for anchor, url in RECOVERED["harbour-bridge.md"].items():
        text = re.sub(rf'\[("?{re.escape(anchor)}"?)\]\(#\)', rf"[\1]({url})", text)
    # The widget is no paragraph of the essay there, but a box.
    text = re.sub(
        r"\*\*Related article:\*\* \[(.+)\]\((.+)\)",
        r'<aside class="related-article"><h4>Related article</h4><a href="\2"><span>\1</span></a></aside>',
        text,
    )
    return str(MarkdownIt("commonmark", {"html": True, "typographer": True}).enable(["smartquotes"]).render(text))


@functools.cache
def notes() -> str:
    """HTML of the notes in the body of their original page."""
    text = article("ferry-question.html")
    text = text.partition("</h1>")[2].partition("</article>")[0]
    for anchor, url in RECOVERED["ferry-question.html"].items():
        text = text.replace(f'<a href="#">{anchor}</a>', f'<a href="{url}">{anchor}</a>')
    return text
