"""Who may ask: only the person who started the program, from its own page (OWASP CSRF and DNS rebinding guidance)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest

PAGE_HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # Under no-referrer browsers send a form's POST with the origin "null" (Fetch standard, append a request Origin).
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Of every answer; the Content-Security-Policy comes with the page."""


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Guard:
    """The secrets of one start, and what they open. `host` is `127.0.0.1:PORT`."""

    host: str
    entry: str = field(default_factory=_secret)
    """In the address that is printed once; exchanged for the cookie."""
    session: str = field(default_factory=_secret)
    """The cookie."""
    form: str = field(default_factory=_secret)
    """In every form of the page."""

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    @property
    def cookie(self) -> str:
        """The name of the cookie, with the port: browsers send a cookie to all ports of a host (RFC 6265 §8.5)."""
        return f"archive-review-{self.host.rpartition(':')[2]}"

    def is_ours(self, host: str) -> bool:
        """The name asked for is ours: a name of somebody else that leads here (DNS rebinding) is refused."""
        return host == self.host

    def may_enter(self, token: str) -> bool:
        return compare_digest(token.encode(), self.entry.encode())

    def may_see(self, cookie: str) -> bool:
        return compare_digest(cookie.encode(), self.session.encode())

    def may_change(self, headers: Mapping[str, str], token: str) -> bool:
        """A request that changes something carries the token of the page's forms and comes from the page itself.

        Browsers name the origin with every POST; `Sec-Fetch-Site` says it once more where it is sent. A page in a
        sandbox has the origin "null", which is not ours.
        """
        if headers.get("Origin") != self.origin or headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        return compare_digest(token.encode(), self.form.encode())
