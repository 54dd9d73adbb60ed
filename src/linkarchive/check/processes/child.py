"""A process that makes a part of a run's visits. It writes WARC files of its own, and sends its rows to the process
that started it."""

from __future__ import annotations

import os
from array import array
from contextlib import closing

from msgspec.structs import replace

from linkarchive.check.crawl import Crawler
from linkarchive.check.plan import Jobs, Policy
from linkarchive.check.processes import messages
from linkarchive.check.processes.link import EndedEarlyError, Link, SharedNetwork
from linkarchive.check.processes.messages import Begin, Channel, Recorded
from linkarchive.check.record import Recorder
from linkarchive.clock import Clock
from linkarchive.errors import ArchiveError
from linkarchive.history.open_run import OpenRun, warc_writer
from linkarchive.model import Verdict
from linkarchive.model.events import Event, LookingAgain, Notice, SourceConcluded
from linkarchive.project import Project
from linkarchive.store.database import open_store
from linkarchive.store.run_writer import RunRows
from linkarchive.store.runs import Run, RunBody
from linkarchive.web.shared_pacing import SharedPaces


def work(channel: Channel, project: Project, policy: Policy, clock: Clock) -> None:
    """Visit what the other end of the channel says, until it is over. Raises EOFError when that process has ended."""
    try:
        begin = channel.receive()
        if isinstance(begin, Begin):
            channel.send(messages.Ended(_visit(begin, channel, project, policy, clock)))
    except (ArchiveError, OSError) as error:
        channel.send(messages.Failed(type(error).__name__, str(error)))


def _visit(begin: Begin, channel: Channel, project: Project, policy: Policy, clock: Clock) -> dict[bytes, str]:
    """Both passes; the digests of the WARC files that are finished."""
    network = replace(policy.settings.network, concurrency=begin.concurrency)
    policy = replace(policy, settings=replace(policy.settings, network=network))
    link = Link(channel, begin, network)
    paces = SharedPaces(begin.paces.hosts, begin.paces.domains, turns=link)
    own_network = SharedNetwork(network, clock, channel)
    run = Run(begin.run, "", begin.info, RunBody())
    with open_store(project.database, read_only=True) as store:
        with warc_writer(project, begin.info, policy.settings, clock) as warc:
            rows = RunRows(begin.run, begin.numbers)
            recorder = _SendingRecorder(OpenRun(run, False, store, rows, warc, clock), channel)

            def is_over() -> bool:
                link.poll()
                own_network.is_silent = own_network.is_silent or link.is_offline
                return link.is_stopping

            left: list[int] = []
            try:
                with closing(
                    Crawler(policy, recorder, paces, is_over, link.poll, own_network, left, begin.among)
                ) as crawler:
                    numbers = array("q", begin.numbers_of_sources)
                    crawler.visit(Jobs(store, begin.plan, policy, frozenset(begin.excluded), numbers))
                    channel.send(messages.PassEnded(own_network.hosts, begin.paces, tuple(left)))
                    known = link.wait().paces
                    paces.hosts.update(known.hosts)
                    paces.domains.update(known.domains)
                    left_first = len(left)
                    crawler.second_pass()
                    channel.send(messages.PassEnded(own_network.hosts, begin.paces, tuple(left[left_first:])))
                    link.wait()
            except EndedEarlyError:
                pass
        return {os.fsencode(path): digest for path, digest in warc.digests.items()}


class _SendingRecorder(Recorder):
    """Sends its rows instead of writing them, after the records that they name are on disk."""

    def __init__(self, begun: OpenRun, channel: Channel) -> None:
        super().__init__(begun, self._pass_on)
        self._channel = channel
        self._concluded: list[tuple[str, Verdict]] = []
        self._notices: list[Notice] = []

    def commit(self) -> None:
        self._note_commit()
        self.store.rollback()  # what was read needs no snapshot of the database any more
        if not (self._concluded or self._notices or self.not_judged):
            return
        self.warc.sync()
        self._channel.send(
            Recorded(
                self.rows.take(),
                tuple(self.rows.touched),
                tuple(self.proven),
                tuple(self.not_judged),
                tuple(self.troubles),
                tuple((url, time, difference) for (url, time), difference in self.differences.items()),
                tuple(self._concluded),
                tuple(self._notices),
            )
        )
        for gathered in (
            self.rows.touched, self.not_judged, self.troubles, self.differences, self._concluded,
            self._notices,
        ):  # fmt: skip
            gathered.clear()
        del self.proven[:]

    def _pass_on(self, event: Event) -> None:
        match event:
            case SourceConcluded(url, verdict):
                self._concluded.append((url, verdict))
            case Notice():
                self._notices.append(event)
            case LookingAgain():
                self._channel.send(event)
