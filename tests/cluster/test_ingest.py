"""Sources into Kafka: what was acknowledged is there, in the partitions of its subjects, whatever is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.faults import Faulty
from pipeline.journal import Contents
from pipeline.names import Names
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.ingest import Ingest
from pipeline.runtime.cluster.routing import partition_of
from pipeline.runtime.cluster.topics import TopicsUnfit
from pipeline.runtime.compose import load_version
from tests.cluster.ingest_kit import PARTITIONS, KafkaTown
from tests.runtime.kit import Lines, drive
from tests.services.mosquitto import Mosquitto, Running
from tests.services.wait import until

pytestmark = pytest.mark.service

Start = Callable[..., Ingest]


@pytest.fixture
def town(tmp_path: Path, mosquitto: Mosquitto | Running, kafka: str) -> KafkaTown:
    return KafkaTown(tmp_path / "town", mosquitto, [kafka])


@pytest.fixture
def start(town: KafkaTown) -> Iterator[Start]:
    """Starts processes that take in, waits until they are connected, stops them afterwards."""
    made: list[Ingest] = []

    def begin(name: str = "one", log: Any = None) -> Ingest:
        process = town.ingest(name, log)
        made.append(process)
        process.start()
        until(lambda: all(status.commits >= 2 for _, status in process.receivers.values()), "it to subscribe")
        return process

    yield begin
    for process in made:
        process.stop()


def deliveries(process: Ingest) -> int:
    return sum(status.deliveries for _, status in process.receivers.values())


def test_deliveries_are_in_the_partitions_of_their_subjects_and_time_is_in_all(town: KafkaTown, start: Start) -> None:
    process = start()
    rows = drive(range(40), subjects=5)
    rubbish = (f"{town.name}/T1/gps", b"no JSON")
    town.send(rows)
    town.raw([rubbish])
    until(lambda: deliveries(process) == len(rows) + 1, "all to be taken in")
    process.stop()
    found = town.delivered()
    assert sorted(each for mine in found.values() for each in mine) == sorted([*town.messages(rows), rubbish])
    for partition, mine in found.items():
        subjects = [row[0] for row in rows if partition_of(row[0], PARTITIONS) == partition]
        got = [topic.split("/")[1] for topic, payload in mine if payload != rubbish[1]]
        assert got == subjects
    ((_, *kinds),) = ((each["VERSION"], each["JOIN"], each["LEAVE"]) for each in [town.kinds()[0]])
    assert kinds == [1, 1]
    for each in town.kinds().values():
        assert each["VERSION"] == 1
        assert each["TICK"] > 0
        assert not each["CLOCK"], "the one who files says that"
    assert town.members() == [("JOIN", f"{town.name}-one"), ("LEAVE", f"{town.name}-one")]


def test_the_version_is_there_for_whoever_judges(town: KafkaTown, start: Start, tmp_path: Path) -> None:
    process = start()
    shared, contents = SharedContents(town.bench.connection, town.bench.topics.contents), Contents(tmp_path / "worker")
    payload = shared.current()
    assert payload == process.payload
    shared.fetch(payload, contents)
    assert [rule.id for rule in load_version(payload, contents, Names()).rules] == ["overspeed", "bin-full"]
    process.stop()
    start().stop()
    assert {each["VERSION"] for each in town.kinds().values()} == {1}


def test_two_share_what_comes_and_follow_one_version(town: KafkaTown, start: Start) -> None:
    one, log = start("one"), Lines()
    two = start("two", log)
    rows = drive(range(60), subjects=5)
    town.send(rows)
    until(lambda: deliveries(one) + deliveries(two) == len(rows), "all to be taken in once")
    assert min(deliveries(one), deliveries(two)) > 0
    assert {member for _, member in town.members()} == {f"{town.name}-one", f"{town.name}-two"}
    town.write(hold="7s")
    assert one.reload()
    until(lambda: two.payload == one.payload, "the other to follow")
    assert any("another process has put a version in force" in line for line in log.said("info"))


def test_terminals_connect_to_one_of_several(town: KafkaTown, start: Start) -> None:
    town.write(**{"sources:": "sources:\n  trucks: {type: jt808, port: 0, unknown: accept}"})
    process = start("two")
    until(lambda: all(status.connected_since for _, status in process.receivers.values()), "the port to be open")
    process.stop()
    assert ("JOIN", "gridwatch-two") in town.members()
    assert ("LEAVE", "gridwatch-two") in town.members()


def test_a_bad_configuration_is_refused_and_the_old_one_stays(town: KafkaTown, start: Start) -> None:
    log = Lines()
    process = start(log=log)
    before = process.payload
    town.write(hold="soon")
    assert not process.reload()
    assert any("stays as it was" in line for line in log.said("error"))
    town.send(drive(range(3)))
    until(lambda: deliveries(process) == 9, "it to go on")
    assert process.payload == before


def test_the_next_life_says_that_the_members_of_the_last_have_gone(town: KafkaTown, start: Start) -> None:
    first = start()
    assert first._producer is not None
    first._producer.close()  # from here on nothing that it says arrives
    first.stop()
    start().stop()
    name = f"{town.name}-one"
    assert town.members() == [("JOIN", name), ("LEAVE", name), ("JOIN", name), ("LEAVE", name)]


@pytest.mark.parametrize(
    "change, error, said",
    [
        pytest.param({"partitions: 3": "partitions: 4"}, TopicsUnfit, "set kafka.partitions to 3", id="partitions"),
        pytest.param({"prefix: t-": "prefix: u-"}, TopicsUnfit, "is missing; `gridwatch topics`", id="missing"),
        pytest.param({"runtime: cluster": "runtime: embedded"}, Faulty, "expected 'cluster'", id="one process"),
    ],
)
def test_it_refuses_to_start(town: KafkaTown, change: dict[str, str], error: type[Exception], said: str) -> None:
    text = town.file.read_text()
    for old, new in change.items():
        text = text.replace(old, new)
    town.file.write_text(text)
    process = town.ingest()
    with pytest.raises(error, match=said):
        process.start()
