"""A disk that is really full under a running city: nothing is acknowledged, it says so once, it goes on by itself."""

from __future__ import annotations

import itertools
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.found import found_only
from tests.services.journaled import deliveries
from tests.services.mosquitto import Mosquitto, own_mosquitto
from tests.services.process import Run, gridwatch
from tests.services.publisher import Message, Publisher
from tests.services.small_disk import SmallDisk
from tests.services.traffic import Traffic
from tests.services.wait import until

__all__ = ["own_mosquitto"]

pytestmark = [pytest.mark.service, pytest.mark.slow]

COUNT = 15_000
LIVE = 'gridwatch_rows_total{fate="live"}'
TROUBLE = 'gridwatch_source_trouble{source="fleet"}'
DELIVERIES = 'gridwatch_source_deliveries{source="fleet"}'
IN_FLIGHT = 'gridwatch_source_in_flight{source="fleet"}'
ATTEMPTS = "gridwatch_commit_seconds_count"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    made = SmallDisk(tmp_path / "city" / "data", 24_000_000)
    yield made
    made.end()


@pytest.fixture
def start(tmp_path: Path, disk: SmallDisk) -> Iterator[Callable[[Path], Run]]:
    """Starts runs whose data are on the small disk, ends them afterwards."""
    made: list[Run] = []

    def run(city: Path) -> Run:
        made.append(Run(city, tmp_path / f"run-{len(made)}.log", disk.within))
        return made[-1]

    yield run
    for each in made:
        each.end()


def padded(traffic: Traffic) -> list[Message]:
    """Messages that compression makes little smaller."""
    dice = random.Random(1)
    plain = itertools.islice(traffic.messages(), COUNT)
    return [(topic, payload[:-1] + b', "x": "%b"}' % dice.randbytes(200).hex().encode()) for topic, payload in plain]


@pytest.mark.parametrize("end", [None, Run.kill, Run.stop], ids=["it-goes-on", "it-is-killed", "it-is-stopped"])
def test_while_the_disk_is_full(
    tmp_path: Path,
    own_mosquitto: Callable[..., Mosquitto],
    disk: SmallDisk,
    start: Callable[[Path], Run],
    end: Callable[[Run], None] | None,
) -> None:
    broker, name = own_mosquitto(), f"d-{uuid.uuid4().hex[:8]}"
    traffic = Traffic(name, began=float(int(time.time())) - 6 * 3600, seed=1, trucks=30, bins=5)
    city = traffic.write(tmp_path / "city", broker.port, name, every="300ms")
    run = start(city)
    run.connected()
    until(lambda: run.metrics()[ATTEMPTS] >= 3, "the subscription to be in use")
    disk.fill(leave=1_500_000)
    published = padded(traffic)
    publisher = Publisher(broker.port, published, rate=10_000)
    publisher.start()
    publisher.join(30)
    publisher.finish()

    until(lambda: run.metrics()[TROUBLE] == 1, "the disk to be full")
    then = run.metrics()
    until(lambda: run.metrics()[ATTEMPTS] >= then[ATTEMPTS] + 5, "five more attempts")
    now = run.metrics()
    assert now["gridwatch_judge_lag_entries"] == 0, "what was committed is judged"
    assert now[LIVE] > 0
    assert (now[DELIVERIES], now[IN_FLIGHT]) == (then[DELIVERIES], then[IN_FLIGHT]), "nothing is taken meanwhile"
    assert now[DELIVERIES] < COUNT
    said_plainly(run)

    if end is not None:
        end(run)
        assert "Traceback" not in run.said
        disk.fill(leave=0)
        run = start(city)
        until(lambda: run.events("error"), "the second run to say why it waits")
        run.lives()
        assert "Traceback" not in run.said
    disk.make_room()
    run.connected()
    until(lambda: set(published) <= deliveries(disk.seen / "journal").keys(), "what the broker kept", every=0.3)
    until(lambda: run.metrics()["gridwatch_judge_lag_entries"] == 0, "the rest to be judged")
    if end is None:
        assert run.metrics()[LIVE] + run.metrics().get('gridwatch_rows_total{fate="late"}', 0.0) == COUNT
        assert any("the journal takes deliveries again" in line for line in run.events("info"))
    run.stop()
    stored = found_only(gridwatch("cases", "list", "--config", city, "--json", within=disk.within))
    again = gridwatch("replay", city.parent / "data" / "journal", "--json", "-", within=disk.within)
    assert stored == again
    assert stored.count("\n") > 10


def said_plainly(run: Run) -> None:
    """One line for each thing that has no room, however often it is tried again."""
    lines = Counter(line.partition(":")[0] + line.partition(":")[2].partition(":")[0] for line in run.events("error"))
    assert lines["fleet the journal can't take deliveries"] == 1
    assert set(lines.values()) == {1}, run.said
    assert len(lines) <= 5, run.said
    assert "the disk is full" in run.said
