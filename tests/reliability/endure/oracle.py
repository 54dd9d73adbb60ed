"""What must hold whatever befell a command: nothing lost, nothing answered and then gone, no traceback, no hang."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkarchive.store import state_file

from .lab import FORGOTTEN, Lab, Ran, decisions, records
from .web import CHANGED, GONE

AFTERWARDS = "2026-01-26"


@dataclass(frozen=True, slots=True)
class Command:
    """A command that writes, on a copy of one of the folders."""

    name: str
    template: str
    args: tuple[str, ...]
    now: str = "2026-01-19"
    network: str = ""
    """What stands between it and the web."""
    setting: Callable[[], None] | None = None
    """Sets a value in the code that no project of this size has."""


def _few_sources() -> None:
    """The state is in parts from four sources on."""
    state_file.PARTS_FROM = 4


COMMANDS = (
    Command("first check", "new", ("check", "article.md", "-o", "report.md")),
    Command("check", "lived", ("check", "-q")),
    Command("check OTHER", "lived", ("check", "other.md")),
    Command("check into a state in parts", "lived", ("check", "other.md"), setting=_few_sources),
    Command("check behind a portal", "lived", ("check", "-q"), network="portal"),
    Command("accept", "lived", ("accept", GONE)),
    Command("accept --undo", "lived", ("accept", CHANGED, "--undo")),
    Command("ignore", "lived", ("ignore", GONE)),
    Command("forget", "lived", ("forget", FORGOTTEN, "--reason", "asked")),
    Command("import", "lived", ("import", "foreign.warc.gz", "--all")),
    Command("rebuild", "lived", ("rebuild",)),
    Command("extract --write", "lived", ("extract", "--write", "other.md")),
    Command("fix --write", "lived", ("fix", "--write", "article.md")),
    Command("export", "lived", ("export", "--wacz", "all.wacz")),
    Command("report in a clone", "clone", ("report",)),
    Command("ignore in a clone", "clone", ("ignore", GONE)),
)

Standing = dict[str, tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Expected:
    """How the folder stands at the end when the command was done, and when it was not; what its files then say."""

    done: Standing
    undone: Standing
    files: dict[str, set[bytes]]


def complaints(ran: Ran, what: str) -> Iterator[str]:
    if ran.hung:
        yield f"{what}: hangs"
    if "Traceback" in ran.err or "report it" in ran.err:
        yield f"{what}: {ran.err.strip()[-400:]}"
    elif ran.code not in (0, 1, 2, 3, 75):
        yield f"{what}: exit code {ran.code}: {ran.err.strip()[-200:]}"


def _standing(ran: Ran) -> Standing:
    """Verdict, reason and day of the baseline by URL; whether a page was seen once or twice is no matter here."""
    report: dict[str, Any] = json.loads(ran.out)
    return {
        source["url"]: (
            source["verdict"],
            source["reason"].replace("first-seen", "same"),
            (source["baseline"] or {}).get("time", "")[:10],
        )
        for source in report["sources"]
    }


def _given_files(root: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name in ("article.md", "links.txt") if (path := root / name).exists()}


def expected(lab: Lab, command: Command) -> Expected:
    """Made of the command left alone, and of the folder without it. Raises AssertionError where that does not hold."""
    standings, files = [], []
    lab.setting = command.setting
    for go in (True, False):
        root = lab.copy(command.template)
        if go:
            lab.weather(later=True, network=command.network)
            ran = lab.run(root, *command.args, now=command.now)
            lab.weather(later=True)
            assert not list(complaints(ran, "it")), (command, ran)
        files.append(_given_files(root))
        article = () if command.template != "new" else ("article.md",)
        lab.run(root, "check", *article, "-q", now=AFTERWARDS)
        standings.append(_standing(lab.run(root, "report", "--format", "json", now=AFTERWARDS)))
        lab.remove(root)
    both = {name: {file[name] for file in files if name in file} for name in ("article.md", "links.txt")}
    return Expected(standings[0], standings[1], both)


def problems(
    lab: Lab, command: Command, root: Path, ran: Ran, killed: bool, wanted: Expected, thorough: bool = True
) -> Iterator[str]:
    """What is wrong in the folder after the command was befallen; the folder is looked at by further commands.

    `thorough`: a database is rebuilt, too.
    """
    template = lab.templates[command.template]
    if not killed:
        yield from complaints(ran, "the command")
    yield from _given(root, wanted)
    before, after = decisions(template), decisions(root)
    if after[: len(before)] != before:
        yield "a decision is lost"
    answered = any(word in ran.out for word in ("accepted", "ignored", "withdrawn"))
    if answered and command.args[0] in ("accept", "ignore") and len(after) <= len(before):
        yield f"answered {ran.out.strip()!r}, and no decision is there"
    if not killed and ran.code == 0 and command.args[0] in ("accept", "ignore", "forget") and len(after) <= len(before):
        yield "exit code 0, and no decision is there"
    lab.weather(later=True)
    article = () if command.template != "new" else ("article.md",)
    check = lab.run(root, "check", *article, "-q", now=AFTERWARDS)
    yield from complaints(check, "the next check")
    if check.code not in (0, 1):
        yield f"the next check: exit code {check.code}: {check.err.strip()[-300:]}"
    if command.template == "lived" and GONE not in (*command.args, *(ran.out + check.out).split()):
        yield "nobody was told that a page is gone"
    if len(decisions(root)) < len(after) or (after and decisions(root)[: len(after)] != after):
        yield "a decision is lost by the next check"
    verify = lab.run(root, "verify", now=AFTERWARDS)
    if verify.code:
        yield f"verify: {(verify.out + verify.err).strip()[-400:]}"
    yield from _kept(root, template, command, ran, killed)
    report = lab.run(root, "report", "--format", "json", now=AFTERWARDS)
    yield from complaints(report, "report")
    if report.code:
        yield f"no report: {report.err[-300:]}"
        return
    yield from _stands(_standing(report), wanted)
    if thorough:
        rebuild = lab.run(root, "rebuild", now=AFTERWARDS)
        again = lab.run(root, "report", "--format", "json", now=AFTERWARDS)
        yield from complaints(rebuild, "rebuild")
        if again.code or json.loads(again.out)["sources"] != json.loads(report.out)["sources"]:
            yield f"a rebuilt database has another report: {again.err[-300:]}"


def _given(root: Path, wanted: Expected) -> Iterator[str]:
    for name, data in _given_files(root).items():
        if data not in wanted.files[name]:
            yield f"{name} is neither what it was nor what it was to be: {data[:80]!r}"


def _kept(root: Path, template: Path, command: Command, ran: Ran, killed: bool) -> Iterator[str]:
    there, were = records(root), records(template)
    gone = {record for record in were - there if record[0] != FORGOTTEN or command.args[0] != "forget"}
    if gone:
        yield f"captures are lost: {sorted(gone)}"
    left = {record for record in were & there if record[0] == FORGOTTEN}
    if command.args[0] == "forget" and not killed and ran.code == 0 and left:
        yield f"forgotten, and still there: {sorted(left)}"


def _stands(stands: Standing, wanted: Expected) -> Iterator[str]:
    for url, stand in stands.items():
        verdict, reason, _ = stand
        is_new = url not in wanted.undone or wanted.undone[url][2] == AFTERWARDS
        if stand not in (wanted.done.get(url), wanted.undone.get(url)) and not (
            is_new and (verdict, reason) == wanted.done[url][:2]
        ):
            yield f"{url} is {stand}, not {wanted.done.get(url)} nor {wanted.undone.get(url)}"
    if missing := wanted.undone.keys() - stands.keys():
        yield f"not in the report: {sorted(missing)}"
