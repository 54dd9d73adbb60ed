"""The rules of `rules.toml`: what walls, error pages, parking pages and notices look like, as data."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from linkarchive.judge import words
from linkarchive.urls import is_within

_FOLDED = (("'", "’‘‚‛ʼʹ′`´"), ('"', "“”„‟«»‹›″"), ("-", "‐‑‒–—―−"), ("", "\u00ad"))
_SPELLINGS = re.compile(f"[{''.join(spellings for _, spellings in _FOLDED)}]")
_SHORT = 300
"""Characters up to which one search is faster than looking for each spelling."""
_ACCENTS = re.compile("[\u0300-\u036f]")
_STROKES = str.maketrans("łøđıæœħŧ", "lodiaoht")
_PARTS = re.compile(r"\s[|:·•»«/-]+\s|[|·•»]+")
# Scripts that put no spaces between words: a phrase in them has no word boundaries to look for.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


_LINE = 40
"""Words of a line that can be a notice."""


@dataclass(frozen=True, slots=True)
class Rule:
    kind: str
    where: str
    phrases: tuple[str, ...]
    """As `normal` spells them."""
    large: bool
    """Tells whatever the length of the page; else only on a page with little text of its own."""
    nouns: tuple[str, ...]
    """One of them must stand beside the phrase, in the same heading or line; none: nothing must."""
    hosts: tuple[str, ...]
    source: str
    date: str


def normal(text: str) -> str:
    """Compatibility forms, case, accents, quotation marks, dashes and white space made one."""
    if not text.isascii():
        text = _without_accents(words.fold(_one_spelling(unicodedata.normalize("NFKC", _one_spelling(text)))))
    return " ".join(text.casefold().split())


def _without_accents(text: str) -> str:
    """Pages write their notices with accents or without; Hangul and kana are no letters with accents."""
    if text.isascii():
        return text
    text = _ACCENTS.sub("", unicodedata.normalize("NFD", text)).translate(_STROKES)
    return unicodedata.normalize("NFC", text)


def _one_spelling(text: str) -> str:
    if len(text) <= _SHORT and _SPELLINGS.search(text) is None:
        return text
    for mark, spellings in _FOLDED:
        for spelling in spellings:
            text = text.replace(spelling, mark)
    return text


def load_rules(text: str) -> tuple[Rule, ...]:
    """The rules of a TOML text of the form that `rules.toml` explains."""
    return tuple(
        Rule(
            kind=entry["kind"],
            where=entry["where"],
            phrases=tuple(dict.fromkeys(normal(phrase) for phrase in entry["any"])),
            large=entry.get("large", False),
            nouns=tuple(dict.fromkeys(normal(noun) for noun in entry.get("nouns", ()))),
            hosts=tuple(entry.get("hosts", ())),
            source=entry["source"],
            date=entry["date"],
        )
        for entry in tomllib.loads(text)["rule"]
    )


RULES = load_rules(resources.files("linkarchive.judge").joinpath("rules.toml").read_text(encoding="utf-8"))


_BY_PLACE: dict[tuple[str, str], tuple[Rule, ...]] = {}
_HOSTS: dict[str, frozenset[str]] = {}
_TELLING: set[str] = set()
"""The longest word of each phrase that a heading of a wall or an error page has."""
_WALLS = ("challenge", "blocked", "not-found", "consent", "login", "platform-login", "maintenance")
_WORD = re.compile(r"\w+")


def use(rules: Iterable[Rule]) -> None:
    """Judge by these rules from now on; those of rules.toml are in use from the start."""
    for known in (_BY_PLACE, _HOSTS, _TELLING):
        known.clear()
    in_host.cache_clear()
    for rule in rules:
        key = (rule.kind, rule.where)
        _BY_PLACE[key] = (*_BY_PLACE.get(key, ()), rule)
        _HOSTS[rule.kind] = _HOSTS.get(rule.kind, frozenset()).union(rule.hosts)
        if rule.kind in _WALLS and rule.where in ("heading", "whole", "line"):
            _TELLING.update(max(_WORD.findall(phrase), key=len, default="") for phrase in rule.phrases)


def of(kind: str, where: str) -> tuple[Rule, ...]:
    return _BY_PLACE.get((kind, where), ())


def in_text(kind: str, text: str, where: str = "text", host: str = "") -> str | None:
    """The first phrase of a kind that stands in a text (normalised by `normal`), as whole words."""
    for rule in of(kind, where):
        if rule.hosts and not is_within(host, rule.hosts):
            continue
        for phrase in rule.phrases:
            if phrase in text and (where in ("source", "tag") or _bounded(phrase, text)):
                return phrase
    return None


def label(kind: str, text: str) -> str | None:
    """The phrase of a kind that a normalised text begins with, beside one of its nouns where it has some."""
    for rule in of(kind, "label"):
        for phrase in rule.phrases:
            begins = text.startswith(phrase) and _bounded(phrase, text[: len(phrase) + 1])
            if begins and (not rule.nouns or any(noun in text for noun in rule.nouns)):
                return phrase
    return None


def in_lines(kind: str, lines: Iterable[str]) -> tuple[str, str] | None:
    """(phrase, line) of the first short line that has one of a rule's phrases beside one of its nouns."""
    for line in lines:
        text = normal(line)
        if not 0 < text.count(" ") < _LINE:
            continue
        for rule in of(kind, "line"):
            phrase = next((phrase for phrase in rule.phrases if phrase in text and _bounded(phrase, text)), None)
            if phrase and any(noun in text and _bounded(noun, text) for noun in rule.nouns):
                return phrase, line
    return None


