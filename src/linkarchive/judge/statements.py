"""What a page states of itself: title, description and kind, from its metadata (Open Graph, Twitter, JSON-LD).

Pages of videos, songs, pictures and posts have hardly a text of their own; most of what they show is recommended
or said by others. Such pages are compared by what they state.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from linkarchive.judge import words
from linkarchive.judge.parsed_page import ParsedPage

_MAX_META = 200
_MAX_JSON = 200_000
_MAX_NODES = 400
_MEDIA_KIND = re.compile(r"(?:video|music|song|album|audio|photo|image)\b")
_MEDIA_TYPES = frozenset(
    ("VideoObject", "AudioObject", "MusicRecording", "MusicAlbum", "PodcastEpisode", "ImageObject", "Photograph",
     "VisualArtwork", "SocialMediaPosting", "DiscussionForumPosting", "SoftwareSourceCode", "Clip", "RadioEpisode")
)  # fmt: skip
_PLAYERS = ("og:video", "og:video:url", "og:audio", "og:audio:url", "twitter:player")
_VIEWS = re.compile(
    r"\s*[\d.,\s]+\s?[km]?\s?(?:views?|plays?|listens?|streams?|watching|aufrufe|vues|lectures|visualizaciones|reproducciones"
    r"|visualizzazioni|visualizações|weergaven|wyświetle\w*|просмотр\w*|回視聴|次观看|조회수?)\s*",
    re.I,
)
_NEAR_THE_TOP = 40
"""Lines in which a page of a video says how often it was played."""
_PROSE = 150
"""Words in paragraphs from which a page is a text with a picture or a film, and is compared as a text."""
_MIN_STATED = 3
"""Words of a title that tells one page of a site from another, with its description."""


@dataclass(frozen=True, slots=True)
class Statement:
    title: tuple[str, ...]
    description: tuple[str, ...]
    is_media: bool
    """The page shows a video, a song, a picture or a post."""


def statement(page: ParsedPage) -> Statement:
    """What the page states of itself, as words; nothing for what is no HTML."""
    if page.kind != "html":
        return Statement((), (), is_media=False)
    meta = dict(_meta(page))
    types = {kind for node in _nodes(page) for kind in _kinds(node)}
    title = meta.get("og:title") or page.title
    description = meta.get("og:description") or meta.get("description") or meta.get("twitter:description") or ""
    is_media = (
        _MEDIA_KIND.match(meta.get("og:type", "")) is not None
        or meta.get("twitter:card") == "player"
        or any(name in meta for name in _PLAYERS)
        or ("Article" not in " ".join(types) and not types.isdisjoint(_MEDIA_TYPES))
        or any(map(_VIEWS.fullmatch, page.visible.split("\n")[:_NEAR_THE_TOP]))
    )
    return Statement(tuple(words.substance(title)), tuple(words.substance(description)), is_media)


def state_the_same(before: ParsedPage, after: ParsedPage) -> bool:
    """Both are pages of media, without a text of their own, and state the same title and description."""
    if before.has_plenty or sum(words.size(words.tokens(line)) for line in before.long_lines) >= _PROSE:
        return False
    then = statement(before)
    if not then.is_media or len(then.title) + len(then.description) < _MIN_STATED:
        return False
    now = statement(after)
    return then.title == now.title and then.description == now.description


def _meta(page: ParsedPage) -> Iterator[tuple[str, str]]:
    for element in reversed(page.elements("meta[content]")[:_MAX_META]):
        name = (element.getattr("property") or element.getattr("name") or "").strip().lower()
        if name:
            yield name, (element.getattr("content") or "").strip()


def _nodes(page: ParsedPage) -> Iterator[dict[str, Any]]:
    """The objects at the top of the page's JSON-LD."""
    for script in page.elements('script[type="application/ld+json"]')[:10]:
        text = script.text or ""
        if len(text) > _MAX_JSON:
            continue
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            continue
        for item in data if isinstance(data, list) else [data]:
            graph = item.get("@graph", [item]) if isinstance(item, dict) else []
            for node in graph[:_MAX_NODES] if isinstance(graph, list) else []:
                if isinstance(node, dict):
                    yield node


def _kinds(node: dict[str, Any]) -> tuple[str, ...]:
    kind = node.get("@type")
    return (
        (kind,)
        if isinstance(kind, str)
        else tuple(k for k in kind if isinstance(k, str))
        if isinstance(kind, list)
        else ()
    )
