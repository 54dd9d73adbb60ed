"""The address guard, without a proxy and behind one, and what a proxy's own failures mean."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.model import Reason
from linkarchive.settings import NetworkSettings
from linkarchive.web.failures import has_ipv6
from linkarchive.web.guard import address_is_private, names_private_host
from linkarchive.web.proxy import proxy_for
from linkarchive.web.request_url import parse_target

PRIVATE = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0x7f000001/",
    "http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1./", "http://%31%32%37.0.0.1/",
    "http://127。0。0。1/", "http://①②⑦.0.0.1/", "http://localhost/", "http://LOCALHOST./", "http://a.localhost/",
    "http://%6cocalhost/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[fd00:ec2::254]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://0/", "http://0.0.0.0/",
    "http://10.1.2.3/", "http://172.16.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/", "http://100.64.0.1/", "http://224.0.0.1/", "http://255.255.255.255/",
    "http://168.63.129.16/", "http://user:pw@127.0.0.1:8080/x", "https://metadata.google.internal/",
    "http://[64:ff9b:1::1]/",
]  # fmt: skip

PUBLIC = [
    "http://93.184.216.34/", "http://example.com/", "http://127.0.0.1.example.com/", "http://localhost.example.com/",
    "http://[2606:2800:220:1::1]/", "http://[64:ff9b::5db8:d822]/", "http://[::ffff:93.184.216.34]/",
    "http://0x5db8d822/", "http://notlocalhost/", "http://1.2.3.4.5/", "http:///", "mailto:a@b.example",
    "http://xbox/", "http://a.1x/",
]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE)
def test_a_literal_private_address_is_seen_in_any_spelling(url):
    assert names_private_host(url)


@pytest.mark.parametrize("url", PUBLIC)
def test_public_addresses_and_names_are_not_private(url):
    assert not names_private_host(url)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "0x{:x}", "0{:o}"]))
def test_every_number_is_judged_as_the_address_that_it_is(number, spelling):
    dotted = socket.inet_ntoa(number.to_bytes(4, "big"))
    assert names_private_host(f"http://{spelling.format(number)}/") == address_is_private(dotted)


@given(st.text())
def test_no_text_breaks_the_guard(text):
    assert names_private_host(text) in (True, False)
    assert names_private_host(f"http://{text}/") in (True, False)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/a", "http://2130706433:{port}/a", "http://localhost:{port}/a"]
)
def test_the_guard_stops_a_visit_before_anything_is_sent(web, visit_one, url):
    web.put("/a", web.page(b"secret"))
    visit = visit_one(url.format(port=web.port), allow_private=False, retries=2)
    assert visit.failure.reason is Reason.PRIVATE_ADDRESS
    assert visit.tries == 1
    assert web.connections == 0


def test_a_public_name_that_resolves_to_a_private_address_is_refused_at_connect_time(web, visit_one):
    name = socket.gethostname()  # resolves to an address of this machine, and is no literal
    try:
        address = socket.gethostbyname(name)
    except OSError:
        pytest.skip("this machine's own name does not resolve")
    if names_private_host(f"http://{name}/") or not address_is_private(address):
        pytest.skip("this machine's own name is a literal or a public address")
    web.put("/a", web.page(b"secret"))
    visit = visit_one(f"http://{name}:{web.port}/a", allow_private=False)
    assert visit.failure.reason is Reason.PRIVATE_ADDRESS
    assert address in visit.failure.detail
    assert web.connections == 0


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/", "http://2130706433/", "http://[::ffff:10.0.0.1]/", "//localhost/x"]
)
def test_behind_a_proxy_a_redirect_to_a_private_address_is_refused_before_sending(web, proxy, visit_one, target):
    web.put("/a", web.redirect(target))
    visit = visit_one("http://site.example/a", http_proxy=proxy.url, allow_private=False)
    assert visit.failure.reason is Reason.PRIVATE_ADDRESS
    assert [hop.url for hop in visit.hops] == ["http://site.example/a"]
    assert proxy.asked == ["GET http://site.example/a HTTP/1.1"]


def test_a_local_proxy_may_be_used_and_the_peer_is_then_unknown(web, proxy, visit_one):
    web.put("/a", web.page(b"there"))
    visit = visit_one("http://site.example/a", http_proxy=proxy.url, allow_private=False)
    assert visit.final.body.read() == b"there"
    assert visit.final.ip is None


def test_the_answer_to_connect_is_not_taken_for_the_origins(secure_web, proxy, authority, visit_one, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(authority.cert_pem.bytes())
    proxy.to = secure_web.port
    secure_web.put("/a", secure_web.page(b"safe", "200 Origin"))
    visit = visit_one("https://site.example/a", https_proxy=proxy.url, ca_file=str(bundle), allow_private=False)
    assert visit.final.status_line == "200 Origin"
    assert "x-proxy" not in visit.final.header_map
    assert proxy.asked == ["CONNECT site.example:443 HTTP/1.1"]


@pytest.mark.parametrize(
    ("status", "reason", "own"),
    [(502, Reason.REFUSED, False), (504, Reason.TIMEOUT, False), (407, Reason.PROTOCOL, True)],
)
def test_a_proxy_that_cannot_connect_says_nothing_about_names(proxy, visit_one, status, reason, own):
    proxy.connect_answer = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()
    visit = visit_one("https://site.example/a", https_proxy=proxy.url)
    assert visit.failure.reason is reason
    assert visit.failure.proxy is own
    assert not visit.failure.no_such_name
    assert not visit.connected
    assert str(status) in visit.failure.detail


@pytest.mark.parametrize("proxy_url", ["http://127.0.0.1:1", f"http://{'a' * 64}.invalid:3128"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there(visit_one, proxy_url, scheme):
    visit = visit_one(f"{scheme}://site.example/a", http_proxy=proxy_url, https_proxy=proxy_url)
    assert visit.failure.proxy
    assert not visit.failure.no_such_name
    assert not visit.connected


def test_the_environment_of_libcurl_itself_is_not_read(web, visit_one, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert visit_one(web.put("/a", web.page(b"x"))).final.status == 200


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("*", "http://a.example/", True),
        ("example.com", "http://example.com/", True),
        ("example.com", "http://www.example.com/", True),
        (".example.com", "http://example.com/", True),
        ("example.com", "http://notexample.com/", False),
        ("a.example, b.example", "http://b.example:8080/", True),
        ("a.example b.example", "http://b.example/", True),
        ("10.0.0.0/8", "http://10.1.2.3/", True),
        ("10.0.0.0/8", "http://11.1.2.3/", False),
        ("[::1]", "http://[::1]/", True),
        ("EXAMPLE.com", "http://Example.COM./", True),
        ("", "http://a.example/", False),
        (",", "http://a.example/", False),
    ],
)
def test_no_proxy_is_read_as_curl_reads_it(no_proxy, url, direct):
    network = NetworkSettings(http_proxy="http://p.example:3128", no_proxy=no_proxy)
    assert (proxy_for(parse_target(url), network) == "") is direct


def test_each_scheme_has_its_own_proxy():
    network = NetworkSettings(http_proxy="http://one:1", https_proxy="http://two:2")
    assert proxy_for(parse_target("http://a.example/"), network) == "http://one:1"
    assert proxy_for(parse_target("https://a.example/"), network) == "http://two:2"


@pytest.mark.parametrize("both", [False, True])
def test_a_host_that_is_silent_on_http_is_asked_on_https(
    web, secure_web, proxy, second_proxy, authority, visit_one, tmp_path, both
):
    async def hang_up(_asked, _writer):
        return

    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(authority.cert_pem.bytes())
    web.put("/a", hang_up)
    secure_web.put("/a", hang_up if both else web.page(b"x"))
    second_proxy.to = secure_web.port
    visit = visit_one(
        "http://site.example/a?b", http_proxy=proxy.url, https_proxy=second_proxy.url, ca_file=str(bundle)
    )
    assert secure_web.times("/a?b") == 1
    if both:
        assert (visit.failure.reason, visit.failure.url) == (Reason.RESET, "http://site.example/a?b")
    else:
        assert visit.final.url == "https://site.example/a?b"
        assert visit.hops == ()


@pytest.mark.parametrize("name", ["harbour.onion", "quay.i2p", "nas.lan", "wiki.internal"])
def test_a_name_that_is_not_for_the_public_dns_is_of_another_network(visit_one, monkeypatch, name):
    def unknown(*_args, **_keywords):
        raise socket.gaierror(socket.EAI_NONAME, "no")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = visit_one(f"http://{name}/").failure
    assert failure.reason is Reason.OTHER_NETWORK
    assert name in failure.detail


@pytest.mark.skipif(has_ipv6(), reason="this machine has IPv6")
def test_an_ipv6_address_without_a_way_to_it_is_of_another_network(visit_one):
    assert visit_one("http://[2001:db8::7]/").failure.reason is Reason.OTHER_NETWORK
