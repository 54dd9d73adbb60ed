from __future__ import annotations

from linkarchive.judge.difference import difference

URL = "https://news.example/a"


def texts(segments):
    return "".join(text for text, _ in segments)


def marked(segments):
    return [text for text, is_marked in segments if is_marked]


def test_only_what_differs_is_marked(article, page, paragraphs):
    now = tuple(p.replace("useful", "frank and open") for p in paragraphs)
    rows = difference(URL, page(article()), page(article(now)), "then", "now")
    assert (rows.before_label, rows.after_label) == ("then", "now")
    assert rows.similarity > 0.9
    (row,) = [row for row in rows.rows if row.kind == "changed"]
    assert marked(row.left) == ["useful"]
    assert "".join(marked(row.right)) == "frank and open"
    assert texts(row.left) == paragraphs[1]
    assert texts(row.right) == now[1]


def test_unchanged_stretches_are_folded(article, page, paragraphs):
    now = (*paragraphs[:11], "Nothing at all was agreed and everybody went home hungry.")
    rows = difference(URL, page(article()), page(article(now)), "then", "now").rows
    kinds = [row.kind for row in rows]
    assert kinds[0] == "gap"
    assert "unchanged paragraphs" in texts(rows[0].left)
    assert kinds[1:] == ["same", "removed", "added"]


def test_removed_and_added_paragraphs_stand_alone(article, page, paragraphs):
    rows = difference(URL, page(article()), page(article(paragraphs[:5] + paragraphs[6:])), "a", "b").rows
    assert [texts(row.left) for row in rows if row.kind == "removed"] == [paragraphs[5]]
    rows = difference(URL, page(article(paragraphs[:5] + paragraphs[6:])), page(article()), "a", "b").rows
    assert [texts(row.right) for row in rows if row.kind == "added"] == [paragraphs[5]]


def test_a_huge_difference_is_cut(article, page):
    old, new = (
        tuple(f"{word} paragraph number {n} of a very long report" for n in range(1500)) for word in ("Old", "New")
    )
    rows = difference(URL, page(article(old)), page(article(new)), "a", "b").rows
    assert len(rows) == 401
    assert "not shown" in texts(rows[-1].left)


def test_files_without_text_have_no_rows(page):
    image = page(b"\x89PNG\0", mime="image/png")
    rows = difference(URL, image, image, "a", "b")
    assert (rows.rows, rows.similarity) == ((), None)


def test_figures_are_marked_whole(article, page, paragraphs):
    then = (*paragraphs, "The bridge cost 41.6 million crowns and 1,250 people worked on it from 7:30 on.")
    now = (*paragraphs, "The bridge cost 58.9 million crowns and 1,300 people worked on it from 7:45 on.")
    (row,) = [row for row in difference(URL, page(article(then)), page(article(now))).rows if row.kind == "changed"]
    assert marked(row.left) == ["41.6", "1,250", "7:30"]
    assert marked(row.right) == ["58.9", "1,300", "7:45"]
