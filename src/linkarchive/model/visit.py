"""What a visit saw."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from linkarchive.model.verdict import Reason


class Hop(Struct, frozen=True):
    """A redirect on the way to a page."""

    url: str
    status: int


class Failure(Struct, frozen=True):
    """Why a visit saw no page. `reason` is of `unreachable`, or robots, or of `skipped` (address guard, scheme)."""

    reason: Reason
    detail: str
    """In words, for the evidence: “no such host name”, “certificate expired on 2026-01-02”."""
    url: str
    """The hop that failed."""
    no_such_name: bool = False
    """DNS only: the name does not exist (EAI_NONAME), as against a resolver that did not answer."""
    connected: bool = False
    """The host answered at TCP level (it counts as a host that is there)."""
    proxy: bool = False
    """The proxy itself could not be reached: it says nothing about the source."""


class Page(Struct, frozen=True):
    """What `judge` and `recover` read: a page from any origin, or the failure to get one."""

    final_url: str
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case; repeated fields joined with ", "."""
    body: bytes = b""
    """Without content-coding."""
    hops: tuple[Hop, ...] = ()
    """The redirects before the final response, oldest first, each with its own URL and status."""
    failure: Failure | None = None
    truncated: bool = False
    cut: str | None = None
    """Why there is more than was read: "size" (our limit), "time" (it took too long) or "closed" (it broke off)."""
    fragment: str = ""
    """Of the last redirect that had one: it goes before that of the link (RFC 9110 §10.2.2)."""

    @property
    def declared_length(self) -> int | None:
        """The bytes of the whole body, where the server says so; None for a body with a content-coding."""
        length = self.headers.get("content-length", "")
        is_number = length.isascii() and length.isdigit() and len(length) < 16
        return int(length) if is_number and "content-encoding" not in self.headers else None
