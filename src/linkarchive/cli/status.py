"""`archive status` and `archive runs`: where everything stands, and what was done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linkarchive.cli.common import folder_of, project_options, width
from linkarchive.clock import Clock
from linkarchive.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from linkarchive.history.status import SourceStatus

_FORMATS = click.Choice(["text", "json"])


@click.command()
@project_options
@click.option(
    "--verdict",
    "verdicts",
    multiple=True,
    type=click.Choice([verdict.value for verdict in Verdict]),
    help="Only sources with this verdict.",
)
@click.option("--article", "articles", multiple=True, help="Only sources that this article cites: its path or URL.")
@click.option("--host", help="Only sources on this host, or below it.")
@click.option("--due", is_flag=True, help="Only what `archive check --due` would visit now.")
@click.option("--all", "everything", is_flag=True, help="List what is fine, skipped or settled, too.")
@click.option("--format", "form", type=_FORMATS, default="text")
def status(
    project: Path,
    config: Path | None,
    verdicts: tuple[str, ...],
    articles: tuple[str, ...],
    host: str | None,
    due: bool,
    everything: bool,
    form: str,
) -> int:
    """Show where the sources under watch stand: the last verdict on each, since when, and what is due.

    It lists findings about which nobody decided; with --all, --due or --verdict all that fits, as JSON always does.
    Nothing is visited; the exit code is 0 whatever is listed.
    """
    from linkarchive.history.status import Filter, open_findings, status_of
    from linkarchive.report.json import plain_json
    from linkarchive.report.lines import wrapped
    from linkarchive.store import decisions
    from linkarchive.store.opening import open_project

    place, now = folder_of(project, config), Clock.from_environ().now()
    criteria = Filter(verdicts, articles, host, due)
    everything = everything or due or bool(verdicts)
    with open_project(place) as store:
        log = decisions.load(place.decisions)
        if criteria.is_empty and not everything and form == "text":
            listing = open_findings(store, log, now)
        else:
            listing = status_of(store, log, criteria, now)
    if form == "json":
        click.echo(plain_json({"schema": 1, "summary": listing.summary, "sources": listing.sources}))
        return 0
    listed = [source for source in listing.sources if everything or source.is_open]
    for source in listed:
        click.echo(_line(source, now))
    if listed:
        click.echo()
    text = "No source fits." if not criteria.is_empty and not listing.sources else _summary(listing.summary)
    click.echo(wrapped(text, width()) if sys.stdout.isatty() else text)
    return 0


def _line(source: SourceStatus, now: datetime) -> str:
    from linkarchive.report.lines import clip, pad, short_address
    from linkarchive.report.phrases import ICON, ago, decided
    from linkarchive.report.sanitize import address, one_line

    since = f"since {source.since:%Y-%m-%d}"
    due = "due now" if source.is_due(now) else f"due {source.next_due:%Y-%m-%d}" if source.next_due else ""
    seen = f"checked {ago(source.checked, now)}" if source.checked else "never visited"
    reason = pad(clip(source.short, 20), 20)
    parts = [f"{ICON[source.verdict]} {reason} {since}", f"{due:<14}", seen]
    where = one_line(source.articles[0]) if source.articles else ""
    url = address(source.url)
    if source.ignored is not None or source.decision is not None:
        parts[1:] = [one_line(decided(source.ignored, source.decision))]
    if not sys.stdout.isatty():
        return "  ".join((*parts, url, where)).rstrip()
    # On a narrow screen the address goes before when it was checked and when it is due.
    while len(parts) > 1 and width() - len("  ".join(parts)) < 26:
        parts.pop()
    return "  ".join((*parts, short_address(url, max(width() - len("  ".join(parts)) - 2, 12))))


def _summary(summary: Mapping[str, int]) -> str:
    from linkarchive.report.phrases import count, listed

    counts = [f"{summary[verdict.value]:,} {verdict.value}" for verdict in Verdict if summary[verdict.value]]
    text = f"{count(summary['sources'], 'source')} under watch"
    text += f": {listed(counts)}." if counts else "."
    for name, words in (("ignored", "ignored"), ("accepted", "accepted"), ("to_be_replaced", "to be replaced")):
        if summary[name]:
            text += f" {summary[name]:,} {words}."
    return f"{text} {summary['due']:,} due now." if summary["due"] else text


@click.command()
@project_options
@click.option("--limit", type=click.IntRange(1), default=20, help="How many, at most (20).")
@click.option("--format", "form", type=_FORMATS, default="text")
def runs(project: Path, config: Path | None, limit: int, form: str) -> int:
    """List the runs of this folder, the newest first; `archive report --run ID` shows one again."""
    from linkarchive.report.json import plain_json
    from linkarchive.report.phrases import count
    from linkarchive.store import runs as stored
    from linkarchive.store.opening import open_project

    with open_project(folder_of(project, config)) as store:
        newest = stored.newest(store, limit)
    if form == "json":
        entries = [{"id": run.info.id, "started": run.info.started, "finished": run.info.finished,
                    "complete": run.info.complete, "offline": run.info.offline, "sources": run.sources,
                    "findings": run.findings, "thinned": run.thinned} for run in newest]  # fmt: skip
        click.echo(plain_json({"schema": 1, "runs": entries}))
        return 0
    for run in newest:
        state = "offline" if run.info.offline else "" if run.info.complete else "incomplete"
        state = f"{state}  {run.thinned:,} that were as before are no longer kept" if run.thinned else state
        started = f"{run.info.started:%Y-%m-%d %H:%M}  " if width() >= 80 else ""  # the id begins with it
        numbers = f"{count(run.sources, 'source')}, {count(run.findings, 'finding')}"
        click.echo(f"{run.info.id}  {started}{numbers}  {state}".rstrip())
    if not newest:
        click.echo("No run yet: archive check ARTICLE")
    return 0
