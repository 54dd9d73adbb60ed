"""What a fetched page is compared with for each citation: the accepted page, else the baseline. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from linkarchive.check.assess import Comparison, JudgeTask
from linkarchive.check.plan import Job, Policy
from linkarchive.judge import VERSION
from linkarchive.model import Acceptance, Baseline, Capture, Origin, Page, Reason
from linkarchive.project import Files
from linkarchive.secrets import redact
from linkarchive.store.captures import StoredCapture
from linkarchive.store.lookups import CITED
from linkarchive.urls import host_of
from linkarchive.wayback.cited import CitedLink
from linkarchive.web import page as web_page
from linkarchive.web.exchange import Visit

if TYPE_CHECKING:
    from linkarchive.browser.rendering import Rendering
    from linkarchive.snapshot.parts import NewParts

_GONE = (404, 410)


class Fetched(Struct, frozen=True):
    """A source as it was visited; `probe` is the answer to a made-up address on its host."""

    job: Job
    visit: Visit
    page: Page
    probe: Page | None = None
    rendering: Rendering | None = None
    """What a browser saw: visit and page are of that."""
    is_settled: bool = False
    """The browser has looked, or could not."""
    remark: str = ""
    """On how the page was seen, for the evidence."""

    def close(self) -> None:
        self.visit.close()
        if self.rendering is not None:
            self.rendering.close()

    @property
    def host(self) -> str:
        """That was asked."""
        return host_of(self.visit.request.url)

    @property
    def waits(self) -> bool:
        """Until we know that we are online (a failure), or for a second look (what looks gone)."""
        failure, final = self.visit.failure, self.visit.final
        if failure is not None:
            return failure.reason not in (Reason.ROBOTS, Reason.PRIVATE_ADDRESS, Reason.OTHER_NETWORK)
        return final is not None and final.status in _GONE

    @property
    def looks_gone(self) -> bool:
        """Of what waits: the page does, or the host's name."""
        return self.visit.failure is None or self.visit.failure.no_such_name

    def may_be_kept(self, policy: Policy) -> bool:
        """Whether a copy may be made of the page: nothing on the way to it forbids that."""
        return policy.may_keep(self.job, [exchange.url for exchange in self.visit.exchanges])

    def probe_url(self, run_id: str) -> str | None:
        """The made-up address that this run asks for on the host; None where there is none."""
        from linkarchive.judge.soft404 import probe_url

        return probe_url(self.visit.request.url, run_id)


def page_of(visit: Visit, policy: Policy) -> Page:
    """The page that a visit saw, as much as settings say."""
    network = policy.settings.network
    return web_page.page_of(visit, web_page.limit_of(visit, network))


class NewCapture(Struct, frozen=True):
    """A visit that is to be stored."""

    visit: Visit
    sha256: str
    fingerprint: str | None
    usable: bool
    good: bool
    repeats: Capture | None = None
    """An earlier capture of the source with the same bytes, which are not stored again."""
    refreshes: bool = False
    """It only says that an old capture still shows the page."""
    parts: NewParts | None = None
    """What is stored with it at once: a browser loads a page and what it needs together."""

    @property
    def as_baseline(self) -> tuple[Origin, datetime, str | None]:
        """Origin, time and public address, as reports show a baseline."""
        return Origin.LIVE, self.visit.time, None


def baselines_of(
    job: Job, policy: Policy, now: datetime
) -> list[tuple[CitedLink, StoredCapture | None, Acceptance | None]]:
    """Each citation with its baseline and its acceptance. A citation without a baseline gets one now, unless today's
    page is nearer to the day the author looked."""
    before = job.previous
    return [
        (
            link,
            before.baseline(link.article, link.viewed_on) or choose_baseline(before.captures, link.viewed_on, now),
            policy.acceptance(job, link),
        )
        for link in job.citations
    ]


def new_parts(fetched: Fetched, policy: Policy) -> NewParts | None:
    """What is to be stored with a page that a browser saw, but for what is of forgotten pages."""
    if fetched.rendering is None:
        return None
    return fetched.rendering.new_parts(lambda url: not policy.forgets_any([url]))


_Capture = TypeVar("_Capture", bound=StoredCapture | NewCapture)


