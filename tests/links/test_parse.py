"""`links.txt`: what its lines mean, what is malformed, and what it includes."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkarchive.errors import StorageError, UsageError
from linkarchive.links.files import load, write_links
from linkarchive.links.line import lines_of
from linkarchive.links.parse import parse
from linkarchive.model import Article

EXAMPLE = """\
# Anything after "# " at the start of a line is a comment, and is kept.
https://example.com/a-source
include links/*.txt

[essays/merger.md]
original = https://news.example/2021/05/12/merger-a73871
published = 2021-05-12
private = false

https://example.com/talks        tough negotiations
    accessed = 2021-05-10
    note = the author's own date wins over the article's
?                                into crisis
! https://example.com/private    excluded in the whole project: kept, never fetched
"""


def test_the_example_of_the_design() -> None:
    links = parse(EXAMPLE)
    assert not links.malformed
    assert [include.pattern for include in links.includes] == ["links/*.txt"]
    assert [entry.url for entry in links.loose] == ["https://example.com/a-source"]
    section = links.named["essays/merger.md"]
    assert section.original == "https://news.example/2021/05/12/merger-a73871"
    assert section.published == date(2021, 5, 12)
    assert not section.private
    talks, crisis, private = section.entries
    assert (talks.url, talks.text, talks.line) == ("https://example.com/talks", "tough negotiations", 10)
    assert talks.accessed == date(2021, 5, 10)
    assert talks.note == "the author's own date wins over the article's"
    assert (crisis.url, crisis.text, crisis.line) == (None, "into crisis", 13)
    assert private.excluded
    assert links.excluded == {"https://example.com/private"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(end: str) -> None:
    links = parse("\ufeff" + EXAMPLE.replace("\n", end))
    assert not links.malformed
    assert [entry.line for entry in links.named["essays/merger.md"].entries] == [10, 13, 14]


@pytest.mark.parametrize(
    ("text", "number", "why"),
    [
        ("www.example.com/x", 1, "https://"),
        ("example.com:8080/x text", 1, "https://"),
        ("# ok\n- https://example.com/", 2, "https://"),
        ("C:\\links", 1, "https://"),
        ("http://", 1, "no host"),
        ("http://x:99999/", 1, "ort"),
        ("http://[::1", 1, "not a URL"),
        ("!", 1, "“!”"),
        ("[a.md", 1, "[path or URL"),
        ("[a.md] # mine", 1, "[path or URL"),
        ("[ ]", 1, "[path or URL"),
        ("original = https://a.example/", 1, "[section]"),
        ("[a]\ncolour = red", 2, "original, published, private"),
        ("[a]\npublished = May 2021", 2, "2021-05-12"),
        ("[a]\npublished =", 2, "2021-05-12"),
        ("[a]\noriginal =", 2, "no value"),
        ("[a]\noriginal = nowhere", 2, "not a URL"),
        ("[a]\nprivate = maybe", 2, "true"),
        ("[a]\nprivate = true\nprivate = false", 3, "second"),
        ("https://a.example/\naccessed = 2021-05-12", 2, "indent"),
        ("https://a.example/\n  accessed = yesterday", 2, "2021-05-12"),
        ("https://a.example/\n  accessed =", 2, "no value"),
        ("https://a.example/\n  colour = red", 2, "accessed, quote, snapshot, note"),
        ("https://a.example/\n  note = a\n  note = b", 3, "second"),
        ("  note = a", 1, "no readable one above"),
        ("htps//broken\n  note = a", 2, "no readable one above"),
    ],
)
def test_a_malformed_line_is_named_with_its_number(text: str, number: int, why: str) -> None:
    malformed = parse(text, "mine.txt").malformed[-1]
    assert (malformed.file, malformed.line) == ("mine.txt", number)
    assert why in malformed.why
    assert str(malformed).startswith(f"mine.txt:{number}: ")
    assert malformed.text in text


def test_the_rest_of_a_file_is_read_past_a_malformed_line() -> None:
    links = parse(
        "[a]\npublished = then\nhttps://a.example/ one\nrubbish\n  note = of the rubbish\nhttps://b.example/ two\n"
    )
    assert [entry.text for entry in links.named["a"].entries] == ["one", "two"]
    assert links.named["a"].entries[0].note is None
    assert [line.line for line in links.malformed] == [2, 4, 5]


def test_links_below_an_unreadable_section_are_not_those_of_the_one_above() -> None:
    links = parse("[a]\nhttps://a.example/\n[b\nhttps://b.example/\n")
    assert [entry.url for entry in links.named["a"].entries] == ["https://a.example/"]
    assert [entry.url for entry in links.loose] == ["https://b.example/"]


def test_a_privacy_that_cannot_be_read_is_private() -> None:
    assert parse("[a]\nprivate = flase").named["a"].private
    assert not parse("[a]\nprivate = No").named["a"].private


@pytest.mark.parametrize(
    "url", ["mailto:a@b.example", "ftp://f.example/", "http://[::1]:8080/x", "https://пример.example/путь"]
)
def test_other_spellings_of_a_url(url: str) -> None:
    links = parse(f"  {url}\ttext with\u00a0spaces ")
    assert not links.malformed
    assert (links.loose[0].url, links.loose[0].text) == (url, "text with\u00a0spaces")


@pytest.mark.parametrize(
    ("name", "article"),
    [
        ("essays/a.md", Article("essays/a.md", "", None, None, ())),
        ("./essays//a.md", Article("essays/a.md", "", None, None, ())),
        ("essays\\a.md", Article("essays/a.md", "", None, None, ())),
        ("https://News.example:443/a#top", Article("https://news.example/a", "", None, None, ())),
        ("https://news.example/a", Article("elsewhere/a.md", "", "https://news.example/a", None, ())),
    ],
)
def test_the_section_of_an_article(name: str, article: Article) -> None:
    section = parse(f"[{name}]\nhttps://a.example/").section(article)
    assert section is not None
    assert len(section.entries) == 1


def test_sections_of_one_name_are_one() -> None:
    links = parse("[a]\nhttps://a.example/\n[b]\n[a]\npublished = 2020-01-02\nhttps://b.example/\n")
    assert [entry.line for entry in links.named["a"].entries] == [2, 6]
    assert links.named["a"].published == date(2020, 1, 2)


def test_a_hundred_thousand_lines() -> None:
    text = "[a]\n" + "".join(f"https://host{n}.example/path/{n}?q={n}  anchor text {n}\n" for n in range(100_000))
    links = parse(text)
    assert len(links.named["a"].entries) == 100_000
    assert not links.malformed


LINES = st.sampled_from(
    [
        "[a]",
        "[",
        "[b",
        "?",
        "? x",
        "! https://a.example/",
        "https://a.example/ t",
        "  note = n",
        "\taccessed = 2020-01-01",
        "original = https://o.example/",
        "published = x",
        "private = 1",
        "# c",
        "",
        "  ",
        "include x",
        "rubbish",
        "\x00",
        "\ud800",
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(st.one_of(LINES, st.text(max_size=12)), max_size=20).map("\n".join)))
def test_any_text_is_read_and_every_line_is_something(text: str) -> None:
    links = parse(text)
    lines = lines_of(text)
    assert "".join(lines) == text
    seen = [line.line for line in links.malformed] + [include.line for include in links.includes]
    for section in links.sections:
        seen += [section.line] if section.line else []
        seen += [number for entry in section.entries for number in (entry.line, *entry.keys_at)]
    keys = sum(len(section.keys) for section in links.sections)
    plain = sum(1 for line in lines if line.strip() and not line.lstrip("\ufeff \t").startswith("#"))
    assert len(set(seen)) + keys >= plain - text.count("\ufeff")
    assert all(1 <= number <= len(lines) for number in seen)


# --- on the disk ---------------------------------------------------------------------


def test_includes_are_followed_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "links" / "deep").mkdir(parents=True)
    (tmp_path / "links.txt").write_text("https://0.example/\ninclude links/*.txt\ninclude links/b.txt\n")
    (tmp_path / "links" / "a.txt").write_text("[a.md]\nhttps://a.example/\ninclude deep/c.txt\n")
    (tmp_path / "links" / "b.txt").write_text("https://b.example/\ninclude ../links.txt\n")
    (tmp_path / "links" / "deep" / "c.txt").write_text("rubbish\nhttps://c.example/\n")
    links = load(tmp_path / "links.txt")
    assert [(entry.url, entry.file) for entry in links.loose] == [
        ("https://0.example/", "links.txt"),
        ("https://b.example/", "links/b.txt"),
        ("https://c.example/", "links/deep/c.txt"),
    ]
    assert links.named["a.md"].file == "links/a.txt"
    assert [(line.file, line.line) for line in links.malformed] == [("links/deep/c.txt", 1)]


@pytest.mark.parametrize(
    "pattern", ["missing.txt", "../outside.txt", "/etc/hostname", "folder", "out.txt", "a\0b", "../*/x"]
)
def test_an_include_that_leads_nowhere_is_malformed(tmp_path: Path, pattern: str) -> None:
    project = tmp_path / "project"
    (project / "folder").mkdir(parents=True)
    (tmp_path / "outside.txt").write_text("https://secret.example/\n")
    (project / "out.txt").symlink_to(tmp_path / "outside.txt")
    (project / "links.txt").write_text(f"https://a.example/\ninclude {pattern}\n")
    links = load(project / "links.txt")
    assert [(line.file, line.line) for line in links.malformed] == [("links.txt", 2)]
    assert [entry.url for entry in links.loose] == ["https://a.example/"]


