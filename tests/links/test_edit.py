"""Articles merged into `links.txt`: only lines added and `?` filled, all else byte for byte."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from linkarchive.links.edit import merged as merged_files
from linkarchive.links.edit import pruned as pruned_files
from linkarchive.links.edit import write_articles
from linkarchive.links.entries import NAME, Entry, LinksFile, Section
from linkarchive.links.files import LinkList
from linkarchive.links.line import lines_of
from linkarchive.links.match import match, uncited
from linkarchive.links.parse import parse
from linkarchive.model import Article, Citation, Reason


def cite(url: str | None, text: str, *, recovered: bool = False) -> Citation:
    confidence = 0.9 if recovered else None
    return Citation(url, text, 1, text, recovered=recovered, recovery_confidence=confidence)


def article(*citations: Citation, path: str = "a.md", original: str | None = None, day: date | None = None) -> Article:
    return Article(path, "", original, day, citations)


def merge(text: str, articles: list[Article]) -> str:
    return merged_files([LinkList(Path(NAME), text, parse(text))], articles).get(Path(NAME), text)


def prune(text: str, of: Article) -> str:
    return pruned_files([LinkList(Path(NAME), text, parse(text))], [of]).get(Path(NAME), text)


def apply(known: Section, of: Article) -> Article:
    return match(known, of).article


def section(text: str, of: Article) -> Section:
    found = parse(text).section(of)
    assert found is not None
    return found


def test_a_new_article_in_an_empty_file() -> None:
    merged = merge(
        "",
        [
            article(
                cite("https://t.example/talks", "tough negotiations"),
                cite(None, "into crisis"),
                cite("mailto:a@b.example", "write"),
                cite("../relative", "there"),
                original="https://news.example/a",
                day=date(2021, 5, 12),
            )
        ],
    )
    assert merged == (
        "[a.md]\noriginal = https://news.example/a\npublished = 2021-05-12\n\n"
        "https://t.example/talks          tough negotiations\n"
        "?                                into crisis\n"
    )
    assert not parse(merged).malformed


BY_HAND = (
    "# my sources  \r\n\thttps://loose.example/  \r\n\r\n[a.md]  \r\n# about it\r\noriginal = https://mine.example/\r\n\r\n"
    "https://t.example/1   my own words   \r\n    note = n\r\n\r\n    accessed = 2020-01-01  \r\n?   into crisis  \r\n"
    "?\tChina\r\n# the end of a\r\n\r\n[b.md]\r\nrubbish\r\nhttps://b.example/"
)


def test_hand_edits_survive_byte_for_byte() -> None:
    given = article(
        cite("https://T.example:443/1", "another text"),
        cite("https://t.example/1#part", "a part"),
        cite("https://c.example/", "into crisis", recovered=True),
        cite("https://china.example/a/very/long/address", "China", recovered=True),
        cite("https://new.example/", "new"),
        original="https://other.example/",
        day=date(2021, 5, 12),
    )
    merged = merge(BY_HAND, [given])
    expected = (
        BY_HAND.replace("mine.example/\r\n", "mine.example/\r\npublished = 2021-05-12\r\n")
        .replace("?   into crisis", "https://c.example/  into crisis")
        .replace(
            "?\tChina\r\n",
            "https://china.example/a/very/long/address\tChina\r\n"
            "https://t.example/1#part         a part\r\nhttps://new.example/             new\r\n",
        )
    )
    assert merged == expected
    assert merge(merged, [given]) == merged


def test_a_missing_final_newline_stays_missing() -> None:
    merged = merge("[a.md]\nhttps://t.example/1", [article(cite("https://t.example/2", "two"), path="a.md")])
    assert merged == "[a.md]\nhttps://t.example/1\nhttps://t.example/2              two"
    merged = merge("https://t.example/1", [article(cite("https://t.example/2", "two"))])
    assert merged == "https://t.example/1\n\n[a.md]\n\nhttps://t.example/2              two"


def test_nothing_new_changes_nothing() -> None:
    assert merge(BY_HAND, [article(cite("https://t.example/1", "x"), day=None)]) == BY_HAND
    assert merge(BY_HAND, []) == BY_HAND


def test_a_new_link_never_takes_the_keys_of_another() -> None:
    text = "[a.md]\nhttps://t.example/1\n\n# about it\n\n  note = mine\n"
    merged = merge(text, [article(cite("https://t.example/1", ""), cite("https://t.example/2", ""))])
    assert merged == text + "https://t.example/2\n"


def test_a_target_that_a_person_filled_in_is_theirs() -> None:
    text = "[a.md]\nhttps://mine.example/  Into “Crisis”\n?  China\n! ?  secret\n"
    lost = article(cite(None, "into 'crisis'"), cite(None, "China"), cite(None, "secret"))
    applied = apply(section(text, lost), lost)
    assert [citation.url for citation in applied.citations] == ["https://mine.example/", None, None]
    assert (applied.citations[0].recovered, applied.citations[0].recovery_confidence) == (True, None)
    assert not applied.citations[1].recovered
    other = article(*(cite("https://program.example/", citation.text, recovered=True) for citation in lost.citations))
    assert merge(text, [other]) == text.replace("?  China", "https://program.example/  China")


def test_equal_texts_match_in_order() -> None:
    text = "[a.md]\nhttps://1.example/  here\n?  here\nhttps://3.example/  HERE\n"
    lost = article(*[cite(None, "here")] * 4)
    assert [citation.url for citation in apply(section(text, lost), lost).citations] == [
        "https://1.example/",
        None,
        "https://3.example/",
        None,
    ]
    assert merge(text, [lost]) == text + f"{'?':<31}  here\n"


def test_a_link_that_the_article_gives_is_not_taken_for_a_lost_one() -> None:
    text = "[a.md]\nhttps://1.example/  here\nhttps://2.example/  here\n"
    mixed = article(cite("https://1.example/", "here"), cite(None, "here"))
    applied = apply(section(text, mixed), mixed)
    assert [citation.url for citation in applied.citations] == ["https://1.example/", "https://2.example/"]
    assert [citation.recovered for citation in applied.citations] == [False, True]


def test_a_question_mark_is_filled_by_a_link_of_the_live_article() -> None:
    text = "[https://news.example/a]\n?  tough negotiations\n?  Jane Roe\n"
    live = article(cite("https://t.example/", "tough negotiations"), path="https://news.example/a")
    assert merge(text, [live]) == text.replace("?  tough", "https://t.example/  tough")
    assert [entry.text for entry in uncited(section(text, live), live)] == ["Jane Roe"]


def test_what_a_section_knows_is_applied() -> None:
    text = (
        "[a.md]\noriginal = https://o.example/\npublished = 2020-02-03\nprivate = true\n"
        "https://t.example/1  x\n  accessed = 2020-01-01\n  quote = said so\n"
        "  snapshot = https://s.example/\n  note = n\n"
    )
    found = article(cite("https://t.example/1", "y"), original="https://p.example/", day=date(2021, 1, 1))
    applied = apply(section(text, found), found)
    assert (applied.original_url, applied.published, applied.private) == ("https://o.example/", date(2020, 2, 3), True)
    citation = applied.citations[0]
    assert (citation.accessed, citation.quote, citation.note) == (date(2020, 1, 1), "said so", "n")
    assert (citation.snapshot, citation.text, citation.recovered) == ("https://s.example/", "y", False)


def test_a_reason_goes_when_the_target_comes() -> None:
    lost = article(Citation(None, "x", 1, "x", unresolved=Reason.NO_MATCH))
    assert apply(section("[a.md]\nhttps://t.example/ x", lost), lost).citations[0].unresolved is None


PRUNABLE = (
    "https://loose.example/\n[a.md]\n# https://commented.example/ kept\nhttps://stays.example/  s\n  note = 1\n"
    "https://left.example/  l\n  note = 2\n# a comment\n  rubbish = 3\n\n! https://left.example/x  kept\n?  left too\n"
    "[b.md]\nhttps://left.example/\n"
)


def test_uncited_links_are_told_and_pruned() -> None:
    now = article(cite("https://stays.example/", "s"))
    assert [(entry.line, entry.text) for entry in uncited(section(PRUNABLE, now), now)] == [(6, "l"), (12, "left too")]
    pruned = prune(PRUNABLE, now)
    assert pruned == PRUNABLE.replace("https://left.example/  l\n  note = 2\n", "").replace(
        "  rubbish = 3\n", ""
    ).replace("?  left too\n", "")
    assert prune(pruned, now) == pruned
    assert prune(PRUNABLE, article(path="other.md")) == PRUNABLE


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb\t c", "a b c"),
        ("red\u202eteg\u2066x", "redtegx"),
        ("bell\x07\x1b[31m", "bell[31m"),
        ("x\u2028y\x85", "x y"),
        ("", ""),
    ],
)
def test_anchor_texts_cannot_break_the_line(text: str, written: str) -> None:
    given = article(cite("https://t.example/", text), cite(None, text))
    merged = merge("", [given])
    assert merged.splitlines()[2:] == [
        f"{'https://t.example/':<31}  {written}".rstrip(),
        f"?{'':<30}  {written}".rstrip(),
    ]
    assert merge(merged, [given]) == merged


@pytest.mark.parametrize(
    ("url", "written"),
    [
        (" https://t.example/a b ", "https://t.example/a%20b"),
        ("https://t.example/a\n  b", "https://t.example/a%20%20b"),
        ("https://t.example/ä\u00a0\u202e", "https://t.example/ä%C2%A0%E2%80%AE"),
    ],
)
def test_urls_are_one_word(url: str, written: str) -> None:
    given = article(cite(url, "x"))
    merged = merge("", [given])
    assert merged.splitlines()[2].split() == [written, "x"]
    assert merge(merged, [given]) == merged


def test_many_articles_in_many_files(tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    main, extra = tmp_path / "links.txt", tmp_path / "links" / "a.txt"
    main.write_bytes(b"include links/*.txt\r\nbad \xff line\r\n")
    extra.write_text("[a.md]\n?  one\n")
    articles = [
        article(cite("https://1.example/", "one", recovered=True), cite("https://2.example/", "two")),
        article(cite("https://3.example/", "three"), path="b.md"),
    ]
    changed = write_articles(main, articles)
    assert changed == {path: path.read_bytes() for path in (extra, main)}
    assert changed[extra] == b"[a.md]\nhttps://1.example/  one\nhttps://2.example/               two\n"
    assert changed[main] == (
        b"include links/*.txt\r\nbad \xff line\r\n\r\n[b.md]\r\n\r\nhttps://3.example/               three\r\n"
    )
    assert write_articles(main, articles) == {}
    assert write_articles(main, [article(cite("https://2.example/", "two"))], without_left=True) == {
        extra: b"[a.md]\nhttps://2.example/               two\n"
    }


def test_two_articles_that_share_a_section() -> None:
    text = "[https://o.example/]\n"
    one = article(cite("https://1.example/", "x"), cite("https://2.example/", "y"), original="https://o.example/")
    two = article(cite("https://2.example/", "z"), path="b.md", original="https://o.example/")
    merged = merge(text, [one, two])
    assert merged.count("https://2.example/") == 1
    assert merge(merged, [one, two]) == merged


@pytest.mark.long
def test_a_hundred_thousand_links_are_merged() -> None:
    given = article(*(cite(f"https://h{n}.example/{n}", f"text {n}") for n in range(50_000)))
    merged = merge("", [given])
    assert merged.count("\n") == 50_002
    assert merge(merged, [given]) == merged


TEXTS = st.one_of(st.sampled_from(["here", "Here ", "“here”", "", "x y", "?", "# x", "= 1"]), st.text(max_size=8))
URLS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "https://a.example/",
            "https://A.example:443",
            "https://a.example/#f",
            "https://b.example/ b",
            "//h/x",
            "mailto:x@y.example",
            "http://[",
            "https://ä.example/%zz",
        ]
    ),
    st.text(max_size=8).map("https://c.example/".__add__),
)
CITATIONS = st.lists(
    st.builds(
        lambda url, text, was_lost: cite(url, text, recovered=was_lost and url is not None), URLS, TEXTS, st.booleans()
    ),
    max_size=6,
)
ARTICLES = st.lists(
    st.builds(
        lambda path, citations, original: article(*citations, path=path, original=original, day=date(2021, 5, 12)),
        st.sampled_from(["a.md", "./a.md", "b/ü.md", "https://o.example/", "x]y\u202e"]),
        CITATIONS,
        URLS,
    ),
    max_size=3,
)
FILES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "[a.md]",
                "[b/ü.md]",
                "[https://o.example]",
                "[a.md",
                "?  here",
                "? x y",
                "! https://a.example/ here",
                "https://a.example/  here",
                "https://b.example/%20b",
                "  note = n",
                "original = https://o.example/",
                "published = x",
                "# c",
                "",
                " \t",
                "rubbish",
                "! ? here",
            ]
        ),
        st.text(max_size=10),
    ),
    max_size=12,
)
FILE_TEXTS = st.builds(
    lambda lines, end, last: end.join(lines) + last, FILES, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n"])
)


def readable(links: LinksFile) -> list[tuple[str, str | None, str, bool, object]]:
    return [(s.name, e.url, e.text, e.excluded, e.note) for s in links.sections for e in s.entries]


@pytest.mark.long
@given(FILE_TEXTS, ARTICLES)
def test_merging_loses_no_line_and_is_done_once(text: str, articles: list[Article]) -> None:
    merged = merge(text, articles)
    assert merge(merged, articles) == merged
    rest = iter(line.rstrip("\r\n") for line in lines_of(merged))
    for line in lines_of(text):
        line = line.rstrip("\r\n")
        start, mark, tail = line.partition("?")
        is_open = mark and not start.strip("\ufeff \t")
        assert any(
            found == line or (is_open and found.startswith(f"{start}http") and found.endswith(tail.strip(" ")))
            for found in rest
        ), line
    before, after = readable(parse(text)), iter(readable(parse(merged)))
    for name, url, words, excluded, note in before:
        assert any(
            (found[0], found[2:]) == (name, (words, excluded, note)) and (url is None or found[1] == url)
            for found in after
        )
    assert len(parse(merged).malformed) <= len(parse(text).malformed)


@given(FILE_TEXTS, ARTICLES)
def test_after_merging_every_citation_has_its_line(text: str, articles: list[Article]) -> None:
    merged = merge(text, articles[:1])
    for of in articles[:1]:
        known = parse(merged).section(of)
        assert known is not None
        targets = {citation.url for citation in apply(known, of).citations}
        assert {citation.url for citation in of.citations if not citation.recovered} - {None} <= targets
        pruned = parse(prune(merged, of)).section(of)
        assert pruned is not None
        assert uncited(pruned, of) == ()


@given(FILE_TEXTS, ARTICLES)
def test_a_section_is_whole_when_merging_changes_nothing(text: str, articles: list[Article]) -> None:
    for now in (text, merge(text, articles[:1])):
        for of in articles[:1]:
            known = parse(now).section(of)
            if known is not None:
                beside = match(known, of)
                assert beside.is_whole == (merge(now, [beside.article]) == now)


@given(FILE_TEXTS, ARTICLES)
def test_a_line_for_another_text_changes_nothing_for_the_others(text: str, articles: list[Article]) -> None:
    for of in articles[:1]:
        known = parse(merge(text, [of])).section(of)
        assert known is not None
        other = Entry(None, "a text that no citation has", 1000)
        more = replace(known, entries=(*known.entries, other))
        assert match(more, of).article == match(known, of).article
        assert match(more, of).uncited == (*match(known, of).uncited, other)


def test_a_recovered_url_keeps_its_own_line_and_leaves_the_question_mark_to_others() -> None:
    given = article(cite("https://a.example/", "“here”", recovered=True), cite(None, "“here”"))
    once = merge("[a.md]\n! https://a.example/ here", [given])
    assert once.count("?") == 1
    assert merge(once, [given]) == once
