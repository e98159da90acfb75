"""Entries to a real Kafka: all of a commit or none that counts, in order, whatever size; what is not taken is said."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.entries import SCHEMA
from pipeline.runtime.cluster.producing import BATCH, LARGEST, NotTaken, Producer, encoded
from pipeline.runtime.cluster.routing import Part
from tests.cluster.topics_kit import Bench, batch, connection, deliveries
from tests.services.mosquitto import free_port

pytestmark = pytest.mark.service


@pytest.fixture
def bench(kafka: str) -> Bench:
    bench = Bench(kafka)
    bench.make(bench.topics.entries, 3, max_message_bytes=str(LARGEST))
    return bench


@pytest.fixture
def producer(bench: Bench) -> Iterator[Producer]:
    producer = Producer(bench.connection, bench.topics.entries)
    producer.start()
    yield producer
    producer.close()


def noise(size: int, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).bytes(size)


def payloads(bench: Bench) -> dict[int, list[bytes]]:
    return {partition: table.column("payload").to_pylist() for partition, table in bench.entries().items()}


def test_each_partition_has_its_parts_in_order(bench: Bench, producer: Producer) -> None:
    producer.put([Part(0, deliveries([b"a", b"b"])), Part(2, deliveries([b"c"]), (0, 2)), Part(0, deliveries([b"d"]))])
    producer.put([Part(0, deliveries([b"e"]))])
    producer.put([])
    assert payloads(bench) == {0: [b"a", b"b", b"d", b"e"], 2: [b"c"]}


def test_a_commit_beyond_a_message_is_split_by_rows(bench: Bench, producer: Producer) -> None:
    written = [noise(20_000, n) for n in range(120)]
    producer.put([Part(1, deliveries(written))])
    assert payloads(bench) == {1: written}
    assert max(len(record.value) for record in bench.read(bench.topics.entries)[1]) < BATCH


def test_a_large_delivery_travels_alone_and_one_beyond_all_bounds_loses_its_end(
    bench: Bench, producer: Producer
) -> None:
    large, beyond = noise(3_000_000), noise(LARGEST + 1)
    producer.put([Part(0, deliveries([b"a", large, beyond, b"b"]))])
    got = payloads(bench)[0]
    assert got[:2] == [b"a", large]
    assert beyond.startswith(got[2])
    assert got[3:] == [b"b"]


def test_parts_carry_only_their_own_names() -> None:
    whole = batch(*((0, "fleet", f"fleet/{n}", 0.0, b"") for n in range(20_000)))  # type: ignore[arg-type]
    (one,) = encoded(Part(0, whole.slice(7, 1)))
    assert len(one) < 2000
    assert whole.schema.equals(SCHEMA)


def test_several_put_at_once(bench: Bench, producer: Producer) -> None:
    def put(name: str) -> None:
        for n in range(30):
            producer.put([Part(0, deliveries([f"{name}{n:02}".encode()]))])

    threads = [threading.Thread(target=put, args=(name,)) for name in "abc"]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    got = payloads(bench)[0]
    for name in "abc":
        assert [each for each in got if each.startswith(name.encode())] == [f"{name}{n:02}".encode() for n in range(30)]


def test_single_messages_have_keys(bench: Bench, producer: Producer) -> None:
    producer.send(bench.topics.entries, b"1", key=b"k", partition=1)
    producer.send(bench.topics.entries, None, key=b"k", partition=1)
    assert [(each.key, each.value) for each in bench.read(bench.topics.entries)[1]] == [(b"k", b"1"), (b"k", None)]


def test_what_is_not_taken_is_said_and_the_next_goes(bench: Bench, producer: Producer) -> None:
    with pytest.raises(NotTaken, match=r"fewer partitions .* `gridwatch topics`"):
        producer.put([Part(0, deliveries([b"lost"])), Part(3, deliveries([b"nowhere"]))])
    producer.put([Part(1, deliveries([b"there"]))])
    assert payloads(bench)[1] == [b"there"]
    producer.close()
    with pytest.raises(NotTaken, match="closed"):
        producer.put([Part(1, deliveries([b"late"]))])


def test_a_broker_that_is_not_there() -> None:
    producer = Producer(connection(f"127.0.0.1:{free_port()}", timeout=1.0), "t.entries")
    producer.start()
    with pytest.raises(NotTaken, match="check that the brokers run") as caught:
        producer.put([Part(0, deliveries([b"a"]))])
    assert caught.value.retryable
    producer.close()
    producer.close()
