"""faust_worker: the process that the test kills: BROKER NAME PARTITIONS FOLDER.

Judges the partitions of `NAME-entries` and puts what became known on `NAME-episodes`, partition by partition. Its lines
on stdout say how far its engines are: `judged POSITION`, `resumed POSITION`.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import faust
import msgspec
import pyarrow as pa

from pipeline.engine import Engine
from pipeline.episode import EpisodeEvent
from pipeline.runtime.agent import judge_partitions
from tests.services.partition_case import load_version


class Telling(Engine):
    """An engine that says what it does."""

    def feed(self, batch: pa.RecordBatch, first: int) -> list[EpisodeEvent]:
        known = super().feed(batch, first)
        _say("judged", self.position)
        return known

    def restore(self, data: bytes) -> None:
        super().restore(data)
        _say("resumed", self.position)


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

    async def emit(partition: int, events: list[EpisodeEvent]) -> None:
        await (await known.send(value=msgspec.msgpack.encode(events), partition=partition))

    new_engine = partial(Telling, load_version)
    # Snapshots are small here: so that they come in several parts, parts are smaller still. They come by count alone,
    # so that the test knows which messages are never acknowledged.
    judge_partitions(app, f"{name}-entries", partitions, new_engine, emit, every=20, seconds=3600.0, part=1000)
    faust.Worker(app, loglevel="warning", redirect_stdouts=False, quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
