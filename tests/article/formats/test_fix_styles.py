"""`fix --style`: how the archived copy of a dead source is written, in every format; written twice, once is enough."""

# ruff: noqa: E501 - documents stand here as they are

from __future__ import annotations

from datetime import date

import pytest

from linkarchive.article.document import read_document
from linkarchive.article.fix import Fixed, Replacement, fix_article
from linkarchive.article.fix_styles import Style

OLD = "http://old.example/a_b?x=1&y=2"
COPY = f"https://web.archive.org/web/20210513091244/{OLD}"
XML_OLD, XML_COPY = OLD.replace("&", "&amp;"), COPY.replace("&", "&amp;")


def fixed(text: str, format: str, style: Style | None) -> Fixed:
    article = read_document(text.encode(), format, path=f"x.{format}")
    dead = [
        Replacement(number, COPY, "dead", OLD, date(2021, 5, 13))
        for number, citation in enumerate(article.citations)
        if citation.url == OLD
    ]
    assert dead
    return fix_article(text.encode(), format, f"x.{format}", dead, style)


APPENDED = [
    ("md", f'See [the plan]({OLD} "a (title)").', f'See [the plan]({OLD} "a (title)") ([archived]({COPY})).'),
    ("md", f"See <{OLD}>, {OLD}.", f"See <{OLD}> ([archived]({COPY})), {OLD} ([archived]({COPY}))."),
    ("md", f"[a][r], [r][] and [r].\n\n[r]: {OLD}\n", f"[a][r] ([archived]({COPY})), [r][] ([archived]({COPY})) and [r] ([archived]({COPY})).\n\n[r]: {OLD}\n"),
    ("md", f"[a](<{OLD}>){{.out}} `[c]({OLD})`\n", f"[a](<{OLD}>){{.out}} ([archived]({COPY})) `[c]({OLD})`\n"),
    ("html", f'<p><a href="{XML_OLD}">the <b>plan</b></a>.</p>', f'<p><a href="{XML_OLD}">the <b>plan</b></a> (<a href="{XML_COPY}">archived</a>).</p>'),
    ("html", f"<p>See {XML_OLD}.</p>", f'<p>See {XML_OLD} (<a href="{XML_COPY}">archived</a>).</p>'),
    ("txt", f"See {OLD} and <{OLD}>.", f"See {OLD} (archived: {COPY}) and <{OLD}> (archived: {COPY})."),
    ("rst", f"See `the plan <{OLD}>`_ and {OLD}.", f"See `the plan <{OLD}>`_ (`archived <{COPY}>`__) and {OLD} (`archived <{COPY}>`__)."),
    ("rst", f"See Council_.\n\n.. _Council: {OLD}\n", f"See Council_ (`archived <{COPY}>`__).\n\n.. _Council: {OLD}\n"),
    ("asciidoc", f"See {OLD}[the plan^].", f"See {OLD}[the plan^] (link:{COPY}[archived])."),
    ("org", f"See [[{OLD}][the plan]].", f"See [[{OLD}][the plan]] ([[{COPY}][archived]])."),
    ("latex", f"See \\href{{{OLD}}}{{the {{\\em plan}}}} and \\url{{{OLD}}}.", f"See \\href{{{OLD}}}{{the {{\\em plan}}}} (\\href{{{COPY}}}{{archived}}) and \\url{{{OLD}}} (\\href{{{COPY}}}{{archived}})."),
    ("gemtext", f"=> {OLD} The plan\nend", f"=> {OLD} The plan\n=> {COPY} archived\nend"),
    ("wikitext", f"[{OLD} the plan].", f"[{OLD} the plan] ([{COPY} archived])."),
    ("mdx", f"See [it]({OLD}).\n\n<a href='{XML_OLD}'>x</a>\n", f"See [it]({OLD}) ([archived]({COPY})).\n\n<a href='{XML_OLD}'>x</a> (<a href=\"{XML_COPY}\">archived</a>)\n"),
    ("quarto", f"See [it]({OLD}).\n", f"See [it]({OLD}) ([archived]({COPY})).\n"),
]  # fmt: skip
IN_FIELDS = [
    ("html", f'<p><a href="{XML_OLD}">x</a></p>', f'<p><a href="{XML_COPY}" data-originalurl="{XML_OLD}" data-versionurl="{XML_COPY}" data-versiondate="2021-05-13">x</a></p>'),
    ("bibtex", f"@misc{{k,\n  url = {{{OLD}}},\n}}\n", f"@misc{{k,\n  url = {{{OLD}}},\n  archiveurl = {{{COPY}}},\n  archivedate = {{2021-05-13}},\n}}\n"),
    ("bibtex", f'@misc{{k, url="{OLD}"}}', f'@misc{{k, url="{OLD}", archiveurl={{{COPY}}}, archivedate={{2021-05-13}}}}'),
    ("bibtex", f"@misc{{k, howpublished = {{\\url{{{OLD}}}}}}}", f"@misc{{k, howpublished = {{\\url{{{OLD}}}}}, archiveurl = {{{COPY}}}, archivedate = {{2021-05-13}}}}"),
    ("csl-json", f'[{{"id": 1,\n "URL": "{OLD}"}}]', f'[{{"id": 1,\n "URL": "{OLD}",\n "archive_location": "{COPY}"}}]'),
    ("json", f'{{"title": "T", "url": "{OLD}"}}', f'{{"title": "T", "url": "{OLD}", "archive_url": "{COPY}"}}'),
    ("yaml", f"- url: {OLD} # x\n  title: T\n", f"- url: {OLD} # x\n  archive_url: {COPY}\n  title: T\n"),
    ("md", f"---\nreferences:\n- id: a\n  title: T\n  URL: {OLD}\n---\nIt costs 5 [@a].\n", f"---\nreferences:\n- id: a\n  title: T\n  URL: {OLD}\n  archive_location: {COPY}\n---\nIt costs 5 [@a].\n"),
    ("quarto", f"---\r\nreferences:\r\n- URL: '{OLD}'\r\n---\r\n", f"---\r\nreferences:\r\n- URL: '{OLD}'\r\n  archive_location: '{COPY}'\r\n---\r\n"),
    ("toml", f'[[s]]\r\nurl = "{OLD}"\r\n', f'[[s]]\r\nurl = "{OLD}"\r\narchive_url = "{COPY}"\r\n'),
    ("wikitext", f"{{{{cite web |url={OLD} |title=T}}}}", f"{{{{cite web |url={OLD} |title=T |archive-url={COPY} |archive-date=2021-05-13 |url-status=dead}}}}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("format", "before", "after", "style"),
    [(*case, Style.APPEND) for case in APPENDED]
    + [(*case, Style.ROBUST) for case in IN_FIELDS]
    + [(*case, Style.APPEND) for case in IN_FIELDS[1:]]
    + [(*case, None) for case in (IN_FIELDS[0], IN_FIELDS[-1])],
)
def test_the_copy_stands_beside_the_original(format: str, before: str, after: str, style: Style | None) -> None:
    once = fixed(before, format, style)
    assert (once.data.decode(), once.refusals) == (after, ())
    if OLD in [citation.url for citation in read_document(once.data, format, path="x").citations]:
        again = fixed(after, format, style)
        assert (again.data, again.refusals) == (once.data, ())
        copies = {
            citation.snapshot
            for citation in read_document(once.data, format, path="x").citations
            if citation.url == OLD
        }
        assert copies == {COPY}, "the next check knows the copy as the article's own"


@pytest.mark.parametrize(("format", "before"), [(case[0], case[1]) for case in (*APPENDED, *IN_FIELDS)])
def test_in_place_of_the_original(format: str, before: str) -> None:
    once = fixed(before, format, Style.REPLACE)
    code = f"`[c]({OLD}"
    expected = before.replace(code, "CODE").replace(OLD, COPY).replace(XML_OLD, XML_COPY).replace("CODE", code)
    assert once.data.decode() == expected


@pytest.mark.parametrize(
    ("format", "before"),
    [
        ("csv", f"title,url\nT,{OLD}\n"),
        ("opml", f'<opml version="2.0"><body><outline text="T" url="{XML_OLD}"/></body></opml>'),
        ("html", f'<p>Words.</p><map><area href="{XML_OLD}" alt="t"></map>'),
        ("md", f"---\nreferences: [{{id: a, URL: '{OLD}'}}]\n---\nIt costs 5 [@a].\n"),
        ("rst", f"See `this`__.\n\n__ {OLD}\n"),
    ],
)
def test_where_nothing_can_stand_beside_it_the_file_stays_and_that_is_said(format: str, before: str) -> None:
    once = fixed(before, format, Style.APPEND)
    assert once.data.decode() == before
    assert len(once.refusals) == 1


def test_one_of_two_links_has_its_copy_already() -> None:
    before = f"[a]({OLD}) ([archived]({COPY})).\n\nText.\n\n[b]({OLD})\n"
    assert fixed(before, "md", Style.APPEND).data.decode() == f"{before[:-1]} ([archived]({COPY}))\n"
