"""`archive check`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag

import click

from linkarchive.article.formats.registry import names
from linkarchive.cli.common import FORMATS, color_option, importing, project_options, say, settings_of, wants_color
from linkarchive.cli.output import Printing, print_report
from linkarchive.model import CaptureScope, Report, Verdict
from linkarchive.report.exit_policy import any_failure
from linkarchive.settings import Settings
from linkarchive.sites import with_scope
from linkarchive.wayback.archives import archives_of

_VERDICTS = [verdict.value for verdict in Verdict]


@click.command()
@click.argument("articles", nargs=-1)
@project_options
@click.option("--format", "form", type=click.Choice(FORMATS), default="terminal", help="Of the report on stdout.")
@click.option("-o", "outputs", type=click.Path(path_type=Path), multiple=True, help="Also write it here, by suffix.")
@click.option("--fail-on", help="Verdicts that make the exit code 1 (default: dead,drifted,unresolved; or none).")
@click.option("--new-only", is_flag=True, default=None, help="Only what is new counts for the exit code.")
@click.option("--concurrency", type=int, help="Visits at a time (128).")
@click.option("--per-host", type=int, help="Visits at a time on one host (2).")
@click.option("--host-delay", type=float, help="Seconds between two starts on one host (0.5).")
@click.option("--domain-delay", type=float, help="And on one registered domain (0.1; at most the host's).")
@click.option("--timeout", type=float, help="Seconds to connect and to the first byte (20).")
@click.option("--max-time", type=float, help="Seconds for the whole run; then exit 3.")
@click.option("--max-body", type=int, help="Bytes of a page; the rest is cut off (20 MiB).")
@click.option(
    "--scope", type=click.Choice([scope.value for scope in CaptureScope]), help="What a copy holds (document)."
)
@click.option("--wayback", type=click.Choice(["auto", "off"]), help="Ask web archives for copies (auto), or not.")
@click.option("--allow-private", is_flag=True, default=None, help="Also visit addresses of private networks.")
@click.option("--obey-robots", is_flag=True, default=None, help="Ask robots.txt first.")
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave out a host, or URLs of a shell pattern or of a /regular expression/.",
)
@click.option(
    "--remap",
    multiple=True,
    metavar="'PATTERN REPLACEMENT'",
    help="Visit other addresses: a regular expression, a space, and what takes its place ($1, ${name}).",
)
@click.option("--due", is_flag=True, help="Only what is due: alive weekly, suspects daily, oldest first.")
@click.option("--limit", type=click.IntRange(1), help="Only the N sources longest unvisited.")
@click.option("--only", multiple=True, type=click.Choice(_VERDICTS), help="Only sources with this last verdict.")
@click.option("--changed-since", metavar="REF", help="Only links added since this Git revision (pull requests).")
@click.option("--notify", multiple=True, metavar="URL", help="Tell an Apprise service when there is news.")
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, how long and how much; fetch nothing.")
@click.option("--fresh", is_flag=True, help="Start anew instead of going on with an interrupted run.")
@click.option("--input-format", type=click.Choice(names()), help="Of standard input (-).")
@click.option("-q", "--quiet", is_flag=True, help="Print only what changed since the last run.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("--no-progress", is_flag=True, help="No progress bar.")
@color_option
def check(
    articles: tuple[str, ...],
    project: Path,
    config: Path | None,
    form: str,
    outputs: tuple[Path, ...],
    fail_on: str | None,
    new_only: bool | None,
    concurrency: int | None,
    per_host: int | None,
    host_delay: float | None,
    domain_delay: float | None,
    timeout: float | None,
    max_time: float | None,
    max_body: int | None,
    scope: str | None,
    wayback: str | None,
    allow_private: bool | None,
    obey_robots: bool | None,
    exclude: tuple[str, ...],
    remap: tuple[str, ...],
    due: bool,
    limit: int | None,
    only: tuple[str, ...],
    changed_since: str | None,
    notify: tuple[str, ...],
    dry_run: bool,
    fresh: bool,
    input_format: str | None,
    quiet: bool,
    verbose: bool,
    no_progress: bool,
    color: str,
) -> int:
    """Check the sources of ARTICLES (files, globs, folders, feeds, sitemaps, URLs, - for standard input).

    Without articles: every source in links.txt, after reading again the articles that changed.
    """
    with importing():
        from linkarchive.api.project import Project
        from linkarchive.cli.progress import RunProgress
        from linkarchive.clock import Clock
        from linkarchive.history.told import STDOUT, Told, file_channel
        from linkarchive.model.events import Event, RunStarted
        from linkarchive.model.scope import Scope
        from linkarchive.notify import channels_of, require_apprise
        from linkarchive.notify import notify as send_notifications
        from linkarchive.report.formats import format_for
        from linkarchive.report.sanitize import sanitize

    for path in outputs:
        format_for(path)
    settings = (
        settings_of(project, config)
        .with_flags(
            "network",
            concurrency=concurrency,
            per_host=per_host,
            host_delay=host_delay,
            domain_delay=domain_delay,
            timeout=timeout,
            max_body=max_body,
            max_document=max_body,
            allow_private=allow_private,
            obey_robots=obey_robots,
            remap=remap or None,
        )
        .with_flags(
            "check",
            fail_on=None if fail_on is None else [name.strip() for name in fail_on.split(",") if name.strip()],
            new_only=new_only,
            max_time=max_time,
            exclude=exclude or None,
        )
        .with_flags("wayback", mode=wayback)
        .with_flags("notify", urls=notify or None)
    )
    require_apprise(settings.notify)
    settings = with_scope(settings, scope)
    root = project.resolve()
    stdin = sys.stdin.buffer.read() if "-" in articles else b""
    sources = Scope(articles, input_format, stdin, due, limit, only, fresh, changed_since)
    clock = Clock.from_environ()
    if dry_run:
        from linkarchive.check.run import dry_run as describe

        click.echo(describe(root, sources, settings, clock))
        return 0
    place = Project(root, settings=settings)
    first = not (place.folder.archive / "manifests").exists()
    greeting = _disclosure(settings) if first and not quiet else ""
    told = Told(place.folder, (STDOUT, *map(file_channel, outputs), *channels_of(settings.notify)))
    with _sigterm() as stop, RunProgress(greeting, bar=not no_progress, quiet=quiet, verbose=verbose) as progress:

        def on_event(event: Event) -> None:
            if isinstance(event, RunStarted):
                told.begin()
            progress(event)

        report = place.check(scope=sources, on_event=on_event, stop=stop.is_set)
    for error in report.errors:
        say(f"archive: {sanitize(error)}")
    counting = settings.check
    printing = Printing(form, outputs, counting.fail_on, counting.new_only, quiet, verbose, wants_color(color))
    try:
        print_report(report, place.folder, printing, told)
    finally:
        for trouble in send_notifications(report, settings.notify, root, told):
            say(f"archive: {sanitize(trouble)}")
    code = exit_code(told.report_for(STDOUT, report), settings)
    if code == 3:
        why = "we are offline" if report.run.network == "offline" else "; ".join(report.notices) or "it was stopped"
        say(sanitize(f"archive: the run is incomplete: {why}"))
    return code


def exit_code(report: Report, settings: Settings) -> int:
    """The exit code of a run: 0, 1, 2 or 3, by the order of docs/design.md §4."""
    if not report.run.complete:
        return 3
    if report.errors:
        return 2
    failing = any_failure(report, settings.check.fail_on, settings.check.new_only)
    return 1 if failing or report.malformed else 0


def _disclosure(settings: Settings) -> str:
    """What is sent to whom, said before the first run (docs/design.md §4)."""
    visits = f"This visits each source with a GET request as {settings.network.user_agent!r}"
    if settings.wayback.mode == "off":
        return f"{visits}; nothing is sent to anybody else."
    names = " and ".join(archive.host for archive in archives_of(settings.archives))
    return f"{visits}; {names} are asked for copies by address, except for private articles and addresses with secrets."


@contextmanager
def _sigterm() -> Iterator[Flag]:
    """SIGTERM sets the flag: the run finishes what is in flight, saves and ends."""
    flag = Flag()
    before = signal.signal(signal.SIGTERM, lambda *_: flag.set())
    try:
        yield flag
    finally:
        signal.signal(signal.SIGTERM, before)
