"""The visits of a run, divided among processes where that pays; else made here."""

from __future__ import annotations

import os
import selectors
import time
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from linkarchive import errors
from linkarchive.check.crawl import Crawler
from linkarchive.check.plan import Job, Jobs, Policy
from linkarchive.check.processes import messages, pays
from linkarchive.check.processes.children import Child, end
from linkarchive.check.record import Recorder
from linkarchive.model import Page
from linkarchive.model.events import LookingAgain, SourceConcluded
from linkarchive.snapshot.repair import repair
from linkarchive.web.connectivity import OwnNetwork
from linkarchive.web.network import Hosts
from linkarchive.web.pacing import Paces, paced_as
from linkarchive.web.shared_pacing import TurnKeeper

_LOOK_UP = 0.1
"""Seconds after which `stop` is asked again while nothing happens."""
_GLANCE = 0.005
"""Seconds after which one that has no room for a message is sent it again."""


class DividedCrawl:
    """Does what a `Crawler` does, with others to help; what a browser is to see is visited here."""

    def __init__(
        self,
        crawler: Crawler,
        children: list[Child],
        policy: Policy,
        recorder: Recorder,
        paces: Paces,
        stop: Callable[[], bool],
        on_idle: Callable[[], None],
    ) -> None:
        """`on_idle` is called now and then."""
        self._crawler = crawler
        self._children = children
        self._policy = policy
        self._network = policy.settings.network
        self._recorder = recorder
        self._paces = paces
        self._stop = stop
        self._on_idle = on_idle
        self._keeper = TurnKeeper(self._network, self._paces, {})
        self._selector = selectors.DefaultSelector()
        self._is_divided = False
        self._is_stopping = False
        self._is_offline = False
        self._has_lost = False
        """A process ended before its time."""
        self._has_visited = False
        """This process has asked hosts as well."""
        self._again = 0
        self._left: list[int] = []
        """The sources that are left to the browser of this process."""
        self._jobs: Jobs | None = None

    def first_pass(self, jobs: Jobs) -> None:
        """As `Crawler.first_pass`; divided the first time, if there is enough of it."""
        if self._is_divided or not pays(self._network, jobs.need.by_host):
            end(self._children)
            self._crawler.first_pass(jobs)
            return
        self._crawler.skip(jobs.only(jobs.need.skipped))
        self._is_divided, self._jobs = True, jobs.only(jobs.need.visited)
        self._begin(self._shares(jobs))
        self._serve()
        self._visit_left()

    def read_pages(self, jobs: Sequence[Job], read: Callable[[Job, Page], None]) -> None:
        """As `Crawler.read_pages`: these are few, and read here."""
        self._crawler.read_pages(jobs, read)

    @property
    def own_network(self) -> OwnNetwork:
        """What the hosts of all processes tell of our own network."""
        return self._crawler.own_network

    def second_pass(self) -> None:
        """As `Crawler.second_pass`."""
        for child in self._at_hand():
            child.is_at_work = True
            child.send(messages.SecondPass(self._paces if self._has_visited else Paces()))
        self._serve()
        self.end()
        self._visit_left()
        self._crawler.second_pass()

    def _visit_left(self) -> None:
        """What the other processes left to the browser of this one."""
        left, self._left = set(self._left), []
        if left and self._jobs is not None:
            self._has_visited = True
            self._crawler.first_pass(self._jobs.among(left))

    def _at_hand(self) -> list[Child]:
        return [child for child in self._children if self._is_divided and not child.has_ended]

    # --- who visits what -------------------------------------------------------------------------

    def _shares(self, jobs: Jobs) -> list[tuple[set[str], Jobs]]:
        """Domains and jobs for each child, about as many for each; a domain is one child's."""
        need = jobs.need
        paced = [paced_as(host, self._network) for host in need.names]
        domains = Counter[str]()
        for place, number in Counter(need.hosts).items():
            domains[paced[place]] += number
        sizes = dict.fromkeys(range(len(self._children)), 0)
        owners: dict[str, int] = {}
        for domain, number in domains.most_common():
            owner = owners[domain] = min(sizes, key=lambda child: sizes[child])
            sizes[owner] += number
        self._keeper = TurnKeeper(self._network, self._paces, owners)
        numbers = [array("q") for _ in self._children]
        for number, place in zip(need.visited, need.hosts, strict=True):  # in the order in which they are to be visited
            numbers[owners[paced[place]]].append(number)
        return [
            ({domain for domain, owner in owners.items() if owner == child}, jobs.only(numbers[child]))
            for child in sizes
        ]

    def _begin(self, shares: Sequence[tuple[set[str], Jobs]]) -> None:
        recorder, many = self._recorder, len(self._children)
        recorder.warc.close()  # what is written at the end is the last of the run's files
        recorder.commit()
        numbers = recorder.rows.divide(many)
        at_once = self._network.concurrency
        for child, (domains, jobs) in zip(self._children, shares, strict=True):
            hosts = {host: pace for host, pace in self._paces.hosts.items() if paced_as(host, self._network) in domains}
            free = {name: time for name, time in self._paces.domains.items() if name in domains}
            child.is_at_work = True
            self._selector.register(child.channel.fd, selectors.EVENT_READ, child)
            begin = messages.Begin(
                recorder.run.seq,
                recorder.run.info,
                numbers[child.number],
                max(1, (at_once + child.number) // many),
                many,
                tuple(domains),
                Paces(hosts, free),
                jobs.plan,
                jobs.numbers.tobytes(),
                tuple(sorted(jobs.excluded)),
            )
            with suppress(EOFError):  # that it has ended already is seen later
                child.channel.send(begin)

    # --- while they are at it --------------------------------------------------------------------

    def _serve(self) -> None:
        """Write what the others conclude, and give turns, until their pass has ended."""
        while any(child.is_at_work for child in self._at_hand()):
            self._announce_stop()
            next_turn = self._keeper.next_time()
            seconds = _LOOK_UP if next_turn is None else min(_LOOK_UP, max(0.0, next_turn - time.monotonic()))
            if sum(child.flush() for child in self._children):
                seconds = min(seconds, _GLANCE)
            for key, _ in self._selector.select(seconds):
                self._receive(key.data)
            while (turn := self._keeper.take(time.monotonic())) is not None:
                child, host = self._children[turn[0]], turn[1]
                if child.has_ended:
                    self._keeper.done(*turn, failed=False, throttled=False)
                else:
                    child.send(messages.Turn(host))
            self._recorder.commit_when_due()
            self._on_idle()
        self._keeper.remember()
        self._recorder.commit()

    def _announce_stop(self) -> None:
        """Send to the others, once, that the run is to stop, and that the network is down: they begin no new visit."""
        if not self._is_stopping and self._stop():
            self._is_stopping = True
            for child in self._at_hand():
                child.send(messages.Stop())
        if not self._is_offline and self._crawler.own_network.is_silent:
            self._is_offline = True
            for child in self._at_hand():
                child.send(messages.Offline())

    def _receive(self, child: Child) -> None:
        try:
            for message in child.channel.poll():
                self._take(child, message)
        except EOFError:
            self._note_end(child)

    def _take(self, child: Child, message: messages.Message) -> None:
        own_network, keeper = self._crawler.own_network, self._keeper
        match message:
            case messages.Recorded():
                self._record(message)
            case messages.AskTurn(host):
                wish = keeper.ask(child.number, host)
                if wish is not None:
                    owner, domain = wish
                    self._children[owner].send(messages.Share(domain))
            case messages.TurnOver(host, failed, throttled):
                keeper.done(child.number, host, failed, throttled)
            case messages.Shared(domain, paces, free):
                keeper.share(domain, paces, free)
            case messages.HostAnswered(host):
                own_network.hosts.add(Hosts(up={host}))
            case messages.VisitFailed():
                own_network.failed()
            case LookingAgain(count):
                self._again += count
                self._recorder.listener(LookingAgain(self._again))
            case messages.PassEnded(hosts, paces, left):
                own_network.hosts.add(hosts)
                self._paces.hosts.update(paces.hosts)
                self._paces.domains.update(paces.domains)
                self._left += left
                child.is_at_work = False
                keeper.release(child.number)
            case messages.Ended(digests):
                self._recorder.warc.digests |= {Path(os.fsdecode(path)): digest for path, digest in digests.items()}
                child.is_finished = True
            case messages.Failed(kind, words):
                raise getattr(errors, kind, errors.StorageError)(words)

    def _record(self, recorded: messages.Recorded) -> None:
        """Take up what another process has concluded."""
        recorder = self._recorder
        recorder.rows.add(recorded.rows, recorded.touched)
        recorder.proven.extend(recorded.proven)
        recorder.not_judged.update(recorded.not_judged)
        recorder.troubles += recorded.troubles
        for url, standard, difference in recorded.differences:
            recorder.keep_difference(url, standard, difference)
        for notice in recorded.notices:
            recorder.listener(notice)
        for url, verdict in recorded.concluded:
            recorder.listener(SourceConcluded(url, verdict))

    def _note_end(self, child: Child) -> None:
        """Wait no longer for a process that has ended. One that had not finished leaves its visits to the next run:
        this one is incomplete, and says so."""
        self._selector.unregister(child.channel.fd)
        how = child.wait()
        child.is_at_work = False
        self._keeper.forget(child.number)
        if not child.is_finished:
            self._has_lost = True
            trouble = f"one of the processes that make the visits ended before its time ({how})"
            self._recorder.troubles.append(trouble)
            self._recorder.warn(trouble)

    def end(self) -> None:
        """Have the others finish their files, and end; the file of one that could not is made whole."""
        for child in self._at_hand():
            child.is_at_work = True
            child.send(messages.End())
        self._serve()
        if self._has_lost:
            self._has_lost = False
            self._recorder.warc.close()
            for sentence in repair(self._recorder.warc.archive):
                self._recorder.warn(sentence)
