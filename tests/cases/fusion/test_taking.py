"""Happenings of one thing are one case: which rule says so, and what becomes of those that no rule is about."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cases.fusion import Fusion, FusionSettings, Happening, Outcome

DEGREE = 111_195.0
"""metres in a degree of latitude"""


def happening(id: str, at: float = 0.0, **values: Any) -> Happening:
    """At `north` metres; a report where there is no rule."""
    north = values.pop("north", 0.0)
    rule = values.get("rule", "full")
    common: dict[str, Any] = {
        "kind": "episode" if rule else "report",
        "rule": rule,
        "category": "06042",
        "subject": "bin-1",
        "part": "",
        "place": "",
        "lon": 0.0,
        "lat": north / DEGREE,
        "started": at,
        "at": at,
    }
    return Happening(id=id, **common | values)


def settings(*rules: dict[str, Any], **values: Any) -> FusionSettings:
    return FusionSettings.model_validate({"rules": list(rules), **values})


SUBJECT = {"id": "same-subject", "same": "subject"}
PLACE = {"id": "same-place", "same": "place", "near": "50 m", "within": "30min"}


def taken(fusion: Fusion, *happenings: Happening) -> list[tuple[str, str]]:
    """(case, how) of each."""
    return [(o.case, o.how) for o in map(fusion.take, happenings)]


def test_without_rules_everything_is_a_case_of_its_own() -> None:
    fusion = Fusion()
    assert taken(fusion, happening("a"), happening("b")) == [("a", "opened"), ("b", "opened")]
    assert fusion.take(happening("a", 5.0)) == Outcome(case="a", how="joined", category="06042")


@pytest.mark.parametrize(
    ("rule", "second", "one"),
    [
        pytest.param(SUBJECT, happening("b", 9e5), True, id="the-same-until-it-is-closed"),
        pytest.param(SUBJECT, happening("b", 9e5, started=-9e5), True, id="late-evidence"),
        pytest.param(SUBJECT, happening("b", 60.0, rule="camera-full"), True, id="another-rule"),
        pytest.param(SUBJECT, happening("b", 60.0, category="06010"), False, id="another-category"),
        pytest.param(SUBJECT, happening("b", 60.0, subject="bin-2"), False, id="another-subject"),
        pytest.param(SUBJECT, happening("b", 60.0, subject=""), False, id="nobody-knows-whom"),
        pytest.param(SUBJECT | {"within": "1h"}, happening("b", 7200.0), True, id="it-goes-on"),
        pytest.param(SUBJECT | {"within": "1h"}, happening("b", 7200.0, started=-3601.0), False, id="too-early"),
        pytest.param(SUBJECT | {"rules": ["full"]}, happening("b", 60.0, rule="other"), False, id="not-that-rule"),
        pytest.param(PLACE, happening("b", 60.0, rule="", subject="", north=49.0), True, id="a-report-near-it"),
        pytest.param(PLACE, happening("b", 60.0, rule="", subject="", north=51.0), False, id="too-far"),
        pytest.param(PLACE, happening("b", 60.0, lon=math.nan, lat=math.nan), False, id="nobody-knows-where"),
        pytest.param(PLACE, happening("b", 60.0, category="06010"), False, id="another-category-there"),
    ],
)
def test_one_case_or_two(rule: dict[str, Any], second: Happening, *, one: bool) -> None:
    fusion = Fusion(settings(rule))
    found = taken(fusion, happening("a"), second)
    assert found == [("a", "opened"), ("a", "joined") if one else ("b", "opened")]