def choose_baseline(
    captures: Sequence[_Capture], viewed_on: date | None, now: datetime | None = None
) -> _Capture | None:
    """The usable capture nearest to the day the author looked; before beats after at equal distance. Without a day, the
    first usable one. With `now`, None when today is nearer than all of them."""
    usable = [capture for capture in captures if capture.usable]
    if not usable or viewed_on is None:
        return usable[0] if usable else None

    def day(capture: _Capture) -> date:
        return capture.as_baseline[1].date()

    nearest = min(usable, key=lambda capture: (abs((day(capture) - viewed_on).days), day(capture) > viewed_on))
    if now is not None and abs(now.date() - viewed_on) < abs(day(nearest) - viewed_on):
        return None
    return nearest


def inputs_version(job: Job, policy: Policy) -> str:
    """Of the rules that a verdict follows: the judge's, the project's for this site, and what archives said of the
    copies that articles lead to."""
    rule = policy.rule(job)
    version = VERSION if rule is None else f"{VERSION} {rule.ignore} {rule.accept_status}"
    answers = {name: answer.answer for name, answer in job.previous.answers.items() if name.startswith(CITED)}
    return f"{version} {sorted(answers.items())}" if answers else version


def judgement_inputs_hash(version: str, inputs: Iterable[tuple[CitedLink, datetime | None, Acceptance | None]]) -> str:
    """Digest of all that a judgement depends on beside today's page: equal means it need not be made again. That is,
    for each citation, the time of its baseline and how it was accepted."""
    links = [(_as_hashed(link), time, accepted) for link, time, accepted in inputs]
    return hashlib.sha256(msgspec.json.encode((version, links))).hexdigest()[:32]


def _as_hashed(link: CitedLink) -> dict[str, object]:
    """In the order and under the names in which stored hashes have them: another name would judge every page anew."""
    return {
        "article": link.article,
        "citation": link.citation,
        "looked": link.viewed_on,
        "private": link.private,
        "target": link.target,
        "original": link.original,
        "copy": link.copy,
    }


def baseline_of(capture: StoredCapture | NewCapture | None, viewed_on: date | None) -> Baseline | None:
    """The baseline as reports show it."""
    if capture is None:
        return None
    origin, time, url = capture.as_baseline
    return Baseline(origin, time, None if viewed_on is None else (time.date() - viewed_on).days, url)


def is_old(captured: datetime, now: datetime, policy: Policy) -> bool:
    """A fresh copy is due, though the page be what it was."""
    return not policy.is_full and now - captured >= timedelta(days=policy.settings.keep.refresh_days)


def build_task(
    job: Job,
    page: Page,
    now: datetime,
    archive: Files,
    policy: Policy,
    probe: Page | None = None,
    document: Page | None = None,
) -> JudgeTask:
    """What is to be judged of a page that was fetched now, with what it is compared with for each citation. `document`
    is what the server sent, where the page is what a browser showed."""
    live = job.previous.live
    return JudgeTask(
        page=page,
        comparisons=tuple(
            _comparison(
                job,
                page,
                link,
                policy.address(link.target),
                _accepted_capture(job.previous.captures, accepted) or baseline,
            )
            for link, baseline, accepted in baselines_of(job, policy, now)
        ),
        rule=policy.rule(job),
        archive=archive,
        network=policy.settings.network,
        known_good=bool(live) and live[-1].good and not is_old(live[-1].capture.time, now, policy),
        probe=probe,
        document=document,
    )


def _comparison(job: Job, page: Page, link: CitedLink, url: str, reference: StoredCapture | None) -> Comparison:
    citation, before = link.citation, job.previous
    comparison = Comparison(
        id=citation.url or "",
        url=url,
        quotes=(citation.quote,) if citation.quote else (),
        text="" if link.original else citation.text,
        context=citation.context,
    )
    if reference is None:
        return comparison
    result = before.result
    if result is None:
        return replace(comparison, reference=reference.capture)
    latest = (before.live or before.captures)[-1]
    shown = result.capture is not None and (result.capture.warc, result.capture.offset) == latest.place
    last = latest.capture if shown and latest.capture.status == page.status else None
    citations = () if link.original else result.citations
    # state.jsonl, where this comes from, has no secrets in its URLs.
    cited = (link.article, redact(citation.url or ""))
    known = next((old for old in citations if (old.article, redact(old.url)) == cited), result)
    return replace(comparison, reference=reference.capture, last=last, before=known)


def _accepted_capture(captures: Sequence[StoredCapture], accepted: Acceptance | None) -> StoredCapture | None:
    if accepted is None:
        return None
    return next((stored for stored in captures if stored.capture.time == accepted.capture_time), None)
