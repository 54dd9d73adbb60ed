"""The text of documents that are not HTML: PDF and DOCX, within limits.

pypdf has no limit of time or memory of its own, and small files can keep it busy for minutes. A PDF is therefore read
in a process of its own: a hostile one costs itself only, and counts as a file without text.
"""

from __future__ import annotations

import io
import logging
import resource
import subprocess
import sys
import tempfile
import warnings

MAX_PDF_PAGES = 60
PDF_SECONDS = 10
"""Of processor time for one PDF; of the clock three times as long."""
PDF_MEMORY = 1024 * 1024 * 1024
MAX_TEXT = 1_000_000
"""Characters of one document that are read."""
MAX_DOCX_XML = 20 * 1024 * 1024
"""Bytes of the unpacked document part: a small file can unpack to gigabytes."""


def pdf_text(body: bytes, seconds: int = PDF_SECONDS) -> str | None:
    """The text of the first pages, a blank line between pages; None for a PDF that cannot be read within limits."""
    if b"%PDF-" not in body[:1024]:
        return None
    # -P: a file named like a module in the current folder must not be imported.
    command = [sys.executable, "-P", "-m", "linkarchive.judge.documents", str(seconds)]
    with tempfile.TemporaryFile() as given:
        given.write(body)
        given.seek(0)
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and module
                command,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=3 * seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
    return done.stdout.decode("utf-8", "replace") or None if done.returncode == 0 else None


def docx_text(body: bytes) -> str | None:
    """The paragraphs, table cells and notes, a line each; None for a file that cannot be read."""
    from linkarchive.article.docx import read_text

    try:
        text = read_text(body, MAX_DOCX_XML)[:MAX_TEXT]
    except Exception:  # noqa: BLE001 - damaged files raise from zip and XML alike; unreadable is the fact
        return None
    return text if text.strip() else None


def _pages_text(body: bytes) -> str:
    """The text of a PDF; empty for one without any, or one that cannot be read."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pages: list[str] = []
    length = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = pypdf.PdfReader(io.BytesIO(body))
            for page in reader.pages[:MAX_PDF_PAGES]:
                pages.append(page.extract_text())
                length += len(pages[-1])
                if length > MAX_TEXT:
                    break
    except Exception:  # noqa: BLE001 - pypdf raises whatever a damaged file makes it raise; unreadable is the fact
        return ""
    return "\n\n".join(pages)[:MAX_TEXT] if any(page.strip() for page in pages) else ""


def _main() -> int:
    seconds = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (PDF_MEMORY, PDF_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(_pages_text(sys.stdin.buffer.read()).encode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    sys.exit(_main())
