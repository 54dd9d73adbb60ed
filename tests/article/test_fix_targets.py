"""`fix_article`: the targets change, and not a byte else.

An article is written with its changes: `⟪old⇒new⟫`. The part before the arrow makes the article,
the one after it what must come out, byte for byte, in every encoding and with every line end.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkarchive.article.document import read_document
from linkarchive.article.fix import Fixed, Replacement, fix_article
from linkarchive.errors import ArticleError
from linkarchive.model import Article
from linkarchive.urls import source_key

A, B = "https://old.example/a", "https://new.example/b"
QUERY = "https://old.example/q?x=1&copy=2#part"
LOST = {"lost": "https://found.example/one", "again": "https://found.example/two"}
TABLE = {
    A: B,
    QUERY: "https://new.example/q?x=1&copy=2#part",
    "https://old.example/wiki/Sele_(river)": "https://new.example/wiki/Sele_(river)",
    "https://old.example/open": "https://new.example/open(",
    "https://old.example/pipe": "https://new.example/a|b&lt;c",
    "https://old.example/space": "https://new.example/a b<c>\u202e",
    "https://old.example/river": "https://new.example/река#устье",
    "http://www.old.example/w": "https://new.example/w",
    "https://own.example/essays/page.html?n=2": "https://new.example/page",
    "ftp://old.example/file": "https://new.example/file",
    "https://shared.example/s": "https://new.example/s",
}
DEAD = {
    "https://dead.example/x?a=1&b=2": (
        "https://web.archive.org/web/20210513091244/https://dead.example/x?a=1&b=2",
        date(2021, 5, 13),
    ),
}

MARKDOWN = {
    "inline": f"A [link](⟪{A}⇒{B}⟫) here.\n",
    "title in quotes": f'[t](⟪{A}⇒{B}⟫ "a (title), \\"quoted\\"") [u](  ⟪{A}⇒{B}⟫  \'it\') [v](⟪{A}⇒{B}⟫\t(paren) )\n',
    "angle brackets": f"[t](<⟪{A}⇒{B}⟫>) and [u](<⟪https://old.example/open⇒https://new.example/open(⟫> 'x')\n",
    "nothing at all": "[lost](⟪⇒https://found.example/one⟫) and [again]( ⟪⇒https://found.example/two⟫)\n",
    "hash": "[lost](⟪#⇒https://found.example/one⟫) [again](<⟪⇒https://found.example/two⟫>)\n",
    "script": '[lost](⟪javascript:void(0)⇒https://found.example/one⟫ "t")\n',
    "same text twice": "[lost](⟪#⇒https://found.example/one⟫), and once more [lost](#second)\n\n[again](#here)\n",
    "nested brackets": f"[a [b] \\] ![alt](i.png) *c*](⟪{A}⇒{B}⟫) and [![alt][i]](⟪{A}⇒{B}⟫)\n\n[i]: img.png\n",
    "code": f"`[t]({A})` ``[u](`{A})`` [t](⟪{A}⇒{B}⟫)\n\n    [t]({A})\n\n```\n[t]({A})\n[x]: {A}\n```\n",
    "comment": f"<!-- [t]({A}) {A} -->\n\n[t](⟪{A}⇒{B}⟫) <!-- <a href='{A}'> --> [u]({B})\n",
    "shared reference": f'[one][r], [two][R], [r] and ![i][r]\n\n[r]: ⟪{A}⇒{B}⟫ "title {A}"\n',
    "reference twice": f"[one][r]\n\n[r]: ⟪{A}⇒{B}⟫\n[r]: {A}\n[unused]: {A}\n",
    "reference on two lines": f"[one][a b]\n\n  [a\nb]:\n  <⟪{A}⇒{B}⟫>\n  'a\n  title'\n",
    "reference in a quotation": f"> [one][q]\n>\n> [q]:\n> ⟪{A}⇒{B}⟫\n",
    "lost reference": "[lost][x]\n\n[x]: ⟪#⇒https://found.example/one⟫\n",
    "table": (
        f"| a | b |\n|---|---|\n| [t](⟪{A}⇒{B}⟫) \\| x "
        "| [p](⟪https://old.example/pipe⇒https://new.example/a\\|b&amp;lt;c⟫) |\n"
    ),
    "list and quotation": f"1. x\n   > - [t](\n   >   ⟪{A}⇒{B}⟫\n   >   'title')\nlazy [u](⟪{A}⇒{B}⟫)\n",
    "autolink": f"<⟪{A}⇒{B}⟫> and <⟪ftp://old.example/file⇒https://new.example/file⟫>, <mailto:a@b.example>\n",
    "bare": f"See ⟪{A}⇒{B}⟫. (Also ⟪{A}⇒{B}⟫), *⟪{A}⇒{B}⟫*; ⟪www.old.example/w⇒https://new.example/w⟫!\n",
    "a longer one": f"[t]({A}/more) {A}bc {A}?x ⟪{A}⇒{B}⟫ https://web.archive.org/web/2020/{A}\n",
    "text is a URL": f"[{A}](⟪{A}⇒{B}⟫)\n",
    "entities": "[t](⟪https://old.example/q?x=1&amp;copy=2#part⇒https://new.example/q?x=1&copy=2#part⟫)\n",
    "escapes": "[t](⟪https://old.example/wiki/Sele\\_\\(river\\)⇒https://new.example/wiki/Sele_(river)⟫)\n",
    "a parenthesis": "[t](⟪https://old.example/open⇒https://new.example/open\\(⟫)\n",
    "unsafe characters": "[t](⟪https://old.example/space⇒https://new.example/a%20b%3Cc%3E%E2%80%AE⟫)\n",
    "raw html": f"<p>x <a title='>' HREF='⟪{A}⇒{B}⟫'>t</a></p>\n\ny <a href=\"⟪{A}⇒{B}⟫\" class=k>u</a> z\n",
    "raw html, lost": '<a href="⟪#⇒https://found.example/one⟫">lost</a> <a\nhref=⟪#⇒"https://found.example/two"⟫>again</a>\n',
    "front matter": f"---\nsource: https://own.example/essays/x.html\nsee: {A}\n---\n[t](⟪{A}⇒{B}⟫)\n",
    "relative": (
        "---\noriginal: https://own.example/essays/x.html\n---\n"
        "[t](⟪page.html?n=2⇒https://new.example/page⟫) [u](⟪../essays/page.html?n=2⇒https://new.example/page⟫)\n"
    ),
    "footnote": f"a[^1]\n\n[^1]: See ⟪{A}⇒{B}⟫ and [t](⟪{A}⇒{B}⟫).\n",
    "definition like": f"[note]: see [t](⟪{A}⇒{B}⟫)\n",
    "headings": f"T [t](⟪{A}⇒{B}⟫)\n===\n\n## [u](⟪{A}⇒{B}⟫) ##\n",
    "no newline at the end": f"[t](⟪{A}⇒{B}⟫)",
    "odd white space": f"\t \n\n[t](⟪{A}⇒{B}⟫)  \n   \u00a0 x\\\n\n\n\n",
    "as upper case": "[t](⟪HTTPS://OLD.example:443/a⇒https://new.example/b⟫)\n",
}
HTML = {
    "quotes": f'<p>See <a href="⟪{A}⇒{B}⟫">t</a>, <a href=\'⟪{A}⇒{B}⟫\'>u</a>, <a href=⟪{A}⇒"{B}"⟫>v</a>.</p>\n',
    "spaces and cases": f'<P><A CLASS="x" HREF = "⟪{A}⇒{B}⟫" target=_blank>t</A ></P>\n',
    "entities": '<p><a href="⟪https://old.example/q?x=1&amp;copy=2#part⇒https://new.example/q?x=1&amp;copy=2#part⟫">t</a>\n',
    "other attributes": f'<p><a title=\'a > b href="{A}"\' data-href="{A}" href="⟪{A}⇒{B}⟫" href="{A}">t</a></p>\n',
    "never touched": (
        f'<head><link href="{A}"><meta property="x" content="{A}"><script>var a = "<a href=\'{A}\'>";</script>'
        f"<style>a[href='{A}'] {{}}</style></head><p><!-- <a href=\"{A}\">{A}</a> -->"
        f'<a href="⟪{A}⇒{B}⟫">t</a></p><pre><a href="⟪{A}⇒{B}⟫">x</a> {A}</pre><code>{A}</code>\n'
        f'<textarea><a href="{A}"></textarea><template><a href="{A}">y</a></template>\n'
    ),
    "lost": (
        '<nav><a href="#">lost</a></nav><article><p>Some running text about <a href="⟪#⇒https://found.example/one⟫">'
        'lost</a> things, and <a href="⟪⇒https://found.example/two⟫">again</a> <a href="#" role="button">Share</a>'
        '<a href="#"></a>.</p></article>\n'
    ),
    "no value": '<article><p>Some text <a href⟪⇒="https://found.example/one"⟫>lost</a> with words.</p></article>\n',
    "bare": "<p>See ⟪https://old.example/q?x=1&amp;copy=2#part⇒https://new.example/q?x=1&amp;copy=2#part⟫.</p>\n",
    "area": f'<article><map><area href="⟪{A}⇒{B}⟫" alt="t"></map><p>Words.</p></article>\n',
    "broken": f'<p><a href="⟪{A}⇒{B}⟫"><b>t</a></p><div><a href="{A}\n',
    "base": (
        '<base href="https://own.example/essays/"><p>Go <a href="⟪page.html?n=2⇒https://new.example/page⟫">t</a>, '
        '<a href="⟪/essays/page.html?n=2⇒https://new.example/page⟫">u</a></p>\n'
    ),
    "a copy": (
        '<p><a class=k href="⟪https://dead.example/x?a=1&amp;b=2⇒'
        'https://web.archive.org/web/20210513091244/https://dead.example/x?a=1&amp;b=2" '
        'data-originalurl="https://dead.example/x?a=1&amp;b=2" '
        'data-versionurl="https://web.archive.org/web/20210513091244/https://dead.example/x?a=1&amp;b=2" '
        'data-versiondate="2021-05-13⟫" rel=x>t</a></p>\n'
    ),
    "a copy of a robust link": (
        "<p><a data-versiondate='2020-01-01' data-originalurl='o' href='⟪https://dead.example/x?a=1&amp;b=2⇒"
        "https://web.archive.org/web/20210513091244/https://dead.example/x?a=1&amp;b=2' "
        "data-versionurl='https://web.archive.org/web/20210513091244/https://dead.example/x?a=1&amp;b=2⟫'>t</a>\n"
    ),
    "quote in a URL": '<p><a href="⟪https://old.example/open⇒https://new.example/open(⟫">t</a></p>\n',
    "xhtml": f'<?xml version="1.0" encoding="UTF-8"?>\n<html xmlns="x"><p><a href="⟪{A}⇒{B}⟫"/>t</a></p></html>\n',
}
TEXT = {
    "bare": f"A title\n\nSee ⟪{A}⇒{B}⟫, <⟪{A}⇒{B}⟫> and “'⟪{A}⇒{B}⟫'”.\n\n  ⟪www.old.example/w⇒https://new.example/w⟫\n",
    "part of another": f"{A}/x {A}-y ⟪{A}⇒{B}⟫? x{A}\n",
}
ALL = [
    (form, name, article)
    for form, cases in (("md", MARKDOWN), ("html", HTML), ("txt", TEXT))
    for name, article in cases.items()
]
CASES = [pytest.param(form, article, id=f"{form}: {name}") for form, name, article in ALL]
ENCODINGS = {
    "utf-8": b"",
    "utf-8 with a mark": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "cp1251": b"",
    "cp1252": b"",
}


def before_and_after(article: str) -> tuple[str, str]:
    before, after = (re.sub("⟪(.*?)⇒(.*?)⟫", rf"\{side}", article, flags=re.S) for side in (1, 2))
    return before, after


def wanted(article: Article, table: Mapping[str, str] = TABLE) -> list[Replacement]:
    found = []
    for number, citation in enumerate(article.citations):
        if citation.url in DEAD:
            copy, day = DEAD[citation.url]
            found.append(Replacement(number, copy, "dead", citation.url, day))
        elif new := LOST.get(citation.text) if citation.url is None else table.get(citation.url):
            found.append(Replacement(number, new, "moved"))
        elif citation.url == "https://OLD.example:443/a".replace("https", "HTTPS"):
            found.append(Replacement(number, B, "moved"))
    return found


def fixed(data: bytes, form: str) -> Fixed:
    return fix_article(data, form, f"x.{form}", wanted(read_document(data, form, path=f"x.{form}")))


def test_there_are_fifty_articles() -> None:
    assert len(CASES) >= 50


@pytest.mark.parametrize(("form", "article"), CASES)
def test_only_the_targets_change(form: str, article: str) -> None:
    before, after = before_and_after(article)
    assert before != after
    result = fixed(before.encode(), form)
    assert result.data.decode() == after
    assert result.refusals == ()
    assert fixed(result.data, form).data == result.data


@pytest.mark.parametrize("ends", ["\r\n", pytest.param("\r", marks=pytest.mark.long)])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("form", ["md", "html", "txt"])
def test_encodings_and_line_ends_stay(form: str, encoding: str, ends: str) -> None:
    """All articles of a format, one by one, with words in other alphabets around them."""
    words = {"cp1251": "Паром уходит — «последний»", "cp1252": "Ärger café “naïve” – straße und Fähre"}
    codec = encoding.split(" ")[0]
    extra = words.get(codec, "Паром – フェリー \U0001f6a2 café")
    declared = f'<meta charset="{codec}">' if form == "html" and codec.startswith("cp") else ""
    for article in {"md": MARKDOWN, "html": HTML, "txt": TEXT}[form].values():
        if declared and ("charset" in article or "<?xml" in article):
            continue
        framed = article if article.startswith("---") else f"{declared}{extra}\n\n{article}"
        before, after = (
            ENCODINGS[encoding] + side.replace("\n", ends).encode(codec, "replace")
            for side in before_and_after(f"{framed}\n\n{extra}")
        )
        result = fixed(before, form)
        assert result.data == after, (article, result.refusals)
        assert result.refusals == ()


def test_damaged_bytes_stay() -> None:
    before = f"Caf\u00e9 \u00e9t\u00e9 [t]({A}) ".encode() + b"\xff\xfe\x00 \xe2\x82 \x81\n"
    assert fixed(before, "md").data == before.replace(A.encode(), B.encode())


def test_a_character_that_the_encoding_does_not_have_is_escaped() -> None:
    before = '<meta charset="cp1252"><p>Fähre <a href="https://old.example/river">t</a></p>'.encode("cp1252")
    result = fixed(before, "html")
    new = b"https://new.example/%D1%80%D0%B5%D0%BA%D0%B0#%D1%83%D1%81%D1%82%D1%8C%D0%B5"
    assert result.data == before.replace(b"https://old.example/river", new)
    assert (
        fixed(before.decode("cp1252").encode(), "html").data
        == before.decode("cp1252").replace("https://old.example/river", "https://new.example/река#устье").encode()
    )


def test_links_that_share_a_target_and_need_two_are_refused_and_named() -> None:
    before = b"[lost][x], [again][x] and [other](#)\n\n[x]: #\n"
    result = fixed(before, "md")
    assert result.data == before
    assert [refusal.why for refusal in result.refusals] == [
        "it shares its target with a link that needs another one"
    ] * 2


def test_a_shared_target_of_which_one_link_is_not_to_change_stays() -> None:
    before = f"[one][r] [two][r]\n\n[r]: {A}\n".encode()
    result = fix_article(before, "md", "x.md", [Replacement(0, B, "moved")])
    assert (result.data, len(result.refusals)) == (before, 1)


def test_a_replacement_that_the_article_could_not_hold_is_given_up_and_the_others_are_made() -> None:
    """A bare URL ends before a closing quotation mark: the new one would be read as something shorter."""
    before = f"See {A} and {A}.\n\n[t]({A})\n".encode()
    ends_early = "https://new.example/a.b,"
    replacements = [Replacement(0, ends_early, "x"), Replacement(1, B, "x"), Replacement(2, ends_early, "x")]
    result = fix_article(before, "md", "x.md", replacements)
    assert result.data.decode() == f"See {A} and {B}.\n\n[t]({ends_early})\n"
    assert [(refusal.replacement.citation, "expected" in refusal.why) for refusal in result.refusals] == [(0, True)]


def test_the_articles_own_origin_is_not_a_target() -> None:
    before = f"# T\n\nOriginal url: [the site]({A}story)\n\nSee [t]({B}).\n".encode()
    article = read_document(before, "md", path="x.md")
    assert article.original_url == f"{A}story"
    result = fix_article(before, "md", "x.md", [Replacement(0, "https://newer.example/", "moved")])
    assert result.data == before.replace(B.encode(), b"https://newer.example/")


@pytest.mark.parametrize("form", ["pdf", "epub", "pptx"])
def test_what_is_no_text_cannot_be_edited(form: str) -> None:
    with pytest.raises(ArticleError, match=f"x.{form}: {form} cannot be edited in place"):
        fix_article(b"%PDF-", form, f"x.{form}", [])


def test_bytes_that_would_not_stay_are_left_alone() -> None:
    with pytest.raises(ArticleError, match="would not stay"):
        fix_article(codecs.BOM_UTF16_LE + f"[t]({A})".encode("utf-16-le") + b"x", "md", "x.md", [])


# --- whatever an article is made of -----------------------------------------------------------

_pieces = st.one_of(
    st.sampled_from([A, QUERY, "#", "", "[", "]", "](", ")", "(", "<", ">", "`", "``", "\\", "\n", "\n\n", "> ", "- ",
                     "    ", "|", "<!--", "-->", "<a href=", '"', "'", "</a>", "<pre>", "</pre>", "<script>",
                     "</script>", "]: ", "[r]", "![", "*", "_", "&amp;", "\t", "word", " ", "é"]),
    st.sampled_from([f"[t]({A})", f"[t]({A} 'x')", f"<{A}>", f"\n\n[r]: {A}\n\n", "[lost](#)", f'<a href="{A}">t</a>',
                     f"<a href='{QUERY.replace('&', '&amp;')}'>u</a>", "[again](<>)", f"`[c]({A})`", f" {A} "]),
    st.text(max_size=5),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_pieces, max_size=25), st.sampled_from(["md", "html", "txt"]), st.sampled_from(list(ENCODINGS)))
def test_of_any_article_only_targets_change(pieces: list[str], form: str, encoding: str) -> None:
    codec = encoding.split(" ")[0]
    data = ENCODINGS[encoding] + "".join(pieces).encode(codec, "replace")
    article = read_document(data, form, path=f"x.{form}")
    replacements = [
        Replacement(number, f"https://new-{number}.example/p", "x")
        for number, citation in enumerate(article.citations)
        if citation.url in (A, QUERY, None)
    ]
    try:
        result = fix_article(data, form, f"x.{form}", replacements)
    except ArticleError:
        return
    assert sorted(
        replacement.citation
        for replacement in (*result.replacements, *(refusal.replacement for refusal in result.refusals))
    ) == [replacement.citation for replacement in replacements]
    replaced = {replacement.citation: replacement.url for replacement in result.replacements}
    after = read_document(result.data, form, path=f"x.{form}")
    assert [citation.url for citation in after.citations] == [
        replaced.get(number, citation.url) for number, citation in enumerate(article.citations)
    ]
    # Between the new URLs stands what stood there before, and what they replaced was a target.
    first, *rest = re.split(r"https://new-\d+\.example/p", result.text[1])
    kept = [first]
    for piece in rest:
        kept[-1] = kept[-1].removesuffix('"').removesuffix("=")
        kept.append(piece.removeprefix('"'))
    targets = "|".join(map(re.escape, (A, QUERY, QUERY.replace("&", "&amp;"), "#")))
    gap = rf"""\s*=?\s*["']?\s*(?:{targets})?\s*["']?"""
    assert re.fullmatch(gap.join(map(re.escape, kept)), result.text[0], re.S)


@pytest.mark.long
def test_fix_write_on_all_of_them_in_a_project(folder: Any) -> None:
    """The command, on every article in an encoding and with line ends of its own: decided replacements (`replace`
    in decisions.jsonl) and lost targets that links.txt knows. Written twice, nothing more changes."""
    expected: dict[Path, bytes] = {}
    cases = [(form, article) for form, name, article in ALL if not name.startswith("a copy")]
    for number, (form, article) in enumerate(cases):
        codec = list(ENCODINGS)[number % 5]
        ends = ("\n", "\r\n", "\r")[number % 3]
        sides = [
            ENCODINGS[codec] + side.replace("\n", ends).encode(codec.split(" ")[0])
            for side in before_and_after(article)
        ]
        path = folder.root / f"{number:02}.{form}"
        path.write_bytes(sides[0])
        expected[path] = sides[1]
    folder.check(".")
    replaced = [
        {"action": "replace", "url": source_key(old), "who": "ada", "when": "2026-01-05T07:00:00Z", "replacement": new}
        for old, new in TABLE.items()
    ]
    (folder.root / "archive" / "decisions.jsonl").write_text(
        "".join(json.dumps(replacement) + "\n" for replacement in replaced)
    )
    known = re.sub(r"^\? +(lost|again)$", lambda line: f"{LOST[line[1]]}  {line[1]}", folder.links(), flags=re.M)
    (folder.root / "links.txt").write_text(known)
    assert len(expected) >= 50
    assert folder.run("fix", ".").code == 1
    wrote = folder.run("fix", ".", "--write")
    assert (wrote.code, wrote.err.count("\n")) == (0, 1), wrote.err
    assert {path.name: path.read_bytes() for path in expected} == {path.name: data for path, data in expected.items()}
    again = folder.run("fix", ".", "--write")
    assert (again.code, again.out, again.err) == (0, "", "")
    assert {path.name: path.read_bytes() for path in expected} == {path.name: data for path, data in expected.items()}


def test_the_link_cases_of_other_suites() -> None:
    cases = Path(__file__).parents[3] / "shared" / "linkcases" / "dev.jsonl"
    if not cases.exists():
        pytest.skip("the link cases (../shared/linkcases) are not here")
    asked = replaced = 0
    for line in cases.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        data, form = case["input"].encode(), case["format"]
        article = read_document(data, form, path=f"x.{form}")
        replacements = [
            Replacement(number, f"https://new-{number}.example/p", "x")
            for number, citation in enumerate(article.citations)
            if citation.url is None or citation.url.startswith("http")
        ]
        asked += len(replacements)
        replaced += len(fix_article(data, form, f"x.{form}", replacements).replacements)
    assert replaced >= 0.98 * asked > 100


def test_a_recovered_article_gets_all_its_targets() -> None:
    source = Path(__file__).parents[3] / "shared" / "articles" / "russia-belarus-merger.md"
    if not source.exists():
        pytest.skip("the article (../shared/articles) is not here")
    data = source.read_bytes()
    article = read_document(data, "md", path="x.md")
    lost = [number for number, citation in enumerate(article.citations) if citation.url is None]
    result = fix_article(
        data, "md", "x.md", [Replacement(target, f"https://found-{target}.example/", "x") for target in lost]
    )
    assert len(lost) > 10
    assert [replacement.citation for replacement in result.replacements] == lost
    assert re.sub(rb"https://found-\d+\.example/", b"#", result.data) == data


def test_a_package_in_which_nothing_is_replaced_stays_as_it_is() -> None:
    docx = pytest.importorskip("docx", reason="python-docx is not installed")
    replaced = BytesIO()
    document = docx.Document()
    document.add_paragraph("nothing is cited here")
    document.save(replaced)
    assert fix_article(replaced.getvalue(), "docx", "draft.docx", []).data == replaced.getvalue()
