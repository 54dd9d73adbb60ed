"""Files of the folder, of every kind, damaged as disks, editors and copying tools damage them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from .lab import Lab
from .oracle import AFTERWARDS, complaints
from .trial import Trial

COUNT = {False: 1040, True: 5}
_SEALED = ("warc", "indexes", "manifests", "decisions.jsonl")
"""What `verify` must miss when it was there and is another."""


def trials(lab: Lab, part: str, short: bool, share: int, shares: int) -> Iterator[Trial]:
    names = _files(lab.templates["lived"])
    for number in range(COUNT[short]):
        if number % shares == share:
            dice = random.Random(number)
            name = names[number * (7 if short else 1) % len(names)]
            yield _trial(lab, name, dice, number)


def _files(root: Path) -> list[str]:
    paths = [root / "links.txt", root / "article.md", *sorted((root / "archive").rglob("*"))]
    return [path.relative_to(root).as_posix() for path in paths if path.is_file() and ".lock" not in path.name]


def _trial(lab: Lab, name: str, dice: random.Random, number: int) -> Trial:
    root = lab.copy("lived")
    path = root / name
    how = dice.choice(list(_DAMAGES))
    old = path.read_bytes()
    new = _DAMAGES[how](dice, old)
    if new is None:
        path.unlink()
    else:
        path.write_bytes(new)
    wrong = []
    lab.weather(later=True)
    verify = lab.run(root, "verify", now=AFTERWARDS)
    wrong += complaints(verify, "verify")
    kind = name.split("/")[1] if name.startswith("archive/") else ""
    if kind in _SEALED and new != old and verify.code == 0 and not _harmless(name, old, new):
        wrong.append(f"verify says nothing of {name}, {how}")
    seldom = (("status",), ("ignore", "site0.example"), ("verify",)) if number % 4 == 0 else ()
    for args in (("report",), ("check", "-q"), *seldom, ("rebuild",)):
        wrong += complaints(lab.run(root, *args, now=AFTERWARDS), " ".join(args))
    lab.remove(root)
    return Trial("mutations", _kind(name), f"{how} of {name}, seed {number}", "", wrong)


def _harmless(name: str, old: bytes, new: bytes | None) -> bool:
    """Lines of decisions say the same in another order, with another line end or twice; a manifest says the same in
    other white space, as long as no other has sealed it; old archives have no file that names the newest one."""
    if name == "archive/manifests/newest" and new is None:
        return True
    if name.startswith("archive/manifests/") and new is not None and old.split() == new.split():
        return True
    if not name.endswith("decisions.jsonl") or new is None:
        return False
    return set(old.split()) <= set(new.removeprefix(b"\xef\xbb\xbf").split())


def _kind(name: str) -> str:
    parts = name.split("/")
    return parts[0] if len(parts) == 1 else parts[1] if len(parts) > 2 else parts[-1]


def _flip(dice: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    if changed:
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _zeros(dice: random.Random, data: bytes) -> bytes:
    start = dice.randrange(len(data) + 1)
    return data[:start] + bytes(min(512, len(data) - start)) + data[start + 512 :]


_LINES = (b"{}\n", b"[1]\n", b"null\n", b"\xff\xfe\n", b'{"url": 3}\n', b"")


def _line(dice: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        lines[dice.randrange(len(lines))] = dice.choice(_LINES)
    return b"".join(lines)


_DAMAGES = {
    "a bit flipped": _flip,
    "cut short": lambda dice, data: data[: dice.randrange(len(data) + 1)],
    "emptied": lambda dice, data: b"",
    "gone": lambda dice, data: None,
    "a block of zeros": _zeros,
    "noise": lambda dice, data: dice.randbytes(len(data)),
    "noise at the end": lambda dice, data: data + dice.randbytes(40),
    "a line changed": _line,
    "doubled": lambda dice, data: data + data,
    "line ends of Windows": lambda dice, data: data.replace(b"\n", b"\r\n"),
    "a byte order mark": lambda dice, data: b"\xef\xbb\xbf" + data,
    "a mark of a Git conflict": lambda dice, data: b"<<<<<<< HEAD\n" + data + b"=======\n" + data + b">>>>>>> other\n",
}
