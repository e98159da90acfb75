"""Registers from files: what good files say, and every fault of bad ones at once, with file, line and row."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.faults import Faulty
from pipeline.geo import Datum, distance, from_wgs84
from pipeline.register_files import Stored, load_registers
from pipeline.register_section import RegisterFiles
from pipeline.registers import Registers, Route, Table, Zone

SHANGHAI = ZoneInfo("Asia/Shanghai")
SQUARE = [[104.0, 30.0], [104.1, 30.0], [104.1, 30.1], [104.0, 30.1], [104.0, 30.0]]

COLUMNS_LINE = "expected a first line that names the columns: id,class,plate,speed_limit,valid_from,valid_to"
A_DATE = "expected a date such as '2025-03-01' or '2025-03-01 08:00+08:00'"
GOOD: dict[str, str] = {
    "vehicles": "id,class,plate,speed_limit\nV1,muck_truck,川A·1,70\nV2,refuse_truck,,\n",
    "devices": "device,subject,valid_from,valid_to\nT1,V1,2025-03-01,2025-03-31\nT1,V2,2025-04-01,\n",
    "bins": 'id,class,lon,lat,address\nB1,street,104.05,30.05,"1, Long\nStreet"\n',
    "permits": "id,vehicle,route,hours,site,disposal\nP1,V1,R1,20:00-04:30,,Z1\nP1,V1,R2,,,\nP2,V2,,,Z1,\n",
    "manifests": "id,vehicle,site,disposal,valid_from,valid_to\nM1,V1,,Z1,2025-03-01 20:00,2025-03-02 05:00\n",
    "plans": "id,subject,route,zone,hours,share,radius\nS1,V2,R1,,workdays 06:00-10:00,,\nE1,B1,,,06:00-10:00,80,30\n",
    "fixtures": "camera,zone,label,left,top,width,height,note,valid_to\nmarket,,,0.4,0.5,0.1,0.2,statue,2025-03-31\n"
    "gate-3,yard,object,,,,,parked skip,\n",
    "calendar": "date,kind,name\n2024-02-12,holiday,春节\n2024/2/4,workday,\n",
}
SHAPES = ("zones", "routes", "roads")


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: dict[str, Any]) -> str:
    """One feature a line, from line 3 on."""
    rows = ",\n".join(json.dumps(f, ensure_ascii=False) for f in features)
    return '{"type": "FeatureCollection",\n"features": [\n' + rows + "\n]}\n"


ZONES = collection(feature("Polygon", [SQUARE], id="Z1", use="no_go", name="the map maker's own"))
ROUTES = collection(
    feature("LineString", [[104.0, 30.0], [104.1, 30.1]], id="R1"),
    feature("MultiLineString", [[[104.0, 30.0], [104.1, 30.1]], [[104.2, 30.2], [104.3, 30.3]]], id="R2"),
)
ROADS = collection(
    feature("LineString", [[104.0, 30.0], [104.1, 30.1]], id="G5", speed_limit=80, width=30, classes="bus, muck_truck"),
    feature("LineString", [[104.0, 30.0], [104.1, 30.1]], id="lane", speed_limit=30),
)


def load(folder: Path, encoding: str = "utf-8", datum: Datum = Datum.WGS84, **changed: str) -> Registers:
    files: dict[str, Any] = {"datum": datum, "speed_limits": {"default": "80 km/h", "muck_truck": "60 km/h"}}
    content = {**GOOD, "zones": ZONES, "routes": ROUTES, "roads": ROADS, **changed}
    for name, text in content.items():
        file = f"{name}.{'geojson' if name in SHAPES else 'csv'}"
        (folder / file).write_bytes(text.encode(encoding))
        files[name] = file
    return load_registers(RegisterFiles.model_validate(files), folder, SHANGHAI)


def faults(folder: Path, **changed: str) -> list[str]:
    with pytest.raises(Faulty) as caught:
        load(folder, "utf-8", Datum.WGS84, **changed)
    return [str(fault) for fault in caught.value.faults]


def at(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


def test_good_files_say_what_they_say(tmp_path: Path) -> None:
    city = load(tmp_path)
    assert city.vehicles.text("id") == ["V1", "V2"]
    assert city.vehicles.text("plate") == ["川A·1", ""]
    assert city.vehicles.numbers("speed_limit").tolist() == [70.0, pytest.approx(np.nan, nan_ok=True)]
    assert city.vehicles.numbers("valid_from").tolist() == [-np.inf, -np.inf]
    assert city.bins.text("address") == ["1, Long\nStreet"]
    assert [z.id for z in city.zones] == ["Z1"]
    assert np.array_equal(city.zones[0].polygons[0][0], SQUARE)
    assert [len(r.lines) for r in city.routes] == [1, 2]
    assert city.speed_limits == {"default": 80.0, "muck_truck": 60.0}
    assert city.permits.text("hours") == ["20:00-04:30", "", ""]
    assert city.permits.text("disposal") == ["Z1", "", ""]
    assert city.permits.text("site") == ["", "", "Z1"]
    assert city.manifests.numbers("valid_to").tolist() == [at(2025, 3, 1, 21)]
    assert city.plans.text("id") == ["E1", "S1"]
    assert np.array_equal(city.plans.numbers("share"), [0.8, np.nan], equal_nan=True)
    assert np.array_equal(city.plans.numbers("radius"), [30.0, np.nan], equal_nan=True)
    assert city.fixtures.text("camera") == ["gate-3", "market"]
    assert city.fixtures.text("zone") == ["yard", ""]
    assert np.array_equal(city.fixtures.numbers("left"), [np.nan, 0.4], equal_nan=True)
    assert city.fixtures.numbers("valid_to").tolist() == [np.inf, at(2025, 3, 31, 16)]
    assert [(r.id, r.speed_limit, r.width, r.classes) for r in city.roads] == [
        ("G5", 80.0, 30.0, ("bus", "muck_truck")), ("lane", 30.0, 20.0, ()),
    ]  # fmt: skip
    assert city.time_zone == "Asia/Shanghai"
    assert city.calendar == {date(2024, 2, 4): "workday", date(2024, 2, 12): "holiday"}
    assert city.calendar_until == date(2024, 12, 31)
    assert city.schedules() == {"20:00-04:30", "06:00-10:00", "workdays 06:00-10:00"}


def test_a_citys_own_days_add_to_a_calendar_and_correct_it(tmp_path: Path) -> None:
    own = "date,kind,name\n2024-02-12,workday,snow\n2090-01-02,holiday,\n"
    (tmp_path / "days.csv").write_text(own, "utf-8")
    files = RegisterFiles.model_validate({"calendar": ["china", "days.csv"]})
    calendar = load_registers(files, tmp_path, SHANGHAI).calendar
    assert [calendar[date(2024, 2, day)] for day in (12, 13)] == ["workday", "holiday"]
    assert calendar[date(2090, 1, 2)] == "holiday"


def test_a_calendar_that_needs_no_file(tmp_path: Path) -> None:
    city = load_registers(RegisterFiles(calendar="china"), tmp_path, SHANGHAI)
    assert (city.calendar[date(2024, 2, 4)], city.calendar[date(2024, 2, 12)]) == ("workday", "holiday")
    assert load_registers(RegisterFiles(), tmp_path, SHANGHAI).calendar_until is None


def test_dates_are_the_citys_and_the_last_day_counts(tmp_path: Path) -> None:
    devices = load(tmp_path).devices
    assert devices.numbers("valid_from").tolist() == [at(2025, 2, 28, 16), at(2025, 3, 31, 16)]
    assert devices.numbers("valid_to").tolist() == [at(2025, 3, 31, 16), np.inf]


@pytest.mark.parametrize(
    "written, meant",
    [
        pytest.param("2025-03-01", at(2025, 2, 28, 16), id="day"),
        pytest.param("2025/3/1", at(2025, 2, 28, 16), id="as-a-spreadsheet-writes-it"),
        pytest.param("2025-03-01 08:30", at(2025, 3, 1, 0, 30), id="local"),
        pytest.param("2025-03-01T08:30:00+01:00", at(2025, 3, 1, 7, 30), id="offset"),
        pytest.param("2025-03-01T08:30:00Z", at(2025, 3, 1, 8, 30), id="utc"),
    ],
)
def test_dates(tmp_path: Path, written: str, meant: float) -> None:
    city = load(tmp_path, vehicles=f"id,class,valid_from\nV1,a,{written}\nV2,b,\n")
    assert city.vehicles.numbers("valid_from")[0] == meant


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    assert load(tmp_path, encoding).vehicles.text("plate") == ["川A·1", ""]


def test_places_are_wgs84_whatever_the_files_datum(tmp_path: Path) -> None:
    city = load(tmp_path, datum=Datum.GCJ02)
    lon, lat = city.bins.numbers("lon")[0], city.bins.numbers("lat")[0]
    assert 250 < distance(lon, lat, 104.05, 30.05) < 700
    assert distance(*from_wgs84(lon, lat, Datum.GCJ02), 104.05, 30.05) < 0.01
    x, y = city.zones[0].polygons[0][0][0].tolist()
    assert distance(*from_wgs84(x, y, Datum.GCJ02), 104.0, 30.0) < 0.01
    x, y = city.routes[0].lines[0][-1].tolist()
    assert distance(*from_wgs84(x, y, Datum.GCJ02), 104.1, 30.1) < 0.01


def test_a_files_own_datum_goes_before_the_sections(tmp_path: Path) -> None:
    (tmp_path / "z.geojson").write_text(ZONES)
    section = {"datum": "WGS-84", "zones": {"file": "z.geojson", "datum": "BD-09"}}
    city = load_registers(RegisterFiles.model_validate(section), tmp_path, SHANGHAI)
    x, y = city.zones[0].polygons[0][0][0].tolist()
    assert distance(x, y, 104.0, 30.0) > 600


def test_the_same_content_is_the_same_bytes(tmp_path: Path) -> None:
    one = load(tmp_path)
    lines = GOOD["vehicles"].splitlines()
    other = load(tmp_path, "gbk", vehicles="\r\n".join([lines[0], lines[2], lines[1]]) + "\r\n")
    assert one.to_bytes() == other.to_bytes()
    changed = load(tmp_path, vehicles=GOOD["vehicles"].replace("70", "71"))
    assert one.to_bytes() != changed.to_bytes()


def test_bytes_there_and_back(tmp_path: Path) -> None:
    city = load(tmp_path)
    again = Registers.from_bytes(city.to_bytes())
    assert again.to_bytes() == city.to_bytes()
    assert again.vehicles.text("plate") == city.vehicles.text("plate")
    assert np.array_equal(again.zones[0].polygons[0][0], SQUARE)
    assert (again.time_zone, again.calendar, again.schedules()) == (city.time_zone, city.calendar, city.schedules())
    assert [(r.id, r.speed_limit, r.width, r.classes) for r in again.roads] == [
        (r.id, r.speed_limit, r.width, r.classes) for r in city.roads
    ]


def test_what_hours_hang_on_is_in_the_bytes(tmp_path: Path) -> None:
    """The time zone and the days off themselves, so that no library decides what a replay says."""
    one = load(tmp_path)
    assert load(tmp_path, calendar="date,kind\n2024-02-12,holiday\n").to_bytes() != one.to_bytes()
    one.time_zone = "Asia/Urumqi"
    assert one.to_bytes() != load(tmp_path).to_bytes()


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x80", b"\x81\xa6format\x63"])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="expected registers of format"):
        Registers.from_bytes(content)


numbers = st.floats(allow_nan=True, allow_infinity=True)


@given(
    rows=st.lists(
        st.fixed_dictionaries({"id": st.text(max_size=4), "class": st.text(max_size=3), "speed_limit": numbers})
    ),
    order=st.randoms(),
)
def test_any_order_gives_the_same_bytes(rows: list[dict[str, Any]], order: Any) -> None:
    shuffled = rows.copy()
    order.shuffle(shuffled)
    one, other = (Registers(vehicles=Table.of("vehicles", r)).to_bytes() for r in (rows, shuffled))
    assert one == other
    assert Registers.from_bytes(one).to_bytes() == one


def test_zones_and_routes_are_sorted() -> None:
    line = np.zeros((2, 2))
    city = Registers(zones=[Zone("b", "x", []), Zone("a", "x", [])], routes=[Route("d", [line]), Route("c", [line])])
    assert [z.id for z in city.zones] == ["a", "b"]
    assert [r.id for r in city.routes] == ["c", "d"]


@pytest.mark.parametrize(
    "register, text, expected",
    [
        pytest.param(
            "vehicles", "id,class,plat\nV1,a,x\nV2,a,y\n",
            ["vehicles.csv:1  plat   no column 'plat' in this register; did you mean 'plate'?"], id="unknown-column",
        ),
        pytest.param(
            "vehicles", "id,class,class\nV1,a,x\nV2,a,y\n",
            ["vehicles.csv:1  class   the column 'class' is there twice"], id="column-twice",
        ),
        pytest.param("vehicles", "id\nV1\n", ["vehicles.csv:1  class   expected a column 'class'"], id="no-column"),
        pytest.param(
            "vehicles", "",
            ["vehicles.csv   " + COLUMNS_LINE],
            id="empty",
        ),
        pytest.param(
            "vehicles", "id,class,valid_from\nV1,a,soon\nV2,,2025-13-01\n,a,\n",
            [
                "vehicles.csv:2  V1   valid_from: " + A_DATE + ", got 'soon'",
                "vehicles.csv:3  V2   expected a value for class",
                "vehicles.csv:3  V2   valid_from: " + A_DATE + ", got '2025-13-01'",
                "vehicles.csv:4   expected a value for id",
            ], id="all-at-once",
        ),
        pytest.param(
            "vehicles", "id,class,valid_from,valid_to\nV1,a,2025-03-02,2025-03-01\nV2,a,2025-03-01,2025-03-01\n",
            ["vehicles.csv:2  V1   valid_to is not after valid_from"], id="ends-before-it-begins",
        ),
        pytest.param(
            "vehicles", "id,class,speed_limit\nV1,a,fast\nV2,a,-5\n",
            [
                "vehicles.csv:2  V1   speed_limit: expected a number of km/h without the unit, got 'fast'",
                "vehicles.csv:3  V2   speed_limit: expected km/h without the unit from 0 to 1000, got '-5'",
            ], id="speed-limits",
        ),
        pytest.param(
            "vehicles", "id,class\nV1,a\nV1,b\nV2,a,c\n",
            [
                "vehicles.csv:3  V1   'V1' is already on line 2, at the same time",
                "vehicles.csv:4  V2   expected 2 cells, got 3",
            ],
            id="twice-and-ragged",
        ),
        pytest.param(
            "vehicles", 'id,class\n"V1,a\nV2,a\n',
            ["vehicles.csv:3   expected CSV: unexpected end of data"], id="no-csv",
        ),
        pytest.param(
            "permits", "id,vehicle,route\nP1,V11,R1\nP2,V1,R3\n",
            [
                "permits.csv:2  P1   vehicle 'V11' is not in vehicles.csv; did you mean 'V1'?",
                "permits.csv:3  P2   route 'R3' is not in routes.geojson",
            ], id="permit-for-nobody",
        ),
        pytest.param(
            "devices", "device,subject\nT1,V1\nT2,XX9\n",
            ["devices.csv:3  T2   subject 'XX9' is not in vehicles.csv or bins.csv"], id="device-on-nobody",
        ),
        pytest.param(
            "devices", "device,subject,valid_from,valid_to\nT1,V1,,2025-03-31\nT1,V2,2025-03-31,\n",
            ["devices.csv:3  T1   'T1' is already on line 2, at the same time"], id="device-on-two",
        ),
        pytest.param(
            "bins", "id,lon,lat\nB1,30.05,104.05\nB2,204,30\nB3,x,30\nV1,104,30\n",
            [
                "bins.csv:2  B1   lat: expected degrees from -90 to 90 (are lon and lat swapped?), got '104.05'",
                "bins.csv:3  B2   lon: expected degrees from -180 to 180, got '204'",
                "bins.csv:4  B3   lon: expected a number of degrees, got 'x'",
                "bins.csv:5  V1   'V1' is a vehicle too, in vehicles.csv",
            ], id="bins",
        ),
        pytest.param(
            "permits", "id,vehicle,hours,site,disposal\nP1,V1,8-9,,\nP2,V1,,Z2,Z9x\n",
            [
                "permits.csv:2  P1   hours: expected hours such as 'Mo-Fr 20:00-04:30', got '8-9': no window '8-9'",
                "permits.csv:3  P2   disposal 'Z9x' is not in zones.geojson",
                "permits.csv:3  P2   site 'Z2' is not in zones.geojson",
            ], id="permit-that-says-no-hours",
        ),
        pytest.param(
            "manifests", "id,vehicle,site,disposal,valid_from,valid_to\nM1,V9,,Z11,2025-03-01,2025-03-02\n"
            "M2,V1,,,2025-03-01,\n",
            [
                "manifests.csv:2  M1   disposal 'Z11' is not in zones.geojson; did you mean 'Z1'?",
                "manifests.csv:2  M1   vehicle 'V9' is not in vehicles.csv",
                "manifests.csv:3  M2   expected a value for valid_to",
            ], id="sheet-without-an-end",
        ),
        pytest.param(
            "plans", "id,subject,route,zone,hours,share,radius\nS1,V2,R1,Z1,06:00-10:00,,\nS2,X,R9,,06:00-10:00,,\n"
            "S3,V1,,,,0,far\nS1,V1,,Q,06:00-10:00,,\n",
            [
                "plans.csv:2  S1   expected a route or a zone, got both",
                "plans.csv:3  S2   route 'R9' is not in routes.geojson",
                "plans.csv:3  S2   subject 'X' is not in vehicles.csv or bins.csv",
                "plans.csv:4  S3   expected a value for hours",
                "plans.csv:4  S3   radius: expected a number of metres without the unit, got 'far'",
                "plans.csv:4  S3   share: expected percent without the sign from 0 to 100, got '0'",
                "plans.csv:5  S1   'S1' is already on line 2, at the same time",
                "plans.csv:5  S1   zone 'Q' is not in zones.geojson",
            ], id="plans",
        ),
        pytest.param(
            "fixtures", "camera,zone,left,top,width,height\nc1,,,,,\nc2,yard,,0.1,,\nc3,,0.1,0.1,0.2,\n"
            "c4,,10,0.1,0,0.2\n,yard,,,,\n",
            [
                "fixtures.csv:2  c1   expected a zone, or a box (left, top, width, height); got neither",
                "fixtures.csv:3  c2   expected a zone, or a box (left, top, width, height); got zone, top",
                "fixtures.csv:4  c3   expected a zone, or a box (left, top, width, height); got left, top, width",
                "fixtures.csv:5  c4   left: expected a share of the picture from 0 to 1, got '10'",
                "fixtures.csv:5  c4   width: expected a share of the picture from 0 to 1, got '0'",
                "fixtures.csv:6   expected a value for camera",
            ], id="fixtures",
        ),
        pytest.param(
            "calendar", "date,kind\n2024-02-30,holiday\n2024-02-12,off\n2024-02-12 08:00,holiday\n"
            "2024-02-04,workday\n2024-2-4,holiday\n",
            [
                "calendar.csv:2  2024-02-30   date: expected a date such as '2025-03-01', got '2024-02-30'",
                "calendar.csv:3  2024-02-12   kind: expected 'holiday' or 'workday', got 'off'",
                "calendar.csv:4  2024-02-12 08:00   date: expected a date such as '2025-03-01', got '2024-02-12 08:00'",
                "calendar.csv:6  2024-02-04   '2024-02-04' is already on line 5, at the same time",
            ], id="calendar",
        ),
    ],
)  # fmt: skip
def test_faults_of_tables(tmp_path: Path, register: str, text: str, expected: list[str]) -> None:
    found = faults(tmp_path, **{register: text})
    said = [f for f in found if f.startswith(f"{register}.csv")]
    assert [f for f in said if f in expected] == expected, said
    assert len(said) == len(expected), said


def shape(rings: Any, **properties: Any) -> dict[str, Any]:
    return feature("Polygon", rings, **properties)


def area(**properties: Any) -> dict[str, Any]:
    return shape([SQUARE], **properties)


@pytest.mark.parametrize(
    "broken, expected",
    [
        pytest.param(area(use="no_go"), "zones.geojson:4   expected a property 'id'", id="no-id"),
        pytest.param(area(id="Z2"), "zones.geojson:4  Z2   expected a use", id="no-use"),
        pytest.param(feature("Point", [104, 30], id="Z2", use="x"), "Z2   expected a Polygon or Multi", id="point"),
        pytest.param(shape([], id="Z2", use="x"), "Z2   expected a Polygon or Multi", id="empty"),
        pytest.param(shape([SQUARE[:4]], id="Z2", use="x"), "Z2   a ring does not end where", id="open"),
        pytest.param(shape([SQUARE[:2]], id="Z2", use="x"), "Z2   expected at least 4", id="two-corners"),
        pytest.param(
            shape([[SQUARE[k] for k in (0, 2, 1, 3, 0)]], id="Z2", use="x"),
            "Z2   invalid polygon: Self-intersection", id="bow-tie",
        ),
        pytest.param(
            shape([[[y, x] for x, y in SQUARE]], id="Z2", use="x"),
            "Z2   [30, 104] is no [lon, lat] on the globe (are lon and lat swapped?)", id="swapped",
        ),
        pytest.param(shape([[["a", "b"]]], id="Z2", use="x"), "Z2   expected coordinates as [lon", id="text"),
        pytest.param(area(id="Z2", use="x", speedlimit=5), "no property 'speedlimit'", id="slip"),
        pytest.param(area(id="Z2", speed_limit=-5), "speed_limit: expected a number", id="limit"),
        pytest.param(area(id="Z2", use="x", classes=5), "classes: expected a list", id="classes"),
        pytest.param(area(id="Z2", use="x", valid_to="?"), "valid_to: expected a date", id="date"),
        pytest.param(area(id="Z2", use="x", hours="8-9"), "Z2   hours: expected hours such as", id="hours"),
        pytest.param(area(id="Z1", use="x"), "'Z1' is already on line 3", id="twice"),
    ],
)  # fmt: skip
def test_faults_of_zones(tmp_path: Path, broken: dict[str, Any], expected: str) -> None:
    good = feature("Polygon", [SQUARE], id="Z1", use="no_go")
    found = faults(tmp_path, zones=collection(good, broken))
    assert len(found) == 1, found
    assert expected in found[0]
    assert found[0].startswith("zones.geojson:4")


def test_faults_of_routes_blame_nobody_else(tmp_path: Path) -> None:
    found = faults(
        tmp_path, routes=collection(feature("Polygon", [SQUARE], id="R1"), feature("LineString", [[1, 2]], id="R2"))
    )
    assert [f.split("   ")[0] for f in found] == ["routes.geojson:3  R1", "routes.geojson:4  R2"]


@pytest.mark.parametrize(
    "properties, expected",
    [
        pytest.param({"id": "R"}, "expected a speed_limit", id="no-limit"),
        pytest.param({"id": "R", "speed_limit": "fast"}, "speed_limit: expected a number of km/h above 0", id="text"),
        pytest.param({"id": "R", "speed_limit": 60, "width": -1}, "width: expected a number of metres", id="width"),
        pytest.param({"id": "R", "speed_limit": 60, "classes": 1}, "classes: expected a list", id="classes"),
        pytest.param({"id": "good", "speed_limit": 60}, "'good' is already on line 3", id="twice"),
    ],
)
def test_faults_of_roads(tmp_path: Path, properties: dict[str, Any], expected: str) -> None:
    way = [[104.0, 30.0], [104.1, 30.1]]
    good = feature("LineString", way, id="good", speed_limit=60)
    found = faults(tmp_path, roads=collection(good, feature("LineString", way, **properties)))
    assert len(found) == 1, found
    assert expected in found[0]
    assert found[0].startswith("roads.geojson:4")


def test_an_unreadable_file_blames_nobody_else(tmp_path: Path) -> None:
    assert faults(tmp_path, vehicles="id;class\nV1;a\n", bins="id,lon,lat\n")[0].startswith("vehicles.csv:1")
    assert faults(tmp_path, zones="{")[0].startswith("zones.geojson:1   expected GeoJSON")
    assert faults(tmp_path, zones="[]") == ["zones.geojson   expected a GeoJSON FeatureCollection"]
    (tmp_path / "v.csv").write_bytes(b"id,class\nV1,a\nV2,\xff\xff\n")
    for file, message in (
        ("v.csv", "v.csv:3   expected UTF-8 or GBK; byte 0xff"),
        ("gone.csv", "gone.csv   expected a file"),
    ):
        with pytest.raises(Faulty, match=message):
            load_registers(RegisterFiles(vehicles=file), tmp_path, SHANGHAI)


def test_lon_and_lat_swapped_where_both_orders_are_on_the_globe(tmp_path: Path) -> None:
    rows = [f"B{k},-1.{k},53.{k}" for k in range(1, 6)]
    (tmp_path / "b.csv").write_text("\n".join(["id,lon,lat", *rows, "B9,53.2,-1.2"]))
    with pytest.raises(Faulty, match=r"b.csv:7  B9   lon and lat look swapped"):
        load_registers(RegisterFiles.model_validate({"datum": "WGS-84", "bins": "b.csv"}), tmp_path, SHANGHAI)


@pytest.mark.parametrize(
    "section, message",
    [
        pytest.param({"datum": "GCJ-2"}, "no datum 'GCJ-2'.*did you mean 'GCJ-02'", id="unknown-datum"),
        pytest.param({"zones": "z.geojson"}, "expected a datum for zones", id="no-datum"),
        pytest.param({"roads": "r.geojson"}, "expected a datum for roads", id="no-datum-of-roads"),
        pytest.param({"zonse": "z.geojson"}, "zonse", id="unknown-key"),
        pytest.param({"speed_limits": {"default": 80}}, "got a bare number", id="bare-number"),
        pytest.param({"speed_limits": {"default": "0 km/h"}}, "above 0 for default", id="zero"),
    ],
)
def test_faults_of_the_section(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RegisterFiles.model_validate(section)


def test_rows_of_the_store_stand_beside_those_of_files(tmp_path: Path) -> None:
    section = RegisterFiles.model_validate(
        {"vehicles": "store", "devices": "devices.csv", "calendar": ["store"], "zones": "store"}
    )
    assert section.stored == ("vehicles", "zones", "calendar")
    zone = Zone("Z1", "no_go", [[np.array(SQUARE)]])
    stored = Stored(
        {
            "vehicles": [{"line": 0, "id": "V1", "class": "bus"}],
            "calendar": [{"date": date(2025, 1, 1), "kind": "holiday"}],
        },
        zones=[(0, zone)],
    )
    (tmp_path / "devices.csv").write_text("device,subject\nT1,V1\n")
    registers = load_registers(section, tmp_path, SHANGHAI, stored)
    assert registers.vehicles.text("id") == ["V1"]
    assert registers.zones == [zone]
    assert registers.calendar == {date(2025, 1, 1): "holiday"}
    (tmp_path / "devices.csv").write_text("device,subject\nT1,V2\n")
    with pytest.raises(Faulty, match="subject 'V2' is not in store:vehicles"):
        load_registers(section, tmp_path, SHANGHAI, stored)
    with pytest.raises(Faulty, match="subject 'V2' is not in store:vehicles"):
        load_registers(section, tmp_path, SHANGHAI)
