"""NGSI-LD notifications: normalized and keyValues, entity by entity, each value of its own time.

WASTE, WASTE_KEYS, VEHICLE and DEVICE are examples of the Smart Data Models (smart-data-models/dataModel.WasteManagement
WasteContainer, dataModel.Transportation Vehicle, dataModel.Device Device: examples/*.jsonld), shortened where nothing
is read. SENSOR is from a notification of Orion-LD (FIWARE/context.Orion-LD, issue 623, NGSI-LD form).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.codecs.kit import got, places, readings, section, without

WASTE: dict[str, Any] = {
    "id": "urn:ngsi-ld:wastecontainer:1021:AAWD",
    "type": "WasteContainer",
    "binCapacity": {"type": "Property", "value": 43},
    "binFullnessThreshold": {"type": "Property", "value": 80},
    "binLoggedTime": {"type": "Property", "value": {"@type": "DateTime", "@value": "2021-03-11T15:51:02+05:30"}},
    "location": {
        "type": "GeoProperty",
        "value": {"coordinates": [-8.768460000000001, 42.60214472222222], "type": "Point"},
    },
    "@context": ["https://raw.githubusercontent.com/smart-data-models/dataModel.WasteManagement/master/context.jsonld"],
}
WASTE_KEYS = {
    "id": "urn:ngsi-ld:wastecontainer:1021:AAWD",
    "type": "WasteContainer",
    "binCapacity": 43,
    "binFillingLevel": 0.65,
    "binLoggedTime": "2021-03-01T15:51:02+05:30",
    "location": {"coordinates": [-8.768460000000001, 42.60214472222222], "type": "Point"},
}
VEHICLE: dict[str, Any] = {
    "id": "urn:ngsi-ld:Vehicle:vehicle:WasteManagement:1",
    "type": "Vehicle",
    "battery": {"type": "Property", "value": 0.81, "observedAt": "2021-03-11T15:51:02+05:30"},
    "bearing": {"type": "Property", "value": 43},
    "ignitionStatus": {"type": "Property", "value": True},
    "location": {
        "type": "GeoProperty",
        "value": {"type": "Point", "coordinates": [-3.164485591715449, 40.62785133667262]},
        "observedAt": "2018-09-27T12:00:00Z",
    },
    "refVehicleModel": {"type": "Relationship", "object": "urn:ngsi-ld:VehicleModel:vehiclemodel:econic"},
    "speed": {"type": "Property", "value": 50, "observedAt": "2018-09-27T12:00:00Z"},
}
DEVICE = {
    "id": "urn:ngsi-ld:Device:device-9845A",
    "type": "Device",
    "batteryLevel": 0.75,
    "controlledAsset": ["urn:ngsi-ld::wastecontainer-Osuna-100"],
    "controlledProperty": ["fillingLevel", "temperature"],
    "value": "l%3D0.22%3Bt%3D21.2",
}
SENSOR = {
    "id": "urn:ngsi-ld:Device:filling001",
    "type": "https://uri.etsi.org/ngsi-ld/default-context/FillingSensor",
    "https://w3id.org/saref#fillingLevel": {
        "type": "Property",
        "value": 0.33,
        "unitCode": "C62",
        "observedAt": "2020-12-10T10:11:57.000Z",
    },
}


def notified(*entities: dict[str, Any], at: str = "2024-05-01T00:00:00Z") -> dict[str, Any]:
    return {
        "id": "urn:ngsi-ld:Notification:5fd0fa684eb81930c97005f3",
        "type": "Notification",
        "subscriptionId": "urn:ngsi-ld:Subscription:5fd0f69b4eb81930c97005db",
        "notifiedAt": at,
        "data": list(entities),
    }


NOTIFIED_AT = 1714521600.0
FULL = {"fullness": {"path": "binFillingLevel", "unit": "%", "scale": 100}}
WHERE = {"speed": {"path": "speed", "unit": "km/h"}}


def test_a_container_in_keyvalues() -> None:
    name = str(WASTE_KEYS["id"])
    assert readings(section("ngsi_ld", metrics=FULL), notified(WASTE_KEYS)) == [(name, NOTIFIED_AT, "fullness", 65.0)]
    timed = section("ngsi_ld", metrics=FULL, time="binLoggedTime")
    assert readings(timed, notified(WASTE_KEYS)) == [(name, 1614594062.0, "fullness", 65.0)]


def test_a_container_normalized() -> None:
    stream = section("ngsi_ld", metrics={"room": {"path": "binCapacity", "unit": "L"}}, time="binLoggedTime")
    assert readings(stream, notified(WASTE)) == [(WASTE["id"], 1615458062.0, "room", 43.0)]
    assert readings(stream, WASTE) == [(WASTE["id"], 1615458062.0, "room", 43.0)], "without a notification around it"
    assert readings(stream, [WASTE, WASTE_KEYS])[0][1] == 1614594062.0


def test_a_vehicle_is_where_it_was_observed_then() -> None:
    stream = section("ngsi_ld", rows="position", fields=WHERE)
    assert places(stream, notified(VEHICLE), columns=("subject", "ts", "lon", "lat", "speed")) == [
        (VEHICLE["id"], 1538049600.0, -3.164485591715449, 40.62785133667262, 50.0)
    ]


def test_a_value_that_is_only_repeated_keeps_its_time() -> None:
    """The battery was observed years after the place; the place is not the younger for it."""
    both = section("ngsi_ld", metrics={"battery": {"path": "battery", "unit": "1"}, "v": WHERE["speed"]})
    rows = readings(both, notified(VEHICLE))
    assert [(ts, metric, value) for _, ts, metric, value in rows] == [
        (1538049600.0, "v", 50.0),
        (1615458062.0, "battery", 0.81),
    ]


def test_a_vehicle_without_a_moved_place_is_no_position() -> None:
    stream = section("ngsi_ld", rows="position", fields=WHERE)
    _, (message,) = got(stream, notified(without(VEHICLE, "location")))
    assert "it has no 'lon' and 'lat'; there are: device, entity_type, bearing" in message


def test_a_devices_value_by_what_it_controls() -> None:
    metrics = {
        "fullness": {"path": "measured.fillingLevel", "unit": "%", "scale": 100},
        "temperature": {"path": "measured.temperature", "unit": "°C"},
    }
    stream = section("ngsi_ld", metrics=metrics, subject="$.controlledAsset.0")
    assert [row[0::2] for row in readings(stream, notified(DEVICE))] == [
        ("urn:ngsi-ld::wastecontainer-Osuna-100", "fullness"),
        ("urn:ngsi-ld::wastecontainer-Osuna-100", "temperature"),
    ]
    assert [row[3] for row in readings(stream, notified(DEVICE))] == [22.0, 21.2]
    _, (message,) = got(stream, notified(DEVICE | {"value": "0.5"}))
    assert "2 controlledProperty and 1 values" in message


def test_names_that_are_addresses() -> None:
    stream = section("ngsi_ld", metrics={"fullness": {"path": "fillingLevel", "unit": "1"}}, type="FillingSensor")
    assert readings(stream, notified(SENSOR, VEHICLE)) == [(SENSOR["id"], 1607595117.0, "fullness", 0.33)]


def test_concise_is_read_too() -> None:
    concise = {"id": "a", "type": "B", "level": {"value": 1, "observedAt": "2024-05-01T00:00:00Z"}, "room": 5}
    stream = section("ngsi_ld", metrics={"level": {"path": "level", "unit": "1"}})
    assert readings(stream, concise) == [("a", NOTIFIED_AT, "level", 1.0)]


@pytest.mark.parametrize(
    "payload, told",
    [
        pytest.param({"type": "Notification", "data": [{"id": "x"}]}, "an entity without 'type'", id="no-type"),
        pytest.param({"type": "Notification"}, "KeyError: 'data'", id="no-data"),
        pytest.param(notified(WASTE_KEYS, at="soon"), "expected a time such as", id="no-time"),
        pytest.param(without(WASTE_KEYS, "binLoggedTime"), "expected JSON with device, ts", id="nobody-knows-when"),
        pytest.param(b"[1]", "Expected `object`", id="no-entities"),
        pytest.param(notified(WASTE), "no 'binFillingLevel'; there are: device, entity_type, binCapacity", id="others"),
    ],
)
def test_what_is_none_is_set_aside(payload: Any, told: str) -> None:
    _, (message,) = got(section("ngsi_ld", metrics=FULL, type="WasteContainer"), payload)
    assert told in message


def test_one_bad_entity_is_set_aside_alone() -> None:
    blocks, aside = got(section("ngsi_ld", metrics=FULL), notified({"id": "x"}, WASTE_KEYS))
    assert (len(blocks[0][0]), len(aside)) == (1, 1)
