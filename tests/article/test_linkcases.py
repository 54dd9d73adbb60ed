"""Link extraction on the public suites of CommonMark, GFM autolinks and linkify-it (../shared/linkcases)."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import pytest

from linkarchive.article.document import read_document

CASES = Path(__file__).parents[3] / "shared" / "linkcases" / "dev.jsonl"
BASE = "https://base.test.dev/d/"

MISSES = {
    "commonmark-501": "a link to a section of the article itself is not a citation",
    "commonmark-602": "we read GFM, which links the bare URL inside the broken autolink",
    "commonmark-608": "we read GFM, which links the bare URL inside the broken autolink",
    "commonmark-611": "we read GFM, which links a bare URL; CommonMark alone does not",
    "linkify-it-links-134": "a quotation mark ends a URL: no URL may hold one (RFC 3986)",
    "gfm-ext-autolink-1": "the suite percent-encodes the host of an emoji domain; ours stays as written",
}


def _cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        return []
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]


def _normal(url: str) -> str:
    """As the scorer of the cases compares: resolved, percent-encoding and IDN hosts normalised."""
    try:
        parts = urlsplit(urljoin(BASE, url.strip()))
    except ValueError:
        return url
    host = parts.netloc
    with contextlib.suppress(UnicodeError):
        host = host.lower() if host.isascii() else host.encode("idna").decode()

    def encoded(text: str) -> str:
        return quote(unquote(text), safe="/:@!$&'()*+,;=~-._?%")

    return urlunsplit(
        (parts.scheme.lower(), host, encoded(parts.path) or "/", encoded(parts.query), encoded(parts.fragment))
    )


def _web(urls: set[str]) -> set[str]:
    return {url for url in urls if url.startswith("http")}


def _is_right(case: dict[str, Any]) -> bool:
    data = (
        base64.b64decode(case["input_b64"]) if "input_b64" in case else case["input"].encode("utf-8", "surrogateescape")
    )
    article = read_document(data, case["format"], path=f"case.{case['format']}", base_url=BASE, everything=True)
    urls = _web({_normal(citation.url) for citation in article.citations if citation.url})
    expected = _web({_normal(url) for url in case["expect"] if url})
    return {"set": urls == expected, "has": expected <= urls, "none": not urls}[case["mode"]]


@pytest.fixture(scope="module")
def wrong() -> set[str]:
    cases = _cases()
    if not cases:
        pytest.skip("../shared/linkcases is not there")
    return {case["id"] for case in cases if not _is_right(case)}


def test_at_least_305_of_313_cases_are_right(wrong: set[str]) -> None:
    cases = _cases()
    assert len(cases) == 313
    assert len(cases) - len(wrong) >= 305


def test_every_miss_is_explained(wrong: set[str]) -> None:
    assert wrong <= set(MISSES)


@pytest.mark.parametrize("case", MISSES, ids=[f"{case}: {why}" for case, why in MISSES.items()])
def test_known_miss(case: str, wrong: set[str]) -> None:
    """Fails when a miss is one no longer: then its explanation goes."""
    assert case in wrong
