"""Whether what a visit got is the page at all, or an error, a wall or somebody else's page in its place.

Rules of three kinds are asked in turn: what is plain from headers, hosts and scripts, what the page says in words, and
what its build says (page_class). Words do not outvote the page: an honest answer to a made-up address clears them,
unless there is next to nothing else on the page, or a wall stands where a page was.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec.structs import replace

from linkarchive.judge import page_class, parked, paywall, redirects, rules, soft404, topics, walls
from linkarchive.judge.page_view import PageView, segments
from linkarchive.model import Judgement, Reason, Verdict

Rule = Callable[[PageView], Judgement | None]

_PLAIN: tuple[Rule, ...] = (walls.challenge_mark, walls.consent_host, walls.login_host, soft404.platform, parked.marked)
"""Rules that rest on headers, hosts and scripts."""
_WORDS: tuple[Rule, ...] = (
    soft404.error_path, walls.challenge, walls.elsewhere, walls.age, walls.consent, walls.login, parked.parked,
    walls.refusal, soft404.soft404, walls.maintenance, paywall.paywall, walls.told_shell,
)  # fmt: skip
"""Rules that rest on words in paths, headings and texts."""
_REDIRECTS: tuple[Rule, ...] = (soft404.probed, redirects.homepage, redirects.section)
_WEAK = 0.88
"""Score of a rule of words up to which the signs of the page's build may say something else."""
_SURE = 0.85
"""Probability from which the signs of the build outdo a weak rule of words."""
_WORDS_ONLY = 0.95
"""The most that words alone score: less than what makes a probe superfluous."""
_DOUBT = 0.85
"""What is left of a score where a host is honest and yet shows a bare notice."""
_SOME_WORDS = 80
_OF_ERRORS = (Reason.SOFT_404, Reason.PARKED, Reason.HTTP_5XX)
"""What a notice of a few sentences says; walls explain themselves at length."""
_OF_NOTICES = (*_OF_ERRORS, Reason.FORBIDDEN, Reason.CHALLENGE)
"""What stands under a heading of its own; a form to log in, an offer or a dialog stands under that of the page."""
_WORD = re.compile(r"\w+")
_ADDRESS_WORD = re.compile(r"[^\W\d_]{5,}")
"""A word of an address that says what the page is about."""
_NAMELESS = frozenset(("index", "default", "homepage", "welcome"))
"""Names of files that say nothing of their page."""
_NOTICE = 22
"""Own words of a page that is a bare notice: an honest sibling does not clear it."""


def unusable(view: PageView) -> Judgement | None:
    """Why this is not the page; None where it is, or may be."""
    plain = _first(_PLAIN, view)
    if plain is not None:
        return plain
    for rule in (_spoken, walls.shell, *_REDIRECTS):
        finding = rule(view)
        if finding is None:
            continue
        if rule is _spoken and _is_refuted(finding, view):
            continue
        if rule is _spoken and redirects.is_honest(view.case.probe):
            finding = replace(finding, confidence=round(finding.confidence * _DOUBT, 3))
        return finding
    return None


def is_in_doubt(view: PageView) -> bool:
    """A page seen first may be none: it stands elsewhere, has few words, or few that are no links, since an error may
    stand in the frame of a large site; or its signs leave it open."""
    if view.is_redirected or not view.after.has_text or view.after.has_plenty:
        return view.is_redirected
    return min(view.after.visible_size, view.after.own_size) < _SOME_WORDS or page_class.is_doubtful(view)


def _spoken(view: PageView) -> Judgement | None:
    """What words and build say; where words are few and the build says something else, the build is believed."""
    by_words = _first(_WORDS, view)
    by_class = page_class.unusable(view)
    if by_class is not None and by_class.reason is Reason.LOGIN and walls.asks_for_login(view.case.url):
        by_class = None
    if by_words is None:
        return None if by_class is None else soft404.probed(view) or redirects.homepage(view) or by_class
    if (
        by_class is not None
        and by_class.verdict is not by_words.verdict
        and by_words.confidence <= _WEAK
        and by_class.confidence >= _SURE
    ):
        return by_class
    return replace(by_words, confidence=min(by_words.confidence, _WORDS_ONLY))


def _is_refuted(finding: Judgement, view: PageView) -> bool:
    """What the page goes on to tell, what its address says, or an honest answer to a made-up one refutes words where
    the page says more than an error or a wall must.

    An honest answer does not refute a wall in the place of a page that was there, or that the visit was sent to: a
    host may put a wall before the pages it has, and be honest about those it has not. Nor does it refute a form to log
    in by.
    """
    if finding.reason in _OF_ERRORS and _goes_on(view):
        return True
    if not redirects.is_honest(view.case.probe):
        return finding.reason in _OF_NOTICES and _is_at_its_address(view)
    if finding.verdict is Verdict.BLOCKED and (view.before is not None or view.is_redirected):
        return False
    return view.after.own_size >= _NOTICE and not view.after.has("input[type=password]")


def _goes_on(view: PageView) -> bool:
    """A page seen first tells something below its heading; in a rich frame that may be another page's teaser."""
    return view.before is None and page_class.is_classified(view.after) and topics.goes_on(view.after)


def _is_at_its_address(view: PageView) -> bool:
    """A page seen first that says something under a title with most words of its address: a text about
    `/articles/paywalls`, or the works at `/aufzug-wartung`. An error does not know what page was asked for."""
    path = segments(view.case.url)
    if view.before is not None or view.is_redirected or view.after.own_size < _NOTICE or not path:
        return False
    address = set(_ADDRESS_WORD.findall(rules.normal(path[-1].partition(".")[0]))) - _NAMELESS
    address = {word for word in address if word not in view.host}
    title = _WORD.findall(rules.normal(view.after.title))
    found = sum(any(word.startswith(asked) for word in title) for asked in address)
    return 2 * found > len(address)


def _first(rules: tuple[Rule, ...], view: PageView) -> Judgement | None:
    return next((finding for rule in rules if (finding := rule(view)) is not None), None)
