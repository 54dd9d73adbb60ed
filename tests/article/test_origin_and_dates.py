from __future__ import annotations

from datetime import date

import pytest

from linkarchive.article.dates import parse_date
from linkarchive.article.document import read_document
from linkarchive.model import Article

URL = "https://o.example/story"


def read(text: str, format: str = "md", path: str = "a.md") -> Article:
    return read_document(text.encode(), format, path=path)


LABELLED = [
    f"Original url: {URL}",
    f"Original url:\n\n<{URL}>",
    f"**Original URL:** <{URL}>",
    f"original link - {URL}",
    f"ORIGINAL SOURCE — [{URL}]({URL})",
    f"Original article: [The story]({URL})",
    f"[Read the original article]({URL})",
    f"Source URL: {URL}",
    f"Author: N.\nOriginal URL: {URL}\nTags: x",
    f"Originalartikel: {URL}",
    f"Lien original : {URL}",
    f"Enlace original: {URL}",
    f"Articolo originale: {URL}",
    f"Ссылка на оригинал: {URL}",
    f"Oryginalny artykuł: {URL}",
    f"原文链接：{URL}",
    f"元記事: {URL}",
    f"원문 링크: {URL}",
]


@pytest.mark.parametrize(
    ("line", "format"),
    [(line, "md") for line in LABELLED] + [(line, "txt") for line in LABELLED if "](" not in line],
)
def test_an_original_url_line_in_any_spelling(line: str, format: str) -> None:
    article = read(f"# T\n\nSee https://cited.example/x there.\n\n{line}\n", format)
    assert article.original_url == URL
    assert [citation.url for citation in article.citations] == ["https://cited.example/x"]


@pytest.mark.parametrize(
    "line",
    [
        f"The original idea of the report is at [the ministry]({URL}) and [here](https://x.example).",
        f"Source: {URL}",
        f"An original idea: see {URL} for it.",
        f"The original [report]({URL}).",
    ],
)
def test_other_lines_with_links_are_citations(line: str) -> None:
    article = read(f"# T\n\n{line}\n")
    assert article.original_url is None
    assert URL in {citation.url for citation in article.citations}


def test_a_first_published_link() -> None:
    article = read(
        f"# T\n\nIt rains [there](https://r.example).\n\n*This was first published by [The Paper]({URL}).*\n"
    )
    assert article.original_url == URL
    assert [citation.text for citation in article.citations] == ["there", "The Paper"]


def test_a_first_published_link_that_did_not_win_is_a_citation() -> None:
    article = read(f"First published by [Paper](https://p.example/x).\n\nOriginal URL: {URL}\n")
    assert article.original_url == URL
    assert [citation.url for citation in article.citations] == ["https://p.example/x"]
    assert any("https://p.example/x" in remark for remark in article.remarks)


def test_canonical_beats_og_url_and_says_so() -> None:
    page = f'<link rel="canonical" href="{URL}"><meta property="og:url" content="https://other.example/s"><p>Text'
    article = read(page, "html", "a.html")
    assert article.original_url == URL
    assert article.remarks == (f"original URL {URL} by canonical; og:url says https://other.example/s",)


def test_trivially_different_addresses_do_not_disagree() -> None:
    page = f'<link rel="canonical" href="{URL}"><meta property="og:url" content="http://www.o.example/story/"><p>Text'
    assert read(page, "html", "a.html").remarks == ()


def test_a_page_saved_by_a_browser() -> None:
    page = f"<!-- saved from url=(0023){URL} -->\n<html><p>Text"
    assert read(page, "html", "a.html").original_url == URL


@pytest.mark.parametrize(
    "line",
    [
        "May 12, 2021",
        "12 May 2021",
        "Wednesday, May 12th, 2021",
        "Published: 2021-05-12",
        "Posted on May 12, 2021 at 10:30 am",
        "By Ada Teller | May 12, 2021",
        "12.05.2021",
        "13/05/2021",
        "Veröffentlicht am 12. Mai 2021",
        "Publié le 12 mai 2021",
        "12 de mayo de 2021",
        "12 мая 2021",
        "2021年5月12日",
        "MOSCOW, May 12, 2021 (Agency) — Something happened today.",
        "*May 12, 2021* · 5 min read",
    ],
)
def test_datelines(line: str) -> None:
    expected = date(2021, 5, 13 if line.startswith("13/") else 12)
    assert read(f"# T\n\n{line}\n\nText of 1999.\n").published == expected


