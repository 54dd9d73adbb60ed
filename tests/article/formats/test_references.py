"""BibTeX, CSL-JSON, RIS, bookmarks, OPML, tables and data files."""

# ruff: noqa: E501 - documents stand here as they are

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from linkarchive.article.formats import tex
from linkarchive.errors import ArticleError
from linkarchive.model import Article, Place

Read = Callable[..., Article]


def rows(article: Article) -> list[tuple[int, str | None, str]]:
    return [(citation.line, citation.url, citation.text) for citation in article.citations]


BIB = r"""% Encoding: UTF-8, https://comment.example/
@string{hh = {Harbour Herald}}
@ONLINE{k1,
  author = {M{\"u}ller, Hans and de la Cruz, Jos\'e},
  title = "{The} Plan of \textit{the} Quay",
  url = {https://one.example/a_b~c?x=1&y=2#frag},
  urldate = {2024-03-05}, date = {2020-01-01},
}
@article(k2, title = {Paren}, journal = hh # { and more}, URL = "http://two.example/", note = {Retrieved March 6, 2024})
@misc{k3, title={Notes}, note = {At \href{https://three.example/x\%20y}{here} and \url{https://three.example/b\_c}}}
@book{k4, title = {ISBN only}, isbn = {978-3-16-148410-0}, year = 1999}
@misc{k5, title = {Broken, url = {https://broken.example/}
@misc{k6, title = {After}, url = {www.after.example/x}, archiveurl={https://web.archive.org/web/2020/http://x.example/}}
@inproceedings{k7, title={ArXiv}, eprint={2101.00001}, archivePrefix={arXiv}, doi={https://doi.org/10.5555/abc_d}}
@misc{k8, crossref={k9}, title={Child}} @misc{k9, title={Parent}, url={https://parent.example/}}
@comment{jabref-meta: https://jab.example}
"""


def test_bibtex(read: Read) -> None:
    article = read("references.bib", BIB)
    assert rows(article) == [
        (6, "https://one.example/a_b~c?x=1&y=2#frag", "The Plan of the Quay"),
        (9, "http://two.example/", "Paren"),
        (10, "https://three.example/b_c", "Notes"),
        (10, "https://three.example/x%20y", "https://three.example/x%20y"),
        (12, "https://broken.example/", "Broken"),
        (13, "http://www.after.example/x", "After"),
        (14, "https://doi.org/10.5555/abc_d", "ArXiv"),
        (14, "https://arxiv.org/abs/2101.00001", "https://arxiv.org/abs/2101.00001"),
        (15, "https://parent.example/", "Child"),
        (15, "https://parent.example/", "Parent"),
    ]
    first, second = article.citations[:2]
    assert (first.accessed, second.accessed) == (date(2024, 3, 5), date(2024, 3, 6))
    assert first.note is not None
    assert first.note.startswith("Müller, Hans, de la Cruz, José. The Plan of the Quay")
    assert {citation.place for citation in article.citations} == {Place.NOTE}
    assert article.citations[5].snapshot == "https://web.archive.org/web/2020/http://x.example/"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"\'{e}t\'e \"u {\ss} \o", "été ü ß ø"),
        (r"\v{c} \c c \H{o} \~n", "č ç ő ñ"),
        (r"a -- b --- c ``q''", "a – b — c “q”"),
        (r"5\,\% \& \$3 \_x", "5% & $3 _x"),
        (r"\emph{it} \textbf{bold {x}}", "it bold x"),
    ],
)
def test_the_plain_text_of_tex(written: str, shown: str) -> None:
    assert tex.plain(written) == shown


@pytest.mark.parametrize(
    ("written", "url"),
    [
        (r"https://x.example/a\_b\%20c\#d\&e", "https://x.example/a_b%20c#d&e"),
        (r"https://x.example/{\textasciitilde}anna/\~{}b/$\sim$c", "https://x.example/~anna/~b/~c"),
        ("https://x.example/long\n   /path", "https://x.example/long/path"),
    ],
)
def test_urls_of_tex(written: str, url: str) -> None:
    assert tex.url(written) == url


def test_csl_json(read: Read) -> None:
    text = """{"items":[
{"id":1,"type":"webpage","title":"X","author":[{"family":"Müller"}],"URL":"https:\\/\\/one.example\\/?a=1\\u0026b=2",
 "DOI":"https://doi.org/10.5555/y","accessed":{"raw":"2024-03-05"}},
{"id":"z","type":"webpage","title":"Z","URL":"https://two.example/","accessed":{"date-parts":[["2024","3","6"]]}},
{"id":"m","type":"webpage","URL":"https://three.example/","accessed":{"date-parts":[["2024",3]]}},
{"id":"n","type":"webpage","URL":"https://four.example/","accessed":{"date-parts":[[1e400,3,6]]}}]}"""
    article = read("references.json", text)
    assert rows(article) == [
        (2, "https://one.example/?a=1&b=2", "X"),
        (3, "https://doi.org/10.5555/y", "https://doi.org/10.5555/y"),
        (4, "https://two.example/", "Z"),
        (5, "https://three.example/", "https://three.example/"),
        (6, "https://four.example/", "https://four.example/"),
    ]
    days = [citation.accessed for citation in article.citations]
    assert days == [date(2024, 3, 5), date(2024, 3, 5), date(2024, 3, 6), None, None]


