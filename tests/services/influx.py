"""influx: a real InfluxDB 1.8 with Flux for tests, on a free loopback port, in a temporary folder, ended by process id.

The program comes from `tests/services/install.sh` (`make services`; built by Go into .cache/influxdb). `influx` is one
for the whole session, in which each test has a database of its own; GRIDWATCH_TEST_INFLUX=http://host:port names one
that runs already instead (1.8, Flux on, nobody logs in). `own_influx` makes further ones, which a test may kill and
start.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.services.mosquitto import free_port
from tests.services.need import missing
from tests.services.wait import until

VERSION = "1.8.10"
PROGRAM = Path(__file__).parents[2] / ".cache" / "influxdb" / VERSION / "influxd"

Points = dict[tuple[str, str], tuple[object, object]]
"""By measurement and tags: columns, rows."""

CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:{internal}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
series-id-set-cache-size = 100
[http]
enabled = true
bind-address = "127.0.0.1:{port}"
flux-enabled = true
log-enabled = false
auth-enabled = {auth}
[monitor]
store-enabled = false
[logging]
level = "warn"
"""


def program() -> str:
    """influxd's path."""
    found = str(PROGRAM) if PROGRAM.exists() else shutil.which("influxd")
    if found is None and not (shutil.which("go") or Path("/usr/local/go/bin/go").exists()):
        pytest.skip("InfluxDB is missing, and Go that builds it: set GRIDWATCH_TEST_INFLUX=http://host:port")
    if found is None:
        missing("InfluxDB", "make services (it needs Go), or set GRIDWATCH_TEST_INFLUX=http://host:port")
    return found


class Running:
    """A server that nobody logs in to, or whose administrator is admin:secret."""

    def __init__(self, url: str, auth: bool = False) -> None:
        self.url, self.auth = url, auth

    def ask(self, query: str, database: str = "") -> list[dict[str, object]]:
        """InfluxQL: the series of its answer, as the server's JSON has them."""
        data = urllib.parse.urlencode({"q": query, "db": database}).encode()
        who = "?u=admin&p=secret" if self.auth else ""
        with urllib.request.urlopen(f"{self.url}/query{who}", data, timeout=10) as answer:
            result = json.load(answer)["results"][0]
        assert "error" not in result, result
        return list(result.get("series", []))

    def database(self) -> str:
        """A new one."""
        name = f"t{uuid.uuid4().hex[:10]}"
        self.ask(f"CREATE DATABASE {name}")
        return name

    def count(self, database: str, measurement: str, field: str) -> int:
        """How many points have that field."""
        series = self.ask(f'SELECT count("{field}") FROM "{measurement}"', database)
        return int(series[0]["values"][0][1]) if series else 0  # type: ignore[index]

    def points(self, database: str, *measurements: str) -> Points:
        """All of them."""
        found: Points = {}
        for name in measurements:
            for series in self.ask(f'SELECT * FROM "{name}" GROUP BY *', database):
                found[name, str(series["tags"])] = series["columns"], series["values"]
        return found


class Influx(Running):
    """A server of our own."""

    def __init__(self, folder: Path, auth: bool = False) -> None:
        self._program, self.folder, self.port = program(), folder, free_port()
        super().__init__(f"http://127.0.0.1:{self.port}", auth)
        folder.mkdir(parents=True, exist_ok=True)
        text = CONFIGURATION.format(folder=folder, port=self.port, internal=free_port(), auth=str(auth).lower())
        (folder / "influxdb.conf").write_text(text)
        self.process: subprocess.Popen[bytes] | None = None
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        if auth:
            self.auth = False
            self.ask("CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES")
            self.auth = True

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "influxd.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self._program, "-config", str(self.folder / "influxdb.conf")], stdout=log, stderr=log
            )
        until(self._answers, f"InfluxDB; see {self.folder / 'influxd.log'}", seconds=90)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "influxd.log").read_text()[-2000:]
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """SIGKILL; what it has acknowledged is in its log of writes."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for all tests."""
    given = os.environ.get("GRIDWATCH_TEST_INFLUX")
    if given:
        yield Running(given.rstrip("/"))
        return
    server = Influx(tmp_path_factory.mktemp("influx"))
    yield server
    server.kill()


@pytest.fixture
def own_influx(tmp_path: Path) -> Iterator[Callable[..., Influx]]:
    """Makes servers of the test's own: `own_influx(auth=…)`."""
    made: list[Influx] = []

    def make(auth: bool = False) -> Influx:
        made.append(Influx(tmp_path / f"influx-{len(made)}", auth))
        return made[-1]

    yield make
    for server in made:
        server.kill()
