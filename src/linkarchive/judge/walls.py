"""Walls between us and the page: bot challenges, refusals, logins, consent, paywalls, empty shells, maintenance."""

from __future__ import annotations

import re
from collections.abc import Mapping

from linkarchive.judge import rules, topics, words
from linkarchive.judge.page_view import QUESTION, SHORT, PageView, host, judgement_of, segments
from linkarchive.model import Judgement, Reason, Verdict

_TINY = 60
_HARDLY = 15
_FORM = 220
"""Words of its own, labels and lists of countries among them, that a page with a login form may have."""
_HEADING = 4
_TEXT = 25
"""Own words from which a page that names a refusal may be about one."""
_NEARLY_ALL = 0.75
"""Share of a heading that is a refusal above a text that says more than that."""
_PARAGRAPH = 15
_PAGE_LIKE = 120
"""Words of an error that is more than an error message in the frame of a site."""
_FOR_PROGRAMS = re.compile(
    r"automated (?:access|quer|request|traffic|visit)|unusual traffic|\b(?:ro)?bots?\b(?! *[\"']? *(?:content|name))"
    r"|crawlers?\b|scrap(?:ers?|ing)\b|captcha"
)
_LINES = 40
_SOURCE_LIMIT = 300_000
_ANSWER = "main button, article button, div > button, select, input[type=checkbox], input[type=radio], input[type=date]"


def challenge_mark(view: PageView) -> Judgement | None:
    """A bot wall, by its headers or its scripts. Works at any status."""
    header = _challenge_header(view.after.page.headers)
    if header:
        return judgement_of(
            Verdict.BLOCKED, Reason.CHALLENGE, 0.99, f"the server answers with a bot challenge ({header})"
        )
    # Protected sites carry the vendor's script on good pages too: it tells only where there is next to no text.
    if view.after.kind in ("html", "text") and (_is_refused(view) or view.shows_little(SHORT)):
        marker = rules.in_text("challenge", view.after.source_normal[:_SOURCE_LIMIT], "source")
        if marker:
            return judgement_of(
                Verdict.BLOCKED, Reason.CHALLENGE, 0.97, f"the page is a bot check (it contains “{marker}”)"
            )
    return None


def challenge(view: PageView) -> Judgement | None:
    """A bot wall, by its words. Works at any status."""
    refused = _is_refused(view)
    if view.after.kind not in ("html", "text") or not (refused or view.says_little(SHORT)):
        return None
    notice = rules.in_headings("challenge", view.after.headings)
    if notice and not view.was_heading(notice[0]):
        return judgement_of(Verdict.BLOCKED, Reason.CHALLENGE, 0.93, f"the title says “{notice[1]}”")
    if refused or view.shows_little(SHORT):
        phrase = rules.in_text("challenge", view.asserted(view.after.visible))
        if phrase and not view.was_there(phrase) and (refused or not view.says_more):
            return judgement_of(Verdict.BLOCKED, Reason.CHALLENGE, 0.9, f"the page is short and says “{phrase}”")
    return None


def _is_refused(view: PageView) -> bool:
    return not 200 <= (view.after.page.status or 0) < 300


def error_with_page(view: PageView) -> Judgement | None:
    """A server error that shows a page of its own, or speaks of programs: the site is there, and does not serve us."""
    if view.after.kind != "html":
        return None
    if _FOR_PROGRAMS.search(view.after.source_normal[:_SOURCE_LIMIT]):
        remark = "and speaks of automatic visits"
    elif view.after.visible_size > _PAGE_LIKE:
        remark = "and shows a page of its own"
    else:
        return None
    answer = f"the server answers with an error ({view.after.page.status}) {remark}"
    return judgement_of(Verdict.BLOCKED, Reason.FORBIDDEN, 0.7, answer)


def refusal(view: PageView) -> Judgement | None:
    """“Access denied” served as if it were the page."""
    if not view.says_little(SHORT):
        return None
    notice = rules.in_headings("blocked", view.after.headings)
    if notice and view.before is None and view.after.own_size >= _TEXT:
        notice = notice if rules.is_most_of(*notice, _NEARLY_ALL if view.says_more else 0.5) else None
    notice = notice or view.status_in_heading("401", "403")
    phrase = notice[0] if notice else view.said("blocked")
    if phrase and not view.was_there(phrase):
        text = notice[1] if notice else phrase
        return judgement_of(Verdict.BLOCKED, Reason.FORBIDDEN, 0.9, f"the page is short and says “{text}”")
    return None


