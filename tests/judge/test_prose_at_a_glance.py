"""The cheap look at a page's paragraphs: what it finds is there, and a plain page needs no more."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.judge.fast_text import MAX_BYTES, PLENTY, prose, substance, texts
from linkarchive.judge.parsed_page import ParsedPages
from linkarchive.judge.verdict import fingerprint, judge

PLAIN = """
import sys
from linkarchive.judge.parsed_page import ParsedPages
from linkarchive.judge.verdict import fingerprint, is_suspect, judge
from linkarchive.model import Case, Page
text = "".join(f"<p>The ferry number {n} crossed the river slowly that winter, and nobody on either bank complained "
               "about the weather, the price or the company that had built it.</p>" for n in range(20))
page = Page("https://news.example/a/b", 200, {"content-type": "text/html; charset=utf-8"},
            f"<html><title>Ferries</title><body><h1>Ferries</h1><main>{text}</main></body></html>".encode())
case, parsed = Case("x", page.final_url, page), ParsedPages()
judgement = judge(case, parsed=parsed)
assert (judgement.verdict, judgement.reason) == ("ok", "first-seen"), judgement
assert not is_suspect(case, judgement, parsed=parsed)
assert fingerprint(page, parsed=parsed)
print(sorted({"trafilatura", "resiliparse", "lxml", "rapidfuzz"} & set(sys.modules)))
"""


@pytest.fixture
def long(paragraphs) -> tuple[str, ...]:
    return (*paragraphs, *(paragraph.replace("the", "their") for paragraph in paragraphs))


def test_a_page_that_is_plainly_there_is_judged_without_parser_and_extractor():
    done = subprocess.run([sys.executable, "-c", PLAIN], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_paragraphs_are_found_with_their_title(article, long):
    paragraphs = prose(article(long).lower().encode())
    assert len(paragraphs.paragraphs) == len(long)
    assert paragraphs.words >= PLENTY
    assert paragraphs.headings == (b"talks on the border | news example", b"talks on the border")


@pytest.mark.parametrize(
    "hide",
    [
        "<script>{}</script>",
        "<script>page = '{}'</script>",
        "<!-- {} -->",
        "<noscript>{}</noscript>",
        "<template>{}</template>",
        "<aside><div>{}</div></aside>",
        "<nav>{}</nav>",
        "<footer>{}</footer>",
        "<script>{}",
        '<div id="comments">{}</div>',
    ],
)
def test_what_no_reader_takes_for_the_text_is_not_counted(article, long, hide):
    text = "".join(f"<p>{paragraph}</p>" for paragraph in long)
    assert prose(article((), extra=hide.format(text)).lower().encode()).words == 0


def test_teasers_under_their_titles_are_no_prose(article, long):
    teasers = "".join(f"<div><h3>A title</h3><p>{paragraph}</p></div>" for paragraph in long)
    assert prose(article((), extra=teasers).lower().encode()).words == 0


def test_an_error_under_a_rich_frame_is_still_an_error(case, article, long):
    page = article(long, title="Page not found").replace("<article>", "<div>").replace("</article>", "</div>")
    plain = judge(case(article(long)))
    assert plain.reason == "first-seen"
    parsed = ParsedPages()
    facts = case(page)
    judge(facts, parsed=parsed)
    assert not parsed.read(facts.after).has_plenty


def test_noise_leaves_the_fingerprint_as_it_is(article, page, long):
    plain = fingerprint(page(article(long)))
    noise = {
        "frame": "<aside><p>Buy a boat of us today, for the summer is long and the river is warm.</p></aside>",
        "head": '<meta name="csrf" content="8c1f"><script>build = 7</script>',
        "extra": "<p>12 May 2021</p><p>98,004 views</p>",
    }
    for place, markup in noise.items():
        assert fingerprint(page(article(long, **{place: markup}))) == plain, place
    spelled = article(long).replace("“", "&ldquo;").replace("</p><p>", "</p>\n\n<p class='x'>")
    assert fingerprint(page(spelled)) == plain


def test_every_change_of_a_paragraph_changes_the_fingerprint(article, page, long):
    plain = fingerprint(page(article(long)))
    for place in range(len(long)):
        other = (
            *long[:place],
            "The report was withdrawn by those who wrote it, and nobody says why.",
            *long[place + 1 :],
        )
        assert fingerprint(page(article(other))) != plain
    for old, new in (("1,240", "1,420"), ("3.5 million", "4.5 million"), ("useful", "useless")):
        assert fingerprint(page(article(long).encode().replace(old.encode(), new.encode()))) != plain


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (b"on 3 may 2020 the", b"on 12 may 2021 the"),
        (b"on may 3, 2020, the", b"on may 12, 2021, the"),
        (b"the 3rd of march", b"the 12th of march"),
        (b"at 9:15 the", b"at 14:03 the"),
        (b"at 2020-01-02t10:11:12z the", b"at 2021-10-11t22:00:00z the"),
    ],
)
def test_dates_and_times_are_no_substance(then, now):
    assert substance([then]).replace(b"rd", b"th") == substance([now])


@pytest.mark.parametrize("number", [b"12 percent", b"1,240 lorries", b"17 people", b"3.5 million"])
def test_figures_are_substance(number):
    assert substance([b"about " + number]) != substance([b"about 9" + number])


NUMBERS = st.sampled_from(
    [
        "7",
        "07",
        "7.",
        "2024",
        "2,024",
        "10:30",
        "12-05-2021",
        "1.5",
        "12 May",
        "May 12",
        "3rd of June",
        "4 %",
        "1.000.000",
    ]
)


@given(st.lists(NUMBERS, max_size=12))
def test_a_number_is_a_date_whatever_other_numbers_there_are(numbers):
    said = [f"about {number.lower()} there".encode() for number in numbers]
    assert substance(said) == b"\n".join(substance([part]) for part in said)


@given(st.lists(st.sampled_from([*"<>/p !-a\n0é", "<p>", "</p>", "<script>", "</script>", "<!--", "-->"])).map("".join))
def test_any_bytes_can_be_looked_at(source):
    body = source.encode()
    paragraphs = prose(body)
    assert sum(map(len, paragraphs.paragraphs)) <= len(body)
    assert all(b"\n" not in text for text in paragraphs.paragraphs)
    texts(body)


@pytest.mark.long
@pytest.mark.parametrize(
    "piece", [b"<", b"<p", b"<aside>", b"<!--", b"<script>", b"<p>a</p", b"</p><", b"</p><p>1 1 1", b"<h1>", b"<h1 "]
)
def test_the_look_is_linear_in_the_size_of_a_hostile_page(piece):
    """It ends: what is quadratic takes hours for two megabytes."""
    body = piece * (MAX_BYTES // len(piece))
    prose(body)
    texts(body)
    substance([body])


FRAME = "<aside><h2>More</h2><a href='/{0}?c={0}'>{1}</a></aside><div>{0} readers online</div>"


def test_noise_around_the_same_paragraphs_is_settled_without_a_parse(case, article, long):
    parsed = ParsedPages()
    facts = case(article(long, frame=FRAME.format(7, "Ten soups")), article(long, frame=FRAME.format(981, "Six boats")))
    judgement = judge(facts, parsed=parsed)
    assert (judgement.verdict, judgement.reason, judgement.similarity) == ("ok", "same", 1.0)
    for page in (facts.before, facts.after):
        assert "_parsed" not in parsed.read(page).__dict__


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"context": "There were 17 deaths."}, "detail-lost"),
        ({"url": "https://news.example/2021/05/talks-on-the-border#box"}, "anchor-lost"),
        ({"quotes": ("the old box says so",)}, "quote-lost"),
    ],
)
def test_what_the_citation_took_is_looked_for_however_alike_the_page_is(case, article, long, facts, reason):
    box = "<p id='box'>The old box says so: 17 deaths.</p>"
    assert judge(case(article(long), article(long, extra=box), **facts)).reason == reason


@pytest.mark.parametrize(
    "notice", ["<p><b>Correction:</b> the bridge is older.</p>", "<div>This article has been retracted.</div>"]
)
def test_a_notice_beside_the_same_paragraphs_is_seen(case, article, long, notice):
    assert judge(case(article(long, extra=notice), article(long))).reason in ("corrected", "retracted")
