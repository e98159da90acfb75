"""Presences in the engine: a key for each zone of each camera, cleared by a picture in which nothing is there."""

from __future__ import annotations

import io
import zipfile

import pyarrow as pa
import pytest

from pipeline.version import Rule, Version
from tests.drawn import rolled
from tests.test_engine import an_engine, anyhow_same_as_oracle, judged, said
from tests.timelines import finals, journal, told
from tests.tiny_city import Occupied, OccupiedTwice, Parked, city, rule, stream


def zones(*rules: Rule, gap: float = 300, lateness: float = 0) -> Version:
    return city(*rules, streams=[stream("z", gap=gap, lateness=lateness)])


#  10     20     30     40     50     60
#  busy   busy   busy   empty
@pytest.mark.parametrize(
    "script, version, finally_",
    [
        pytest.param(
            "z:w10%bay z:w20%bay z:w30%bay z:r40%bay t50",
            zones(rule(Occupied(), for_=20)),
            ["10@30-40 clear"],
            id="empty-clears-at-once",
        ),
        pytest.param(
            "z:w10%bay+r10%aisle z:w20%bay+w20%aisle z:w40%bay+w40%aisle",
            zones(rule(Occupied(), for_=20)),
            ["10@40 open", "20@40 open"],
            id="each-zone-by-itself",
        ),
        pytest.param(
            "z:w10.a%bay+w10.b%bay z:r20.a%bay+w20.b%bay",
            zones(rule(Occupied())),
            ["10@10-20 clear", "10@10 open"],
            id="of-each-camera",
        ),
        pytest.param(
            "z:w10%bay z:n20%bay z:w30%bay z:r40%bay z:r50%bay z:r60%bay",
            zones(rule(Occupied(), for_=20, clear=20)),
            ["10@30-40 clear"],
            id="neither-keeps-what-was",
        ),
        pytest.param(
            "z:w10%bay z:w20%bay z:w20%bay z:r30%bay",
            zones(rule(OccupiedTwice())),
            ["20@20-30 clear"],
            id="a-zone-has-its-memory",
        ),
        pytest.param(
            "z:w10%bay z:w200%bay z:w60%bay z:r70%bay t210",
            zones(rule(Occupied(), gap=30), gap=30),
            ["10@10-10 gap", "60@60-70 clear", "200@200 open"],
            id="and-its-remembered-gaps",
        ),
        pytest.param(
            "z:r30%bay z:w10%bay+w10%aisle z:r20%aisle t60",
            zones(rule(Occupied()), lateness=20),
            ["10@10-20 clear", "10@10-30 clear"],
            id="rows-that-waited",
        ),
    ],
)
def test_a_zone_is_a_key(script: str, version: Version, finally_: list[str]) -> None:
    drawn = journal(script, version)
    assert finals(drawn.outcome()) == finally_
    anyhow_same_as_oracle(drawn)


def test_by_track_and_by_zone_of_one_camera() -> None:
    version = city(rule(Occupied()), rule(Parked(), "y"), streams=[stream("s"), stream("z")])
    _, events = judged(journal("s:w10%7#bay z:w10%bay s:r20%7#bay z:r20%bay", version))
    assert told(events) == ["opened 10@10 7 y", "opened 10@10 bay", "ended 10-20 clear 7 y", "ended 10-20 clear bay"]
    assert {e.episode.place for e in events} == {"bay"}


@pytest.mark.parametrize("seed", range(5))
def test_a_snapshot_of_before_there_were_presences_is_gone_on_from(seed: int) -> None:
    """It has no columns of that kind: nothing of it had come."""
    drawn = [one for one in map(rolled, range(20)) if all(v.streams[0].name != "z" for v in one.versions.values())][
        seed
    ]
    cut = len(drawn.entries) // 2
    (first, before), (second, after) = drawn.batches([cut])
    engine = an_engine(drawn)
    events = engine.feed(before, first)
    old = an_engine(drawn)
    old.restore(without_kind(engine.snapshot(), "presence"))
    assert said([*events, *old.feed(after, second)]) == said(judged(drawn, [cut])[1])


def without_kind(snapshot: bytes, kind: str) -> bytes:
    """The snapshot as one that did not know that kind of row wrote it."""
    head, size = snapshot[:8], int.from_bytes(snapshot[8:16], "little")
    assert head.startswith(b"GWSNAP")
    raw = pa.decompress(snapshot[16:], decompressed_size=size, codec="zstd", asbytes=True)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as whole, zipfile.ZipFile(out, "w") as less:
        kept = [name for name in whole.namelist() if not name.startswith(f"kind/{kind}/")]
        assert len(kept) < len(whole.namelist())
        for name in kept:
            less.writestr(zipfile.ZipInfo(name), whole.read(name))
    packed: bytes = pa.compress(out.getvalue(), codec="zstd", asbytes=True)
    return head + len(out.getvalue()).to_bytes(8, "little") + packed
