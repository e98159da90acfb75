"""following: a city's topics read along by somebody who judges nothing: the console.

One consumer without a group, so that it takes no partition from a worker: the journal's partitions from the last minute
on, what judging found and what was set aside from some of the newest messages on. What it can't keep up with it leaves
out and counts. It comes back by itself when Kafka does; whether Kafka answers it asks every few seconds, since a
consumer whose brokers are away is just silent.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.runtime.cluster.names import Topics
from pipeline.runtime.logs import Trouble

BACK = 60.0
"""Seconds of the journal that are read at the start."""
NEWEST = {"known": 500, "deadletters": 2_000}
"""Messages of the other topics that are."""
BEHIND = 20_000
"""Messages; who is further behind goes on with the last minute."""
MEASURE = 3.0
"""Seconds between two questions how far everybody is."""
_AGAIN = 2.0
"""Seconds between two attempts."""
_AT_ONCE = 500
"""Messages."""


class NotThere(Exception):
    """A topic has not been made yet. Plain text."""

    trouble = "kafka's topics"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far everybody is with the journal: partition -> messages."""

    at: float = 0.0
    """When this was asked, UTC seconds; 0: it never was."""
    first: Mapping[int, int] = field(default_factory=dict)
    """The offset of the oldest that is kept."""
    end: Mapping[int, int] = field(default_factory=dict)
    """After the newest."""
    safe: Mapping[int, int] = field(default_factory=dict)
    """From where a worker that is started again judges; missing: nobody has judged it."""


class Following:
    """`start` and `stop`, each once. take: is given (topic, partition, value), in each partition's order, by one thread
    of its own, as long as it takes."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        topics: Topics,
        take: Callable[[str, int, bytes], object],
        log: Any,
        *,
        group: str = "",
        now: Callable[[], float] = time.time,
    ) -> None:
        """connection: see settings.connection. group: the workers'; '': the topics' prefix, as Faust calls it."""
        self._how, self._topics, self._take, self._now = dict(connection), topics, take, now
        self._group = group or topics.prefix
        self._trouble = Trouble(log, "the city's topics can't be followed")
        self._thread = threading.Thread(target=self._run, name="following", daemon=True)
        self._ending = threading.Event()
        self.away = "nothing has been read of it yet"
        """Why Kafka can't be followed now; '': it can."""
        self.reach = Reach()
        self._next: dict[Any, int] = {}
        """After what was taken of each partition."""
        self.skipped = 0
        """Messages that were left out."""

    def start(self) -> None:
        """Begin; returns at once, whether Kafka is there or not."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when it has ended."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    # Its thread.

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            # What a broken connection leaves behind has been said.
            runner.get_loop().set_exception_handler(lambda *_: None)
            while not self._ending.is_set():
                try:
                    runner.run(self._follow())
                except Exception as error:  # noqa: BLE001  whatever it is: the console goes on, and so must this
                    self.away = _plain(error)
                    self._trouble.failed(error)
                    self._ending.wait(_AGAIN)

    async def _follow(self) -> None:
        """Until it is stopped or fails."""
        from aiokafka import AIOKafkaConsumer
        from aiokafka.admin import AIOKafkaAdminClient

        limit = self._how["request_timeout_ms"] / 1000
        consumer = AIOKafkaConsumer(
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=200,
            client_id="gridwatch",
            **self._how,
        )
        admin = AIOKafkaAdminClient(client_id="gridwatch", **self._how)
        try:
            async with asyncio.timeout(limit * 2):
                await consumer.start()
                await admin.start()
                journal, others = await self._partitions(admin)
                consumer.assign([*journal, *others])
                await self._seek(consumer, journal)
                ends = await consumer.end_offsets(others)
                for each in others:
                    kind = "known" if each.topic == self._topics.known else "deadletters"
                    self._go(consumer, each, max(ends[each] - NEWEST[kind], 0), ends[each])
            measured = -MEASURE
            while not self._ending.is_set():
                got = await consumer.getmany(timeout_ms=200, max_records=_AT_ONCE)
                for where, records in got.items():
                    for record in records:
                        self._next[where] = record.offset + 1
                        if record.value is not None:
                            self._take(where.topic, where.partition, record.value)
                if time.monotonic() - measured >= MEASURE:
                    async with asyncio.timeout(limit):
                        await self._measure(consumer, admin, journal)
                    measured = time.monotonic()
        finally:
            await _ended(consumer.stop())
            await _ended(admin.close())

    async def _partitions(self, admin: Any) -> tuple[list[Any], list[Any]]:
        """Those of the journal, and the others that are there. Raises NotThere."""
        from aiokafka import TopicPartition

        wanted = [self._topics.entries, self._topics.known, self._topics.deadletters]
        found = {each["topic"]: each for each in await admin.describe_topics(wanted) if not each["error_code"]}
        if self._topics.entries not in found:
            raise NotThere(f"There is no topic '{self._topics.entries}' yet; `gridwatch topics` makes it")
        there = [TopicPartition(name, part["partition"]) for name in found for part in found[name]["partitions"]]
        there.sort()
        journal = [each for each in there if each.topic == self._topics.entries]
        return journal, [each for each in there if each.topic != self._topics.entries]

    async def _seek(self, consumer: Any, journal: Collection[Any]) -> None:
        """To the last minute of the journal, or its end where nothing came since."""
        since = int((self._now() - BACK) * 1000)
        at = await consumer.offsets_for_times(dict.fromkeys(journal, since))
        ends = await consumer.end_offsets(journal)
        for each in journal:
            self._go(consumer, each, ends[each] if at.get(each) is None else at[each].offset, ends[each])

    def _go(self, consumer: Any, where: Any, offset: int, end: int) -> None:
        """From there on, but nothing twice. end: another topic of that name may have less than was taken."""
        taken = self._next.get(where, 0)
        consumer.seek(where, max(offset, taken) if taken <= end else offset)

    async def _measure(self, consumer: Any, admin: Any, journal: Collection[Any]) -> None:
        """How far everybody is; who is too far behind here is brought to the front."""
        first, end = await consumer.beginning_offsets(journal), await consumer.end_offsets(journal)
        safe = await self._safe(admin)
        self.reach = Reach(
            self._now(),
            {each.partition: offset for each, offset in first.items()},
            {each.partition: offset for each, offset in end.items()},
            {each.partition: of.offset for each, of in safe.items() if each in end and of.offset >= 0},
        )
        self.away = ""
        self._trouble.worked()
        before = {each: await consumer.position(each) for each in journal}
        if sum(end[each] - before[each] for each in journal) > BEHIND:
            await self._seek(consumer, journal)
            for each in journal:
                self.skipped += max(await consumer.position(each) - before[each], 0)

    async def _safe(self, admin: Any) -> Mapping[Any, Any]:
        """What the workers have acknowledged; nothing where nobody knows of such a group."""
        from aiokafka.errors import KafkaError

        try:
            found: Mapping[Any, Any] = await admin.list_consumer_group_offsets(self._group)
        except KafkaError:
            return {}
        return found


async def _ended(closing: Any) -> None:
    from aiokafka.errors import KafkaError

    try:
        async with asyncio.timeout(2.0):
            await closing
    except (KafkaError, OSError, TimeoutError):
        return  # it is gone all the same


def _plain(error: Exception) -> str:
    """What the person who runs it is told."""
    if isinstance(error, NotThere):
        return str(error)
    said = str(error)
    return f"Kafka does not answer ({type(error).__name__}{': ' + said if said else ''}); check that the brokers run"
