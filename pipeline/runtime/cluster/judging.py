"""judging: the engine on one partition of a city's entries, and what it finds, stamped for the one order.

The same engine as in one process, on a journal that has the deliveries of some subjects and the ticks of all sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import msgspec
import pyarrow as pa

from cases.making import OWN, Known, judge
from cases.stamping import Logged, Stamper, Stamps
from pipeline.deadletters import DeadLetter, letters_of
from pipeline.engine import Engine, LoadVersion
from pipeline.entries import Kind
from pipeline.runtime.cluster.messages import Found, Unreadable, decode_entries, partitions_of
from pipeline.runtime.cluster.routing import FIRST, judged_by
from pipeline.version import Aside

FORMAT = 1


class _Saved(msgspec.Struct):
    format: int
    engine: bytes
    stamps: Stamps


class PartitionJudge:
    """`agent.Judge` of one partition."""

    def __init__(
        self,
        partition: int,
        partitions: int,
        load: LoadVersion,
        *,
        set_aside: Callable[[list[DeadLetter]], object] = lambda _: None,
        measure: Callable[[], bool] = lambda: True,
        judged: Callable[[Engine, pa.RecordBatch, list[Known]], object] = lambda *_: None,
    ) -> None:
        """load: makes versions of their payloads. set_aside: is given what was; now and then again after a restart.
        measure: whether it is time to say the worst measures of what goes on. judged: is told of each message."""
        self.partition = partition
        self.engine = Engine(judged_by(partition, partitions, load))
        self._stamper = Stamper()
        self._set_aside, self._measure, self._judged = set_aside, measure, judged
        self._worst: dict[str, float] = {}

    def take(self, messages: Sequence[tuple[int, bytes]]) -> Found | None:
        """(offset, value) of messages of entries. What is none is set aside: nothing of it can be judged by anybody."""
        first, before = self.engine.position, self._stamper.passed
        logged: list[Logged] = []
        asked = aside = version = False
        for batch in self._batches(messages):
            asked = asked or not batch.num_rows  # somebody asks how far this is
            version = version or _versions(batch)
            aside = self._judge(batch, logged) or aside
        if asked:
            return self._found(first, logged, self._changed([]), dict(self.engine.counts))
        worst = self._changed(logged) if self._measure() else {}
        if not (logged or worst or aside or version or self._stamper.passed > before):
            return None
        return self._found(first, logged, worst)

    def _batches(self, messages: Sequence[tuple[int, bytes]]) -> Iterator[pa.RecordBatch]:
        """Of messages whose deliveries went to the same partitions, one."""
        same: list[pa.RecordBatch] = []
        for offset, value in messages:
            try:
                batch = decode_entries(value)
            except Unreadable as error:
                self._set_aside([_unreadable(error, value, self.partition, offset)])
                continue
            if same and (partitions_of(same[0]) != partitions_of(batch) or not batch.num_rows):
                yield _joined(same)
                same = []
            same.append(batch)
        if same:
            yield _joined(same)

    def _judge(self, batch: pa.RecordBatch, into: list[Logged]) -> bool:
        """Whether anything was set aside."""
        if not batch.num_rows:
            return False
        first = self.engine.position
        known = judge(self.engine, batch, first)
        self._judged(self.engine, batch, known)
        if self.partition != FIRST:  # that a source is down all find
            known = [each for each in known if each.case.rule not in OWN]
        into += self._stamper.stamp(batch, first, known)
        self._stamper.forget()
        asides = self.engine.take_asides()
        if asides:
            self._set_aside(letters_of(asides, batch, first))
        return bool(asides)

    def _found(
        self, first: int, logged: list[Logged], worst: dict[str, float], counts: dict[str, int] | None = None
    ) -> Found:
        return Found(
            partition=self.partition,
            first=first,
            end=self.engine.position,
            passed=self._stamper.passed,
            version=self._stamper.version,
            logged=logged,
            worst=worst,
            asked=counts is not None,
            counts=counts or {},
        )

    def snapshot(self) -> bytes:
        """See `Judge`."""
        return msgspec.msgpack.encode(_Saved(FORMAT, self.engine.snapshot(), self._stamper.stamps()))

    def restore(self, data: bytes) -> None:
        """See `Judge`. Raises ValueError where it is of another format."""
        try:
            saved = msgspec.msgpack.decode(data, type=_Saved)
        except msgspec.MsgspecError as error:
            raise ValueError(f"this is not the snapshot of a partition: {error}") from error
        if saved.format != FORMAT:
            raise ValueError(f"the snapshot has format {saved.format}, this gridwatch reads {FORMAT}")
        self.engine.restore(saved.engine)
        self._stamper = Stamper.of(saved.stamps)

    def _changed(self, logged: list[Logged]) -> dict[str, float]:
        """The worst measures that are not as they were said last. Of what has just become known they come next time:
        with it, they would be of a time after it."""
        new = {each.id for each in logged}
        worst = {e.id: e.measure for e in self.engine.episodes() if e.id not in new and not math.isnan(e.measure)}
        changed = {id: value for id, value in worst.items() if self._worst.get(id) != value}
        self._worst = worst
        return changed


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def _versions(batch: pa.RecordBatch) -> bool:
    return bool((batch.column("kind").to_numpy() == Kind.VERSION).any())


def _unreadable(error: Unreadable, value: bytes, partition: int, offset: int) -> DeadLetter:
    aside = Aside(0, "undecodable", f"partition {partition}, offset {offset}", str(error))
    batch = pa.record_batch(
        {"kind": pa.array([0], pa.uint8()), "source": [""], "topic": [""], "received": [math.nan], "payload": [value]}
    )
    return letters_of([aside], batch, 0)[0]
