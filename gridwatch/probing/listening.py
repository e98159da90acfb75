"""listening: a source's messages into `Heard`, for a while, with nothing taken away from a running city.

An MQTT broker is listened to as `gridwatch record --live` does: another client id, no session, no share. A Kafka topic
is read from now on without a group, so that no offset is committed anywhere. What answers whoever sends (HTTP, JT/T
808) or is a package's is never received a second time: what a running city journals of it is looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwatch.brokers import follow
from gridwatch.probing.heard import Heard
from gridwatch.problems import Problem

if TYPE_CHECKING:
    from connectors.kafka import KafkaSource
    from connectors.mqtt_settings import MqttSource

TICK = 0.5
NEWEST = 20_000
"""So many of the journal's newest entries are looked at first."""


class _Quiet:
    """No log: what goes wrong is told by `follow`, once."""

    def info(self, event: str, /, **context: Any) -> None:
        pass

    warning = error = info


def from_mqtt(heard: Heard, name: str, settings: MqttSource, folder: Path, ended: Callable[[], bool]) -> None:
    """What a broker sends, until `ended`, which waits a little each time. Raises Problem."""
    from pipeline.entries import EntryBuffer, Kind

    connected = False

    def take(buffer: EntryBuffer) -> None:
        nonlocal connected
        connected = connected or Kind.JOIN in buffer.kinds
        for kind, source, topic, received, payload in zip(
            buffer.kinds, buffer.sources, buffer.topics, buffer.received, buffer.payloads, strict=True
        ):
            if kind == Kind.DELIVERY:
                heard.add(source, [topic], received, [payload])

    follow(take, {name: settings}, TICK, folder, ended, _Quiet())
    if not connected:
        raise Problem(f"{settings.broker} was not reached in that time. Is the broker there, is the port open?")


def from_kafka(
    heard: Heard,
    name: str,
    settings: KafkaSource,
    folder: Path,
    environment: Mapping[str, str],
    ended: Callable[[], bool],
) -> None:
    """What is written to the topics from now on. Raises Problem."""
    from connectors.kafka_link import connection

    try:
        how = connection(settings, folder, environment)
    except (ValueError, OSError) as error:
        raise Problem(str(error)) from None
    asyncio.run(_consume(heard, name, settings, how, ended))


async def _consume(
    heard: Heard, name: str, settings: KafkaSource, how: Mapping[str, Any], ended: Callable[[], bool]
) -> None:
    from aiokafka import AIOKafkaConsumer
    from aiokafka.errors import KafkaError

    consumer = AIOKafkaConsumer(
        *settings.topics, group_id=None, client_id="gridwatch-probe", auto_offset_reset="latest", **how
    )
    where = ", ".join(settings.brokers)
    try:
        try:
            async with asyncio.timeout(3 * settings.timeout):
                await consumer.start()
                missing = sorted(set(settings.topics) - await consumer.topics())
        except (KafkaError, OSError, TimeoutError) as error:
            raise Problem(f"Kafka at {where}: {error or type(error).__name__}") from None
        if missing:
            raise Problem(f"Kafka at {where} has no topic {missing[0]}, or this user may not see it.")
        while not await asyncio.to_thread(ended):
            came = await consumer.getmany(timeout_ms=0, max_records=5000)
            while came:
                records = [record for each in came.values() for record in each if record.value is not None]
                heard.add(name, [r.topic for r in records], time.time(), [r.value for r in records])
                came = await consumer.getmany(timeout_ms=0, max_records=5000)
    finally:
        with contextlib.suppress(asyncio.CancelledError):  # of its own tasks that had not begun
            await consumer.stop()


def from_journal(heard: Heard, source: str, journal: Path, ended: Callable[[], bool]) -> float:
    """What a running city journals of a source, the newest of what is there first; since when, UTC seconds.

    Nothing is locked or changed.
    """
    import numpy as np

    from pipeline.entries import Kind
    from pipeline.journal import JournalReader

    reader = JournalReader(journal)
    position, since = max(reader.first, reader.head - NEWEST), time.time()
    over = False
    while not over:
        over = ended()
        for piece in reader.read(position):
            batch = piece.batch
            ours = np.array([each == source for each in batch.column("source").to_pylist()], bool)
            at = np.flatnonzero(ours & (batch.column("kind").to_numpy() == int(Kind.DELIVERY))).tolist()
            topics, payloads = batch.column("topic"), batch.column("payload")
            received = batch.column("received").to_numpy()
            for i in at:
                since = min(since, float(received[i]))
                heard.add(source, [topics[i].as_py()], float(received[i]), [payloads[i].as_py()])
            position = piece.end
    return since
