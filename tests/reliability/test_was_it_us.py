"""Row 1: nothing that our own network does to the answers is reported as the state of the web."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import certifi
import pytest
from msgspec import structs

from linkarchive.demo.wire import Reply, Request, Reset, Response, redirect
from linkarchive.web.exchange import Visit
from linkarchive.web.network import Hosts

pytestmark = pytest.mark.long

HOSTS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu")
URLS = [f"http://{host}.example/page" for host in HOSTS]
PORTAL = "http://origin.example/login"

_SIGN_IN = b"<html><title>Welcome</title><body><h1>Hotel Wi-Fi</h1><form>Room and name</form></body></html>"


def _naming(request: Request) -> Response:
    text = f"<h1>Blocked</h1><p>The address {request.url} is not allowed here. Case 12{request.nth}.</p>"
    return Response(text.encode(), 403)


NETWORKS: dict[str, tuple[Callable[[Request], Response] | Reply, str, str]] = {
    "a portal": (Response(_SIGN_IN), "portal", "answered with the same page"),
    "a portal with its own status": (Response(_SIGN_IN, 511), "portal", "status 511"),
    "a proxy that wants a password": (
        Response(b"", 407, headers=(("Proxy-Authenticate", "Basic"),)),
        "proxy",
        "status 407",
    ),
    "a proxy that fails": (
        Response(b"<h1>ERROR</h1>", 503, headers=(("X-Squid-Error", "ERR_CANNOT_FORWARD 0"),)),
        "proxy",
        "status 503",
    ),
    "a middlebox": (_naming, "middlebox", "answered with the same page"),
    "too many requests": (Response(b"slow down", 429), "rate-limit", "status 429"),
    "a portal that leads to its own address": (redirect(PORTAL, 302), "portal", "12 of 12 sites led to origin.example"),
    "no network": (Reset(), "offline", "offline"),
    "a name server that has one address for all": (Response(_SIGN_IN), "dns", "every name with one address"),
}


def web(stage: Any) -> None:
    stage.clear()
    for url in URLS:
        stage[url] = stage.html(url)


def broken(stage: Any, answer: Any) -> None:
    stage.clear()
    for url in (*URLS, "http://canary.example/"):
        stage[url] = answer
    stage[PORTAL] = Response(_SIGN_IN)


def from_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were no proxy, behind which the address of a host is not known."""
    real = Hosts.saw

    def saw(self: Hosts, url: str, visit: Visit, page: Any, before: Any) -> None:
        exchanges = tuple(structs.replace(exchange, ip="203.0.113.7") for exchange in visit.exchanges)
        real(self, url, structs.replace(visit, exchanges=exchanges), page, before)

    monkeypatch.setattr(Hosts, "saw", saw)


