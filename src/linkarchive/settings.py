"""Settings: flags > environment (`ARCHIVE_<SECTION>_<KEY>`) > archive.toml > [tool.archive] > defaults."""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from linkarchive import __version__
from linkarchive.errors import SettingsError


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """[network]: how pages are visited. Seconds and bytes."""

    concurrency: int = 128
    """Visits at a time."""
    per_host: int = 2
    """Visits at a time on one host."""
    host_delay: float = 0.5
    """Between two starts on one host."""
    domain_delay: float = 0.1
    """Between two starts on one registered domain, whatever the host."""
    timeout: float = 20.0
    """To connect, to the first byte, and the longest time below 1 KiB/s; a whole exchange may take ten times it."""
    max_body: int = 20 * 1024 * 1024
    """Of a page; the rest is cut off, and the page judged on what was read."""
    retries: int = 2
    """Further tries after 429, 5xx, timeouts, refused and reset connections."""
    retry_wait: float = 1.0
    """Before the first retry; it doubles, with jitter."""
    retry_after_cap: float = 30.0
    """The longest `Retry-After` that is waited for; a longer one ends the visit."""
    max_redirects: int = 10
    """Of one visit; more are a loop."""
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
    """Asked only when no host of a run answers: are they silent too, we are offline."""

    @property
    def user_agent(self) -> str:
        return f"linkarchive/{__version__} (+{self.contact}; keeps the sources of articles)"


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """[judge]: when a failing source is called dead."""

    strikes: int = 3
    """Failed runs in a row that make a source dead …"""
    strike_days: float = 7.0
    """… when they span at least as many days."""
    strike_gap_hours: float = 20.0
    """A failed run sooner after the last strike is not a new one."""


@dataclass(frozen=True, slots=True)
class KeepSettings:
    """[keep]: what is stored."""

    refresh_days: int = 90
    """A new capture when the last kept one is older, changed or not."""
    warc_size: int = 1024**3
    """Bytes of a WARC file before the next one is begun."""
    reports: int = 30
    """Reports with news that stay in archive/reports."""
    mix_simulated: bool = False
    """Let runs under ARCHIVE_NOW and real runs share one folder."""


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """[check]: scope and exit code."""

    fail_on: tuple[str, ...] = ("dead", "drifted", "unresolved")
    """Verdicts that make the exit code 1."""
    new_only: bool = False
    """Only what is new makes it 1."""
    exclude: tuple[str, ...] = ()
    """Hosts, and shell patterns of URLs, that are not visited."""
    max_time: float = 0.0
    """Seconds for a run; 0: no limit."""


@dataclass(frozen=True, slots=True)
class WaybackSettings:
    """[wayback]: the copies that web archives hold. Seconds, and requests a minute to one archive."""

    mode: Literal["auto", "off"] = "auto"
    window_days: int = 180
    """How far from the day that the author looked a capture may be to serve as the baseline."""
    budget: float = 300.0
    """How long a run may ask archives, in all; what was not reached waits for the next run."""
    timeout: float = 60.0
    """For one request, from its start to its last byte; the index is slow."""
    replay_per_minute: float = 240.0
    """The Wayback Machine's own limit is 600."""
    index_per_minute: float = 24.0
    """Indexes and TimeMaps; the Wayback Machine's own limit has been 30 since 2026."""
    save: Literal["never", "dead-only", "new"] = "never"
    """What `archive check` asks the Wayback Machine to capture: saving publishes the address."""
    save_per_minute: float = 6.0


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
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


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """[notify]: who is told when a run has news; nobody when it has none."""

    urls: tuple[str, ...] = ()
    """Addresses of Apprise services (extra `notify`); they hold secrets, so ARCHIVE_NOTIFY_URLS is a good place."""
    command: str = ""
    """Gets the news as Markdown on its standard input; words are split as in a shell, but no shell runs."""
    time_limit: float = 60.0
    """Seconds for all services, and for the command."""


@dataclass(frozen=True, slots=True)
class SiteSettings:
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
    capture: bool = True
    """false: no copy is stored; the page is only judged for being there, since there is nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Settings:
    network: NetworkSettings = field(default_factory=NetworkSettings)
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    keep: KeepSettings = field(default_factory=KeepSettings)
    check: CheckSettings = field(default_factory=CheckSettings)
    wayback: WaybackSettings = field(default_factory=WaybackSettings)
    archives: tuple[ArchiveSettings, ...] = ()
    notify: NotifySettings = field(default_factory=NotifySettings)
    sites: tuple[SiteSettings, ...] = ()

    def with_flags(self, section: str, **values: object) -> Settings:
        """These settings with the given values of one section; None leaves a setting as it is."""
        given = {key: value for key, value in values.items() if value is not None}
        return dataclasses.replace(self, **{section: dataclasses.replace(getattr(self, section), **given)})


def load_settings(project: Path, config: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a project folder; raises SettingsError for an unknown key or a value of another type."""
    settings = Settings()
    for table, where in layers(project, config, environ):
        settings = _apply(settings, table, where)
    return settings


