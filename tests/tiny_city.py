"""tiny_city: the smallest city that has everything the temporal part can meet, for tests of time.

Payloads are JSON, {"s": "a", "ts": 12, "v": 1.5} or a list of them, with "lid", "brush" (a further column) and "m"
(metric; of sightings, the track; of presences, the zone) where wanted; a topic is the name of the stream that decodes
it, or several joined by '+'. v above 1 is wrong, below 0 right, between neither. Subjects that begin with 'x' are in no
register.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, cast

import numpy as np
import pyarrow as pa

from pipeline.detector import Detector, Judgement, Memory
from pipeline.entries import Kind
from pipeline.names import NOBODY, Names
from pipeline.rows import Flags, Floats, Ints, Position, Presence, Reading, Rows, Sighting
from pipeline.units import Quantity
from pipeline.version import Aside, Decode, Decoded, Hold, Rule, Source, Stream, Version


class Fast(Detector):
    """By hysteresis, without memory: the plainest one. Place 'yard' from 3 on."""

    rows: ClassVar[type[Rows]] = Position

    def judge(self, rows: Any, world: Any, memory: Memory | None) -> Judgement:
        v = rows.speed
        place = np.where(v >= 3, world.names.code("yard"), NOBODY).astype(np.int32)
        return Judgement(wrong=v > 1, right=v < 0, measure=v, place=place)


def said(rows: Any) -> Floats:
    """The v of positions, sightings and presences."""
    if isinstance(rows, Presence):
        return rows.stood
    return np.asarray(rows.still if isinstance(rows, Sighting) else rows.speed)


class Parked(Detector):
    """Of sightings, without memory; the place is the picture's zone."""

    rows: ClassVar[type[Rows]] = Sighting

    def judge(self, rows: Any, world: Any, memory: Memory | None) -> Judgement:
        v = said(rows)
        return Judgement(wrong=v > 1, right=v < 0, measure=v, place=rows.zone)


class Occupied(Parked):
    """The same of presences."""

    rows: ClassVar[type[Rows]] = Presence


class Low(Detector):
    """Of readings; the smaller measure is worse."""

    rows: ClassVar[type[Rows]] = Reading
    worse: ClassVar[Any] = min

    def judge(self, rows: Any, world: Any, memory: Memory | None) -> Judgement:
        return Judgement(wrong=rows.value > 1, right=rows.value < 0, measure=rows.value)


class Twice(Detector):
    """With memory: wrong when the row before was above 1 too."""

    rows: ClassVar[type[Rows]] = Position
    memory: ClassVar[Any] = np.dtype([("before", np.float64)])

    def judge(self, rows: Any, world: Any, memory: Memory | None) -> Judgement:
        assert memory is not None
        v, before = said(rows), memory["before"].copy()
        memory["before"] = v
        return Judgement(wrong=(v > 1) & (before > 1), right=v < 0, measure=v + before)


class SeenTwice(Twice):
    """The same of sightings."""

    rows: ClassVar[type[Rows]] = Sighting


class OccupiedTwice(Twice):
    """And of presences."""

    rows: ClassVar[type[Rows]] = Presence


class Lidded(Detector):
    """Needs a column; what is not wrong is right; no measure."""

    rows: ClassVar[type[Rows]] = Position
    needs: ClassVar[tuple[str, ...]] = ("lid",)

    def judge(self, rows: Any, world: Any, memory: Memory | None) -> Judgement:
        return Judgement(wrong=rows.speed > 1)


class Above(Detector):
    """Of the column that a parameter names: above 1 is wrong, below 0 right, between neither."""

    rows: ClassVar[type[Rows]] = Position
    column: str = "lid"

    def needed(self) -> tuple[str, ...]:
        return (self.column,)

    def judge(self, rows: Any, world: Any, memory: Memory | None) -> Judgement:
        value = rows.column(self.column)
        return Judgement(wrong=value > 1, right=value < 0, measure=value)


