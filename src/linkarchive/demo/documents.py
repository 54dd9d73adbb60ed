"""A small PDF, made by hand: the demo needs one whose bytes differ every time while its text does not."""

from __future__ import annotations

TENDER = (
    "Invitation to tender LB 07",
    "The Lantern Bridge: superstructure and opening span",
    "",
    "1. The council of Brennock invites tenders for the steel superstructure of a bascule",
    "bridge over the River Sele, with a length of 655 metres between abutments.",
    "2. Tenders are to be delivered to the Town Hall, in a sealed envelope and on paper,",
    "no later than noon on 30 June 2025. Tenders by telephone are not accepted.",
    "3. The contractor shall keep the navigable channel open at all times, apart from six",
    "tides which are to be agreed with the harbour master two weeks in advance.",
    "4. Obstacles on the site: one rope store, two slips (protected), one ferry.",
    "5. The lanterns are to be of brass, to shine downwards, and to go out at midnight.",
    "6. The lowest tender need not be accepted, nor any other.",
)


def pdf(lines: tuple[str, ...], job: str) -> bytes:
    """One page with the lines in Helvetica (PDF 1.4); `job` goes into the document's metadata."""
    shown = "\n".join(f"({_escape(line)}) '" for line in lines)
    content = f"BT /F1 11 Tf 16 TL 60 780 Td\n{shown}\nET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Title ({_escape(lines[0])}) /Producer (harbour printer, job {_escape(job)}) >>".encode("latin-1"),
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
