"""The second look of a run: at what seems gone, and at suspects beside a made-up address (docs/design.md §7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from linkarchive.check.comparing import look
from linkarchive.check.desk import Seen
from linkarchive.check.events import LookingAgain
from linkarchive.check.passes import Due, MainPass, guarded, requests_for
from linkarchive.history.probes import keep_probe, probe_of
from linkarchive.model import Page
from linkarchive.urls import host_of
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.page import page_of


def second_look(main: MainPass) -> None:
    """Visit again what seems gone, ask a made-up address on the hosts of suspects, conclude on both."""
    desk = main.desk
    failed = [(plan, visit) for plan, visit in main.failed if not _deserves_another(visit)]
    known = {visit.request.url: visit for _, visit in failed}
    for due in main.due([plan for plan, _ in failed], whole=True):
        visit = known[due.plan.source.url]
        with guarded(main, due.plan, visit):
            main.conclude(look(desk, due.plan, visit, before=due.before))
        main.settle_when_due()
    again = [plan for plan, visit in main.failed if _deserves_another(visit)]
    probes = _probes(main.suspects, desk.run.info.id)
    if again or probes:
        desk.listener(LookingAgain(len(again) + len(probes)))
    answers: dict[str, Page] = {}
    wanted: Iterator[tuple[VisitRequest, Due | None]] = chain(
        requests_for(main.due(again, whole=True)), ((probe, None) for probe in probes)
    )
    for gone, visit in main.visits(wanted):
        if gone is not None:
            with guarded(main, gone.plan, visit):
                main.conclude(look(desk, gone.plan, visit, before=gone.before))
        else:
            if visit.final is not None:
                answer = page_of(visit, desk.settings.network.max_body)
                answers[host_of(visit.request.url)] = answer
                keep_probe(desk.writer, visit, answer)
            visit.close()
        main.settle_when_due()
    main.close_suspects(answers)
    main.settle()
    main.failed = []


def _deserves_another(visit: Visit) -> bool:
    """It looks gone: the page, or the host's name."""
    return visit.failure is None or visit.failure.no_such_name


def _probes(suspects: Sequence[Seen], run_id: str) -> list[VisitRequest]:
    """One made-up address for each host of the suspects."""
    found: dict[str, VisitRequest] = {}
    for seen in suspects:
        url = probe_of(seen.plan.source.url, run_id)
        if url is not None:
            found.setdefault(host_of(seen.plan.source.url), VisitRequest(url))
    return list(found.values())
