"""The sources that a browser looks at: by rule, as at the last visit, or since nothing else can see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from msgspec import structs

from linkarchive.browser.chromium import browser_for, renderer_of
from linkarchive.check.assess import Assessment
from linkarchive.check.baselines import Fetched, page_of
from linkarchive.check.plan import Job, Policy
from linkarchive.clock import Clock
from linkarchive.model import CaptureScope, Failure, Page, Reason, Verdict
from linkarchive.model.events import Listener, Notice
from linkarchive.settings import SiteSettings
from linkarchive.sites import scope_for
from linkarchive.text import HTML_TYPES, media_type
from linkarchive.web.exchange import Visit

if TYPE_CHECKING:
    from linkarchive.browser.renderer import Answer
    from linkarchive.browser.rendering import NotRendered

MOST_HELD = 200
"""Visits that stay open while the browser looks at their pages; of what comes after, nothing else is left to judge."""
_MAY_OPEN = frozenset({Reason.SCRIPT_ONLY, Reason.CHALLENGE, Reason.CONSENT})
"""What keeps a visit without scripts from seeing a page, and a browser perhaps not. A plain refusal is none of them: it
is common, and a browser that says who it is meets with it as well."""
_NO_PAGE = frozenset({404, 410})


class PageRenderer(Protocol):
    """What has pages rendered: `Renderer`, or what stands for it."""

    def submit(self, key: int, url: str, ready: Callable[[Page], bool]) -> None: ...

    def done(self) -> Iterator[tuple[int, Answer]]: ...

    def wait(self, seconds: float) -> None: ...

    def close(self) -> None: ...


class RenderedPages:
    """What the browser of a run is to look at, what it is at, and what it saw."""

    def __init__(
        self,
        policy: Policy,
        clock: Clock,
        listener: Listener,
        left: list[int] | None = None,
        renderer: PageRenderer | None = None,
    ) -> None:
        """`listener` is told what the user should know. With `left` no browser is started: that takes the
        numbers of the sources, which are left to another process. `renderer` stands for a browser of our own; without
        it this raises as `browser_for`."""
        self._policy = policy
        self._clock = clock
        self._listener = listener
        self._executable = "" if renderer is not None else browser_for(policy.settings)
        self._renderer = renderer
        self._left = left
        self._waiting: dict[int, tuple[Fetched, Assessment | None, bool]] = {}
        """By the number of the source: our own visit, closed beyond MOST_HELD, its assessment, if there is one, and
        whether the page may still be set aside for a probe."""

    def leaves(self, job: Job) -> bool:
        """The source is left to another process, and need not be visited by this one."""
        if self._left is None or self._executable is None or not self._is_asked(job):
            return False
        self._left.append(job.source.id)
        return True

    def wants(self, fetched: Fetched) -> bool:
        """The browser looks at the page before anything is concluded."""
        visit, job = fetched.visit, fetched.job
        if self._executable is None or fetched.is_settled or visit.final is None or visit.final.status in _NO_PAGE:
            return False
        return self._is_asked(job) and (visit.not_modified or _is_html(fetched.page))

    def may_help(self, fetched: Fetched, assessment: Assessment) -> bool:
        """Our own visit met with something that a browser may see more of."""
        if self._executable is None or fetched.is_settled or self._policy.settings.browser.when == "never":
            return False
        worst = min(assessment.judgements, key=lambda judgement: judgement.rank)
        return worst.verdict is Verdict.BLOCKED and worst.reason in _MAY_OPEN and _is_html(fetched.page)

    def look(self, fetched: Fetched, assessment: Assessment | None = None, *, may_wait: bool) -> None:
        """Have the browser look at the page of a visit, which is closed by `seen`."""
        if self._left is not None:
            fetched.close()
            self._left.append(fetched.job.source.id)
            return
        if len(self._waiting) >= MOST_HELD:
            fetched.close()
            fetched, assessment = structs.replace(fetched, page=structs.replace(fetched.page, body=b"")), None
        number = fetched.job.source.id
        self._waiting[number] = fetched, assessment, may_wait
        rule = self._policy.rule(fetched.job)
        self._browser().submit(number, fetched.visit.request.url, lambda page: is_page(page, rule))

    @property
    def pending(self) -> bool:
        return bool(self._waiting)

    def seen(self) -> Iterator[tuple[Fetched, Assessment | None, bool]]:
        """What the browser saw since the last call, and whether it may be set aside for a probe; where it saw nothing,
        our own visit again, with its assessment. Of a page that is to be shown at another time, nothing."""
        if self._renderer is None:
            return
        from linkarchive.browser.rendering import Rendering

        for number, answer in self._renderer.done():
            fetched, assessment, may_wait = self._waiting.pop(number)
            if isinstance(answer, Rendering):
                fetched.close()
                seen = structs.replace(fetched, visit=answer.visit, page=answer.page, rendering=answer, is_settled=True)
                yield seen, None, may_wait
            elif answer.is_late:
                fetched.close()
            else:
                yield self._unseen(fetched, answer), assessment, may_wait

    def wait(self, seconds: float) -> None:
        if self._renderer is not None:
            self._renderer.wait(seconds)

    def close(self) -> None:
        """End the browser, and let go of what waits for it."""
        if self._renderer is not None:
            self._renderer.close()
        for fetched, *_ in self._waiting.values():
            fetched.close()
        self._waiting.clear()

    def document(self, fetched: Fetched) -> Page | None:
        """What the server sent, where the browser saw the page; else None."""
        if fetched.rendering is None:
            return None
        return page_of(fetched.visit, self._policy)

    def _is_asked(self, job: Job) -> bool:
        """The project asks for it, or the last look at the source was a browser's."""
        if scope_for(job.source.url, self._policy.settings) is CaptureScope.RENDERED:
            return True
        return self._policy.settings.browser.when != "never" and job.previous.was_rendered

    def _unseen(self, fetched: Fetched, answer: NotRendered) -> Fetched:
        """Our own visit, with a word on the browser; without a page of its own it has failed."""
        words = f"the browser could not show the page: {answer.why}"
        fetched = structs.replace(fetched, is_settled=True, remark=words)
        if fetched.page.body and not fetched.visit.not_modified:
            return fetched
        fetched.close()
        failure = Failure(Reason.PROTOCOL, words, fetched.job.source.url, connected=True)
        visit = Visit(fetched.visit.request, fetched.visit.time, (), failure)
        return structs.replace(fetched, visit=visit, page=Page(fetched.job.source.url, None, failure=failure))

    def _browser(self) -> PageRenderer:
        if self._renderer is None:
            settings, executable = self._policy.settings, self._executable or ""
            self._renderer = renderer_of(executable, settings, self._clock, self._notify)
        return self._renderer

    def _notify(self, words: str) -> None:
        self._listener(Notice(words))


def is_page(page: Page, rule: SiteSettings | None) -> bool:
    """The page is one, or gone: neither a wall nor an empty frame, which may give way to another."""
    from linkarchive.judge.site_rule import apply_site_rule
    from linkarchive.judge.verdict import judge
    from linkarchive.model import Case

    judgement = judge(Case("", page.final_url, apply_site_rule(page, rule)))
    return judgement.verdict not in (Verdict.BLOCKED, Verdict.UNREACHABLE)


def _is_html(page: Page) -> bool:
    return media_type(page.body, page.headers.get("content-type", "")) in HTML_TYPES
