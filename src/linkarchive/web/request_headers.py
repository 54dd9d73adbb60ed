"""The header fields of a request: those that libcurl sends, and those that go on record."""

from __future__ import annotations

from collections.abc import Sequence

from linkarchive.settings import NetworkSettings, SiteSettings
from linkarchive.sites import header_fields, rule_for
from linkarchive.web.cookies import REMOVED
from linkarchive.web.decoding import ACCEPTED
from linkarchive.web.request_url import Target

ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8"

Fields = tuple[tuple[str, str], ...]
_SECRET = frozenset({"cookie", "authorization"})


class RequestFields:
    """What every request of a run has in common is encoded once. Header values are latin-1 text."""

    def __init__(self, network: NetworkSettings, sites: Sequence[SiteSettings]) -> None:
        self._sites = sites
        self._own: Fields = (
            ("User-Agent", network.user_agent),
            ("Accept", ACCEPT),
            ("Accept-Language", network.accept_language),
            ("Accept-Encoding", ACCEPTED),
        )
        self._own_encoded = _encoded(self._own)
        self._extra: dict[str, Fields] = {}
        """The site's own, by host."""

    def of(
        self, target: Target, cookie: str | None, etag: str | None, last_modified: str | None, given: Fields = ()
    ) -> tuple[list[bytes], Fields]:
        """The fields for libcurl, and all fields of the request in the order it sends them, without secrets. `given`
        come beside our own, or in place of those of the same name."""
        # Validators go back byte for byte (nginx compares exactly); only what could end the field early is refused.
        validators = tuple(
            (name, value)
            for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified))
            if value and value.isprintable()
        )
        extra = self._of_site(target) if self._sites else ()
        if extra or cookie or target.authorization or given:
            replaced = {name for name, _ in given}
            own = (*(field for field in self._own if field[0] not in replaced), *given)
            return _with_secrets(target, (*own, *validators), cookie, extra)
        return self._own_encoded + _encoded(validators), (("Host", target.netloc), *self._own, *validators)

    def of_browser(self, target: Target, given: Fields) -> tuple[list[bytes], Fields]:
        """As `of`, for the fields that a browser sends; the site's own replace those of the same name."""
        extra = self._of_site(target) if self._sites else ()
        replaced = {name.lower() for name, _ in extra}
        given = tuple((name, value) for name, value in given if name.lower() not in replaced)
        recorded = [(name, REMOVED if name.lower() in _SECRET else value) for name, value in given]
        recorded += [(name, REMOVED) for name, _ in extra]
        # libcurl adds these two to a payload by itself, unless it is told not to.
        absent = [] if any(name.lower() == "content-type" for name, _ in given) else [b"Content-Type:"]
        return [*_encoded((*given, *extra)), b"Expect:", *absent], (("Host", target.netloc), *recorded)

    def _of_site(self, target: Target) -> Fields:
        if target.host not in self._extra:
            self._extra[target.host] = header_fields(rule_for(target.url, self._sites))
        return self._extra[target.host]


def _with_secrets(target: Target, own: Fields, cookie: str | None, extra: Fields) -> tuple[list[bytes], Fields]:
    """`extra` are the site's own: they replace ours of the same name, and may be secrets."""
    given = {name.lower() for name, _ in extra}
    own = tuple((name, value) for name, value in own if name.lower() not in given)
    secret = tuple(
        (name, value)
        for name, value in (("Cookie", cookie), ("Authorization", target.authorization))
        if value and name.lower() not in given
    )
    recorded = [("Host", target.netloc), *own]
    if cookie and "cookie" not in given:
        recorded.append(("Cookie", REMOVED))
    recorded += [(name, REMOVED) for name, _ in extra]
    return _encoded((*own, *secret, *extra)), tuple(recorded)


def _encoded(fields: Fields) -> list[bytes]:
    return [f"{name}: {value}".encode("latin-1", "replace") for name, value in fields]
