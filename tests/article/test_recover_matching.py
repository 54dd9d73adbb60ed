"""Small pages, one question each: which anchor is the citation, and when nobody can tell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkarchive.article.anchors import anchors_of, normalise
from linkarchive.article.recover import recover
from linkarchive.model import Article, Citation, Page, Reason

URL = "https://site.example/2021/story"


def lost(text: str, context: str | None = None) -> Citation:
    return Citation(None, text, 1, context if context is not None else text)


def recovered(html: str, *citations: Citation, final_url: str = URL) -> list[str | None]:
    """The targets found, by citation; "ambiguous" and "no-match" stand for themselves."""
    page = Page(final_url, 200, {"content-type": "text/html"}, html.encode())
    article = recover(Article("a.md", "", URL, None, citations), page, found_in=URL)
    for citation in article.citations:
        assert (citation.url is None) == (citation.unresolved is not None)
    return [citation.url or str(citation.unresolved) for citation in article.citations]


def story(*paragraphs: str, around: str = "") -> str:
    return f"<html><body>{around}<article>{''.join(f'<p>{text}</p>' for text in paragraphs)}</article></body></html>"


def a(text: str, url: str = "https://t.example/x") -> str:
    return f'<a href="{url}">{text}</a>'


SENTENCE = "In the early spring the two sides held {} over a map of the border."


@pytest.mark.parametrize(
    ("cited", "shown"),
    [
        ("tough negotiations", "Tough  Negotiations"),
        ("tough negotiations", "tough\u00a0negotiations"),
        ("tough negotiations", "tough nego\u00adtia\u200btions"),
        ("tough negotiations", "tough <i>nego</i>tiations"),
        ("tough negotiations", "<!-- ad -->tough <b>negotiations</b>"),
        ("*tough* `negotiations`", "tough negotiations"),
        ("the “hard” talks", "the &quot;hard&quot; talks"),
        ("the 'hard' talks", "the ‘hard’ talks"),
        ("give-and-take – all of it", "give‑and‑take — all of it"),
        ("office ﬁles", "office files"),
        ("tough negotiations", "tough negotiations,"),
        ("“tough negotiations”", "tough negotiations"),
        ("tough negotiations…", "tough negotiations..."),
    ],
)
def test_texts_that_a_reader_sees_as_the_same(cited: str, shown: str) -> None:
    html = story(SENTENCE.format(a(shown)))
    assert recovered(html, lost(cited, SENTENCE.format(cited))) == ["https://t.example/x"]


@pytest.mark.parametrize(
    ("cited", "shown"),
    [
        ("tough negotiations", "tough negotations"),
        ("tough negotiations", "the tough negotiations"),
        ("the tough negotiations", "tough negotiations"),
        ("negotiations", "tough negotiations"),
    ],
)
def test_a_slightly_different_text_in_the_same_sentence(cited: str, shown: str) -> None:
    page = Page(URL, 200, {"content-type": "text/html"}, story(SENTENCE.format(a(shown))).encode())
    article = Article("a.md", "", URL, None, (lost(cited, SENTENCE.format(cited)),))
    (recovered,) = recover(article, page, found_in="f").citations
    assert recovered.url == "https://t.example/x"
    assert recovered.recovery_confidence is not None
    assert 0.7 <= recovered.recovery_confidence < 0.95


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(story("Nothing here."), id="not there"),
        pytest.param(
            story("The weather was fine when " + a("tough negotations") + " were remembered."), id="other sentence"
        ),
        pytest.param(story("x", around=f"<nav>{a('tough negotiations')}</nav>"), id="nav"),
        pytest.param(story("x", around=f"<header><div>{a('tough negotiations')}</div></header>"), id="header"),
        pytest.param(story("x", around=f"<footer>{a('tough negotiations')}</footer>"), id="footer"),
        pytest.param(story("x", around=f"<div role=navigation>{a('tough negotiations')}</div>"), id="role"),
        pytest.param(story("x", around=f"<ul class=main-menu><li>{a('tough negotiations')}</ul>"), id="menu"),
        pytest.param(story("x", around=f"<aside>{a('tough negotiations')}</aside>"), id="aside"),
        pytest.param(story(f"<ul class=tags><li>{a('tough negotiations')}</ul>"), id="tags"),
        pytest.param(story(f"<ul><li>{a('tough negotiations')}</ul>"), id="bare list"),
        pytest.param(story(f"<div class=related>{a('tough negotiations')}</div>"), id="widget"),
        pytest.param(story(SENTENCE.format(a("tough negotiations", "#"))), id="to nothing"),
        pytest.param(story(SENTENCE.format(a("tough negotiations", "javascript:void(0)"))), id="script"),
        pytest.param(story(SENTENCE.format(a("tough negotiations", "mailto:a@b.example"))), id="mail"),
        pytest.param(story(SENTENCE.format(a("tough negotiations", "/2021/story#part"))), id="the page itself"),
        pytest.param(story(SENTENCE.format(a("tough negotiations", "http://[bad/"))), id="no address"),
        pytest.param(story(SENTENCE.format("<a name=x>tough negotiations</a>")), id="a name"),
        pytest.param(f"<script>'{SENTENCE.format(a('tough negotiations'))}'</script><p>x", id="in a script"),
        pytest.param(f"<!-- {SENTENCE.format(a('tough negotiations'))} --><p>x", id="in a comment"),
    ],
)
def test_no_match(html: str) -> None:
    assert recovered(html, lost("tough negotiations", SENTENCE.format("tough negotiations"))) == ["no-match"]


def test_the_main_text_wins_over_every_other_place() -> None:
    link = a("tough negotiations", "https://wrong.example/")
    html = story(
        SENTENCE.format(a("tough negotiations")),
        f"<span class=tags>{link}</span>",
        around=f"<nav>{link}</nav><footer>{link}</footer><div class=sidebar>{link}</div>",
    )
    assert recovered(html, lost("tough negotiations", SENTENCE.format("tough negotiations"))) == ["https://t.example/x"]


def test_a_sentence_proves_the_place_even_where_the_class_names_say_otherwise() -> None:
    html = f"<div class='nav menu'><p>{SENTENCE.format(a('tough negotiations'))}</p></div><p>More of it.</p>"
    assert recovered(html, lost("tough negotiations", SENTENCE.format("tough negotiations"))) == ["https://t.example/x"]


def test_two_equally_good_targets_are_ambiguous() -> None:
    html = story(f"See {a('here', 'https://t.example/1')}.", f"See {a('here', 'https://t.example/2')}.")
    assert recovered(html, lost("here", "See here.")) == ["ambiguous"]
    assert recovered(html, lost("here", "")) == ["ambiguous"]


def test_the_same_target_twice_is_not_ambiguous() -> None:
    html = story(f"See {a('here', 'https://t.example/1')}.", f"See {a('here', 'http://www.t.example/1/')}.")
    assert recovered(html, lost("here", "See here.")) == ["https://t.example/1"]


def test_another_place_on_the_same_page_is_another_target() -> None:
    html = story(f"See {a('here', 'https://t.example/1#a')}.", f"See {a('here', 'https://t.example/1#b')}.")
    assert recovered(html, lost("here", "See here.")) == ["ambiguous"]


def test_repeated_texts_match_in_order() -> None:
    urls = [f"https://t.example/{number}" for number in (1, 2, 1, 3)]
    html = story(*(f"See {a('here', url)}." for url in urls))
    assert recovered(html, *[lost("here", "See here.")] * 4) == urls


def test_repeated_texts_are_told_apart_by_the_words_around() -> None:
    html = story(
        f"The minister spoke about the harvest {a('here', 'https://t.example/1')} on Monday.",
        f"A choir from the north sang {a('here', 'https://t.example/2')} before the game.",
    )
    choir = lost("here", "A choir from the north sang here before the game.")
    minister = lost("here", "The minister spoke about the harvest here on Monday.")
    assert recovered(html, choir) == ["https://t.example/2"]
    assert recovered(html, choir, minister) == ["https://t.example/2", "https://t.example/1"]


def test_repeated_texts_are_told_apart_by_their_neighbours() -> None:
    html = story(
        f"First {a('here', 'https://t.example/1')}.",
        f"The quick {a('brown fox')} jumped.",
        f"First {a('here', 'https://t.example/2')}.",
        f"Over the {a('lazy dog', 'https://t.example/dog')} at last.",
        f"First {a('here', 'https://t.example/3')}.",
    )
    fox, dog = lost("brown fox", "The quick brown fox jumped."), lost("lazy dog", "Over the lazy dog at last.")
    assert recovered(html, fox, lost("here", "First here."), dog)[1] == "https://t.example/2"
    assert recovered(html, fox, dog, lost("here", "First here."))[2] == "https://t.example/3"
    assert recovered(html, lost("here", "First here."))[0] == "ambiguous"


def test_citations_that_have_their_target_are_landmarks_and_stay() -> None:
    html = story(f"See {a('here', 'https://t.example/1')}.", f"See {a('here', 'https://t.example/2')}.")
    known = Citation("https://t.example/1", "here", 1, "See here.", note="mine")
    page = Page(URL, 200, {"content-type": "text/html"}, html.encode())
    recovered = recover(Article("a.md", "", URL, None, (known, lost("here", "See here."))), page, found_in=URL)
    assert recovered.citations[0] == known
    assert recovered.citations[1].url == "https://t.example/2"


def test_fewer_on_the_page_than_in_the_article_is_ambiguous() -> None:
    html = story(f"See {a('here', 'https://t.example/1')}.", f"See {a('here', 'https://t.example/2')}.")
    assert recovered(html, *[lost("here", "See here.")] * 3) == ["ambiguous"] * 3


@pytest.mark.parametrize(
    "widget",
    [
        '<div class="related"><a href="https://t.example/x">{}</a></div>',
        '<p>Related article: <a href="https://t.example/x">{}</a></p>',
        '<p><strong>RELATED ARTICLE</strong> <a href="https://t.example/x">{}</a></p>',
        '<p><a href="https://t.example/x">Read more: {}</a></p>',
        '<section><h4>Related articles</h4><ul><li><a href="https://t.example/x">{}</a></li></ul></section>',
        '<aside class="readmore"><a href="https://t.example/x"><span>READ MORE</span><h3>{}</h3></a></aside>',
        '<a class="related-article" href="https://t.example/x"><div>Related article</div><div>{}</div><p>More.</p></a>',
        '<aside><h3>You may also like</h3><article><a href="https://t.example/x">{}</a></article></aside>',
        '<div class="recirc"><a href="https://t.example/x" title="{}"><img src=x.jpg></a></div>',
    ],
)
def test_a_related_article_line_finds_the_widget(widget: str) -> None:
    title = "Police Detain Protesters, Prevent Rally"
    nav = f"<nav>{a(title, 'https://wrong.example/')}</nav>"
    text = "<p>" + "The story goes on for a while and says a few more things about it. " * 8 + "</p>"
    html = story(text, widget.format(title.upper()), text, around=nav)
    assert recovered(html, lost(title, f"Related article: {title}")) == ["https://t.example/x"]


def test_two_widgets_of_one_title_are_ambiguous() -> None:
    title = "Police Detain Protesters"
    html = story("x", *(f"<div class=related>{a(title, f'https://t.example/{n}')}</div>" for n in (1, 2)))
    assert recovered(html, lost(title, f"Related article: {title}")) == ["ambiguous"]


@pytest.mark.parametrize(
    "byline",
    [
        '<div class="byline">By <a href="/people/jane">Jane Roe</a></div>',
        '<p>By <a href="/people/jane">Jane Roe</a></p>',
        '<span itemprop="author"><a href="/people/jane"><span itemprop="name">Jane Roe</span></a></span>',
        '<a rel="author" href="/people/jane">JANE ROE</a>',
        '<address><a href="/people/jane">Jane Roe</a>, Minsk</address>',
        '<div class="post-meta"><a href="/people/jane">Jane Roe</a> | May 12</div>',
    ],
)
def test_a_by_line_finds_the_author(byline: str) -> None:
    other = f"<nav>{a('Jane Roe', '/tag/jane')}</nav>"
    html = story(byline, "Some text that is long enough to be the main text of a page.", around=other)
    html += f"<footer>{a('Jane Roe', '/staff')}</footer>"
    assert recovered(html, lost("Jane Roe", "By Jane Roe")) == ["https://site.example/people/jane"]


@pytest.mark.parametrize(
    ("href", "base", "final_url", "target"),
    [
        ("../x", "", URL, "https://site.example/x"),
        ("x", "<base href='/deep/er/'>", URL, "https://site.example/deep/er/x"),
        ("x?q=1#f", "<base href='https://cdn.example/'>", URL, "https://cdn.example/x?q=1#f"),
        ("//t.example/x", "", URL, "https://t.example/x"),
        (" https://t.example/a b\n", "", URL, "https://t.example/a b"),
        ("https://track.example/?to=https%3A%2F%2Ft.example", "", URL, "https://track.example/?to=https%3A%2F%2Ft.example"),
        ("https://web.archive.org/web/2019/http://t.example/", "", URL, "https://web.archive.org/web/2019/http://t.example/"),
        ("/web/20210512000000/https://t.example/x", "", f"https://web.archive.org/web/20210512000000/{URL}", "https://t.example/x"),
        ("https://web.archive.org/web/20210512000000/http://t.example/", "",
         f"https://web.archive.org/web/20210512000000id_/{URL}", "http://t.example/"),
        ("https://web.archive.org/web/20190101000000/http://t.example/ https://web.archive.org/web/20210512000000/http://o.example/",
         "", f"https://web.archive.org/web/20210512000000/{URL}", "https://web.archive.org/web/20190101000000/http://t.example/"),
        ("../x", "", f"https://web.archive.org/web/20210512000000id_/{URL}", "https://site.example/x"),
        ("/x", "", f"https://web.archive.org/web/20210512000000id_/{URL}", "https://site.example/x"),
        ("x", "<base href='https://web.archive.org/web/20210512000000/https://cdn.example/d/'>",
         f"https://web.archive.org/web/20210512000000/{URL}", "https://cdn.example/d/x"),
        ("https://replay.example/coll/20210512000000mp_/https:/t.example/x", "",
         f"https://replay.example/coll/20210512000000mp_/{URL}", "https://t.example/x"),
    ],
)  # fmt: skip
def test_targets_are_absolute_and_free_of_an_archive(href: str, base: str, final_url: str, target: str) -> None:
    href, _, other = href.partition(" https://web") if "2019" in href else (href, "", "")
    also = f"<nav>{a('o', 'https://web' + other)}</nav>" if other else ""
    html = f"<head>{base}</head>" + story(SENTENCE.format(a("tough negotiations", href)), around=also)
    citation = lost("tough negotiations", SENTENCE.format("tough negotiations"))
    assert recovered(html, citation, final_url=final_url) == [target]


def test_a_context_that_says_nothing_leaves_a_lower_confidence() -> None:
    html = story(SENTENCE.format(a("tough negotiations")))
    page = Page(URL, 200, {}, html.encode())

    def confidence(context: str) -> float:
        article = Article("a.md", "", URL, None, (lost("tough negotiations", context),))
        return recover(article, page, found_in=URL).citations[0].recovery_confidence or 0

    assert confidence(SENTENCE.format("tough negotiations")) == 0.98
    assert confidence("tough negotiations") < 0.98


@pytest.mark.long
def test_a_page_of_thousands_of_links_is_matched_link_by_link() -> None:
    links = " ".join(f"Word {n} of {a(f'link number {n}', f'https://t.example/{n}')} and more." for n in range(3000))
    wanted = [lost(f"link number {n}", f"Word {n} of link number {n} and more.") for n in range(0, 3000, 10)]
    assert recovered(story(links), *wanted) == [f"https://t.example/{n}" for n in range(0, 3000, 10)]


def test_deeply_nested_markup_does_not_end_the_reading() -> None:
    html = "<div>" * 5000 + SENTENCE.format(a("tough negotiations"))
    recovered(html, lost("tough negotiations", SENTENCE.format("tough negotiations")))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=30), st.text(max_size=60))
def test_any_page_and_any_citation(junk: bytes, text: str, context: str) -> None:
    body = junk[:150] + b"<p>x <a href='//t.example/'>" + junk[150:] + b"</a> y"
    page = Page(URL, 200, {"content-type": "text/html"}, body)
    recovered = recover(Article("a.md", "", URL, None, (lost(text, context),)), page, found_in=URL)
    citation = recovered.citations[0]
    assert citation.url is None or citation.recovery_confidence
    assert citation.url or citation.unresolved in (Reason.NO_MATCH, Reason.AMBIGUOUS)
    assert all(anchor.url.startswith("http") for anchor in anchors_of(page))


@given(st.text())
def test_normalising_twice_changes_nothing_more_for_plain_text(text: str) -> None:
    once = normalise(text)
    assert once == " ".join(once.split())
    assert normalise(f" {text}\u200b\n") == once or "\\" in text
