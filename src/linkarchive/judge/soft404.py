"""“Not found” served as if it were the page (soft 404): by its words, and by what a made-up address gets.

The probe is that of Bar-Yossef et al., Sic transit gloria telae (WWW 2004), with the
ratio of benhoyt/soft404: a sibling of 25 random letters in the same directory, never
for the root of a host.
"""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

from linkarchive.judge import rules, words
from linkarchive.judge.page_view import QUESTION, SHORT, PageView, judgement_of, segments
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.redirects import is_front
from linkarchive.model import Judgement, Page, Reason, Verdict
from linkarchive.urls import is_root

_TINY = 60
_PROBE_RATIO = 0.95
_PROBE_WORDS = 2000
_MIN_OWN = 10
_FEW = 8
_FIRST_LINES = 4
"""Headings, lines and sentences at the top of a page of which one is a notice's."""
_NOTICE = 20
"""Own words up to which a page is a bare notice."""


def error_path(view: PageView) -> Judgement | None:
    """The visit ended at an address of an error page, without a text of its own."""
    if view.after.has_plenty or not view.is_redirected or rules.in_path("gone-path", segments(view.case.url)):
        return None
    if rules.in_path("gone-path", segments(view.final_url)):
        return judgement_of(Verdict.DEAD, Reason.SOFT_404, 0.95, f"the link leads to an error page ({view.final_url})")
    return None


def soft404(view: PageView) -> Judgement | None:
    """The page says, in its title, a heading or a short text, that the page is not there."""
    if view.after.has_plenty or _is_long(view):
        return None
    heading = _heading(view)
    if not view.has_little_text(SHORT) and not (heading and _is_all_of(heading, view)):
        return None
    phrase = _phrase(view)
    if heading:
        where = "title" if heading[1] == view.after.title else "heading"
        evidence = [f"the {where} says “{heading[1]}”"]
        if phrase:
            evidence.append(f"the text says “{phrase}”")
        return judgement_of(Verdict.DEAD, Reason.SOFT_404, 0.97 if phrase else 0.94, *evidence)
    if phrase:
        return judgement_of(Verdict.DEAD, Reason.SOFT_404, 0.9, f"the page has little text, and it says “{phrase}”")
    return None


def _is_long(view: PageView) -> bool:
    """A page seen first that says much, under headings that name no error: that is known without extraction."""
    is_long = view.before is None and view.after.own_size >= 2 * SHORT
    return is_long and not any(map(_tells, view.after.headings))


def platform(view: PageView) -> Judgement | None:
    """A platform that answers 200 for everything says that the post, the video or the account is gone."""
    if not rules.is_for("platform-gone", view.host):
        return None
    phrase = rules.in_text("platform-gone", view.after.source_normal, "source", view.host)
    if phrase is None and view.has_little_prose(_TINY):  # posts quote such words
        phrase = rules.in_text("platform-gone", view.after.visible_normal, "text", view.host)
    if phrase and not view.was_there(phrase):
        return judgement_of(Verdict.DEAD, Reason.SOFT_404, 0.9, f"{view.host} says “{phrase}”")
    return None


def probed(view: PageView) -> Judgement | None:
    """What the made-up sibling says: the same answer as the page's means that any address gets it."""
    probe = view.case.probe
    if probe is None or probe.failure is not None or probe.status is None or not 200 <= probe.status < 300:
        return None
    if not answers_alike(view.after, probe):
        return None
    evidence = "a made-up address on this host answers the same page"
    if view.is_redirected and is_front(view.final_url):
        return judgement_of(Verdict.DEAD, Reason.HOMEPAGE_REDIRECT, 0.97, "the link leads to the front page", evidence)
    return judgement_of(Verdict.DEAD, Reason.SOFT_404, 0.96, evidence)


def answers_alike(after: ParsedPage, probe: Page) -> bool:
    """Both redirected to one address, or their texts are the same but for a few words."""
    if after.page.body == probe.body:
        return True
    if after.page.hops and probe.hops and after.page.final_url == probe.final_url:
        return True
    other = ParsedPage(probe)
    if after.kind != other.kind or not after.has_text:
        return False
    same_title = words.tokens(after.title) == words.tokens(other.title)
    if _alike(after.visible_words, other.visible_words):
        # In a large frame two short texts are a few words of many: they must say the same themselves.
        same_heading = words.tokens(after.first_heading) == words.tokens(other.first_heading)
        return (same_title and same_heading) or _alike(_own_words(after), _own_words(other))
    # Rotating advertisements and counters push a short page under the ratio. Its own text is left, which two
    # addresses share when they get the same answer; the title must agree too, since extractors take frames for text.
    return same_title and after.size >= _MIN_OWN and _alike(after.words, other.words)


