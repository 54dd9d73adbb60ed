"""The road-map case: an opinion piece whose copy lost all fourteen targets, and its page as a news site builds it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from linkarchive.article.recover import recover
from linkarchive.model import Article, Citation, Failure, Page, Reason

URL = "https://news.example/2021/05/12/merger-a73871"

# Anchor text, words before, words after (of our own writing), and where the page sends it.
CITATIONS = (
    ("Dzianis Melyantsou", "By", "", "https://news.example/author/dzianis-melyantsou"),
    ("tough negotiations", "Two winters back the neighbours sat in", "about maps for a union that neither drew.",
     "https://news.example/2019/12/20/talks-a68695"),
    ("into crisis", "When the August vote slid the government", ", the tone between capitals warmed at once.",
     "https://news.example/2020/08/11/crisis-a71096"),
    ("Belarus Opposition Leader Calls on U.S. to Isolate Lukashenko", "Related article:", "",
     "https://news.example/2021/03/10/opposition-a73193"),
    ("anti-Russian", "Envoys described the marches to their hosts as", "and fond of Brussels, which served them well.",
     "https://other.example/anti-russian?utm_source=x"),
    ("Wagner mercenaries scandal", "Nobody paid a price for the", "or for the months of delay after it.",
     "https://news.example/2020/07/29/wagner-a71012"),
    ("Putin Did Not Discuss Russia–Belarus Union With Lukashenko, Kremlin Says", "Related article:", "",
     "https://news.example/2021/04/23/union-a73705"),
    ("China", "The republic has more than one customer: there is", ", whose loans grow year after year.",
     "https://trade.example/china-belarus"),
    ("Western sanctions", "Even so, loneliness and", "push the leadership toward its neighbour.",
     "https://news.example/2021/04/19/sanctions-a73660"),
    ("planned coup", "Security services boasted of having found a", "against the president in spring.",
     "https://news.example/2021/04/17/coup-a73641"),
    ("rerouted", "Fertiliser and fuel were", "through other harbours once the old ones closed.",
     "https://ports.example/rerouted.pdf"),
    ("energy resources", "At every meeting the smaller side asks for fair prices of", "and open markets for its milk.",
     "https://energy.example/prices#gas"),
    ("no equal conditions, no union", "The slogan is old: “", ",” as its author likes to repeat.",
     "https://president.example/speech"),
    ("Belarus Police Detain Protesters, Prevent Opposition Rally", "Related article:", "",
     "https://news.example/2021/03/27/rally-a73398"),
)  # fmt: skip

RELATED = {3, 6, 13}


def lost_article() -> Article:
    citations = []
    for line, (text, before, after, _) in enumerate(CITATIONS, 1):
        context = f"{before} {text} {after}".strip().replace("“ ", "“").replace(" ,", ",")
        citations.append(Citation(None, text, line, context))
    return Article("essays/merger.md", "Merger", URL, None, tuple(citations))


def widget(text: str, url: str) -> str:
    return (
        f'<div class="article__related"><a class="related-article__inner" href="{url}" title="{text}">'
        f'<figure><img src="/i.jpg" alt=""></figure><span class="related-article__label">related article</span>'
        f'<h3 class="related-article__title">{text}</h3><p>A line about what happened, two days ago.</p></a></div>'
    )


def page(link: str = '<a href="{url}">{text}</a>') -> str:
    body = []
    for number, (text, before, after, url) in enumerate(CITATIONS):
        if number in RELATED:
            body.append(widget(text, url))
        elif number:
            joined = f"{before} {link.format(url=url, text=text)} {after}".replace("“ ", "“").replace("> ,", ">,")
            body.append(f"<p>Something else was said first. {joined} And a last remark follows it here.</p>")
    return f"""<!doctype html><html><head><title>Merger</title><script>var a = "<a href='/x'>China</a>";</script></head>
    <body class="page has-sidebar nav-open">
    <header class="site-header"><nav><ul><li><a href="/">Home</a></li><li><a href="/china">China</a></li>
      <li><a href="/tag/sanctions">Western sanctions</a></li><li><a href="#">planned coup</a></li></ul></nav></header>
    <main class="layout with-sidebar"><article class="article">
      <header class="article__header"><h1>Merger</h1>
        <div class="article__byline byline">By
          <a href="/author/dzianis-melyantsou" rel="author">Dzianis Melyantsou</a></div>
        <time>May 12, 2021</time></header>
      <div class="article__content">{"".join(body)}</div>
      <ul class="tags"><li><a href="/tag/china">China</a></li><li><a href="/tag/coup">planned coup</a></li>
        <li><a href="/tag/melyantsou">Dzianis Melyantsou</a></li></ul>
      <div class="share"><a href="https://social.example/?u=1">into crisis</a></div>
    </article>
    <aside class="sidebar"><h2>Most read</h2><a href="/2021/05/11/other">Wagner mercenaries scandal</a>
      <article class="card"><a href="/2021/05/10/energy">energy resources</a></article></aside></main>
    <footer><a href="/energy">energy resources</a><a href="/china-desk">China</a>
      <a href="/authors">anti-Russian</a><a href="/rerouted">rerouted</a></footer></body></html>"""


def as_page(html: str, final_url: str = URL) -> Page:
    return Page(final_url, 200, {"content-type": "text/html; charset=utf-8"}, html.encode())


def urls(article: Article) -> list[str | None]:
    return [citation.url for citation in article.citations]


EXPECTED = [url for *_, url in CITATIONS]


def test_all_fourteen_targets_are_found_and_none_is_wrong() -> None:
    recovered = recover(lost_article(), as_page(page()), found_in=URL)
    assert urls(recovered) == EXPECTED
    assert all(citation.recovered and citation.found_in == URL for citation in recovered.citations)
    confidences = [citation.recovery_confidence or 0 for citation in recovered.citations]
    assert min(confidences) >= 0.85
    assert confidences[1] == pytest.approx(0.98)
    assert all(confidences[number] == pytest.approx(0.9, abs=0.05) for number in RELATED)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="{url}"><em>{text}</em></a>',
        '<a href="{url}">\n   {text}\u200b </a>',
        '<a class="nav-link related" href="{url}"><span>{text}</span></a>',
        '<b><a href="{url}">{text}</a></b>',
    ],
)
def test_markup_within_and_around_the_anchors_changes_nothing(link: str) -> None:
    assert urls(recover(lost_article(), as_page(page(link)), found_in=URL)) == EXPECTED


def test_a_page_without_any_telling_class_or_tag() -> None:
    html = page()
    for name in ("article", "main", "aside", "header", "footer", "nav"):
        html = html.replace(f"<{name}", "<div").replace(f"</{name}>", "</div>")
    recovered = recover(lost_article(), as_page(html), found_in=URL)
    assert urls(recovered) == EXPECTED


def test_a_wayback_capture_with_rewritten_links() -> None:
    stamp = "https://web.archive.org/web/20210513091244"
    html = (
        page()
        .replace('href="https://', f'href="{stamp}/https://')
        .replace('href="/', f'href="{stamp}/https://news.example/')
    )
    recovered = recover(lost_article(), as_page(html, f"{stamp}/{URL}"), found_in=f"{stamp}/{URL}")
    assert urls(recovered) == EXPECTED


def test_a_saved_capture_that_no_longer_knows_its_address() -> None:
    html = page().replace('href="https://', 'href="/web/20210513091244/https://')
    html = html.replace('href="/author', 'href="/web/20210513091244/https://news.example/author')
    assert urls(recover(lost_article(), as_page(html, "saved.html"), found_in="saved.html")) == EXPECTED


def test_the_page_shuffled_without_its_text_gives_nothing_wrong() -> None:
    """Every second link of the page lost: those are not found elsewhere."""
    html = page()
    for number, (text, *_, url) in enumerate(CITATIONS):
        if number % 2 and number not in RELATED:
            html = html.replace(f'<a href="{url}">{text}</a>', text)
    recovered = recover(lost_article(), as_page(html), found_in=URL)
    for number, (citation, expected) in enumerate(zip(recovered.citations, EXPECTED, strict=True)):
        if number % 2 and number not in RELATED:
            assert (citation.url, citation.unresolved) == (None, Reason.NO_MATCH)
        else:
            assert citation.url == expected


@pytest.mark.parametrize(
    "original",
    [
        Page(URL, None, failure=Failure(Reason.TIMEOUT, "timed out", URL)),
        Page(URL, 200, {"content-type": "application/pdf"}, b"%PDF-1.7"),
        Page(URL, 200, {"content-type": "text/html"}, b""),
        Page(URL, 404, {"content-type": "text/html"}, page().encode()),
    ],
)
def test_an_original_that_is_no_page(original: Page) -> None:
    article = lost_article()
    known = replace(article.citations[0], url="https://known.example/")
    article = replace(article, citations=(known, *article.citations[1:]))
    recovered = recover(article, original, found_in=URL)
    assert recovered.citations[0] == known
    assert {citation.unresolved for citation in recovered.citations[1:]} == {Reason.ORIGINAL_UNAVAILABLE}
