"""`archive config`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from linkarchive.cli.common import project_options


@click.command(name="config")
@project_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="markdown: all settings explained, for the docs.",
)
@click.option("--changed", is_flag=True, help="Only what differs from its default.")
def config(project: Path, config: Path | None, form: str, changed: bool) -> int:
    """Show every setting with its value and where it comes from: the default, a file, the environment.

    A flag of `archive check` goes before all of them. Secrets are not shown.
    """
    from linkarchive.report.sanitize import one_line
    from linkarchive.settings_listed import listed, page

    if form == "markdown":
        click.echo(page(), nl=False)
        return 0
    sections = listed(project, config)
    found = [one for section in sections for one in section.settings if not changed or one.origin != "default"]
    if form == "json":
        click.echo(json.dumps({"schema": 1, "settings": [asdict(one) for one in found]}, ensure_ascii=False, indent=2))
        return 0
    width = max((len(f"{one.section}.{one.key}") for one in found), default=0)
    for one in found:
        click.echo(
            one_line(f"{one.section}.{one.key}").ljust(width)
            + one_line(f" = {one.value}")
            + f"  ({one_line(one.origin)})"
        )
    return 0
