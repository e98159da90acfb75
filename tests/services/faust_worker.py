"""faust_worker: the process that the test kills: BROKER NAME PARTITIONS FOLDER.

Judges the partitions of `NAME-entries` and puts what became known on `NAME-episodes`, partition by partition. Its lines
on stdout say how far its engines are: `judged POSITION`, `resumed POSITION`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import faust
import msgspec
import pyarrow as pa

from pipeline.episode import EpisodeEvent
from pipeline.runtime.cluster.agent import judge_partitions
from tests.services.partition_case import new_engine


class Telling:
    """A judge that says what it does."""

    def __init__(self, partition: int) -> None:
        self.partition, self.engine = partition, new_engine()

    def take(self, messages: Sequence[tuple[int, bytes]]) -> tuple[int, list[EpisodeEvent]] | None:
        known: list[EpisodeEvent] = []
        for _, value in messages:
            with pa.ipc.open_stream(value) as stream:
                for batch in stream:
                    known += self.engine.feed(batch, self.engine.position)
            _say("judged", self.engine.position)
        return (self.partition, known) if known else None

    def snapshot(self) -> bytes:
        return self.engine.snapshot()

    def restore(self, data: bytes) -> None:
        self.engine.restore(data)
        _say("resumed", self.engine.position)


def _say(what: str, position: int) -> None:
    sys.stdout.write(f"{what} {position}\n")
    sys.stdout.flush()


def main(broker: str, name: str, partitions: int, folder: Path) -> None:
    app = faust.App(
        name,
        broker=f"kafka://{broker}",
        datadir=folder,
        topic_partitions=partitions,
        topic_replication_factor=1,
        web_enabled=False,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
        broker_commit_interval=0.2,
    )
    known = app.topic(f"{name}-episodes", value_type=bytes, value_serializer="raw", partitions=partitions)

    async def emit(found: tuple[int, list[EpisodeEvent]]) -> None:
        partition, events = found
        await (await known.send(value=msgspec.msgpack.encode(events), partition=partition))

    # Snapshots are small here: so that they come in several parts, parts are smaller still. They come by count alone,
    # so that the test knows which messages are never acknowledged, and messages are judged one by one.
    judge_partitions(
        app, f"{name}-entries", partitions, Telling, emit, every=20, seconds=3600.0, share=1.0, part=1000, together=1
    )
    faust.Worker(app, loglevel="warning", redirect_stdouts=False, quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
