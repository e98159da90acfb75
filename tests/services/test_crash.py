"""Killed with SIGKILL at 20 moments under load, on a real broker: the cases are those of an unbroken run.

Two live runs differ in when deliveries were received and ticks came, so "the same cases" is asked in two ways: the
journal that the killed runs left, replayed from its beginning, must give the very cases of the store, those that timers
made too; and the cases that rows alone make must be those of an unbroken run over the same messages.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from cases.store import FILE, Store
from pipeline.journal import Journal
from pipeline.runtime.opening import JOURNAL, SNAPSHOTS
from replay.replaying import json_lines
from tests.found import found_only
from tests.services.journaled import deliveries, replayed
from tests.services.mosquitto import Mosquitto, own_mosquitto
from tests.services.process import Run, gridwatch
from tests.services.publisher import Publisher
from tests.services.traffic import ROW_MADE, Traffic
from tests.services.wait import until

__all__ = ["own_mosquitto"]

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(300)]

RATE = 5000.0
KILLS = 20
SEED = int(os.environ.get("GRIDWATCH_TEST_SEED", "20260301"))
"""Another one: other traffic, killed at other moments."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[Path], Run]]:
    """Starts runs, ends them afterwards."""
    made: list[Run] = []

    def run(city: Path) -> Run:
        made.append(Run(city, tmp_path / f"run-{len(made):02}.log"))
        return made[-1]

    yield run
    for each in made:
        each.end()


def test_killed_at_any_moment_the_cases_are_those_of_an_unbroken_run(
    tmp_path: Path, own_mosquitto: Callable[..., Mosquitto], start: Callable[[Path], Run]
) -> None:
    broker, name = own_mosquitto(), f"c-{uuid.uuid4().hex[:8]}"
    traffic = Traffic(name, began=float(int(time.time())) - 6 * 3600, seed=SEED)
    killed, unbroken = (traffic.write(tmp_path / n, broker.port, f"{name}-{n}") for n in ("killed", "unbroken"))
    for city in (killed, unbroken):
        subscribe(broker.port, f"{name}-{city.parent.name}", name)

    publisher = Publisher(broker.port, traffic.messages(), RATE)
    publisher.start()
    kill_again_and_again(killed, start, publisher)
    publisher.finish(traffic.last())
    published = traffic.given + traffic.last()
    say(f"{publisher.sent} messages, {publisher.sent / publisher.seconds:.0f} a second")
    assert publisher.sent == len(published)
    survived = start(killed)
    all_judged(killed, survived)
    survived.stop()
    say("all judged")
    reference = start(unbroken)
    all_judged(unbroken, reference)
    reference.stop()
    say("the unbroken run too")

    stored = found_only(gridwatch("cases", "list", "--config", killed, "--json"))
    again = tmp_path / "replayed.jsonl"
    gridwatch("replay", killed.parent / "data" / JOURNAL, "--json", again)
    same_lines(stored, again.read_text(), "the store, and the replayed journal")
    same_lines(
        row_made(stored),
        row_made(found_only(gridwatch("cases", "list", "--config", unbroken, "--json"))),
        "row-made cases",
    )
    found = Counter(json.loads(line)["rule"] for line in stored.splitlines())
    say(f"cases: {dict(found)}")
    assert all(found[rule] > 20 for rule in (*ROW_MADE, "silent"))
    assert '"late": true' in row_made(stored)

    journaled = deliveries(killed.parent / "data" / JOURNAL)
    assert set(published) - journaled.keys() == set(), "lost"
    assert journaled.keys() - set(published) == set()
    say(f"{journaled.total() - len(published)} came again")
    assert journaled.total() > len(published), "nothing came again, so nothing was tried"
    result = replayed(killed.parent / "data" / JOURNAL)
    assert result.counts["live"] + result.counts["late"] == len(published), "each is judged once"
    assert json_lines(result.cases) == stored
    nothing_is_left_over(killed.parent / "data")


def say(what: str) -> None:
    """For whoever runs this with -s, and for the report of a failure."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {what}\n")


def kill_again_and_again(city: Path, start: Callable[[Path], Run], publisher: Publisher) -> None:
    """Most of them under load, every fourth in its start or when it judges what the last one left.

    Where a start takes long, publishing pauses, so that a slow machine has no more to do than a fast one.
    """
    dice = random.Random(SEED)
    say(f"seed {SEED}")
    for kill in range(KILLS):
        publisher.at_most(2 * RATE)
        run = start(city)
        if kill % 4 == 3:
            wait, since = dice.uniform(0.1, 1.5), "its start"
        else:
            run.connected()
            publisher.at_most(math.inf)
            wait, since = dice.uniform(0.0, 2.0), "it was connected"
        threading.Event().wait(wait)  # the moment is the point
        run.kill()
        say(f"killed {wait:.2f} s after {since}, {publisher.sent} messages sent")
        assert publisher.is_alive()


def subscribe(port: int, client: str, prefix: str) -> None:
    """A session that gets everything from now on, for whoever comes with this client id."""
    made = paho.Client(CallbackAPIVersion.VERSION2, client_id=client, protocol=paho.MQTTv311, clean_session=False)
    done = threading.Event()
    made.on_subscribe = lambda *_: done.set()
    made.connect("127.0.0.1", port)
    made.loop_start()
    made.subscribe([(f"{prefix}/+/gps", 1), (f"{prefix}/+/state", 1)])
    assert done.wait(60), "the broker took no subscription"
    made.disconnect()
    made.loop_stop()


def all_judged(city: Path, run: Run) -> None:
    """Wait until the case of the last message is in the store: then so is everything before."""
    file = city.parent / "data" / FILE
    until(file.exists, "the store")

    def last() -> bool:
        run.lives()
        with Store(file, read_only=True) as store:
            return bool(store.list(subject="LAST", rule="overspeed"))

    until(last, "the last message's case", seconds=90, every=0.2)


def row_made(lines: str) -> str:
    """The cases of those rules, as they were."""
    return "".join(line for line in lines.splitlines(True) if json.loads(line)["rule"] in ROW_MADE)


def same_lines(one: str, other: str, what: str) -> None:
    """Equal byte for byte; names what is not, instead of some thousand lines."""
    only = [sorted(set(a.splitlines()) - set(b.splitlines()))[:3] for a, b in ((one, other), (other, one))]
    assert one == other, f"{what}: only in the first: {only[0]}; only in the second: {only[1]}"


def nothing_is_left_over(data: Path) -> None:
    """What the kills left half done is gone, and the journal opens without anything to mend."""
    with Journal.open(data / JOURNAL) as journal:
        assert not journal.recovered, journal.recovered
    assert [file for file in data.rglob("*") if file.suffix == ".tmp"] == []
    assert len(list((data / JOURNAL / SNAPSHOTS).iterdir())) <= 2
