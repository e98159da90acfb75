"""Frames as rows of a stream: positions, makers' own values, alarms as readings, and what is set aside."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.codecs import CODECS
from connectors.codecs.jt808 import bodies
from connectors.codecs.jt808.vendor import VendorValue
from pipeline.names import Names
from tests.connectors.jt808.simulated import BEGIN, Words
from tests.connectors.mappings import decode, deliveries, table

PHONE = "13912345678"
WORDS = Words(PHONE)
SECTION: dict[str, Any] = {"source": "trucks", "topic": "jt808/{terminal}/+", "codec": "jt808"}


def rows(payload: bytes, *columns: str, **section: Any) -> tuple[list[Any], list[str]]:
    """The rows of one delivery, and why something was set aside."""
    settings = CODECS["jt808"].settings.model_validate(SECTION | section)
    names = Names()
    decoded = decode(settings, deliveries(payload, topic=f"jt808/{PHONE}/x", source="trucks"), names)
    return [row for each in decoded.rows for row in table(each, names, *columns)], [a.message for a in decoded.aside]


def test_a_location_is_a_position_without_a_mapping() -> None:
    sent = WORDS.location(10, status=0x3)
    found, aside = rows(sent, "subject", "ts", "lon", "lat", "speed", "heading", "ignition")
    assert found == [(PHONE, BEGIN + 10, 120.1001, 30.2, 36.0, 90.0, 1.0)]
    assert aside == []


def test_each_location_of_a_batch_has_its_own_time() -> None:
    found, aside = rows(WORDS.late([-30, -10, -20]), "ts")
    assert found == [(BEGIN - 30,), (BEGIN - 20,), (BEGIN - 10,)]
    assert aside == []


def test_a_batch_in_subpackages() -> None:
    body = bodies.batch([WORDS.place(at) for at in range(60)], late=True)
    frames = WORDS.say(0x0704, body)
    assert len(frames) > 1
    assert len(rows(b"".join(frames), "ts")[0]) == 60
    assert rows(frames[0], "ts") == ([], []), "a part alone is about nothing, and no fault"


@pytest.mark.parametrize("message", [0x0002, 0x0003, 0x0100, 0x0102, 0x0801, 0x0F01])
def test_other_messages_are_about_nothing_and_no_fault(message: int) -> None:
    assert rows(WORDS.say(message, bytes(40))[0], "ts") == ([], [])


@pytest.mark.parametrize(
    "value, lid",
    [pytest.param(b"\x00", 0.0, id="closed"), pytest.param(b"\x04", 1.0, id="open"), pytest.param(b"", None, id="-")],
)
def test_lid_body_and_load_out_of_a_makers_item(value: bytes, lid: float | None) -> None:
    section = {
        "vendor": {
            "lid": {"item": 0xE8, "bit": 2},
            "load": {"item": "status", "bit": 8, "bits": 2, "values": {0: 0, 3: 1}},
        },
        "fields": {"lid": {"path": "vendor.lid"}, "load": {"path": "vendor.load"}},
    }
    items = [(0xE8, value)] if value else []
    ((got, load, speed),), aside = rows(WORDS.location(0, items, status=0x303), "lid", "load", "speed", **section)
    assert (math.isnan(got) if lid is None else got == lid, load, speed, aside) == (True, 1.0, 36.0, [])


def test_alarm_bits_are_readings_that_rules_may_follow() -> None:
    section = {
        "rows": "reading",
        "metrics": {name: {"path": f"alarm.{name}", "unit": "1"} for name in ("overspeed", "stolen")},
    }
    found, _ = rows(WORDS.location(0, alarm=0x2), "metric", "value", **section)
    assert found == [("overspeed", 1.0), ("stolen", 0.0)]


def test_items_of_the_standard_are_readings() -> None:
    section = {"rows": "reading", "metrics": {"fuel": {"path": "fuel", "unit": "l"}}}
    assert rows(WORDS.location(0, [(2, b"\x00\x7b")]), "value", **section)[0] == [(12.3,)]


BROKEN = bytearray(WORDS.location(0))
BROKEN[-2] ^= 1


@pytest.mark.parametrize(
    "payload, section, said",
    [
        pytest.param(bytes(BROKEN), {}, "the checksum is wrong", id="checksum"),
        pytest.param(bytes(BROKEN), {"checksum": "accept"}, "", id="checksum accepted"),
        pytest.param(WORDS.location(0, status=1), {}, "the terminal has no fix", id="no fix"),
        pytest.param(WORDS.location(0, status=1), {"unfixed": "accept"}, "", id="no fix accepted"),
        pytest.param(WORDS.say(0x0200, WORDS.place()[:22] + bytes(6))[0], {}, "its time is 000000000000", id="no time"),
        pytest.param(WORDS.say(0x0200, bytes(20))[0], {}, "expected at least 28 bytes", id="too short"),
        pytest.param(b"\x7e\x01\x7e", {}, "too short for a frame", id="no frame"),
        pytest.param(b"", {}, "there is nothing in it", id="nothing"),
        pytest.param(
            WORDS.say(0x0200, WORDS.place()[:8] + b"\x7f" + WORDS.place()[9:])[0], {}, "no such place", id="where"
        ),
    ],
)
def test_what_is_set_aside_and_why(payload: bytes, section: dict[str, Any], said: str) -> None:
    found, aside = rows(payload, "ts", **section)
    assert len(found) == (not said)
    assert [said in message for message in aside] == ([True] if said else [])


# ---- makers' own values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "section, data, wanted",
    [
        pytest.param({"item": 0xE1}, "ff", 255, id="a byte"),
        pytest.param({"item": 0xE1, "signed": True}, "ff", -1, id="signed"),
        pytest.param({"item": 0xE1, "at": 1, "size": 2}, "000102", 258, id="two bytes"),
        pytest.param({"item": 0xE1, "at": 1, "size": 2, "order": "little"}, "000102", 513, id="little end first"),
        pytest.param({"item": 0xE1, "bit": 4, "bits": 2}, "30", 3, id="two bits"),
        pytest.param({"item": 0xE1, "values": {1: 0, 2: 1}}, "02", 1, id="what numbers mean"),
        pytest.param({"item": 0xE1, "values": {1: 0, 2: 1}}, "03", None, id="a number that means nothing"),
        pytest.param({"item": 0xE1, "at": 1}, "03", None, id="not there"),
        pytest.param({"item": 0xEB, "inside": 0xCE, "size": 2}, "000400b2ffff000400ce0b29", 2857, id="in a list"),
        pytest.param({"item": 0xEB, "inside": 0xCF}, "000400ce0b29", None, id="not in the list"),
        pytest.param({"item": 0xEB, "inside": 0xCF}, "000000ce0b29", None, id="no list"),
        pytest.param({"item": "status", "bit": 24}, "01000000", 1, id="a word's bit"),
    ],
)
def test_numbers_out_of_items(section: dict[str, Any], data: str, wanted: float | None) -> None:
    assert VendorValue.model_validate(section).of(bytes.fromhex(data)) == wanted


@pytest.mark.parametrize(
    "section, said",
    [
        pytest.param({"item": 300}, "an id of one byte", id="id"),
        pytest.param({"item": "lid"}, "status", id="word"),
        pytest.param({"item": 1, "bit": 8}, "has the bits 0 to 7", id="bit"),
        pytest.param({"item": "alarm", "inside": 1}, "has no items", id="inside a word"),
        pytest.param({"item": 1, "bit": 1, "signed": True}, "no sign", id="sign"),
    ],
)
def test_what_can_not_be_meant(section: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        VendorValue.model_validate(section)
