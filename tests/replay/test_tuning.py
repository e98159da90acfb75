"""Sweeps, points, and what is chosen of them."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from detectors.overspeed import Overspeed
from detectors.stationary import Stationary
from detectors.stuck import Stuck
from detectors.threshold import Threshold
from pipeline.rows import Reading
from pipeline.version import Hold, Rule
from replay.labels import Label
from replay.score import Score
from replay.tuning.choosing import choose
from replay.tuning.points import Point, TooMuch, at_end, points_of, section
from replay.tuning.sweep import sweep_of
from replay.tuning.told import yaml
from replay.tuning.trying import Holdout, Tried

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


def test_what_cannot_be_swept_is_left_out() -> None:
    camera = Rule("still", Stationary(), Hold())
    found = points_of(camera, [sweep_of("labels=car,bus", camera)])
    assert len(found.left_out) == 2
    assert [point.in_force for point in found.points] == [True]


def test_whether_a_value_is_at_an_end() -> None:
    found = points_of(FAST, [sweep_of("for=10s,30s,1min", FAST), sweep_of("tolerance=0%,20%", FAST)])
    ends = {
        tuple(point.values.values()): [at_end(found, name, point) for name in found.names] for point in found.points
    }
    assert ends["10 s", "0 %"] == [True, True]
    assert ends["30 s", "20 %"] == [False, True]
    assert ends["1 min", "20 %"] == [True, True]
    assert ends["20 s", "10 %"] == [False, False]


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
