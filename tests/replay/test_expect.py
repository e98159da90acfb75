"""What is expected of rules: how it is written, and whether it came."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.faults import Faulty
from pipeline.runtime.compose import config_bytes
from pipeline.runtime.config import load
from replay.expect import Thresholds, results
from tests.replay.report_kit import case, label, outcome

CITY = """\
city: demo
time_zone: UTC
sources: {s: {type: import}}
streams:
  gps:
    source: s
    topic: t/{d}
    codec: json
    rows: position
    subject: "{d}"
    datum: WGS-84
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}, speed: {path: v, unit: km/h}}
rules: [{id: fast, detector: overspeed}]
"""

# at      0       1000      2000      5000
# label   fast a  fast a    fast b
# case    fast a  fast a              fast c (false)
WRONG = outcome(
    [case(at=5), case(at=1005), case(subject="c", at=5000)],
    [label(), label(at=1000), label(subject="b", at=2000)],
)


def one(expected: dict[str, Any], of: Any = WRONG, rule: str = "fast") -> tuple[bool, str]:
    (result,) = results({rule: Thresholds.model_validate(expected)}, of)
    return result.met, str(result)


@pytest.mark.parametrize(
    "expected, met, told",
    [
        pytest.param({"precision": 0.66}, True, "fast: expected precision at least 0.66, got 0.666667", id="precision"),
        pytest.param({"precision": "70 %"}, False, "fast: expected precision at least 0.7, got 0.666667", id="percent"),
        pytest.param({"recall": 0.7}, False, "fast: expected recall at least 0.7, got 0.666667", id="recall"),
        pytest.param({"f1": 0.5}, True, "fast: expected f1 at least 0.5, got 0.666667", id="f1"),
        pytest.param({"delay_p50": "15s"}, True, "fast: expected delay_p50 at most 15 s, got 15 s", id="delay"),
        pytest.param({"delay_p95": "14s"}, False, "fast: expected delay_p95 at most 14 s, got 15 s", id="late"),
        pytest.param({"false_per_1000h": 9}, False, "fast: expected false_per_1000h at most 9, got 10", id="false"),
        pytest.param(
            {"duplicates_per_event": 0}, True, "fast: expected duplicates_per_event at most 0, got 0", id="twice"
        ),
        pytest.param({"cases": "..2"}, False, "fast: expected cases 0 to 2, got 3", id="too-many"),
        pytest.param({"cases": "4.."}, False, "fast: expected cases at least 4, got 3", id="too-few"),
        pytest.param({"cases": 3}, True, "fast: expected cases 3, got 3", id="so-many"),
    ],
)
def test_a_threshold(expected: dict[str, Any], met: bool, told: str) -> None:
    assert one(expected) == (met, told)


EVERY = ("precision", "recall", "f1", "duplicates_per_event", "delay_p50", "delay_p95", "false_per_1000h")


@pytest.mark.parametrize("what", EVERY)
def test_what_a_recording_without_labels_cannot_say_is_missed(what: str) -> None:
    wanted = "0s" if what.startswith("delay") else 0
    met, told = one({what: wanted}, outcome([case()], []))
    assert not met
    assert told.endswith("got nothing: the recording has no labels")


@pytest.mark.parametrize(
    "what, of, why",
    [
        pytest.param("recall", outcome([case()], [label("other")]), "no label says of it when", id="no-event"),
        pytest.param("precision", outcome([], [label()]), "it has no case", id="no-case"),
        pytest.param("delay_p50", outcome([], [label()]), "no event was found", id="none-found"),
        pytest.param("false_per_1000h", outcome([], [label()], hours=0), "was heard", id="not-heard"),
    ],
)
def test_what_cannot_be_said_of_a_rule_is_missed(what: str, of: Any, why: str) -> None:
    met, told = one({what: "1h" if what.startswith("delay") else 0}, of)
    assert (met, why in told) == (False, True), told


def test_all_rules_together_and_one_that_is_none() -> None:
    two = outcome([case(), case("slow", "b")], [label(), label("slow", "c")], rules=("fast", "slow"))
    assert one({"recall": 0.5}, two, "all") == (True, "all: expected recall at least 0.5, got 0.5")
    assert one({"cases": 2}, two, "all")[0]
    met, told = one({"recall": 0.5}, two, "fats")
    assert not met
    assert "no such rule was judged; did you mean 'fast'?" in told
    assert one({"cases": 0}, two, "source_down")[0]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"precision": 1.5}, id="share-beyond-1"),
        pytest.param({"precision": True}, id="share-true"),
        pytest.param({"recall": "half"}, id="share-text"),
        pytest.param({"delay_p50": 60}, id="bare-duration"),
        pytest.param({"cases": "20..3"}, id="range-turned"),
        pytest.param({"cases": ".."}, id="range-of-nothing"),
        pytest.param({"cases": -1}, id="range-below-0"),
        pytest.param({"false_per_1000h": math.nan}, id="no-number"),
        pytest.param({}, id="nothing"),
    ],
)
def test_what_is_no_threshold(value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Thresholds.model_validate(value)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_range_holds_its_ends(least: int, more: int, got: int) -> None:
    low, high = Thresholds.model_validate({"cases": f"{least}..{least + more}"}).cases or (0, 0)
    assert (low <= got <= high) == (least <= got <= least + more)


def test_the_section_changes_no_version_and_its_faults_are_told(tmp_path: Path) -> None:
    file = tmp_path / "city.yaml"
    file.write_text(CITY)
    plain = config_bytes(load(file))
    file.write_text(CITY + "expect: {fast: {cases: 0..20, delay_p95: 5min}, all: {f1: 90 %}}\n")
    assert config_bytes(load(file)) == plain
    assert load(file).expect["fast"].delay_p95 == 300.0
    file.write_text(CITY + "expect:\n  fats: {f1: 2}\n  all: {recal: 1}\n")
    with pytest.raises(Faulty) as caught:
        load(file)
    told = str(caught.value)
    assert "expect.fats   no rule 'fats'; did you mean 'fast'?" in told
    assert "expect.fats.f1   expected a share" in told
    assert "expect.all.recal   unknown key; did you mean 'recall'?" in told