class Silent(Detector):
    """By silence alone, of any kind of row."""

    rows: ClassVar[type[Rows]] = Rows
    after: float = 50.0

    def judge(self, rows: Any, world: Any, memory: Memory | None) -> Judgement:
        return Judgement(wrong=np.zeros(len(rows), bool), right=np.zeros(len(rows), bool))

    def idle(self, last: Any, world: Any, memory: Memory | None) -> Floats | None:
        return np.asarray(last.ts + self.after, np.float64)


class Shift(Silent):
    """By a schedule: silence is wrong from the next whole 100 s after the last row + 50."""

    def idle(self, last: Any, world: Any, memory: Memory | None) -> Floats | None:
        return np.asarray((np.floor((last.ts + 50) / 100) + 1) * 100, np.float64)


class Restless(Detector):
    """Rows, silence, memory and a need: after a wrong row silence is wrong sooner, after a right one never."""

    rows: ClassVar[type[Rows]] = Position
    needs: ClassVar[tuple[str, ...]] = ("lid",)
    memory: ClassVar[Any] = np.dtype([("wrong", np.int8)])

    def judge(self, rows: Any, world: Any, memory: Memory | None) -> Judgement:
        assert memory is not None
        v = said(rows)
        memory["wrong"] = np.where(v > 1, 1, np.where(v < 0, -1, memory["wrong"]))
        return Judgement(wrong=v > 1, right=v < 0, measure=v)

    def idle(self, last: Any, world: Any, memory: Memory | None) -> Floats | None:
        assert memory is not None
        wait = np.where(memory["wrong"] > 0, 30.0, np.where(memory["wrong"] < 0, np.inf, 60.0))
        return np.asarray(last.ts + wait, np.float64)


class SeenRestless(Restless):
    """The same of sightings."""

    rows: ClassVar[type[Rows]] = Sighting
    needs: ClassVar[tuple[str, ...]] = ("score",)


class OccupiedRestless(Restless):
    """And of presences."""

    rows: ClassVar[type[Rows]] = Presence
    needs: ClassVar[tuple[str, ...]] = ("surest",)


class TinyWorld:
    """Everything is known. Subject b is of class 'odd' only in every second 50 s; the others always are."""

    hash = "tiny"

    def __init__(self, names: Names | None = None) -> None:
        self.names = Names() if names is None else names

    def bind(self, names: Names) -> TinyWorld:
        return TinyWorld(names)

    def known(self, subject: Ints, ts: Floats) -> Flags:
        return np.ones(len(subject), bool)

    def lists(self, name: str) -> bool:
        return False

    def resolve(self, device: Ints, ts: Floats) -> Ints:
        return device

    def location(self, subject: Ints, ts: Floats) -> tuple[Floats, Floats]:
        return np.full(len(ts), np.nan), np.full(len(ts), np.nan)

    def of_class(self, subject: Ints, ts: Floats, classes: tuple[str, ...]) -> Flags:
        odd = (subject != self.names.find("b")) | (np.floor(ts / 50) % 2 == 1)
        return np.asarray(odd & ("odd" in classes))


def decoder(streams: Sequence[Stream]) -> Decode:
    """Decode a batch: one block a stream, in journal order, the rows of one delivery by ts."""
    by_name = {stream.name: i for i, stream in enumerate(streams)}

    def decode(batch: pa.RecordBatch, first: int, names: Names) -> Decoded:
        found: dict[int, list[tuple[dict[str, Any], float, int]]] = {}
        aside: list[Aside] = []
        for i, entry in enumerate(batch.to_pylist()):
            if entry["kind"] != Kind.DELIVERY:
                continue
            wanted = [by_name[n] for n in entry["topic"].split("+") if n in by_name]
            if not wanted:
                aside.append(Aside(first + i, "unmatched", entry["topic"], "expected a stream's name"))
                continue
            try:
                loaded = json.loads(entry["payload"])
                loaded = sorted(loaded if isinstance(loaded, list) else [loaded], key=lambda row: float(row["ts"]))
            except (ValueError, KeyError):
                aside.append(Aside(first + i, "undecodable", entry["topic"], "expected rows as JSON"))
                continue
            for row in loaded:
                for stream in wanted:
                    if row["s"].startswith("x"):
                        aside.append(Aside(first + i, "unknown", entry["topic"], "expected a subject of the registers"))
                    else:
                        found.setdefault(stream, []).append((row, entry["received"], first + i))
        return Decoded([block(streams[i].rows, i, rows, names) for i, rows in sorted(found.items())], aside)

    return decode


