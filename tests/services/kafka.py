"""kafka: a real Apache Kafka for tests: one broker for the whole session, and further ones of a test's own.

KRaft, broker and controller in one process, on free loopback ports, with data in a temporary folder, ended by their
process ids. The jars come from `tests/services/install.sh` (`make services`). GRIDWATCH_TEST_KAFKA=host:port names one
that runs already instead of the session's; tests make topics with names of their own and leave them there.
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
node.id={node}
controller.quorum.bootstrap.servers={controllers}
listeners={protocol}://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={protocol}://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name={protocol}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,{protocol}:{protocol}
log.dirs={folder}/log
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor={copies}
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms={settle}
auto.create.topics.enable=false
"""
USER, PASSWORD = "gridwatch", "a secret of the tests"
SECURED = f"""
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
 username="{USER}" password="{PASSWORD}" user_{USER}="{PASSWORD}";
ssl.keystore.type=PEM
ssl.keystore.location={{folder}}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={{certificates}}/ca.pem
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


class Kafka:
    """Brokers of one cluster, each a controller too. memory: what one may take, as Java says it. certificates: a folder
    with some (see certificates.py); clients then need TLS, and log in as USER with PASSWORD. settle: seconds that a
    group waits for its first members."""

    def __init__(
        self,
        folder: Path,
        brokers: int = 1,
        memory: str = "512m",
        certificates: Path | None = None,
        settle: float = 0.0,
    ) -> None:
        if shutil.which("java") is None or not (JARS / "complete").exists():
            missing("Apache Kafka", "make services (it needs Java 17 and Maven), or set GRIDWATCH_TEST_KAFKA=host:port")
        ports = free_ports(2 * brokers)
        self.folder, self.ports, controllers = folder, ports[:brokers], ports[brokers:]
        self._java = ["java", f"-Xmx{memory}", "-XX:+UseSerialGC", "-cp", f"{JARS}/libs/*"]
        self.servers: list[subprocess.Popen[bytes] | None] = [None] * brokers
        identity, directories = uuid.uuid4().hex[:22], [uuid.uuid4().hex[:22] for _ in range(brokers)]
        quorum = ",".join(
            f"{n}@127.0.0.1:{port}:{directory}"
            for n, (port, directory) in enumerate(zip(controllers, directories, strict=True))
        )
        tools = []
        for n, controller in enumerate(controllers):
            (folder / str(n)).mkdir(parents=True)
            text = CONFIGURATION.format(
                node=n,
                controllers=",".join(f"127.0.0.1:{port}" for port in controllers),
                broker=self.ports[n],
                controller=controller,
                folder=folder / str(n),
                copies=brokers,
                settle=round(settle * 1000),
                protocol="SASL_SSL" if certificates else "PLAINTEXT",
            )
            if certificates:
                both = [(certificates / f"server.{each}").read_text() for each in ("key", "pem")]
                (folder / str(n) / "server.pem").write_text("".join(both))
                text += SECURED.format(folder=folder / str(n), certificates=certificates)
            self._configuration(n).write_text(text)
            how = ["--initial-controllers", quorum, "-t", identity, "-c", str(self._configuration(n))]
            tools.append(
                subprocess.Popen(
                    [*self._java, "kafka.tools.StorageTool", "format", *how],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        assert [tool.wait(60) for tool in tools] == [0] * brokers

    @property
    def address(self) -> str:
        """host:port of the first."""
        return self.addresses[0]

    @property
    def addresses(self) -> list[str]:
        """Of all."""
        return [f"127.0.0.1:{port}" for port in self.ports]

    def start(self) -> Kafka:
        """Those that don't run, and wait until they listen."""
        for n, server in enumerate(self.servers):
            if server is None:
                with (self.folder / str(n) / "server.log").open("ab") as log:
                    command = [*self._java, "kafka.Kafka", str(self._configuration(n))]
                    self.servers[n] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder / str(n))
        for n in range(len(self.servers)):
            until(lambda n=n: self._listens(n), "Kafka to listen", seconds=90)  # type: ignore[misc]
        return self

    def kill(self, *which: int) -> None:
        """SIGKILL to some; none named: all."""
        for n in which or range(len(self.servers)):
            server, self.servers[n] = self.servers[n], None
            if server is not None:
                server.kill()
                server.wait(timeout=30)

    def end(self) -> None:
        """All of it; the data is thrown away, so nothing is gained by asking."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _configuration(self, n: int) -> Path:
        return self.folder / str(n) / "server.properties"

    def _listens(self, n: int) -> bool:
        server = self.servers[n]
        if server is not None and server.poll() is not None:
            said = (self.folder / str(n) / "server.log").read_text()[-2000:]
            raise RuntimeError(f"Kafka ended with {server.returncode}: {said}")
        try:
            socket.create_connection(("127.0.0.1", self.ports[n]), timeout=1).close()
        except OSError:
            return False
        return True


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a broker."""
    given = os.environ.get("GRIDWATCH_TEST_KAFKA")
    if given:
        yield given
        return
    server = Kafka(tmp_path_factory.mktemp("kafka"))
    try:
        yield server.start().address
    finally:
        server.end()


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Kafka]:
    """One broker that a test may kill and start again."""
    server = Kafka(tmp_path / "kafka", memory="256m")
    try:
        yield server.start()
    finally:
        server.end()


@pytest.fixture
def secured_kafka(tmp_path: Path, certificates: Path) -> Iterator[Kafka]:
    """One broker that takes nobody without TLS and a login."""
    server = Kafka(tmp_path / "kafka", memory="256m", certificates=certificates)
    try:
        yield server.start()
    finally:
        server.end()


@pytest.fixture
def kafka_cluster(tmp_path: Path) -> Iterator[Kafka]:
    """Three brokers, each of which a test may kill and start again."""
    servers = Kafka(tmp_path / "kafka", brokers=3, memory="256m")
    try:
        yield servers.start()
    finally:
        servers.end()