def test_front_matter_that_cannot_be_read_costs_itself(read: Read) -> None:
    article = read("a.md", f"+++\nweight = {'1' * 5000}\n+++\n[x](https://one.example/)\n")
    assert [citation.url for citation in article.citations] == ["https://one.example/"]


def test_csl_names_that_are_no_list(read: Read) -> None:
    people = ['"Jane Roe"', '{"family":"Roe","given":"Jane"}', '["Jane Roe"]', "5", "null"]
    items = ",".join(
        f'{{"type":"book","id":{id},"title":"T","author":{names},"URL":"http://a.b/"}}'
        for id, names in enumerate(people)
    )
    notes = [citation.note for citation in read("references.json", f'{{"items":[{items}]}}').citations]
    assert notes == ["Jane Roe. T", "Jane Roe. T", "Jane Roe. T", "5. T", "T"]


FRONT_MATTER = """---
title: Boats
references:
- id: budget
  type: report
  title: "The budget: a report"
  author:
  - family: Doe
    given: Jane
  URL: https://budget.example/
  accessed:
    date-parts:
    - - 2025
      - 3
      - 5
- id: alone
  DOI: 10.5555/z
---
It costs 5 [see @budget, p. 4]. Nobody minds.
"""


@pytest.mark.parametrize("name", ["report.md", "report.qmd", "report.Rmd"])
def test_references_in_front_matter(read: Read, name: str) -> None:
    article = read(name, FRONT_MATTER)
    assert rows(article) == [
        (10, "https://budget.example/", "The budget: a report"),
        (17, "https://doi.org/10.5555/z", "https://doi.org/10.5555/z"),
    ]
    budget, alone = article.citations
    assert (budget.context, alone.context) == ("It costs 5 [see @budget, p. 4].", "")
    assert (budget.note, budget.accessed) == ("Jane Doe. The budget: a report", date(2025, 3, 5))


@pytest.mark.long
@pytest.mark.parametrize(
    ("references", "said"),
    [("references: [a\n", "cannot be read: it is not YAML"), ("references:\n" + "- id: a\n" * 30_000, "are not read")],
)
def test_references_in_front_matter_that_cannot_be_read_are_a_gap(read: Read, references: str, said: str) -> None:
    (gap,) = read("report.md", f"---\n{references}---\nIt costs 5 [@a].\n").gaps
    assert said in gap


def test_ris(read: Read) -> None:
    text = """TY  - JOUR
TI  - Title one
UR  - https://one.example/;https://oneb.example/
DO  - doi:10.5555/z
Y2  - 2024/03/05/
N1  - also
  https://note.example/
ER  -
TY - WEB
TI - Loose
UR - <https://two.example/>
"""
    article = read("references.ris", text)
    assert {url for _, url, _ in rows(article)} == {
        "https://one.example/",
        "https://oneb.example/",
        "https://doi.org/10.5555/z",
        "https://note.example/",
        "https://two.example/",
    }
    assert rows(article)[-1] == (11, "https://two.example/", "Loose")
    assert article.citations[0].accessed == date(2024, 3, 5)


def test_bookmarks(read: Read) -> None:
    text = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<!-- <A HREF="https://comment.example/">x</A> -->
<TITLE>Bookmarks</TITLE><H1>My bookmarks</H1>
<DL><p><DT><A HREF="https://one.example/?a=1&amp;b=2" ADD_DATE="1709632800000" ICON="data:x">Tom &amp; <b>J</b></A>
<DD>Found at https://desc.example/.
<DT><A ADD_DATE='0' HREF='https://two.example/'>Two</A></DL>"""
    article = read("bookmarks.html", text)
    assert (article.title, article.published) == ("Bookmarks", None)
    assert rows(article) == [
        (4, "https://one.example/?a=1&b=2", "Tom & J"),
        (5, "https://desc.example/", "https://desc.example/"),
        (6, "https://two.example/", "Two"),
    ]
    assert [citation.accessed for citation in article.citations] == [date(2024, 3, 5), None, None]


def test_the_notes_of_an_outline_are_html_or_text(read: Read) -> None:
    text = """<opml version="2.0"><body>
