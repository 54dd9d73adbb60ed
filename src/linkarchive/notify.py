"""Notifications about the news of a run: to Apprise services, and to a command (`[notify]`)."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from linkarchive.errors import SettingsError
from linkarchive.history.channels import Channels, service_channel
from linkarchive.history.reports import has_news
from linkarchive.model import Report
from linkarchive.report.sanitize import sanitize
from linkarchive.report.summary import headline
from linkarchive.settings import NotifySettings


def require_apprise(settings: NotifySettings) -> None:
    """Raises SettingsError when services are configured and Apprise is not installed."""
    if settings.urls and importlib.util.find_spec("apprise") is None:
        raise SettingsError("--notify needs Apprise, which is not installed: pip install 'linkarchive[notify]'")


COMMAND = "notify command"
"""The channel of `[notify] command` (`history.channels`)."""


def channels_of(settings: NotifySettings) -> tuple[str, ...]:
    """The channels that are told by these settings."""
    return (*map(service_channel, settings.urls), *([COMMAND] if settings.command else []))


def notify(report: Report, settings: NotifySettings, folder: Path, channels: Channels) -> tuple[str, ...]:
    """Send each channel the news since it was last told, if there are any. Returns what went wrong, in sentences
    without secrets: what could not be sent goes with the next run's news.

    Each service, and the command (run in `folder`), is ended when it takes longer than the time limit.
    """
    if report.run.offline:
        return ()
    troubles: list[str] = []
    groups: dict[int, list[str]] = {}
    reports = {service_channel(url): channels.report_for(service_channel(url), report) for url in settings.urls}
    for url in settings.urls:
        groups.setdefault(id(reports[service_channel(url)]), []).append(url)
    for urls in groups.values():
        since = reports[service_channel(urls[0])]
        failed = _services(replace(settings, urls=tuple(urls)), since) if has_news(since) else {}
        troubles += failed.values()
        for number, url in enumerate(urls):
            if number not in failed:
                channels.delivered(service_channel(url), report)
    if settings.command:
        since = channels.report_for(COMMAND, report)
        failures = _command(settings, render_quiet(since), folder) if has_news(since) else ()
        troubles += failures
        if not failures:
            channels.delivered(COMMAND, report)
    return tuple(troubles)


def render_quiet(report: Report) -> str:
    """The news of a report as Markdown."""
    from linkarchive.report.markdown import render_markdown

    return render_markdown(report, quiet=True)


def _services(settings: NotifySettings, report: Report) -> dict[int, str]:
    """Send the news to each service; why it failed, by its place among them."""
    # In a process of its own: what a service's library logs could name its secrets, and nothing there can hang us.
    title, text = headline(sanitize(report)), render_quiet(report)
    message = json.dumps({"urls": settings.urls, "title": title, "body": text})
    child = [sys.executable, "-m", "linkarchive.notify_worker"]
    code, out, _ = _run(child, message, settings.time_limit, None)
    names = [urlsplit(url).scheme or "an address without a scheme" for url in settings.urls]
    if code is None:
        return {
            number: f"notify: {name}: no answer within {settings.time_limit:g} s" for number, name in enumerate(names)
        }
    try:
        failed = {int(number): str(why) for number, why in json.loads(out).items()}
    except (ValueError, AttributeError):
        return {number: f"notify: {name}: Apprise failed" for number, name in enumerate(names)}
    return {number: f"notify: {names[number]}: {why}" for number, why in sorted(failed.items())}


def _command(settings: NotifySettings, text: str, folder: Path) -> Sequence[str]:
    try:
        words = shlex.split(settings.command)
        code, _, errors = _run(words, text, settings.time_limit, folder)
    except ValueError as error:
        return [f"notify.command: {error}"]
    except OSError as error:
        return [f"notify.command: {words[0]}: {error.strerror}"]
    if code is None:
        return [f"notify.command: {words[0]}: took longer than {settings.time_limit:g} s and was ended"]
    last = (errors.strip().splitlines() or [""])[-1]
    return [f"notify.command: {words[0]}: exit code {code}{f': {last}' if last else ''}"] if code else []


def _run(words: list[str], text: str, seconds: float, folder: Path | None) -> tuple[int | None, str, str]:
    """Exit code (None: it took too long, and was ended with all that it started), stdout, stderr."""
    process = subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
        words,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    with process:
        try:
            out, errors = process.communicate(text, timeout=seconds or None)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):  # what left the group may hold the pipes
                process.communicate(timeout=1)
            return None, "", ""
    return process.returncode, out, errors
