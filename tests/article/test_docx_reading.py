"""DOCX parts that no library writes: revisions, alternate content, notes, fields of reference managers."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.article.document import read_document
from linkarchive.article.docx_fields import field_target, managed_sources, word_tags
from linkarchive.model import Article, Place, Unit

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"


def relation(key: str, kind: str, target: str, mode: str = "") -> str:
    return f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'


def docx(body: str, parts: dict[str, str] | None = None, namespace: str = WORD) -> bytes:
    names = f'xmlns:w="{namespace}" xmlns:r="{OFFICE}" xmlns:mc="m" xmlns:wp="wp" xmlns:a="a"'
    links = relation("one", "hyperlink", "https://one.example/", ' TargetMode="External"')
    rels = "<Relationships>{}</Relationships>"
    members = {
        "_rels/.rels": rels.format(relation("d", "officeDocument", "word/document.xml")),
        "word/document.xml": f"<w:document {names}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": rels.format(
            links + "".join(relation(name, name, f"{name}.xml") for name in parts or {})
        ),
    }
    for name, part in (parts or {}).items():
        members[f"word/{name}.xml"] = part if name == "customXml" else f"<w:{name} {names}>{part}</w:{name}>"
        members[f"word/_rels/{name}.xml.rels"] = rels.format(links)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, text in members.items():
            package.writestr(name, text)
    return buffer.getvalue()


def read(data: bytes) -> Article:
    return read_document(data, "docx", path="a.docx")


LINK = '<w:hyperlink r:id="one"><w:r><w:t>the plan</w:t></w:r></w:hyperlink>'


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize("revision", ["del", "moveFrom", "mc:Fallback"])
def test_what_was_taken_out_is_not_read(revision: str) -> None:
    name = revision if ":" in revision else f"w:{revision}"
    article = read(docx(f"<w:p>{run('In ')}<{name}>{LINK}</{name}><w:ins>{LINK}</w:ins></w:p>"))
    assert [(citation.text, citation.context) for citation in article.citations] == [("the plan", "In the plan")]


def test_a_footnote_s_link_is_cited_by_the_sentence_with_its_mark() -> None:
    body = f"<w:p>{run('Old. It costs 41.6 million.')}<w:r><w:footnoteReference w:id='2'/></w:r>{run(' Nobody.')}</w:p>"
    article = read(docx(body, {"footnotes": f"<w:footnote w:id='2'><w:p>{run('See ')}{LINK}</w:p></w:footnote>"}))
    [citation] = article.citations
    assert (citation.context, citation.note) == ("It costs 41.6 million.", "See the plan")
    assert (citation.place, citation.unit) == (Place.NOTE, Unit.PARAGRAPH)


def test_strict_documents_and_pictures() -> None:
    picture = '<wp:docPr descr="A crane"><a:hlinkClick r:id="one"/></wp:docPr>'
    [citation] = read(docx(f"<w:p><w:r>{picture}</w:r></w:p>", namespace=STRICT)).citations
    assert (citation.url, citation.text) == ("https://one.example/", "A crane")


def field(instruction: str, shown: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>'
        f'{instruction}</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(shown)}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def test_fields_of_reference_managers() -> None:
    data = {"title": "The pier", "URL": "https://one.example/pier", "DOI": "10.5555/pier.1"}
    csl = "ADDIN ZOTERO_ITEM CSL_CITATION " + json.dumps({"citationItems": [{"itemData": data}]})
    article = read(docx(f"<w:p>{run('It fell in 1987 ')}{field(csl, '(Writer 1988)')}{run('.')}</w:p>"))
    assert [(citation.url, citation.text) for citation in article.citations] == [
        ("https://one.example/pier", "The pier"),
        ("https://doi.org/10.5555/pier.1", "The pier"),
    ]
    assert {citation.context for citation in article.citations} == {"It fell in 1987 (Writer 1988)."}


def test_word_s_own_list_of_sources() -> None:
    sources = (
        "<b:Sources xmlns:b='b'><b:Source><b:Tag>Smi20</b:Tag><b:Title>The pier</b:Title>"
        "<b:URL>https://two.example/</b:URL><b:YearAccessed>2024</b:YearAccessed><b:MonthAccessed>March</b:MonthAccessed>"
        "<b:DayAccessed>5</b:DayAccessed></b:Source></b:Sources>"
    )
    body = f"<w:p>{run('It fell in 1987 ')}{field(' CITATION Smi20 ', '(Smith)')}{run('.')}</w:p>"
    [citation] = read(docx(body, {"customXml": sources})).citations
    assert (citation.url, citation.text) == ("https://two.example/", "The pier")
    assert (citation.context, citation.accessed) == ("It fell in 1987 (Smith).", date(2024, 3, 5))


@given(
    st.text() | st.text(alphabet='ADDIN CSL_CITATION {"citationItems":[]} EN.CITE<record>HYPERLINK\\l ', max_size=90)
)
def test_any_instruction_can_be_read(instruction: str) -> None:
    field_target(instruction)
    word_tags(instruction)
    list(managed_sources(instruction))
