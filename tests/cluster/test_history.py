"""The history of a city on Kafka in a real InfluxDB: whoever judges a partition when, it is that of one process."""

from __future__ import annotations

import asyncio
import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from connectors.history.influx import Influx
from connectors.history.settings import HistorySection
from gridwatch.cli import app
from gridwatch.cli.history import _backfill
from gridwatch.history_beside import history_rows
from gridwatch.recordings import Opened
from pipeline.journal import Contents
from pipeline.journal.contents import CONTENTS
from pipeline.runtime import history as following
from pipeline.runtime.cluster import history_feed
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.history import MeasuredJudge, WorkerHistory
from pipeline.runtime.cluster.history_marks import ask_marks
from pipeline.runtime.cluster.judging import PartitionJudge
from pipeline.runtime.cluster.loading import Versions
from pipeline.runtime.cluster.partitions_read import PartitionsRead
from pipeline.runtime.cluster.producing import Producer
from pipeline.runtime.cluster.routing import Router
from pipeline.runtime.cluster.settings import KafkaSection
from pipeline.runtime.cluster.topics import look, make
from pipeline.runtime.cluster.versions import publish_version
from pipeline.runtime.compose import load_city
from pipeline.runtime.config import load
from pipeline.runtime.history_state import read_state
from replay.recording import JOURNAL
from tests.cluster.recordings import recorded
from tests.runtime.kit import Lines
from tests.services import influx as servers
from tests.services.influx import Points, influx
from tests.services.influx_faults import FULL, Faults
from tests.services.wait import until

__all__ = ["influx"]
pytestmark = [pytest.mark.service, pytest.mark.timeout(200)]
PARTITIONS = 2
ROWS = ("positions", "readings", "sightings", "presence")
ALL = (*ROWS, "measures")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_AGAIN", (0.1,))
    monkeypatch.setattr(following, "_GATHER", 0.05)
    monkeypatch.setattr(history_feed, "_SAVED", 0.0)
    monkeypatch.setattr(history_feed, "_AT_ONCE", 7)


class OnKafka:
    """A recording's entries in Kafka, dealt to partitions."""

    def __init__(self, broker: str, folder: Path) -> None:
        self.folder = folder
        self.opened: Opened = recorded(folder / "recording", "dead-zones", hours=0.5)
        self.file = folder / "recording" / "city.yaml"
        self.how: dict[str, Any] = {"bootstrap_servers": [broker], "request_timeout_ms": 10_000}
        prefix = f"h-{uuid.uuid4().hex[:8]}"
        self.kafka = {"brokers": [broker], "prefix": prefix, "partitions": PARTITIONS, "replication": 1}
        section = KafkaSection.model_validate(self.kafka)
        self.topics = section.topics("")
        make(self.how, section, look(self.how, section, self.topics).missing)
        contents = Contents(folder / "recording" / JOURNAL / CONTENTS)
        self.versions = Versions(contents)
        producer = Producer(self.how, self.topics.entries)
        producer.start()
        shared, city = SharedContents(self.how, self.topics.contents, producer), load_city(self.file)
        payload = publish_version(city, contents, shared, producer, PARTITIONS, 0)
        router = Router(lambda names: self.versions(payload, names), PARTITIONS)
        for piece in self.opened.entries().read(0, 100):
            producer.put(router.route(piece.batch))
        producer.close()
        with PartitionsRead(self.how, self.topics.entries) as read:
            self.messages = [list(read.messages(at, 0, read.end[at])) for at in range(PARTITIONS)]

    def on_kafka(self, section: HistorySection) -> Path:
        """Its configuration, as a city on Kafka has it."""
        folder = self.folder / "city"
        shutil.copytree(self.folder / "recording", folder, ignore=shutil.ignore_patterns(JOURNAL))
        history = section.model_dump(mode="json", include={"url", "bucket"})
        more = {"runtime": "cluster", "kafka": self.kafka, "history": history}
        more["store"] = {"url": "postgresql://127.0.0.1:1/none"}
        text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in more.items())
        (folder / "city.yaml").write_text((folder / "city.yaml").read_text("utf-8") + text, "utf-8")
        return folder

    def section(self, url: str, database: str) -> HistorySection:
        said = {"url": url, "bucket": f"{database}/autogen", "measures_every": "1s", "metrics_every": "1h"}
        return HistorySection.model_validate({**said, "timeout": "2s"})

    def worker(self, name: str, section: HistorySection) -> Small:
        return Small(self, name, section)


