"""Who may see the review page, and who may change anything: asked over real sockets."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.long


def token_of(html: str) -> str:
    match = re.search(r'name="token" value="([^"]+)"', html)
    assert match
    return match[1]


def mark_of(html: str, url: str) -> str:
    """What the forms of the page call a source."""
    article = next(part for part in html.split("<article ")[1:] if f'href="{url}"' in part)
    match = re.search(r'type="hidden" name="source" value="([^"]+)"', article)
    assert match
    return match[1]


def wish(reviewed: Any, session: requests.Session, **more: str) -> dict[str, str]:
    html = session.get(reviewed.origin, timeout=60).text
    mark = mark_of(html, "http://alpha.example/page")
    return {"token": token_of(html), "source": mark, "action": "ignore", **more}


def test_nothing_is_shown_without_the_printed_address(reviewed: Any) -> None:
    for path in ("/", "/captures/1", "/recheck", "/?token=", "/?token=wrong", "/?token=%C3%A4"):
        answer = requests.get(reviewed.origin + path, timeout=60)
        assert answer.status_code == 403, path
        assert "alpha.example" not in answer.text


def test_the_address_is_exchanged_for_a_cookie_that_no_script_or_other_site_gets(reviewed: Any) -> None:
    answer = requests.get(reviewed.url, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    token = reviewed.url.partition("token=")[2]
    assert token not in cookie
    assert token not in reviewed.enter().get(reviewed.origin, timeout=60).text


def test_every_answer_has_its_headers(reviewed: Any) -> None:
    session = reviewed.enter()
    answers = [session.get(reviewed.origin + path, timeout=60) for path in ("/", "/captures/1", "/recheck", "/none")]
    answers.append(requests.get(reviewed.origin, timeout=60))
    for answer in answers:
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", "evil.example:{port}"]
)
def test_another_name_that_leads_here_is_refused(reviewed: Any, host: str) -> None:
    session = reviewed.enter()
    name = host.format(port=reviewed.origin.rpartition(":")[2])
    answer = session.get(reviewed.origin, headers={"Host": name}, timeout=60)
    assert answer.status_code == 403
    assert "alpha.example" not in answer.text


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({}, {}),
        ({"Origin": "null"}, {}),
        ({"Origin": "https://evil.example"}, {}),
        ({"Origin": "http://localhost:1"}, {}),
        ({"Origin": "OWN", "Sec-Fetch-Site": "cross-site"}, {}),
        ({"Origin": "OWN", "Sec-Fetch-Site": "same-site"}, {}),
        ({"Origin": "OWN"}, {"token": ""}),
        ({"Origin": "OWN"}, {"token": "ä" * 43}),
    ],
)
def test_a_change_needs_the_own_origin_and_the_token(
    reviewed: Any, headers: Mapping[str, str], more: Mapping[str, str]
) -> None:
    session = reviewed.enter()
    form = wish(reviewed, session, **more)
    sent = {name: reviewed.origin if value == "OWN" else value for name, value in headers.items()}
    answer = session.post(f"{reviewed.origin}/decide", data=form, headers=sent, timeout=60)
    assert answer.status_code == 403
    assert reviewed.decisions() == []
    own = {"Origin": reviewed.origin}
    assert requests.post(f"{reviewed.origin}/decide", data=form, headers=own, timeout=60).status_code == 403
    assert session.get(f"{reviewed.origin}/decide", params=form, timeout=60).status_code == 405
    assert reviewed.decisions() == []
    session.post(f"{reviewed.origin}/decide", data=wish(reviewed, session), headers=own, timeout=60)
    assert len(reviewed.decisions()) == 1


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"action": "forget"}, 400, "That did not work"),
        ({"action": "ignore", "until": "tomorrow"}, 400, "That did not work"),
        ({"action": "undo", "undoes": "forget"}, 400, "That did not work"),
        ({"action": "ignore", "source": "9999"}, 400, "has changed since the page was made"),
        ({"action": "ignore", "source": "1-0011223344556677"}, 400, "has changed since the page was made"),
        ({"action": "ignore", "group": "host:nobody.example"}, 400, "That did not work"),
        # What could be meant and does not fit this source is told on its page.
        ({"action": "ignore", "until": "2020-01-01"}, 200, "Nothing was recorded"),
        ({"action": "replace", "replacement": "javascript:alert(1)"}, 200, "Nothing was recorded"),
        ({"action": "replace", "replacement": ""}, 400, "no address was given"),
        ({"action": "undo", "undoes": "accept"}, 200, "Nothing was recorded"),
    ],
)
def test_a_wish_that_cannot_be_done_is_refused_in_words(
    reviewed: Any, form: Mapping[str, str], status: int, words: str
) -> None:
    session = reviewed.enter()
    own = {"Origin": reviewed.origin}
    answer = session.post(f"{reviewed.origin}/decide", data=wish(reviewed, session, **form), headers=own, timeout=60)
    assert answer.status_code == status
    assert words in answer.text
    assert reviewed.decisions() == []


def test_one_button_cites_the_archived_copy(reviewed: Any) -> None:
    session = reviewed.enter()
    copy = "https://web.archive.org/web/2021/http://alpha.example/page"
    form = wish(reviewed, session, action="", use=copy)
    answer = session.post(f"{reviewed.origin}/decide", data=form, headers={"Origin": reviewed.origin}, timeout=60)
    assert "A replacement is set for http://alpha.example/page" in answer.text
    assert f'"replacement":"{copy}"' in reviewed.decisions()[0].replace(": ", ":")


def test_one_button_cites_the_address_where_the_page_was_found(folder: Any, stage: Any, make_review: Any) -> None:
    old, new = "http://alpha.example/page", "http://alpha.example/new/page"
    stage[old] = stage.html("the keeper")
    folder.article(old)
    folder.check("article.md", now="2026-01-05")
    stage.clear()
    stage["http://alpha.example/"] = stage.html("front", more=f'<a href="{new}">the keeper</a>')
    stage[new] = stage.html("the keeper")
    folder.check(now="2026-03-01")
    reviewed = make_review()
    session = reviewed.enter()
    page = session.get(reviewed.origin, timeout=10).text
    assert f'<button name="use" value="{new}">Use this address</button>' in page
    own = {"Origin": reviewed.origin}
    session.post(f"{reviewed.origin}/decide", data=wish(reviewed, session, action="", use=new), headers=own, timeout=10)
    assert f'"replacement":"{new}"' in reviewed.decisions()[0].replace(": ", ":")


def test_decisions_name_who_when_and_why_and_survive_the_next_run(reviewed: Any) -> None:
    session = reviewed.enter()
    own = {"Origin": reviewed.origin}
    form = wish(reviewed, session, action="accept", reason="the new text\nsays it too")
    answer = session.post(f"{reviewed.origin}/decide", data=form, headers=own, timeout=60)
    assert "Accepted http://alpha.example/page" in answer.text
    (line,) = reviewed.decisions()
    assert '"who":"maria"' in line.replace(" ", "")
    assert "the new text says it too" in line
    assert '"when":"2026-03-02T09:' in line.replace(" ", "")
    ran = reviewed.folder.check(now="2026-03-03")
    assert ran.source("http://alpha.example/page")["verdict"] == "ok"


def test_a_capture_is_not_shown_under_another_key_or_name(reviewed: Any) -> None:
    session = reviewed.enter()
    html = session.get(f"{reviewed.origin}/captures/1", timeout=60).text
    match = re.search(r'href="(http://localhost:\d+)/([^/]+)(/\d+/\d+/text)"', html)
    assert match
    origin, key, path = match.groups()
    assert origin != reviewed.origin
    good = requests.get(origin + "/" + key + path, timeout=60)
    assert good.status_code == 200
    assert "sandbox" in good.headers["Content-Security-Policy"]
    assert "default-src 'none'" in good.headers["Content-Security-Policy"]
    assert requests.get(origin + "/wrong" + path, timeout=60).status_code == 404
    assert requests.get(origin + "/" + key + path, headers={"Host": "evil.example"}, timeout=60).status_code == 403
    assert requests.post(origin + "/" + key + path, timeout=60).status_code == 403


def test_the_command_prints_one_address_and_ends_in_good_order(reviewed: Any) -> None:
    process = reviewed.folder.start("serve", now="2026-03-02")
    url = process.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", url)
    assert requests.get(url, timeout=60).status_code == 200
    taken = url.partition("/?")[0].rpartition(":")[2]
    other = reviewed.folder.run("serve", "--port", taken, now="2026-03-02")
    assert other.code == 2
    assert "is taken" in other.err
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == ""
    assert "Traceback" not in err
    assert url.partition("token=")[2] not in err, "the token is printed once"


def test_an_empty_folder_says_what_to_do(folder: Any) -> None:
    ran = folder.run("serve")
    assert ran.code == 2
    assert "archive check" in ran.err
