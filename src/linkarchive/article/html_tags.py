"""What the tags of HTML refer to: hyperlinks, images, media, embeds, metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from linkarchive.article.passage import PassageBuilder
from linkarchive.model import LinkKind

# A candidate of srcset: commas may stand in a URL but not at its ends (HTML, srcset attribute).
_SRCSET = re.compile(r"[\s,]*(\S*[^\s,])(?:\s+[^,(]*(?:\([^)]*\))?[^,]*)?(?:,|\Z)")
_LONGEST_SRCSET = 10_000
_MEDIA = {
    "video": ("src",), "audio": ("src",), "source": ("src",), "track": ("src",), "bgsound": ("src",),
}  # fmt: skip
_EMBEDS = {
    "iframe": "src", "frame": "src", "embed": "src", "object": "data", "script": "src", "portal": "src",
}  # fmt: skip
_TO_NOTHING = ("", "#", "#!", "javascript:void(0)", "javascript:void(0);", "javascript:;", "javascript:")
_CONTROL_ROLES = frozenset({"button", "tab", "menuitem", "switch", "option", "combobox"})
_CONTROL_WORDS = frozenset(
    """
    btn button toggle share sharing print close dismiss menu comment comments reply like follow subscribe bookmark save
    search login signin signup expand collapse open prev previous next top back play pause tab dropdown icon social
    """.split()  # noqa: SIM905  (a list of words read as words)
)
# Attributes that editors leave on the links of a text.
_OF_EDITORS = frozenset({"data-start", "data-end", "data-href", "data-mce-href", "data-cke-saved-href", "data-link"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_QUOTERS = frozenset({"blockquote", "q", "ins", "del"})
# `link` relations that only prepare a connection; their target is no page.
_NO_TARGET = frozenset({"preconnect", "dns-prefetch"})
_META_URLS = re.compile(
    r"(?:og:(?:url|image|video|audio)(?::(?:url|secure_url))?|twitter:(?:url|image|image:src|player)"
    r"|msapplication-(?:tileimage|config)|article:(?:author|publisher)|al:web:url|thumbnail|thumbnailurl)\Z",
    re.IGNORECASE,
)


def write_tag(builder: PassageBuilder, name: str, attributes: Mapping[str, str], line: int, everything: bool) -> None:
    """Put what one start tag refers to into a passage. `name` and the names of attributes are in lower case."""
    if name in ("a", "area"):
        _write_anchor(builder, name, attributes, line)
    elif name in ("img", "image"):
        builder.describe(attributes.get("alt", ""))
    if everything:
        for kind, target in _references(name, attributes):
            builder.mark(target, line, kind, attributes.get("alt", "") or attributes.get("title", ""))


def _write_anchor(builder: PassageBuilder, name: str, attributes: Mapping[str, str], line: int) -> None:
    target = attributes.get("href", attributes.get("xlink:href"))
    if target is None:
        return
    if name == "area":
        builder.mark(target, line, LinkKind.LINK, attributes.get("alt", ""))
    elif not (target.strip() in _TO_NOTHING and _is_control(attributes)):
        # A Robust Link (https://robustlinks.mementoweb.org/spec/) that leads to the original names its copy here.
        copy = attributes.get("data-versionurl", "").strip()
        builder.open(target, line, copy if copy and copy != target.strip() else None)


def _is_control(attributes: Mapping[str, str]) -> bool:
    """A link to nothing with a script behind it: a button of the page, not a citation that lost its target."""
    names = {word.lower() for name in ("class", "id") for word in _WORD.findall(attributes.get(name, ""))}
    return bool(
        attributes.get("role", "").lower() in _CONTROL_ROLES
        or any(name.startswith(("on", "aria-", "data-")) and name not in _OF_EDITORS for name in attributes)
        or names & _CONTROL_WORDS
    )


def _references(name: str, attributes: Mapping[str, str]) -> Iterator[tuple[LinkKind, str]]:
    def given(key: str) -> bool:
        return bool(attributes.get(key, "").strip())

    if name in ("img", "image") or (name == "input" and attributes.get("type", "").lower() == "image"):
        for key in ("src", "href", "xlink:href", "longdesc"):
            if given(key):
                yield LinkKind.IMAGE, attributes[key]
    for key in _MEDIA.get(name, ()):
        if given(key):
            yield LinkKind.MEDIA, attributes[key]
    if given("srcset"):
        for candidate in _SRCSET.finditer(attributes["srcset"][:_LONGEST_SRCSET]):
            yield LinkKind.IMAGE, candidate[1]
    if name == "video" and given("poster"):
        yield LinkKind.IMAGE, attributes["poster"]
    if name in _EMBEDS and given(_EMBEDS[name]):
        yield LinkKind.EMBED, attributes[_EMBEDS[name]]
    if name in _QUOTERS and given("cite"):
        yield LinkKind.META, attributes["cite"]
    if name == "link" and given("href") and not _NO_TARGET & set(attributes.get("rel", "").lower().split()):
        yield LinkKind.META, attributes["href"]
    if name == "meta" and given("content"):
        yield from ((LinkKind.META, target) for target in _meta_targets(attributes))


def _meta_targets(attributes: Mapping[str, str]) -> Iterator[str]:
    content = attributes["content"].strip()
    if attributes.get("http-equiv", "").lower() == "refresh":
        if match := re.match(r"[\d.\s]*[;,\s]\s*(?:url\s*=\s*)?[\"']?([^\"'\s][^\"']*)", content, re.IGNORECASE):
            yield match[1].strip()
    elif _META_URLS.match(attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""):
        yield content
