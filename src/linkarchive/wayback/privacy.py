"""What may be told to archives."""

from __future__ import annotations

from collections.abc import Sequence

from linkarchive.secrets import has_secrets, has_user_info
from linkarchive.settings import SiteSettings
from linkarchive.sites import rule_for
from linkarchive.urls import scheme_of
from linkarchive.web.guard import host_is_private
from linkarchive.web.request_url import parse_target


def may_send(url: str, *, private: bool = False, sites: Sequence[SiteSettings] = ()) -> bool:
    """The URL may be sent to third parties (docs/design.md §4): nothing keeps it here."""
    return why_kept_here(url, private=private, sites=sites) is None


def why_kept_here(url: str, *, private: bool = False, sites: Sequence[SiteSettings] = ()) -> str | None:
    """Why nobody else is told of the URL, in words: it is no web address, names a private one, holds a secret (what
    looks like one does not count where the rule of the site in `sites` is `public`), or is cited by an article of a
    private section (`private`). None: it may be sent."""
    if scheme_of(url) not in ("http", "https"):
        return "it is no web address"
    if private:
        return "the article is private"
    try:
        host = parse_target(url).host
    except ValueError:
        return "it is no web address"
    if host_is_private(host):
        return "it is an address of a private network"
    if has_user_info(url):
        return "the address holds a user name or a password"
    if has_secrets(url):
        rule = rule_for(url, sites)
        if rule is None or not rule.public:
            return "the address seems to hold a secret (if not: public = true for its site in archive.toml)"
    return None
