"""cluster_dealing: a recording's entries, dealt to partitions as `gridwatch ingest` deals what comes in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gridwatch.problems import Exit, Problem
from pipeline.engine import LoadVersion
from pipeline.entries import EntryBuffer, Kind
from pipeline.runtime.cluster.routing import Part, Router
from replay.replaying import Entries


def deal(
    entries: Entries, load: LoadVersion, partitions: int, current: bytes | None = None, rows: int = 2_000
) -> Iterator[Part]:
    """In order within each partition, at most `rows` entries in each part. current: a version by which all is dealt,
    in place of the recording's own. Raises Problem where nothing says by what the first entries are judged."""
    router: Router | None = None

    def routed(batch: pa.RecordBatch) -> list[Part]:
        if router is None:
            raise Problem("nothing says by what the first entries are to be judged: name --config", Exit.USAGE)
        return router.route(batch)

    if current is not None:
        router = Router(partial(load, current), partitions)
        yield from routed(_version_entry(current))
    for piece in entries.read(entries.first, rows):
        kinds = piece.batch.column("kind").to_numpy()
        cuts = sorted({0, *np.flatnonzero(kinds == Kind.VERSION).tolist(), len(kinds)})
        for start, end in itertools.pairwise(cuts):
            batch = piece.batch.slice(start, end - start)
            if kinds[start] == Kind.VERSION:
                said: bytes = batch.column("payload")[0].as_py()
                if current is not None:  # one configuration, whatever the journal says
                    batch = batch.filter(pc.not_equal(batch.column("kind"), int(Kind.VERSION)))
                else:
                    router = Router(partial(load, said), partitions)
            yield from routed(batch)


def _version_entry(payload: bytes) -> pa.RecordBatch:
    """A VERSION entry."""
    buffer = EntryBuffer()
    buffer.add(Kind.VERSION, "", "", 0.0, payload)
    return buffer.batch()
