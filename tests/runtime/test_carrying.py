"""`carry:` in a configuration: what is wrong with it is said, with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.runtime.config import examine

CITY = """\
city: here
time_zone: Asia/Shanghai
sources:
  city: {type: mqtt, host: 127.0.0.1, client_id: c, subscribe: ["#"]}
streams:
  gps:
    source: city
    topic: gps/{device}
    codec: json
    rows: position
    subject: "{device}"
    datum: WGS-84
    carry: CARRY
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}}
  body:
    source: city
    topic: body/{device}
    codec: json
    rows: reading
    subject: "{device}"
    fields: {ts: {path: t, unit: unix_s}}
    metrics: {lid: {path: lid, unit: "UNIT", scale: 0.01}, load: {path: load, unit: "1"}}
"""


@pytest.mark.parametrize(
    "carry, unit, expected",
    [
        pytest.param("{lid: 2min, load: 1h}", "1", [], id="right"),
        pytest.param(
            "{lod: 2min}",
            "1",
            [("streams.gps.carry.lod", "no stream gives a metric 'lod'; did you mean 'load'?")],
            id="no-such-metric",
        ),
        pytest.param(
            "{lid: 2min}",
            "%",
            [
                (
                    "streams.body.metrics.lid.unit",
                    "expected the unit '1' (of %, scale: 0.01 makes it): it is carried into gps's lid",
                )
            ],
            id="unit",
        ),
        pytest.param("{lid: 120}", "1", "expected a duration such as '90s' or '10min', got a bare number", id="bare"),
        pytest.param("{lon: 2min}", "1", "expected a column such as lid, load, body", id="place"),
        pytest.param("{lid: 0s}", "1", "expected how old a reading may be, such as '2min'", id="no-time"),
    ],
)
def test_what_is_said(tmp_path: Path, carry: str, unit: str, expected: str | list[tuple[str, str]]) -> None:
    file = tmp_path / "city.yaml"
    file.write_text(CITY.replace("CARRY", carry).replace("UNIT", unit))
    faults = examine(file).faults
    if isinstance(expected, str):
        assert any(expected in fault.message and ".carry" in fault.path for fault in faults), faults
    else:
        assert [(fault.path, fault.message) for fault in faults] == expected
