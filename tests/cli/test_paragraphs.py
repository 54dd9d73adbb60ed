"""What a format counts is what reports name: paragraphs of a DOCX, lines of a text."""

from __future__ import annotations

from typing import Any

from docx import Document

GONE = "http://alpha.example/gone"


def test_a_word_document_is_cited_by_its_paragraph(folder: Any, stage: Any) -> None:
    document = Document()
    document.add_paragraph("The first paragraph.")
    paragraph = document.add_paragraph("See ")
    relation = document.part.relate_to(
        GONE, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink", is_external=True
    )
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    link, run, text = OxmlElement("w:hyperlink"), OxmlElement("w:r"), OxmlElement("w:t")
    link.set(qn("r:id"), relation)
    text.text = "the page"
    run.append(text)
    link.append(run)
    paragraph._p.append(link)
    document.save(str(folder.root / "draft.docx"))
    ran = folder.run("check", "draft.docx")
    assert "draft.docx, paragraph 2" in ran.out
    assert "draft.docx, paragraph 2  “the page”" in folder.run("show", GONE).out
    [citation] = folder.run("report", "--format", "json").source(GONE)["citations"]
    assert (citation["line"], citation["unit"]) == (2, "paragraph")
