"""A shelf in object storage: nothing is written over, what cannot be put leaves no row, what nobody names is swept."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from fleet_rig import Hub, Web, ended
from warcio.archiveiterator import ArchiveIterator

moto = pytest.importorskip("moto.server", reason="moto[server], an S3 on this machine, is not installed")

from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402 - it comes with moto

PAGES = [f"http://h{host}.example/{page}" for page in range(3) for host in range(8)]
_DENIED = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'


class Bucket:
    """An S3 with one bucket, which notes what is put, and refuses it while `refuses` says so."""

    def __init__(self) -> None:
        self._moto = moto.DomainDispatcherApplication(moto.create_backend_app)
        self.put: Counter[str] = Counter()
        """How often each name was put."""
        self.refuses: Callable[[str], bool] = lambda name: False
        self.refused: list[str] = []
        self.address = ""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        name = environ["PATH_INFO"].removeprefix("/shelf/")
        if environ["REQUEST_METHOD"] in ("PUT", "POST") and name.startswith("kept/"):
            if self.refuses(name):
                self.refused.append(name)
                start("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(_DENIED)))])
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                return [_DENIED]
            query = environ.get("QUERY_STRING", "")
            if environ["REQUEST_METHOD"] == "PUT" and "partNumber" not in query:
                self.put[name] += 1
            if environ["REQUEST_METHOD"] == "POST" and query.startswith("uploadId"):
                self.put[name] += 1
        return self._moto(environ, start)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def served() -> Iterator[Bucket]:
    bucket = Bucket()
    server = make_server("127.0.0.1", 0, bucket, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    bucket.address = f"http://127.0.0.1:{server.server_port}"
    yield bucket
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def bucket(served: Bucket) -> Bucket:
    """The bucket, empty."""
    served.refuses = lambda name: False
    served.put.clear()
    served.refused.clear()
    urlopen(Request(f"{served.address}/moto-api/reset", method="POST")).close()
    put(f"{served.address}/shelf", b"")
    return served


@pytest.fixture
def shelved(bucket: Bucket, new_hub: Hub) -> Hub:
    """A hub to be, whose shelf it is."""
    hub = replace(new_hub, shelf="s3://shelf/kept")
    hub.settings.update({
        "AWS_ACCESS_KEY_ID": "editor", "AWS_SECRET_ACCESS_KEY": "not-for-logs", "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": bucket.address, "no_proxy": "127.0.0.1",
    })  # fmt: skip
    return hub


@pytest.fixture
def stored(shelved: Hub) -> Hub:
    """A hub with that shelf, and a project that was pushed."""
    shelved.init()
    project = shelved.project("politics")
    project.article(*PAGES)
    assert project.run("push", now=None).code == 0
    return shelved


_HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=editor/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
}


def put(address: str, data: bytes) -> None:
    urlopen(Request(address, data, {**_HEADERS, "Content-Type": "application/gzip"}, method="PUT")).close()


def content(bucket: Bucket, name: str) -> bytes:
    request = Request(f"{bucket.address}/shelf/kept/{name}", headers=_HEADERS)
    with urlopen(request) as response:
        data: bytes = response.read()
    return data


def names(bucket: Bucket) -> set[str]:
    """What is on the shelf."""
    request = Request(f"{bucket.address}/shelf?list-type=2", headers=_HEADERS)
    with urlopen(request) as response:
        text = response.read().decode()
    return {part.partition("</Key>")[0].removeprefix("kept/") for part in text.split("<Key>")[1:]}


def of_an_earlier_fence(name: str) -> str:
    """The name of the file that a worker may have put before it died: no row names it."""
    when, number, _, *rest = name.split("-")
    return "-".join([when, number, "000000", *rest])


def report(hub: Hub) -> dict[str, Any]:
    ran = hub.project("politics").run("report", "--format", "json", now=None)
    assert ran.code == 0, ran
    parsed: dict[str, Any] = json.loads(ran.out)
    return parsed


def assert_kept(hub: Hub, bucket: Bucket) -> None:
    assert Counter(url for url, _ in hub.visits("politics")) == dict.fromkeys(PAGES, 1)
    for source in report(hub)["sources"]:
        place = source["capture"]
        data = content(bucket, place["warc"].removeprefix("archive/"))[place["offset"] :][: place["length"]]
        record = next(iter(ArchiveIterator(io.BytesIO(data))))
        assert record.rec_headers.get_header("WARC-Target-URI") == source["url"]
        assert record.rec_headers.get_header("WARC-Payload-Digest").lower() == place["digest"].lower()


@pytest.mark.long
def test_no_name_is_put_twice_also_when_a_worker_is_killed(stored: Hub, bucket: Bucket, web: Web) -> None:
    web.latency = 0.1
    stored.settings["ARCHIVE_NETWORK_HOST_DELAY"] = "0.7"
    workers = [stored.worker(name, "--once") for name in "abc"]
    web.wait(lambda: len(web.asked) >= 12)
    workers[0].kill()
    workers[0].communicate()
    assert [ended(worker)[0] for worker in workers[1:]] == [0, 0]
    assert_kept(stored, bucket)
    kept = {name: times for name, times in bucket.put.items() if "/warc/" in name or "/indexes/" in name}
    assert set(kept.values()) == {1}


@pytest.mark.long
def test_what_cannot_be_put_leaves_no_row_and_is_made_again(stored: Hub, bucket: Bucket, web: Web) -> None:
    bucket.refuses = lambda name: "/warc/" in name and len(bucket.refused) < 2
    assert ended(stored.worker("a", "--once"))[0] == 0
    assert len(bucket.refused) == 2
    assert_kept(stored, bucket)
    assert max(bucket.put[f"kept/{name}"] for name in names(bucket) if name.startswith("warc/")) == 1


@pytest.mark.long
def test_a_shelf_that_refuses_all_ends_a_worker_that_works_once(stored: Hub, bucket: Bucket, web: Web) -> None:
    """It is no failure of the ranges: they are there for the next one."""
    bucket.refuses = lambda name: "/warc/" in name
    impatient = "from linkarchive.fleet import worker\nworker._PATIENCE = 0.5"
    ran = stored.folder("worker-a").run_after(impatient, "worker", "--once", now=None)
    assert (ran.code, "Traceback" in ran.err) == (3, False), ran
    assert "the object storage refused warc/" in ran.err
    assert "not-for-logs" not in ran.err
    assert (stored.visits("politics"), stored.rows("SELECT * FROM hub.segments")) == ([], [])
    assert {(entry["worker"], entry["failures"]) for entry in stored.status()["ranges"]} == {(None, 0)}
    bucket.refuses = lambda name: False
    assert ended(stored.worker("b", "--once"))[0] == 0
    assert_kept(stored, bucket)


@pytest.mark.long
def test_what_no_row_names_is_swept_by_an_upgrade(stored: Hub, bucket: Bucket, web: Web) -> None:
    assert ended(stored.worker("a", "--once"))[0] == 0
    kept = names(bucket)
    orphan = of_an_earlier_fence(next(name for name in kept if name.startswith("warc/")))
    put(f"{bucket.address}/shelf/kept/{orphan}", b"x")
    assert stored.upgrade(now="2036-01-01T00:00:00Z").code == 0
    assert names(bucket) >= kept
    assert_kept(stored, bucket)
    assert orphan not in names(bucket)


@pytest.mark.long
def test_files_that_no_row_names_are_swept_from_a_folder(hub: Hub, web: Web) -> None:
    project = hub.project("politics")
    project.article(*PAGES)
    assert project.run("push", now=None).code == 0
    hub.work()
    kept = next((Path(hub.shelf) / "warc").iterdir())
    orphan = kept.with_name(of_an_earlier_fence(kept.name))
    orphan.write_bytes(b"x")
    assert hub.upgrade(now="2036-01-01T00:00:00Z").code == 0
    hub.assert_kept(project, PAGES)
    assert not orphan.exists()


def test_a_shelf_that_takes_no_file_makes_no_hub(shelved: Hub, bucket: Bucket) -> None:
    bucket.refuses = lambda name: True
    ran = shelved.folder().run("hub", "init", now=None)
    assert ran.code in (2, 3), ran
    assert "Traceback" not in ran.err
    assert "not-for-logs" not in ran.err
    assert "s3://shelf/kept" in ran.err
    assert shelved.schemas() == []
