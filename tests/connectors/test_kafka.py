"""Topics of other programs as a source, on a real Kafka: in order, and acknowledged when the journal has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.kafka import KafkaReceiver, KafkaSource
from pipeline.backoff import Backoff
from pipeline.entries import Kind
from tests.cluster.topics_kit import Bench
from tests.connectors.fakes import Full, ListLog, MemoryJournal
from tests.services.kafka import kafka
from tests.services.mosquitto import free_port
from tests.services.wait import until

__all__ = ["kafka"]
pytestmark = pytest.mark.service

Start = Callable[..., KafkaReceiver]


@pytest.fixture
def bench(kafka: str) -> Bench:
    return Bench(kafka)


@pytest.fixture
def topic(bench: Bench) -> str:
    name = f"{bench.topics.prefix}.gps"
    bench.make(name, 2)
    return name


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def start(bench: Bench, topic: str, journal: MemoryJournal) -> Iterator[Start]:
    made: list[KafkaReceiver] = []

    def begin(**more: Any) -> KafkaReceiver:
        settings = {"type": "kafka", "brokers": [bench.broker], "topics": [topic], "group": bench.topics.prefix}
        receiver = KafkaReceiver(
            "fleet",
            KafkaSource.model_validate(settings | more),
            journal.commit,
            0.1,
            log=ListLog(),
            backoff=Backoff(0.05, 0.1),
            retry=0.05,
        )
        made.append(receiver)
        receiver.start()
        return receiver

    yield begin
    for receiver in made:
        receiver.stop()


def write(bench: Bench, topic: str, *values: bytes | None) -> None:
    """All with one key, so to one partition."""

    async def send() -> None:
        from aiokafka import AIOKafkaProducer

        producer = AIOKafkaProducer(**bench.connection)
        await producer.start()
        for value in values:
            await producer.send_and_wait(topic, value, key=b"T1")
        await producer.stop()

    asyncio.run(send())


def test_records_are_deliveries_in_order_and_none_is_read_twice(
    bench: Bench, topic: str, journal: MemoryJournal, start: Start
) -> None:
    write(bench, topic, b"1", b"2", None)
    receiver = start()
    until(lambda: journal.payloads() == [b"1", b"2"], "what was there before")
    write(bench, topic, b"3")
    until(lambda: journal.payloads() == [b"1", b"2", b"3"], "what came then")
    receiver.stop()
    assert [entry[2] for entry in journal.entries if entry[0] == Kind.DELIVERY] == [topic] * 3
    kinds = journal.kinds()
    assert kinds[0] == Kind.JOIN
    assert kinds[-1] == Kind.LEAVE
    assert Kind.TICK in kinds
    write(bench, topic, b"4")
    start()
    until(lambda: journal.payloads()[3:] == [b"4"], "only what is new")


def test_what_the_journal_has_not_taken_is_read_again(
    bench: Bench, topic: str, journal: MemoryJournal, start: Start
) -> None:
    write(bench, topic, b"1", b"2")
    journal.refuse = Full("no room.")
    receiver = start()
    until(lambda: receiver.status.waiting_for_journal, "it to say so")
    receiver.stop()
    assert journal.payloads() == []
    journal.refuse = None
    start()
    until(lambda: journal.payloads() == [b"1", b"2"], "it to come again")


def test_a_group_that_begins_with_what_comes(bench: Bench, topic: str, journal: MemoryJournal, start: Start) -> None:
    write(bench, topic, b"old")
    start(begin="latest")
    until(lambda: Kind.TICK in journal.kinds(), "it to be connected")

    def came() -> bool:
        write(bench, topic, b"new")
        return bool(journal.payloads())

    until(came, "something new")
    assert set(journal.payloads()) == {b"new"}


@pytest.mark.parametrize(
    "more, said",
    [
        pytest.param({"brokers": [f"127.0.0.1:{free_port()}"], "timeout": "1s"}, "Unable to bootstrap", id="no broker"),
        pytest.param({"topics": ["nowhere"]}, "there is no topic nowhere", id="no topic"),
    ],
)
def test_what_can_not_be_read_is_said_and_tried_again(
    journal: MemoryJournal, start: Start, more: dict[str, Any], said: str
) -> None:
    receiver = start(**more)
    until(lambda: said in receiver.status.last_error, said)
    assert "trying again" in receiver.status.last_error
    assert receiver.status.connected_since is None
    assert journal.entries == []


def test_secrets_stand_in_the_environment() -> None:
    with pytest.raises(ValidationError, match="'username_env' and 'password_env' together"):
        KafkaSource.model_validate({"type": "kafka", "brokers": ["a:1"], "topics": ["t"], "username_env": "USER"})
