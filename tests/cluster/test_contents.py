"""Configurations and worlds on a compacted topic: whole, checked, there for whoever needs them."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pipeline.journal import ContentMissing, Contents
from pipeline.runtime.cluster.contents import PART, SharedContents
from pipeline.runtime.cluster.producing import NotTaken, Producer
from pipeline.runtime.compose import VersionPayload
from tests.cluster.topics_kit import Bench, connection
from tests.services.mosquitto import free_port

pytestmark = pytest.mark.service


@pytest.fixture
def bench(kafka: str) -> Bench:
    bench = Bench(kafka)
    bench.make(bench.topics.contents, cleanup_policy="compact")
    return bench


@pytest.fixture
def producer(bench: Bench) -> Iterator[Producer]:
    producer = Producer(bench.connection, bench.topics.entries)
    producer.start()
    yield producer
    producer.close()


@pytest.fixture
def shared(bench: Bench, producer: Producer) -> SharedContents:
    return SharedContents(bench.connection, bench.topics.contents, producer)


def version(contents: Contents, config: bytes = b"{}", world: bytes = b"") -> bytes:
    return msgspec.json.encode(VersionPayload(contents.put(config), contents.put(world)))


@pytest.mark.parametrize("size", [0, 1, PART, 2 * PART + 5], ids=str)
def test_what_one_process_publishes_another_has(
    bench: Bench, shared: SharedContents, tmp_path: Path, size: int
) -> None:
    world = np.random.default_rng(3).bytes(size)
    payload = version(Contents(tmp_path / "a"), b'{"city": "a"}', world)
    reader, there = SharedContents(bench.connection, bench.topics.contents), Contents(tmp_path / "b")
    assert reader.current() is None
    shared.publish(Contents(tmp_path / "a"), payload)
    assert reader.current() is None
    shared.make_current(payload)
    assert reader.current() == payload
    reader.fetch(payload, there, patience=0)
    names = msgspec.json.decode(payload, type=VersionPayload)
    assert there.get(names.world) == world
    assert there.get(names.config) == b'{"city": "a"}'


def test_the_same_is_not_written_twice(bench: Bench, shared: SharedContents, tmp_path: Path) -> None:
    contents = Contents(tmp_path)
    first = version(contents, world=b"w" * 100)
    shared.publish(contents, first)
    count = len(bench.read(bench.topics.contents)[0])
    shared.publish(contents, first)
    assert len(bench.read(bench.topics.contents)[0]) == count
    shared.publish(contents, version(contents, b'{"other": 1}', b"w" * 100))
    assert len(bench.read(bench.topics.contents)[0]) == count + 2


def test_a_content_that_was_spoilt_is_not_taken_and_is_written_again(
    bench: Bench, shared: SharedContents, producer: Producer, tmp_path: Path
) -> None:
    contents, there = Contents(tmp_path / "a"), Contents(tmp_path / "b")
    payload = version(contents, world=b"right")
    shared.publish(contents, payload)
    name = hashlib.sha256(b"right").hexdigest()
    producer.send(bench.topics.contents, b"wrong", key=f"part/{name}/0".encode())
    reader = SharedContents(bench.connection, bench.topics.contents)
    with pytest.raises(ContentMissing, match=rf"{bench.topics.contents} has no content {name}.*gridwatch ingest"):
        reader.fetch(payload, there, patience=0)
    shared.publish(contents, payload)
    reader.fetch(payload, there, patience=0)
    assert there.get(name) == b"right"


def test_whoever_waits_for_it_gets_it(bench: Bench, shared: SharedContents, tmp_path: Path) -> None:
    contents, there = Contents(tmp_path / "a"), Contents(tmp_path / "b")
    payload = version(contents)
    reader = SharedContents(bench.connection, bench.topics.contents)
    thread = threading.Thread(target=reader.fetch, args=(payload, there, 30.0))
    thread.start()
    shared.publish(contents, payload)
    thread.join()
    assert msgspec.json.decode(payload, type=VersionPayload).config in there


def test_it_may_be_asked_from_where_an_event_loop_runs(shared: SharedContents) -> None:
    async def ask() -> bytes | None:
        return shared.current()

    shared.make_current(b"{}")
    assert asyncio.run(ask()) == b"{}"


def test_nobody_answers(tmp_path: Path) -> None:
    away = SharedContents(connection(f"127.0.0.1:{free_port()}", timeout=1.0), "t.contents")
    with pytest.raises(NotTaken, match="can't be asked for the topic"):
        away.current()
    with pytest.raises(NotTaken):
        away.fetch(version(Contents(tmp_path / "a")), Contents(tmp_path / "b"), patience=0)
