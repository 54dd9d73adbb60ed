"""What the captured pages of a run need to be shown: fetched when the documents are done, kept page by page.

Nothing here changes a verdict. Whatever cannot be had is passed over and told in the capture's metadata; a page that
an interruption kept from its parts gets them at the next visit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from linkarchive.check.plan import Policy
from linkarchive.check.record import Recorder
from linkarchive.model import CaptureScope, PartRecord
from linkarchive.model.events import LoadingParts
from linkarchive.parts.fetching import PER_HOST, Archive, Fetching
from linkarchive.settings import NetworkSettings
from linkarchive.sites import is_excluded, rule_for, scope_for
from linkarchive.store.captures import StoredCapture
from linkarchive.web.pacing import Paces
from linkarchive.web.scheduler import fetch_all


def keep_parts(
    recorder: Recorder, policy: Policy, stop: Callable[[], bool], on_idle: Callable[[], None], paces: Paces
) -> int:
    """Fetch and store what the captures of this run lack in their scope; the number of pages that were not reached.
    `on_idle` is called now and then. `paces` are those of the documents: who asked us to slow down still means it."""
    if not policy.wants_parts or policy.is_full:
        return 0
    stored_pages = recorder.without_parts()
    has_file = recorder.warc.has_file  # a fresh Git clone has none
    lacking = [stored for stored in stored_pages if _wants(stored, policy) and has_file(stored.holder.warc)]
    if not lacking:
        return 0
    recorder.listener(LoadingParts(len(lacking)))
    network = _network(policy.settings.network)
    fetching = Fetching(lacking, _archive(recorder, policy), network)

    def look_after() -> bool:
        fetching.finish()
        recorder.commit_when_due()
        on_idle()
        return False

    try:
        for visit in fetch_all(
            fetching.requests(),
            network,
            recorder.clock,
            stop=stop,
            sites=policy.settings.sites,
            before_waiting=look_after,
            paces=paces.of_parts(network, policy.settings.network.host_delay),
        ):
            fetching.answer(visit)
            look_after()
    finally:
        fetching.close()
    recorder.commit()
    return fetching.left


def _archive(recorder: Recorder, policy: Policy) -> Archive:
    def known(digests: Iterable[str]) -> dict[str, PartRecord]:
        stored = recorder.parts_with(digests)
        return {digest: part for digest, part in stored.items() if recorder.warc.has_file(part.record.warc)}

    def refuses(url: str) -> bool:
        settings = policy.settings
        rule = rule_for(url, settings.sites)
        refused = rule is not None and not (rule.fetch and rule.capture)
        return refused or is_excluded(url, settings.check.exclude) or policy.forgets_any([url])

    return Archive(
        recorder.warc.files,
        lambda stored, new: recorder.keep_parts(stored, new)[1],
        known,
        refuses,
        recorder.listener,
    )


def _wants(stored: StoredCapture, policy: Policy) -> bool:
    url, rule = stored.capture.url, rule_for(stored.capture.url, policy.settings.sites)
    return scope_for(url, policy.settings) is CaptureScope.PAGE and (rule is None or rule.capture)


def _network(network: NetworkSettings) -> NetworkSettings:
    """Without pauses (but for turns, in a hub) and with few retries; who asked us to slow down is asked slowly all the
    same."""
    return replace(
        network,
        host_delay=0.0,
        domain_delay=0.0,
        per_host=min(PER_HOST, 2 * network.per_host),
        retries=min(1, network.retries),
        retry_after_cap=min(5.0, network.retry_after_cap),
        max_document=network.max_body,
    )