def elsewhere(view: PageView) -> Judgement | None:
    """The page is not for readers in this country: it says of itself that it is not there, and is, for others."""
    if not view.says_little(SHORT) or view.says_more:
        return None
    lines = dict.fromkeys(view.that_tell((*view.after.headings, *view.after.own_lines[:_LINES])))
    for line, spoken in zip(lines, topics.of_lines(lines), strict=True):
        if (
            "region" in spoken
            and "sought" not in spoken
            and not spoken.isdisjoint(("missing", "refused"))
            and not view.was_there(rules.normal(line))
        ):
            return judgement_of(Verdict.BLOCKED, Reason.FORBIDDEN, 0.88, f"the page is short and says “{line[:200]}”")
    return None


def age(view: PageView) -> Judgement | None:
    """The page asks how old its reader is, and shows nothing else."""
    if not view.says_little(_TINY) or view.says_more_than("age"):
        return None
    for line in dict.fromkeys((*view.after.headings, *view.after.own_lines[:_LINES])):
        if "age" in topics.of_lines((line,))[0] and _is_asked(line, view) and not view.was_there(rules.normal(line)):
            return judgement_of(Verdict.BLOCKED, Reason.CONSENT, 0.85, f"the page asks for an age, “{line[:200]}”")
    return None


def _is_asked(line: str, view: PageView) -> bool:
    """The line asks, or there is something to answer with: “18 years of cider” is no question."""
    if any(mark in line for mark in QUESTION) or view.after.kind != "html" or view.after.has(_ANSWER):
        return True
    return any(topics.speaks_of("age", link.text or "") for link in view.after.elements("a")[:_LINES])


def login_host(view: PageView) -> Judgement | None:
    """The visit ended at a login service, or at the login page of a platform."""
    if asks_for_login(view.case.url):
        return None
    notice = None
    if rules.is_for("platform-login", view.host):
        notice = rules.in_headings("platform-login", view.after.headings, view.host)
    if notice:
        return judgement_of(Verdict.BLOCKED, Reason.LOGIN, 0.95, f"the site shows its login page, “{notice[1]}”")
    if view.is_redirected and rules.in_host("login", view.host):
        return judgement_of(Verdict.BLOCKED, Reason.LOGIN, 0.97, f"the link leads to a login page ({view.final_url})")
    return None


def login(view: PageView) -> Judgement | None:
    """The visit ended at an address of a login page, or the page is little more than a login form."""
    if asks_for_login(view.case.url) or view.after.has_plenty:
        return None
    login_heading = rules.in_headings("login", view.after.headings)
    heading = login_heading or _short_heading(view)
    has_password = view.after.kind == "html" and view.after.has("input[type=password]")
    if view.is_redirected and rules.in_path("login", segments(view.final_url)):
        sure = 0.97 if heading or has_password else 0.85
        return judgement_of(Verdict.BLOCKED, Reason.LOGIN, sure, f"the link leads to a login page ({view.final_url})")
    if heading and not view.was_heading(heading[0]):
        if has_password and (view.says_little(SHORT) or _is_all_form(view, _FORM)):
            return judgement_of(Verdict.BLOCKED, Reason.LOGIN, 0.95, f"the page is a login form, “{heading[1]}”")
        if login_heading and view.shows_little(_TINY) and view.after.kind == "html" and view.after.has("form, input"):
            return judgement_of(Verdict.BLOCKED, Reason.LOGIN, 0.8, f"the page is short and says “{heading[1]}”")
    if has_password and view.shows_little(_TINY) and not _says_something(view):
        return judgement_of(Verdict.BLOCKED, Reason.LOGIN, 0.8, "the page has a password field and hardly any text")
    return None


def _short_heading(view: PageView) -> tuple[str, str] | None:
    """(word, heading) of a title or heading of a few words that speaks of logging in, however it puts it."""
    for heading in view.after.headings:
        for part in rules.parts(heading):
            word = topics.speaks_of("login", part) if part.count(" ") < _HEADING else None
            if word:
                return word, heading
    return None


def _says_something(view: PageView) -> bool:
    """Lines that do not speak of logging in say more than the labels of a form."""
    lines = view.after.own_lines[:_LINES]
    sizes = (words.size(words.tokens(line)) for line in lines)
    return (
        sum(
            size
            for size, spoken in zip(sizes, topics.of_lines(lines), strict=True)
            if spoken.isdisjoint(("login", "password", "refused"))
        )
        >= _PARAGRAPH
    )


def _is_all_form(view: PageView, limit: int) -> bool:
    """Outside links the page says hardly anything, and nothing in paragraphs: what there is to see is the form."""
    prose = sum(count for count in (len(line.split()) for line in view.after.own_lines) if count >= _PARAGRAPH)
    return view.after.own_size < limit and prose < _TINY


