"""local: a cluster without Kafka: the same routing, judges and merging, partition by partition, in this process.

What Kafka and Faust add (deliveries again, kills, rebalances) is played: judges are restored from their snapshots and
judge again what they had judged, and what they find comes again and interleaved in any way.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

import msgspec
import numpy as np

from cases.making import Standing
from gridwatch.cluster_dealing import deal
from pipeline.engine import LoadVersion
from pipeline.entries import EntryBuffer
from pipeline.names import Names
from pipeline.runtime.cluster.judging import PartitionJudge
from pipeline.runtime.cluster.merging import Merger
from pipeline.runtime.cluster.messages import Found, decode_found, encode_entries, encode_found
from replay.fusing import Fusing
from replay.replaying import Entries, Replayed


class LocalCluster:
    """One run. chance: what happens when; None: nothing does."""

    def __init__(self, partitions: int, load: LoadVersion, chance: random.Random | None = None) -> None:
        self.count, self.load, self.chance = partitions, load, chance
        self.partitions: list[list[bytes]] = [[] for _ in range(partitions)]
        self.found: list[Found] = []

    def run(self, journal: Entries, current: bytes | None = None, rows: int = 2_000) -> Replayed:
        """The cases of a journal. current: as for `replay`."""
        for part in deal(journal, self.load, self.count, current, rows):
            self.partitions[part.partition].append(encode_entries(part.batch, part.to))
        queues = [list(self._judged(partition)) for partition in range(self.count)]
        return self._merged(self._interleaved(queues))

    def _judged(self, partition: int) -> Iterator[Found]:
        """One partition; now and then its judge is killed and another goes on from the last snapshot."""
        new = partial(PartitionJudge, partition, self.count, self.load)
        judge, saved, at, seen = new(), b"", 0, 0
        values = [*self.partitions[partition], encode_entries(EntryBuffer().batch())]
        while seen < len(values):
            some = values[seen : seen + (self.chance.randrange(1, 6) if self.chance else 1)]
            found = judge.take(list(enumerate(some, seen)))
            seen += len(some)
            if found is not None:
                yield decode_found(encode_found(found))
            dice = self.chance.random() if self.chance else 1.0
            if dice < 0.05:
                saved, at = judge.snapshot(), seen
            elif dice < 0.1:
                judge, seen = new(), at
                if saved:
                    judge.restore(saved)

    def _interleaved(self, queues: list[list[Found]]) -> Iterator[Found]:
        """In the order of each partition, and some of it again: a judge that did not know yet that another had it."""
        at = [0] * self.count
        while left := [n for n in range(self.count) if at[n] < len(queues[n])]:
            n = self.chance.choice(left) if self.chance else left[0]
            for found in queues[n][at[n] : at[n] + (self.chance.randrange(1, 9) if self.chance else 1)]:
                yield found
                at[n] += 1
            if self.chance and self.chance.random() < 0.1:
                start = self.chance.randrange(at[n])
                yield from queues[n][start : min(at[n], start + 4)]

    def _merged(self, messages: Iterator[Found]) -> Replayed:
        fusing, standing, merger, result = Fusing(), Standing(), Merger(self.count), Replayed()
        load, said = fusing.listening(self.load), set[str]()
        before = (-np.inf, -np.inf, "", -1, -1)
        for offset, found in enumerate(messages):
            self.found.append(found)
            for version in {found.version, *(each.version for each in found.logged)} - said - {""}:
                load(version.encode(), Names())
                said.add(version)
            standing.take(each.known for each in merger.take(found, offset) if each.known is not None)
            due = merger.due()
            for each in due:  # the one order is never gone back in
                assert each.place > before
                before = each.place
            fusing.enter(due)
            merger.drop()
            for id, value in merger.take_worst().items():
                case = standing.cases.get(id)
                if case is not None and case.open:
                    standing.cases[id] = msgspec.structs.replace(case, measure=value)
        fusing.enter(merger.due(everything=True))
        result.cases = result.found = standing.list()
        if fusing.configured:
            result.cases, result.found = fusing.cases(standing.cases)
        return result


def told(result: Replayed) -> list[dict[str, object]]:
    """Cases as JSON says them, without where in the journal they were found: a partition has positions of its own."""
    return [{name: value for name, value in case.to_json().items() if "position" not in name} for case in result.cases]
