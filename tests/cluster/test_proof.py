"""The same recording through one engine, and through workers on a real Kafka that are killed: the same cases."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from gridwatch.cluster_replay import ClusterReplay
from gridwatch.cluster_workers import Watching, Workers
from pipeline.journal.contents import CONTENTS
from tests.cluster.local import told
from tests.cluster.recordings import recorded

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]


class Breaking(Watching):
    """Each time when so many messages are in Kafka: waits until the workers have said something new, kills one of them
    and starts another, with the rest of the recording still to come."""

    def __init__(self, *at: int) -> None:
        self.at, self.killed = list(at), 0
        self.said = asyncio.Event()

    async def published(self, workers: Workers, message: int) -> None:
        if message in self.at:
            self.said.clear()
            await self.said.wait()
            workers.kill()
            workers.start()
            self.killed += 1

    def heard(self, workers: Workers, entries: int, at: float) -> None:
        self.said.set()


@pytest.mark.parametrize(
    "workers, kills", [pytest.param(1, (), id="one"), pytest.param(3, (60, 160), id="three-killed")]
)
def test_the_same_cases(kafka: str, tmp_path: Path, workers: int, kills: tuple[int, ...]) -> None:
    opened = recorded(tmp_path, "dead-zones", hours=2.0, seed=random.randrange(1_000))
    expected = told(opened.judge())
    assert opened.recording is not None
    breaking = Breaking(*kills)
    replay = ClusterReplay(
        [kafka],
        opened.entries(),
        opened.recording.journal / CONTENTS,
        workers=workers,
        rows=300,
        every=10,
        watching=breaking,
    )
    assert told(replay.run()) == expected
    assert breaking.killed == len(kills)
