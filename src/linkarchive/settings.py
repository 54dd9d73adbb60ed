"""Settings: flags > environment (`ARCHIVE_<SECTION>_<KEY>`) > archive.toml > [tool.archive] > defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

from msgspec import Struct, field
from msgspec.structs import replace

from linkarchive import __version__
from linkarchive.errors import SettingsError
from linkarchive.settings_hub import HubSettings
from linkarchive.settings_tables import network_environment, tables
from linkarchive.settings_values import Count, FolderName, Least, checked, from_text, suggestion

FailOn = Literal["ok", "moved", "drifted", "dead", "blocked", "unreachable", "unresolved", "skipped", "none"]
"""A verdict, or none."""
ScopeName = Literal["document", "page", "rendered"]
"""What a capture holds, `model.CaptureScope`."""
MAX_BODY = 20 * 1024 * 1024
MAX_DOCUMENT = 100 * 1024 * 1024
_DOCUMENTS = (
    "application/pdf",
    "application/x-pdf",
    "application/epub+zip",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
"""PDF, EPUB, ODT and DOCX: much larger than pages, and read as text."""


class NetworkSettings(Struct, frozen=True):
    """[network]: how pages are visited. Seconds and bytes."""

    concurrency: Count = 128
    """Visits at a time."""
    per_host: Count = 2
    """Visits at a time on one host."""
    processes: int = 0
    """That make the visits; 0: two in a long re-check that keeps this machine busy, where a core is free, else one."""
    host_delay: float = 0.5
    """Between two starts on one host."""
    domain_delay: float = 0.1
    """Between two starts on one registered domain, whatever the host; never more than `host_delay`."""
    timeout: Annotated[float, Least(0.1)] = 20.0
    """To connect, to the first byte, and the longest time below 1 KiB/s; a whole exchange may take ten times it."""
    max_body: Count = MAX_BODY
    """Of a page; the rest is cut off, and the page judged on what was read."""
    max_document: Count = MAX_DOCUMENT
    """Of a PDF, DOCX, EPUB or ODT; where only `max_body` is set, that is the limit of both."""
    retries: int = 2
    """Further tries after 429, 5xx, timeouts, refused and reset connections."""
    retry_wait: float = 1.0
    """Before the first retry; it doubles, with jitter."""
    retry_after_cap: float = 30.0
    """The longest `Retry-After` that is waited for; a longer one ends the visit."""
    max_redirects: int = 20
    """Of one visit; more are a loop."""
    remap: tuple[str, ...] = ()
    """Rules "PATTERN REPLACEMENT": a URL in which the regular expression is found is visited at the address that comes
    of putting the replacement (with `$1`, `${name}`) in its place, and reported as it is cited."""
    contact: str = "https://linkarchive.example/bot"
    """A page or address of whoever runs the checks, named in the User-Agent; set your own."""
    accept_language: str = "en-US,en;q=0.8,*;q=0.5"
    """The header of that name: sites that speak several languages choose by it."""
    allow_private: bool = False
    """Also visit addresses of private networks."""
    obey_robots: bool = False
    """Ask robots.txt first; a page that it closes to programs is `blocked`."""
    http_proxy: str = ""
    """For http addresses; `http_proxy` of the environment goes before it."""
    https_proxy: str = ""
    """For https addresses."""
    no_proxy: str = ""
    """Hosts that are asked without a proxy, with commas between."""
    ca_file: str = ""
    """Empty: the certifi bundle."""
    canaries: tuple[str, ...] = ("https://www.iana.org/", "https://www.wikipedia.org/")
    """Test hosts, asked only when no host of a run answers: are they silent too, we are offline."""

    @property
    def user_agent(self) -> str:
        return f"linkarchive/{__version__} (+{self.contact}; keeps the sources of articles)"

    def limit_of(self, content_type: str) -> int:
        """Bytes of an answer of that Content-Type that are read."""
        if content_type.partition(";")[0].strip().lower() not in _DOCUMENTS:
            return self.max_body
        only_body_set = self.max_body != MAX_BODY and self.max_document == MAX_DOCUMENT
        return self.max_body if only_body_set else self.max_document


class JudgeSettings(Struct, frozen=True):
    """[judge]: when a failing source is called dead."""

    strikes: Count = 3
    """Failed runs in a row that make a source dead …"""
    strike_days: float = 7.0
    """… when they span at least as many days."""
    strike_gap_hours: float = 20.0
    """A failed run sooner after the last strike is not a new one."""


class KeepSettings(Struct, frozen=True):
    """[keep]: what is stored."""

    folder: FolderName = "archive"
    """The name of the archive folder, for a site that has an `archive/` of its own; set it before the first run."""
    scope: ScopeName = "document"
    """Of a capture: the page's own bytes (document), what it needs to be shown as well (page), or what a browser saw
    (rendered, with the extra `browser`)."""
    refresh_days: int = 90
    """A new capture when the last kept one is older, changed or not."""
    max_bytes: int = 0
    """Of the archive folder; 0: no cap. Beyond it the oldest copies go that are no baseline, no accepted page, no
    evidence of the last verdict, and not the last good or the newest copy of their source."""
    warc_size: Count = 1024**3
    """Bytes of a WARC file before the next one is begun."""
    visits: int = 60
    """Runs of which every visit stays in the database; of older ones those that changed a verdict, made a capture or
    are a strike. 0: all."""
    reports: int = 30
    """Reports with news that stay in archive/reports."""
    mix_simulated: bool = False
    """Let runs under ARCHIVE_NOW and real runs share one folder."""


class CheckSettings(Struct, frozen=True):
    """[check]: scope and exit code."""

    fail_on: tuple[FailOn, ...] = ("dead", "drifted", "unresolved")
    """Verdicts that make the exit code 1; `none` for none."""
    new_only: bool = False
    """Only what is new makes it 1."""
    exclude: tuple[str, ...] = ()
    """Hosts, shell patterns of URLs, and regular expressions between slashes (`/[?&]print=/`): not visited."""
    max_time: float = 0.0
    """Seconds for a run; 0: no limit."""


class WaybackSettings(Struct, frozen=True):
    """[wayback]: the copies that web archives hold. Seconds, and requests a minute to one archive."""

    mode: Literal["auto", "off"] = "auto"
    window_days: int = 180
    """How far from the day that the author looked a capture may be to serve as the baseline."""
    budget: float = 300.0
    """How long a run may ask archives, in all; what was not reached waits for the next run."""
    timeout: Annotated[float, Least(0.1)] = 60.0
    """For one request, from its start to its last byte; the index is slow."""
    replay_per_minute: float = 240.0
    """The Wayback Machine's own limit is 600."""
    index_per_minute: float = 24.0
    """Indexes and TimeMaps; the Wayback Machine's own limit has been 30 since 2026."""
    save: Literal["never", "dead-only", "new"] = "never"
    """What `archive check` asks the Wayback Machine to capture: saving publishes the address."""
    save_per_minute: float = 6.0


