"""The page's rules one by one, where an example says more than any sequence: parts, storms, shelving, suppressions."""

from __future__ import annotations

import itertools
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from cases.fusion import Fusion, FusionSettings, Happening, Shelving, Suppression
from tests.cases.fusion.test_taking import PLACE, SUBJECT, happening, taken
from tests.cases.fusion.test_taking import settings as section

RAISED = {"rule": "raised", "category": "body", "subject": "truck-7"}
OBJECT = {"rule": "object", "category": "thing", "subject": "cam-1", "part": "12"}


def dumping(alone: str = "case") -> dict[str, Any]:
    return {
        "id": "dumping",
        "all": [{"rules": ["raised"]}, {"rules": ["object"], "alone": alone}],
        "near": "50 m",
        "within": "5min",
        "becomes": "06011",
    }


# ---- same place, same subject


def test_two_parked_cars_are_two_cases_and_a_report_joins_the_nearest() -> None:
    fusion = Fusion(section(SUBJECT, PLACE))
    cars = [happening(f"car-{n}", float(n), subject="cam-1", part=str(n), category="p", north=20.0 * n) for n in (1, 2)]
    again = happening("again", 5.0, subject="cam-1", part="2", category="p", north=40.0)
    told = happening("told", 9.0, rule="", subject="", category="p", north=45.0)
    assert taken(fusion, *cars, again, told) == [
        ("car-1", "opened"),
        ("car-2", "opened"),
        ("car-2", "joined"),
        ("car-2", "joined"),
    ]


def test_parts_together_are_one() -> None:
    fusion = Fusion(section(SUBJECT | {"parts": "together"}))
    cars = [happening(f"car-{n}", float(n), subject="cam-1", part=str(n), category="p") for n in (1, 2)]
    assert taken(fusion, *cars) == [("car-1", "opened"), ("car-1", "joined")]


def test_a_row_of_things_is_not_one_long_case() -> None:
    fusion = Fusion(section(PLACE))
    row = [happening(f"{n}", float(n), subject=f"s{n}", north=40.0 * n) for n in range(4)]
    assert taken(fusion, *row) == [("0", "opened"), ("0", "joined"), ("2", "opened"), ("2", "joined")]


def test_old_and_new_codes_are_one() -> None:
    fusion = Fusion(section(SUBJECT, groups=[["0110", "06010"]]))
    found = taken(fusion, happening("a", category="0110"), happening("b", 1.0, category="06010"))
    assert found == [("a", "opened"), ("a", "joined")]


@pytest.mark.parametrize(
    ("at", "how", "expected"),
    [
        pytest.param(599.0, "closed", ("a", "reopened"), id="in-time"),
        pytest.param(600.0, "closed", ("b", "opened"), id="too-late"),
        pytest.param(1.0, "rejected", ("b", "opened"), id="rejected-stays-rejected"),
    ],
)
def test_what_comes_back_reopens(at: float, how: Any, expected: tuple[str, str]) -> None:
    fusion = Fusion(section(SUBJECT, reopens="10min"))
    fusion.take(happening("a"))
    fusion.closed("a", 0.0, how)
    assert taken(fusion, happening("b", at)) == [expected]


def test_a_person_says_which_case() -> None:
    fusion = Fusion()
    fusion.take(happening("a"))
    fusion.take(happening("b"))
    fusion.closed("b", 1.0, "merged", "a")
    outcome = fusion.take(happening("told", 2.0, rule="", joins="b"))
    assert (outcome.case, outcome.how) == ("a", "joined")


def test_split_members_go_their_own_way() -> None:
    fusion = Fusion(section(SUBJECT))
    taken(fusion, *(happening(id, float(n)) for n, id in enumerate("abc")))
    with pytest.raises(ValueError, match="first one gives the case its number"):
        fusion.split("a", ["a"], 4.0)
    assert fusion.split("a", ["c", "b"], 4.0) == "b"
    fusion.closed("a", 5.0, "closed")
    assert taken(fusion, happening("d", 6.0)) == [("b", "joined")]


@settings(deadline=None)
@given(st.data())
def test_the_order_of_one_instant_changes_nothing_but_the_id(data: st.DataObject) -> None:
    """Things of one place lie within 20 m, places 200 m apart: each of a place belongs with each other there."""
    fused = section(PLACE, SUBJECT)
    count = data.draw(st.integers(2, 9))
    places = [data.draw(st.integers(0, 2)) for _ in range(count)]
    some = [
        happening(
            f"{n}",
            100.0,
            rule=data.draw(st.sampled_from(("full", "camera", ""))),
            subject=f"s{n}",
            started=100.0 - data.draw(st.sampled_from((0.0, 60.0))),
            north=200.0 * place + data.draw(st.sampled_from((0.0, 20.0))),
        )
        for n, place in enumerate(places)
    ]
    fusion = Fusion(fused)
    for each in data.draw(st.permutations(some)):
        fusion.take(each)
    found = {frozenset(m.happening.id for m in case.members) for case in fusion.live().live}
    wanted = {frozenset(str(n) for n in range(count) if places[n] == place) for place in places}
    assert found == wanted


