"""Bodies of messages to names and numbers, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.codecs.jt808 import bodies
from tests.connectors.jt808.test_decode import PLACE, WHEN, one


@pytest.mark.parametrize("version", ["2011", "2013", "2019"])
def test_registers(version: str) -> None:
    body = bodies.register(version, maker="70111", model="KR-6", terminal_id="T000001", plate="浙A12345")
    got = one(0x0100, body, v2019=version == "2019")
    names = ("version", "maker", "model", "terminal_id", "plate_color", "plate")
    assert [got[name] for name in names] == [version, "70111", "KR-6", "T000001", 2, "浙A12345"]


@pytest.mark.parametrize("version", ["2011", "2013", "2019"])
def test_a_vehicle_without_a_plate_says_its_number(version: str) -> None:
    vin = "LFV2A21K6A3123456"
    body = bodies.register(version, maker="70111", model="KR-6", terminal_id="T000001", plate=vin, color=0)
    got = one(0x0100, body, v2019=version == "2019")
    assert (got["version"], got["vin"]) == (version, vin)


def test_a_plate_with_padding_and_one_that_is_no_gbk() -> None:
    body = bodies.register("2013", maker="1", model="2", terminal_id="3", plate="川A·7F2Q1")
    assert one(0x0100, body + b"\0 \0")["plate"] == "川A·7F2Q1"
    assert one(0x0100, body[:37] + b"\xff\xff")["plate"] == "\\xff\\xff"


@pytest.mark.parametrize("v2019", [False, True])
def test_authenticates(v2019: bool) -> None:
    got = one(0x0102, bodies.authenticate("secret", v2019=v2019, imei="123456789012345", software="v1"), v2019=v2019)
    assert got["token"] == "secret"
    assert got.get("imei") == ("123456789012345" if v2019 else None)


def items(hexadecimal: str) -> dict[str, Any]:
    return one(0x0200, PLACE + bytes.fromhex(hexadecimal))


@pytest.mark.parametrize(
    "item, wanted",
    [
        pytest.param("01 04 0000006e", {"mileage_km": 11.0}, id="mileage"),
        pytest.param("02 02 003c", {"fuel_l": 6.0}, id="fuel"),
        pytest.param("03 02 01c8", {"recorder_speed_kmh": 45.6}, id="recorder"),
        pytest.param("04 02 0102", {"alarm_event_id": 258}, id="alarm event"),
        pytest.param("05 1e 20" + 29 * "ff", {"tyre_pressure": [32] + 29 * [None]}, id="tyres"),
        pytest.param("06 02 8012", {"compartment_temperature_c": -18}, id="below zero"),
        pytest.param("06 02 0012", {"compartment_temperature_c": 18}, id="above zero"),
        pytest.param("11 01 00", {"overspeed": {"area": "none"}}, id="overspeed anywhere"),
        pytest.param("11 05 03 00000009", {"overspeed": {"area": "polygon", "area_id": 9}}, id="overspeed in an area"),
        pytest.param(
            "12 06 02 00000009 01",
            {"area_in_out": {"area": "rectangle", "area_id": 9, "way": "out"}},
            id="out of an area",
        ),
        pytest.param(
            "13 07 00000009 0064 00",
            {"route_time": {"route_id": 9, "seconds": 100, "result": "too_short"}},
            id="too fast for a route",
        ),
        pytest.param("25 04 00000011", {"signals": ["low_beam", "brake"]}, id="signals"),
        pytest.param("2a 02 0002", {"io": ["sleep"]}, id="io"),
        pytest.param("2b 04 00020001", {"analog": {"ad0": 1, "ad1": 2}}, id="analog"),
        pytest.param("30 01 1f 31 01 0c", {"network_strength": 31, "satellites": 12}, id="network and satellites"),
    ],
)
def test_every_item_of_the_standard(item: str, wanted: dict[str, Any]) -> None:
    got = items(item)
    assert {name: got[name] for name in wanted} == wanted
    assert "errors" not in got
    assert "tlvs" not in got


@pytest.mark.parametrize(
    "item, raw, said",
    [
        pytest.param("e8 03 010203", [{"id": "0xe8", "hex": "010203"}], [], id="a maker's own"),
        pytest.param(
            "01 02 0001",
            [{"id": "0x01", "hex": "0001"}],
            ["item 0x01: not as the standard has it"],
            id="another length",
        ),
        pytest.param(
            "01 04 00",
            [{"id": "0x01", "hex": "00", "truncated": True}],
            ["item 0x01: expected 4 bytes, 1 are left"],
            id="cut off",
        ),
        pytest.param(
            "01", [{"id": "0x01", "hex": "", "truncated": True}], ["a byte 01 behind the last item"], id="one byte"
        ),
        pytest.param(
            "30 01 05 30 01 06",
            [{"id": "0x30", "hex": "06"}],
            ["item 0x30: twice, or not as the standard has it"],
            id="twice",
        ),
    ],
)
def test_what_is_not_understood_stays_as_it_came(item: str, raw: list[dict[str, Any]], said: list[str]) -> None:
    got = items(item)
    assert (got["tlvs"], got.get("errors", []), got["lat"]) == (raw, said, 30.654321)


def test_alarms_states_and_load_by_their_names() -> None:
    got = one(0x0200, bodies.location(WHEN, -70.5, -33.25, alarm=0x3, status=0x0303))
    assert got["alarms"] == ["emergency", "overspeed"]
    assert got["states"] == ["acc", "positioned", "south", "west"]
    assert (got["load"], got["lon"], got["lat"]) == ("full", -70.5, -33.25)


@pytest.mark.parametrize("six", ["000000000000", "261301000000", "26030a083015", "260230120000"])
def test_a_time_that_is_none_is_an_error_and_no_exception(six: str) -> None:
    got = one(0x0200, PLACE[:22] + bytes.fromhex(six))
    assert (got["time"], got["time_bcd"]) == (None, six)
    assert got["errors"] == [f"time {six}: expected YYMMDDhhmmss"]


def test_a_place_that_is_none_is_an_error_and_no_exception() -> None:
    got = one(0x0200, PLACE[:8] + bytes.fromhex("07203b7d 02633df7") + PLACE[16:])
    assert (got["lat"], got["lon"]) == (119.552893, 40.058359)
    assert got["errors"] == ["lat 119.552893, lon 40.058359: there is no such place"]


def test_a_location_that_is_too_short() -> None:
    assert one(0x0200, PLACE[:20])["errors"] == ["location: expected at least 28 bytes, got 20"]


@pytest.mark.parametrize("late, named", [(True, "late"), (False, "normal")])
def test_batches(late: bool, named: str) -> None:
    got = one(0x0704, bodies.batch([PLACE, PLACE + b"\x30\x01\x05"], late=late))
    assert (got["batch"], got["count"], got["locations"][1]["network_strength"]) == (named, 2, 5)


def test_a_batch_that_is_cut_off_keeps_what_is_there() -> None:
    got = one(0x0704, bodies.batch([PLACE, PLACE + b"\x30\x01\x05"], late=True)[:-2])
    assert [each["lat"] for each in got["locations"]] == [30.654321, 30.654321]
    assert got["errors"] == ["location 1: expected 31 bytes, 29 are left"]


def test_media_without_a_place() -> None:
    got = one(0x0801, bodies.media_event(9, channel=3) + b"\xff\xd8\xff\xe0" + bytes(60))
    assert (got["media_id"], got["media"], got["format"], got["channel"], got["size"]) == (9, "picture", "jpeg", 3, 64)


@pytest.mark.parametrize(
    "message, body, v2019, wanted",
    [
        pytest.param(0x0001, bodies.answer(3, 0x8300, 1), False, {"answer_id": "0x8300", "result": 1}, id="answer"),
        pytest.param(0x8001, bodies.answer(3, 0x0200), False, {"answer_serial": 3, "result_name": "ok"}, id="8001"),
        pytest.param(0x8100, bodies.registered(3, 0, "tok"), False, {"result": 0, "token": "tok"}, id="8100"),
        pytest.param(
            0x8100, bodies.registered(3, 4, "tok"), False, {"result_name": "no_such_terminal"}, id="8100 refused"
        ),
        pytest.param(0x8800, bodies.media_answer(9), False, {"media_id": 9, "missing": []}, id="8800"),
        pytest.param(
            0x8800, bodies.media_answer(9, [2, 5]), False, {"missing": [2, 5]}, id="8800 with what is missing"
        ),
        pytest.param(0x8003, bodies.send_again(4, [2, 5]), False, {"first_serial": 4, "missing": [2, 5]}, id="8003"),
        pytest.param(0x8003, bodies.send_again(4, [2], v2019=True), True, {"missing": [2]}, id="8003 of 2019"),
        pytest.param(0x8201, b"", False, {"name": "ask location"}, id="8201"),
        pytest.param(0x8300, bodies.say("请减速"), False, {"text": "请减速", "flags": 8}, id="8300"),
        pytest.param(
            0x8300, bodies.say("请减速", v2019=True), True, {"text": "请减速", "text_type": 1}, id="8300 of 2019"
        ),
    ],
)
def test_what_both_sides_say(message: int, body: bytes, v2019: bool, wanted: dict[str, Any]) -> None:
    got = one(message, body, v2019=v2019)
    assert {name: got[name] for name in wanted} == wanted
    assert "errors" not in got


def test_parameters() -> None:
    body = bodies.parameters({0x01: bytes(3) + b"\x1e", 0x13: b"host", 0xF364: b"\x01\x02"})
    for message, before in ((0x8103, b""), (0x0104, b"\x00\x05")):
        got = one(message, before + body)
        assert [(each["name"], each.get("value"), each["hex"]) for each in got["parameters"]] == [
            ("heartbeat_s", 30, "0000001e"),
            ("server", "host", "686f7374"),
            (None, None, "0102"),
        ]


def test_a_message_that_nobody_knows_keeps_its_body() -> None:
    assert one(0x0F01, b"\x01\x02")["body"] == "0102"
