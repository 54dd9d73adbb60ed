"""What a project says of single sites: its rules for them (`[[sites]]` in archive.toml), and what it excludes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec.structs import replace

from linkarchive.errors import SettingsError
from linkarchive.model import CaptureScope
from linkarchive.remap import refuse_faulty_rules
from linkarchive.settings import Settings, SiteSettings
from linkarchive.urls import ascii_host, host_of, is_within

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\xa0-\xff]*)")  # RFC 9110 §5.1, §5.5
_NOT_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "accept-encoding"})
"""Fields that belong to the transport: another value would break the exchange, or what we can decode."""


def rule_for(url: str, sites: Sequence[SiteSettings]) -> SiteSettings | None:
    """The rule of the longest host that is the URL's, or a parent of it (as in `--exclude`)."""
    if not sites:
        return None
    host = host_of(url)
    fitting = [rule for rule in sites if is_within(host, [rule.host])]
    return max(fitting, key=lambda rule: len(rule.host), default=None)


def scope_for(url: str, settings: Settings) -> CaptureScope:
    """What a capture of the source is to hold: as the rule of its site says, else as the project does."""
    rule = rule_for(url, settings.sites)
    return CaptureScope((rule.scope if rule is not None else "") or settings.keep.scope)


def with_scope(settings: Settings, scope: str | None) -> Settings:
    """These settings with that scope for all sources, as `--scope` gives it; None leaves them as they are."""
    if scope is None:
        return settings
    sites = tuple(replace(rule, scope="") for rule in settings.sites)
    return replace(settings.with_flags("keep", scope=scope), sites=sites)


def header_fields(rule: SiteSettings | None) -> tuple[tuple[str, str], ...]:
    """The rule's request headers as names and values."""
    matches = [_HEADER.fullmatch(line) for line in (rule.headers if rule else ())]
    return tuple((match[1], match[2].strip()) for match in matches if match)


def refuse_faulty(settings: Settings) -> None:
    """Raises SettingsError for a rule without a host, a header that is none, a selector that is no CSS, an excluded
    pattern that is no regular expression, or a faulty rule of `remap`; UsageError for a scope that cannot be had."""
    _refuse_patterns(settings.check.exclude)
    refuse_faulty_rules(settings.network.remap)
    for rule in settings.sites:
        if set(rule.host) & set("/:?#@ ") or not host_of(f"http://{ascii_host(rule.host)}/"):
            raise SettingsError(f'sites: {rule.host!r} is not a host name; write host = "example.com"')
        for line in rule.headers:
            match = _HEADER.fullmatch(line)
            if match is None or match[1].lower() in _NOT_OURS:
                name = line.partition(":")[0]
                raise SettingsError(f'sites: {rule.host}: the header {name!r} cannot be set; write "Name: value"')
        for selector in rule.ignore:
            _refuse_selector(rule.host, selector)


def _refuse_selector(host: str, selector: str) -> None:
    from resiliparse.parse.html import HTMLTree

    try:
        root = HTMLTree.parse("").document
        if root is not None:
            root.query_selector(selector)
    except ValueError as error:
        raise SettingsError(f"sites: {host}: {selector!r} is not a CSS selector: {error}") from error


def is_excluded(url: str, patterns: Sequence[str]) -> bool:
    """A pattern is a host (`example.com`, with its subdomains), a shell pattern for the whole URL, or, between slashes,
    a regular expression that is looked for in it (`/\\?print=/`)."""
    if not patterns:
        return False
    host = host_of(url)
    return is_within(host, patterns) or any(
        re.search(pattern[1:-1], url)
        if _is_expression(pattern)
        else fnmatchcase(url, pattern) or fnmatchcase(_with_ascii_host(url), _with_ascii_host(pattern))
        for pattern in patterns
    )


def _is_expression(pattern: str) -> bool:
    """A regular expression, written between slashes: no URL and no host begins with one."""
    return len(pattern) > 2 and pattern[0] == pattern[-1] == "/"


def _refuse_patterns(patterns: Sequence[str]) -> None:
    """Raises SettingsError for a regular expression that is none."""
    for pattern in filter(_is_expression, patterns):
        try:
            re.compile(pattern[1:-1])
        except re.error as error:
            raise SettingsError(f"exclude: {pattern} is not a regular expression: {error}") from error


def _with_ascii_host(url: str) -> str:
    """A URL, or a pattern for one, whose host is spelled in punycode."""
    return url if url.isascii() else _HOST.sub(lambda match: ascii_host(match[0]), url, count=1)


_HOST = re.compile(r"(?<=://)[^/?#:@*\[]+")
