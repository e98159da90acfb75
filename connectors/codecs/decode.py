"""decode: deliveries of a journal batch as rows, by all streams of a configuration.

Reads an Arrow batch of entries. Reports blocks of rows, each of one stream and in journal order, and what was set
aside: `undecodable` (not what the mapping expects), `unmatched` (a topic of no stream), `unknown` (a subject in no
register). Bad data never raises. A topic of two streams is decoded by both.

What depends on the topic alone (streams, subject) is worked out once for each topic of a batch, never for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.codecs import KNOWN
from connectors.codecs.shape import MAX_DEPTH
from connectors.codecs.stream import StreamSettings
from connectors.codecs.topics import TopicPattern, TopicTable
from pipeline.entries import Kind
from pipeline.names import NOBODY, Names
from pipeline.rows import Flags, Ints, Longs, Rows
from pipeline.version import Aside, Decode, Decoded, Said

if TYPE_CHECKING:
    from pipeline.world import World

REMEMBERED = 65536
"""Topics whose meaning is remembered."""

LONGEST_NAME = 100
"""Characters of an unknown subject's name that are shown."""


def compile_streams(streams: Mapping[str, StreamSettings], world: World | None = None) -> Decode:
    """What decodes entries to rows by `streams`, in that order. world: bound to the names that come with a batch where
    it is not yet; None: every subject is known."""
    return StreamDecode(streams, world)


class _Meanings:
    """What topics mean to the streams, worked out once for each topic while it is remembered. For one engine's
    names."""

    def __init__(
        self,
        names: Names,
        streams: list[StreamSettings],
        table: TopicTable,
        coder: Callable[[StreamSettings], Callable[[str], int]],
    ) -> None:
        self.names = names
        self._code = [coder(stream) for stream in streams]
        self._streams, self._table = streams, table
        self._ids: dict[str, int] = {}
        self._of = np.zeros((len(streams), 0), bool)
        self._subject = np.zeros((len(streams), 0), np.int32)

    def look_up(self, topics: list[str]) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
        """[stream, topic] whether it belongs to the stream; [stream, topic] whom it names, NOBODY for none."""
        new = [topic for topic in topics if topic not in self._ids]
        if new:
            self._learn(new)
        at = np.fromiter(map(self._ids.__getitem__, topics), np.int64, len(topics))
        return self._of[:, at], self._subject[:, at]

    def __len__(self) -> int:
        return len(self._ids)

    def _learn(self, topics: list[str]) -> None:
        of = np.zeros((len(self._streams), len(topics)), bool)
        subject = np.full((len(self._streams), len(topics)), NOBODY, np.int32)
        for topic in topics:
            self._ids[topic] = len(self._ids)
        for stream, pattern in enumerate(self._table.patterns):
            named = self._streams[stream].level
            for i, level in enumerate(pattern.level(topics, named)):
                if level is not None:
                    of[stream, i] = True
                    if named is not None:
                        subject[stream, i] = self._code[stream](level)
        self._of = np.concatenate([self._of, of], axis=1)
        self._subject = np.concatenate([self._subject, subject], axis=1)


@dataclass(slots=True)
class _Topics:
    """The topics of a batch. Arrays by topic, shape (streams, distinct topics)."""

    texts: list[str]
    at: Ints
    """of each entry: which topic, shape (entries,)"""
    of: NDArray[np.bool_]
    subject: NDArray[np.int32]


@dataclass(slots=True)
class _Task:
    """One stream's part of a batch."""

    index: int
    """the stream's"""
    batch: pa.RecordBatch
    first: int
    topics: _Topics
    names: Names
    long: bool
    """some payloads are so long that their depth must be looked at"""
    result: Decoded

    def aside(self, at: int, reason: str, stream: str, message: str) -> None:
        """Set the entry `at` of the batch aside."""
        where = f"{stream} {self.topics.texts[self.topics.at[at]]}"
        self.result.aside.append(Aside(self.first + at, reason, where, message))