@lru_cache(256)
def parts(heading: str) -> tuple[str, ...]:
    """A heading's parts (normalised), as they are cut by | - : · » —; the whole of it first."""
    text = normal(heading)
    return tuple(part.strip(" .!?:…-\"'()[]") for part in (text, *_PARTS.split(text)))


def is_most_of(phrase: str, heading: str, share: float = 0.5) -> bool:
    """The phrase is at least this share of the heading's part that it stands in."""
    part = min((part for part in parts(heading) if phrase in part), key=len, default="")
    return len(phrase) >= share * len(part)


def in_headings(kind: str, headings: Iterable[str], host: str = "") -> tuple[str, str] | None:
    """(phrase, heading) of the first heading or title that says it. A phrase of a single word must be a whole heading,
    or a whole part of the title: “Captcha” is a wall, “How captchas were invented” is an article."""
    for heading in headings:
        text = normal(heading)
        whole = parts(heading)
        for rule in of(kind, "heading"):
            if rule.hosts and not is_within(host, rule.hosts):
                continue
            for phrase in rule.phrases:
                if phrase in text and (phrase in whole if _is_one_word(phrase) else _bounded(phrase, text)):
                    return phrase, heading
        for rule in of(kind, "whole"):
            for phrase in rule.phrases:
                if phrase in whole:
                    return phrase, heading
    return None


def tells_of_wall(headings: tuple[str, ...]) -> bool:
    """One of the headings is that of an error page or of a wall."""
    telling = tuple(filter(may_tell, headings))
    return any(in_headings(kind, telling) for kind in _WALLS) or in_lines("not-found", telling) is not None


def may_tell(text: str) -> bool:
    """False: no heading with this text tells of an error or a wall. A hundred times as fast as to ask."""
    return _UNSPACED.search(text) is not None or not _TELLING.isdisjoint(_WORD.findall(normal(text)))


def is_for(kind: str, host: str) -> bool:
    """A rule of this kind is for this host."""
    return is_within(host, _HOSTS.get(kind, ()))


@lru_cache(4096)
def in_host(kind: str, host: str) -> bool:
    return any(is_within(host, rule.phrases) for rule in of(kind, "host"))


def in_path(kind: str, segments: Sequence[str]) -> str | None:
    return next((segment for segment in segments for rule in of(kind, "path") if segment in rule.phrases), None)


def _is_one_word(phrase: str) -> bool:
    return " " not in phrase and not _UNSPACED.search(phrase)


def _bounded(phrase: str, text: str) -> bool:
    if _UNSPACED.search(phrase):
        return True
    start = r"(?<!\w)" if phrase[0].isalnum() else ""
    end = r"(?!\w)" if phrase[-1].isalnum() else ""
    return re.search(start + re.escape(phrase) + end, text) is not None


use(RULES)