<outline text="&lt;https://one.example/&gt;" _note="See &lt;https://two.example/&gt; and https://three.example/"/>
<outline text="A" _note="&lt;p&gt;By &lt;a href='https://four.example/'&gt;four&lt;/a&gt;&lt;/p&gt;"/>
</body></opml>"""
    assert [(citation.url, citation.line) for citation in read("list.opml", text).citations] == [
        ("https://one.example/", 2),
        ("https://two.example/", 2),
        ("https://three.example/", 2),
        ("https://four.example/", 3),
    ]


def test_opml(read: Read) -> None:
    text = """<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="2.0"><head><title>Caf&#233;</title><dateCreated>Thu, 04 Mar 2021 10:00:00 GMT</dateCreated></head><body>
<outline text="See &lt;a href=&quot;https://inner.example/&quot;&gt;this&lt;/a&gt;"/>
<outline text="Feed" xmlUrl="https://feed.example/f.xml" htmlUrl="https://one.example/?a=1&amp;b=2"/>
<outline text="Only" xmlUrl="https://feed.example/g.xml" _note="see https://note.example/"/>
</body></opml>"""
    article = read("list.opml", text)
    assert (article.title, article.published) == ("Café", date(2021, 3, 4))
    assert rows(article) == [
        (3, "https://inner.example/", "this"),
        (4, "https://one.example/?a=1&b=2", "Feed"),
        (5, "https://feed.example/g.xml", "Only"),
        (5, "https://note.example/", "https://note.example/"),
    ]


def test_csv_with_semicolons(read: Read) -> None:
    text = 'Titel;Adresse;Abgerufen\n"Plan; der ""erste""";https://one.example/a,b;05.03.2024\nZwei;"siehe\nhttps://two.example/x, S. 4";\n'
    article = read("sources.csv", text)
    assert rows(article) == [
        (2, "https://one.example/a,b", 'Plan; der "erste"'),
        (4, "https://two.example/x", "https://two.example/x"),
    ]
    assert article.citations[0].accessed == date(2024, 3, 5)
    assert "Zwei" in article.citations[1].context


def test_yaml(read: Read) -> None:
    text = """title: Sources
date: 2021-03-04
sources:
  plan: &p
    url: https://one.example/plan
    name: "Plan: the one"
    accessed: 2024-03-05
    archived: https://web.archive.org/web/2020/https://one.example/plan
  other: *p
  list:
    - https://two.example/a
    - {url: 'https://three.example/b', title: Flow}
    - |
      Long text
      https://four.example/d, and more.
"""
    article = read("sources.yaml", text)
    assert (article.title, article.published) == ("Sources", date(2021, 3, 4))
    assert rows(article) == [
        (5, "https://one.example/plan", "Plan: the one"),
        (11, "https://two.example/a", "https://two.example/a"),
        (12, "https://three.example/b", "Flow"),
        (15, "https://four.example/d", "https://four.example/d"),
    ]
    first = article.citations[0]
    assert first.accessed == date(2024, 3, 5)
    assert first.snapshot == "https://web.archive.org/web/2020/https://one.example/plan"


def test_toml_and_json(read: Read) -> None:
    toml = '[[s]]\nurl = "https://one.example/"\ntitle = "One"\nnote = """\nmulti https://two.example/x\n"""\n'
    assert rows(read("sources.toml", toml)) == [
        (2, "https://one.example/", "One"),
        (5, "https://two.example/x", "https://two.example/x"),
    ]
    text = '{"https://key.example/": "By key",\n "a": {"b": [{"href": "https:\\/\\/one.example\\/", "label": "L"}, null, 1.5]}}'
    assert rows(read("sources.json", text)) == [
        (1, "https://key.example/", "By key"),
        (2, "https://one.example/", "L"),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "a: [1, 2"),
        ("a.toml", "a = "),
        ("a.toml", f"a = {'1' * 5000}"),
        ("a.json", "{"),
        ("a.ipynb", "[1]"),
        ("a.yaml", "[" * 5000),
        ("a.json", "[" * 100_000),
        ("a.opml", "no xml"),
        ("a.rtf", "no rtf"),
    ],
)
def test_what_is_none_of_its_format_is_an_error(read: Read, name: str, text: str) -> None:
    with pytest.raises(ArticleError, match=name):
        read(name, text)


def test_a_billion_laughs_are_none(read: Read) -> None:
    yaml = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert read("a.yaml", f"{yaml}u: https://one.example/\n").citations[0].url == "https://one.example/"
    entities = "".join(
        f'<!ENTITY {b} "&{a};&{a};&{a};&{a};&{a};">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    opml = (
        f'<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY a "lol"><!ENTITY f SYSTEM "file:///etc/passwd">{entities}]>'
        '<opml><body><outline text="&i;&f;" url="https://one.example/"/></body></opml>'
    )
    article = read("a.opml", opml)
    assert [citation.url for citation in article.citations] == ["https://one.example/"]
    assert all("root:" not in citation.text and len(citation.text) < 10_000 for citation in article.citations)
