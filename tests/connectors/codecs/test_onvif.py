"""ONVIF's event broker: the examples of the ONVIF Core Specification 25.12 (onvif/specs, doc/Core.xml, "JSON Event
Payload"), which is where CROSSED and HOT are from; the list of items is what some cameras send (onvif2mqtt, issue
24)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.codecs.kit import got, readings, section

CROSSED: dict[str, Any] = {
    "UtcTime": "2008-10-10T12:24:57.321Z",
    "Source": {"VideoSource": "1", "AnalyticsConfiguration": "2", "Rule": "MyImportantFence1"},
    "Data": {"ObjectId": "15"},
}
HOT = {
    "UtcTime": "2025-07-15T14:30:00Z",
    "Source": {"SensorID": "temp_001"},
    "Data": {"Value": 298.65, "Threshold": 295.15},
}
ITEMS = {
    "UtcTime": "2021-01-03T22:09:55.676",
    "Source": {"SimpleItem": [{"Name": "Rule", "Value": "MyMotionDetectorRule"}]},
    "Data": {"SimpleItem": [{"Name": "Motion", "Value": 1}, {"Name": "IsMotion", "Value": True}]},
}
TOPIC = "MyDevice/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/MyImportantFence1"


def onvif(path: str, **more: Any) -> Any:
    metrics = {"seen": {"path": path, "unit": "1"}}
    return section("onvif", **({"topic": "{camera}/onvif-ej/RuleEngine/#", "metrics": metrics} | more))


@pytest.mark.parametrize(
    "payload, path, ts, value",
    [
        pytest.param(CROSSED, "data.ObjectId", 1223641497.321, 15.0, id="as-specified"),
        pytest.param(HOT, "data.Value", 1752589800.0, 298.65, id="without-quotes"),
        pytest.param(CROSSED | {"Data": {"IsInside": "true"}}, "data.IsInside", 1223641497.321, 1.0, id="true"),
        pytest.param(CROSSED | {"Data": {"IsInside": False}}, "data.IsInside", 1223641497.321, 0.0, id="false"),
        pytest.param(CROSSED | {"Key": {"ObjectId": "5"}}, "key.ObjectId", 1223641497.321, 5.0, id="key"),
        pytest.param(ITEMS, "data.IsMotion", 1609711795.676, 1.0, id="a-list-of-items"),
    ],
)
def test_an_event(payload: Any, path: str, ts: float, value: float) -> None:
    assert readings(onvif(path), payload, topic=TOPIC) == [("MyDevice", ts, "seen", value)]


def test_a_rule_of_the_camera_can_be_the_subject() -> None:
    stream = onvif("data.ObjectId", subject="$.source.Rule")
    assert readings(stream, CROSSED, topic=TOPIC)[0][0] == "MyImportantFence1"


def test_a_deleted_property_says_nothing() -> None:
    assert readings(onvif("data.ObjectId"), b"", topic=TOPIC) == []


@pytest.mark.parametrize(
    "payload, told",
    [
        pytest.param({"Data": {}}, "missing required field `UtcTime`", id="no-time"),
        pytest.param(
            CROSSED | {"Data": {"State": "1"}}, "it has no 'data.ObjectId'; there are: ts, source.", id="other"
        ),
        pytest.param(CROSSED | {"Data": {"ObjectId": "many"}}, "(Expected `bool | float | null`", id="no-number"),
        pytest.param(CROSSED | {"Data": {"SimpleItem": [{"Value": 1}]}}, "KeyError: 'Name'", id="an-item-without-name"),
    ],
)
def test_what_is_none_is_set_aside(payload: Any, told: str) -> None:
    _, (message,) = got(onvif("data.ObjectId"), payload, topic=TOPIC)
    assert told in message
