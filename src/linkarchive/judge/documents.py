"""The text of documents that are not HTML: PDF and DOCX, read in memory and within limits."""

from __future__ import annotations

import io
import logging
import warnings
import zipfile

MAX_PDF_PAGES = 60
MAX_TEXT = 1_000_000
"""Characters of one document that are read."""
MAX_DOCX_XML = 20 * 1024 * 1024
"""Bytes of the unpacked document part: a small file can unpack to gigabytes."""


def pdf_text(body: bytes) -> str | None:
    """The text of the first pages, a blank line between pages; None for a PDF that cannot be read."""
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
        return None
    return "\n\n".join(pages)[:MAX_TEXT] if any(page.strip() for page in pages) else None


def docx_text(body: bytes) -> str | None:
    """The paragraphs and table cells, a line each; None for a file that cannot be read."""
    import docx

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_DOCX_XML:
                return None
        document = docx.Document(io.BytesIO(body))
        lines = [paragraph.text for paragraph in document.paragraphs]
        lines += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    except Exception:  # noqa: BLE001 - damaged files raise from zip, XML and python-docx alike; unreadable is the fact
        return None
    text = "\n".join(lines)[:MAX_TEXT]
    return text if text.strip() else None
