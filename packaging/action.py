"""What the GitHub Action runs: the check, its report as the job's summary, and an annotation in the diff for each
citation of a finding. Exits as `archive check` does.

Reads ARTICLES, PROJECT, OPTIONS and BASE_REF; writes to GITHUB_STEP_SUMMARY and GITHUB_OUTPUT where they are set.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_LEVELS = {"dead": "error", "drifted": "warning", "unresolved": "warning", "moved": "notice"}


def main() -> int:
    """Run the check as the environment says."""
    folder = Path(tempfile.mkdtemp(prefix="archive-"))
    report, page = folder / "report.json", folder / "report.md"
    command = ["archive", "check", "--no-progress", "--project", os.environ.get("PROJECT") or "."]
    command += [*shlex.split(os.environ.get("OPTIONS", "")), "-o", str(report), "-o", str(page)]
    base = os.environ.get("BASE_REF")
    if base:
        command += ["--changed-since", f"origin/{base}"]
    command += shlex.split(os.environ.get("ARTICLES", ""))
    code = subprocess.run(command, check=False).returncode
    if report.exists():
        for line in annotations(json.loads(report.read_text(encoding="utf-8")), os.environ.get("PROJECT") or "."):
            print(line)
        append("GITHUB_STEP_SUMMARY", page.read_text(encoding="utf-8"))
        append("GITHUB_OUTPUT", f"report={report}\n")
    return code


def annotations(report: Mapping[str, Any], project: str) -> Iterator[str]:
    """A workflow command for each citation of a finding, and for each lost link."""
    for source in report["sources"]:
        level = _LEVELS.get(source["verdict"])
        if level is None or source["ignored"] is not None:
            continue
        instead = source["suggested_url"] or source["archived_url"]
        text = f"{source['verdict']} ({source['reason']}): {source['url']}"
        text += "".join(f"\n{sentence}" for sentence in source["evidence"])
        text += f"\nInstead: {instead}" if instead else ""
        for citation in source["citations"]:
            yield annotation(level, project, citation, text)
    for lost in report["unresolved"]:
        yield annotation("warning", project, lost, f"unresolved ({lost['reason']}): “{lost['text']}” has no target")


def annotation(level: str, project: str, place: Mapping[str, Any], text: str) -> str:
    """One workflow command, its text in one line."""
    path = os.path.normpath(os.path.join(project, place["article"]))
    where = f"file={escaped(path, ':,')},line={place['line']},title={escaped('archive', ':,')}"
    return f"::{level} {where}::{escaped(text)}"


def escaped(text: str, more: str = "") -> str:
    """As workflow commands want it: percent signs, line ends, and in properties what parts them."""
    for char in ("%", "\r", "\n", *more):
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def append(variable: str, text: str) -> None:
    """Add to the file that a variable names, if it is set."""
    if path := os.environ.get(variable):
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main())
