"""The judge without the words of one language: how much of what it finds is words, and how much is structure.

A page in that language is judged without any phrase of rules.toml and without any stem of signs.toml; what rests on
headers, hosts, paths, scripts, numbers and the page's build is left. Pages in other languages are judged as always.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from linkarchive.judge import rules, topics, walls
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.model import Case

_FUNCTION_WORDS = {
    "english": "the of and to in is you that it this for not are was with your have be or by on has been from at",
    "german": "der die das und ist nicht sie ihre wir auf den dem ein eine zu mit für von bei im wird wurde oder",
    "other": "la le les des est el los las que una il di che na się jest nie em os não het een niet van och att",
}
LANGUAGES = ("english", "german")
_CODES = {"english": "en", "german": "de"}
_OF_WORDS = ("heading", "whole", "text", "line", "label")
_LANG = re.compile(r"<html[^>]{0,500}?\blang\s*=\s*[\"']?([a-z]{2})", re.I)
_WORD = re.compile(r"[^\W\d_]+")
_LEAST = 2


def speaks(language: str, case: Case) -> bool:
    """Today's page is in the language: by its function words, or by what it declares where it has hardly any."""
    page = ParsedPage(case.after)
    words = _WORD.findall(" ".join((page.title, *page.own_lines)).lower())
    counts = {name: sum(word in known.split() for word in words) for name, known in _FUNCTION_WORDS.items()}
    if max(counts.values()) >= _LEAST:
        return counts[language] == max(counts.values())
    declared = _LANG.search(page.source[:5000])
    ascii_words = all(word.isascii() for word in words)
    return declared[1].lower() == _CODES[language] if declared else language == "english" and ascii_words


def without(language: str | None, case: Case) -> Any:
    """A context in which the case is judged without words, if its page is in the language."""
    return _wordless() if language is not None and speaks(language, case) else nullcontext()


@contextmanager
def _wordless() -> Iterator[None]:
    known, stems, denied_in, consent = rules.RULES, topics.stems(), topics.denied_in, walls._CONSENT_WORDS
    rules.use(rule for rule in known if rule.where not in _OF_WORDS)
    # What the judge has as constants is exchanged while a page is judged; their types have no empty form.
    topics.use(dict.fromkeys(stems, ()))
    topics.denied_in = lambda _: frozenset()  # type: ignore[assignment]  # see above
    walls._CONSENT_WORDS = ()  # type: ignore[assignment]  # see above
    try:
        yield
    finally:
        rules.use(known)
        topics.use(stems)
        topics.denied_in, walls._CONSENT_WORDS = denied_in, consent
