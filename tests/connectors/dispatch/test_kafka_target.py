"""Cases to a real Kafka: keyed by case, in order, and what is not taken is said."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from pydantic import ValidationError

from connectors.dispatch.kafka import KafkaSender, KafkaTarget
from connectors.dispatch.message import Again, Refused, Sent
from tests.connectors.dispatch.others import message
from tests.services.mosquitto import free_port

pytestmark = pytest.mark.service


def sender(broker: str, topic: str, **more: Any) -> KafkaSender:
    settings = KafkaTarget.model_validate({"type": "kafka", "brokers": [broker], "topic": topic, **more})
    return KafkaSender("kafka", settings, "test", Path(), {})


async def make_topic(broker: str, topic: str, configuration: dict[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 3, 1, topic_configs=configuration)])
    await admin.close()


async def read(broker: str, topic: str, count: int) -> list[Any]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return [await asyncio.wait_for(consumer.getone(), 20) for _ in range(count)]
    finally:
        await consumer.stop()


@pytest.fixture
def topic(kafka: str) -> str:
    name = f"cases-{uuid.uuid4().hex[:8]}"
    asyncio.run(make_topic(kafka, name, {"max.message.bytes": "10000"}))
    return name


def test_cases_are_cloud_events_keyed_by_case_and_in_order(kafka: str, topic: str) -> None:
    sending = sender(kafka, topic)
    told = [(case, event) for event in ("dispatch", "urge", "close") for case in ("case-a", "case-b")]
    for case, event in told:
        assert sending.send(message(case, event)) == Sent()
    assert sending.test() == Sent()
    sending.close()
    came = asyncio.run(read(kafka, topic, 7))
    records = [record for record in came if record.key != b"test"]
    for case in ("case-a", "case-b"):
        mine = [record for record in records if record.key == case.encode()]
        assert len({record.partition for record in mine}) == 1
        events: list[Any] = [
            from_structured_event(KafkaMessage(dict(record.headers), record.key, record.value)) for record in mine
        ]
        assert [each.get_type() for each in events] == [f"gridwatch.case.{e}" for e in ("dispatch", "urge", "close")]
        assert {each.get_subject() for each in events} == {case}


def test_what_is_too_large_is_refused_and_the_next_one_goes(kafka: str, topic: str) -> None:
    sending = sender(kafka, topic)
    got = sending.send(message(text="字" * 10_000))
    assert isinstance(got, Refused)
    assert "of this size" in got.why
    assert sending.send(message()) == Sent()
    sending.close()


def test_a_topic_that_is_not_there_and_a_broker_that_is_not_there(kafka: str) -> None:
    sending = sender(kafka, f"none-{uuid.uuid4().hex[:8]}", timeout="1 s")
    got = sending.send(message())
    assert isinstance(got, Again)
    sending.close()
    nobody = sender(f"127.0.0.1:{free_port()}", "cases", timeout="1 s")
    got = nobody.send(message())
    assert isinstance(got, Again)
    assert "check brokers and topic" in got.why
    nobody.close()


def test_user_and_password_come_together() -> None:
    with pytest.raises(ValidationError, match="expected 'username_env' and 'password_env' together"):
        KafkaTarget.model_validate({"type": "kafka", "brokers": ["x:9092"], "topic": "x", "username_env": "U"})