class StreamDecode:
    """See `compile_streams`."""

    def __init__(self, streams: Mapping[str, StreamSettings], world: World | None) -> None:
        self.names = list(streams)
        self.streams = list(streams.values())
        self.readers = [KNOWN[stream.codec].reader(stream) for stream in self.streams]
        self.table = TopicTable([TopicPattern(stream.topic) for stream in streams.values()])
        self.world = world
        self._meanings: _Meanings | None = None

    def __call__(self, batch: pa.RecordBatch, first: int, names: Names) -> Decoded:
        """Rows of a batch of entries. first: the journal position of its first entry."""
        kind = batch.column("kind").to_numpy()
        delivery = kind == int(Kind.DELIVERY)
        result = Decoded([], [])
        if not delivery.any():
            return result
        source, payload = batch.column("source"), batch.column("payload")
        topics = self._topics(batch.column("topic"), delivery, names)
        sources, source_at = source.dictionary.to_pylist(), source.indices.to_numpy()
        matched = ~delivery
        long = int(pc.max(pc.binary_length(payload)).as_py()) >= 2 * MAX_DEPTH
        for index, stream in enumerate(self.streams):
            if not topics.of[index].any():
                continue
            ours = np.fromiter((s == stream.source for s in sources), bool, len(sources))
            hit = delivery & topics.of[index][topics.at] & ours[source_at]
            matched |= hit
            at = np.flatnonzero(hit)
            if len(at):
                self._stream(_Task(index, batch, first, topics, names, long, result), at)
        for i in np.flatnonzero(~matched).tolist():
            where = f"{sources[source_at[i]]} {topics.texts[topics.at[i]]}"
            result.aside.append(Aside(first + i, "unmatched", where, self._no_stream(sources[source_at[i]])))
        result.aside.sort(key=lambda aside: aside.position)
        return result

    def _topics(self, column: Any, delivery: Flags, names: Names) -> _Topics:
        """What the topics of a batch's deliveries mean."""
        if self._meanings is None or self._meanings.names is not names or len(self._meanings) > REMEMBERED:
            self._meanings = _Meanings(names, self.streams, self.table, lambda stream: self._coder(stream, names))
        texts, at = column.dictionary.to_pylist(), column.indices.to_numpy()
        used = np.zeros(len(texts), bool)
        used[at[delivery]] = True
        which = np.flatnonzero(used)
        of = np.zeros((len(self.streams), len(texts)), bool)
        subject = np.full((len(self.streams), len(texts)), NOBODY, np.int32)
        of[:, which], subject[:, which] = self._meanings.look_up([texts[i] for i in which.tolist()])
        return _Topics(texts, at, of, subject)

    def _coder(self, stream: StreamSettings, names: Names) -> Callable[[str], int]:
        """How a subject's text becomes a code.

        One that is in no register stays without, so that a flood of made-up names does not grow anything; a stream that
        accepts every subject has to know them all.
        """
        if self.world is None or stream.unknown != "aside":
            return names.code
        if self.world.names is not names:
            self.world = self.world.bind(names)
        lists = self.world.lists
        return lambda text: names.code(text) if lists(text) else NOBODY

    def _named(self, index: int, topic: str) -> str:
        """Whom a topic names to the stream at `index`."""
        levels = dict(self.table.match(topic))[index]
        return levels[self.streams[index].level or ""]

    def _no_stream(self, source: str) -> str:
        topics = [stream.topic for stream in self.streams if stream.source == source]
        return f"expected a topic of a stream of {source}: {', '.join(topics) or 'there is none'}; got another"

    def _stream(self, task: _Task, at: Longs) -> None:
        """Decode the entries `at` of a batch by one stream."""
        index, topics, names = task.index, task.topics, task.names
        stream, reader, column = self.streams[index], self.readers[index], task.batch.column("payload")
        places: list[Longs] = []
        values: list[dict[str, NDArray[Any]]] = []
        subjects: list[Ints] = []
        texts: list[str] = []
        for begin in range(0, len(at), reader.chunk):
            part = at[begin : begin + reader.chunk]
            chunk = reader.read(_taken(column, part), task.long)
            here = part[chunk.at]
            for payload, message in chunk.bad:
                task.aside(int(part[payload]), "undecodable", self.names[index], message)
            places.append(here)
            values.append(chunk.values)
            if chunk.subjects is None:
                subjects.append(topics.subject[index][topics.at[here]])
            else:
                code = self._coder(stream, names)
                subjects.append(np.fromiter(map(code, chunk.subjects), np.int32, len(chunk.subjects)))
                texts += chunk.subjects
        place = np.concatenate(places)
        ts = np.concatenate([v["ts"] for v in values])
        subject = np.concatenate(subjects)
        received = task.batch.column("received").to_numpy()[place]
        task.result.said.append(Said(self.names[index], subject, ts, received))
        keep: slice | Longs = slice(None)
        if self.world is not None and len(place):
            if self.world.names is not names:
                self.world = self.world.bind(names)
            device = subject
            ahead = self.world.corrections.ahead(device, self.names[index], received)
            ts = ts if ahead is None else ts - ahead
            subject = self.world.resolve(device, ts)
            if stream.unknown == "aside":
                stranger = ~self.world.known(subject, ts)
                if stranger.any():
                    for i in np.flatnonzero(stranger).tolist():
                        got = texts[i] if texts else self._named(index, topics.texts[int(topics.at[place[i]])])
                        message = f"expected a subject of the registers; got {got[:LONGEST_NAME]!r}"
                        task.aside(int(place[i]), "unknown", self.names[index], message)
                    keep = np.flatnonzero(~stranger)
        columns = {n: np.concatenate([v[n] for v in values])[keep] for n in values[0] if n != "ts"}
        place, ts, subject, received = place[keep], ts[keep], subject[keep], received[keep]
        if len(place):
            streams = np.full(len(place), index, np.int32)
            each = Rows(subject, ts, received, place + task.first, streams)
            task.result.rows.append(reader.rows(each, columns, names))


def _taken(column: pa.BinaryArray, part: Longs) -> list[bytes]:
    """The payloads at `part`, ascending positions. Where ticks alone lie between them, the whole stretch is converted
    and the ticks are left out: a third of what Arrow's `take` costs."""
    first, span = int(part[0]), int(part[-1] - part[0]) + 1
    if span == len(part):
        return cast("list[bytes]", column.slice(first, span).to_pylist())
    if span > 2 * len(part):
        return cast("list[bytes]", column.take(pa.array(part)).to_pylist())
    ours = np.zeros(span, bool)
    ours[part - first] = True
    return list(compress(column.slice(first, span).to_pylist(), ours.tolist()))
