"""Faults that befall rows: what each does to values, how much and how often."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from pipeline.entries import EntryBuffer
from pipeline.geo import distance, metres_per_degree
from pipeline.names import Names
from pipeline.rows import Position, Reading, Rows, Sighting
from pipeline.version import Aside, Decoded, Source, Stream, Version
from replay.driving import table
from replay.faults import Fault, parse
from replay.faults.dice import Dice, NameWords
from replay.faults.freezing import Freezing
from tests.replay.faulted import likely

NAMES = Names()
STREAMS = [Stream("p", "s", Position), Stream("m", "s", Reading), Stream("c", "s", Sighting)]
SUBJECTS, EACH = 200, 100


def positions() -> Position:
    """Of 200 vehicles that drive east, a row each 10 s."""
    rows: list[dict[str, float | str]] = [
        {"subject": f"v{s}", "ts": 1000.0 + 10 * i + s / 7, "lon": 121.0 + i / 1000, "lat": 31.0, "speed": 30.0 + i}
        for i in range(EACH)
        for s in range(SUBJECTS)
    ]
    found = table(Position, rows, NAMES)
    found.ignition = np.ones(len(found))
    found.accuracy = np.where(np.arange(len(found)) % 2 == 0, 5.0, np.nan)
    return found


def readings() -> Reading:
    rows: list[dict[str, float | str]] = [
        {"subject": f"b{s}", "metric": metric, "ts": 1000.0 + 10 * i, "value": 50.0 + i}
        for i in range(EACH)
        for s in range(SUBJECTS // 2)
        for metric in "kl"
    ]
    found = table(Reading, rows, NAMES)
    found.stream = np.ones(len(found), np.int32)
    return found


POSITIONS, READINGS = positions(), readings()


def become(text: str, *blocks: Rows, seed: int = 1) -> list[Rows]:
    """What each of some blocks, decoded one after another, becomes."""
    ahead = list(blocks)
    for rows in ahead:
        for name in (*rows.own(), *rows.extra):
            rows.column(name).flags.writeable = False
    aside = Aside(0, "unknown", "", "")
    world: Any = None
    version = Version(
        "", "c", {"s": Source("s")}, STREAMS, [], world, lambda *_: Decoded([ahead.pop(0)], [aside]), forget=86400.0
    )
    loaded = parse(text).version(lambda *_: version, seed)(b"", NAMES)
    found = []
    for _ in blocks:
        decoded = loaded.decode(EntryBuffer().batch(), 0, NAMES)
        assert decoded.aside == [aside]
        found += decoded.rows
    return found


def moved(text: str, seed: int = 1) -> Position:
    return cast("Position", become(text, POSITIONS, seed=seed)[0])


def read(text: str, seed: int = 1) -> Reading:
    return cast("Reading", become(text, READINGS, seed=seed)[0])


def same(one: Rows, other: Rows, but: tuple[str, ...] = ()) -> None:
    for name in set(one.own()) - set(but):
        np.testing.assert_array_equal(one.column(name), other.column(name), name)


def metres(rows: Position) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How far east and north of where they were: shape (2, n)."""
    per_lon, per_lat = metres_per_degree(POSITIONS.lat)
    return np.stack([(rows.lon - POSITIONS.lon) * per_lon, (rows.lat - POSITIONS.lat) * per_lat])


def by_subject(column: Any) -> Any:
    """Shape (EACH, SUBJECTS)."""
    return np.asarray(column).reshape(EACH, SUBJECTS)


# ---- dice ------------------------------------------------------------------------------------------------------------


def test_dice_are_the_same_everywhere() -> None:
    about = np.arange(3, dtype=np.uint64)
    assert Dice(1, "drop").uniform(about).tolist() == [0.14366272017696102, 0.8808575803199367, 0.7466420684628182]
    normal = Dice(1, "jitter, east").normal(about, about).tolist()
    assert normal == [3.194915771484375, -0.3423614501953125, -2.3470306396484375]


