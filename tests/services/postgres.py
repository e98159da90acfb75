"""postgres: a real PostgreSQL for tests, on a free loopback port, in a temporary folder, ended by its process id.

One for the whole session; GRIDWATCH_TEST_POSTGRES=postgresql://… names one that runs already instead, whose user may
create databases. Each test gets a database of its own, copied from one with the tables in it, which takes some 50 ms.
Nothing is synced to the disk: what a killed writer leaves does not depend on it, only what a power failure leaves.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from tests.services.mosquitto import free_port
from tests.services.need import missing
from tests.services.wait import until

_HOW = "apt-get install postgresql (as root), or set GRIDWATCH_TEST_POSTGRES=postgresql://user:password@host/name"
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB")


class Postgres:
    """A server. url: of a database to begin with."""

    def __init__(self, url: str) -> None:
        self.url = url

    def database(self, template: str = "template0") -> str:
        """A new database's URL. template: the name of the one it is copied from, to which nobody is connected."""
        name = f"gridwatch_{uuid.uuid4().hex[:12]}"
        self._say(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return sa.make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Away with it, whoever is connected."""
        self._say(f'DROP DATABASE IF EXISTS "{sa.make_url(url).database}" WITH (FORCE)')

    def _say(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


class OwnPostgres(Postgres):
    """One of our own. settings: as `name=value`."""

    def __init__(self, settings: tuple[str, ...] = _QUICK) -> None:
        found = [path / "initdb" for path in _programs() if (path / "initdb").exists()]
        if not found:
            missing("PostgreSQL", _HOW)
        # Not in a test's own folder: that is for the tests' user alone, and where that is root the server is another.
        self._folder = Path(tempfile.mkdtemp(prefix="gridwatch-postgres-"))
        self._programs, self._settings = found[0].parent, settings
        self._data, self._log = self._folder / "data", self._folder / "postgres.log"
        self._as = _SYSTEM_USER if os.getuid() == 0 else None
        if self._as is not None:
            shutil.chown(self._folder, self._as)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "gridwatch", "-E", "UTF8", "--locale=C", "-N")
        self.port = free_port()
        super().__init__(f"postgresql://gridwatch@127.0.0.1:{self.port}/postgres")
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = (f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *self._settings)
        arguments = [argument for setting in settings for argument in ("-c", setting)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *arguments], stdout=log, stderr=log, user=self._as
            )
        until(self._answers, f"PostgreSQL on port {self.port}; see {self._log}")

    def end(self) -> None:
        """Stop it and remove all of it."""
        self.stop()
        shutil.rmtree(self._folder)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it at once; SIGQUIT: as if it had crashed."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self._log.read_text()
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], capture_output=True, check=False, user=self._as, cwd=self._folder
        )
        assert done.returncode == 0, done.stderr.decode()


_SYSTEM_USER = "postgres"
"""PostgreSQL refuses to run as root; its package makes this user."""


def _programs() -> list[Path]:
    """Where its programs may be, the newest first: Debian keeps each version's apart, and none of them in PATH."""
    at = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    return [*debian, *([Path(at).resolve().parent] if at else [])]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests."""
    url = os.environ.get("GRIDWATCH_TEST_POSTGRES")
    if url:
        yield Postgres(url)
        return
    server = OwnPostgres()
    yield server
    server.end()


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    """A server of the test's own, which it may stop and start."""
    server = OwnPostgres()
    yield server
    server.end()


@contextmanager
def temporary(server: Postgres, template: str = "template0") -> Iterator[str]:
    """The URL of a database that is gone afterwards."""
    url = server.database(template)
    try:
        yield url
    finally:
        server.drop(url)


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty database."""
    with temporary(postgres) as url:
        yield url
