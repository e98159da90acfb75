"""partition_case: entries of some Kafka partitions, and what is in force for them; shared by the test and its worker.

Trucks report every few seconds, unpunctually, with gaps that are filled later; half-way the rule gets stricter.
Everything comes from one seed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from pipeline.detector import Detector, Judgement, Memory
from pipeline.engine import Engine
from pipeline.entries import EntryBuffer, Kind
from pipeline.names import Names
from pipeline.registers import Registers
from pipeline.rows import Floats, Position, unknown
from pipeline.version import Decoded, Hold, Rule, Source, Stream, Version
from pipeline.world import World

START = 1_772_352_000.0


class TooFast(Detector):
    """Faster than `limit`, with nothing to say of the last km/h below it."""

    rows = Position
    limit: float = 60.0

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        return Judgement(rows.speed > self.limit, rows.speed < self.limit - 1, measure=rows.speed)


class Quiet(Detector):
    """Not heard of for a minute."""

    rows = Position

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        never = np.zeros(len(rows), bool)
        return Judgement(never, never)

    def idle(self, last: Position, world: World, memory: Memory | None) -> Floats:
        return last.ts + 60.0


def load_version(payload: bytes, names: Names) -> Version:
    """The payload is JSON with the one thing that changes: the limit."""
    limit = json.loads(payload)["limit"]
    hold = Hold.model_validate({"for": "8s", "clear": "4s", "gap": "40s"})
    rules = [Rule("fast", TooFast(limit=limit), hold, version=str(limit)), Rule("quiet", Quiet(), version="1")]
    streams = [Stream("gps", "fleet", Position, gap=40.0)]
    world = World(Registers()).bind(names)
    return Version(str(limit), "test", {"fleet": Source("fleet")}, streams, rules, world, _decode)


def new_engine() -> Engine:
    """An engine that knows nothing yet."""
    return Engine(load_version)


def messages(seed: int, partitions: int, count: int) -> Iterator[tuple[int, bytes]]:
    """(partition, value) of `count` messages for each partition, in the order in which they are sent."""
    streams = [_partition(random.Random(f"{seed}/{n}"), n, count) for n in range(partitions)]
    for turn in zip(*streams, strict=True):
        yield from enumerate(turn)


def _partition(chance: random.Random, partition: int, count: int) -> Iterator[bytes]:
    now, speed = START, {f"truck-{partition}-{n}": 50.0 for n in range(8)}
    buffered: dict[str, list[bytes]] = {}
    for message in range(count):
        buffer = EntryBuffer()
        if message in (0, count // 2):
            buffer.add(Kind.VERSION, "", "", now, b'{"limit": 60}' if message == 0 else b'{"limit": 55}')
        for _ in range(chance.randrange(1, 4)):
            now += chance.choice([0.5, 1.0, 2.0])
            for truck in chance.sample(sorted(speed), 4):
                speed[truck] = min(90.0, max(20.0, speed[truck] + chance.uniform(-8, 8)))
                row = json.dumps({"subject": truck, "ts": now - chance.random(), "speed": speed[truck]}).encode()
                if truck in buffered:
                    buffered[truck].append(row)
                    if chance.random() < 0.03:  # out of the tunnel: the live row first, then what was kept
                        kept = buffered.pop(truck)
                        for late in [kept[-1], *kept]:
                            buffer.add(Kind.DELIVERY, "fleet", truck, now, late)
                elif chance.random() < 0.01:
                    buffered[truck] = []
                else:
                    buffer.add(Kind.DELIVERY, "fleet", truck, now, row)
            buffer.add(Kind.TICK, "fleet", "", now)
        sink = pa.BufferOutputStream()
        batch = buffer.batch()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        yield sink.getvalue().to_pybytes()


def _decode(batch: pa.RecordBatch, first: int, names: Names) -> Decoded:
    kinds, received, payloads = (batch.column(name).to_pylist() for name in ("kind", "received", "payload"))
    at = [n for n, kind in enumerate(kinds) if kind == Kind.DELIVERY]
    payload = [json.loads(payloads[n]) for n in at]
    none = unknown(len(at))
    rows = Position(
        subject=names.codes(p["subject"] for p in payload),
        ts=np.array([p["ts"] for p in payload], np.float64),
        received=np.array([received[n] for n in at], np.float64),
        position=np.array(at, np.int64) + first,
        stream=np.zeros(len(at), np.int32),
        lon=none,
        lat=none,
        speed=np.array([p["speed"] for p in payload], np.float64),
        heading=none,
        accuracy=none,
        ignition=none,
        load=none,
        lid=none,
        body=none,
    )
    return Decoded([rows], [])
