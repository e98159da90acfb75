"""kafka: a real Apache Kafka for tests: one broker, one for the whole session.

KRaft, broker and controller in one process, on free loopback ports, with data in a temporary folder, ended by its
process id. The jars come from `tests/services/install.sh` (`make services`). GRIDWATCH_TEST_KAFKA=host:port names one
that runs already instead; tests make topics with names of their own and leave them there.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.need import missing
from tests.services.wait import until

VERSION = "4.1.1"
JARS = Path(__file__).parents[2] / ".cache" / "kafka" / VERSION

CONFIGURATION = """
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/log
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on; asked for together, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a broker."""
    given = os.environ.get("GRIDWATCH_TEST_KAFKA")
    if given:
        yield given
        return
    if shutil.which("java") is None or not (JARS / "complete").exists():
        missing("Apache Kafka", "make services (it needs Java 17 and Maven), or set GRIDWATCH_TEST_KAFKA=host:port")
    folder = tmp_path_factory.mktemp("kafka")
    broker, controller = free_ports(2)
    configuration = folder / "server.properties"
    configuration.write_text(CONFIGURATION.format(broker=broker, controller=controller, folder=folder))
    java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{JARS}/libs/*"]
    identity = uuid.uuid4().hex[:22]
    tool = [*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", identity, "-c", str(configuration)]
    subprocess.run(tool, check=True, stdout=subprocess.DEVNULL, timeout=60)
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([*java, "kafka.Kafka", str(configuration)], stdout=log, stderr=log, cwd=folder)
    try:
        until(lambda: _listens(broker, server, folder), "Kafka to listen", seconds=60)
        yield f"127.0.0.1:{broker}"
    finally:
        server.kill()  # the data is thrown away, so nothing is gained by asking
        server.wait(timeout=30)
        shutil.rmtree(folder / "log", ignore_errors=True)


def _listens(port: int, server: subprocess.Popen[bytes], folder: Path) -> bool:
    if server.poll() is not None:
        raise RuntimeError(f"Kafka ended with {server.returncode}: {(folder / 'server.log').read_text()[-2000:]}")
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