class Small:
    """What a worker does, message by message as the test says."""

    def __init__(self, city: OnKafka, name: str, section: HistorySection) -> None:
        self.city, self.name, self.section, self.log = city, name, section, Lines()
        self.here: list[int] = []
        self.judges: dict[int, MeasuredJudge] = {}
        self.seen: dict[int, int] = {}
        self.history = WorkerHistory(
            section,
            city.folder / name,
            city.how,
            city.topics,
            PARTITIONS,
            city.versions,
            lambda: list(self.here),
            CollectorRegistry(),
            self.log,
            city.file,
            {},
        )
        self.history.start()

    def judges_from(self, partition: int, snapshot: tuple[bytes, int] | None = None) -> None:
        judge = self.judges[partition] = self.history.judging(PartitionJudge(partition, PARTITIONS, self.city.versions))
        self.seen[partition] = 0
        if snapshot is not None:
            data, self.seen[partition] = snapshot
            judge.restore(data)
        self.here.append(partition)

    def judge(self, partition: int, count: int, at_once: int) -> None:
        """So many of the messages, in pieces."""
        since = self.seen[partition]
        for at in range(since, min(since + count, len(self.city.messages[partition])), at_once):
            self.judges[partition].take(self.city.messages[partition][at : min(at + at_once, since + count)])
        self.seen[partition] = min(since + count, len(self.city.messages[partition]))

    def snapshot(self, partition: int) -> tuple[bytes, int]:
        return self.judges[partition].snapshot(), self.seen[partition]

    def kill(self) -> None:
        """It says nothing more to anybody, and what was in its memory is gone."""
        self.history._history._ending.set()
        self.history._history._feed._commit = _nothing  # type: ignore[attr-defined]
        self.history._history._measures = None
        self.history.stop()

    def written(self) -> bool:
        """Whether all that is in its partitions is in InfluxDB."""
        marks, _ = ask_marks(self.city.how, self.city.topics)
        mine = {at: offset for at, (offset, mark) in marks.items() if mark.where == self.section.where}
        all_of_it = all(mine.get(at) == len(self.city.messages[at]) for at in self.here)
        return all_of_it and not self.history._spool.nbytes


async def _nothing(_: object) -> None:
    return