def test_dice_are_fair() -> None:
    about = np.arange(1_000_000, dtype=np.uint64)
    uniform, normal = Dice(3, "drop").uniform(about), Dice(3, "drop").normal(about)
    assert 0 <= uniform.min() < 1e-5 < 1 - 1e-5 < uniform.max() < 1
    assert np.histogram(uniform, 10)[0] == pytest.approx(100_000, abs=1500)
    assert normal.mean() == pytest.approx(0.0, abs=0.005)
    assert normal.std() == pytest.approx(1.0, abs=0.005)
    assert np.mean(np.abs(normal) < 1) == pytest.approx(0.683, abs=0.005)
    assert np.mean(np.abs(normal) > 3) == pytest.approx(0.0022, abs=0.0005)
    assert abs(np.corrcoef(uniform[1:], uniform[:-1])[0, 1]) < 0.005
    assert abs(np.corrcoef(uniform, Dice(4, "drop").uniform(about))[0, 1]) < 0.005
    assert abs(np.corrcoef(uniform, Dice(3, "gap").uniform(about))[0, 1]) < 0.005


def test_words_of_names_grow_with_them() -> None:
    names, words = Names(["a"]), NameWords()
    codes = np.array([0, -1], np.int32)
    first = words.of(names, codes)
    names.code("b")
    assert words.of(names, np.array([0, -1, 1], np.int32))[:2].tolist() == first.tolist()
    other = Names(["b", "a"])
    assert words.of(other, np.array([1, -1], np.int32)).tolist() == first.tolist()
    assert words.of(names, codes).tolist() == first.tolist()


# ---- positions -------------------------------------------------------------------------------------------------------


def test_jitter() -> None:
    rows = moved("jitter=10m")
    same(rows, POSITIONS, ("lon", "lat", "accuracy"))
    off = metres(rows)
    assert off.std(axis=1) == pytest.approx(10.0, rel=0.03)
    assert off.mean(axis=1) == pytest.approx(0.0, abs=0.4)
    assert abs(np.corrcoef(off)[0, 1]) < 0.04
    assert abs(np.corrcoef(by_subject(off[0])[1:].ravel(), by_subject(off[0])[:-1].ravel())[0, 1]) < 0.04
    stated = np.isfinite(POSITIONS.accuracy)
    assert rows.accuracy[stated] == pytest.approx(np.hypot(10.0, 5.0))
    assert np.isnan(rows.accuracy[~stated]).all()


def test_jitter_of_some() -> None:
    off = np.abs(metres(moved("jitter=10m@30%"))).sum(axis=0)
    still = by_subject(off < 0.01).sum(axis=0)
    assert likely(SUBJECTS, 0.3)(int((still == 0).sum()))
    assert ((still == 0) | (still == EACH)).all(), "of a share of subjects, always"
    rows = moved("jitter=10m@30%")
    mine = np.tile(still == EACH, EACH)
    same(rows.take(mine), POSITIONS.take(mine))


def test_bias() -> None:
    rows = moved("bias=30m")
    same(rows, POSITIONS, ("lon", "lat"))
    far = distance(rows.lon, rows.lat, POSITIONS.lon, POSITIONS.lat)
    assert far == pytest.approx(30.0, abs=0.2)
    east, north = (by_subject(one) for one in metres(rows))
    assert np.ptp(east, axis=0).max() < 0.03, "always the same way"
    turn = np.arctan2(north[0], east[0])
    assert np.histogram(turn, 4, (-np.pi, np.pi))[0].min() > SUBJECTS / 8, "each its own way"


# ---- readings --------------------------------------------------------------------------------------------------------


def test_jitter_of_readings() -> None:
    rows = read("jitter=5%")
    same(rows, READINGS, ("value",))
    share = rows.value / READINGS.value - 1
    assert share.std() == pytest.approx(0.05, rel=0.03)
    assert share.mean() == pytest.approx(0.0, abs=0.002)
    assert abs(np.corrcoef(share[::2], share[1::2])[0, 1]) < 0.04, "metrics of one subject and time"


@pytest.mark.parametrize("text, kind", [("jitter=10m, bias", Reading), ("jitter=5%", Position)])
def test_what_is_of_the_other_kind_changes_nothing(text: str, kind: type[Rows]) -> None:
    before = POSITIONS if kind is Position else READINGS
    same(become(text, before)[0], before)


def test_sightings_have_no_values_that_change() -> None:
    picture = Sighting.empty()
    columns: dict[str, Any] = {name: np.ones(50, picture.column(name).dtype) for name in picture.own()}
    rows = Sighting(**columns | {"ts": np.arange(50.0), "stream": np.full(50, 2, np.int32)})
    NAMES.codes(["a", "b"])
    same(become("jitter, jitter=5%, bias, freeze=1h@100%", rows)[0], rows)


