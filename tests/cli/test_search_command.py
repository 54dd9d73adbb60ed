"""`archive search`: the text of what was kept."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.demo.wire import Response
from linkarchive.project import Project
from linkarchive.store import texts
from linkarchive.store.database import open_store

pytestmark = pytest.mark.long

ALPHA = "http://alpha.example/harbour"
BETA = "http://beta.example/report.pdf"
GAMMA = "http://gamma.example/tokyo"
DELTA = "http://delta.example/gone"


def pdf(line: str) -> bytes:
    """A page with a line of text."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
                             NameObject("/BaseFont"): NameObject("/Helvetica")})  # fmt: skip
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 20 200 Td ({line}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _kept(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("harbour", more="The Düsseldorf terminal cost 41.6 million crowns, said Zanzibarium.")
    stage[BETA] = Response(pdf("The audit office found irregularities"), 200, content_type="application/pdf")
    stage[GAMMA] = stage.html("tokyo", more="日本経済新聞によると、東京都の予算は増加した。예산이 늘었다.")
    folder.article(ALPHA, BETA, GAMMA, DELTA)
    folder.check("article.md", now="2026-01-05")
    stage[ALPHA] = stage.html("harbour", more="The terminal cost 58.2 million crowns, said the council.")
    folder.check(now="2026-02-05")


@pytest.fixture
def kept(once: Any) -> Any:
    """A page that changes, a PDF, a page in Japanese, and one that is not there."""
    return once(_kept)


def urls(ran: Any) -> list[str]:
    return [source["url"] for source in ran.json["sources"]]


FOUND = {
    ("terminal", "crowns"): ALPHA,
    ("million crowns",): ALPHA,
    ("dusseldorf",): ALPHA,
    ("TERMINAL",): ALPHA,
    ("41.6",): ALPHA,
    ("irregul*",): BETA,
    ("audit office",): BETA,
    ("東京",): GAMMA,
    ("経済新聞",): GAMMA,
    ("予算",): GAMMA,
    ("예산",): GAMMA,
}
NOT_FOUND = ("crowns million", "京東", "irregul", "nobody", '"', "***", "-", "")


def test_words_are_found_in_pages_and_documents_of_any_script(kept: Any) -> None:
    results = {words: kept.run("search", *words, "--format", "json") for words in FOUND}
    assert {words: urls(ran) for words, ran in results.items()} == {words: [url] for words, url in FOUND.items()}
    assert {ran.code for ran in results.values()} == {0}


def test_what_is_not_there_is_exit_code_1(kept: Any) -> None:
    for word in NOT_FOUND:
        ran = kept.run("search", "--", word)
        assert (ran.code, ran.out) == (1, ""), word
        assert "nothing was found" in ran.err


def test_a_hit_is_told_with_its_passage_and_whether_the_page_still_has_it(kept: Any) -> None:
    ran = kept.run("search", "zanzibarium")
    assert ran.out.splitlines()[:2] == ["On harbour", f"  {ALPHA}"]
    assert "stored on 5 January 2026; the newest copy no longer has it" in ran.out
    assert "said Zanzibarium" in ran.out
    both = kept.run("search", "terminal")
    assert "stored on 5 February 2026, and in 1 other version\n" in both.out
    [source] = kept.run("search", "terminal", "--format", "json").json["sources"]
    assert source["in_newest"] is True
    assert [copy["time"] for copy in source["copies"]] == ["2026-02-05T06:00:00Z", "2026-01-05T06:00:00Z"]


def test_what_is_kept_later_is_found(kept: Any, stage: Any) -> None:
    assert kept.run("search", "lighthouse").code == 1
    stage[ALPHA] = stage.html("harbour", more="A lighthouse stands there now. " * 9)
    kept.check(now="2026-03-05")
    assert kept.run("search", "lighthouse").code == 0


def test_a_rebuild_makes_it_anew(kept: Any) -> None:
    (kept.root / "archive" / "archive.sqlite").unlink()
    assert kept.run("rebuild").code == 0
    with Project(kept.root).lock():  # nothing is left for the search to read
        ran = kept.run("search", "zanzibarium")
    assert (ran.code, ran.err) == (0, "")


def test_forget_leaves_no_byte_of_a_text(kept: Any) -> None:
    def files_with(word: bytes) -> list[str]:
        files = (path for path in (kept.root / "archive").glob("archive.sqlite*"))
        return [path.name for path in files if word in path.read_bytes()]

    kept.run("search", "zanzibarium")
    assert files_with(b"Zanzibarium")
    assert kept.run("forget", ALPHA, "--reason", "asked by its owner").code == 0
    assert files_with(b"Zanzibarium") == []
    assert kept.run("search", "zanzibarium").code == 1
    assert kept.run("search", "irregularities").code == 0
    assert files_with(b"Zanzibarium") == []


def test_while_a_run_is_at_work_what_was_read_before_is_searched(kept: Any, stage: Any) -> None:
    kept.run("search", "terminal")
    stage[GAMMA] = stage.html("another page altogether")
    kept.check(now="2026-03-05")
    with Project(kept.root).lock():
        ran = kept.run("search", "terminal")
    assert ran.code == 0
    assert "1 stored page not searched" in ran.err


def test_a_clone_without_the_warc_files_says_so(kept: Any) -> None:
    for path in (kept.root / "archive" / "warc").iterdir():
        path.unlink()
    ran = kept.run("search", "terminal")
    assert ran.code == 1
    assert "4 stored pages not searched: not in this folder" in ran.err


def test_an_empty_folder_is_left_empty(folder: Any) -> None:
    assert folder.run("search", "anything").code == 1
    assert list(folder.root.iterdir()) == []


@given(st.lists(st.text(), max_size=4))
def test_any_words_can_be_looked_for(words: list[str]) -> None:
    with open_store(None) as store:
        texts.prepare(store)
        assert list(texts.search(store, words)) == []


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs"])))
def test_cutting_hides_nothing_of_a_text(text: str) -> None:
    assert texts.segmented(text).replace("\u200b", "") == text
