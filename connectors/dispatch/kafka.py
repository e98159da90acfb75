"""kafka: each message is a CloudEvent, structured, keyed by its case. CloudEvents' Kafka binding 1.0.2, section 3.3.

Taken is what all in-sync replicas have (acks=all); the producer is idempotent. The key keeps a case's messages in one
partition, so in order. It needs the extra `cluster`. Topics are made by whoever runs Kafka.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from connectors.dispatch.event import CONTENT_TYPE, encoded, event, trial
from connectors.dispatch.message import Again, Message, Outcome, Refused, Sent
from connectors.kafka_link import KafkaLink, connection


class KafkaTarget(KafkaLink):
    """`type: kafka`."""

    type: Literal["kafka"]
    topic: str = Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")


class KafkaSender:
    """To one topic. aiokafka's loop is turned by whoever calls, so it belongs to one thread like any sender."""

    def __init__(
        self, name: str, settings: KafkaTarget, city: str, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._settings, self._city = settings, city
        self._how = connection(settings, folder, environment)
        self._runner: asyncio.Runner | None = None
        self._producer: Any = None

    def send(self, message: Message) -> Outcome:
        """See `Sender.send`."""
        return self._put(message.case, encoded(event(message, self._city)))

    def test(self) -> Outcome:
        """Sends an event of the type gridwatch.test, keyed 'test'."""
        return self._put("test", encoded(trial(str(uuid.uuid4()), self._city, time.time())))

    def close(self) -> None:
        """See `Sender.close`."""
        runner, self._runner = self._runner, None
        if runner is not None:
            try:
                runner.run(self._stop())
            finally:
                runner.close()

    def _put(self, key: str, value: bytes) -> Outcome:
        from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError

        if self._runner is None:
            self._runner = asyncio.Runner()
        try:
            self._runner.run(asyncio.wait_for(self._send(key, value), 2 * self._settings.timeout))
        except (MessageSizeTooLargeError, RecordTooLargeError) as error:
            return Refused(f"{self._where} does not take messages of this size ({error})")
        except (KafkaError, OSError, TimeoutError) as error:
            self.close()  # nothing of it may arrive later
            why = str(error) or type(error).__name__
            return Again(f"{self._where} did not take it ({why}); check brokers and topic, and that they run")
        return Sent()

    @property
    def _where(self) -> str:
        return f"Kafka at {self._settings.brokers[0]}, topic {self._settings.topic},"

    async def _send(self, key: str, value: bytes) -> None:
        from aiokafka import AIOKafkaProducer

        settings = self._settings
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                client_id="gridwatch",
                acks="all",
                enable_idempotence=True,
                **self._how,
            )
            await self._producer.start()
        headers = [("content-type", CONTENT_TYPE.encode())]
        await self._producer.send_and_wait(settings.topic, value, key=key.encode(), headers=headers)

    async def _stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            stop = asyncio.ensure_future(producer.stop())
            await asyncio.wait({stop}, timeout=self._settings.timeout)
