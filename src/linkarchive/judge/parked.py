"""Parking, sales and suspension pages, and names that belong to somebody else now."""

from __future__ import annotations

import re

from linkarchive.judge import rules
from linkarchive.judge.page_view import SHORT, PageView, host, judgement_of
from linkarchive.model import Judgement, Reason, Verdict

_TINY = 80
_HARDLY = 15
_TAGS = re.compile(r"<(?!a[\s>])[a-z][^<>]*>")
_STYLES = re.compile(r"<style\b.*?</style", re.S)
_TAGS_WITHIN = 300_000
_CLASS = re.compile(r"""\bclass\s*=\s*["']([^"'>]{1,300})""")
_LANG = re.compile(r"""<html[^>]{0,500}?\blang\s*=\s*["']?([a-z]{2})""", re.I)
_MIN_CLASSES = 10


def marked(view: PageView) -> Judgement | None:
    """The host is a domain seller's, or a page with little text loads the script of a parking service."""
    if rules.in_host("parked", view.host) and not rules.in_host("parked", host(view.case.url)):
        return judgement_of(Verdict.DEAD, Reason.PARKED, 0.97, f"the link leads to a domain seller ({view.host})")
    marker = rules.in_text("parked", _tags(view.after.source_normal), "tag") if view.shows_little(SHORT) else None
    evidence = f"it carries the script of a parking service (“{marker}”)"
    if marker is None and view.shows_little(_HARDLY):
        marker = rules.in_text("parked", view.after.source_normal, "source")
        evidence = f"its source is that of a holding page (“{marker}”)"
    if marker is None:
        return None
    phrase = _phrase(view)
    if phrase:
        return judgement_of(Verdict.DEAD, Reason.PARKED, 0.98, f"the page says “{phrase}”", evidence)
    return judgement_of(Verdict.DEAD, Reason.PARKED, 0.93, evidence)


def parked(view: PageView) -> Judgement | None:
    """A page with little text says that its name or its place on a server is nobody's."""
    phrase = _phrase(view) if view.shows_little(SHORT) else None
    return judgement_of(Verdict.DEAD, Reason.PARKED, 0.9, f"the page is short and says “{phrase}”") if phrase else None


def usurped(view: PageView) -> Judgement | None:
    """Another site under the old name. Asked only when nothing of the baseline is left.

    A site keeps its style-sheet vocabulary and its language when an editor replaces a
    page; a new owner brings both, and often a trade of a few well-known kinds.
    """
    if view.before is None or view.after.kind != "html" or view.before.kind != "html":
        return None
    trade = rules.in_headings("gambling", view.after.headings[:1])
    if trade and not view.was_there(trade[0]):
        return judgement_of(
            Verdict.DEAD,
            Reason.USURPED,
            0.88,
            f"the name now shows another site, “{trade[1]}”",
            "nothing of the old text is left",
        )
    then, now = _classes(view.before.source), _classes(view.after.source)
    if min(len(then), len(now)) < _MIN_CLASSES or len(then & now) > 0.02 * min(len(then), len(now)):
        return None
    languages = _language(view.before.source), _language(view.after.source)
    if None not in languages and languages[0] != languages[1]:
        return judgement_of(
            Verdict.DEAD,
            Reason.USURPED,
            0.7,
            f"another site in another language ({languages[1]}, was {languages[0]}) is at this address",
            "nothing of the old text and of the old layout is left",
        )
    return None


def _phrase(view: PageView) -> str | None:
    """What the page says of its name, as a known phrase or in a line of its own wording."""
    text = view.asserted("\n".join((*view.after.headings, view.after.visible)))
    phrase = rules.in_text("parked", text)
    if phrase is None and view.shows_little(_TINY):
        line = rules.in_lines("parked", view.that_tell((*view.after.headings, *view.after.visible.splitlines())))
        phrase = line[1].strip() if line else None
    return None if phrase is None or view.was_there(rules.normal(phrase)) else phrase


def _tags(source: str) -> str:
    """The tags of a page (in lower case) but for links: where scripts and frames of services are named."""
    return " ".join(_TAGS.findall(_STYLES.sub("", source[:_TAGS_WITHIN])))


def _classes(source: str) -> set[str]:
    return {name for match in _CLASS.finditer(source) for name in match[1].split()}


def _language(source: str) -> str | None:
    match = _LANG.search(source[:5000])
    return match[1].lower() if match else None