@pytest.fixture(params=NETWORKS)
def trouble(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An answer that all addresses give, what it says of our network, and words of the sentence about it."""
    if NETWORKS[request.param][1] == "dns":
        from_one_address(monkeypatch)
    return NETWORKS[request.param]


def _lived(folder: Any, stage: Any) -> None:
    web(stage)
    folder.article(*URLS)
    assert folder.check("article.md", now="2026-01-01").code == 0


@pytest.fixture
def lived(once: Any) -> Any:
    return once(_lived)


def conclusions(ran: Any) -> Any:
    kept = ("url", "verdict", "reason", "since", "strikes", "baseline", "changed", "similarity")
    return [{key: source[key] for key in kept} for source in ran.json["sources"]]


def days_of(lived: Any, trouble: Any, fail: Callable[[], Any], heal: Callable[[], Any], env: Any = None) -> None:
    """Days in a broken network: no verdict, no strike, exit code 3 and the sentence; then all is as before.

    Three that span more than a week would make a dead page; `make endure` has nine.
    """
    _, network, words = trouble
    before = conclusions(lived.check(now="2026-01-02"))
    state = lived.state()
    for day in (3, 7, 11):
        fail()
        ran = lived.check(now=f"2026-01-{day:02}", env=env)
        assert ran.code == 3
        assert (ran.json["run"]["offline"], ran.json["run"]["network"], ran.json["sources"]) == (True, network, [])
        assert words in ran.json["notices"][0]
        assert lived.state() == state
    heal()
    assert conclusions(lived.check(now="2026-01-12")) == before
    assert lived.run("verify").code == 0
    assert lived.run("rebuild").code == 0
    assert conclusions(lived.check(now="2026-01-13")) == before


def test_days_in_a_broken_network_leave_no_trace(lived: Any, stage: Any, trouble: Any) -> None:
    days_of(lived, trouble, lambda: broken(stage, trouble[0]), lambda: web(stage))


def test_days_with_certificates_that_nobody_trusts_leave_no_trace(folder: Any, stage: Any) -> None:
    urls = [url.replace("http:", "https:") for url in URLS]
    for url in urls:
        stage[url] = stage.html(url)
    folder.article(*urls)
    assert folder.check("article.md", now="2026-01-01").code == 0
    env = {"SSL_CERT_FILE": certifi.where()}
    words = "12 of 12 sites had a certificate that cannot be verified"
    days_of(folder, (None, "ca", words), lambda: None, lambda: None, env)


@pytest.mark.parametrize("content", ["", "no certificate\n"])
def test_a_file_of_certificates_without_one_is_refused(folder: Any, stage: Any, content: str) -> None:
    url = URLS[0].replace("http:", "https:")
    stage[url] = stage.html(url)
    folder.article(url)
    assert folder.check("article.md", now="2026-01-01").told(url)[0] == "ok"
    bundle = folder.write("bundle.pem", content)
    state = folder.state()
    ran = folder.run("check", now="2026-01-02", env={"SSL_CERT_FILE": str(bundle)})
    assert (ran.code, "no certificate in it; give a bundle of CA certificates" in ran.err) == (2, True)
    assert folder.state() == state


def test_a_very_first_run_in_a_broken_network_keeps_no_baseline(folder: Any, stage: Any, trouble: Any) -> None:
    answer, network, _ = trouble
    broken(stage, answer)
    folder.article(*URLS)
    ran = folder.check("article.md", now="2026-01-01")
    assert (ran.code, ran.json["run"]["network"], ran.json["sources"]) == (3, network, [])
    assert folder.run("rebuild").code == 0
    web(stage)
    first = folder.check(now="2026-01-02")
    assert {source["reason"] for source in first.json["sources"]} == {"first-seen"}
    assert all(source["baseline"]["time"].startswith("2026-01-02") for source in first.json["sources"])


def test_three_domains_on_one_parking_host_beside_healthy_ones_are_the_web_s(folder: Any, stage: Any) -> None:
    web(stage)
    folder.article(*URLS)
    assert folder.check("article.md", now="2026-01-01").code == 0
    parked = Response(
        b"<html><title>alpha.example is for sale</title><body><h1>This domain is for sale</h1>"
        b"<p>Buy this domain. The domain may be for sale by its owner. Related searches</p></body></html>"
    )
    for url in URLS[:3]:
        stage[url] = parked
    ran = folder.check(now="2026-01-02")
    assert ran.json["run"]["offline"] is False
    assert ran.code == 1
    assert [ran.told(url)[:2] for url in URLS[:3]] == [("dead", "parked")] * 3
    assert [ran.told(url)[:2] for url in URLS[3:]] == [("ok", "same")] * 9


def test_one_source_alone_is_not_taken_for_a_portal(folder: Any, stage: Any) -> None:
    stage[URLS[0]] = stage.html("alone")
    folder.article(URLS[0])
    assert folder.check("article.md", now="2026-01-01").code == 0
    stage[URLS[0]] = stage.html("quite another page")
    ran = folder.check(now="2026-01-02")
    assert ran.told(URLS[0])[0] == "drifted"
    assert stage.asked("http://canary.example/") == 0


def test_what_is_as_it_was_is_recorded_though_others_turn_bad(lived: Any, stage: Any) -> None:
    portal = Response(_SIGN_IN)
    for url in (*URLS[:-1], "http://canary.example/"):
        stage[url] = portal
    ran = lived.check(now="2026-01-02")
    assert (ran.code, ran.json["run"]["network"], ran.json["sources"]) == (3, "portal", [])

    def checked() -> list[str]:
        sources = lived.run("status", "--all", "--format", "json").json["sources"]
        days = {source["url"]: (source["verdict"], source["checked"][:10]) for source in sources}
        return [days[url] for url in URLS]

    expected = [("ok", "2026-01-01")] * 11 + [("ok", "2026-01-02")]
    assert checked() == expected
    assert lived.run("verify").code == 0
    assert lived.run("rebuild").code == 0
    assert checked() == expected
    web(stage)
    again = lived.check(now="2026-01-03").json["sources"]
    assert {(source["verdict"], source["strikes"], source["changed"]) for source in again} == {("ok", 0, "none")}
