"""`archive check`: its options."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from linkarchive.article.formats.registry import names
from linkarchive.cli.common import color_option, importing, wants_color
from linkarchive.model import CaptureScope, Verdict
from linkarchive.report.formats import FORMATS, format_for

_VERDICTS = [verdict.value for verdict in Verdict]


@click.command()
@click.argument("articles", nargs=-1)
@click.option(
    "--project",
    "folders",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="Project folder (default: the current one); several are checked one after another, a line each.",
)
@click.option(
    "--projects",
    "lists",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A file that names folders, a line each.",
)
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: archive.toml).")
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
    folders: tuple[Path, ...],
    lists: tuple[Path, ...],
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
        from linkarchive.cli.checking import Order, check_folder, check_folders, folders_in
        from linkarchive.model.scope import Scope

    for path in outputs:
        format_for(path)
    network = {
        "concurrency": concurrency,
        "per_host": per_host,
        "host_delay": host_delay,
        "domain_delay": domain_delay,
        "timeout": timeout,
        "max_body": max_body,
        "max_document": max_body,
        "allow_private": allow_private,
        "obey_robots": obey_robots,
        "remap": remap or None,
    }
    counting = {
        "fail_on": None if fail_on is None else [name.strip() for name in fail_on.split(",") if name.strip()],
        "new_only": new_only,
        "max_time": max_time,
        "exclude": exclude or None,
    }
    stdin = sys.stdin.buffer.read() if "-" in articles else b""
    order = Order(
        config,
        {"network": network, "check": counting, "wayback": {"mode": wayback}, "notify": {"urls": notify or None}},
        scope,
        Scope(articles, input_format, stdin, due, limit, only, fresh, changed_since),
        form,
        outputs,
        quiet=quiet,
        verbose=verbose,
        color=wants_color(color),
        bar=not no_progress,
    )
    if len(folders) < 2 and not lists:
        return check_folder(folders[0] if folders else Path(), order, dry_run)
    if articles or outputs or form != "terminal" or dry_run:
        raise click.UsageError("several projects are reported on a line each: no ARTICLES, -o, --format or --dry-run")
    return check_folders((*folders, *(folder for path in lists for folder in folders_in(path))), order)
