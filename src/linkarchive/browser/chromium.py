"""The browser's process: Debian's, Google's or any other Chromium of the system, and how it is started."""

from __future__ import annotations

import asyncio
import base64
import fcntl
import importlib.util
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from linkarchive.clock import Clock
from linkarchive.errors import SettingsError
from linkarchive.settings import BrowserSettings, Settings

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

    from linkarchive.browser.renderer import Renderer
    from linkarchive.browser.upstream import Turns

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_STARTING = 30.0
_CLOSING = 5.0
_LONGEST = 45
"""Bytes of the path of a folder for temporary files: Chromium makes a socket below it, whose path has 108 at most."""
_PREFIX = "linkarchive-browser-"
_NO_SANDBOX = "the browser runs without its sandbox, since it is started by root: let another user run this"
_LOCK = "lock"
"""A file in that folder, locked for as long as the program runs that made it."""
_AS_PNG = """async data => {
  const image = await createImageBitmap(await (await fetch(data)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d').drawImage(image, 0, 0);
  const reader = new FileReader();
  reader.readAsDataURL(await canvas.convertToBlob({type: 'image/png'}));
  await new Promise(done => reader.onload = done);
  return reader.result}"""
_FLAGS = (
    # Beside those that Playwright gives (no background networking, no component updates, no sync, no metrics):
    # nothing leaves but by the proxy, and no name is looked up here.
    "--disable-quic",
    "--dns-prefetch-disable",
    "--no-pings",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-gpu",
)


def find_browser(settings: BrowserSettings) -> str:
    """The program to start. Raises SettingsError that says what to do where there is none, or no Playwright."""
    if importlib.util.find_spec("playwright") is None:
        raise SettingsError(
            'pages are rendered with the extra `browser`, which is not installed: pip install "linkarchive[browser]"'
        )
    if settings.executable:
        program = shutil.which(settings.executable)
        if program is None:
            raise SettingsError(f"[browser] executable: {settings.executable}: no such program")
        return program
    program = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if program is None and os.access(_MAC, os.X_OK):
        program = _MAC
    if program is None:
        raise SettingsError(
            "no Chromium or Chrome is on this machine's path: install one, or name it in [browser] executable"
        )
    return program


def browser_for(settings: Settings) -> str | None:
    """The program that renders pages in this run; None where none is wanted, or none is here and none is asked for.
    Raises SettingsError where a scope asks for one and it cannot be had."""
    asked = is_asked_for(settings)
    if not asked and settings.browser.when == "never":
        return None
    try:
        return find_browser(settings.browser)
    except SettingsError:
        if asked or settings.browser.executable:
            raise
        return None


def is_asked_for(settings: Settings) -> bool:
    """Some scope is `rendered`."""
    return "rendered" in (settings.keep.scope, *(rule.scope for rule in settings.sites))


def has_sandbox() -> bool:
    """Whether the browser can run in its sandbox; Chromium refuses that to root."""
    return not hasattr(os, "geteuid") or os.geteuid() != 0


def as_png(picture: bytes, executable: str) -> bytes:
    """A picture of another format as PNG, which the browser makes of it. Raises playwright's Error for what is none."""
    from playwright.sync_api import sync_playwright

    data = f"data:image/webp;base64,{base64.b64encode(picture).decode()}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, chromium_sandbox=has_sandbox())
        try:
            png: str = browser.new_page().evaluate(_AS_PNG, data)
        finally:
            browser.close()
    return base64.b64decode(png.partition(",")[2])


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


class _Folder:
    """Where a browser has its files; what runs that were killed left of theirs is taken away first."""

    def __init__(self) -> None:
        usual = tempfile.gettempdir()
        # mkdtemp makes a folder of its own that nobody else can enter, in /tmp as elsewhere.
        parent = usual if len(os.fsencode(usual)) <= _LONGEST else "/tmp"  # noqa: S108 - see above
        for lock in Path(parent).glob(f"{_PREFIX}*/{_LOCK}"):
            # Not blocked by a pipe that somebody put there. OSError: its program runs, or it is another user's.
            with suppress(OSError), open(lock, "rb", opener=_at_once) as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        self.path = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
        # A `with` would end with this call: the lock is held until `remove`.
        self._lock = Path(self.path, _LOCK).open("wb")  # noqa: SIM115 - see above
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


class Chromium(Struct):
    """A process that runs. Nothing of it is left after `close` or `kill`: its files are in a folder of its own."""

    browser: Browser
    user_agent: str
    """As it names itself, without our name."""
    _pid: int
    _folder: _Folder

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self.browser.close(), _CLOSING)
        except Exception:  # noqa: BLE001 - whatever keeps it, it ends now
            self._end()
        self._folder.remove()

    async def kill(self) -> None:
        """At once: it hangs."""
        self._end()
        with suppress(Exception):
            await asyncio.wait_for(self.browser.close(), _CLOSING)
        self._folder.remove()

    def _end(self) -> None:
        with suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)


async def start(playwright: Playwright, executable: str, spki: str, nowhere: int) -> Chromium:
    """Start the browser. `nowhere` is the port of a proxy that refuses all: that of everything that is no page's.
    Raises playwright's Error or TimeoutError where it does not start."""
    async with AsyncExitStack() as undone:
        folder = _Folder()
        undone.callback(folder.remove)
        environ = {name: value for name, value in os.environ.items() if name.lower() not in _PROXIES}
        environ |= dict.fromkeys(("TMPDIR", "HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), folder.path)
        browser = await playwright.chromium.launch(
            executable_path=executable,
            chromium_sandbox=has_sandbox(),
            args=[*_FLAGS, f"--ignore-certificate-errors-spki-list={spki}"],
            env=dict(environ),
            proxy={"server": f"http://127.0.0.1:{nowhere}", "bypass": "<-loopback>"},
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            timeout=_STARTING * 1000,
        )
        undone.push_async_callback(browser.close)
        session = await browser.new_browser_cdp_session()
        version = await session.send("Browser.getVersion")
        processes = await session.send("SystemInfo.getProcessInfo")
        pid = next(process["id"] for process in processes["processInfo"] if process["type"] == "browser")
        await session.detach()
        undone.pop_all()
        return Chromium(browser, version["userAgent"], pid, folder)


def renderer_of(
    executable: str, settings: Settings, clock: Clock, tell: Callable[[str], None], turns: Turns | None = None
) -> Renderer:
    """The browser, which starts with its first page. `tell` takes what the user should know of it; `turns` are taken on
    hosts that others ask as well."""
    from linkarchive.browser.renderer import Renderer  # the extra

    if not has_sandbox():
        tell(_NO_SANDBOX)
    return Renderer(executable, settings.network, clock, sites=settings.sites, turns=turns)
