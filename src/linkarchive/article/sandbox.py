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


def read_limited(data: bytes, format: str, *, path: str, everything: bool = False) -> ParsedDocument:
    """Parse a document in a process of its own. Raises ArticleError when the document is damaged or beyond one of the
    limits."""
    # -P: a file named like a module in the folder of the article must not be imported.
    command = [sys.executable, "-P", "-m", "linkarchive.article.sandbox", format, str(int(everything)), str(MEMORY)]
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(data)
        stdin.seek(0)
        try:
            process = subprocess.run(  # noqa: S603 - our own interpreter and module
                command, stdin=stdin, stdout=stdout, stderr=stderr, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise ArticleError(f"{path}: reading it takes more than {SECONDS} seconds; left out") from None
        stdout.seek(0)
        output = stdout.read(OUTPUT + 1)
        stderr.seek(0)
        message = stderr.read(100_000).decode("utf-8", "replace").strip().splitlines()[-1:]
    if process.returncode == 0 and len(output) <= OUTPUT:
        return msgspec.json.decode(output, type=ParsedDocument)
    if process.returncode == _DAMAGED:
        raise ArticleError(f"{path}: cannot be read as {format}: {''.join(message)[:300]}")
    raise ArticleError(f"{path}: reading it takes more memory, time or output than a document may; left out")


def _main() -> int:
    format, everything, memory = sys.argv[1], sys.argv[2] == "1", int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT + 1, OUTPUT + 1))  # what is longer is told from what is whole
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