def _own_words(page: ParsedPage) -> list[str]:
    return [word for line in page.own_lines for word in words.tokens(line)]


def _alike(these: Sequence[str], those: Sequence[str]) -> bool:
    from rapidfuzz.distance import Indel

    return bool(these) and Indel.normalized_similarity(these[:_PROBE_WORDS], those[:_PROBE_WORDS]) >= _PROBE_RATIO


def probe_url(url: str, token: str) -> str | None:
    """A sibling of the URL that cannot exist; None for the root of a host, and for what is no URL.

    The 25 letters come from the token, so that one run asks the same address of a host.
    """
    try:
        parts = urlsplit(url)
        if is_root(url):
            return None
    except ValueError:
        return None
    directory = parts.path.rstrip("/").rpartition("/")[0]
    return urlunsplit((parts.scheme, parts.netloc, f"{directory}/{probe_name(token)}", "", ""))


def probe_name(token: str) -> str:
    """The 25 letters of a token, with which a made-up address ends."""
    return "".join(random.Random(token).choices(string.ascii_lowercase, k=25))  # noqa: S311 - a name, not a secret


def _heading(view: PageView) -> tuple[str, str] | None:
    """(phrase, heading) that says so and is new."""
    notice = rules.in_headings("not-found", view.after.notices()) or rules.in_lines("not-found", view.after.notices())
    notice = notice or view.status_in_heading("404", "410")
    if notice and not _is_notice(view, *notice):
        return None
    return notice if notice and not view.was_heading(notice[0]) else None


def _is_notice(view: PageView, phrase: str, heading: str) -> bool:
    """A page seen first that says something below such a heading must have it for most of a heading's part.

    “Page not found” is a notice; “What to do when a page was not found”, and a work called “404”, are texts about one.
    """
    if view.before is not None or view.after.own_size < _NOTICE:
        return True
    if phrase in rules.parts(view.after.title) and phrase not in rules.normal(view.after.first_heading):
        return True  # a bare status of a template's title, above a heading of its own
    first = rules.normal(view.after.first_heading)
    goes_on = phrase in first and 2 * len(phrase) < len(first)
    is_about = goes_on or " " not in phrase or any(mark in heading for mark in QUESTION)
    return rules.is_most_of(phrase, heading) and not (is_about and view.says_more)


def _is_all_of(heading: tuple[str, str], view: PageView) -> bool:
    """Title and first heading say the same short thing, and there is no text below, however rich the site's frame."""
    title, first = view.after.title, view.after.first_heading
    text = rules.normal(first or heading[1])
    return text.count(" ") < _FEW and text in rules.normal(title) and _tells(text) and view.has_little_prose(SHORT)


def _tells(heading: str) -> bool:
    return bool(rules.in_headings("not-found", (heading,)) or rules.in_lines("not-found", (heading,)))


def _phrase(view: PageView) -> str | None:
    """What the text says of a missing page; in a line of any wording only where there is next to nothing else."""
    if view.says_more:
        return None
    phrase = rules.in_text("not-found", view.asserted(_own_text(view.after)))
    if phrase is None and view.after.size < _TINY:
        line = rules.in_lines("not-found", view.that_tell(_first_sentences(view)))
        phrase = line[1] if line else None
    return None if phrase is None or view.was_there(rules.normal(phrase)) else phrase


def _first_sentences(view: PageView) -> Sequence[str]:
    """What a notice begins with, sentence by sentence; all lines where it stands in the place of another page."""
    if view.before is not None:
        return view.after.main
    sentences = [sentence for line in view.after.own_lines[:_FIRST_LINES] for sentence in words.sentences(line)]
    return sentences[:_FIRST_LINES]


def _own_text(page: ParsedPage) -> str:
    """The main text; for a page with little text all of it."""
    if page.visible_size < SHORT:
        return page.visible
    return "\n".join(page.main) if page.size < SHORT else ""
