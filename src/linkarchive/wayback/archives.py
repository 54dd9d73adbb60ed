"""The web archives that are asked, and how each one's addresses are laid out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from linkarchive.errors import SettingsError
from linkarchive.model import Origin
from linkarchive.settings import ArchiveSettings

_STAMPED = re.compile(r"([0-9]{1,14})([a-z]{2}_)?/(.+)", re.S)
_SCHEME = re.compile(r"(https?):/+", re.I)


class Archive(Struct, frozen=True):
    """A web archive. URLs are prefixes that the wanted URL is appended to; "" where there is no such service."""

    name: str
    kind: Literal["wayback", "memento"]
    replay: str
    """Before `{time stamp}id_/{url}`, as the Wayback Machine and pywb have it; "": only its TimeGate is known."""
    timemap: str = ""
    timegate: str = ""
    cdx: str = ""
    """An index in the Wayback Machine's dialect."""
    save: str = ""
    """Save Page Now 2."""

    @property
    def host(self) -> str:
        return urlsplit(self.replay or self.timegate).netloc

    @property
    def origin(self) -> Origin:
        return Origin.WAYBACK if self.kind == "wayback" else Origin.MEMENTO

    def raw(self, time: datetime, url: str) -> str:
        """Where the bytes are that the archive stored nearest to a time."""
        return f"{self.replay}{stamp(time)}id_/{url}"

    def view(self, time: datetime, url: str) -> str:
        """Where a person can see that copy."""
        return f"{self.replay}{stamp(time)}/{url}"

    def parse(self, url: str) -> tuple[datetime | None, str] | None:
        """The time (None when it is malformed) and the captured URL of one of this archive's replay addresses."""
        prefix = _without_scheme(self.replay)
        bare = _without_scheme(url)
        if not self.replay or not bare.startswith(prefix):
            return None
        match = _STAMPED.fullmatch(bare[len(prefix) :])
        if match is None:
            return None
        original = _SCHEME.sub(r"\1://", match[3], count=1)
        return time_of(match[1]), original if "://" in original else f"http://{original}"


WAYBACK = Archive(
    name="wayback",
    kind="wayback",
    replay="https://web.archive.org/web/",
    timemap="https://web.archive.org/web/timemap/link/",
    timegate="https://web.archive.org/web/",
    cdx="https://web.archive.org/cdx/search/cdx",
    save="https://web.archive.org/save",
)
ARQUIVO = Archive(
    name="arquivo.pt",
    kind="memento",
    replay="https://arquivo.pt/wayback/",
    timemap="https://arquivo.pt/wayback/timemap/link/",
    timegate="https://arquivo.pt/wayback/",
)
DEFAULT = (WAYBACK, ARQUIVO)


def archives_of(entries: Sequence[ArchiveSettings]) -> tuple[Archive, ...]:
    """The archives to ask, in order: the built-in ones unless the settings name any. Raises SettingsError."""
    return tuple(map(_archive, entries)) or DEFAULT


def stamp(time: datetime) -> str:
    """The 14 digits of an archive's address."""
    return time.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def time_of(digits: str) -> datetime | None:
    """The time of a stamp, which may be cut short after the year ("2021" is its first second); None if malformed."""
    whole = digits + "00000101000000"[len(digits) :]
    try:
        return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _archive(entry: ArchiveSettings) -> Archive:
    builtin = next((archive for archive in DEFAULT if archive.name == entry.name), None)
    if not entry.replay and not entry.timegate and builtin is not None:
        return builtin
    for key, url in (("replay", entry.replay), ("timegate", entry.timegate)):
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise SettingsError(f"archives: {key} is {url!r}: give the URL of a web archive's collection")
    if not entry.replay and not entry.timegate:
        known = ", ".join(archive.name for archive in DEFAULT)
        raise SettingsError(f"archives: {entry.name!r} has no `replay` URL, and is not one of those built in: {known}")
    replay = _with_slash(entry.replay)
    return Archive(
        name=entry.name or urlsplit(replay or entry.timegate).netloc,
        kind="memento",
        replay=replay,
        timemap=_with_slash(entry.timemap) or (f"{replay}timemap/link/" if replay else ""),
        timegate=_with_slash(entry.timegate) or replay,
        cdx=entry.cdx,
    )


def _with_slash(url: str) -> str:
    return url if not url or url.endswith(("/", "=")) else f"{url}/"


def _without_scheme(url: str) -> str:
    """Archives answer under http and https alike, and point from one to the other."""
    scheme, separator, rest = url.partition("://")
    if not separator or "/" in scheme:
        return url
    host, slash, path = rest.partition("/")
    return f"{host.lower()}{slash}{path}"
