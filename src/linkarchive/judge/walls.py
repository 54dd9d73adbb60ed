"""Walls between us and the page: bot challenges, refusals, logins, consent, paywalls, empty shells, maintenance."""

from __future__ import annotations

import re
from collections.abc import Mapping

from linkarchive.judge import rules, topics, words
from linkarchive.judge.page_view import SHORT, PageView, host, judgement_of, segments
from linkarchive.judge.parsed_page import ParsedPage
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
_TEASER = 250
"""Words of the beginning of an article that a paywall may show."""
_END = 6
_PARAGRAPH = 15
_PAGE_LIKE = 120
"""Words of an error that is more than an error message in the frame of a site."""
_FOR_PROGRAMS = re.compile(
    r"automated (?:access|quer|request|traffic|visit)|unusual traffic|\b(?:ro)?bots?\b(?! *[\"']? *(?:content|name))"
    r"|crawlers?\b|scrap(?:ers?|ing)\b|captcha"
)
_NOT_FREE = re.compile(r"""isaccessibleforfree["']?\s*[:=]\s*["']?false""")
"""What schema.org has publishers state of articles behind a paywall."""
_OFFER = 8
_LINES = 40
_BROKEN_OFF = 0.4
"""Share of the baseline up to which its beginning may be all that a paywall shows."""
_ARTICLE = 90
"""Words of a baseline that a beginning can be the beginning of."""
_STANDS = 0.3
"""Share of today's text that is the baseline's."""
_SOURCE_LIMIT = 300_000


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
            and not spoken.isdisjoint(("missing", "refused"))
            and not view.was_there(rules.normal(line))
        ):
            return judgement_of(Verdict.BLOCKED, Reason.FORBIDDEN, 0.93, f"the page is short and says “{line[:200]}”")
    return None


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
    if has_password and view.shows_little(_TINY):
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


def paywall(view: PageView) -> Judgement | None:
    """The beginning of the page and an offer to subscribe: much less text than the baseline, or little text."""
    if view.before is None and view.after.has_plenty:
        return None
    size = _said_once(view)
    if size > 0.7 * view.before.size if view.before is not None else size >= _TEASER:
        return None
    phrase = rules.in_text("paywall", view.after.visible_normal if view.before is not None else _after_text(view.after))
    if not phrase or view.was_there(phrase):
        is_not_free = _NOT_FREE.search(view.after.source_normal) and (view.before is not None or size < SHORT)
        evidence = "there is little text, and the page states that it is not free to read (isAccessibleForFree)"
        if is_not_free:
            return judgement_of(Verdict.BLOCKED, Reason.PAYWALL, 0.88, evidence)
        evidence = (
            "under the same title only the beginning of the page is left, and a link that was not there follows it"
        )
        return judgement_of(Verdict.BLOCKED, Reason.PAYWALL, 0.75, evidence) if _breaks_off(view) else None
    evidence = f"the text breaks off, and the page says “{phrase}”"
    if view.before is not None:
        return judgement_of(Verdict.BLOCKED, Reason.PAYWALL, 0.93, evidence)
    if size < SHORT:
        return judgement_of(Verdict.BLOCKED, Reason.PAYWALL, 0.9, evidence)
    # A longer beginning: the offer must be a line of its own where the text ends, not a sentence about paywalls.
    if any(phrase in rules.normal(line) and len(line.split()) <= _OFFER for line in view.after.main[-_END:]):
        return judgement_of(Verdict.BLOCKED, Reason.PAYWALL, 0.8, evidence)
    return None


def _breaks_off(view: PageView) -> bool:
    """Title, heading and a paragraph are the baseline's, little else is, and new links follow."""
    before, after = view.before, view.after
    if before is None or (view.retention or 0.0) >= _BROKEN_OFF or before.size < _ARTICLE or after.size >= SHORT:
        return False
    if (before.title, before.first_heading) != (after.title, after.first_heading) or not after.first_heading:
        return False
    prose = words.tokens(" ".join(line for line in after.main if len(line.split()) >= _OFFER))
    stands = words.share(words.retained(prose, before.visible_shingles)) if len(prose) >= _PARAGRAPH else 0.0
    if stands < _STANDS or after.visible_size >= before.visible_size:
        return False
    known = {link.getattr("href") for link in before.elements("a[href]")}
    return any(link.getattr("href") not in known for link in after.elements("a[href]"))


def _after_text(page: ParsedPage) -> str:
    """The text below the first heading, to a little below the last paragraph: a frame's offers are no paywall."""
    lines = [" ".join(line.split()) for line in page.visible.split("\n") if line.strip()]
    start = next((at + 1 for at, line in enumerate(lines) if line == page.first_heading), 0)
    last = max((at for at in range(start, len(lines)) if len(lines[at].split()) >= _PARAGRAPH), default=start)
    return rules.normal("\n".join(lines[start : last + 1 + _END]))


def _said_once(view: PageView) -> int:
    """Words of the main text without the lines that it repeats, as promotion does."""
    lines = view.after.main
    distinct = dict.fromkeys(lines)
    return view.after.size if len(distinct) == len(lines) else words.size(words.substance("\n".join(distinct)))


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
    notice = rules.in_headings("maintenance", view.after.notices) or view.status_in_heading("500", "502", "503", "504")
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
            name, _, want = phrase.partition(": ")
            value = headers.get(name)
            if value is not None and (value.strip().lower() == want or (want == "*" and value.strip())):
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
