"""What kind of page one with little text is: a page, or an error, a wall or a holding page, by its signs.

A logistic regression over the signs of `page_signs`. The weights are data (page_class.json), trained by
`benchmarks/page_class.py`; here is the arithmetic only.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from linkarchive.judge import words
from linkarchive.judge.page_signs import is_notice_in_place, signs
from linkarchive.judge.page_view import QUESTION, SHORT, PageView, judgement_of
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.model import Judgement, Reason, Verdict

_MOST_WORDS = 450
"""Visible words up to which a page is classified; the model knows no longer ones."""
_MOST_OWN_WORDS = 150
"""Words outside links up to which a page with more visible ones is, too: an error in the frame of a large site."""
_SURE_SEEN_FIRST = 0.55
"""Probability from which a page without a baseline is called unusable; it must have a telling sign, too."""
_SURE = 0.65
"""The same with a baseline."""
_SURE_WITHOUT_BASELINE_LEFT = 0.6
"""The same where hardly anything of the baseline is left."""
_SURE_IN_PLACE = 0.5
"""The same where a text was, and now there are a few new words."""
_STRONG = 0.8
"""Probability from which a page is gone although an extractor finds a text in the frame, and from which one that stands
where another was needs no telling sign."""
_PLAINLY_A_PAGE = 0.9
"""Probability of a page seen first from which a made-up address is not asked for."""
_LEFT = 0.1
_HONEST_IN_ITS_PLACE = 0.1
"""How much rarer an honest page is where a text was, and now stands a notice of a few new words under another title."""
_MOST_SIGNS = 4
_LONG_HEADING = 10
"""Words of a heading that is hardly a notice's."""
_TELLING: Mapping[str, tuple[str, ...]] = {
    "gone": ("address and missing in a heading", "address and missing in a line", "missing in a heading",
             "404 in a heading", "gone in a class name", "sought and missing in a line",
             "sought and address in a line", "address and missing under a heading",
             "a notice where a text was"),
    "parked": (
        "domain and held in a line", "domain and hosting in a line", "account and suspended in a line",
        "file and replace in a line", "default and hosting in a line", "default and file in a line",
        "default and account in a line", "account and construction in a line", "construction in a heading",
        "default in a heading", "software in a heading", "held in a heading", "suspended in a heading",
        "its own host name in a heading", "a host name is the heading",
    ),
    "challenge": ("machine and browser in a line", "machine and refused in a line", "machine in a heading",
                  "a picture to type from", "challenge in a class name"),
    "forbidden": ("refused and address in a line", "refused and account in a line", "refused in a heading",
                  "403 in a heading", "region and missing in a line", "region and refused in a line",
                  "machine and refused in a line", "machine and suspended in a line"),
    "login": ("a password field", "login and password in a line", "login and refused in a line"),
    "paywall": ("subscribe and reading_on in a line", "subscribe and period in a line",
                "reading_on in the text", "paywall in a class name",
                "a text that breaks off before an offer"),
    "consent": ("consent and accept in a line", "consent in a class name"),
    "script-only": ("browser in the text", "browser in a heading"),
    "error": ("5xx in a heading", "error and crash in a line", "crash in a heading", "crash in the text",
              "error in a heading", "database in the text"),
}  # fmt: skip
"""Signs of which a page of each kind has one: a short page is nothing but short by its build alone, and a topic alone,
such as “page” or “server”, may stand in any text."""

_KINDS: Mapping[str, tuple[Verdict, Reason, str]] = {
    "gone": (Verdict.DEAD, Reason.SOFT_404, "a page that says there is no such page"),
    "parked": (Verdict.DEAD, Reason.PARKED, "a holding page of a domain or of a server"),
    "challenge": (Verdict.BLOCKED, Reason.CHALLENGE, "a bot check"),
    "forbidden": (Verdict.BLOCKED, Reason.FORBIDDEN, "a refusal"),
    "login": (Verdict.BLOCKED, Reason.LOGIN, "a login page"),
    "paywall": (Verdict.BLOCKED, Reason.PAYWALL, "the front of a paywall"),
    "consent": (Verdict.BLOCKED, Reason.CONSENT, "a consent dialog"),
    "script-only": (Verdict.BLOCKED, Reason.SCRIPT_ONLY, "a frame that scripts would fill"),
    "error": (Verdict.UNREACHABLE, Reason.HTTP_5XX, "an error message of the server"),
}


