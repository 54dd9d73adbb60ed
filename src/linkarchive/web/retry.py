"""Which results are worth another try, and after how long. Pure policy."""

from __future__ import annotations

import random
from datetime import datetime

from linkarchive.mail_date import mail_date
from linkarchive.model import Failure, Reason
from linkarchive.settings import NetworkSettings
from linkarchive.web.exchange import Exchange

_PASSING = frozenset({Reason.TIMEOUT, Reason.REFUSED, Reason.RESET})
_LONGEST_BACKOFF = 30.0


def retry_pause(
    result: Exchange | Failure, tries: int, network: NetworkSettings, now: datetime, jitter: float | None = None
) -> float | None:
    """Seconds to wait before a visit is tried again, or None when `result` stands.

    `tries` were made so far. The pause doubles from `retry_wait`, spread by up to half (`jitter`, 0…1, is random unless
    given); a `Retry-After` is waited for in full, and one beyond `retry_after_cap` ends the visit.
    """
    if tries > network.retries:
        return None
    asked = None
    if isinstance(result, Failure):
        if result.reason not in _PASSING:
            return None
    else:
        if not _may_pass(result):
            return None
        asked = retry_after(result, now)
        if asked is not None and asked > network.retry_after_cap:
            return None
    spread = random.random() if jitter is None else jitter  # noqa: S311 - spreads load, guards nothing
    backoff = min(network.retry_wait * 2.0 ** (tries - 1), _LONGEST_BACKOFF) * (1 + spread / 2)
    return max(backoff, asked or 0.0)


def retry_after(exchange: Exchange, now: datetime) -> float | None:
    """Seconds asked for by `Retry-After`, from either form (RFC 9110 §10.2.3); None when absent or unreadable."""
    value = exchange.header_map.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    date = mail_date(value)
    return None if date is None else max(0.0, (date - now).total_seconds())


def _may_pass(exchange: Exchange) -> bool:
    if exchange.truncated == "disconnect":
        return True
    if exchange.status != 429 and not 500 <= exchange.status <= 599:
        return False
    # Cloudflare's challenge comes as 403 or 503, and asking again only hardens it.
    return exchange.status != 501 and "cf-mitigated" not in exchange.header_map
