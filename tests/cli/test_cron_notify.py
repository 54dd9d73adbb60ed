"""`--notify` and `[notify] command`: called with news only; whatever happens there, the verdicts stand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes?api_key=hunter2"


@pytest.fixture
def dead(folder: Any, stage: Any) -> Any:
    """A folder whose article cites a good page and one that is dead, its address with a secret."""
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA, BETA)
    return folder


@pytest.fixture
def service() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web hook on loopback: its address as Apprise writes it, and what it was sent."""
    taken: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if "broken" in self.path else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"json://user:topsecret@127.0.0.1:{server.server_port}", taken
    server.shutdown()
    thread.join()
    server.server_close()


DIRECT = {"no_proxy": "127.0.0.1"}


@pytest.mark.long
def test_a_service_is_told_the_news_once(dead: Any, service: tuple[str, list[dict[str, Any]]]) -> None:
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    url, taken = service
    first = dead.run("check", "article.md", "-q", "--notify", url, env=DIRECT)
    assert (first.code, first.err) == (1, "")
    again = dead.run("check", "-q", "--notify", url, now="2026-01-06", env=DIRECT)
    assert (again.code, again.out, again.err) == (1, "", "")
    (message,) = taken
    assert message["title"] == "One source is gone"
    assert "beta.example/notes" in message["message"]
    assert "hunter2" not in message["message"]
    assert "alpha.example" not in message["message"]


def test_a_service_that_fails_is_named_without_its_secrets(
    dead: Any, service: tuple[str, list[dict[str, Any]]]
) -> None:
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    url, taken = service
    urls = f"{url}/broken,{url}/fine,nonsense://user:topsecret@x"
    ran = dead.run("check", "article.md", "-q", env={**DIRECT, "ARCHIVE_NOTIFY_URLS": urls})
    assert ran.code == 1
    assert "beta.example" in ran.out
    assert ran.err.splitlines() == [
        "archive: notify: json: the service refused the message",
        "archive: notify: nonsense: not an address that Apprise knows",
    ]
    assert len(taken) == 2
    assert "topsecret" not in ran.out + ran.err


def test_apprise_that_is_missing_is_said_before_anything_is_done(
    dead: Any, stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "apprise" else there(name))
    ran = dead.run("check", "article.md", "--notify", "json://user:topsecret@127.0.0.1")
    assert (ran.code, ran.out) == (2, "")
    assert "pip install 'linkarchive[notify]'" in ran.err
    assert "topsecret" not in ran.err
    assert stage.requests == []


def script(folder: Any, text: str) -> None:
    """The notify command: a shell script with that text, given two seconds."""
    folder.write("tell me.sh", text)
    folder.write("archive.toml", "[notify]\ntime_limit = 2\ncommand = 'sh \"tell me.sh\"'\n")


def test_the_command_gets_the_news_on_stdin_in_the_project_folder(dead: Any, stage: Any) -> None:
    script(dead, "cat > told.md; pwd > where; echo this is no report")
    ran = dead.check("article.md")
    assert ran.code == 1
    assert ran.json["summary"]["dead"] == 1  # its output is not on ours
    message = (dead.root / "told.md").read_text(encoding="utf-8")
    assert message.startswith("# One source is gone\n")
    assert "beta.example/notes" in message
    assert "hunter2" not in message
    assert Path((dead.root / "where").read_text().strip()) == dead.root.resolve()
    (dead.root / "told.md").unlink()
    dead.check(now="2026-01-06")
    assert not (dead.root / "told.md").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cat > /dev/null; echo no such mailbox >&2; exit 7", "exit code 7: no such mailbox"),
        ("exit 1", "exit code 1"),  # it did not even read
        ("sleep 60 & sleep 60", "took longer than 2 s and was ended"),
    ],
)
def test_a_command_that_fails_changes_no_report_and_is_called_again(dead: Any, text: str, words: str) -> None:
    script(dead, text)
    ran = dead.check("article.md")
    assert ran.code == 1
    assert ran.told("http://beta.example/notes?api_key=REDACTED")[0] == "dead"
    assert words in ran.err
    assert words in dead.check(now="2026-01-06").err, "what could not be sent goes with the next run"


@pytest.mark.parametrize("command", ["no-such-program --at all", "'unbalanced"])
def test_a_command_that_cannot_be_run_is_named(dead: Any, command: str) -> None:
    ran = dead.check("article.md", env={"ARCHIVE_NOTIFY_COMMAND": command})
    assert ran.code == 1
    assert "notify.command" in ran.err
    assert "Traceback" not in ran.err


def test_being_offline_is_no_news(dead: Any) -> None:
    script(dead, "cat > told.md")
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    assert dead.run("check", "article.md", "-q", env=nowhere).code == 3
    assert not (dead.root / "told.md").exists()