@pytest.mark.parametrize(
    "line",
    ["On May 12, 2021, it rained.", "05/12/2021", "Updated May 12, 2021", "May 42, 2021", "The May 12, 2021 talks"],
)
def test_what_is_no_dateline(line: str) -> None:
    assert read(f"# T\n\n{line}\n").published is None


def test_the_days_of_a_list_of_changes_are_not_the_day_of_the_article() -> None:
    changes = "# Changes\n\n## 2021-05-12\n\nMore.\n\n## 2020-01-01\n\nFirst.\n"
    assert read(changes).published is None
    assert read(f"# T\n\nPublished: 2021-05-12\n\n{changes}").published == date(2021, 5, 12)


HEADS = [
    "Title: The wall\nDate: 2021-05-12 10:20\nCategory: Walls\nSlug: wall\n\n",
    "% The wall\n% A. Writer; B. Writer\n% 12 May 2021\n\n",
    "% The\n  wall\n%\n% May 12, 2021\n",
]


@pytest.mark.parametrize("head", HEADS)
def test_the_lines_of_pelican_and_the_title_block_of_pandoc(head: str) -> None:
    article = read(f"{head}See [it](https://one.example/).\n")
    assert (article.title, article.published) == ("The wall", date(2021, 5, 12))
    assert [citation.line for citation in article.citations] == [head.count("\n") + 1]


def test_lines_with_colons_are_text_as_well() -> None:
    article = read("Title: The wall\nSource: https://one.example/\n\nMore.\n")
    assert article.title == "The wall"
    assert [citation.url for citation in article.citations] == ["https://one.example/"]


def test_the_date_in_the_url() -> None:
    assert read("# T\n\nOriginal URL: https://o.example/2021/05/12/x\n").published == date(2021, 5, 12)
    assert read("# T\n\nOriginal URL: https://o.example/2021/13/12/x\n").published is None


def test_the_better_known_date_wins_and_the_other_is_told() -> None:
    article = read("---\ndate: 2021-05-12\n---\n# T\n\nMay 13, 2021\n")
    assert article.published == date(2021, 5, 12)
    assert article.remarks == ("published 2021-05-12 by front matter `date`; dateline says 2021-05-13",)


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2021-05-12T23:59:00-04:00">',
        '<script type="application/ld+json">{"@graph": [{"@type": "WebPage", "datePublished": "2001-01-01"},'
        ' {"@type": "NewsArticle", "datePublished": "2021-05-12T01:00:00Z"}]}</script>',
        '<meta name="citation_publication_date" content="2021/05/12">',
        '<span itemprop="datePublished" content="20210512">x</span>',
        '<article><time datetime="2021-05-12">May</time><p>x</p></article>',
        "<article><p>May 12, 2021</p><p>x</p></article>",
    ],
)
def test_dates_of_pages(head: str) -> None:
    assert read(f"<html><head></head><body>{head}<p>Text</p></body>", "html", "a.html").published == date(2021, 5, 12)


def test_htmldate_when_nothing_else_is_there() -> None:
    page = '<html><body><div class="meta">Reported in town on 12 May 2021 by our staff</div><p>Text</p></body></html>'
    assert read(page, "html", "a.html").published == date(2021, 5, 12)


@pytest.mark.parametrize("text", ["", "soon", "2021-02-30", "99999999", "20219912"])
def test_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "line",
    ["Originally published at <https://o.example/story>", "*This post first appeared on [the blog](https://o.example/story).*",
     "This article is republished from [The Paper](https://o.example/). Read the [original article](https://o.example/story).",
     "Dieser Beitrag ist ursprünglich erschienen [hier](https://o.example/story)"],
)  # fmt: skip
def test_an_article_s_statement_about_itself_names_its_page_and_costs_no_citation(line: str) -> None:
    article = read(f"# T\n\nSee [it](https://cited.example/x).\n\n{line}\n")
    assert article.original_url == URL
    assert URL in [citation.url for citation in article.citations]


