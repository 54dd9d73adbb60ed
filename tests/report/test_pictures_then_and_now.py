"""The report shows how a page looked when it was cited and how it looks now, inline and small."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from linkarchive.model import Change, Picture, Pictures, Reason, Verdict
from linkarchive.report.formats import View
from linkarchive.report.html import render_html

URL = "https://a.example/page"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_both_pictures_stand_in_the_card(report: Any, make_source: Callable[..., Any]) -> None:
    drifted = replace(report, sources=(make_source(URL, Verdict.DRIFTED, Reason.REPLACED, Change.NEW),))
    picture = Picture("image/png", PNG, datetime(2026, 3, 1, tzinfo=UTC))
    html = render_html(drifted, View(pictures={URL: Pictures(picture, picture)}))
    assert html.count('src="data:image/png;base64,iVBOR') == 2
    assert 'alt="The page as it looked when it was cited"' in html
    assert 'alt="The page as it looks now"' in html
    alone = render_html(drifted, View(pictures={URL: Pictures(None, picture)}))
    assert alone.count("<img ") == 1
    assert 'alt="The page as it looks now"' in alone
    assert "<img " not in render_html(drifted)
