"""Cases held against each other, settings and worlds too, and why a case is not the same."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.case import Case
from detectors.overspeed import Overspeed
from detectors.threshold import Threshold
from pipeline.faults import Faulty
from pipeline.registers import Registers, Table, Zone
from pipeline.version import Hold, Rule
from replay.comparing.explaining import why, windows_of
from replay.comparing.looking import Row
from replay.comparing.matching import Difference, What, match
from replay.comparing.settings import Changed, of_registers, of_rules
from replay.comparing.told import Compared, read_cases, to_json
from replay.replaying import json_lines

NAN = math.nan


def case(started: float, ended: float = NAN, *, id: str = "", subject: str = "truck-1", **more: Any) -> Case:
    values: dict[str, Any] = {
        "id": id or f"{subject}-{started:g}-{ended:g}", "rule": "fast", "rule_version": "v", "category": "c",
        "subject": subject, "part": "", "place": "", "lon": 121.0, "lat": 31.0, "started": started,
        "confirmed": started + 5, "ended": ended, "reason": "", "measure": 9.0, "unit": "km/h", "late": False,
        "withdrawn": False, "opened_position": 0, "position": 0,
    }  # fmt: skip
    return Case(**(values | more))


def told(a: list[Case], b: list[Case], rules: dict[str, str] | None = None, **more: Any) -> list[tuple[Any, ...]]:
    """(what, A's start, B's start, fields) of each difference."""
    found = match(a, b, rules or {"fast": "fast"}, **more).differences
    return [(str(d.what), d.a and d.a.started, d.b and d.b.started, d.fields) for d in found]


#     0    10    20    30    40
# A   [--------]
# B        [--------]
@pytest.mark.parametrize(
    "a, b, expected",
    [
        pytest.param([case(0, 10)], [case(0, 10)], [], id="the-same"),
        pytest.param([case(0, 10)], [], [("vanished", 0, None, ())], id="vanished"),
        pytest.param([], [case(0, 10)], [("appeared", None, 0, ())], id="appeared"),
        pytest.param([case(0, 10)], [case(0.5, 10.9)], [], id="within-a-second"),
        pytest.param(
            [case(0, 10)], [case(5, 15)], [("moved", 0, 5, ("started", "confirmed", "ended"))], id="overlap-is-the-same"
        ),
        pytest.param(
            [case(0, 10)], [case(20, 30)], [("vanished", 0, None, ()), ("appeared", None, 20, ())], id="no-overlap"
        ),
        pytest.param([case(0, 10)], [case(0)], [("moved", 0, 0, ("ended",))], id="ended-on-one-side-alone"),
        pytest.param([case(0)], [case(0)], [], id="open-on-both"),
        pytest.param([case(0, 10)], [case(0, 10, measure=9.5)], [("changed", 0, 0, ("measure",))], id="measure"),
        pytest.param([case(0, 10, measure=NAN)], [case(0, 10, measure=NAN)], [], id="no-measure-on-both"),
        pytest.param([case(0, 10)], [case(0, 10, late=True)], [("changed", 0, 0, ("late",))], id="late"),
        pytest.param([case(0, 10)], [case(0, 10, category="d")], [("changed", 0, 0, ("category",))], id="category"),
        pytest.param(
            [case(0, 10)],
            [case(0, 10, subject="truck-2")],
            [("vanished", 0, None, ()), ("appeared", None, 0, ())],
            id="another-subject",
        ),
        pytest.param(
            [case(0, 40)],
            [case(0, 10), case(15, 40)],
            [("appeared", None, 0, ()), ("moved", 0, 15, ("started", "confirmed"))],
            id="split-in-two-the-longer-is-it",
        ),
        pytest.param(
            [case(0, 100, id="x")],
            [case(0, 100), case(90, 95, id="x")],
            [("moved", 0, 90, ("started", "confirmed", "ended")), ("appeared", None, 0, ())],
            id="the-same-id-is-the-same-case",
        ),
        pytest.param([case(0, 10, rule="other")], [], [], id="rules-that-nobody-asked-about"),
    ],
)
def test_what_became_of_each(a: list[Case], b: list[Case], expected: list[tuple[Any, ...]]) -> None:
    assert sorted(map(repr, told(a, b))) == sorted(map(repr, expected))


def test_a_rule_may_be_another_rule_over_there() -> None:
    theirs = [case(0, 10, rule="faster"), case(50, 60, rule="fast")]
    assert told([case(0, 10)], theirs, {"fast": "faster"}) == []
    assert told([case(0, 10)], theirs) == [("vanished", 0, None, ()), ("appeared", None, 50, ())]


def test_the_other_part_of_a_case_is_named() -> None:
    (split,) = [d for d in match([case(0, 40)], [case(0, 10), case(15, 40)], {"fast": "fast"}).differences if not d.a]
    assert split.beside is not None
    assert split.beside.started == 0


def test_parts_are_told_apart_only_where_both_sides_know_them() -> None:
    a, b = [case(0, 10, part="pm10")], [case(0, 10, part="pm25", id="y")]
    assert len(told(a, b)) == 2
    assert told(a, b, parts=False) == []


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=12)


@given(spans, spans, st.sampled_from([0.0, 1.0, 5.0]))
def test_every_case_is_accounted_for_once(a: list[tuple[int, int]], b: list[tuple[int, int]], within: float) -> None:
    mine = [case(s, s + d, id=f"a{n}") for n, (s, d) in enumerate(a)]
    theirs = [case(s, s + d, id=f"b{n}") for n, (s, d) in enumerate(b)]
    found = match(mine, theirs, {"fast": "fast"}, within)
    pairs = found.same["fast"] + sum(d.a is not None and d.b is not None for d in found.differences)
    assert pairs + sum(d.what is What.VANISHED for d in found.differences) == len(mine) == found.a["fast"]
    assert pairs + sum(d.what is What.APPEARED for d in found.differences) == len(theirs) == found.b["fast"]
    assert match(mine, mine, {"fast": "fast"}, within).differences == []


# ---- settings


FAST = Rule("fast", Overspeed(), Hold.model_validate({"for": "20s", "clear": "10s"}), "c", "v1", classes=("truck",))


@pytest.mark.parametrize(
    "other, expected",
    [
        pytest.param(FAST, [], id="nothing"),
        pytest.param(replace(FAST, hold=Hold.model_validate({"for": "30s", "clear": "10s"}), version="v2"),
                     [Changed("for", "20 s", "30 s")], id="hold"),
        pytest.param(replace(FAST, detector=Overspeed.model_validate({"tolerance": "5%"}), version="v2"),
                     [Changed("tolerance", "10 %", "5 %")], id="parameter"),
        pytest.param(replace(FAST, classes=("truck", "bus"), version="v2"),
                     [Changed("classes", "truck", "bus, truck")], id="classes"),
        pytest.param(replace(FAST, version="v2"), [Changed("version", "v1", "v2")], id="only-the-code"),
        pytest.param(None, [Changed("rule", "fast", None)], id="not-there"),
    ],
)  # fmt: skip
def test_what_differs_in_a_rule(other: Rule | None, expected: list[Changed]) -> None:
    assert of_rules(FAST, other) == expected


def test_another_detector_differs_in_all_that_it_has() -> None:
    other = replace(FAST, detector=Threshold.model_validate({"column": "speed", "above": "60 km/h"}))
    assert Changed("detector", "overspeed", "threshold") in of_rules(FAST, other)
    assert Changed("above", None, "60 km/h") in of_rules(FAST, other)
    assert Changed("tolerance", "10 %", None) in of_rules(FAST, other)


def test_what_differs_in_registers() -> None:
    def registers(limit: float, vehicles: list[str], zone: float) -> Registers:
        ring = [[121.0, 31.0], [121.0, 31.1], [121.1, 31.1 + zone], [121.0, 31.0]]
        import numpy as np

        return Registers(
            vehicles=Table.of("vehicles", [{"id": each, "class": "truck"} for each in vehicles]),
            zones=[Zone("school", "no_go", [[np.array(ring)]])],
            speed_limits={"default": limit},
        )

    one = registers(60.0, [f"v{n}" for n in range(9)], 0.0)
    assert of_registers(one, registers(60.0, [f"v{n}" for n in range(9)], 0.0)) == []
    assert of_registers(one, registers(50.0, ["v0", "new"], 1e-9)) == [
        Changed("vehicles", "v1, v2, v3, v4, v5 and 3 more", "new"),
        Changed("zones", "school", "school"),
        Changed("speed_limits", "default 60", "default 50"),
    ]


# ---- why


def rows(said: str, start: float = 0.0) -> list[Row]:
    """w wrong, r right, . neither: one each ten seconds."""
    names = {"w": "wrong", "r": "right", ".": "neither"}
    return [Row(start + 10.0 * n, names[each], float(n), False, (("speed", 50.0),)) for n, each in enumerate(said)]


def vanished(rule: str = "fast") -> Difference:
    return Difference(What.VANISHED, rule, rule, case(0, 50), None)


@pytest.mark.parametrize(
    "a, b, hold, says",
    [
        pytest.param("wwwwwr", "rrrrrr", "20s", "B finds none of its 6 rows wrong, 5 km/h at worst", id="not-wrong"),
        pytest.param("wwwwwr", "wwrwwr", "20s", "4 of its 6 rows wrong, 5 km/h at worst, for 10 s at a time, where",
                     id="not-long"),
        pytest.param("wwwwwr", "", "20s", "B has no rows of truck-1 there", id="not-its"),
        pytest.param("", "", "20s", "it is silence that was wrong", id="silence"),
        pytest.param("wwwwwr", "wwwwwr", "1h", "it is the hold that makes the difference", id="the-hold"),
        pytest.param("wwwwwr", "wwrwwr", "20s", "1 of 6 rows is judged otherwise, the first at 1970-01-01T00:00:20Z",
                     id="other-judgements"),
    ],
)  # fmt: skip
def test_why_a_side_has_no_such_case(a: str, b: str, hold: str, says: str) -> None:
    other = replace(FAST, hold=Hold.model_validate({"for": hold}))
    assert any(says in line for line in why(vanished(), FAST, other, rows(a), rows(b)).because)


def test_why_where_there_is_no_rule_and_where_nobody_knows_the_rows() -> None:
    assert why(vanished(), FAST, None, rows("wwr"), []).because == ["B has no rule 'fast'"]
    assert why(vanished(), FAST, None, rows("wwr"), None).because == []


def test_rows_are_shown_about_what_matters() -> None:
    said = "r" * 20 + "w" * 20 + "r" * 20
    found = why(vanished(), FAST, FAST, rows(said, -200), rows(said.replace("ww", "rr", 1), -200))
    assert [row.ts for row in found.rows] == [-10, 0, 10]
    assert [row.differs for row in found.rows] == [False, True, True]
    assert [row.skipped for row in found.rows] == [True, False, False]


def test_what_is_looked_at_is_as_far_as_the_holds_wait() -> None:
    slow = replace(FAST, hold=Hold.model_validate({"for": "10min"}))
    mine, theirs = windows_of(vanished(), FAST, slow)
    assert (mine.since, mine.until) == (theirs.since, theirs.until) == (-1200.0, 1250.0)


# ---- as data


def test_cases_are_read_as_replay_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    cases = [case(1_700_000_000.25, 1_700_000_010.5), case(1_700_000_100.0, measure=NAN, place="school")]
    file.write_text(json_lines(cases), "utf-8")
    assert json_lines(read_cases(file)) == file.read_text("utf-8")
    file.write_text(json_lines(cases) + "nonsense\n{}\n", "utf-8")
    with pytest.raises(Faulty) as faulty:
        read_cases(file)
    assert [fault.line for fault in faulty.value.faults] == [3, 4]


def test_a_comparison_as_data() -> None:
    rules = {"fast": "fast"}
    matched = match([case(0, 10)], [case(5, 15)], rules)
    said = json.loads(to_json(Compared("a", "b", matched, rules)))
    assert said["rules"][0] == {
        "rule": "fast", "b": "fast", "cases_a": 1, "cases_b": 1, "same": 0, "moved": 1, "changed": 0, "vanished": 0,
        "appeared": 0, "settings": [],
    }  # fmt: skip
    assert said["differences"][0]["a"] == case(0, 10).to_json()
