"""What the shape of a redirect says: to the front page, to a section above, to a new address."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from linkarchive.judge import rules, words
from linkarchive.judge.page_view import PageView, host, judgement_of, segments
from linkarchive.model import Case, Judgement, Page, Reason, Verdict
from linkarchive.url_parameters import is_request_bound, without_session
from linkarchive.urls import is_persistent_identifier

_FRONT = re.compile(
    r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:(?:index|home|homepage|default|main)(?:\.\w{2,5})?)?/?", re.I
)
_ERROR_QUERY = re.compile(r"404|not-?_?found|error|redirect", re.I)
_PERMANENT = (301, 308)


def homepage(view: PageView) -> Judgement | None:
    """A deep link that ends at the front page, which has nothing of the baseline."""
    if not view.is_redirected or is_front(view.case.url) or not is_front(view.final_url):
        return None
    asked_host = host(view.case.url)
    if rules.in_host("shortener", asked_host) or is_persistent_identifier(view.case.url):
        return None
    where = f"the link leads to the front page ({view.final_url})"
    if view.before is not None:
        return judgement_of(Verdict.DEAD, Reason.HOMEPAGE_REDIRECT, 0.96, where, what_is_left(view))
    if is_honest(view.case.probe):
        return None
    return judgement_of(Verdict.DEAD, Reason.HOMEPAGE_REDIRECT, 0.85 if _related(asked_host, view.host) else 0.7, where)


def section(view: PageView) -> Judgement | None:
    """A deep link that ends at a section above it, which has next to nothing of the baseline."""
    if (
        view.before is None
        or view.retention is None
        or view.retention > 0.2
        or not is_shortened(view.case.url, view.final_url)
    ):
        return None
    return judgement_of(
        Verdict.DEAD,
        Reason.SOFT_404,
        0.85,
        f"the link leads to a section of the site instead ({view.final_url})",
        what_is_left(view),
    )


def what_is_left(view: PageView) -> str:
    """How much of the baseline is there, as a sentence."""
    share = words.percent(view.retention or 0.0)
    return "nothing of the page is there" if share == "0 %" else f"only {share} of the earlier text is there"


def is_honest(probe: Page | None) -> bool:
    """The host answers 404 or 410 for an address that cannot exist."""
    return probe is not None and probe.failure is None and probe.status in (404, 410)


def is_shortened(asked: str, final: str) -> bool:
    """The final path is a proper beginning of the one asked for, on the same host."""
    asked_path, final_path = segments(asked), segments(final)
    return (
        host(asked) == host(final)
        and 0 < len(final_path) < len(asked_path)
        and asked_path[: len(final_path)] == final_path
    )


def is_front(url: str) -> bool:
    """The front page of a host, or of one of its languages."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return _FRONT.fullmatch(parts.path) is not None and (not parts.query or bool(_ERROR_QUERY.search(parts.query)))


def moved_to(case: Case) -> str | None:
    """The new address, when every step to it is a permanent redirect and it is more than another spelling."""
    page = case.after
    link = case.url.partition("#")[0]
    if not page.hops or is_request_bound(link, page.final_url) or is_persistent_identifier(link):
        return None
    if any(hop.status not in _PERMANENT for hop in page.hops) or rules.in_host("shortener", host(link)):
        return None
    return without_session(page.final_url) + (f"#{page.fragment}" if page.fragment else "")


def _related(first: str, second: str) -> bool:
    """The same host, or one below the second, or both below one registered name of two labels or more."""
    return (
        first == second
        or first.endswith("." + second)
        or second.endswith("." + first)
        or first.split(".")[-2:] == second.split(".")[-2:]
    )
