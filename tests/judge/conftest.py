"""Small pages written for these tests, and a short way to a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from linkarchive.model import Case, Hop, Page

URL = "https://news.example/2021/05/talks-on-the-border"

PARAGRAPHS = (
    "The two governments met on the border last week to discuss how goods should pass between them in winter.",
    "Officials of both sides described the meeting as useful, although no document was signed at the end of it.",
    "A spokesman for the northern delegation said that trains would run again as soon as the bridge was repaired.",
    "Repairs have been delayed three times because the steel that was ordered did not have the agreed quality.",
    "Traders in the market towns complain that the detour through the hills costs them two days and much fuel.",
    "The chamber of commerce counted 1,240 lorries that waited at the crossing in a single night of February.",
    "“No equal conditions, no union,” the minister told reporters when she left the town hall in the evening.",
    "Her colleague Marta Lindqvist from the south answered that patience had always served both countries well.",
    "Economists at the coastal university estimate the damage at 3.5 million euros for every month of closure.",
    "Farmers have begun to sell their milk to cooperatives in the valley, where prices are lower than at home.",
    "A second round of talks is planned for the spring, and observers from the river commission are invited.",
    "Until then the customs officers will keep to the shorter hours that were agreed upon four years ago.",
)


@pytest.fixture
def paragraphs() -> tuple[str, ...]:
    return PARAGRAPHS


@pytest.fixture
def article() -> Callable[..., str]:
    """An article page; `extra` is HTML at the end of the article, `frame` at the end of the body."""

    def make(
        paragraphs: tuple[str, ...] = PARAGRAPHS,
        title: str = "Talks on the border",
        extra: str = "",
        frame: str = "",
        head: str = "",
    ) -> str:
        text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        return (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} | News Example</title>{head}'
            '</head><body><nav><a href="/">Home</a> <a href="/world">World</a></nav>'
            f"<main><article><h1>{title}</h1>{text}{extra}</article></main>"
            f"{frame}<footer>News Example, all rights reserved</footer></body></html>"
        )

    return make


@pytest.fixture
def page() -> Callable[..., Page]:
    def make(
        html: str | bytes = "",
        status: int | None = 200,
        final_url: str = URL,
        headers: Mapping[str, str] | None = None,
        hops: tuple[Hop, ...] = (),
        mime: str = "text/html; charset=utf-8",
    ) -> Page:
        body = html.encode() if isinstance(html, str) else html
        return Page(final_url, status, {"content-type": mime, **(headers or {})}, body, hops)

    return make


@pytest.fixture
def case(page: Callable[..., Page]) -> Callable[..., Case]:
    """A case from the HTML (or Page) of the visit and of the baseline."""

    def make(after: str | Page, before: str | Page | None = None, url: str = URL, **facts: Any) -> Case:
        def as_page(what: str | Page) -> Page:
            return page(what) if isinstance(what, str) else what

        return Case("x", url, as_page(after), None if before is None else as_page(before), **facts)

    return make
