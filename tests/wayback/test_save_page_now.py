"""Save Page Now 2: errors that come with HTTP 200, limits, and keys that go nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from faulty_archive import KEYS, Fault

from linkarchive.demo.wire import Response
from linkarchive.wayback.archives import WAYBACK
from linkarchive.wayback.save import AlreadyToday, Failed, Keys, Saved, Stopped, find_keys, left_today, save

URL = "https://harbour-books.example/lantern"
OTHER = "https://harbour-books.example/other"
OURS = Keys(*KEYS)


def saved(session, *urls, keys=OURS):
    return dict(save(session, keys, urls, poll=0.0))


def test_a_page_is_captured(wayback, session):
    (result,) = saved(session, URL).values()
    assert isinstance(result, Saved)
    assert result.url == f"https://web.archive.org/web/20261123060000/{URL}"
    assert [capture.url for capture in wayback.captures] == [URL]
    assert wayback.counts["save"] == 1


@pytest.mark.parametrize("where", ["submit", "poll"])
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("not-found", Failed("It failed: not-found.")),
        ("blocked-url", Failed("It failed: blocked-url.")),
        ("too-many-requests", Failed("It failed: too-many-requests.")),
        ("browsing-timeout", Failed("It failed: browsing-timeout.")),
        ("too-many-daily-captures", AlreadyToday()),
        ("user-session-limit", Stopped("It failed: user-session-limit.")),
        ("max-daily-bandwidth-user", Stopped("It failed: max-daily-bandwidth-user.")),
    ],
)
def test_errors_arrive_with_http_200(wayback, session, where, error, expected):
    wayback.save_errors[URL] = (where, error)
    results = saved(session, URL, OTHER)
    assert results[URL] == expected
    if isinstance(expected, Stopped):
        assert results[OTHER] == expected
        assert wayback.counts["save"] == 1
    else:
        assert isinstance(results[OTHER], Saved)


def test_a_copy_of_a_moment_ago_is_as_good(wayback, session):
    wayback._save = lambda request: Response(
        b'{"url": "x", "job_id": null, "message": "The same snapshot had been made 4 hours ago."}',
        content_type="application/json",
    )
    assert saved(session, URL) == {URL: AlreadyToday()}


def test_the_daily_limit_is_read_from_the_service(wayback, session):
    wayback.daily_limit = 1
    assert left_today(session, WAYBACK, OURS) == 1
    results = saved(session, URL, OTHER)
    assert isinstance(results[URL], Saved)
    assert isinstance(results[OTHER], Stopped)
    assert wayback.counts["save"] == 1


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.RATE_LIMITED_WITH_WAIT], ids=lambda fault: fault.name)
@pytest.mark.parametrize("service", ["save", "save status"])
def test_a_429_stops_the_batch(wayback, session, fault, service):
    wayback.fail(service, fault)
    results = saved(session, URL, OTHER)
    assert [type(result) for result in results.values()] == [Stopped, Stopped]
    assert wayback.counts[service] == 1


@pytest.mark.parametrize(
    "fault", [Fault.UNAVAILABLE, Fault.HTML, Fault.RESET, Fault.SILENCE], ids=lambda fault: fault.name
)
def test_trouble_with_one_page_may_pass(wayback, new_session, fault):
    wayback.fail("save", fault, times=2)
    results = saved(new_session(**({"timeout": 1.0} if fault is Fault.SILENCE else {})), URL, OTHER)
    assert isinstance(results[URL], Failed)
    assert isinstance(results[OTHER], Saved)


def test_keys_that_are_not_accepted_stop_the_batch(wayback, session):
    results = saved(session, URL, OTHER, keys=Keys("no", "body"))
    assert [type(result) for result in results.values()] == [Stopped, Stopped]
    assert "keys" in results[URL].why
    assert wayback.counts["save"] == 0


def test_the_keys_are_in_no_record_and_no_text(wayback, session):
    from linkarchive.wayback.session import Service

    headers = {"Authorization": "LOW demo-access:demo-secret"}
    exchange = session.ask(WAYBACK, Service.STATUS, f"{WAYBACK.save}/status/user", headers=headers)
    exchange.body.close()
    assert exchange.status == 200
    assert "demo-secret" not in repr(exchange.request_headers)
    assert "demo-secret" not in repr(OURS)


def test_keys_come_from_the_environment_or_ia_ini(tmp_path):
    assert find_keys({}, tmp_path) is None
    ini = tmp_path / ".config/internetarchive/ia.ini"
    ini.parent.mkdir(parents=True)
    ini.write_text("[s3]\naccess = from\nsecret = fi%le\n", encoding="utf-8")
    assert find_keys({}, tmp_path) == Keys("from", "fi%le")
    assert find_keys({"IA_ACCESS_KEY_ID": "a", "IA_SECRET_ACCESS_KEY": "b"}, tmp_path) == Keys("a", "b")
    assert find_keys({"IA_ACCESS_KEY_ID": "a"}, tmp_path) == Keys("from", "fi%le")
    ini.write_text("not an ini file", encoding="utf-8")
    (tmp_path / ".ia").write_text("[s3]\naccess = old\nsecret = file\n", encoding="utf-8")
    assert find_keys({}, tmp_path) == Keys("old", "file")


def test_the_success_of_another_page_is_none_of_ours(wayback, session):
    job = wayback._job

    def of_the_icon(name):
        reply = job(name)
        return replace(reply, body=reply.body.replace(b"/lantern", b"/favicon.ico"))

    wayback._job = of_the_icon
    (result,) = saved(session, URL).values()
    assert isinstance(result, Failed)
    assert "favicon.ico" in result.why
