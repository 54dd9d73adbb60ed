"""HTML: no element swallows what follows it, notes are told from sections, the frame of a page is not cited."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.article.document import read_document
from linkarchive.model import Citation, Place

ELEMENTS = """
    a abbr address article aside b blockquote button canvas center cite code dd del details dfn dialog div dl dt em
    fieldset figcaption figure font footer form h1 h2 h3 header hgroup i iframe ins kbd label legend li map mark menu
    meter nav noscript object ol optgroup p picture portal pre progress q rp rt ruby s samp script search section
    select slot small span strong style sub summary sup svg table template textarea time title tt u ul var video xmp
    """.split()  # noqa: SIM905  (a list of words read as words)
ATTRIBUTES = ["", " hidden", ' class="ad"', ' style="display:none"', ' role="navigation"']


def citations(html: str, *, everything: bool = False) -> list[Citation]:
    return list(read_document(html.encode(), "html", path="page.html", everything=everything).citations)


@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize("element", ELEMENTS)
def test_no_element_swallows_the_links_behind_it(element: str, attributes: str) -> None:
    page = (
        "<!DOCTYPE html><title>x</title><body><p>First <a href='https://one.example/'>one</a> of some words.</p>"
        f"<{element}{attributes}>within</{element}>"
        "<p>Then <a href='https://two.example/'>two</a>, the other of them.</p>"
    )
    urls = [citation.url for citation in citations(page)]
    assert urls == ["https://one.example/", "https://two.example/"]


@pytest.mark.parametrize("name", ["pre", "code", "kbd", "samp"])
def test_a_hyperlink_in_code_is_one_and_a_bare_url_is_none(name: str) -> None:
    page = f"<p>A <{name}>https://bare.example/ <a href='https://one.example/'>f()</a></{name}> b"
    assert [(citation.url, citation.text) for citation in citations(page)] == [("https://one.example/", "f()")]


@pytest.mark.parametrize(
    ("mark", "note"),
    [
        ('<sup class="reference"><a href="#cite_note-1">[1]</a></sup>', '<ol><li id="cite_note-1">{}</li></ol>'),
        ('<a href="#fn1" role="doc-noteref">1</a>', '<section><ol><li id="fn1"><p>{}</p></li></ol></section>'),
        ('<a epub:type="noteref" href="#n1">*</a>', '<aside epub:type="footnote" id="n1"><p>{}</p></aside>'),
        ('<a name="_ftnref1" href="#_ftn1">[1]</a>', '<p><a name="_ftn1" href="#_ftnref1">[1]</a> {}</p>'),
        ('<sup>[<a href="#note">a</a>]</sup>', '<div id="note">{}</div>'),
        (  # a note whose place is the number in front of its words, as Substack and LibreOffice write it
            '<a class="footnote-anchor" href="#footnote-1">1</a>',
            '<div class="footnote"><a id="footnote-1" class="footnote-number">1</a><div><p>{}</p></div></div>',
        ),
        (
            '<sup><a class="sdfootnoteanc" href="#sdfootnote1sym">1</a></sup>',
            '<div id="sdfootnote1"><p><a class="sdfootnotesym" name="sdfootnote1sym">1</a>{}</p></div>',
        ),
        (  # or an empty element
            '<a href="#easy-footnote-1"><sup>1</sup></a>',
            '<ol><li><span id="easy-footnote-1" class="easy-footnote-margin-adjust"></span>{}</li></ol>',
        ),
    ],
)
def test_a_note_s_link_is_cited_by_the_sentence_with_the_mark(mark: str, note: str) -> None:
    body = note.format('Council, <a href="https://one.example/">budget</a>.')
    page = f"<main><p>It is old. It costs 41.6 million.{mark} Nobody knows who pays.</p>{body}</main>"
    [citation] = citations(page)
    assert (citation.context, citation.place) == ("It costs 41.6 million.", Place.NOTE)
    assert "Council, budget" in (citation.note or "")


def test_a_table_of_contents_has_no_notes() -> None:
    page = (
        '<main><p>Parts: <a href="#one">1</a></p><section id="one"><h2>One</h2><p>It is '
        '<a href="https://one.example/">here</a>.</p></section></main>'
    )
    [citation] = citations(page)
    assert (citation.context, citation.place) == ("It is here.", Place.BODY)


def test_an_ordered_list_of_references() -> None:
    page = (
        "<main><p>It costs 41.6 [2].</p><h2>References</h2><ol><li>https://one.example/</li>"
        "<li>https://two.example/</li></ol></main>"
    )
    assert [(citation.url, citation.context) for citation in citations(page)] == [
        ("https://one.example/", ""),
        ("https://two.example/", "It costs 41.6."),
    ]


def test_a_less_than_sign_in_a_value_begins_no_tag() -> None:
    page = "<p>\n<!-- <a href='https://no.example/'> -->\n<a title='a <b> c' href='https://one.example/<id>'>x</a>"
    [citation] = citations(page)
    assert (citation.url, citation.line) == ("https://one.example/%3Cid%3E", 3)


CONTROLS = [
    '<a href="#" role="button">Share</a>', '<a href="#" onclick="print()">Print</a>',
    '<a href="#!" class="close">x</a>',
    '<a href="javascript:;" data-toggle="menu">Menu</a>', '<div class="article-tools"><a href="#">Mail</a></div>',
    '<ul class="social-share-list"><li><a href="#">Post</a></li></ul>',
]  # fmt: skip


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_of_the_page_is_no_lost_target(control: str) -> None:
    text = "The council met in the old customs house and went through the plan line by line. " * 4
    lost = "<p>After <a href='#'>tough negotiations</a> it ended.</p>"
    page = f"<main><article><p>{text}</p>{control}{lost}</article></main>"
    assert [citation.text for citation in citations(page)] == ["tough negotiations"]


FRAMES = [
    '<p class="posted">By <a rel="author" href="https://x.example/">A. Writer</a></p>',
    '<div class="entry-meta">By <a href="https://x.example/">A. Writer</a></div>',
    '<span class="byline"> by <a class="url fn n" href="https://x.example/">A. Writer</a></span>',
    '<footer>Filed under <a rel="category tag" href="https://x.example/">Walls</a></footer>',
    '<p><a rel="next" href="https://x.example/">The next post</a></p>',
    '<div id="jp-relatedposts" class="jp-relatedposts"><a href="https://x.example/">The pier</a></div>',
    '<header><a class="kicker" href="https://x.example/">Walls</a><h1>The plan</h1></header>',
    '<div class="post-footer"><a title="Email this" href="https://x.example/email">e</a></div>',
    '<div class="post-header"><h1>The plan</h1><a href="https://x.example/comments">12</a></div>',
    '<h2>Costs <span class="mw-editsection">[<a href="https://x.example/edit">edit</a>]</span></h2>',
]


@pytest.mark.parametrize("frame", FRAMES)
def test_what_blogs_set_around_a_text_is_not_cited_by_it(frame: str) -> None:
    text = "The council met in the old customs house and went through the plan line by line. " * 4
    cited = "<p>It began with <a href='https://one.example/'>a vote</a>.</p>"
    page = f"<main><article>{frame}<p>{text}</p>{cited}</article></main>"
    assert [citation.url for citation in citations(page)] == ["https://one.example/"]


def test_the_footer_of_a_post_that_no_article_element_holds() -> None:
    text = "The council met in the old customs house and went through the plan line by line. " * 4
    footer = '<div class="post-footer"><span><a title="Email this" href="https://x.example/email">e</a></span></div>'
    page = f"<div class='hentry'><div class='post-body'>{text} <a href='https://one.example/'>a</a></div>{footer}</div>"
    assert [citation.url for citation in citations(page)] == ["https://one.example/"]


HEADERS = [
    '<h1><a href="https://one.example/">The plan that is discussed</a></h1>',
    '<h1>The plan</h1><p>As <a href="https://one.example/">the herald</a> says.</p>',
    '<figure><img src="a.jpg"><figcaption>By <a href="https://one.example/">her</a></figcaption></figure>',
]


@pytest.mark.parametrize("header", HEADERS)
def test_the_words_in_the_header_of_an_article_are_its_text(header: str) -> None:
    text = "The council met in the old customs house and went through the plan line by line. " * 4
    page = f"<main><article><header>{header}</header><p>{text}</p></article></main>"
    assert [citation.url for citation in citations(page)] == ["https://one.example/"]


def test_the_frame_comes_with_the_whole_page_only() -> None:
    page = "<nav><a href='https://menu.example/'>Menu</a></nav><main><a href='https://one.example/'>one</a></main>"
    assert [citation.place for citation in citations(page)] == [Place.BODY]
    assert [citation.place for citation in citations(page, everything=True)] == [Place.FRAME, Place.BODY]


@given(st.text(alphabet="<>a=\"' /!-hrefscriptolli#1\n", max_size=100))
def test_any_markup_can_be_read(html: str) -> None:
    citations(html)
