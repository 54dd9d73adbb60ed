"""Citations that already point into an archive are recognised."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linkarchive.settings import ArchiveSettings
from linkarchive.wayback.archives import archives_of
from linkarchive.wayback.cited import CitedCopy, cited_copy
from linkarchive.wayback.privacy import may_send

DAY = datetime(2021, 5, 13, 9, 12, 44, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://web.archive.org/web/20210513091244/https://x.example/a?b=c",
            ("wayback", "https://x.example/a?b=c", DAY),
        ),
        ("http://web.archive.org/web/20210513091244id_/http://x.example/", ("wayback", "http://x.example/", DAY)),
        ("https://web.archive.org/web/20210513091244/https:/x.example/a", ("wayback", "https://x.example/a", DAY)),
        ("https://web.archive.org/web/20210513091244if_/x.example/a", ("wayback", "http://x.example/a", DAY)),
        (
            "https://web.archive.org/web/2021/https://x.example/",
            ("wayback", "https://x.example/", datetime(2021, 1, 1, tzinfo=UTC)),
        ),
        ("https://web.archive.org/web/https://x.example/a", ("wayback", "https://x.example/a", None)),
        ("https://web.archive.org/web/*/https://x.example/a", ("wayback", "https://x.example/a", None)),
        ("https://web.archive.org/web/2021*/https://x.example/a", ("wayback", "https://x.example/a", None)),
        ("https://web.archive.org/web/20000008241731/https://x.example/a", ("wayback", "https://x.example/a", None)),
        ("https://arquivo.pt/wayback/20210513091244mp_/https://x.example/", ("arquivo.pt", "https://x.example/", DAY)),
        ("https://archive.ph/20210513091244/https://x.example/", ("archive.today", "https://x.example/", DAY)),
        ("https://archive.is/2021.05.13-091244/https://x.example/", ("archive.today", "https://x.example/", DAY)),
        ("https://archive.today/newest/https://x.example/", ("archive.today", "https://x.example/", None)),
        ("https://archive.is/o/AbCdE/https://x.example/", ("archive.today", "https://x.example/", None)),
        ("https://archive.ph/AbCdE", ("archive.today", None, None)),
        ("https://perma.cc/4SVK-LX84", ("perma.cc", None, None)),
        ("https://perma.cc/4SVK-LX84?type=image", ("perma.cc", None, None)),
        (
            "https://wayback.archive-it.org/all/20210513091244/https://x.example/",
            ("wayback.archive-it.org", "https://x.example/", DAY),
        ),
    ],
)
def test_a_cited_copy_is_recognised(url, expected):
    assert cited_copy(url) == CitedCopy(*expected)


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/web/2021/",
        "https://archive.org/details/lantern",
        "https://web.archive.org/",
        "https://web.archive.org/web/",
        "https://archive.ph/",
        "https://archive.ph/faq/about/us",
        "https://perma.cc/about",
        "https://perma.cc/",
        "mailto:a@b.example",
        "#part",
        "",
        "https://x.example/20210513091244/story",
    ],
)
def test_other_links_are_not(url):
    assert cited_copy(url) is None


def test_an_archive_of_the_settings_is_recognised():
    archives = archives_of([ArchiveSettings(name="ours", replay="https://pywb.example/coll/")])
    url = "http://pywb.example/coll/20210513091244mp_/https://x.example/?q=1"
    assert cited_copy(url, archives) == CitedCopy("ours", "https://x.example/?q=1", DAY)


@pytest.mark.parametrize(
    ("url", "private", "sent"),
    [
        ("https://x.example/a", False, True),
        ("https://x.example/a", True, False),
        ("https://user:pw@x.example/a", False, False),
        ("https://x.example/a?token=abc", False, False),
        ("http://192.168.1.1/a", False, False),
        ("http://localhost:8000/a", False, False),
        ("http://2130706433/", False, False),
        ("ftp://x.example/a", False, False),
        ("http://[", False, False),
    ],
)
def test_only_public_addresses_are_sent(url, private, sent):
    assert may_send(url, private=private) is sent
