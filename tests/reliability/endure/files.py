"""Kills, power cuts and refused operations at every file operation of every command that writes."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from .lab import Lab
from .oracle import COMMANDS, Command, Expected, expected, problems
from .shim import FAIL, FULL, KILL, POWER, Fault
from .trial import Trial

_STRIDES = {("kills", False): 2, ("kills", True): 1499, ("errors", False): 7, ("errors", True): 2003}
"""Of so many operations, one; the two kinds of a part take turns."""
_ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS)


def operations_of(lab: Lab, command: Command) -> list[str]:
    """The file operations of the command left alone."""
    root = lab.copy(command.template)
    lab.weather(later=True, network=command.network)
    lab.setting = command.setting
    ran = lab.run(root, *command.args, now=command.now)
    lab.remove(root)
    return ran.operations


def befall(lab: Lab, command: Command, fault: Fault, wanted: Expected) -> tuple[str, list[str]]:
    """The operation that was befallen ("" when there is none of that number), and what is wrong afterwards."""
    root = lab.copy(command.template)
    lab.weather(later=True, network=command.network)
    lab.setting = command.setting
    ran = lab.run(root, *command.args, now=command.now, fault=fault)
    killed = fault.action in (KILL, POWER) and ran.code == -9
    reached = len(ran.operations) >= fault.at
    wrong = list(problems(lab, command, root, ran, killed, wanted, fault.at % 8 < 2)) if reached else []
    lab.remove(root)
    return ran.operations[fault.at - 1] if reached else "", wrong


def trials(lab: Lab, part: str, short: bool, share: int, shares: int) -> Iterator[Trial]:
    """Some operations of each command, evenly spread; this share of them."""
    actions = (KILL, POWER) if part == "kills" else (FAIL, FULL)
    stride = _STRIDES[part, short]
    number = 0
    for command in (command for command in COMMANDS if lab.only in command.name):
        wanted: Expected | None = None
        for at in range(1, len(operations_of(lab, command)) + 1):
            number += 1
            turn = number // stride
            if number % stride or turn % shares != share:
                continue
            wanted = wanted or expected(lab, command)
            action = actions[turn % 2]
            errors = _ERRORS if action in (FAIL, FULL) else (0,)
            error = errors[turn % len(errors)]
            operation, wrong = befall(lab, command, Fault(at, action, error), wanted)
            if operation:
                yield Trial(_PART[action], command.name, f"{at} {operation}", errno.errorcode.get(error, ""), wrong)


_PART = {KILL: "kills", POWER: "power cuts", FAIL: "errors", FULL: "errors"}
