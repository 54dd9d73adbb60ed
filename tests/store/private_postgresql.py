"""A PostgreSQL of the tests' own: in a folder of its own, on a Unix socket, gone with the process that started it.

A test with the fixture `database` runs on SQLite, and again with each SQLite file a database of PostgreSQL: what is in
its place is a file that names that.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL

from linkarchive.store import connections
from linkarchive.store import database as store_database

_STARTING = 120.0
"""Seconds that a loaded machine may take to start it."""
_OF_TESTS = (
    "listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "jit=off",
    "max_wal_senders=0", "max_connections=60", "shared_buffers=32MB", "autovacuum=off", "timezone=Asia/Kathmandu",
)  # fmt: skip
"""For speed; and a time zone that no time may be read in."""
_TEMPLATE = "of_linkarchive"


@dataclass
class Server:
    """A running server, whose databases all have names of their own."""

    folder: Path
    command: list[str]
    who: dict[str, Any]
    """As whom it runs."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """The name of a new database, a copy of another one."""
        name = f"test_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def create_with_tables(self) -> str:
        return self.create(_TEMPLATE)

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement: Any) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def launch(self) -> None:
        """Start its process; it answers a little later."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **self.who
            )

    def crash(self) -> None:
        """End it as `pg_ctl stop -m immediate` does: all that was not committed is lost."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def stop(self) -> None:
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


def programs() -> Path | None:
    """The folder of the newest server's programs."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: float(path.parts[-3]), default=None)
    path = newest or shutil.which("initdb")
    return None if path is None else Path(path).parent


def _as_somebody() -> dict[str, Any]:
    """A server refuses to run as root."""
    if os.geteuid():
        return {}
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def start() -> Server:
    """Start a server. Skips the test where none is installed."""
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    who = _as_somebody()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the name of a socket is short
    if who:
        os.chown(folder, who["user"], who["group"])
    data = folder / "data"
    make = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run(make, check=True, capture_output=True, cwd=folder, **who)
    ends_with_us = ["setpriv", "--pdeathsig", "QUIT", "--"] if shutil.which("setpriv") else []
    options = [part for option in (*_OF_TESTS, f"unix_socket_directories={folder}") for part in ("-c", option)]
    server = Server(folder, [*ends_with_us, str(binaries / "postgres"), "-D", str(data), *options], who)
    server.launch()
    end = time.monotonic() + _STARTING
    while True:
        try:
            server.run(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() >= end:
                text = (folder / "log").read_text()
                server.stop()
                raise AssertionError(text) from None
            time.sleep(0.05)
        else:
            break
    store_database.upgrade(server.url(_TEMPLATE))
    return server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The server of this process; the test is skipped where none is installed."""
    server = start()
    yield server
    server.stop()


@pytest.fixture
def postgresql_url(postgresql: Server) -> Iterator[str]:
    """The address of a new database with our tables."""
    name = postgresql.create_with_tables()
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture
def empty_postgresql_url(postgresql: Server) -> Iterator[str]:
    """The address of a new database without tables."""
    name = postgresql.create()
    yield postgresql.url(name)
    postgresql.drop(name)


class Files:
    """The databases of a test are files of SQLite."""

    name = "sqlite"

    def copytree(self, old: Path, new: Path, *, lasting: bool = False) -> None:
        """Copy a project folder; the copy may be there for other tests, too."""
        shutil.copytree(old, new, symlinks=True, dirs_exist_ok=True)


class OnServer(Files):
    """In the place of an SQLite file stands one that tells where it is, and the name of a database."""

    name = "postgresql"

    def __init__(self, server: Server) -> None:
        self.server = server
        self.made: list[str] = []

    def address(self, database: str | URL | Path | None) -> URL:
        if not isinstance(database, Path):
            return connections.address(database)
        if not database.exists() or not database.stat().st_size:
            self._note(database, self.server.create_with_tables(), False)
        _, name = json.loads(database.read_text())
        return connections.address(self.server.url(name))

    def _note(self, database: Path, name: str, lasting: bool) -> None:
        if not lasting:
            self.made.append(name)
        database.write_text(json.dumps([str(database), name]))

    def copytree(self, old: Path, new: Path, *, lasting: bool = False) -> None:
        super().copytree(old, new)
        for database in new.glob("archive/archive.sqlite"):
            _, name = json.loads(database.read_text())
            self._note(database, self.server.create(name), lasting)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    """What the databases of the test are."""
    if request.param == "sqlite":
        yield Files()
        return
    elsewhere = OnServer(request.getfixturevalue("postgresql"))
    monkeypatch.setattr(store_database, "address", elsewhere.address)
    yield elsewhere
    for name in elsewhere.made:
        elsewhere.server.drop(name)