@dataclass(frozen=True, slots=True)
class Classes:
    shares: Mapping[str, float]
    """The probability of each kind; they add up to 1."""
    signs: Mapping[str, float]
    telling: frozenset[str]
    """The kinds of which the page has a telling sign."""

    def reasons(self, kind: str) -> tuple[str, ...]:
        """The signs that speak most for a kind, the strongest first."""
        model = _model()
        weights = zip(model["signs"], model["weights"][kind], strict=True)
        parts = sorted(((weight * self.signs[name], name) for name, weight in weights), reverse=True)
        return tuple(name for part, name in parts[:_MOST_SIGNS] if part > 0)


def classify(view: PageView) -> Classes:
    """How likely the page is of each kind."""
    values = signs(view)
    telling_kinds = frozenset(kind for kind, telling in _TELLING.items() if any(values[name] for name in telling))
    rarer = _HONEST_IN_ITS_PLACE if is_notice_in_place(view) else 1.0
    return Classes(shares_of(_model(), values, honest=rarer), values, telling_kinds)


def shares_of(model: Any, values: Mapping[str, float], *, honest: float = 1.0) -> dict[str, float]:
    """The probability of each kind by these weights; honest pages are so many times as frequent."""
    scores = {
        kind: model["intercepts"][kind]
        + sum(weight * values[name] for name, weight in zip(model["signs"], weights, strict=True))
        for kind, weights in model["weights"].items()
    }
    scores["page"] += math.log(honest)
    highest = max(scores.values())
    powers = {kind: math.exp(score - highest) for kind, score in scores.items()}
    total = sum(powers.values())
    return {kind: power / total for kind, power in powers.items()}


def is_doubtful(view: PageView) -> bool:
    """The page's signs leave open whether it is one: worth asking what a made-up address gets."""
    return is_classified(view.after) and classify(view).shares["page"] < _PLAINLY_A_PAGE


def is_classified(page: ParsedPage) -> bool:
    """The page has so few words that it may be something else than a page."""
    if page.kind != "html" or page.has_plenty:
        return False
    return page.visible_size < _MOST_WORDS or page.own_size < _MOST_OWN_WORDS


def unusable(view: PageView) -> Judgement | None:
    """The page is of another kind than a page, as far as its signs tell; one without a word tells nothing."""
    if not is_classified(view.after) or not view.after.visible_size:
        return None
    classes = classify(view)
    shares = _without_a_sign(classes) if is_notice_in_place(view) else classes.shares
    by_verdict: dict[Verdict, float] = {}
    for kind, (kind_verdict, _, _) in _KINDS.items():
        by_verdict[kind_verdict] = by_verdict.get(kind_verdict, 0.0) + shares.get(kind, 0.0)
    likeliest = max(by_verdict, key=lambda kind_verdict: by_verdict[kind_verdict])
    share = by_verdict[likeliest]
    if share < max(_least(view), shares["page"]):
        return None
    kinds = (kind for kind, (kind_verdict, _, _) in _KINDS.items() if kind_verdict is likeliest)
    kind = max(kinds, key=lambda kind: shares.get(kind, 0.0))
    if kind not in classes.telling and (view.before is None or share < _STRONG):
        return None
    if view.before is None and kind in ("gone", "forbidden") and (not _is_notice(view, share) or _is_about(view)):
        return None
    _, reason, what = _KINDS[kind]
    evidence = f"by its signs it is {what}: {', '.join(classes.reasons(kind))}"
    return judgement_of(likeliest, reason, round(share, 3), evidence)


def _without_a_sign(classes: Classes) -> Mapping[str, float]:
    """Where a few new words stand for a text, a kind without any telling sign is as good as a page that is gone."""
    if "gone" not in classes.telling:
        return classes.shares
    kept = {kind: share for kind, share in classes.shares.items() if kind in classes.telling or kind == "page"}
    return {**kept, "gone": kept["gone"] + 1.0 - sum(kept.values())}


def _is_notice(view: PageView, share: float) -> bool:
    """The page has little text; or, where its signs are strong, little that is no link: a frame may pass for text."""
    return view.has_little_text(SHORT) or (share >= _STRONG and view.after.own_size < SHORT)


def _is_about(view: PageView) -> bool:
    """A text about missing pages: it says more below a heading that asks, or is longer than a notice."""
    heading = view.after.first_heading
    return view.says_more and (heading.endswith(QUESTION) or words.size(words.tokens(heading)) >= _LONG_HEADING)


def _least(view: PageView) -> float:
    """The probability from which the page is called unusable."""
    if view.before is None:
        return _SURE_SEEN_FIRST
    if is_notice_in_place(view):
        return _SURE_IN_PLACE
    return _SURE_WITHOUT_BASELINE_LEFT if view.retention is not None and view.retention < _LEFT else _SURE


@functools.cache
def _model() -> Any:
    return json.loads(resources.files("linkarchive.judge").joinpath("page_class.json").read_text(encoding="utf-8"))
