"""Payloads to rows: columns, units, datums, subjects, several rows in one delivery."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pipeline.entries import EntryBuffer, Kind
from pipeline.geo import Datum, to_wgs84
from pipeline.names import Names
from pipeline.registers import Registers, Table
from pipeline.rows import Position, Reading
from pipeline.world import World
from tests.connectors.mappings import BINS, GPS, decode, deliveries, place, stream, table


def test_positions() -> None:
    names = Names()
    got = decode(stream(GPS), deliveries(place(v=50), ("fleet/v2/gps", place(1001, 1, 2))), names)
    assert got.aside == []
    (rows,) = got.rows
    assert isinstance(rows, Position)
    columns = ("subject", "ts", "lon", "lat", "received", "position")
    assert table(rows, names, *columns) == [("v1", 1000, 116.5, 39.5, 2000, 100), ("v2", 1001, 1, 2, 2001, 101)]
    assert rows.speed[0] == 50
    assert math.isnan(rows.speed[1])
    assert np.isnan(rows.heading).all()
    assert rows.stream.tolist() == [0, 0]
    kinds = {"subject": np.int32, "ts": np.float64, "position": np.int64, "stream": np.int32, "speed": np.float64}
    assert {c: getattr(rows, c).dtype for c in kinds} == kinds


@pytest.mark.parametrize(
    "field, unit, written, expected",
    [
        pytest.param("ts", "unix_s", 1000.25, 1000.25, id="seconds"),
        pytest.param("ts", "unix_ms", 1000250, 1000.25, id="milliseconds"),
        pytest.param("ts", "iso8601", "1970-01-01T08:16:40.25+08:00", 1000.25, id="iso-offset"),
        pytest.param("ts", "iso8601", "1970-01-01T00:16:40Z", 1000.0, id="iso-z"),
        pytest.param("ts", "iso8601", "1970-01-01T00:16:40.123456789Z", 1000.123456, id="iso-nanoseconds"),
        pytest.param("ts", "iso8601", "1969-12-31T23:59:59.5Z", -0.5, id="iso-before-1970"),
        pytest.param("speed", "km/h", 36, 36.0, id="kmh"),
        pytest.param("speed", "m/s", 10, 36.0, id="metres-a-second"),
        pytest.param("speed", "kn", 10, 18.52, id="knots"),
        pytest.param("accuracy", "cm", 250, 2.5, id="centimetres"),
        pytest.param("heading", "deg", 359.5, 359.5, id="heading"),
        pytest.param("load", "%", 50, 0.5, id="load-in-percent"),
        pytest.param("ignition", None, True, 1.0, id="true"),
        pytest.param("lid", "1", False, 0.0, id="false"),
        pytest.param("brush", "1", True, 1.0, id="further-flag"),
        pytest.param("tank_level", "mm", 1500, 1.5, id="further-length-in-metres"),
        pytest.param("oil", "°C", 80, 80.0, id="further-unit-as-it-is"),
        pytest.param("speed", "km/h", None, math.nan, id="null-is-unknown"),
    ],
)
def test_units(field: str, unit: str | None, written: Any, expected: float) -> None:
    mapping = stream(GPS, fields={field: {"path": "x.y", "unit": unit}})
    payload = place(x={"y": written})
    (rows,) = decode(mapping, deliveries(payload)).rows
    column = rows.column(field)
    assert column is not None
    assert column.tolist() == pytest.approx([expected], nan_ok=True, abs=1e-9)


@pytest.mark.parametrize(
    "written, ts",
    [
        pytest.param("1970-01-01 08:16:40.25", 1000.25, id="text"),
        pytest.param(19700101081640, 1000.0, id="digits-that-are-a-number"),
        pytest.param("1970-01-01T00:16:40Z", None, id="an-offset-contradicts"),
        pytest.param("1986-05-04 02:30:00", None, id="an-hour-that-never-came"),  # China had summer time then
        pytest.param("1986-09-14 01:30:00", None, id="an-hour-that-came-twice"),
        pytest.param(12.5, None, id="a-number"),
    ],
)
def test_times_without_an_offset(written: Any, ts: float | None) -> None:
    mapping = stream(GPS, fields={"ts": {"path": "time", "unit": "local", "zone": "Asia/Shanghai"}})
    good = place("1970-01-01 08:16:41")
    got = decode(mapping, deliveries(place(written), good))
    assert [t for rows in got.rows for t in rows.ts.tolist()] == [*([] if ts is None else [ts]), 1001.0]
    assert [(a.position, a.reason) for a in got.aside] == ([(100, "undecodable")] if ts is None else [])
    if isinstance(written, str) and ts is None:
        assert "that clocks in Asia/Shanghai show exactly once" in got.aside[0].message


@pytest.mark.parametrize(
    "text, expected",
    [
        *[("12.5", 12.5), ("-3", -3.0), ("1e2", 100.0), ("0612", 612.0), ("-007.50", -7.5)],
        *[(" 1", None), ("1_0", None), ("0x1f", None), ("nan", None), ("٣", None), ("", None)],
    ],
)
def test_numbers_as_text_only_where_the_mapping_says_so(text: str, expected: float | None) -> None:
    field = {"path": "v", "unit": "km/h"}
    told = decode(stream(GPS, fields={"speed": field | {"text": True}}), deliveries(place(v=text), place(v=7)))
    untold = decode(stream(GPS), deliveries(place(v=text), place(v=7)))
    speeds = [s for r in told.rows for s in r.column("speed").tolist()]
    assert speeds == ([7.0] if expected is None else [expected, 7.0])
    assert [
        f"'v' is not what it should be: a number such as '12.5'; it is {text!r}" in a.message for a in told.aside
    ] == ([True] if expected is None else [])
    assert [a.position for a in untold.aside] == [100]


@pytest.mark.parametrize(
    "state, down, told",
    [
        pytest.param("up", 0.0, "", id="a-word"),
        pytest.param("down", 1.0, "", id="another"),
        pytest.param(None, None, "", id="null-says-nothing"),
        pytest.param("Down", None, "'state' is not what it should be: up, down", id="capitals-count"),
        pytest.param("", None, "'state' is not what it should be: up, down", id="no-word"),
        pytest.param(1, None, "Expected `str | null`, got `int`", id="a-number"),
        pytest.param(True, None, "Expected `str | null`, got `bool`", id="a-truth"),
    ],
)
def test_words_that_mean_numbers(state: Any, down: float | None, told: str) -> None:
    words = {"path": "state", "unit": "1", "words": {"up": 0, "down": 1}}
    mapping = stream(BINS, metrics={"fullness": None, "camera_down": words})
    good = {"t": "2024-05-01T00:00:00Z", "temp": 20, "state": "up"}
    names = Names()
    got = decode(mapping, deliveries(good | {"state": state}, good, topic="bins/b/state"), names)
    (rows,) = got.rows
    found = {m: v for at, m, v in table(rows, names, "position", "metric", "value") if at == 100}
    assert found.get("camera_down") == down
    assert [told in aside.message for aside in got.aside] == ([True] if told else [])


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09", "CGCS2000"])
def test_datums(datum: str) -> None:
    (rows,) = decode(stream(GPS, datum=datum), deliveries(place())).rows
    assert isinstance(rows, Position)
    lon, lat = to_wgs84([116.5], [39.5], Datum(datum))
    assert (rows.lon[0], rows.lat[0]) == (lon[0], lat[0])


def test_readings_are_one_row_for_each_metric_that_is_there() -> None:
    names = Names()
    at = "1970-01-01T00:00:0{}Z".format
    buffer = deliveries(
        {"t": at(1), "fill": 80, "temp": 20},
        {"t": at(2), "temp": 21},
        {"t": at(3), "fill": None},
        topic="bins/b1/state",
    )
    got = decode({"bins": stream(BINS, fields={"battery": {"path": "bat", "unit": "%"}})}, buffer, names)
    (rows,) = got.rows
    assert isinstance(rows, Reading)
    assert table(rows, names, "subject", "metric", "ts", "value", "position") == [
        ("b1", "fullness", 1, 80, 100),
        ("b1", "temperature", 1, 20, 100),
        ("b1", "temperature", 2, 21, 101),
    ]
    assert np.isnan(rows.extra["battery"]).all()
    assert [(a.position, a.reason) for a in got.aside] == [(102, "undecodable")]
    assert "t and at least one of fill, temp" in got.aside[0].message


def test_lists_and_odd_names_as_paths() -> None:
    fields = {
        "lon": {"path": "位置.坐标.0"},
        "lat": {"path": "位置.坐标.1"},
        "third": {"path": "位置.坐标.3", "unit": "1"},
        "speed": {"path": "$v-1", "unit": "km/h"},
    }
    mapping = stream(GPS, fields=fields)
    payloads = [
        {"time": 1, "位置": {"坐标": [116.5, 39.5, "skipped", 7]}, "$v-1": 5},
        {"time": 2, "位置": {"坐标": [116.5, 39.5]}},
        {"time": 3, "位置": {"坐标": []}},
        {"time": 4, "位置": None},
    ]
    got = decode(mapping, deliveries(*payloads))
    assert table(got.rows[0], Names(), "ts", "lon", "lat", "speed")[0] == (1, 116.5, 39.5, 5)
    assert got.rows[0].extra["third"].tolist()[0] == 7
    assert [a.position for a in got.aside] == [102, 103]


def test_subjects_from_the_payload() -> None:
    names = Names()
    mapping = stream(GPS, subject="$.dev.id", topic="up/+/#")
    payloads = [("up/a/b/c", place(dev={"id": i})) for i in ("川A·7F2Q1", 12345, None, "", "x" * 300)]
    got = decode(mapping, deliveries(*payloads, ("up/a", place())), names)
    assert table(got.rows[0], names, "subject") == [("川A·7F2Q1",), ("12345",)]
    assert [a.position for a in got.aside] == [102, 103, 104, 105]
    assert "dev.id, time, pos.lon" in got.aside[0].message


def test_a_batch_upload_comes_out_by_time() -> None:
    names = Names()
    mapping = stream(GPS, each="data.list", subject="$.id", topic="fleet/#")
    buffer = deliveries(
        {"id": "a", "data": {"list": [place(3), place(1), place("x"), place(2)]}},
        {"id": "b", "data": {"list": []}},
        {"id": "c", "data": {}},
        {"id": "d", "data": {"list": [place(9), place(0, 0, 0)]}},
        {"id": 5, "data": {"list": "no"}},
    )
    got = decode(mapping, buffer, names)
    assert table(got.rows[0], names, "subject", "ts", "position") == [
        ("a", 1, 100),
        ("a", 2, 100),
        ("a", 3, 100),
        ("d", 9, 103),
    ]
    assert [a.position for a in got.aside] == [100, 102, 103, 104]
    assert 'got b\'{"time": "x"' in got.aside[0].message


def test_a_payload_that_is_a_list_of_items_with_their_own_subjects() -> None:
    names = Names()
    mapping = stream(GPS, each="$", subject="@.id", topic="fleet/#")
    got = decode(mapping, deliveries([place(2, id="a"), place(1, id="b")], [place(3, id="c"), 7], {"id": "d"}), names)
    assert table(got.rows[0], names, "subject", "ts") == [("b", 1), ("a", 2), ("c", 3)]
    assert [a.position for a in got.aside] == [101, 102]


def test_a_topic_of_two_streams_is_decoded_by_both() -> None:
    names = Names()
    both = stream(BINS, topic="fleet/{id}/+", subject="{id}", metrics={"speed": {"path": "v", "unit": "km/h"}})
    ts = {"fields": {"ts": {"path": "time", "unit": "unix_s"}}}
    both = stream(both.model_dump(mode="json", exclude_none=True), **ts)
    got = decode({"gps": stream(GPS), "speeds": both}, deliveries(place(v=5), place(v="x")), names)
    position, reading = got.rows
    assert (position.stream.tolist(), reading.stream.tolist()) == ([0], [1])
    assert table(reading, names, "subject", "metric", "value") == [("v1", "speed", 5)]
    assert [(a.position, a.where) for a in got.aside] == [(101, "gps fleet/v1/gps"), (101, "speeds fleet/v1/gps")]


def test_other_entries_and_other_sources_are_no_deliveries_of_ours() -> None:
    buffer = EntryBuffer()
    buffer.add(Kind.JOIN, "fleet", "c1", 1.0)
    buffer.add(Kind.TICK, "fleet", "c1", 1.0)
    assert decode(stream(GPS), buffer).rows == []
    buffer.add(Kind.DELIVERY, "other", "fleet/v1/gps", 1.0, b"{}")
    buffer.add(Kind.DELIVERY, "fleet", "fleet/v1/state", 1.0, b"{}")
    got = decode(stream(GPS), buffer)
    assert got.rows == []
    assert [(a.position, a.reason, a.where) for a in got.aside] == [
        (102, "unmatched", "other fleet/v1/gps"),
        (103, "unmatched", "fleet fleet/v1/state"),
    ]
    assert "fleet/{device}/gps" in got.aside[1].message
    assert decode(stream(GPS), EntryBuffer()).rows == []


@pytest.fixture
def world() -> World:
    inf = math.inf
    vehicles = [
        {"id": "v1", "class": "truck", "valid_from": -inf, "valid_to": 1500.0},
        {"id": "v2", "class": "truck", "valid_from": -inf, "valid_to": inf},
    ]
    devices = [
        {"device": "t7", "subject": "v1", "valid_from": -inf, "valid_to": 1200.0},
        {"device": "t7", "subject": "v2", "valid_from": 1200.0, "valid_to": inf},
    ]
    return World(Registers(vehicles=Table.of("vehicles", vehicles), devices=Table.of("devices", devices)))


#  t7 is on v1 until 1200, then on v2; v1 is in the register until 1500
@pytest.mark.parametrize(
    "device, ts, subject",
    [
        pytest.param("t7", 1199, "v1", id="mounted-on-one"),
        pytest.param("t7", 1200, "v2", id="moved-to-the-other"),
        pytest.param("v1", 1499, "v1", id="its-own-device"),
        pytest.param("v1", 1500, None, id="no-longer-registered"),
        pytest.param("t8", 1000, None, id="never-heard-of"),
    ],
)
@pytest.mark.parametrize("unknown", ["aside", "accept"])
def test_devices_become_subjects(world: World, device: str, ts: float, subject: str | None, unknown: str) -> None:
    names = Names()
    buffer = deliveries((f"fleet/{device}/gps", place(ts)))
    got = decode(stream(GPS, unknown=unknown), buffer, names, world)
    if subject is None and unknown == "aside":
        assert got.rows == []
        (aside,) = got.aside
        assert (aside.reason, aside.position, aside.where) == ("unknown", 100, f"gps fleet/{device}/gps")
        assert f"got '{device}'" in aside.message
    else:
        assert table(got.rows[0], names, "subject") == [(subject or device,)]
        assert got.aside == []


def test_made_up_names_grow_nothing(world: World) -> None:
    """A flood of topics of nobody: each is set aside by its name, and the engine's names stay as they were."""
    buffer, names = EntryBuffer(), Names()
    for i in range(1000):
        buffer.add(
            Kind.DELIVERY,
            "fleet",
            f"fleet/made-up-{i}/gps",
            100.0,
            b'{"time": 100, "pos": {"lon": 121.4, "lat": 31.2}}',
        )
    before = len(world.bind(names).names)
    got = decode(stream(GPS), buffer, names, world)
    assert [aside.reason for aside in got.aside] == ["unknown"] * 1000
    assert "got 'made-up-7'" in got.aside[7].message
    assert len(names) == before
