"""Traccar: positions in every form in which it gives them, by the mapping of configs/examples/traccar.

The files are written by hand, after its source; that they are right is tested as far as that goes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.recorded.traccar import column
from pipeline.faults import Faulty
from pipeline.runtime.config import load
from tests.connectors.recordings import NOON, read, rows

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "examples" / "traccar" / "city.yaml"
STREAMS = load(CONFIG).streams
API: dict[str, Any] = {
    "id": 91,
    "attributes": {"ignition": True, "distance": 12.5, "totalDistance": 306214.55, "motion": True},
    "deviceId": 7,
    "protocol": "gt06",
    "serverTime": "2024-05-01T12:00:02.000+00:00",
    "deviceTime": "2024-05-01T12:00:00.000+00:00",
    "fixTime": "2024-05-01T12:00:00.000+00:00",
    "outdated": False,
    "valid": True,
    "latitude": 30.27,
    "longitude": 120.1502,
    "altitude": 8.0,
    "speed": 32.4,
    "course": 90.0,
    "address": None,
    "accuracy": 0.0,
    "network": None,
    "geofenceIds": None,
}
DEVICES = '[{"id": 7, "name": "Truck 7", "uniqueId": "868120301234567", "status": "online", "attributes": {}}]'
CSV = """\
id,deviceId,protocol,serverTime,deviceTime,fixTime,valid,latitude,longitude,altitude,speed,course,address,accuracy,\
ignition,distance,motion
91,7,gt06,2024-05-01 20:00:02,2024-05-01 20:00:00,2024-05-01 20:00:00,true,30.27,120.1502,8.0,32.4,90.0,,0.0,\
true,12.5,true
92,7,gt06,2024-05-01 20:00:12,2024-05-01 20:00:10,2024-05-01 20:00:10,true,30.27,120.152,8.0,33.0,90.0,\
1 Road, Hangzhou, CN,0.0,,12.5,
93,7,gt06,2024-05-01 20:00:22,2024-05-01 20:00:20,2024-05-01 20:00:20,false,30.27,120.152,8.0,0.0,90.0,,0.0,\
false,0.0,false
"""
DUMP = """\
ID,PROTOCOL,DEVICEID,SERVERTIME,DEVICETIME,FIXTIME,VALID,LATITUDE,LONGITUDE,ALTITUDE,SPEED,COURSE,ADDRESS,ATTRIBUTES,ACCURACY
91,gt06,7,2024-05-01 12:00:02.000000,2024-05-01 12:00:00,2024-05-01 12:00:00,true,30.27,120.1502,8,32.4,90,,\
"{""ignition"":true,""sat"":18}",0
"""


def expected(who: str, speed: float = 32.4) -> list[tuple[float | str, ...]]:
    """Knots are 1.852 km/h."""
    values = {"lon": 120.1502, "lat": 30.27, "speed": speed * 1.852, "heading": 90.0, "ignition": 1.0}
    return sorted([(who, NOON, name, value) for name, value in values.items()], key=repr)


@pytest.mark.parametrize(
    "name, text, zone",
    [
        pytest.param("r.json", json.dumps([API]), "Asia/Shanghai", id="api"),
        pytest.param("r.jsonl", json.dumps(API) + "\n", "Asia/Shanghai", id="an-object-a-line"),
        pytest.param(
            "r.json", json.dumps([API]).replace("+00:00", "+0000"), "Asia/Shanghai", id="offset-without-a-colon"
        ),
        pytest.param(
            "r.json",
            json.dumps([API | {"fixTime": 1714564800000, "deviceTime": 1714564800000, "serverTime": 1714564802000}]),
            "Asia/Shanghai",
            id="milliseconds",
        ),
        pytest.param("r.csv", "\n".join(CSV.splitlines()[:2]), "Asia/Shanghai", id="csv"),
        pytest.param("r.csv", DUMP, "UTC", id="dump"),
        pytest.param("r.csv", DUMP.lower().replace("fixtime", "fix_time"), "UTC", id="dump-in-small-letters"),
    ],
)
def test_every_form_gives_the_same_row(tmp_path: Path, name: str, text: str, zone: str) -> None:
    got = read(tmp_path, {name: text}, STREAMS, zone=zone)
    assert (got.faults, got.imported.formats[tmp_path / name]) == ([], "traccar")
    assert [(d.received, d.topic) for d in got.deliveries] == [(NOON + 2, "traccar/7")]
    assert rows(got.deliveries, STREAMS) == expected("7")
    named = read(tmp_path, {name: text, "devices.json": DEVICES}, STREAMS, zone=zone)
    assert rows(named.deliveries, STREAMS) == expected("868120301234567")
    own = read(tmp_path, {name: text}, STREAMS, zone=zone, own_time=True)
    assert [d.received for d in own.deliveries] == [NOON]


def test_a_csv_as_it_is_exported(tmp_path: Path) -> None:
    got = read(tmp_path, {"r.csv": CSV.replace("\n", "\r\n")}, STREAMS)
    assert got.faults == []
    assert got.imported.left_out.without_fix == 1
    first, second = (json.loads(d.payload) for d in got.deliveries)
    assert first == {
        "id": 91,
        "deviceId": 7,
        "protocol": "gt06",
        "serverTime": "2024-05-01T12:00:02+00:00",
        "deviceTime": "2024-05-01T12:00:00+00:00",
        "fixTime": "2024-05-01T12:00:00+00:00",
        "valid": True,
        "latitude": 30.27,
        "longitude": 120.1502,
        "altitude": 8.0,
        "speed": 32.4,
        "course": 90.0,
        "accuracy": 0.0,
        "attributes": {"ignition": True, "distance": 12.5, "motion": True},
        "uniqueId": "7",
    }
    assert second["address"] == "1 Road, Hangzhou, CN"
    assert second["attributes"] == {"distance": 12.5}


@pytest.mark.parametrize(
    "change, message",
    [
        pytest.param(("33.0", "fast"), "speed   expected a number, got 'fast'", id="number"),
        pytest.param((" 20:00:10,true", ",true"), None, id="a-day-is-a-time"),
        pytest.param(("20:00:12", "x"), "serverTime   expected a time such as", id="time"),
        pytest.param((",,12.5,", ",,12.5"), "accuracy   expected a number, got 'CN'", id="a-cell-less-in-an-address"),
        pytest.param(("92,7,", "92,"), "expected a number", id="a-cell-less"),
    ],
)
def test_a_bad_record_is_named(tmp_path: Path, change: tuple[str, str], message: str | None) -> None:
    assert change[0] in CSV
    got = read(tmp_path, {"r.csv": CSV.replace(*change, 1)}, STREAMS)
    if message is None:
        assert got.faults == []
    else:
        (fault,) = got.faults
        assert fault.startswith("r.csv:3  ")
        assert message in fault


@pytest.mark.parametrize(
    "position, message",
    [
        pytest.param("7", "expected a position such as", id="no-object"),
        pytest.param(json.dumps(API | {"fixTime": None}), "expected JSON with fixTime", id="no-time"),
        pytest.param(json.dumps(API | {"fixTime": "x"}), "fixTime   expected a time such as", id="no-such-time"),
        pytest.param(json.dumps(API | {"fixTime": 1e30}), "fixTime   ", id="beyond-the-calendar"),
        pytest.param(json.dumps(API | {"fixTime": [1]}), "fixTime   ", id="a-list"),
        pytest.param(json.dumps(API | {"latitude": 91}), "no such place", id="no-such-place"),
        pytest.param(json.dumps(API | {"deviceId": None}), "uniqueId   expected a value for the topic", id="nobody"),
    ],
)
def test_a_bad_object_is_named(tmp_path: Path, position: str, message: str) -> None:
    got = read(tmp_path, {"r.json": f"{json.dumps(API)}\n{position}\n"}, STREAMS)
    (fault,) = got.faults
    assert fault.startswith("r.json:2  ")
    assert message in fault
    assert len(got.deliveries) == 1


def test_what_is_said_to_be_of_traccar_and_is_not(tmp_path: Path) -> None:
    with pytest.raises(Faulty, match="their columns lack deviceId, fixTime"):
        read(tmp_path, {"r.csv": "lat,lon\n1,2\n"}, STREAMS, "traccar")
    with pytest.raises(Faulty, match="expected a device with id and uniqueId"):
        read(tmp_path, {"d.json": DEVICES.replace("7,", '"x",', 1)}, STREAMS)


@pytest.mark.parametrize("written", ["fixTime", "FIXTIME", "fix_time", "Fix Time", " fixtime "])
def test_names_of_columns(written: str) -> None:
    assert column(written) == "fixTime"
    assert (column("Lon"), column("io_113")) == ("longitude", "io_113")
