"""Packages, PDF and large texts are read in a process of their own, with limits: a hostile file costs itself only.

The parent sends the document on standard input and gets a `ParsedDocument` as JSON on standard
output. Time, memory and output are limited; a breach is an ArticleError like any damage.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile

import msgspec

from linkarchive.article.formats.registry import parse
from linkarchive.article.passage import ParsedDocument
from linkarchive.errors import ArticleError

SECONDS = 30
MEMORY = 1024 * 1024 * 1024
"""Bytes of address space, the interpreter and its libraries included."""
OUTPUT = 32 * 1024 * 1024

_DAMAGED = 3


def read_limited(
    data: bytes, format: str, *, path: str, everything: bool = False, seconds: float = SECONDS, memory: int = MEMORY
) -> ParsedDocument:
    """Read a document. Raises ArticleError when it is damaged or beyond the limits."""
    # -P: a file named like a module in the folder of the article must not be imported.
    command = [sys.executable, "-P", "-m", "linkarchive.article.sandbox", format, str(int(everything)), str(memory)]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as taken, tempfile.TemporaryFile() as complaints:
        given.write(data)
        given.seek(0)
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and module
                command, stdin=given, stdout=taken, stderr=complaints, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            raise ArticleError(f"{path}: reading it takes more than {seconds:g} seconds; left out") from None
        taken.seek(0)
        output = taken.read(OUTPUT + 1)
        complaints.seek(0)
        last_words = complaints.read(100_000).decode("utf-8", "replace").strip().splitlines()[-1:]
    if done.returncode == 0 and len(output) <= OUTPUT:
        return msgspec.json.decode(output, type=ParsedDocument)
    if done.returncode == _DAMAGED:
        raise ArticleError(f"{path}: cannot be read as {format}: {''.join(last_words)[:300]}")
    raise ArticleError(f"{path}: reading it takes more memory, time or output than a document may; left out")


def _main() -> int:
    format, everything, memory = sys.argv[1], sys.argv[2] == "1", int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    try:
        reading = parse(data, format, everything=everything)
        sys.stdout.buffer.write(msgspec.json.encode(reading))
        sys.stdout.buffer.flush()
    except (MemoryError, OSError):
        return 1
    except Exception as error:  # noqa: BLE001 - whatever a library makes of a damaged file, it is damaged
        sys.stderr.write(f"\n{type(error).__name__}: {' '.join(str(error).split())}"[:1000])
        return _DAMAGED
    return 0


if __name__ == "__main__":
    sys.exit(_main())
