# ruff: noqa: E501
"""Lists and tables are compared line by line, pages of media by what they state of themselves."""

from __future__ import annotations

import pytest

from linkarchive.judge.verdict import judge

ITEMS = (
    "2 tins paint", "12 m rope", "4 shackles", "1 spare anchor", "30 m chain", "2 fenders", "1 boat hook", "6 life jackets",
    "1 bilge pump", "2 buckets", "1 torch", "3 flares", "1 first-aid kit", "2 paddles", "1 compass", "1 chart of the bay",
)  # fmt: skip
INTRO = "This is what the harbour office asks to be on board of every boat that leaves the inner basin after dusk."


def page(items: str, title: str = "On board") -> str:
    return f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{INTRO}</p>{items}</article></body></html>"


def as_list(items=ITEMS) -> str:
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def turned(items=ITEMS) -> str:
    cells = (item.partition(" ") for item in items)
    return "<table>" + "".join(f"<tr><td>{thing}</td><td>{count}</td></tr>" for count, _, thing in cells) + "</table>"


def spans(items=ITEMS) -> str:
    cells = (item.partition(" ") for item in items)
    return "<ul>" + "".join(f"<li><span>{count}</span><span>{thing}</span></li>" for count, _, thing in cells) + "</ul>"


def columns(items=ITEMS) -> str:
    cells = (item.partition(" ") for item in items)
    return "".join(f"<div>{count}</div><div>{thing}</div>" for count, _, thing in cells)


@pytest.mark.parametrize("layout", [turned, spans, columns, lambda: as_list(ITEMS[::-1])])
def test_a_list_in_another_layout_or_order_is_the_same(case, layout):
    assert judge(case(page(layout()), page(as_list()))).verdict == "ok"
    assert judge(case(page(as_list()), page(layout()))).verdict == "ok"


def test_a_list_with_other_items_is_another_list(case):
    others = tuple(
        f"{n} {thing}" for n, thing in enumerate(("oars", "sails", "cleats", "battens", "spars", "stays") * 3, 5)
    )
    assert judge(case(page(as_list(others)), page(as_list()))).verdict == "drifted"


def test_changed_quantities_are_no_other_order(case):
    doubled = tuple(f"{int(item.partition(' ')[0]) * 2 + 1} {item.partition(' ')[2]}" for item in ITEMS)
    assert judge(case(page(as_list(doubled)), page(as_list()))).verdict == "drifted"


META = '<meta property="og:type" content="{}"><meta property="og:title" content="{}"><meta property="og:description" content="{}">'
STATED = ("video.other", "Rowing into the fog", "A morning with the harbour patrol, in one take.")


def media(stated=STATED, others: str = "knots", title: str | None = None) -> str:
    recommended = "".join(
        f"<h3>{others} {n}</h3><p>Somebody shows {others} number {n} slowly and twice, and says what most people do wrong.</p>"
        for n in range(6)
    )
    return f"<html><head><title>{title or stated[1]} - Tube</title>{META.format(*stated)}</head><body><h1>{stated[1]}</h1>{recommended}</body></html>"


def test_a_page_of_a_video_is_what_it_states_not_what_is_recommended_beside_it(case):
    judgement = judge(case(media(others="engines"), media()))
    assert (judgement.verdict, judgement.reason, judgement.similarity) == ("ok", "same", 1.0)
    assert "title and description" in judgement.evidence[0]


def test_another_video_at_the_address_is_another_page(case):
    other = ("video.other", "Ten quiet anchorages", "Where to lie at night between the two lights.")
    assert judge(case(media(other, "engines"), media())).verdict == "drifted"


def test_an_article_is_compared_by_its_text_whatever_it_states(case):
    article = ("article", *STATED[1:])
    assert judge(case(media(article, "engines"), media(article))).verdict == "drifted"


@pytest.mark.parametrize("head", ['<meta name="twitter:card" content="player">',
                                  '<script type="application/ld+json">{"@type": "VideoObject", "name": "x"}</script>',
                                  '<script type="application/ld+json">{"@graph": [{"@type": ["MusicRecording"]}]}</script>',
                                  '<script type="application/ld+json">[[1], {"@type": "AudioObject"}]</script>'])  # fmt: skip
def test_media_tell_themselves_in_several_ways(case, head):
    before, after = (media(("website", *STATED[1:]), others).replace("<head>", f"<head>{head}") for others in "ab")
    assert judge(case(after, before)).verdict == "ok"
