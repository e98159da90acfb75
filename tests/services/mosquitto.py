"""mosquitto: a real broker for tests, on a free loopback port, in a temporary folder, ended by its process id.

`mosquitto` is one for the whole session that queues and delivers without limit (max_inflight_messages 0,
max_queued_messages 0); GRIDWATCH_TEST_MQTT=host:port names one that runs already instead, and it must be set like that.
Tests use topics and client ids of their own. `own_mosquitto` makes further ones, which a test may configure and end.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.services.need import missing
from tests.services.wait import until

UNLIMITED = ("max_inflight_messages 0", "max_queued_messages 0")
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Mosquitto:
    """A broker of our own. lines: of its configuration, beside the listener; listener_lines: of the listener."""

    def __init__(
        self,
        folder: Path,
        lines: tuple[str, ...] = UNLIMITED,
        listener_lines: tuple[str, ...] = (),
        anonymous: bool = True,
    ) -> None:
        program = shutil.which("mosquitto", path=_PATH)
        if program is None:
            missing("mosquitto", "apt-get install mosquitto (as root), or set GRIDWATCH_TEST_MQTT=host:port")
        self.program, self.folder = program, folder
        self.host, self.port = "127.0.0.1", free_port()
        folder.mkdir(parents=True, exist_ok=True)
        user = "user root\n" if os.getuid() == 0 else ""
        text = f"{user}listener {self.port} {self.host}\n" + "".join(f"{line}\n" for line in (*listener_lines, *lines))
        text += f"allow_anonymous {'true' if anonymous else 'false'}\nset_tcp_nodelay true\n"
        (folder / "mosquitto.conf").write_text(text)
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        log = (self.folder / "mosquitto.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [self.program, "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log
            )
        until(self._listens, f"mosquitto on {self.address}; see {self.folder / 'mosquitto.log'}", seconds=60)

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "mosquitto.log").read_text()
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it; what it holds in memory is gone, unless it has `persistence true`."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None


class Running:
    """A broker that was there before."""

    def __init__(self, address: str) -> None:
        self.host, _, port = address.rpartition(":")
        self.port = int(port)


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto | Running]:
    """One broker for all tests, without limits."""
    address = os.environ.get("GRIDWATCH_TEST_MQTT")
    if address:
        yield Running(address)
        return
    broker = Mosquitto(tmp_path_factory.mktemp("mosquitto"))
    yield broker
    broker.stop()


@pytest.fixture
def own_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Makes brokers of the test's own: `own_mosquitto(lines=…, listener_lines=…, anonymous=…)`."""
    made: list[Mosquitto] = []

    def make(**how: object) -> Mosquitto:
        broker = Mosquitto(tmp_path / f"mosquitto-{len(made)}", **how)  # type: ignore[arg-type]
        made.append(broker)
        return broker

    yield make
    for broker in made:
        broker.stop()