# ---- what adds up


@pytest.mark.parametrize("order", list(itertools.permutations(("raised", "object"))))
def test_parts_add_up_in_either_order(order: tuple[str, str]) -> None:
    fusion = Fusion(section(dumping()))
    values = {"raised": RAISED, "object": OBJECT}
    outcomes = [fusion.take(happening(name, 10.0 * n, **values[name])) for n, name in enumerate(order)]
    assert [(o.case, o.how, o.category) for o in outcomes] == [
        (order[0], "opened", values[order[0]]["category"]),
        (order[0], "joined", "06011"),
    ]
    assert outcomes[1].why.endswith("add up to it")


def test_a_part_waits_and_comes_along() -> None:
    fusion = Fusion(section(dumping("wait")))
    assert fusion.take(happening("object", 0.0, **OBJECT)).how == "held"
    assert taken(fusion, happening("raised", 60.0, **RAISED)) == [("object", "opened")]
    assert [m.happening.id for m in fusion.live().live[0].members] == ["object", "raised"]


@pytest.mark.parametrize(("alone", "what"), [("wait", "case"), ("nothing", "forgotten")])
def test_a_part_that_waits_in_vain(alone: str, what: str) -> None:
    fusion = Fusion(section(dumping(alone)))
    fusion.take(happening("object", 0.0, **OBJECT))
    fusion.ended("object", 20.0)
    assert fusion.pass_time(299.0) == []
    (passed,) = fusion.pass_time(300.0)
    assert (passed.what, passed.id, passed.at) == (what, "object", 300.0)
    assert len(fusion.live().live) == (what == "case")


def test_what_a_person_called_it_stays_and_its_evidence_still_comes() -> None:
    fusion = Fusion(section(dumping(), PLACE))
    taken(fusion, happening("raised", 0.0, **RAISED), happening("object", 1.0, **OBJECT))
    fusion.recategorised("raised", "bulky")
    outcome = fusion.take(happening("more", 400.0, **OBJECT | {"subject": "cam-2", "part": "3"}))
    assert (outcome.case, outcome.by, outcome.category) == ("raised", "same-place", "bulky")


def test_without_its_part_it_is_not_what_it_added_up_to() -> None:
    fusion = Fusion(section(dumping()))
    taken(fusion, happening("raised", 0.0, **RAISED), happening("object", 1.0, **OBJECT))
    outcome = fusion.withdrawn("raised")
    assert outcome is not None
    assert (outcome.case, outcome.how, outcome.category) == ("raised", "left", "thing")
    last = fusion.withdrawn("object")
    assert last is not None
    assert last.how == "withdrawn"
    assert fusion.live().live == ()


# ---- storms

STORM = {"id": "many-down", "rules": ["down"], "more_than": 2, "within": "10min", "quiet": "5min", "category": "outage"}


def _storm(fusion: Fusion, count: int, since: float = 0.0) -> list[tuple[str, str]]:
    return taken(
        fusion, *(happening(f"{since:.0f}-{n}", since + n, rule="down", subject=f"s{n}") for n in range(count))
    )


def test_a_storm_collects_the_rest_and_ends_by_itself() -> None:
    fusion = Fusion(section(storms=[STORM]))
    found = _storm(fusion, 5)
    storm = found[2][0]
    assert found == [("0-0", "opened"), ("0-1", "opened"), (storm, "opened"), (storm, "joined"), (storm, "joined")]
    assert storm not in {"0-2", "0-3", "0-4"}
    assert fusion.pass_time(303.0) == []
    (passed,) = fusion.pass_time(305.0)
    assert (passed.what, passed.id, passed.at) == ("storm", storm, 304.0)
    case = fusion.case(storm)
    assert case is not None
    assert (case.category, [m.happening.id for m in case.members]) == ("outage", ["0-2", "0-3", "0-4"])
    assert taken(fusion, happening("later", 900.0, rule="down", subject="s9")) == [("later", "opened")]


def test_a_storm_is_undone_as_a_whole_and_stays_undone() -> None:
    fusion = Fusion(section(SUBJECT, storms=[STORM]))
    storm = _storm(fusion, 5)[2][0]
    fusion.take(happening("same", 6.0, rule="down", subject="s4"))
    passed = fusion.undo(storm, 7.0)
    assert [(p.id, p.outcome.case, p.outcome.how) for p in passed if p.outcome] == [
        ("0-2", "0-2", "opened"),
        ("0-3", "0-3", "opened"),
        ("0-4", "0-4", "opened"),
        ("same", "0-4", "joined"),
    ]
    assert fusion.case(storm) is None
    assert _storm(fusion, 2, 100.0) == [("0-0", "joined"), ("0-1", "joined")]
    assert taken(fusion, happening("new", 101.0, rule="down", subject="s9")) == [("new", "opened")]
    with pytest.raises(ValueError, match="storm"):
        fusion.undo("new", 102.0)