# ---- clocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [POSITIONS, READINGS], ids=["positions", "readings"])
def test_skew(rows: Rows) -> None:
    found = become("skew=120s@40%", rows)[0]
    same(found, rows, ("ts",))
    off = np.round(found.ts - rows.ts, 6)
    assert set(off.tolist()) == {-120.0, 0.0, 120.0}
    each = {subject: set(off[rows.subject == subject].tolist()) for subject in set(rows.subject.tolist())}
    assert {len(offs) for offs in each.values()} == {1}, "a device's clock is off by the same all along"
    wrong = [offs for offs in each.values() if offs != {0.0}]
    assert likely(len(each), 0.4)(len(wrong))
    assert likely(len(wrong), 0.5)(wrong.count({120.0}))


# ---- freezing --------------------------------------------------------------------------------------------------------


def test_freeze() -> None:
    """1,000 seconds of each vehicle, in stretches of 100."""
    rows = moved("freeze=100s@20%")
    same(rows, POSITIONS, ("lon", "speed", "accuracy"))
    held = by_subject(rows.lon != POSITIONS.lon)
    runs = by_subject(rows.lon)
    assert ((runs[1:] == runs[:-1]) == held[1:]).all(), "as it was before"
    assert not held[0].any()
    np.testing.assert_array_equal(by_subject(rows.speed)[1:][held[1:]], by_subject(rows.speed)[:-1][held[1:]])
    begun = (held & ~np.vstack([held[:1], held[:-1]])).sum()
    assert likely(SUBJECTS * 10, 0.2)(int(held.sum() / 9)), "nine repetitions a stretch"
    assert begun > 250


def test_freeze_of_readings_is_of_one_metric() -> None:
    rows = read("freeze=100s@20%")
    same(rows, READINGS, ("value",))
    held = rows.value != READINGS.value
    assert likely(SUBJECTS * 10, 0.2)(int(held.sum() / 9))
    assert 0.6 < np.mean(held[::2] == held[1::2]) < 0.9


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_freeze_goes_on_from_block_to_block(size: int) -> None:
    some = POSITIONS.take(np.arange(4000))
    parts = [some.take(np.arange(i, min(i + size, 4000))) for i in range(0, 4000, size)]
    same(Position.concat(cast("list[Position]", become("freeze=100s@20%", *parts))), become("freeze=100s@20%", some)[0])


def test_what_is_frozen_is_forgotten_in_time() -> None:
    """After twice `forget` (a day here) no row of it would be judged."""
    whole = POSITIONS.take(np.arange(SUBJECTS))
    freezing = Freezing(Fault("freeze", 100.0, "s", 1.0), 1)
    line = NameWords().of(NAMES, whole.subject)
    version: Any = SimpleNamespace(streams=STREAMS, forget=86400.0)
    kept = []
    for t in np.arange(0.0, 6 * 86400.0, 21_600.0):
        freezing.change(replace(whole, ts=whole.ts + t, received=whole.received + t), line, version)
        kept.append(len(freezing.kept) / SUBJECTS)
    assert kept[:8] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert 8 < kept[-1] <= max(kept) <= 9


# ---- together --------------------------------------------------------------------------------------------------------


def test_one_fault_does_not_change_anothers_dice() -> None:
    alone, together = moved("jitter=10m"), moved("jitter=10m, skew=120s, bias=30m@0%")
    same(together, alone, ("ts",))
    skewed = moved("skew=120s")
    same(moved("skew=120s, bias"), skewed, ("lon", "lat"))


def test_what_is_frozen_does_not_scatter() -> None:
    rows = moved("jitter=10m, bias=30m, freeze=1h@100%")
    edges = np.diff(by_subject(rows.lon), axis=0) != 0
    assert edges.sum(axis=0).max() == 1, "an hour has one edge at most in a quarter of an hour"


@pytest.mark.parametrize("text", ["jitter=10m", "bias=30m", "skew=120s", "freeze=100s"])
def test_seeds_differ(text: str) -> None:
    one, again, other = moved(text, 1), moved(text, 1), moved(text, 2)
    same(one, again)
    assert (one.lon != other.lon).any() or (one.ts != other.ts).any()


def test_versions_without_such_faults_are_as_they_are() -> None:
    def load(*_: Any) -> Any:
        raise AssertionError

    assert parse("drop, reorder, upload").version(load, 1) is load
