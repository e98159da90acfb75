"""Sweeps, points, and what is chosen of them; that a point is scored as a replay of its own would be."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from detectors.overspeed import Overspeed
from detectors.stuck import Stuck
from detectors.threshold import Threshold
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import JournalBatch
from pipeline.names import Names
from pipeline.registers import Registers
from pipeline.rows import Position, Reading
from pipeline.version import Decoded, Hold, Rule, Source, Stream, Version
from pipeline.world import World
from replay.driving import table
from replay.labels import FALSE_ALARM, Label
from replay.outcome import judge
from replay.score import Score
from replay.tuning.choosing import choose
from replay.tuning.page import page
from replay.tuning.points import Point, TooMuch, changed, points_of, section
from replay.tuning.sweep import sweep_of
from replay.tuning.told import to_json, yaml
from replay.tuning.trying import Given, Holdout, Tried, try_points

PLACE = {"lon": 121.0, "lat": 31.0}
FAST = Rule("fast", Overspeed(), Hold.model_validate({"for": "20s", "clear": "10s", "gap": "1min"}), "speeding")
FULL = Rule("full", Threshold.model_validate({"above": "80 %"}), metric="fullness")
STUCK = Rule("stuck", Stuck.model_validate({"tolerance": "1 °C"}), rows=Reading, metric="temperature")


@pytest.mark.parametrize(
    "text, values",
    [
        pytest.param("for=10s..30s", ("10 s", "15 s", "20 s", "25 s", "30 s"), id="even-steps"),
        pytest.param("for=30s..5min", ("30 s", "53 s", "95 s", "170 s", "300 s"), id="a-wide-range-grows-by-a-factor"),
        pytest.param("tolerance=0..20%", ("0 %", "5 %", "10 %", "15 %", "20 %"), id="a-bare-number"),
        pytest.param("for=0..1min/20s", ("0 s", "20 s", "40 s", "60 s"), id="by-a-step"),
        pytest.param("for=0..1min/25s", ("0 s", "25 s", "50 s"), id="a-step-that-does-not-hit-the-end"),
        pytest.param("gap=none, 30s,1min", (None, "30s", "1min"), id="a-list"),
        pytest.param("for=5s", ("5s",), id="one"),
        pytest.param("for=5s,5s", ("5s",), id="the-same-twice-is-one"),
    ],
)
def test_a_sweep_is_read(text: str, values: tuple[str | None, ...]) -> None:
    assert sweep_of(text, FAST, 5).values == values


def test_whole_numbers_and_amounts() -> None:
    assert sweep_of("readings=2..6", STUCK, 5).values == (2, 3, 4, 5, 6)
    assert sweep_of("readings=2..4", STUCK, 9).values == (2, 3, 4)
    assert sweep_of("above=60..100%/20%", FULL).values == ("60 %", "80 %", "100 %")


@pytest.mark.parametrize(
    "text, says",
    [
        pytest.param("for", "NAME=VALUES", id="no-values"),
        pytest.param("tolerence=1%..2%", "did you mean 'tolerance'", id="misspelt"),
        pytest.param("for=5min..30s", "goes up", id="downwards"),
        pytest.param("for=1s..5m", "one kind of unit", id="seconds-to-metres"),
        pytest.param("for=abc..5s", "a number with its unit", id="no-number"),
        pytest.param("for=1s,,2s", "commas between", id="an-empty-value"),
        pytest.param("for=0s..1h/0s", "a step above 0", id="no-step"),
    ],
)
def test_a_sweep_that_is_wrong_says_what_was_expected(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        sweep_of(text, FAST)


@given(st.floats(0.01, 1e6), st.floats(1.001, 1e4), st.integers(2, 40))
def test_steps_go_up_from_end_to_end(low: float, factor: float, steps: int) -> None:
    high = low * factor
    values = [float(str(v).removesuffix(" s")) for v in sweep_of(f"for={low:.12g}s..{high:.12g}s", FAST, steps).values]
    assert values == sorted(set(values))
    assert values[0] == pytest.approx(low)
    assert values[-1] == pytest.approx(high)


def test_points_are_the_combinations_and_the_one_in_force() -> None:
    found = points_of(FAST, [sweep_of("for=10s,30s", FAST), sweep_of("tolerance=0%,20%", FAST)])
    assert [tuple(point.values.values()) for point in found.points] == [
        ("10 s", "0 %"), ("10 s", "20 %"), ("20 s", "10 %"), ("30 s", "0 %"), ("30 s", "20 %"),
    ]  # fmt: skip
    assert [point.rule.id for point in found.points] == [f"fast#{n}" for n in range(1, 6)]
    assert [point.in_force for point in found.points] == [False, False, True, False, False]
    assert found.points[0].rule.hold == Hold.model_validate({"for": "10s", "clear": "10s", "gap": "1min"})


def test_what_cannot_be_is_left_out_with_the_reason() -> None:
    found = points_of(FAST, [sweep_of("assume=none,1min", FAST), sweep_of("gap=none,1min", FAST)])
    assert len(found.points) == 3
    assert found.left_out[0][0] == {"assume": "1min", "gap": "1min"}
    assert "expected 'gap' or 'assume', got both" in found.left_out[0][1]
    wrong = points_of(FULL, [sweep_of("above=50..60°C/10°C", FULL)])
    assert "expected above in %" in wrong.left_out[0][1]
    assert [point.in_force for point in wrong.points] == [True]


def test_too_many_points_are_refused_with_advice() -> None:
    sweeps = [sweep_of(f"{name}=1s..9s", FAST) for name in ("for", "clear", "gap")]
    with pytest.raises(TooMuch, match=r"9 × 9 × 9 = 729 points; at most 100 are tried at once: --steps 4"):
        points_of(FAST, sweeps, most=100)


def test_a_rule_is_pasted_as_it_was_with_what_is_changed() -> None:
    told = section(FAST, {"for": "90 s", "tolerance": "0 %"})
    text = yaml(told)
    assert YAML(typ="safe").load("rules:\n" + text) == {"rules": [told]}
    assert told == {
        "id": "fast", "detector": "overspeed", "category": "speeding", "for": "90 s", "clear": "10 s", "gap": "1 min",
        "parameters": {"tolerance": "0 %"},
    }  # fmt: skip
    assert section(FAST, {"tolerance": "10 %", "gap": None})["parameters"] == {"tolerance": "10 %"}
    assert "gap" not in section(FAST, {"gap": None})


@pytest.mark.parametrize("text", ["no", "0103", "渣土车", "a: b", "12 %", "1e3", "x{", "", "1 1", "150 µg/m³"])
def test_what_is_pasted_is_what_was_meant(text: str) -> None:
    assert YAML(typ="safe").load(yaml({"id": text, "classes": [text]})) == [{"id": text, "classes": [text]}]


# ---- choosing


def tried(*scores: tuple[int, int, int, float], in_force: int = 0) -> list[Tried]:
    """(found, false, missed, delay) of each point."""
    label = Label(0.0, "r", "s", 1.0)
    return [
        Tried(
            Point({"for": n}, FAST, abs(n - in_force), n == in_force),
            Score(found, found, 0, [label] * missed, [label] * false, delays=[delay] * found),  # type: ignore[list-item]
        )
        for n, (found, false, missed, delay) in enumerate(scores)
    ]


@pytest.mark.parametrize(
    "scores, front, best",
    [
        pytest.param([(8, 2, 2, 9.0), (5, 0, 5, 9.0), (9, 9, 1, 9.0)], (2, 0, 1), 0, id="a-curve"),
        pytest.param([(8, 2, 2, 9.0), (7, 2, 3, 9.0)], (0,), 0, id="beaten"),
        pytest.param([(8, 2, 2, 9.0), (8, 2, 2, 5.0)], (1,), 1, id="quicker"),
        pytest.param([(8, 0, 2, 9.0), (7, 0, 3, 5.0)], (0, 1), 0, id="quicker-for-less"),
        pytest.param([(8, 2, 2, 9.0), (8, 2, 2, 9.0)], (0, 1), 0, id="equal"),
        pytest.param([(8, 2, 2, 9.0), (0, 0, 10, math.nan)], (0,), 0, id="what-finds-nothing-is-no-rule"),
        pytest.param([(0, 0, 10, math.nan)], (), None, id="nothing"),
    ],
)
def test_what_is_chosen(scores: list[tuple[int, int, int, float]], front: tuple[int, ...], best: int | None) -> None:
    chosen = choose(tried(*scores))
    assert (chosen.front, chosen.best, chosen.in_force) == (front, best, 0)


def test_of_equal_points_the_one_nearest_to_what_is_in_force_is_shown() -> None:
    chosen = choose(tried(*[(8, 2, 2, 9.0)] * 4, in_force=2))
    assert (chosen.front, chosen.shown, chosen.best) == ((2, 1, 3, 0), (2,), 2)


@given(st.lists(st.tuples(*[st.integers(1, 4)] * 3, st.sampled_from([1.0, 2.0, 3.0])), min_size=1, max_size=12))
def test_nothing_off_the_front_is_better_than_the_front(scores: list[tuple[int, int, int, float]]) -> None:
    points = tried(*scores)
    chosen = choose(points)
    of = [(each.score.precision, each.score.recall, -each.score.delay) for each in points]
    for n, one in enumerate(of):
        beaten = any(m != n and other != one and all(a >= b for a, b in zip(other, one, strict=True))
                     for m, other in enumerate(of))  # fmt: skip
        assert (n in chosen.front) is not beaten


@given(st.sets(st.text(max_size=4), min_size=2, max_size=30), st.floats(0.01, 0.99), st.integers(0, 9))
def test_held_out_are_some_and_not_all_and_always_the_same(subjects: set[str], share: float, seed: int) -> None:
    held = Holdout(share, seed).of(subjects)
    assert 0 < len(held) < len(subjects)
    assert held < subjects
    assert held == Holdout(share, seed).of(sorted(subjects, reverse=True))
    with pytest.raises(ValueError, match="too few"):
        Holdout(share, seed).of(["one"])


# ---- a recording


class Recorded:
    """Speeds of some trucks, one row a second; truck k begins to speed at 100 k and goes on for 10 (k + 1) seconds."""

    first = 0
    start, count, seconds = 1_700_000_000.0, 6, 1000

    def speed(self, truck: int, second: int) -> float:
        over = 100 * truck <= second < 100 * truck + 10 * (truck + 1)
        return 90.0 - 4 * truck if over else 50.0

    def read(self, start: int = 0, max_rows: int = 65_536) -> Any:
        buffer = EntryBuffer()
        for second in range(self.seconds):
            for truck in range(self.count):
                said = json.dumps([truck, self.speed(truck, second)]).encode()
                buffer.add(Kind.DELIVERY, "s", "t", self.start + second, said)
            buffer.add(Kind.TICK, "s", "", self.start + second)
        whole = buffer.batch()
        for at in range(0, len(whole), max_rows):
            yield JournalBatch(at, whole.slice(at, max_rows))

    def labels(self, rule: str = "fast") -> list[Label]:
        began = [self.start + 100 * k for k in range(self.count)]
        return [Label(at, rule, f"truck-{k}", at + 10 * (k + 1)) for k, at in enumerate(began)]


def loading(rules: list[Rule]) -> Callable[[bytes, Names], Version]:
    def load(_: bytes, names: Names) -> Version:
        def decode(batch: Any, first: int, names: Names) -> Decoded:
            found = []
            columns = (batch.column(name).to_pylist() for name in ("kind", "received", "payload"))
            for k, (kind, received, payload) in enumerate(zip(*columns, strict=True)):
                if kind == Kind.DELIVERY:
                    truck, speed = json.loads(payload)
                    found.append((first + k, {"subject": f"truck-{truck}", "ts": received, "speed": speed, **PLACE}))
            made = table(Position, [record for _, record in found], names)
            made.position = np.array([position for position, _ in found], np.int64)
            return Decoded([made], [])

        world = World(Registers(speed_limits={"default": 60.0})).bind(names)
        return Version("v", "demo", {"s": Source("s")}, [Stream("gps", "s", Position)], rules, world, decode)

    return load


def given_of(**more: Any) -> Given:
    return Given(Recorded(), loading([FAST]), Recorded().labels(), current=b"", **more)


def test_a_point_scores_as_a_replay_of_its_own_does() -> None:
    points = points_of(FAST, [sweep_of("for=5s,25s,45s", FAST), sweep_of("tolerance=0%,30%,60%", FAST)])
    trial = try_points(given_of(), points)
    told = []
    for each in trial.tried:
        rule = changed(FAST, each.point.values)
        alone = judge(Recorded(), loading([rule]), Recorded().labels, current=b"").scores["fast"]
        assert (alone.right, alone.labels, alone.delays) == (each.score.right, each.score.labels, each.score.delays)
        assert (len(alone.false), alone.duplicates) == (len(each.score.false), each.score.duplicates)
        told.append((*each.point.values.values(), each.score.right))
    # truck k drives 90 - 4k for 10 (k + 1) seconds
    assert ("5 s", "0 %", 6) in told
    assert ("5 s", "30 %", 3) in told
    assert ("25 s", "0 %", 4) in told
    assert ("25 s", "60 %", 0) in told


@pytest.mark.parametrize("batch", [7, 500])
def test_any_batches_give_the_same_bytes(batch: int) -> None:
    points = points_of(FAST, [sweep_of("for=5s..60s", FAST, 5)])
    holdout = Holdout(0.4, 3)

    def told(size: int) -> tuple[str, str]:
        trial = try_points(given_of(), points, holdout, batch=size)
        chosen = choose(trial.tried)
        return to_json(trial, chosen, holdout), page(trial, chosen, "here")

    assert told(batch) == told(65_536)


def test_held_out_subjects_have_no_say_and_are_scored() -> None:
    points = points_of(FAST, [sweep_of("for=5s,45s", FAST)])
    trial = try_points(given_of(), points, Holdout(0.5))
    assert len(trial.held) == 3
    for each in trial.tried:
        assert each.held is not None
        assert each.score.labels == each.held.labels == 3
        assert {label.subject for label in each.held.missed} <= trial.held
        assert not {label.subject for label in each.score.missed} & trial.held


def test_what_nobody_has_judged_is_not_false() -> None:
    labels = [Recorded().labels()[5], Label(Recorded.start, "fast", "truck-0", Recorded.start + 9, verdict=FALSE_ALARM)]
    points = points_of(FAST, [sweep_of("for=5s", FAST)])
    trial = try_points(Given(Recorded(), loading([FAST]), labels, complete=(), current=b""), points)
    score = trial.tried[0].score
    assert (score.right, len(score.false), len(score.unlabelled)) == (1, 1, 4)


def test_what_takes_too_much_room_is_refused() -> None:
    points = points_of(FAST, [sweep_of("for=5s..60s", FAST)])
    with pytest.raises(TooMuch, match=r"10 points take more than .* try at most \d+ at once"):
        try_points(given_of(), points, room=20_000)


def test_the_page_has_no_outside_references_and_both_languages() -> None:
    points = points_of(FAST, [sweep_of("for=5s..60s", FAST, 5)])
    trial = try_points(given_of(), points)
    text = page(trial, choose(trial.tried), "<day>")
    assert not re.search(r"(?:src|href)=|url\(|@import|https?:", text)
    assert "&lt;day&gt;" in text
    assert "<day>" not in text
    assert "召回率" in text
    assert "- id: fast" in text
