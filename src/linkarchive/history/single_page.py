"""A stored copy as one file: with its styles, fonts and pictures, without anything that acts or is loaded."""

from __future__ import annotations

from linkarchive.model import Capture, CaptureScope
from linkarchive.project import Files
from linkarchive.report.phrases import count, day
from linkarchive.report.sanitize import sanitize
from linkarchive.requisites.single import single_page
from linkarchive.requisites.xml import XML_TYPES
from linkarchive.snapshot.part_reader import PartReader
from linkarchive.snapshot.reader import read_page
from linkarchive.store import captures, parts, sources
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.text import HTML_TYPES, decode, encoding_of, media_type
from linkarchive.translation import gettext


def caption_of(capture: Capture) -> str:
    url, time = sanitize(capture.final_url), day(capture.time)
    return gettext("Stored copy of {url}, {time}, HTTP {status}.", url=url, time=time, status=capture.status)


def single_page_at(archive: Files, store: Store, url: str, capture: Capture) -> str | None:
    """`single_page_of` for one of the captures of a source. Raises UnknownSourceError and UsageError, too."""
    return single_page_of(archive, store, captures.find(store, sources.find(store, url).id, capture))


def single_page_of(archive: Files, store: Store, kept: StoredCapture) -> str | None:
    """The HTML of a stored copy; None for what is no HTML page. Raises StorageError where it cannot be read."""
    capture = kept.capture
    page = read_page(archive, capture)
    content_type = page.headers.get("content-type", "")
    essence = media_type(page.body, content_type)
    if essence not in HTML_TYPES:
        return None
    records = parts.of_capture(store, kept.id)
    reader = PartReader(archive, records, parts.originals(store, records))
    note = gettext("Scripts and forms are left out.")
    if capture.scope is CaptureScope.DOCUMENT:
        note = gettext("Scripts and forms are left out; so are styles and pictures, which were not kept.")
    elif capture.left_out:
        parts_ = count(capture.left_out, "part")
        note = gettext("Scripts and forms are left out; so is what was too much to keep ({parts}).", parts=parts_)
    facts = (
        ("linkarchive:source", sanitize(capture.url)),
        ("linkarchive:captured", capture.time.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("linkarchive:digest", capture.digest),
        ("linkarchive:sha256", capture.sha256),
        ("linkarchive:record", f"{capture.record.warc}, byte {capture.record.offset}"),
    )
    charset, _ = encoding_of(page.body, content_type, markup=True)
    source = decode(page.body, content_type, markup=True)
    caption = f"{caption_of(capture)} {note}"
    is_xml = essence in XML_TYPES
    return single_page(source, page.final_url, charset, reader.find, caption, facts, is_xml=is_xml)
