"""cluster_judge: a worker that judges for a replay: `python -m gridwatch.cluster_judge JOB`; JOB is JSON, see `Job`.

The same app, agent and judge as `gridwatch worker`; what it finds is put together by whoever replays.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec


class Job(msgspec.Struct, frozen=True):
    """What is to be judged."""

    brokers: list[str]
    prefix: str
    partitions: int
    contents: str
    """The folder of configurations and worlds."""
    folder: str
    """For what Faust keeps."""
    every: int = 200
    """Messages between two snapshots."""
    session: float = 6.0
    """Seconds without a word after which others take over."""


def main(job: Job) -> None:
    """Judge until somebody ends the process."""
    import faust

    from pipeline.journal import Contents
    from pipeline.runtime.cluster.agent import Watch, judge_partitions
    from pipeline.runtime.cluster.app import Watchdog, make_app
    from pipeline.runtime.cluster.judging import PartitionJudge
    from pipeline.runtime.cluster.loading import Versions
    from pipeline.runtime.cluster.messages import Found, encode_found
    from pipeline.runtime.cluster.names import Topics

    topics = Topics(job.prefix)
    connection = {"bootstrap_servers": job.brokers}
    app = make_app(topics, connection, job.partitions, Path(job.folder), session=job.session)
    known = app.topic(topics.known, value_type=bytes, value_serializer="raw", partitions=1)
    load = Versions(Contents(Path(job.contents)))

    async def emit(found: Found) -> None:
        await (await known.send(value=encode_found(found), partition=0))

    def judge(partition: int) -> PartitionJudge:
        return PartitionJudge(partition, job.partitions, load)

    watch = Watch()
    judge_partitions(
        app, topics.entries, job.partitions, judge, emit, every=job.every, seconds=3600.0, share=1.0, watch=watch
    )

    async def begin() -> None:
        Watchdog(app, topics.entries, watch, stalled=30.0).start(asyncio.get_running_loop())

    app.task(begin)
    faust.Worker(app, loglevel="warning", redirect_stdouts=False, quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Job))
