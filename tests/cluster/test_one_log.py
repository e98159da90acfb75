"""The partitions of a journal put together again: every entry once, in an order that each partition has too."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.entries import Kind
from pipeline.runtime.cluster.messages import decode_entries, encode_entries
from pipeline.runtime.cluster.one_log import Entry, one_log
from pipeline.runtime.cluster.routing import EVERYWHERE, Router
from pipeline.runtime.compose import City, load_city
from tests.cluster.test_routing import CITY, should, upload
from tests.cluster.topics_kit import batch

Messages = list[list[pa.RecordBatch]]
"""Of each partition."""
MANY = 40


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    file: Path = tmp_path_factory.mktemp("dealt") / "city.yaml"
    file.write_text(CITY)
    return load_city(file)


subjects = st.lists(st.sampled_from([f"T{n}" for n in range(8)]), max_size=4)
payloads = st.one_of(subjects.map(lambda who: upload(*who)), st.sampled_from([b"rubbish", b"[]"]))
kinds = st.one_of(st.just(Kind.DELIVERY), st.sampled_from([*EVERYWHERE, Kind.STEP, Kind.REPORT]))


@st.composite
def logs(draw: st.DrawFn) -> list[Entry]:
    """Received in any order, some at the same instant, some the same twice."""
    made: list[Entry] = []
    for kind in draw(st.lists(kinds, max_size=20)):
        topic = draw(st.sampled_from(["up/a", "nobody/listens"])) if kind == Kind.DELIVERY else ""
        payload = draw(payloads) if kind == Kind.DELIVERY else b""
        source = "fleet" if kind == Kind.DELIVERY else draw(st.sampled_from("ab"))
        made.append(Entry(kind, source, topic, float(draw(st.integers(0, 9))), payload))
    return made


def dealt(city: City, log: list[Entry], count: int, dice: random.Random) -> Messages:
    """As ingest deals it, in messages of any size."""
    router, found = Router(city.version, count), [list[pa.RecordBatch]() for _ in range(count)]
    at = 0
    while at < len(log):
        size = dice.randrange(1, 6)
        for part in router.route(batch(*(plain(each) for each in log[at : at + size]))):
            found[part.partition].append(decode_entries(encode_entries(part.batch, part.to)))
        at += size
    return found


def merge(messages: Messages) -> list[Entry]:
    return [Entry(*row) for piece in one_log(messages) for row in rows(piece)]


def of(log: list[Entry], partition: int, count: int) -> list[Entry]:
    return [each for each in log if partition in where(each, count)]


def where(entry: Entry, count: int) -> set[int]:
    return should(plain(entry), count)


def plain(entry: Entry) -> tuple[Kind, str, str, float, bytes]:
    return Kind(entry.kind), entry.source, entry.topic, entry.received, entry.payload


@settings(max_examples=30, deadline=None)
@given(log=logs(), count=st.integers(1, 5), dice=st.randoms(use_true_random=False))
def test_what_one_process_dealt_comes_back(city: City, log: list[Entry], count: int, dice: random.Random) -> None:
    messages = dealt(city, log, count, dice)
    merged = merge(messages)
    assert Counter(merged) == Counter(log)
    for partition in range(count):
        assert of(merged, partition, count) == of(log, partition, count)
    assert [each for each in merged if each.kind in EVERYWHERE] == [each for each in log if each.kind in EVERYWHERE]
    assert merge(messages) == merged


@settings(max_examples=30, deadline=None)
@given(
    several=st.lists(logs(), min_size=2, max_size=3), count=st.integers(2, 4), dice=st.randoms(use_true_random=False)
)
def test_what_several_dealt_at_once_comes_out_once_and_its_own_partition_keeps_its_order(
    city: City, several: list[list[Entry]], count: int, dice: random.Random
) -> None:
    """Each partition has the processes' messages interleaved in another way; some never got there."""
    logs_ = [
        [each._replace(topic=f"{each.topic}{n}-{at}") for at, each in enumerate(log)] for n, log in enumerate(several)
    ]
    messages: Messages = [[] for _ in range(count)]
    by = [dealt(city, log, count, dice) for log in logs_]
    for partition in range(count):
        queues = [list(found[partition]) for found in by]
        while any(queues):
            messages[partition].append(dice.choice([each for each in queues if each]).pop(0))
    missing = dice.randrange(count)
    del messages[missing][len(messages[missing]) - dice.randrange(3) :]
    merged = merge(messages)
    assert max(Counter(merged).values(), default=1) == 1
    there = {Entry(*row) for each in messages for message in each for row in rows(message)}
    assert set(merged) == there
    alone = [[each for each in merged if where(each, count) == {at}] for at in range(count)]
    for partition in range(count):
        own = (Entry(*row) for message in messages[partition] for row in rows(message))
        assert alone[partition] == [each for each in own if where(each, count) == {partition}]


def rows(message: pa.RecordBatch) -> Iterator[tuple[int, str, str, float, bytes]]:
    return zip(*(column.to_pylist() for column in message.columns), strict=True)


def test_no_more_is_read_of_a_partition_than_is_needed() -> None:
    """One partition is busy, the other has nothing but ticks: neither piles up."""
    read = [0, 0]

    def feed(at: int) -> Iterator[pa.RecordBatch]:
        for n in range(MANY):
            read[at] += 1
            busy = [(Kind.DELIVERY, "a", "up/a", n + k / 100, b"") for k in range(50)] if not at else []
            yield batch(*busy, (Kind.TICK, "a", "", n + 1.0, b""))

    for piece in one_log([feed(0), feed(1)]):
        for kind, *_, received, _ in rows(piece):
            assert kind != Kind.TICK or max(read) <= received + 1
    assert read == [MANY, MANY]


def test_at_the_same_moment_by_time_received_whatever_partitions_say() -> None:
    slow, quick = (Kind.TICK, "slow", "", 1.0, b""), (Kind.TICK, "quick", "", 2.0, b"")
    merged = merge([[batch(quick, slow)], [batch(slow, (Kind.DELIVERY, "slow", "t", 1.5, b"x"), quick)]])
    assert [each.source for each in merged] == ["slow", "slow", "quick"]
