"""Faults as people write them."""

from __future__ import annotations

import pytest

from replay.faults import KINDS, Fault, parse


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("", (), id="none"),
        pytest.param("drop", (Fault("drop", None, "", 0.05),), id="by-name"),
        pytest.param("drop=7%", (Fault("drop", None, "", 0.07),), id="how-often"),
        pytest.param("drop@7 %", (Fault("drop", None, "", 0.07),), id="how-often-as-a-share"),
        pytest.param("repeat=20%", (Fault("repeat", 60.0, "s", 0.2),), id="a-percentage-is-how-often"),
        pytest.param("repeat=5s@20%", (Fault("repeat", 5.0, "s", 0.2),), id="both"),
        pytest.param("repeat=5s", (Fault("repeat", 5.0, "s", 0.1),), id="how-much"),
        pytest.param("reorder", (Fault("reorder", None, "", 0.5),), id="within"),
        pytest.param("reorder=80%", (Fault("reorder", None, "", 0.8),), id="within-more-often"),
        pytest.param("reorder=30s", (Fault("reorder", 30.0, "s", 0.5),), id="beyond"),
        pytest.param("jitter=5%", (Fault("jitter", 0.05, "%", 1.0),), id="of-readings"),
        pytest.param("jitter=10m@50%", (Fault("jitter", 10.0, "m", 0.5),), id="of-positions"),
        pytest.param(
            "jitter=10m, jitter=150%", (Fault("jitter", 10.0, "m", 1.0), Fault("jitter", 1.5, "%", 1.0)), id="of-both"
        ),
        pytest.param(" skew = 2 min @ 20 % ,", (Fault("skew", 120.0, "s", 0.2),), id="blanks"),
        pytest.param("gap=1h@0%", (Fault("gap", 3600.0, "s", 0.0),), id="never"),
    ],
)
def test_read(text: str, expected: tuple[Fault, ...]) -> None:
    faults = parse(text)
    assert faults.faults == expected
    assert parse(str(faults)) == faults


@pytest.mark.parametrize(
    "text, said",
    [
        pytest.param(
            "drip=5%", "drip=5%: expected faults such as '.*'; no fault 'drip'; did you mean 'drop'", id="name"
        ),
        pytest.param("xyz", "no fault 'xyz'; there are: drop, repeat, .*, skew", id="another-name"),
        pytest.param("drop=5", "drop=5: expected a percentage such as '10 %' or '2.5 %', got a bare number", id="bare"),
        pytest.param("drop=5min", "expected a percentage such as .*; known units: %", id="no-amount"),
        pytest.param("drop=5%@5%", "expected nothing before the '@', got '5%'", id="two-shares"),
        pytest.param("gap=5%@5%", "expected a duration before the '@', got '5%'", id="a-share-for-an-amount"),
        pytest.param(
            "gap=10m", "gap=10m: expected a duration such as '90s' or '10min'; known units: ms, s", id="metres"
        ),
        pytest.param("bias=10s", "expected a length such as '500 m' or '1.5 km'; known units: mm, cm, m", id="seconds"),
        pytest.param("jitter=10s", "a length such as .* or a percentage such as '5%'; known units", id="neither"),
        pytest.param("jitter=10", "a length .* or a percentage such as '5%', got a bare number", id="bare-of-two"),
        pytest.param("skew=-2min", "expected a duration above 0", id="negative"),
        pytest.param("bias=0m", "expected a length above 0", id="nothing"),
        pytest.param("drop=101%", "expected a percentage from 0% to 100%, got '101%'", id="more-than-all"),
        pytest.param("jitter=-5%", "expected a percentage from 0% on, got '-5%'", id="negative-scatter"),
        pytest.param("drop=", "expected a percentage such as", id="nothing-said"),
        pytest.param("gap=10min@", "expected a percentage such as", id="no-share-said"),
        pytest.param("drop, drop=5%", "drop=5%: expected each fault once, got 'drop' again", id="twice"),
        pytest.param("reorder, reorder=30s", "reorder=30s: expected each fault once", id="twice-otherwise"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(text)


@pytest.mark.parametrize(
    "text, skew, late",
    [
        pytest.param("drop, jitter, gap=1h, repeat=1h", 0.0, 0.0, id="none"),
        pytest.param("skew=30s, reorder", 30.0, 0.0, id="a-clock"),
        pytest.param("skew=30s@0%, upload=5min, reorder=20s", 0.0, 320.0, id="later"),
    ],
)
def test_how_far_off_cases_may_be_for_it(text: str, skew: float, late: float) -> None:
    assert (parse(text).skew, parse(text).late) == (skew, late)


@pytest.mark.parametrize("name", KINDS)
def test_every_fault_may_be_named_alone(name: str) -> None:
    assert [fault.name for fault in parse(name).faults] == [name]
