"""What may be told to archives."""

from __future__ import annotations

from urllib.parse import urlsplit

from linkarchive.urls import has_secrets
from linkarchive.web.guard import literal_is_private


def may_send(url: str, *, private: bool) -> bool:
    """The URL may be sent to third parties (docs/design.md §4): it is a web address without credentials,
    names no private address, and is cited by no article of a private section (`private`).
    """
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:
        return False
    return scheme in ("http", "https") and not private and not has_secrets(url) and not literal_is_private(url)
