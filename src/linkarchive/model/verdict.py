"""What is concluded about a source, and why."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Verdict(StrEnum):
    """What we conclude about a source; a closed set (docs/design.md §7)."""

    OK = "ok"
    MOVED = "moved"
    DRIFTED = "drifted"
    DEAD = "dead"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    UNRESOLVED = "unresolved"
    SKIPPED = "skipped"

    @property
    def is_finding(self) -> bool:
        return self not in (Verdict.OK, Verdict.SKIPPED)

    @property
    def is_alive(self) -> bool:
        """A page that is really there was seen."""
        return self in (Verdict.OK, Verdict.MOVED, Verdict.DRIFTED)

    @property
    def severity(self) -> int:
        """0 is the worst; the order in which reports list and a source's citations are ranked."""
        return _SEVERITY.index(self)


_SEVERITY = (
    Verdict.DEAD,
    Verdict.DRIFTED,
    Verdict.UNRESOLVED,
    Verdict.MOVED,
    Verdict.UNREACHABLE,
    Verdict.BLOCKED,
    Verdict.OK,
    Verdict.SKIPPED,
)


class Reason(StrEnum):
    """Why; each belongs to the verdicts that `REASONS` lists."""

    SAME = "same"
    MINOR_EDIT = "minor-edit"
    GREW = "grew"
    FIRST_SEEN = "first-seen"
    REDIRECT = "redirect"
    REWRITTEN = "rewritten"
    REPLACED = "replaced"
    SHRUNK = "shrunk"
    QUOTE_LOST = "quote-lost"
    DETAIL_LOST = "detail-lost"
    ANCHOR_LOST = "anchor-lost"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    HTTP_404 = "http-404"
    HTTP_410 = "http-410"
    DNS = "dns"
    SOFT_404 = "soft-404"
    HOMEPAGE_REDIRECT = "homepage-redirect"
    PARKED = "parked"
    USURPED = "usurped"
    UNREACHABLE_SINCE = "unreachable-since"
    CHALLENGE = "challenge"
    LOGIN = "login"
    PAYWALL = "paywall"
    CONSENT = "consent"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate-limited"
    LEGAL = "legal"
    ROBOTS = "robots"
    SCRIPT_ONLY = "script-only"
    ONLY_US = "only-us"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    RESET = "reset"
    TLS = "tls"
    HTTP_5XX = "http-5xx"
    REDIRECT_LOOP = "redirect-loop"
    PROTOCOL = "protocol"
    TOO_LARGE = "too-large"
    NO_ORIGINAL = "no-original"
    ORIGINAL_UNAVAILABLE = "original-unavailable"
    NO_MATCH = "no-match"
    AMBIGUOUS = "ambiguous"
    SCHEME = "scheme"
    RELATIVE = "relative"
    EXCLUDED = "excluded"
    PRIVATE_ADDRESS = "private-address"
    OTHER_NETWORK = "other-network"


REASONS: Mapping[Verdict, frozenset[Reason]] = {
    Verdict.OK: frozenset({Reason.SAME, Reason.MINOR_EDIT, Reason.GREW, Reason.FIRST_SEEN}),
    Verdict.MOVED: frozenset({Reason.REDIRECT}),
    Verdict.DRIFTED: frozenset(
        {
            Reason.REWRITTEN,
            Reason.REPLACED,
            Reason.SHRUNK,
            Reason.QUOTE_LOST,
            Reason.DETAIL_LOST,
            Reason.ANCHOR_LOST,
            Reason.CORRECTED,
            Reason.RETRACTED,
        }
    ),
    Verdict.DEAD: frozenset(
        {
            Reason.HTTP_404,
            Reason.HTTP_410,
            Reason.DNS,
            Reason.SOFT_404,
            Reason.HOMEPAGE_REDIRECT,
            Reason.PARKED,
            Reason.USURPED,
            Reason.UNREACHABLE_SINCE,
        }
    ),
    Verdict.BLOCKED: frozenset(
        {
            Reason.CHALLENGE,
            Reason.LOGIN,
            Reason.PAYWALL,
            Reason.CONSENT,
            Reason.FORBIDDEN,
            Reason.RATE_LIMITED,
            Reason.LEGAL,
            Reason.ROBOTS,
            Reason.SCRIPT_ONLY,
            Reason.ONLY_US,
        }
    ),
    Verdict.UNREACHABLE: frozenset(
        {
            Reason.TIMEOUT,
            Reason.REFUSED,
            Reason.RESET,
            Reason.TLS,
            Reason.DNS,
            Reason.HTTP_5XX,
            Reason.REDIRECT_LOOP,
            Reason.PROTOCOL,
            Reason.TOO_LARGE,
        }
    ),
    Verdict.UNRESOLVED: frozenset({Reason.NO_ORIGINAL, Reason.ORIGINAL_UNAVAILABLE, Reason.NO_MATCH, Reason.AMBIGUOUS}),
    Verdict.SKIPPED: frozenset(
        {Reason.SCHEME, Reason.RELATIVE, Reason.EXCLUDED, Reason.PRIVATE_ADDRESS, Reason.OTHER_NETWORK}
    ),
}