def test_closing_a_storm_ends_it_and_another_may_begin() -> None:
    fusion = Fusion(section(storms=[STORM]))
    first = _storm(fusion, 3)[2][0]
    fusion.closed(first, 4.0, "closed")
    ((second, how),) = taken(fusion, happening("b", 5.0, rule="down", subject="sb"))
    assert how == "opened"
    assert second not in {first, "b"}


def test_members_of_a_storm_can_all_be_split_off() -> None:
    fusion = Fusion(section(storms=[STORM]))
    storm = _storm(fusion, 4)[2][0]
    assert fusion.split(storm, ["0-3", "0-2"], 9.0) == "0-2"
    case = fusion.case(storm)
    assert case is not None
    assert case.members == ()


@pytest.mark.parametrize(
    ("area", "values", "stormy"),
    [
        pytest.param("all", [{}, {}, {}], True, id="everywhere"),
        pytest.param("grid", [{"grid": "1"}, {"grid": "2"}, {"grid": "1"}], False, id="another-cell"),
        pytest.param("place", [{"place": "z"}, {"place": "z"}, {"place": "z"}], True, id="one-zone"),
        pytest.param("1 km", [{"north": 10.0}, {"north": 20.0}, {"north": 30.0}], True, id="one-square"),
        pytest.param("1 km", [{"north": 10.0}, {"north": 20.0}, {"north": 3000.0}], False, id="another-square"),
    ],
)
def test_storms_are_counted_by_area(area: str, values: list[dict[str, Any]], *, stormy: bool) -> None:
    fusion = Fusion(section(storms=[STORM | {"area": area}]))
    some = [happening(f"{n}", float(n), rule="down", subject=f"s{n}", **each) for n, each in enumerate(values)]
    assert (taken(fusion, *some)[2][0] != "2") == stormy


# ---- shelving and suppressions


def shelving(**values: Any) -> Shelving:
    common: dict[str, Any] = {"id": "works", "since": 0.0, "until": 100.0, "reason": "roadworks"}
    return Shelving(**common | values)


def test_what_was_shelved_comes_back_if_it_still_goes_on() -> None:
    fusion = Fusion()
    fusion.shelve(shelving(subjects=("bin-*",)))
    some = [happening("over", 1.0), happening("on", 2.0, subject="bin-2"), happening("other", 3.0, subject="truck")]
    assert [o.how for o in map(fusion.take, some)] == ["held", "held", "opened"]
    assert fusion.take(happening("told", 4.0, rule="")).how == "opened"
    fusion.ended("over", 50.0)
    found = [(p.what, p.id, p.outcome.how if p.outcome else "") for p in fusion.pass_time(100.0)]
    assert found == [("shelving", "works", ""), ("forgotten", "over", ""), ("case", "on", "opened")]
    assert fusion.scope("works") is None


def test_a_shelving_taken_back_before_its_end() -> None:
    fusion = Fusion()
    fusion.shelve(shelving(rules=("full",)))
    fusion.take(happening("a", 1.0))
    held = fusion.scope("works")
    assert held is not None
    assert held.count == 1
    assert [p.what for p in fusion.unshelve("works", 2.0)] == ["shelving", "case"]
    assert fusion.unshelve("works", 3.0) == []


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        pytest.param({"categories": ("06*",)}, True, id="category"),
        pytest.param({"categories": ("07*",)}, False, id="another-category"),
        pytest.param({"cameras": ("cam-1",)}, True, id="camera"),
        pytest.param({"places": ("yard",)}, False, id="another-zone"),
        pytest.param({"grids": ("310101",)}, True, id="grid-cell"),
        pytest.param({"circle": (0.0, 0.0, 10.0)}, True, id="circle"),
        pytest.param({"circle": (0.001, 0.0, 10.0)}, False, id="outside-the-circle"),
        pytest.param({"polygon": ((-1.0, -1.0), (1.0, -1.0), (0.0, 1.0))}, True, id="polygon"),
        pytest.param({"polygon": ((1.0, 1.0), (2.0, 1.0), (1.0, 2.0))}, False, id="outside-the-polygon"),
        pytest.param({"rules": ("full",), "subjects": ("bin-2",)}, False, id="all-must-fit"),
        pytest.param({"rules": ("full",), "since": 2.0}, False, id="not-yet"),
    ],
)
def test_what_a_shelving_is_about(values: dict[str, Any], *, fits: bool) -> None:
    fusion = Fusion()
    fusion.shelve(shelving(**values))
    found = fusion.take(happening("a", 1.0, camera="cam-1", grid="310101"))
    assert (found.how == "held") == fits


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({}, "whole city", id="nothing"),
        pytest.param({"rules": ("a",), "until": float("inf")}, "an end", id="for-ever"),
        pytest.param({"rules": ("a",), "reason": " "}, "a reason", id="no-reason"),
        pytest.param({"polygon": ((0.0, 0.0), (1.0, 1.0))}, "three corners", id="two-corners"),
        pytest.param({"circle": (0.0, 0.0, 0.0)}, "circle", id="no-radius"),
    ],
)
def test_what_can_not_be_shelved(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Fusion().shelve(shelving(**values))


def test_hours_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="expected hours"):
        Fusion().suppress(
            Suppression(id="glare", rules=("full",), since=0.0, until=9e5, hours="mornings", reason="sun")
        )