def asks_for_login(url: str) -> bool:
    """The link is to a login page itself."""
    return rules.in_path("login", segments(url)) is not None or rules.in_host("login", host(url))


def consent_host(view: PageView) -> Judgement | None:
    """The visit ended at a service that asks for consent."""
    if rules.in_host("consent", view.host) and not rules.in_host("consent", host(view.case.url)):
        return judgement_of(
            Verdict.BLOCKED, Reason.CONSENT, 0.98, f"the link leads to a consent page ({view.final_url})"
        )
    return None


def consent(view: PageView) -> Judgement | None:
    """A consent page instead of the page (a banner on the page is not one)."""
    path = segments(view.case.url)
    if view.after.has_plenty:
        return None
    if view.is_redirected and rules.in_path("consent", segments(view.final_url)) and not rules.in_path("consent", path):
        return judgement_of(
            Verdict.BLOCKED, Reason.CONSENT, 0.95, f"the link leads to a consent page ({view.final_url})"
        )
    if not view.shows_little(SHORT):
        return None
    dialog = "all there is to see is a consent dialog, “{}”"
    notice = rules.in_headings("consent", view.after.headings)
    if notice and not view.was_heading(notice[0]) and not view.says_more_than("consent", "accept"):
        return judgement_of(Verdict.BLOCKED, Reason.CONSENT, 0.92, dialog.format(notice[1]))
    line = rules.in_lines("consent", view.after.visible.splitlines())
    phrase = rules.in_text("consent", view.after.visible_normal) or (line[0] if line else None)
    if phrase and not view.was_there(phrase) and _is_about_consent(view.after.visible):
        return judgement_of(Verdict.BLOCKED, Reason.CONSENT, 0.88, dialog.format(phrase))
    return None


def told_shell(view: PageView) -> Judgement | None:
    """A page that says it needs scripts, and nothing else."""
    if view.after.kind != "html" or not view.shows_little(_TINY):
        return None
    phrase = rules.in_text("script-only", view.after.visible_normal)
    if phrase is None:
        return None
    return judgement_of(Verdict.BLOCKED, Reason.SCRIPT_ONLY, 0.93, f"without scripts the page only says “{phrase}”")


def shell(view: PageView) -> Judgement | None:
    """A frame that scripts would fill, or nothing at all."""
    if view.after.has_plenty:
        return None
    if (view.after.kind == "html" and not view.after.source.strip()) or not view.after.page.body.strip():
        return judgement_of(Verdict.UNREACHABLE, Reason.PROTOCOL, 0.85, "the server answers with an empty page")
    if view.after.kind == "html" and view.shows_little(_HARDLY) and view.after.has("script"):
        return judgement_of(
            Verdict.BLOCKED, Reason.SCRIPT_ONLY, 0.85, "the page is an empty frame that scripts would fill"
        )
    return None


def maintenance(view: PageView) -> Judgement | None:
    """An error or maintenance page served with a good status."""
    if not view.says_little(SHORT):
        return None
    notice = rules.in_headings("maintenance", view.after.notices()) or view.status_in_heading(
        "500", "502", "503", "504"
    )
    if notice and view.says_more and not rules.is_most_of(*notice):
        notice = None
    if notice and not view.was_heading(notice[0]):
        return judgement_of(Verdict.UNREACHABLE, Reason.HTTP_5XX, 0.9, f"the page says “{notice[1]}”")
    phrase = view.said("maintenance")
    if phrase and view.shows_little(SHORT) and not view.was_there(phrase):
        return judgement_of(Verdict.UNREACHABLE, Reason.HTTP_5XX, 0.9, f"the page is short and says “{phrase}”")
    return None


def _challenge_header(headers: Mapping[str, str]) -> str | None:
    for rule in rules.of("challenge", "header"):
        for phrase in rule.phrases:
            name, _, expected = phrase.partition(": ")
            value = headers.get(name)
            if value is not None and (value.strip().lower() == expected or (expected == "*" and value.strip())):
                return f"{name}: {value.strip()[:40]}"
    return None


_CONSENT_WORDS = (
    "cookie", "consent", "privacy", "partner", "datenschutz", "privat", "zustimm", "werbung", "vie privée",
    "publicit", "confidential", "publicidad", "privacidad", "pubblicit", "privacidade", "advertis", "tracking",
    "reclame", "prywatno", "reklam", "ccept", "kzept", "agree", "cett", "ceit", "gdpr",
)  # fmt: skip


def _is_about_consent(visible: str) -> bool:
    """Outside the lines that speak of consent hardly any text is left."""
    rest = [line for line in visible.splitlines() if not any(word in line.lower() for word in _CONSENT_WORDS)]
    return len(" ".join(rest).split()) < 25
