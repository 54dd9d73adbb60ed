"""PDFs whose pages are damaged, are pictures, or are set in composite fonts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from linkarchive.article.document import read_document
from linkarchive.model import Article

WIDE, NARROW = 900, 200
PICTURE = "q 9 0 0 9 72 72 cm BI /W 8 /H 8 /CS /G /BPC 1 ID \x7e\x42\x42\x7e\x42\x42\x42\x7e EI Q"


def widths() -> list[int]:
    """Capitals and digits are wide, everything else is narrow: no usual width fits."""
    return [WIDE if chr(code).isupper() or chr(code).isdigit() else NARROW for code in range(32, 127)]


def width(text: str) -> float:
    return sum(widths()[ord(char) - 32] for char in text) * 0.01


def pdf(pages: list[str], boxes: Sequence[tuple[str, float, float]] = (), *, composite: bool = False) -> bytes:
    """`boxes` are (target, left end, right end) on the first page, whose only line begins at 0."""
    unicode = "1 beginbfrange <0003> <0061> <0020> endbfrange"
    simple = f"<< /Type /Font /Subtype /Type1 /BaseFont /X /FirstChar 32 /LastChar 126 /Widths {widths()} >>".replace(
        ",", ""
    )
    fonts = [
        "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [4 0 R]"
        " /ToUnicode 5 0 R >>",
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /DW 1000 /W [3 {widths()}] >>".replace(",", ""),
        f"<< /Length {len(unicode)} >>\nstream\n{unicode}\nendstream",
    ]
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", *(fonts if composite else [simple, "null", "null"])]
    links = []
    for target, x0, x1 in boxes:
        links.append(f"{len(objects) + 1} 0 R")
        objects.append(f"<< /Type /Annot /Subtype /Link /Rect [{x0} 698 {x1} 712] /A << /S /URI /URI ({target}) >> >>")
    kids = []
    for number, content in enumerate(pages):
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
        annotations = " ".join(links) if number == 0 else ""
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R"
            f" /Resources << /Font << /F1 3 0 R >> >> /Annots [{annotations}] >>"
        )
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\n"
    )
    return data + f"{trailer}startxref\n{len(data)}\n%%EOF\n".encode("latin-1")


def line(text: str, *, composite: bool = False) -> str:
    shown = f"<{''.join(f'{ord(char) - 29:04X}' for char in text)}>" if composite else f"({text})"
    return f"BT /F1 10 Tf 1 0 0 1 0 700 Tm {shown} Tj ET"


def read(data: bytes) -> Article:
    return read_document(data, "pdf", path="a.pdf")


@pytest.mark.parametrize("composite", [False, True])
def test_the_words_under_a_box_by_the_widths_of_the_font(composite: bool) -> None:
    text = "It will cost 41.6 MILLION euros. Nobody says OTHERWISE here."
    first, second = text.index("41.6"), text.index("OTHERWISE")
    boxes = [
        ("https://one.example/", width(text[:first]), width(text[: first + 12])),
        ("https://two.example/", width(text[:second]), width(text[: second + 9])),
    ]
    article = read(pdf([line(text, composite=composite)], boxes, composite=composite))
    assert [(citation.text, citation.context) for citation in article.citations] == [
        ("41.6 MILLION", "It will cost 41.6 MILLION euros."),
        ("OTHERWISE", "Nobody says OTHERWISE here."),
    ]


def test_a_damaged_page_costs_itself_only() -> None:
    damaged = line("Second https://no.example/ page") + " q BI /W 8 /H 8 /CS /G /BPC 1 ID \x7e\x42"
    article = read(pdf([line("First https://one.example/ page"), damaged, line("Third https://three.example/ page")]))
    assert {citation.url for citation in article.citations} >= {"https://one.example/", "https://three.example/"}
    assert article.gaps == ("page 2 could not be read: damaged",)


def test_pages_that_are_pictures_are_named() -> None:
    article = read(pdf([PICTURE, line("Words https://one.example/ here"), PICTURE]))
    assert [citation.url for citation in article.citations] == ["https://one.example/"]
    assert article.gaps == ("no text on pages 1, 3, which are pictures (scans): make them searchable (OCR) first",)


def test_the_boxes_of_words_that_are_set_in_several_ways_are_one_link() -> None:
    text = "See the old report here."
    ends = [width(text[:at]) for at in (4, 8, 12, 18)]
    boxes = [("https://one.example/", *pair) for pair in pairwise(ends)]
    assert [citation.text for citation in read(pdf([line(text)], boxes)).citations] == ["the old report"]


COSTS = "It is old. It costs 41.6 million."
RAISED = (
    f"{line(COSTS)} BT /F1 6 Tf 1 0 0 1 {width(COSTS)} 704 Tm (1) Tj ET BT /F1 10 Tf 1 0 0 1 {width(COSTS) + 6} 700 Tm"
    " ( Nobody knows who pays, and the council does not say so.) Tj ET "
)
NOTES = [
    "BT /F1 6 Tf 1 0 0 1 0 104 Tm (1) Tj ET BT /F1 8 Tf 1 0 0 1 9 100 Tm ( Council, https://one.example/.) Tj ET",
    "BT /F1 8 Tf 1 0 0 1 0 100 Tm (1) Tj ET BT /F1 8 Tf 1 0 0 1 9 100 Tm ( Council, https://one.example/.) Tj ET",
]


@pytest.mark.parametrize("note", NOTES)
def test_a_note_at_the_foot_of_a_page_is_cited_by_the_sentence_with_its_mark(note: str) -> None:
    [citation] = read(pdf([RAISED + note])).citations
    assert (citation.context, citation.note) == ("It costs 41.6 million.", "Council, https://one.example/.")
