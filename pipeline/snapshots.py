"""snapshots: an engine's whole state as bytes: a JSON head and plain columns, compressed and checked; never code."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from pipeline.clocks import Clocks
from pipeline.names import Names

if TYPE_CHECKING:
    from pipeline.engine import Engine

SNAPSHOT_FORMAT = 3
_MAGIC = b"GWSNAP\x00\x01"


class Head(msgspec.Struct):
    """What is not a column."""

    format: int
    position: int
    version: str
    names: list[str]
    sources: list[str]
    passed: list[tuple[str, str]]
    streams: list[str]
    stream_sources: list[int]
    stream_times: list[tuple[str, str, str]]
    stream_carries: list[dict[str, float]]
    counts: dict[str, int]
    clocks: list[list[Any]]
    rule_versions: dict[str, list[str]]


def dump(engine: Engine) -> bytes:
    """The engine's state."""
    columns: dict[str, Any] = {}
    for name, kind in engine.kinds.items():
        columns |= {f"kind/{name}/{k}": v for k, v in kind.dump().items()}
    for rule, state in engine.rules.items():
        columns |= {f"rule/{rule}/{k}": v for k, v in state.table().items()}
    columns |= {f"carry/{k}": v for k, v in engine.carry.dump().items()}
    # Infinities have no JSON: clocks go as text.
    clocks = [[_plain(value) for value in clock] for clock in engine.clocks.dump()]
    times = engine.gap_of.tolist(), engine.lateness_of.tolist(), engine.own_forget.tolist()
    head = Head(
        format=SNAPSHOT_FORMAT,
        position=engine.position,
        version=engine.version_payload.decode("latin-1"),
        names=engine.names.strings,
        sources=engine.sources,
        passed=[(repr(last), repr(up)) for last, up in engine.passed],
        streams=engine.streams,
        stream_sources=engine.source_of.tolist(),
        stream_times=[(repr(gap), repr(wait), repr(own)) for gap, wait, own in zip(*times, strict=True)],
        stream_carries=[dict(carry) for carry in engine.carry_of],
        counts=dict(engine.counts),
        clocks=clocks,
        rule_versions={rule: state.versions for rule, state in engine.rules.items()},
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("head.json"), msgspec.json.encode(head))
        for name, column in columns.items():
            data = io.BytesIO()
            np.save(data, np.ascontiguousarray(column), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), data.getvalue())
    raw = out.getbuffer()
    packed: bytes = pa.compress(raw, codec="zstd", asbytes=True)
    return _MAGIC + len(raw).to_bytes(8, "little") + packed


def load(engine: Engine, data: bytes) -> None:
    """Makes a new engine go on from what `dump` gave. Raises ValueError where the format is another."""
    if data[: len(_MAGIC)] != _MAGIC:
        raise ValueError("this is no snapshot of an engine, or one of another format")
    size = int.from_bytes(data[len(_MAGIC) : len(_MAGIC) + 8], "little")
    raw = pa.decompress(data[len(_MAGIC) + 8 :], decompressed_size=size, codec="zstd", asbytes=True)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        head = msgspec.json.decode(archive.read("head.json"), type=Head)
        if head.format != SNAPSHOT_FORMAT:
            raise ValueError(f"the snapshot has format {head.format}, this version reads {SNAPSHOT_FORMAT}")
        columns = {
            name.removesuffix(".npy"): np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
            for name in archive.namelist()
            if name.endswith(".npy")
        }
    engine.names = Names(head.names)
    engine.sources, engine.streams = head.sources, head.streams
    engine.passed = [(float(last), float(up)) for last, up in head.passed]
    engine.source_of = np.array(head.stream_sources, np.int16)
    engine.gap_of, engine.lateness_of, engine.own_forget = (
        np.array([float(times[k]) for times in head.stream_times]) for k in range(3)
    )
    engine.carry_of = list(head.stream_carries)
    engine.counts.update(head.counts)
    engine.clocks = Clocks.load([[_value(value) for value in clock] for clock in head.clocks])
    engine.position = head.position
    payload = head.version.encode("latin-1")
    if payload or head.streams:
        engine.adopt(payload, head.rule_versions)

    def part(prefix: str) -> dict[str, Any]:
        return {k.removeprefix(prefix): v for k, v in columns.items() if k.startswith(prefix)}

    for name, kind in engine.kinds.items():
        kept = part(f"kind/{name}/")
        if kept:  # nothing: it was written before there was this kind, so none of its rows had come
            kind.load(kept)
    engine.carry.load(part("carry/"))
    for rule, state in engine.rules.items():
        state.load(part(f"rule/{rule}/"))


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return {"f": repr(value)}
    if isinstance(value, dict):
        return {"d": [[key, repr(number)] for key, number in value.items()]}
    if isinstance(value, list):
        return {"l": [repr(number) for number in value]}
    return value


def _value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "f" in value:
        return float(value["f"])
    if "d" in value:
        return {key: float(number) for key, number in value["d"]}
    return [float(number) for number in value["l"]]
