"""What the usability checks look at: a visit's page beside its baseline, before any verdict."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from linkarchive.judge import rules, topics, words
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.rules import normal
from linkarchive.model import Case, Judgement, Reason, Verdict

_STATUS = re.compile(r"(?<![\d.,:/-])([45]\d\d)(?![\d.,:/-]*\d)")
SHORT = 150
"""Words up to which a page can be an error, a wall or a holding page; one that is about such things is longer."""
_NOTICE = 80
_FIRST = 5
"""Lines of the main text within which a notice stands."""
_SAYS_MORE = 18
"""Words in sentences from which a page says something else than that there is no page."""
_PROSE = 15
"""Words of a paragraph; shorter lines are labels, links and teasers."""
_TROUBLE = ("error", "missing", "refused", "crash")
QUESTION = ("?", "？", "؟")
_CLOSING = " \"'”»’)]」』"
_QUOTED = re.compile(r"(?<=\w)[\s,:]*[“\"«„「『][^”\"»“」』]{3,200}[”\"»“」』]")
"""A passage in quotation marks that a sentence leads up to."""


@dataclass(frozen=True, slots=True)
class PageView:
    case: Case
    after: ParsedPage
    before: ParsedPage | None
    retention: float | None = None
    """Share of the baseline's substance that today's page still has; None without a baseline."""

    @property
    def final_url(self) -> str:
        return self.after.page.final_url or self.case.url

    @property
    def host(self) -> str:
        return host(self.final_url)

    @property
    def is_redirected(self) -> bool:
        """It ended at another path or host than asked for."""
        return (host(self.case.url), segments(self.case.url)) != (self.host, segments(self.final_url))

    def shows_little(self, limit: int) -> bool:
        """The page shows fewer words than the limit, navigation included."""
        return not self.after.has_plenty and self.after.visible_size < limit

    def has_little_text(self, limit: int) -> bool:
        """The page has fewer words of its own than the limit (navigation is not its own)."""
        return self.shows_little(limit) or (not self.after.has_plenty and self.after.size < limit)

    def says_little(self, limit: int) -> bool:
        """Likewise, and what an extractor may have left out is little too: a dialog may lie over a long text."""
        if self.after.has_plenty:
            return False
        # The extraction of the main text is the dearest by far, and comes last.
        return self.shows_little(limit) or (self.after.own_size < 2 * limit and self.after.size < limit)

    def has_little_prose(self, limit: int) -> bool:
        """Lists of links and labels are no text: what is left of the main text is less than the limit."""
        return (
            not self.after.has_plenty
            and sum(n for n in (len(block.split()) for block in self.after.main) if n >= _PROSE) < limit
        )

    def status_in_heading(self, *statuses: str) -> tuple[str, str] | None:
        """(status, heading) where hardly anything stands below a heading with such a number, in any language."""
        if not self.shows_little(_NOTICE):
            return None
        for heading in self.after.headings:
            for status in _STATUS.findall(heading):
                if (
                    status in statuses
                    and stands_out(status, heading)
                    and (not self.says_more or self._is_error(heading))
                ):
                    return status, heading
        return None

    def _is_error(self, heading: str) -> bool:
        """A part of the heading is a number and a word for an error: “Fehler 404 – …”, as templates have it."""
        parts = (part for part in rules.parts(heading) if part.count(" ") == 1 and _STATUS.search(part))
        return any(topics.speaks_of("error", part) for part in parts)

    def said(self, kind: str) -> str | None:
        """The phrase of a kind in the visible text of a page that says nothing else before it."""
        phrase = rules.in_text(kind, self.asserted(self.after.visible))
        if phrase is None or self.says_more:
            return None
        if self.before is None and all(phrase not in normal(line) for line in self.after.main[:_FIRST]):
            phrase = None if any(phrase in normal(line) for line in self.after.main) else phrase
        return phrase

    def asserted(self, text: str) -> str:
        """A text as `normal` spells it; of a page seen first without what its sentences ask, or quote. “Account
        suspended after paying?” and “my host says “account suspended”” are no notices."""
        if self.before is not None:
            return normal(text)
        sentences = (sentence for line in text.split("\n") for sentence in words.sentences(line))
        told = (sentence for sentence in sentences if not sentence.rstrip(_CLOSING).endswith(QUESTION))
        return normal("\n".join(_QUOTED.sub(" ", sentence) for sentence in told))

    def that_tell(self, lines: Iterable[str]) -> list[str]:
        """The lines; of a page seen first those that ask nothing, without what they quote."""
        if self.before is not None:
            return list(lines)
        return [_QUOTED.sub(" ", line) for line in lines if not any(mark in line for mark in QUESTION)]

    @property
    def says_more(self) -> bool:
        """A page seen first has sentences of its own that speak neither of errors nor of access."""
        return self.says_more_than()

    def says_more_than(self, *besides: str) -> bool:
        """It has some that speak neither of these topics nor of errors or access."""
        return self.before is None and topics.unconcerned(self.after, *besides) >= _SAYS_MORE

    def was_there(self, phrase: str) -> bool:
        """The baseline says it too: then it tells nothing."""
        return self.before is not None and (phrase in self.before.visible_normal or self.was_heading(phrase))

    def was_heading(self, phrase: str) -> bool:
        """A heading of the baseline says it too; what its text says is no heading."""
        return self.before is not None and any(phrase in normal(heading) for heading in self.before.headings)


def stands_out(status: str, heading: str) -> bool:
    """The number begins or ends a part of the heading, or stands beside trouble: “up to 500 euros” is no error."""
    parts = [part for part in rules.parts(heading)[1:] or rules.parts(heading) if status in part]
    return any(
        part.startswith(status) or part.endswith(status) or any(topics.speaks_of(topic, part) for topic in _TROUBLE)
        for part in parts
    )


@functools.lru_cache(1024)
def host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


@functools.lru_cache(1024)
def segments(url: str) -> tuple[str, ...]:
    """The path's segments, decoded, in lower case."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ()
    return tuple(segment for segment in unquote(path).lower().split("/") if segment)


def judgement_of(verdict: Verdict, reason: Reason, confidence: float, *evidence: str) -> Judgement:
    return Judgement(verdict, reason, confidence, tuple(evidence))