class ArchiveSettings(Struct, frozen=True):
    """[[archives]]: a web archive to ask. When any is given, only those given are asked, in their order.

    `name` alone means one of the built-in ones ("wayback", "arquivo.pt"); any other needs `replay`, the address
    of its collection, such as `https://pywb.example/web/`; what else it has follows from that as pywb lays it out.
    """

    name: str = ""
    replay: str = ""
    timemap: str = ""
    timegate: str = ""
    cdx: str = ""
    """An index that speaks the Wayback Machine's dialect; pywb's own is another one."""


class BrowserSettings(Struct, frozen=True):
    """[browser]: pages as a browser shows them (extra `browser`)."""

    when: Literal["needed", "never"] = "needed"
    """Also for pages that a visit without scripts cannot judge: an empty frame, a bot check, a wall."""
    executable: str = ""
    """Chromium or Chrome; empty: the one on the path."""


class NotifySettings(Struct, frozen=True):
    """[notify]: who is told when a run has news; nobody when it has none."""

    urls: tuple[str, ...] = ()
    """Addresses of Apprise services (extra `notify`); they hold secrets, so ARCHIVE_NOTIFY_URLS is a good place."""
    command: str = ""
    """Gets the news as Markdown on its standard input; words are split as in a shell, but no shell runs."""
    time_limit: float = 60.0
    """Seconds for all services, and for the command."""


class SiteSettings(Struct, frozen=True):
    """[[sites]]: a rule for the sources on a host; where several fit, that of the longest host."""

    host: str = ""
    """The host and those below it: "example.com" is also "www.example.com"."""
    headers: tuple[str, ...] = ()
    """Request headers, "Name: value"; sent to this host only, and their values never kept or shown."""
    ignore: tuple[str, ...] = ()
    """CSS selectors of what is no substance: removed from both pages before they are compared."""
    accept_status: tuple[int, ...] = ()
    """Statuses with which this site sends its pages, such as 403."""
    fetch: bool = True
    """false: its sources are skipped as excluded."""
    public: bool = False
    """true: what looks like a secret in its addresses (`?key=3`) is none, and web archives are asked about them."""
    capture: bool = True
    """false: no copy is stored; the page is only judged for being there, since there is nothing to compare with."""
    scope: Literal["", ScopeName] = ""
    """Of its captures, as `keep.scope`; empty: that one."""


