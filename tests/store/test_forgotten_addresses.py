"""What is told of other sources does not name a forgotten one: neither in full nor by its path on their site."""

from __future__ import annotations

import json
from typing import Any

import pytest

from linkarchive.store.forget import Forgetting

FORGOTTEN, OTHER = "http://alpha.example/2019/a", "http://alpha.example/2019/b"
RULE = "the site's pages moved from {} to /news/x; 2 others did"
PARENT = "the page that linked to it, {}, links to it there now"


def visit(words: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("last_good", "capture", "final_url", "suggested_url", "baseline"))
    result = {"url": OTHER, "hops": [], "citations": [], "suggested_by": words, **nothing}
    return {"visit": {"source": OTHER, "outcome": result}}


def answer(words: str) -> dict[str, Any]:
    note = json.dumps({"how": words, "confidence": 0.9})
    return {"answer": {"source": OTHER, "told": {"question": "moved", "note": note, "url": "http://alpha.example/x"}}}


@pytest.mark.parametrize(
    ("words", "is_told"),
    [
        (RULE.format("/2019/a"), False),
        (RULE.format(FORGOTTEN), False),
        (PARENT.format(FORGOTTEN), False),
        (RULE.format("/2019/c"), True),
        (RULE.format("/2019/ab"), True),
        ("a page of that name stands on the site", True),
        ("http://[ and // and /", True),
    ],
)
@pytest.mark.parametrize("entry", [visit, answer])
def test_how_a_new_address_was_found(entry: Any, words: str, is_told: bool) -> None:
    line = json.dumps(entry(words)).encode() + b"\n"
    kept = Forgetting.of([FORGOTTEN], (), ()).log_line(line, {})
    assert kept is not None
    assert (words in kept.decode()) == is_told
    if is_told:
        assert kept == line