@pytest.fixture(scope="module")
def city(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> OnKafka:
    return OnKafka(kafka, tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def expected(city: OnKafka, influx: servers.Running) -> Points:
    """The points of one process, which nothing happens to."""
    database = influx.database()
    section = city.section(influx.url, database)
    configuration = load(city.file).model_copy(update={"data": city.folder / "recording", "history": section})
    server = Influx(section, "")
    _backfill(configuration, section, server, float("-inf"), float("inf"), city.folder / "recording" / JOURNAL)
    judges = [Measured(city, at) for at in range(PARTITIONS)]
    server.write([line for each in judges for line in each.lines()])
    server.close()
    return influx.points(database, *ALL)


class Measured:
    """The measures of a partition that is judged at one go."""

    def __init__(self, city: OnKafka, partition: int) -> None:
        from pipeline.runtime.history_measures import Measures

        self._measures = Measures(1.0)
        judge = PartitionJudge(partition, PARTITIONS, city.versions)
        judge.engine.listening = self._measures.listen
        judge.take(city.messages[partition])

    def lines(self) -> list[str]:
        return self._measures.take()


@pytest.fixture
def work(city: OnKafka) -> Iterator[Callable[[str, HistorySection], Small]]:
    made: list[Small] = []

    def start(name: str, section: HistorySection) -> Small:
        made.append(city.worker(name, section))
        return made[-1]

    yield start
    for each in made:
        if not each.history._history._ending.is_set():
            each.history.stop()


def test_partitions_that_move_and_a_worker_that_is_killed_leave_one_process_points(
    city: OnKafka, expected: Points, influx: servers.Running, work: Callable[[str, HistorySection], Small]
) -> None:
    assert any(name == "measures" for name, _ in expected)
    database = influx.database()
    with Faults(influx.url) as way:
        section = city.section(way.url, database)
        first, second = work("a", section), work("b", section)
        half = [len(each) // 2 for each in city.messages]
        first.judges_from(0)
        second.judges_from(1)
        first.judge(0, half[0], 3)
        second.judge(1, half[1], 50)
        snapshots = [first.snapshot(0), second.snapshot(1)]
        first.judge(0, half[0] // 2, 5)  # nobody has a snapshot of this
        way.coming.extend([FULL] * 3)
        until(lambda: influx.count(database, "positions", "lon") > 50, "some points")
        first.kill()
        second.here.remove(1)
        second.judges_from(0, snapshots[0])
        third = work("c", section)
        third.judges_from(1, snapshots[1])
        second.judge(0, 10_000, 11)
        third.judge(1, 10_000, 1)
        again = work(first.name, section)  # what waits on its disk is sent by whoever has that next
        until(lambda: second.written() and third.written() and again.written(), "all of it", every=0.2)
    assert influx.points(database, *ALL) == expected
    said = [line for line in second.log.said("error") + third.log.said("error") if "no space left" not in line]
    assert not said


def test_a_snapshot_is_read_with_a_history_and_without(city: OnKafka) -> None:
    from pipeline.runtime.history_measures import Measures

    plain = MeasuredJudge(PartitionJudge(0, PARTITIONS, city.versions))
    measured = MeasuredJudge(PartitionJudge(0, PARTITIONS, city.versions), Measures(1.0))
    for each in (plain, measured):
        each.take(city.messages[0][:20])
    for data in (plain.snapshot(), measured.snapshot()):
        for measures in (None, Measures(1.0)):
            again = PartitionJudge(0, PARTITIONS, city.versions)
            MeasuredJudge(again, measures).restore(data)
            assert again.engine.position == plain._judge.engine.position
    with pytest.raises(ValueError, match="not the snapshot of a partition"):
        plain.restore(b"rubbish")


def test_who_looks_is_told_by_what_kafka_keeps(
    city: OnKafka, expected: Points, influx: servers.Running, work: Callable[[str, HistorySection], Small]
) -> None:
    database = influx.database()
    section = city.section(influx.url, database)
    folder = city.on_kafka(section)
    configuration = load(folder / "city.yaml")
    rows = history_rows(configuration, folder / "city.yaml", {})
    assert rows is not None
    assert rows._written() is None, "nothing is written"
    answer = CliRunner().invoke(app, ["history", "backfill", "--config", str(folder), "--json"])
    assert answer.exit_code == 0, answer.output
    found = influx.points(database, *ALL)
    assert {key: each for key, each in expected.items() if key[0] in ROWS} == found
    worker = work(str(configuration.data / "worker-1"), section)
    for partition in range(PARTITIONS):
        worker.judges_from(partition)
        worker.judge(partition, 10_000, 100)
    until(worker.written, "all of it", every=0.2)
    worker.history.stop()
    assert influx.points(database, *ALL) == expected, "what was there stays one point"
    answer = CliRunner().invoke(app, ["history", "status", "--config", str(folder), "--json"])
    assert answer.exit_code == 0, answer.output
    said = json.loads(answer.stdout)
    assert (said["behind"], said["lost"], said["gone"], said["refused"]) == (0, 0, 0, 0)
    assert said["points"] >= len(expected)
    since, through = rows._written() or (0.0, 0.0)
    assert 0 < through <= since, "the journal was there before"


def test_another_bucket_begins_anew_and_what_kafka_let_go_is_counted(
    city: OnKafka, influx: servers.Running, work: Callable[[str, HistorySection], Small]
) -> None:
    sections = [city.section(influx.url, influx.database()) for _ in range(3)]
    counts = []
    snapshot: tuple[bytes, int] | None = None
    for n, section in enumerate(sections):
        worker = work(f"d{n}", section)
        worker.judges_from(0, snapshot)
        worker.judge(0, len(city.messages[0]) // 2, 100)
        snapshot = snapshot or worker.snapshot(0)
        worker.judge(0, 10_000, 100)
        until(worker.written, "all of it", every=0.2)
        worker.history.stop()
        counts.append(influx.count(section.bucket.partition("/")[0], "positions", "lon"))
        marks, _ = ask_marks(city.how, city.topics)
        assert marks[0][1].where == section.where
        if n == 1:
            asyncio.run(_let_go(city, snapshot[1] + 10))
    assert counts[0] > counts[1] > counts[2] > 0
    assert [read_state(each).gone for each in sorted(city.folder.glob("d*/history"))] == [0, 0, 10]


async def _let_go(city: OnKafka, before: int) -> None:
    """What retention does in time."""
    admin = AIOKafkaAdminClient(**city.how)
    await admin.start()
    await admin.delete_records({TopicPartition(city.topics.entries, 0): RecordsToDelete(before_offset=before)})
    await admin.close()
