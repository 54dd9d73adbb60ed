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
    settings = [
        setting for section in sections for setting in section.settings if not changed or setting.origin != "default"
    ]
    if form == "json":
        click.echo(
            json.dumps(
                {"schema": 1, "settings": [asdict(setting) for setting in settings]}, ensure_ascii=False, indent=2
            )
        )
        return 0
    width = max((len(f"{setting.section}.{setting.key}") for setting in settings), default=0)
    for setting in settings:
        click.echo(
            one_line(f"{setting.section}.{setting.key}").ljust(width)
            + one_line(f" = {setting.value}")
            + f"  ({one_line(setting.origin)})"
        )
    return 0
