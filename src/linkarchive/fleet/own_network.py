"""Was it us? Asked over all that the workers of this machine have seen in the last ten minutes."""

from __future__ import annotations

from collections.abc import Sequence

from linkarchive.errors import OfflineError
from linkarchive.fleet.recording import ProjectWork
from linkarchive.fleet.workplace import Hub, Workplace
from linkarchive.store import hub_sightings
from linkarchive.store.hub_sightings import Concluded, Sighting
from linkarchive.web.connectivity import OwnNetwork
from linkarchive.web.network import Trouble


def refuse_trouble(hub: Hub, place: Workplace, own_network: OwnNetwork) -> None:
    """Raise OfflineError where our own network is in trouble, by what this batch has seen, or by that and what the
    other batches of this machine have seen: then what those concluded is taken back."""
    trouble = own_network.trouble() or _trouble_together(hub, place, own_network)
    if trouble is None:
        return
    hub_sightings.take_back(hub.store, hub.shared, place.machine, trouble.why, place.clock.now())
    hub.store.commit()
    hub.shared.forget()
    raise OfflineError(trouble.why)


def _trouble_together(hub: Hub, place: Workplace, own_network: OwnNetwork) -> Trouble | None:
    sightings = hub_sightings.lately(hub.store, place.machine)
    hub.end_reading()
    if not sightings:
        return None
    together = OwnNetwork(place.settings.network, place.clock)
    for sighting in sightings:
        together.hosts.add(sighting.hosts)
    together.hosts.add(own_network.hosts)
    return together.trouble()


def refuse_to_work(hub: Hub, place: Workplace) -> None:
    """Raise OfflineError where another worker of this machine has found its network in trouble just now."""
    why = hub_sightings.trouble(hub.store, place.machine)
    if why is not None:
        raise OfflineError(why)


def keep_sighting(hub: Hub, place: Workplace, own_network: OwnNetwork, works: Sequence[ProjectWork]) -> None:
    """Note what a batch saw, and concluded by its visits, in the transaction that writes it."""
    concluded = tuple(
        Concluded(work.project.id, work.run.seq, tuple(sorted(sources)))
        for work in works
        if work.visits and (sources := work.recorder.concluded_on.difference(work.recorder.proven))
    )
    hub_sightings.keep(hub.store, place.machine, Sighting(own_network.hosts, concluded))
