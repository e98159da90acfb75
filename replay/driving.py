"""driving: rules over rows, through the very engine: which episodes come of them? For tests and small replays.

Reads rows as columns (`table` makes them of a few records) and a world; reports the episodes as they stand at the end.
Each row is one delivery, received when it says; after it a tick of that time, so that silence is found out as it is in
a city. Nothing is configured, decoded or stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from pipeline.engine import Engine
from pipeline.entries import EntryBuffer, Kind
from pipeline.episode import Change, Episode
from pipeline.names import NOBODY, Names
from pipeline.rows import Rows
from pipeline.version import Decoded, Rule, Source, Stream, Version
from pipeline.world import World

AnyRows = TypeVar("AnyRows", bound=Rows)
_NAMED = ("subject", "metric")
_MAYBE_NAMED = ("label", "zone")
_ONE = "rows"
"""What the only source and the only stream are called."""


def table(kind: type[AnyRows], records: Iterable[Mapping[str, float | str]], names: Names) -> AnyRows:
    """Records as rows, in their order: {"subject": "truck-1", "ts": 30.0, "lon": 121.4, "lat": 31.2, "speed": 64.0}.

    Columns are as in pipeline/rows.py, and in its units; one that a record lacks is unknown, `received` is then its ts.
    A name that the kind has not is a further column. `subject` and `metric`, and of sightings `label` and `zone`, are
    text, codes of `names`; a `label` or `zone` that is not there is none, of presences too. `track` is a whole number.
    """
    records = list(records)
    own, n = kind.own(), len(records)
    columns: dict[str, Any] = {"position": np.arange(n), "stream": np.zeros(n, np.int32)}
    for name in [name for name in own if name not in columns]:
        if name in _NAMED:
            columns[name] = names.codes(str(record[name]) for record in records)
        elif name in _MAYBE_NAMED:
            columns[name] = np.fromiter((_code(record, name, names) for record in records), np.int32, n)
        elif name == "track":
            columns[name] = np.fromiter((int(record[name]) for record in records), np.int64, n)
        else:
            other = "ts" if name == "received" else name
            values = (record.get(name, record.get(other, np.nan)) for record in records)
            columns[name] = np.fromiter(map(float, values), np.float64, n)
    further = sorted({name for record in records for name in record} - set(own))
    extra = {f: np.fromiter((float(r.get(f, np.nan)) for r in records), np.float64, n) for f in further}
    return kind(**columns, extra=extra)


def _code(record: Mapping[str, float | str], name: str, names: Names) -> int:
    text = str(record.get(name, ""))
    return names.code(text) if text else NOBODY


def drive(rules: Sequence[Rule], rows: Rows, world: World, *, until: float | None = None) -> list[Episode]:
    """The episodes that stand after all rows, sorted by (started, id); open ones have `ended` NaN.

    rows: in the order in which they arrive; their names are codes of `world.names`. until: UTC seconds of a last tick,
    for what silence after the last row means.
    """
    buffer, ticked = EntryBuffer(), -np.inf
    buffer.add(Kind.VERSION, "", "", 0.0)
    for i, received in enumerate(rows.received.tolist()):
        buffer.add(Kind.DELIVERY, _ONE, "", received, b"%d" % i)
        if received > ticked:
            ticked = received
            buffer.add(Kind.TICK, _ONE, "", ticked)
    if until is not None:
        buffer.add(Kind.TICK, _ONE, "", until)

    def decode(batch: pa.RecordBatch, first: int, _: Names) -> Decoded:
        at = np.flatnonzero(batch.column("kind").to_numpy() == Kind.DELIVERY)
        some = rows.take(np.array([int(p) for p in batch.column("payload").take(pa.array(at)).to_pylist()], np.int64))
        some.position, some.stream = first + at, np.zeros(len(at), np.int32)
        return Decoded([some], [])

    def load(_: bytes, names: Names) -> Version:
        names.codes(world.names.strings)  # the engine's names are new: every code is the same
        sources, streams = {_ONE: Source(_ONE, np.inf)}, [Stream(_ONE, _ONE, type(rows))]
        return Version("", _ONE, sources, streams, list(rules), world.bind(names), decode)

    engine = Engine(load)
    standing: dict[str, Episode] = {}
    for event in engine.feed(buffer.batch(), 0):
        standing[event.episode.id] = event.episode
        if event.change is Change.WITHDRAWN:
            del standing[event.episode.id]
    standing |= {episode.id: episode for episode in engine.episodes()}
    return sorted(standing.values(), key=lambda episode: (episode.started, episode.id))
