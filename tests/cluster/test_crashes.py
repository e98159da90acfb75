"""What was acknowledged is in Kafka, whatever is killed: a process that takes in, all of Kafka, one broker of three."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.ingest_kit import KafkaTown, Process
from tests.runtime.kit import Lines, drive
from tests.services.kafka import Kafka
from tests.services.mosquitto import Mosquitto, Running
from tests.services.publisher import Publisher
from tests.services.wait import until

pytestmark = pytest.mark.service


def streaming(town: KafkaTown, rate: float) -> Publisher:
    """Messages without end, each with a payload of its own, acknowledged by the broker."""
    rows = ((f"T{1 + n % 9}", n / 100, 40.0) for n in itertools.count())
    publisher = Publisher(town.broker.port, (message for row in rows for message in town.messages([row])), rate)
    publisher.start()
    return publisher


def arrived(town: KafkaTown) -> set[bytes]:
    return {payload for mine in town.delivered().values() for _, payload in mine}


def expected(town: KafkaTown, count: int) -> set[bytes]:
    rows = [(f"T{1 + n % 9}", n / 100, 40.0) for n in range(count)]
    return {payload for _, payload in town.messages(rows)}


@pytest.mark.timeout(300)
def test_a_process_is_killed_in_the_middle_of_traffic(
    tmp_path: Path, own_mosquitto: Callable[..., Mosquitto], kafka: str
) -> None:
    town = KafkaTown(tmp_path / "town", own_mosquitto(), [kafka])
    process = Process(town, "one")
    process.connected()
    publisher = streaming(town, 2_000)
    until(lambda: publisher.sent > 1_500, "messages on their way")
    process.kill()
    process = Process(town, "one")
    process.connected()
    publisher.finish()
    wanted = expected(town, publisher.sent)
    until(lambda: wanted <= arrived(town), f"all {len(wanted)} messages to be in Kafka", seconds=60, every=0.5)
    process.stop()
    name = f"{town.name}-one"
    assert town.members() == [("JOIN", name), ("LEAVE", name)] * 2
    assert {each["VERSION"] for each in town.kinds().values()} == {1}
    away = Process(town, "one", "--gone")
    assert away.process.wait(60) == 0, away.said
    assert "one has gone: nobody waits for its 1 connections any more" in away.said
    assert town.members()[-1] == ("LEAVE", name)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_all_of_kafka_is_killed_and_comes_back(
    tmp_path: Path, mosquitto: Mosquitto | Running, own_kafka: Kafka
) -> None:
    town, log = KafkaTown(tmp_path / "town", mosquitto, own_kafka.addresses, timeout="2s"), Lines()
    process = town.ingest(log=log)
    process.start()
    try:
        ((_, status),) = process.receivers.values()
        until(lambda: status.commits >= 2, "it to subscribe")
        publisher = streaming(town, 500)
        until(lambda: status.deliveries > 500, "deliveries")
        own_kafka.kill()
        until(lambda: status.waiting_for_journal, "it to notice")
        assert "Nothing is acknowledged" in status.last_error
        taken = status.deliveries
        until(lambda: publisher.sent > taken + 1_000, "more to come meanwhile")
        publisher.finish()
        assert status.deliveries == taken
        own_kafka.start()
        wanted = expected(town, publisher.sent)
        until(lambda: status.deliveries >= len(wanted), "it to go on by itself", seconds=90)
    finally:
        process.stop()
    assert wanted <= arrived(town)
    assert any("takes deliveries again" in line for line in log.said("info"))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_one_broker_of_three_is_killed(tmp_path: Path, mosquitto: Mosquitto | Running, kafka_cluster: Kafka) -> None:
    town = KafkaTown(tmp_path / "town", mosquitto, kafka_cluster.addresses)
    process = town.ingest()
    process.start()
    try:
        ((_, status),) = process.receivers.values()
        until(lambda: status.commits >= 2, "it to subscribe", seconds=60)
        town.send(drive(range(20)))
        until(lambda: status.deliveries == 60, "deliveries", seconds=60)
        kafka_cluster.kill(2)
        town.send(drive(range(20, 60)))
        until(lambda: status.deliveries == 180, "it to go on with two", seconds=120)
    finally:
        process.stop()
    assert {payload for _, payload in town.messages(drive(range(60)))} <= arrived(town)
