"""What changed in the texts of the drifted sources of a report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from msgspec.structs import replace

from linkarchive.errors import StorageError
from linkarchive.model import MAX_DIFFERENCES, Difference, Report, SourceReport, Verdict
from linkarchive.project import Files
from linkarchive.report.phrases import day, short_of, word
from linkarchive.store import captures, sources
from linkarchive.store.database import Store


def differences(
    archive: Files,
    store: Store,
    report: Report,
    known: Mapping[tuple[str, datetime], Difference] = MappingProxyType({}),
) -> Mapping[str, Difference]:
    """What changed in the text of each drifted source, by URL; a source whose copies are not here is left out. `known`
    are those that were found when the page was judged (`Recorder.differences`)."""
    by_url: dict[str, Difference] = {}
    for source in report.of(lambda kind: kind.verdict is Verdict.DRIFTED):
        if len(by_url) == MAX_DIFFERENCES:
            break
        difference = _known(source, known) or difference_of(archive, store, source)
        if difference is not None:
            by_url[source.result.url] = difference
    return by_url


def _known(source: SourceReport, known: Mapping[tuple[str, datetime], Difference]) -> Difference | None:
    start = source.result.standard
    difference = known.get((source.result.url, start)) if start is not None else None
    if difference is None or start is None or source.checked is None:
        return None
    return replace(difference, url=source.result.url, before_label=_label(start), after_label=_label(source.checked))


def _label(time: datetime) -> str:
    return day(time).replace("\u00a0", " ")


def difference_of(archive: Files, store: Store, source: SourceReport) -> Difference | None:
    """The baseline of the source's worst citation beside its evidence; None when one of the two is not here."""
    from linkarchive.judge.difference import difference
    from linkarchive.snapshot.reader import read_page

    result = source.result
    copies = captures.of_source(store, sources.find(store, result.url).id)
    before = next((stored for stored in copies if stored.capture.time == result.standard), None)
    after = captures.capture_of(copies, result)
    if before is None or after is None or before.id == after.id:
        return None
    try:
        pages = [read_page(archive, stored.capture) for stored in (before, after)]
    except StorageError:
        return None
    labels = [_label(stored.capture.time) for stored in (before, after)]
    if not result.verdict.is_alive:  # what is there now is no version of the page
        labels[1] += f": {word(result.verdict)}, {short_of(result)}"
    return difference(result.url, pages[0], pages[1], labels[0], labels[1], similarity=result.similarity)