class Settings(Struct, frozen=True):
    """All settings, by section."""

    network: NetworkSettings = field(default_factory=NetworkSettings)
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    keep: KeepSettings = field(default_factory=KeepSettings)
    check: CheckSettings = field(default_factory=CheckSettings)
    wayback: WaybackSettings = field(default_factory=WaybackSettings)
    archives: tuple[ArchiveSettings, ...] = ()
    browser: BrowserSettings = field(default_factory=BrowserSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    hub: HubSettings = field(default_factory=HubSettings)
    sites: tuple[SiteSettings, ...] = ()

    def with_flags(self, section: str, **values: object) -> Settings:
        """These settings with the given values of one section; None leaves a setting as it is.

        Raises SettingsError, as for a value from a file; it names the flag of the command line.
        """
        hints = _hints(type(getattr(self, section)))
        given = {
            key: checked(value, hints[key], f"--{key.replace('_', '-')}")
            for key, value in values.items()
            if value is not None
        }
        return replace(self, **{section: replace(getattr(self, section), **given)})


def load_settings(project: Path, config: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a project folder; raises SettingsError for an unknown key or a value of another type."""
    settings = Settings()
    for table, where in layers(project, config, environ):
        settings = _apply(settings, table, where)
    return settings


def layers(project: Path, config: Path | None, environ: Mapping[str, str]) -> list[tuple[dict[str, Any], str]]:
    """The tables of settings, each with the name of where it stands; a later one goes before an earlier one."""
    given = [(network_environment(environ), "the environment"), (_own_environment(environ), "the environment")]
    return [*tables(project, config), *given]


def _own_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """What `ARCHIVE_<SECTION>_<KEY>` sets. A variable of a section of ours that names no key is refused; others are
    other programs'."""
    tables: dict[str, Any] = {}
    environ = {variable: text for variable, text in environ.items() if variable.startswith("ARCHIVE_")}
    if not environ:
        return tables
    hints = {name: _hints(type(value)) for name, value in _sections().items() if not isinstance(value, tuple)}
    for variable, text in environ.items():
        section = next((name for name in _sections() if variable.startswith(f"ARCHIVE_{name.upper()}_")), None)
        if section is None:
            continue
        if section not in hints:
            raise SettingsError(f"{variable}: [[{section}]] is a list of sections: write it into archive.toml")
        key = variable.removeprefix(f"ARCHIVE_{section.upper()}_").lower()
        if key not in hints[section]:
            known = [f"ARCHIVE_{section}_{name}".upper() for name in hints[section]]
            raise SettingsError(f"the environment sets {variable}, which is unknown{suggestion(variable, known)}")
        hint = hints[section][key]
        tables.setdefault(section, {})[key] = checked(from_text(text, hint, variable), hint, variable)
    return tables


def _sections() -> dict[str, Any]:
    """The sections by name, each with its defaults; a list of sections is an empty tuple."""
    return {section: getattr(Settings(), section) for section in Settings.__struct_fields__}


def _hints(section: type[Any]) -> dict[str, Any]:
    return get_type_hints(section, include_extras=True)


def _apply(settings: Settings, table: Mapping[str, Any], where: str) -> Settings:
    sections = list(_sections())
    for section, values in table.items():
        if section not in sections:
            raise SettingsError(f"{where}: unknown section [{section}]{suggestion(section, sections)}")
        current = getattr(settings, section)
        if isinstance(current, tuple):
            given: Any = _entries(get_args(get_type_hints(Settings)[section])[0], values, section, where)
        elif isinstance(values, dict):
            given = replace(current, **_checked(type(current), values, section, where))
        else:
            raise SettingsError(f"{where}: [{section}] is a section with keys, not a value")
        settings = replace(settings, **{section: given})
    return settings


def _entries(kind: type[Any], values: Any, section: str, where: str) -> tuple[Any, ...]:
    """An array of tables."""
    if not isinstance(values, list) or not all(isinstance(entry, dict) for entry in values):
        raise SettingsError(f"{where}: write each of the {section} as a section [[{section}]]")
    return tuple(kind(**_checked(kind, entry, section, where)) for entry in values)


def _checked(kind: type[Any], values: Mapping[str, Any], section: str, where: str) -> dict[str, Any]:
    hints = _hints(kind)
    for key in values:
        if key not in hints:
            raise SettingsError(f"{where}: unknown key {section}.{key}{suggestion(key, list(hints))}")
    return {key: checked(value, hints[key], f"{where}: {section}.{key}") for key, value in values.items()}