def test_a_suppression_has_hours() -> None:
    fusion = Fusion()
    fusion.suppress(Suppression(id="glare", rules=("full",), since=0.0, until=9e5, hours="06:00-07:00", reason="sun"))
    assert fusion.take(happening("before", 5 * 3600.0)).how == "opened"
    assert fusion.take(happening("in", 6.5 * 3600.0)).how == "held"
    (passed,) = fusion.pass_time(8 * 3600.0)
    assert (passed.what, passed.id, passed.at) == ("case", "in", 7 * 3600.0)


@pytest.mark.parametrize(
    ("box", "held"),
    [
        pytest.param((0.1, 0.1, 0.2, 0.2), True, id="there"),
        pytest.param((0.14, 0.1, 0.2, 0.2), True, id="a-little-beside"),
        pytest.param((0.5, 0.5, 0.2, 0.2), False, id="elsewhere"),
        pytest.param(None, False, id="nobody-knows-where"),
    ],
)
def test_a_fixture_in_the_picture(box: tuple[float, float, float, float] | None, *, held: bool) -> None:
    fusion = Fusion()
    fixture = Suppression(
        id="pole", cameras=("cam-1",), box=(0.1, 0.1, 0.2, 0.2), since=0.0, until=9e5, reason="a pole"
    )
    fusion.suppress(fixture)
    found = fusion.take(happening("a", 1.0, camera="cam-1", box=box))
    assert (found.how == "held") == held


def test_a_duplicate_joins_what_it_repeats() -> None:
    fusion = Fusion()
    fusion.suppress(
        Suppression(
            id="twice",
            rules=("camera",),
            subjects=("cam-1",),
            since=0.0,
            until=9e5,
            reason="the camera looks at bin-1",
            verdict="duplicate",
            of_rule="full",
            of_subject="bin-1",
        )
    )
    seen = {"rule": "camera", "subject": "cam-1"}
    found = taken(fusion, happening("alone", 0.0, **seen), happening("bin", 1.0), happening("seen", 2.0, **seen))
    assert found == [("alone", "opened"), ("bin", "opened"), ("bin", "joined")]


# ---- settings


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"rules": [{"id": "a"}]}, "same: subject", id="neither"),
        pytest.param({"rules": [{"id": "a", "same": "place"}]}, "near", id="how-near"),
        pytest.param({"rules": [SUBJECT | {"near": "5 m"}]}, "wherever", id="a-subject-is-not-near"),
        pytest.param({"rules": [dumping() | {"becomes": ""}]}, "becomes", id="becomes-what"),
        pytest.param({"rules": [SUBJECT | {"becomes": "x"}]}, "with 'all' only", id="becomes-without-parts"),
        pytest.param({"rules": [dumping() | {"reopens": "1h"}]}, "without 'all' only", id="parts-do-not-reopen"),
        pytest.param({"rules": [SUBJECT, SUBJECT]}, "twice: same-subject", id="one-name-twice"),
        pytest.param({"groups": [["a", "b"], ["b"]]}, "twice: b", id="one-code-in-two-groups"),
        pytest.param({"storms": [STORM | {"area": "city"}]}, "all, grid", id="no-such-area"),
        pytest.param({"rules": [SUBJECT | {"within": 5}]}, "bare number", id="no-unit"),
    ],
)
def test_settings_say_what_is_wrong(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FusionSettings.model_validate(values)


def test_settings_come_back_from_a_version() -> None:
    given = section(SUBJECT, PLACE, dumping("wait"), storms=[STORM | {"area": "1 km"}], groups=[["a", "b"]])
    assert FusionSettings.model_validate(given.model_dump(mode="json", by_alias=True)) == given
    assert given.storms[0].side == 1000.0


def test_happenings_can_be_copied() -> None:
    one: Happening = happening("a", camera="c")
    assert msgspec.json.decode(msgspec.json.encode(one), type=Happening) == one
