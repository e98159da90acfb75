"""Coverage: a rule that can judge nobody is never silent about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.runtime.compose import load_city
from pipeline.runtime.coverage import Coverage, coverage

CITY = """\
city: demo
time_zone: Asia/Shanghai
registers: {{datum: WGS-84, vehicles: vehicles.csv, bins: bins.csv, speed_limits: {{muck_truck: 60 km/h}}}}
sources:
  fleet: {{type: import}}
streams:
  gps:
    source: fleet
    topic: fleet/{{device}}/gps
    codec: json
    rows: position
    subject: "{{device}}"
    unknown: {unknown}
    datum: WGS-84
    fields: {{ts: {{path: t, unit: unix_s}}, lon: {{path: x}}, lat: {{path: y}}{speed}}}
  more:
    source: fleet
    topic: more/{{device}}/gps
    codec: json
    rows: position
    subject: "{{device}}"
    datum: WGS-84
    fields: {{ts: {{path: t, unit: unix_s}}, lon: {{path: x}}, lat: {{path: y}}}}
rules:
  - {rule}
"""
SPEED = ", speed: {path: v, unit: km/h}"


def covered(folder: Path, rule: str, speed: str = SPEED, unknown: str = "aside") -> Coverage:
    (folder / "vehicles.csv").write_text("id,class\nm1,muck_truck\nm2,muck_truck\nr1,refuse_truck\n")
    (folder / "bins.csv").write_text("id,class,lon,lat\nb1,litter,120,30\n")
    (folder / "city.yaml").write_text(CITY.format(rule=rule, speed=speed, unknown=unknown))
    (found,) = coverage(load_city(folder / "city.yaml"))
    return found


# fleet: two muck trucks (60 km/h), one refuse truck without a limit, a bin; streams gps (speed), more (none)
@pytest.mark.parametrize(
    "rule, speed, judged, reasons",
    [
        pytest.param("{id: r, detector: silent, rows: position}", SPEED, 3, {}, id="all"),
        pytest.param("{id: r, detector: silent, rows: position, classes: [muck_truck]}", SPEED, 2, {}, id="class"),
        pytest.param("{id: r, detector: overspeed}", "", 0, {"no stream gives 'speed'": 3}, id="column-nobody-gives"),
        pytest.param("{id: r, detector: displaced, classes: [litter]}", SPEED, 1, {}, id="things-by-their-class"),
        pytest.param(
            "{id: r, detector: displaced}", SPEED, 0, {"no place in the register": 3}, id="vehicles-have-no-place"
        ),
        pytest.param(
            "{id: r, detector: silent, rows: reading}", SPEED, 0, {"no stream gives reading rows": 1}, id="no-stream"
        ),
    ],
)
def test_how_many_and_why_not(tmp_path: Path, rule: str, speed: str, judged: int, reasons: dict[str, int]) -> None:
    found = covered(tmp_path, rule, speed)
    assert found.judged == judged
    assert reasons.items() <= found.reasons.items()
    assert found.unjudged == max(found.reasons.values(), default=0)


def test_what_the_detector_itself_misses_counts(tmp_path: Path) -> None:
    found = covered(tmp_path, "{id: r, detector: overspeed}")
    assert (found.judged, found.unjudged) == (2, 1)
    assert list(found.reasons.values()) == [1]


def test_a_stream_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    found = covered(tmp_path, "{id: r, detector: overspeed}")
    assert found.notes == ["stream more does not give 'speed'; who reports there alone is not judged"]


def test_a_rule_about_nobody_says_so(tmp_path: Path) -> None:
    found = covered(tmp_path, "{id: r, detector: silent, rows: position, classes: [boat]}")
    assert (found.judged, found.unjudged) == (0, 0)
    assert "the registers have no subject that it is about" in found.notes


def test_who_is_in_no_register_is_judged_too_where_the_stream_accepts(tmp_path: Path) -> None:
    found = covered(tmp_path, "{id: r, detector: silent, rows: position}", unknown="accept")
    assert found.notes == ["stream gps accepts subjects that are in no register; they are judged too"]
