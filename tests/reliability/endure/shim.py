"""The shim of faults.c: built with the C compiler of this machine, preloaded, used from inside the process."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_SOURCE = Path(__file__).with_name("faults.c")
KILL, POWER, FAIL, FULL, PAUSE = range(1, 6)
ACTIONS = {KILL: "killed", POWER: "power cut", FAIL: "refused", FULL: "disk gone", PAUSE: "paused"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls which of a command's file operations; 0 is none of them."""

    at: int = 0
    action: int = 0
    error: int = errno.EIO


NO_FAULT = Fault()


def compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc") if sys.platform == "linux" else None


def build() -> Path:
    """The shared library, made once for each text of its source."""
    digest = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"linkarchive-faults-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    library = folder / f"{digest}.so"
    if not library.exists():
        built = library.with_suffix(f".{os.getpid()}")
        command = [str(compiler()), "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(built), str(_SOURCE)]
        subprocess.run([*command, "-ldl", "-lpthread"], check=True)
        built.replace(library)
    return library


def is_loaded() -> bool:
    return "linkarchive-faults" in os.environ.get("LD_PRELOAD", "")


def load() -> None:
    """Begin this process anew with the shim loaded."""
    os.environ["LD_PRELOAD"] = str(build())
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - there is no shell


def begin(folder: Path, log: Path, fault: Fault) -> None:
    """From now on the operations of this process below the folder are counted, logged and befallen."""
    library = ctypes.CDLL(None)
    library.faults_begin(
        os.fsencode(folder), os.fsencode(log), ctypes.c_long(fault.at), ctypes.c_int(fault.action), fault.error
    )


def end() -> None:
    ctypes.CDLL(None).faults_end()


def operations(log: Path) -> list[str]:
    """The operations of a log, as "name kind of file"."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return [f"{name} {_kind(path)}" for _, name, path in (line.split(" ", 2) for line in lines if line.count(" ") > 1)]


def _kind(path: str) -> str:
    """A path without what differs from run to run: `archive/warc/*.warc.gz`."""
    head, _, name = path.rpartition("/")
    if head.startswith("archive/reports"):
        head = "archive/reports/*"
    if head in ("archive/warc", "archive/indexes", "archive/manifests"):
        name = "*" + name[name.find(".") :] if "." in name else "*"
    if name.startswith("archive.sqlite.new"):
        name = "archive.sqlite.new" + ("-wal" if name.endswith("-wal") else "-shm" if name.endswith("-shm") else "")
    return f"{head}/{name}" if head else name