def test_a_pattern_that_matches_nothing_yet_is_fine(tmp_path: Path) -> None:
    (tmp_path / "links.txt").write_text("include links/*.txt\n")
    assert not load(tmp_path / "links.txt").malformed


def test_a_project_without_links_is_empty_and_a_folder_is_refused(tmp_path: Path) -> None:
    assert load(tmp_path / "links.txt").loose == ()
    (tmp_path / "links.txt").mkdir()
    with pytest.raises(UsageError, match=r"links\.txt cannot be read"):
        load(tmp_path / "links.txt")


def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "links.txt")
    with pytest.raises(UsageError, match=r"links\.txt cannot be read: it is not a file"):
        load(tmp_path / "links.txt")
    (tmp_path / "mine.txt").write_text("https://a.example/\ninclude links.txt\n")
    links = load(tmp_path / "mine.txt")
    assert [(line.line, line.why) for line in links.malformed] == [(2, "not a file")]


def test_writing_keeps_the_permissions_and_a_symbolic_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.txt", tmp_path / "links.txt"
    target.write_bytes(b"old\r\n")
    target.chmod(0o640)
    link.symlink_to(target)
    write_links(link, "new \ud8ff"[:4] + "\udcff\r\n")
    assert link.is_symlink()
    assert target.read_bytes() == b"new \xff\r\n"
    assert target.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["links.txt", "real.txt"]


def test_a_refused_write_leaves_the_file_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "links.txt").mkdir()
    with pytest.raises(StorageError, match=r"links\.txt cannot be written"):
        write_links(tmp_path / "links.txt", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["links.txt"]
