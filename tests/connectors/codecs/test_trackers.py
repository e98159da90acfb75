"""OwnTracks, Traccar and OsmAnd: where a phone or a tracker is.

Sources: OwnTracks' booklet (docs/tech/json.md: `_type`s and elements; docs/features/traccar.md: LOCATION; the poster of
owntracks.org: TRANSITION). Traccar's issue 4529 (ALONE: an older server forwarded it, as posted); jpmens.net,
"Position and event forwarding from Traccar" (GEOFENCE, shortened as there). traccar.org/osmand (JSON_CLIENT and the
parameters; the queries are those of its forum and of issue 2083: 5055 < id=535341&timestamp=1467849808…).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.codecs.kit import got, places, readings, section

# ---- OwnTracks -------------------------------------------------------------------------------------------------------

LOCATION = {"lon": 2.29513, "lat": 48.85833, "_type": "location", "tst": 1497476456, "tid": "JJ"}
TRANSITION = {
    "_type": "transition",
    "wtst": 1425042603,
    "lat": 12.34,
    "lon": 44.5,
    "tst": 1427634603,
    "acc": 130,
    "tid": "JP",
    "event": "enter",
    "desc": "my Indian restaurant",
    "t": "b",
}


def owntracks(**more: Any) -> Any:
    return section("owntracks", **({"topic": "owntracks/{user}/{device}"} | more))


def test_a_location() -> None:
    moving = LOCATION | {"vel": 54, "cog": 270, "acc": 75, "tst": 1497476460}
    rows = places(owntracks(), LOCATION, moving, topic="owntracks/jane/phone", columns=("subject", "ts", "speed"))
    assert rows == [("phone", 1497476456.0, pytest.approx(float("nan"), nan_ok=True)), ("phone", 1497476460.0, 54.0)]
    assert places(owntracks(subject="{user}"), moving, topic="owntracks/jane/phone")[0] == (
        "jane",
        1497476460.0,
        2.29513,
        48.85833,
        54.0,
        270.0,
    )


def test_a_transition_is_a_place_and_a_reading() -> None:
    assert places(owntracks(), TRANSITION, topic="owntracks/j/p")[0][:4] == ("p", 1427634603.0, 44.5, 12.34)
    entered = owntracks(rows="reading", metrics={"entered": {"path": "entered", "unit": "1"}})
    leaves = TRANSITION | {"event": "leave", "tst": 1427634700}
    assert [row[3] for row in readings(entered, TRANSITION, leaves, topic="owntracks/j/p")] == [1.0, 0.0]


@pytest.mark.parametrize("payload", [{"_type": "lwt", "tst": 1497470000}, {"_type": "waypoint"}, b""])
def test_what_says_no_place_gives_nothing(payload: Any) -> None:
    assert places(owntracks(), payload, topic="owntracks/j/p") == []


@pytest.mark.parametrize(
    "payload, told",
    [
        pytest.param({"_type": "encrypted", "data": "…"}, "it is encrypted", id="encrypted"),
        pytest.param({"_type": "locatoin"}, "unknown _type 'locatoin'", id="unknown"),
        pytest.param(
            {"_type": "location", "tst": 1}, "it has no 'lon' and 'lat'; there are: _type, tst", id="no-place"
        ),
        pytest.param([1], "Expected `object`", id="no-object"),
        pytest.param(LOCATION | {"lat": 91}, "no such place", id="off-the-earth"),
    ],
)
def test_what_owntracks_does_not_say(payload: Any, told: str) -> None:
    _, (message,) = got(owntracks(), payload, topic="owntracks/j/p")
    assert told in message


# ---- Traccar ---------------------------------------------------------------------------------------------------------

ALONE: dict[str, Any] = {
    "id": 0,
    "attributes": {"batteryLevel": 53, "distance": 0, "totalDistance": 5922.96, "motion": False},
    "deviceId": 1,
    "type": None,
    "protocol": "osmand",
    "serverTime": "2020-05-07T09:48:18.770+0000",
    "deviceTime": "2020-05-07T09:48:15.000+0000",
    "fixTime": "2020-05-07T09:48:15.000+0000",
    "outdated": False,
    "valid": True,
    "latitude": 21.1416013,
    "longitude": 99.6410078,
    "altitude": 0,
    "speed": 0,
    "course": 90,
    "address": None,
    "accuracy": 2200,
    "network": None,
}
GEOFENCE = {
    "geofence": {"id": 7, "name": "blub9", "description": "", "area": "CIRCLE (49.133867934876974 8.1665208, 33112.6)"},
    "position": {
        "id": 18336,
        "attributes": {"t": "i", "ignition": True, "distance": 449672.22},
        "deviceId": 7,
        "protocol": "owntracks",
        "deviceTime": "2018-09-14T15:34:17.000+0000",
        "fixTime": "2018-09-14T15:34:17.000+0000",
        "latitude": 49.0156556,
        "longitude": 8.3975169,
        "network": None,
    },
    "event": {
        "id": 1216,
        "deviceId": 7,
        "type": "geofenceEnter",
        "serverTime": "2018-09-14T15:34:17.906+0000",
        "positionId": 18336,
    },
}
DEVICE = {"id": 1, "name": "tracker-1", "uniqueId": "IMEI12345"}


def test_a_position_alone() -> None:
    assert places(section("traccar"), ALONE) == [("1", 1588844895.0, 99.6410078, 21.1416013, 0.0, 90.0)]


def test_speeds_are_knots_and_the_device_is_known_by_its_own_id() -> None:
    told = {"position": ALONE | {"speed": 10.0, "accuracy": 0}, "device": DEVICE}
    rows = places(section("traccar"), told, columns=("subject", "speed", "accuracy", "ignition"))
    assert rows[0][:2] == ("IMEI12345", pytest.approx(18.52))
    assert rows[0][2] != rows[0][2], "0 m is not an accuracy"


def test_an_event_is_of_its_own_time() -> None:
    (row,) = places(section("traccar"), GEOFENCE, columns=("subject", "ts", "lon", "ignition"))
    assert row == ("7", 1536939257.906, 8.3975169, 1.0)
    words = {"geofenceEnter": 1, "geofenceExit": 0}
    stream = section("traccar", rows="reading", metrics={"inside": {"path": "event", "unit": "1", "words": words}})
    assert [row[2:] for row in readings(stream, GEOFENCE)] == [("inside", 1.0)]


@pytest.mark.parametrize(
    "payload, told",
    [
        pytest.param(ALONE | {"valid": False}, "not valid", id="no-fix"),
        pytest.param({"position": ALONE | {"outdated": True}, "device": DEVICE}, "not valid", id="outdated"),
        pytest.param({"device": DEVICE}, "missing required field", id="a-device-alone"),
        pytest.param(ALONE | {"fixTime": "2020-05-07 09:48"}, "has no offset", id="which-zone"),
    ],
)
def test_what_traccar_does_not_know(payload: Any, told: str) -> None:
    _, (message,) = got(section("traccar"), payload)
    assert told in message


# ---- OsmAnd ----------------------------------------------------------------------------------------------------------

QUERY = (
    b"id=535341&timestamp=1467849808&lat=13.878213000000001&lon=100.5746883333333&speed=0.0&bearing=227.5"
    b"&altitude=14.1&batt=100.0"
)
JSON_CLIENT: dict[str, Any] = {
    "location": {
        "timestamp": "2000-01-01T00:00:00.000Z",
        "coords": {"latitude": 0.5, "longitude": 0.25, "accuracy": 0, "speed": 10, "heading": 0, "altitude": 0},
        "is_moving": False,
        "odometer": 0,
        "event": "motionchange",
        "battery": {"level": 1, "is_charging": False},
        "activity": {"type": "still"},
        "extras": {},
    },
    "device_id": "48241179",
}


def test_a_query() -> None:
    assert places(section("osmand"), QUERY) == [
        ("535341", 1467849808.0, 100.5746883333333, 13.878213000000001, 0.0, 227.5)
    ]


@pytest.mark.parametrize(
    "query, ts",
    [
        pytest.param(b"timestamp=1467849808123", 1467849808.123, id="milliseconds"),
        pytest.param(b"timestamp=2017-09-17%2015:20:23", 1505661623.0, id="a-date-and-a-time"),
        pytest.param(b"timestamp=2017-09-17T15:20:23%2B08:00", 1505632823.0, id="with-an-offset"),
    ],
)
def test_times(query: bytes, ts: float) -> None:
    assert places(section("osmand"), b"id=1&lat=1&lon=2&" + query)[0][1] == ts


def test_speeds_are_knots_in_a_query_and_metres_a_second_in_json() -> None:
    stream = section("osmand")
    assert places(stream, b"deviceid=9&location=31.5,121.25&speed=10&timestamp=5")[0] == (
        "9",
        5.0,
        121.25,
        31.5,
        pytest.approx(18.52),
        pytest.approx(float("nan"), nan_ok=True),
    )
    assert places(stream, JSON_CLIENT)[0] == ("48241179", 946684800.0, 0.25, 0.5, pytest.approx(36.0), 0.0)
    assert (
        places(
            stream,
            JSON_CLIENT
            | {"location": JSON_CLIENT["location"] | {"coords": {"latitude": 1, "longitude": 2, "speed": -1}}},
        )[0][4]
        != 0
    )


@pytest.mark.parametrize(
    "payload, told",
    [
        pytest.param(b"id=1&lat=1&lon=2", "expected JSON with", id="no-time"),
        pytest.param(
            b"id=1&timestamp=5", "it has no 'lon' and 'lat'; there are: id, timestamp, device, ts", id="no-place"
        ),
        pytest.param(b"id=1&lat=1&lon=2&timestamp=5&valid=false", "had no fix", id="no-fix"),
        pytest.param(b"lat=1&lon=2&timestamp=5", "expected JSON with device", id="nobody"),
        pytest.param(b"&".join(b"a%d=1" % i for i in range(300)), "Max number of fields", id="hostile"),
    ],
)
def test_what_a_query_lacks(payload: bytes, told: str) -> None:
    _, (message,) = got(section("osmand"), payload)
    assert told in message
