"""Streams that are proposed: what is found out, what is said to be a guess, and that they read what was heard."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from ruamel.yaml import YAML

from gridwatch.probing.proposing import Proposal
from gridwatch.probing.yaml_text import yaml
from pipeline.names import Names
from pipeline.registers import Registers, Table
from pipeline.world import World
from tests.connectors.codecs import test_chirpstack, test_ngsi_ld, test_trackers
from tests.connectors.codecs.test_chirpstack import with_bytes
from tests.gridwatch.probing.kit import NOW, proposed

_LATITUDE = 31.2


def drive(speed_in: float, count: int = 12, **more: Any) -> list[dict[str, Any]]:
    """Fixes a second apart of one that drives east at 36 km/h; its speed is written divided by `speed_in`."""
    degrees = 10.0 / (6_371_000 * math.radians(1) * math.cos(math.radians(_LATITUDE)))
    return [
        {"time": NOW + i, "lon": 121.4 + i * degrees, "lat": _LATITUDE, "v": 36.0 / speed_in} | more
        for i in range(count)
    ]


def rows(proposal: Proposal) -> tuple[int, int]:
    """How many rows came of how many messages."""
    assert proposal.made is not None, proposal.trouble
    return proposal.made.rows, proposal.made.messages


@pytest.mark.parametrize("unit, factor", [("km/h", 1.0), ("m/s", 3.6), ("kn", 1.852), ("mph", 1.609344)])
def test_a_speeds_unit_is_found_from_what_was_driven(unit: str, factor: float) -> None:
    found = proposed(*(("fleet/t1/gps", each) for each in drive(factor)))
    assert found.section["fields"]["speed"] == {"path": "v", "unit": unit}
    assert "11 stretches driven" in found.guesses["fields.speed"]
    assert found.section["topic"] == "fleet/{device}/gps"
    assert rows(found) == (12, 12)


def test_a_speed_of_one_that_stands_is_a_guess() -> None:
    found = proposed(*(("fleet/t1/gps", each | {"lon": 121.4, "v": 0.0}) for each in drive(1.0)))
    assert found.section["fields"]["speed"]["unit"] == "km/h"
    assert "too little moved" in found.guesses["fields.speed"]


def test_a_name_says_the_unit() -> None:
    found = proposed(*(("fleet/t1/gps", {**each, "speed_mps": 3, "v": "x"}) for each in drive(1.0)))
    assert found.section["fields"]["speed"] == {"path": "speed_mps", "unit": "m/s"}
    assert "fields.speed" not in found.guesses


def stamps(write: Any) -> list[tuple[str, Any]]:
    return [("bins/b1/state", {"seen": write(NOW + i), "fill": 40 + i}) for i in range(5)]


@pytest.mark.parametrize(
    "write, field",
    [
        pytest.param(int, {"unit": "unix_s"}, id="seconds"),
        pytest.param(lambda ts: int(ts * 1000), {"unit": "unix_ms"}, id="milliseconds"),
        pytest.param(lambda ts: str(int(ts)), {"unit": "unix_s", "text": True}, id="as-text"),
        pytest.param(lambda ts: datetime.fromtimestamp(ts, UTC).isoformat(), {"unit": "iso8601"}, id="iso"),
        pytest.param(
            lambda ts: datetime.fromtimestamp(ts, timezone(timedelta(hours=8))).isoformat(),
            {"unit": "iso8601"},
            id="offset",
        ),
    ],
)
def test_times(write: Any, field: dict[str, Any]) -> None:
    found = proposed(*stamps(write))
    assert found.section["fields"]["ts"] == {"path": "seen", **field}
    assert "guessed" in found.guesses["fields.ts"], "no name says that it is a time"
    assert rows(found) == (5, 5)


@pytest.mark.parametrize(
    "hours, zone",
    [(8, "Asia/Shanghai"), (0, "UTC"), (-5, "Etc/GMT+5"), (9, "Etc/GMT-9")],
)
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S", "%Y/%m/%dT%H:%M:%S", "%Y%m%d%H%M%S"])
def test_a_time_without_offset_has_the_zone_that_it_looks_like(form: str, hours: int, zone: str) -> None:
    found = proposed(*stamps(lambda ts: datetime.fromtimestamp(ts + hours * 3600, UTC).strftime(form)))
    assert found.section["fields"]["ts"] == {"path": "seen", "unit": "local", "zone": zone}
    assert f"looks like UTC{hours:+g} h" in found.guesses["fields.ts"]
    assert rows(found) == (5, 5)


def test_what_has_no_time_can_be_no_row() -> None:
    found = proposed(("a/1", {"fill": 3, "installed": 1_200_000_000}))
    assert found.section == {}
    assert "nothing in it is a time" in found.trouble[0]


@pytest.mark.parametrize(
    "place, fields",
    [
        pytest.param({"lng": 121.5, "lat": 31.2}, {"lon": {"path": "lng"}, "lat": {"path": "lat"}}, id="lng"),
        pytest.param(
            {"pos": {"x": 121_500_000, "y": 31_200_000}},
            {"lon": {"path": "pos.x", "scale": 1e-6}, "lat": {"path": "pos.y", "scale": 1e-6}},
            id="millionths",
        ),
        pytest.param(
            {"longitude": "121.5", "latitude": "31.2"},
            {"lon": {"path": "longitude", "text": True}, "lat": {"path": "latitude", "text": True}},
            id="text",
        ),
        pytest.param(
            {"coordinates": [121.5, 31.2]},
            {"lon": {"path": "coordinates.0"}, "lat": {"path": "coordinates.1"}},
            id="geojson",
        ),
        pytest.param({"loc": [31.2, 121.5]}, {"lon": {"path": "loc.1"}, "lat": {"path": "loc.0"}}, id="lat-first"),
    ],
)
def test_places(place: dict[str, Any], fields: dict[str, Any]) -> None:
    found = proposed(*(("fleet/t1", {"ts": NOW + i, "heading": 90, **place}) for i in range(3)))
    assert {name: found.section["fields"][name] for name in ("lon", "lat")} == fields
    assert found.section["datum"] == "WGS-84"
    assert "ask whoever sends" in found.guesses["datum"]
    assert rows(found) == (3, 3)


def test_readings_and_the_units_that_their_names_say() -> None:
    payload = {"t": NOW, "temp": 21.5, "batteryLevel": 80, "pm2_5": 12, "odd": 7, "open": True, "rssi": -80, "seq": 4}
    found = proposed(("sensors/n1", payload))
    assert found.section["rows"] == "reading"
    assert {name: metric["unit"] for name, metric in found.section["metrics"].items()} == {
        "temp": "°C",
        "batterylevel": "1",
        "pm2_5": "µg/m³",
        "odd": "1",
        "open": "1",
    }
    assert "which unit? it was 7" in found.guesses["metrics.odd"]


def test_a_sensor_that_says_where_it_stands_is_readings() -> None:
    found = proposed(*(("bins/b1", {"t": NOW + i, "lon": 121.5, "lat": 31.2, "fill": 10 + i}) for i in range(3)))
    assert (found.section["rows"], list(found.section["metrics"])) == ("reading", ["fill"])


def test_several_rows_in_one_payload() -> None:
    upload = {"terminal": "t1", "points": [{"t": NOW - i, "x": 121.5, "y": 31.2, "heading": 5} for i in range(4)]}
    found = proposed(("upload", upload))
    assert (found.section["each"], found.section["topic"]) == ("points", "upload")
    assert found.section["subject"] == "$.terminal"
    assert rows(found) == (4, 1)


def test_the_payload_says_whose_it_is() -> None:
    found = proposed(*(("orders", {"vehicle": f"t{i}", "n": i, "ts": NOW, "fill": i}) for i in range(4)))
    assert (found.section["topic"], found.section["subject"]) == ("orders", "$.vehicle")
    assert found.made is not None
    assert found.made.subjects == 4


def test_the_registers_know_whose_it_is() -> None:
    vehicles = Table.of(
        "vehicles", [{"id": "truck-9", "class": "lorry", "valid_from": -math.inf, "valid_to": math.inf}]
    )
    world = World(Registers(vehicles=vehicles)).bind(Names())
    messages = [("site7/gw3", {"sn": "truck-9", "ts": NOW + i, "fill": 1}) for i in range(3)]
    assert proposed(*messages, world=world).section["subject"] == "$.sn"
    assert proposed(*messages).section["subject"] == "{device}"


def test_a_codecs_messages_get_that_codec() -> None:
    topic = "application/17c8/device/0101010101010101/event/up"
    found = proposed((topic, with_bytes("0175640367f8000482050c050000")))
    assert found.section["payload"] == {"codec": "milesight", "model": "em400-mud"}
    assert found.section["topic"] == "application/+/device/+/event/up"
    assert found.section["subject"] == "$.device"
    assert found.section["metrics"]["distance"] == {"path": "data.distance", "unit": "mm"}
    assert "it could be em400-tld" in found.guesses["codec"]
    assert rows(found) == (4, 1)


@pytest.mark.parametrize(
    "topic, payload, section",
    [
        pytest.param(
            "owntracks/jane/phone",
            test_trackers.LOCATION,
            {"codec": "owntracks", "rows": "position", "topic": "owntracks/{user}/{device}", "subject": "{device}"},
            id="owntracks",
        ),
        pytest.param("traccar", test_trackers.ALONE, {"codec": "traccar", "subject": "$.device"}, id="traccar"),
        pytest.param("platform", test_ngsi_ld.WASTE_KEYS, {"codec": "ngsi_ld", "subject": "$.device"}, id="ngsi-ld"),
        pytest.param(
            "application/a/device/d/event/status", test_chirpstack.STATUS, {"codec": "chirpstack"}, id="chirpstack"
        ),
    ],
)
def test_other_codecs(topic: str, payload: Any, section: dict[str, Any]) -> None:
    found = proposed((topic, payload))
    assert found.section | section == found.section
    assert found.made is not None, found.trouble


@pytest.mark.parametrize(
    "payload, told",
    [
        pytest.param(b"23.5", "a bare number", id="a-number"),
        pytest.param(b"\x01\x02\xff", "gridwatch new codec NAME", id="bytes"),
        pytest.param(b"", "the messages are empty", id="nothing"),
    ],
)
def test_what_nobody_reads_is_said(payload: bytes, told: str) -> None:
    found = proposed(("home/kitchen", payload))
    assert (found.section, found.made) == ({}, None)
    assert told in found.trouble[0]


def test_what_is_refused_is_told_with_what_was_made() -> None:
    good = [("fleet/t1/gps", each) for each in drive(1.0)]
    found = proposed(*good, ("fleet/t1/gps", b"{broken"))
    assert rows(found) == (12, 13)
    assert found.made is not None
    assert [each.count for each in found.made.refused] == [1]


def test_what_is_printed_can_be_pasted() -> None:
    found = proposed(*(("fleet/t1/gps", {**each, "acc": 3.5, "on": True}) for each in drive(3.6)))
    text = "\n".join(yaml(found.section, found.guesses))
    assert YAML(typ="safe").load(text) == json.loads(json.dumps(found.section))
    assert '  speed: {path: v, unit: "m/s"}' in text
    assert "# a guess: ask whoever sends" in text
