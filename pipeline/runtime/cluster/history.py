"""history: what a worker writes of the partitions that it judges: their rows, its rules' measures, its own numbers.

Rows are read from Kafka once more (history_feed), as a city in one process reads them from its journal. Measures are
known only while judging: each partition's wait on this worker's disk before a snapshot has seen what they came of, and
which have been said goes with the snapshot, so that whoever judges again says the same.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry

from connectors.history.settings import HistorySection
from connectors.history.writer import Writer
from pipeline.engine import LoadVersion
from pipeline.runtime.cluster.history_feed import Begin, PartitionsFeed
from pipeline.runtime.cluster.judging import PartitionJudge
from pipeline.runtime.cluster.messages import Found
from pipeline.runtime.cluster.names import Topics
from pipeline.runtime.cluster.routing import judged_by
from pipeline.runtime.history import History
from pipeline.runtime.history_city import FOLDER, connect
from pipeline.runtime.history_feed import Decoder
from pipeline.runtime.history_measures import Measures, Turn
from pipeline.runtime.history_spool import Spool
from pipeline.runtime.history_state import read_state


class _Saved(msgspec.Struct, tag="measured"):
    """A partition's snapshot with what has been measured."""

    turns: list[Turn]
    judge: bytes


class WorkerHistory:
    """`judging` for each judge, `start` and `stop`, each once."""

    def __init__(
        self,
        section: HistorySection,
        data: Path,
        connection: Mapping[str, Any],
        topics: Topics,
        partitions: int,
        versions: LoadVersion,
        here: Callable[[], Sequence[int]],
        registry: CollectorRegistry,
        tell: Any,
        file: Path,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """data: the worker's own folder. connection: Kafka's. here: the partitions that are judged. file: the city's
        configuration, as faults name it. Raises Faulty where the token is not set or the package is missing, OSError.
        """
        self._every = section.measures_every if "measures" in section.keep else None
        self._begun: dict[int, Begin] = {}
        self._measures: dict[int, Measures] = {}
        self._lost = 0
        self._here = here
        self._influx = connect(section, file, environment)
        self._spool = Spool(data / FOLDER)
        state = read_state(data / FOLDER)
        state.where, state.trouble = section.where, ""

        def decoder(partition: int, payload: bytes | None) -> Decoder:
            return Decoder(judged_by(partition, partitions, versions), Writer(section), payload)

        feed = PartitionsFeed(connection, topics, self._judged, decoder, state, tell)
        self._history = History(
            feed,
            self._influx,
            data / FOLDER,
            self._spool,
            state,
            tell,
            measures=self,
            registry=registry,
            process=f"{socket.gethostname()} {data.name}",
        )

    def judging(self, judge: PartitionJudge) -> MeasuredJudge:
        """The judge of a partition, whose history is written from here on."""
        old = self._measures.pop(judge.partition, None)
        if old is not None:
            self._lost += old.lost
        if self._every is None:
            return MeasuredJudge(judge, began=self._begin)
        measures = self._measures[judge.partition] = Measures(self._every)
        return MeasuredJudge(judge, measures, began=self._begin, settle=self._spool.add)

    def start(self) -> None:
        """Begin to write."""
        self._history.start()

    def stop(self) -> None:
        """End; what is not written is written by whoever judges the partitions next."""
        self._history.stop()
        self._spool.close()
        self._influx.close()

    # What `History` asks.

    @property
    def lost(self) -> int:
        """Measures that there was no room for."""
        return self._lost + sum(each.lost for each in list(self._measures.values()))

    def take(self) -> list[str]:
        """Measures since the last time."""
        return [line for each in list(self._measures.values()) for line in each.take()]

    def _begin(self, partition: int, begin: Begin) -> None:
        self._begun[partition] = begin

    def _judged(self) -> Mapping[int, Begin]:
        begun = dict(self._begun)
        return {partition: begun[partition] for partition in self._here() if partition in begun}


class MeasuredJudge:
    """`agent.Judge` of a partition: a `PartitionJudge`, to whose rules somebody may listen."""

    def __init__(
        self,
        judge: PartitionJudge,
        measures: Measures | None = None,
        *,
        began: Callable[[int, Begin], object] = lambda *_: None,
        settle: Callable[[list[str]], object] = lambda _: None,
    ) -> None:
        """began: is told of the partition and where judging it begins. settle: is given measures, and has them on the
        disk when it returns."""
        self._judge, self._measures, self._settle = judge, measures, settle
        self._began: Callable[[int, Begin], object] | None = began
        if measures is not None:
            judge.engine.listening = measures.listen

    def take(self, messages: Sequence[tuple[int, bytes]]) -> Found | None:
        """See `Judge`."""
        if self._began is not None and messages:
            self._began(self._judge.partition, Begin(messages[0][0], self._judge.engine.version_payload))
            self._began = None
        return self._judge.take(messages)

    def snapshot(self) -> bytes:
        """See `Judge`."""
        if self._measures is None:
            return self._judge.snapshot()
        turns = self._measures.turns()
        self._settle(self._measures.take())
        return msgspec.msgpack.encode(_Saved(turns, self._judge.snapshot()))

    def restore(self, data: bytes) -> None:
        """See `Judge`: also of a snapshot that was made without a history, or with one. Raises ValueError."""
        try:
            saved = msgspec.msgpack.decode(data, type=_Saved)
        except msgspec.MsgspecError:
            self._judge.restore(data)
            return
        self._judge.restore(saved.judge)
        if self._measures is not None:
            self._measures.go_on(saved.turns)
