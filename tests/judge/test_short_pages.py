"""Short pages of 35 languages, by themselves and in the frame of a site: honest ones, and what stands in their place.

They were written before the rules that they test were looked at (data/short_pages.tsv): at first 237 of 426 were right.
Every second line is an example of `benchmarks/page_class.py` since.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from linkarchive.judge.verdict import judge

LINES = Path(__file__).with_name("data").joinpath("short_pages.tsv").read_text(encoding="utf-8").splitlines()
SECTIONS = (
    "news",
    "about",
    "places",
    "letters",
    "maps",
    "shop",
    "tides",
    "press",
    "archive",
    "sailing",
    "weather",
    "market",
)
HEADER = (
    '<header><a href="/">Quay Post</a> <a href="/login">Log in</a> <a href="/plans">Already a subscriber?</a></header>'
    f"<nav><ul>{''.join(f'<li><a href=/{name}/>{name.title()}</a></li>' for name in SECTIONS)}</ul></nav>"
)
FOOTER = "<footer><a href=/privacy>Privacy</a> <a href=/contact>Contact</a><p>© 2024 Quay Post</p></footer>"
BANNER = "<div class=cookie>We use cookies. <button>Accept all</button> <button>Reject</button></div>"
FRAMES = {"bare": ("", "", ""), "frame": (HEADER, FOOTER, " | Quay Post"), "banner": (HEADER, FOOTER + BANNER, "")}


@pytest.mark.parametrize(("want", "least"), [("ok", 0.88), ("dead", 0.95), ("blocked", 0.84), ("unreachable", 0.85)])
def test_most_short_pages_are_told_from_what_stands_in_their_place(case, want, least):
    wrong = []
    count = 0
    for line in LINES:
        verdict, language, title, body = line.split("\t")
        for frame, (before, after, site) in FRAMES.items():
            if not verdict.startswith(want) or (verdict == "dead/parked" and frame != "bare"):
                continue
            count += 1
            html = (
                f"<!DOCTYPE html><html lang={language}><head><title>{title}{site}</title></head>"
                f"<body>{before}<main>{body}</main>{after}</body></html>"
            )
            judgement = judge(case(html, url=f"https://quay.example/notes/{zlib.crc32(title.encode()):x}"))
            if judgement.verdict != want:
                wrong.append(f"{language} {title} ({frame}): {judgement.verdict}/{judgement.reason}")
    assert len(wrong) <= (1 - least) * count, "\n".join(wrong)