def layers(project: Path, config: Path | None, environ: Mapping[str, str]) -> list[tuple[dict[str, Any], str]]:
    """The tables of settings, each with the name of where it stands; a later one goes before an earlier one."""
    given = [(_network_environment(environ), "the environment"), (_own_environment(environ), "the environment")]
    return [*_tables(project, config), *given]


def _tables(project: Path, config: Path | None) -> list[tuple[dict[str, Any], str]]:
    tables = []
    pyproject = project / "pyproject.toml"
    if pyproject.is_file():
        table = _read_toml(pyproject).get("tool", {}).get("archive", {})
        tables.append((table, f"[tool.archive] of {pyproject}"))
    own = config or project / "archive.toml"
    if config is not None and not own.is_file():
        raise SettingsError(f"{own}: no such file; --config names an archive.toml")
    if own.is_file():
        tables.append((_read_toml(own), str(own)))
    return tables


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path}: cannot be read as TOML: {error}") from error


def _network_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The variables that every network program honours (docs/design.md §4); lower case first, as curl does.

    `HTTP_PROXY` in upper case is not read: under CGI a client can set it (httpoxy, 2016).
    """
    names = {
        "http_proxy": ("http_proxy",),
        "https_proxy": ("https_proxy", "HTTPS_PROXY"),
        "no_proxy": ("no_proxy", "NO_PROXY"),
        "ca_file": ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
    }
    found = {}
    for key, variables in names.items():
        value = next((environ[name] for name in variables if environ.get(name)), None)
        if value:
            found[key] = value
    return {"network": found} if found else {}


def _own_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    for section in dataclasses.fields(Settings):
        default = getattr(Settings(), section.name)
        hints = get_type_hints(type(default)) if dataclasses.is_dataclass(default) else {}
        for key, kind in hints.items():
            text = environ.get(f"ARCHIVE_{section.name}_{key}".upper())
            if text is not None:
                tables.setdefault(section.name, {})[key] = _from_text(text, kind, f"{section.name}.{key}")
    return tables


def _from_text(text: str, kind: Any, name: str) -> Any:
    if get_origin(kind) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if get_origin(kind) is Literal:
        return text
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off", ""):
            return False
        raise SettingsError(f"the environment sets {name} to {text!r}: give true or false")
    try:
        return kind(text)
    except ValueError as error:
        raise SettingsError(f"the environment sets {name} to {text!r}: give a {kind.__name__}") from error


def _apply(settings: Settings, table: Mapping[str, Any], where: str) -> Settings:
    sections = [section.name for section in dataclasses.fields(Settings)]
    for section, values in table.items():
        if section not in sections:
            raise SettingsError(f"{where}: unknown section [{section}]{_suggest(section, sections)}")
        current = getattr(settings, section)
        if isinstance(current, tuple):
            given: Any = _entries(get_args(get_type_hints(Settings)[section])[0], values, section, where)
        elif isinstance(values, dict):
            given = dataclasses.replace(current, **_checked(type(current), values, section, where))
        else:
            raise SettingsError(f"{where}: [{section}] is a section with keys, not a value")
        settings = dataclasses.replace(settings, **{section: given})
    return settings


def _entries(kind: type[Any], values: Any, section: str, where: str) -> tuple[Any, ...]:
    """An array of tables."""
    if not isinstance(values, list) or not all(isinstance(entry, dict) for entry in values):
        raise SettingsError(f"{where}: write each of the {section} as a section [[{section}]]")
    return tuple(kind(**_checked(kind, entry, section, where)) for entry in values)


def _checked(kind: type[Any], values: Mapping[str, Any], section: str, where: str) -> dict[str, Any]:
    hints = get_type_hints(kind)
    checked = {}
    for key, value in values.items():
        if key not in hints:
            raise SettingsError(f"{where}: unknown key {section}.{key}{_suggest(key, list(hints))}")
        checked[key] = _typed(value, hints[key], f"{where}: {section}.{key}")
    return checked


def _typed(value: Any, kind: Any, name: str) -> Any:
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        if isinstance(value, list) and all(type(one) is item for one in value):
            return tuple(value)
        raise SettingsError(f"{name} is {value!r}: give a list of {'texts' if item is str else 'whole numbers'}")
    if get_origin(kind) is Literal:
        if value in get_args(kind):
            return value
        raise SettingsError(f"{name} is {value!r}: give one of {', '.join(get_args(kind))}")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise SettingsError(f"{name} is {value!r}: give a {kind.__name__}")
    if kind in (int, float) and value < 0:
        raise SettingsError(f"{name} is {value!r}: it cannot be negative")
    return value


def _suggest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