@pytest.mark.parametrize(
    "line",
    ["Since it was first published as [RFC 8555](https://o.example/story), it grew.",
     "The finding was first published in [the journal](https://o.example/story) in 2019.",
     "Originally published at [Example Blog](https://o.example/).", "Original: https://o.example/"],
)  # fmt: skip
def test_a_source_in_a_sentence_or_a_front_page_is_no_original(line: str) -> None:
    article = read(f"# T\n\nSee [it](https://cited.example/x).\n\n{line}\n")
    assert article.original_url is None
    assert len(article.citations) == 2


def page(head: str, body: str) -> str:
    return f"<!DOCTYPE html><html><head><title>T</title>{head}</head><body><article>{body}</article></body></html>"


CANONICAL = f'<link rel="canonical" href="{URL}">'


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (CANONICAL, '<p>Originally published on <a href="https://other.example/story">Other</a>.</p>'),
        ("", f'<p>Text.</p><footer><a class="p-canonical" href="{URL}">Canonical link</a></footer>'),
        ('<script type="application/ld+json">{"@graph": [{"@type": "Person", "url": "https://p.example"}, {"@type": '
         f'"Article", "mainEntityOfPage": {{"@id": "{URL}"}}}}]}}</script>', "<p>Text.</p>"),
        (f'<script type="application/ld+json">[{{"@type": "BlogPosting", "url": "{URL}"}}]</script>', "<p>Text.</p>"),
        (f'<link rel="canonical" href="https://web.archive.org/web/20240305100000/{URL}">', "<p>Text.</p>"),
        ('<base href="https://o.example/x/"><link rel="canonical" href="../story">', "<p>Text.</p>"),
        ('<link rel="canonical" href="https://o.example/"><meta property="og:url" content="' + URL + '">', "<p>T</p>"),
    ],
)  # fmt: skip
def test_what_a_page_says_of_its_own_address(head: str, body: str) -> None:
    assert read(page(head, body), "html").original_url == URL


def test_a_front_page_is_no_original_and_relative_links_lead_to_its_site() -> None:
    article = read(page('<link rel="canonical" href="https://o.example/">', '<p>See <a href="/a">it</a>.</p>'), "html")
    assert article.original_url is None
    assert [citation.url for citation in article.citations] == ["https://o.example/a"]


def test_the_articles_in_a_list_of_teasers_are_not_the_page() -> None:
    teasers = '[{"@type": "Article", "url": "https://o.example/a"}, {"@type": "Article", "url": "https://o.example/b"}]'
    head = f'<script type="application/ld+json">{teasers}</script>'
    assert read(page(head, "<p>Text.</p>"), "html").original_url is None


def test_a_date_in_a_file_name_or_a_path_and_none_in_a_table_or_a_list() -> None:
    def published(path: str, text: str = "See [it](https://cited.example/x).\n") -> date | None:
        return read_document(text.encode(), "md", path=path).published

    assert published("_posts/2021-03-04-plan.md") == date(2021, 3, 4)
    assert published("content/2021/03/04/plan.md") == date(2021, 3, 4)
    assert published("2021-03-04-plan.md", "---\ndate: 2021-03-07\n---\nx\n") == date(2021, 3, 7)
    assert published("plan.md", "+++\npath = '2021/03/04/plan'\n+++\nx\n") == date(2021, 3, 4)
    assert published("20210304.md") == date(2021, 3, 4)
    assert published("120210304.md") is None
    assert published("plan.md", "| When |\n|---|\n| 2019-05-01 |\n\n- 4 March 2021\n") is None
    assert published("plan.md", "# T\n\nPosted on March 4, 2021 in Harbours by A. Writer\n") == date(2021, 3, 4)


def test_a_guessed_first_of_january_is_none() -> None:
    text = page("", "<p>The quay was repaired in 2019.</p>") + "<footer>Copyright 2019 The Paper</footer>"
    assert read(text, "html").published is None
