"""The demo web, and a client that goes through its proxy."""

from __future__ import annotations

from collections.abc import Iterator

import bulk_sites
import hostile_sites
import pytest
import requests

from linkarchive.demo.server import DemoWeb


@pytest.fixture
def web() -> Iterator[DemoWeb]:
    with DemoWeb(extra={**bulk_sites.hosts(), **hostile_sites.hosts()}) as web:
        yield web
    assert web.errors == []


@pytest.fixture
def client(web: DemoWeb) -> Iterator[requests.Session]:
    network = web.network()
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": network.http_proxy, "https": network.https_proxy}
        session.verify = network.ca_file
        yield session