def block(kind: type[Rows], stream: int, rows: list[tuple[dict[str, Any], float, int]], names: Names) -> Rows:
    """Rows of one stream as columns. lon counts with ts, so that a row's place can be told from its elder's."""

    def column(name: str) -> Floats:
        return np.array([float(row.get(name, np.nan)) for row, _, _ in rows])

    common: dict[str, Any] = {
        "subject": names.codes(row["s"] for row, _, _ in rows),
        "ts": column("ts"),
        "received": np.array([received for _, received, _ in rows], np.float64),
        "position": np.array([position for _, _, position in rows], np.int64),
        "stream": np.full(len(rows), stream, np.int32),
    }
    if kind is Reading:
        return Reading(**common, metric=names.codes(row.get("m", "m") for row, _, _ in rows), value=column("v"))
    if kind is Presence:
        zone = names.codes(row.get("m", "m") for row, _, _ in rows)
        counted = {"count": column("c"), "kinds": column("k"), "stood": column("v"), "surest": column("lid")}
        return Presence(**common | counted, zone=zone)
    if kind is Sighting:
        seen: dict[str, Any] = {name: column(name) for name in "xywh"} | {"score": column("lid"), "still": column("v")}
        for name in ("label", "zone"):
            codes = [names.code(row[name]) if name in row else NOBODY for row, _, _ in rows]
            seen[name] = np.array(codes, np.int32)
        return Sighting(**common, track=np.array([int(row.get("m", 0)) for row, _, _ in rows]), **seen)
    own: dict[str, Any] = {
        "lon": column("ts") / 1000,
        "lat": column("v") / 10,
        "speed": column("v"),
        "lid": column("lid"),
    }
    own |= {name: column(name) for name in ("heading", "accuracy", "ignition", "load", "body")}
    further = {"brush": column("brush")} if any("brush" in row for row, _, _ in rows) else {}
    return Position(**common, **own, extra=further)


NOTHING: Mapping[str, float] = MappingProxyType({})


def seconds(value: float | None) -> Quantity | None:
    return None if value is None else Quantity(value)


def rule(
    detector: Detector | None = None,
    id: str = "x",
    version: str = "1",
    *,
    for_: float = 0,
    clear: float = 0,
    gap: float | None = None,
    assume: float | None = None,
    rows: type[Rows] | None = None,
    metric: str | None = None,
    classes: tuple[str, ...] = (),
) -> Rule:
    """A rule by its hold in seconds; `rows` is filled in for a detector that reads any kind."""
    detector = detector or Fast()
    hold = Hold(for_=Quantity(for_), clear=Quantity(clear), gap=seconds(gap), assume=seconds(assume))
    rows = rows or (Position if detector.rows is Rows else None)
    return Rule(id, detector, hold, f"category {id}", version, rows, metric, classes)


def stream(
    name: str = "p",
    source: str = "src",
    *,
    gap: float = 300,
    lateness: float = 0,
    carry: Mapping[str, float] = NOTHING,
    forget: float | None = None,
) -> Stream:
    """A stream of positions, of readings where its name begins with 'm', of sightings where it begins with 's', of
    presences where it begins with 'z'."""
    rows = {"m": Reading, "s": Sighting, "z": Presence}.get(name[0], Position)
    return Stream(name, source, rows, gap, lateness, carry, forget)


def city(
    *rules: Rule,
    streams: Sequence[Stream] = (),
    down: Mapping[str, float] | None = None,
    ahead: float = 300,
    forget: float = 1e6,
    id: str = "1",
) -> Version:
    """A version of the tiny city; without streams it has 'p' of the source 'src', which is never down."""
    streams = list(streams) or [stream()]
    sources = {s.source: Source(s.source, (down or {}).get(s.source, 1e9)) for s in streams}
    world = cast("Any", TinyWorld())
    return Version(id, "tiny", sources, streams, list(rules), world, decoder(streams), ahead, forget)
