"""What commands cost in a folder of many links, most of which they do not look at: CPU seconds and peak memory.

    python benchmarks/many_links.py DIR [--links 100000] [--archive PATH] [--rebuild]

DIR gets a web of 4 KB pages on 100 loopback hosts (2 % are 404), 20 links an article, and a first archive, which are
used again; the commands run on a copy of it. Needs nginx. PATH is the `archive` command that is measured.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from speed_web import Web, address, lay_project, served

PORT = 8299
A_DAY = "2026-11-01"
_WORDS = [a + b for a in ("harb", "led", "lant", "surv", "counc", "ferr", "chann", "timb") for b in ("our", "er", "il")]


def url(number: int) -> str:
    return f"http://{address(number % 100)}:{PORT}/s/{number // 1000:03}/story-{number}.html"


def write_web(folder: Path, links: int) -> None:
    for number in range(links):
        path = folder / "www" / f"s/{number // 1000:03}/story-{number}.html"
        if number % 50 == 7 or path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        dice = random.Random(number)
        text = "".join(f"<p>{' '.join(dice.choices(_WORDS, k=45)).capitalize()}.</p>\n" for _ in range(10))
        title = " ".join(dice.choices(_WORDS, k=5)).capitalize()
        path.write_text(f"<!doctype html><title>{title}</title><article><h1>{title}</h1>\n{text}</article>")
        os.utime(path, (1_740_100_000 + number,) * 2)


def write_project(folder: Path, links: int) -> None:
    lay_project(folder, [])
    (folder / "posts").mkdir()
    for first in range(0, links, 20):
        text = "".join(
            f"The council said that [story {n}]({url(n)}) was the matter of a dispute.\n\n"
            for n in range(first, first + 20)
        )
        (folder / f"posts/essay-{first // 20}.md").write_text(f"---\ndate: 2025-03-01\n---\n# An essay\n\n{text}")
    (folder / "links.txt").write_text("articles posts\n")


def run(archive: str, folder: Path, clock: str, *args: str) -> None:
    """Run a command in a folder at that hour, and print what it cost."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment["ARCHIVE_NOW"] = f"{A_DAY}T{clock}:00:00Z"
    process = subprocess.Popen([archive, *args], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(f"{' '.join(args)[:48]:<48} CPU s {cpu:7.2f}  peak MB {peak:6.0f}  exit {process.returncode}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--archive", default=str(Path(sys.executable).parent / "archive"))
    parser.add_argument("--rebuild", action="store_true", help="Measure `archive rebuild` and a check after it, too.")
    options = parser.parse_args()
    first, copy = options.folder / "first", options.folder / "copy"
    write_web(options.folder / "web", options.links)
    check = ("check", "--no-progress")
    with served(Web(options.folder / "web", options.links, 100, PORT)):
        if not first.exists():
            write_project(first, options.links)
            run(options.archive, first, "03", *check)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(first, copy, symlinks=True)
        run(options.archive, copy, "12", *check, "--limit", "1")
        for args in (("--due",), ("--limit", "100"), ("--limit", "100")):
            run(options.archive, copy, "13", *check, *args)
        for args in (("status",), ("show", url(12_345 % options.links)), ("accept", url(5)), ("ignore", url(57))):
            run(options.archive, copy, "14", *args)
        if options.rebuild:
            run(options.archive, copy, "14", "rebuild")
            run(options.archive, copy, "15", *check)


if __name__ == "__main__":
    main()
