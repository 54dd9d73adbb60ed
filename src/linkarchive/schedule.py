"""Recipes that check a project folder again and again: for cron, systemd and GitHub Actions, ready to paste."""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

_KEPT = (".gitignore", "state.jsonl", "state", "decisions.jsonl", "told.json", "manifests")

_CHECK = ("check", "-q", "--due", "--new-only", "--no-progress")


@dataclass(frozen=True, slots=True)
class Place:
    """What is called, and where. `folder` is absolute; `below` is its path from the root of the Git repository."""

    program: tuple[str, ...]
    folder: Path
    below: str = "."
    archive: str = "archive"
    """The name of the archive folder."""

    @property
    def name(self) -> str:
        """For file names and groups: letters, digits and hyphens."""
        return re.sub(r"[^A-Za-z0-9]+", "-", self.folder.name).strip("-").lower() or "project"

    @property
    def kept(self) -> tuple[str, ...]:
        """What a repository keeps, so that it checks itself from any machine (docs/design.md §6)."""
        return ("links.txt", *(f"{self.archive}/{name}" for name in _KEPT))

    @property
    def moment(self) -> tuple[int, int]:
        """An hour of the night and a minute that another folder hardly shares, so that not all ask at once."""
        number = int.from_bytes(hashlib.sha256(str(self.folder).encode()).digest()[:4])
        return 2 + number % 4, number // 4 % 60


def crontab(place: Place) -> str:
    """A line for `crontab -e`. cron sends what is printed as a mail, and nothing when nothing is."""
    hour, minute = place.moment
    command = f"cd {shlex.quote(str(place.folder))} && {shlex.join((*place.program, *_CHECK))}"
    return f"{minute} {hour} * * *  {command.replace('%', chr(92) + '%')}\n"  # crontab(5): a bare % ends the command


def systemd(place: Place) -> dict[str, str]:
    """A service and a timer for ~/.config/systemd/user, by file name."""
    unit = f"archive-{place.name}"
    hour, minute = place.moment
    service = f"""\
[Unit]
Description=Check the sources of {_unit_text(str(place.folder))}

[Service]
Type=oneshot
WorkingDirectory={_unit_text(str(place.folder))}
ExecStart={" ".join(_unit_word(word) for word in (*place.program, *_CHECK))}
# 1: findings, told in the journal. 75: another run is at work.
SuccessExitStatus=1 75
TimeoutStopSec=10min
"""
    timer = f"""\
[Unit]
Description=Check the sources of {_unit_text(str(place.folder))} every night

[Timer]
OnCalendar=*-*-* {hour:02}:{minute:02}:00
RandomizedDelaySec=30min
Persistent=true

[Install]
WantedBy=timers.target
"""
    return {f"{unit}.service": service, f"{unit}.timer": timer}


def _unit_text(text: str) -> str:
    """systemd.unit(5): % begins a specifier."""
    return text.replace("%", "%%")


def _unit_word(word: str) -> str:
    """systemd.service(5), command lines: quoted, with % and $ taken as they are."""
    word = _unit_text(word).replace("$", "$$")
    if re.fullmatch(r"[\w@%+=:,./$-]+", word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def github(place: Place) -> str:
    """A workflow for .github/workflows: checks every night, keeps the state in the repository, tells the news."""
    hour, minute = place.moment
    kept = shlex.join(place.kept)
    return f"""\
name: sources
on:
  schedule:
    - cron: "{minute} {hour} * * *"
  workflow_dispatch:
permissions:
  contents: write
concurrency:
  group: sources-{place.name}
jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    defaults:
      run:
        working-directory: {_yaml(place.below)}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install linkarchive
      # The copies are too large for Git. Without them a page that changed cannot be compared,
      # only seen to be there; a cache that is used every night stays.
      - uses: actions/cache@v4
        with:
          path: |
            {place.below}/{place.archive}/archive.sqlite
            {place.below}/{place.archive}/indexes
            {place.below}/{place.archive}/warc
          key: sources-{place.name}-${{{{ github.run_id }}}}
          restore-keys: sources-{place.name}-
      # Exit code 1 means news: the step fails, and GitHub sends its mail.
      - name: Check the sources
        run: archive {" ".join(_CHECK)} --max-time 3000 --format markdown >> "$GITHUB_STEP_SUMMARY"
      - name: Keep the state
        if: ${{{{ !cancelled() }}}}
        run: |
          git config user.name "github-actions[bot]"
          git config user.email "41898282+github-actions[bot]@users.noreply.github.com"
          for file in {kept}; do
            if [ -e "$file" ]; then git add -- "$file"; else git rm -rq --cached --ignore-unmatch -- "$file"; fi
          done
          git diff --cached --quiet || git commit -m "The sources as of today"
          git pull --rebase
          git push
"""


def _yaml(text: str) -> str:
    """A double-quoted scalar (YAML 1.2 §7.3.1)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
