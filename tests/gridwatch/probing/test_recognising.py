"""Each codec's messages are recognised as that codec's, and what is nobody's as nobody's.

The messages are those of the codecs' own tests, which say where they are from.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.codecs import CODECS
from gridwatch.probing.recognising import recognise
from tests.connectors.codecs import test_chirpstack, test_lines, test_ngsi_ld, test_onvif, test_trackers, test_ttn
from tests.connectors.codecs.test_chirpstack import with_bytes
from tests.connectors.frigate_events import CAR, state
from tests.connectors.jt808.simulated import Words
from tests.connectors.jt809 import simulated as jt809
from tests.connectors.seen import car, picture

JT808 = Words("13912345678")
JT809 = jt809.Words()
FRIGATE = {"type": "update", "before": state(CAR, 1), "after": state(CAR, 2)}
QUERY = b"id=123456&lat=31.2&lon=121.5&timestamp=1714521600&speed=12.3"
PLAIN = {"time": 1714521600, "pos": {"lon": 121.5, "lat": 31.2}, "v": 10}
MESSAGES: list[tuple[str, list[Any]]] = [
    ("chirpstack", [test_chirpstack.UPLINK, test_chirpstack.STATUS, test_chirpstack.JOIN]),
    ("csv", [b"b1,2024-05-01T08:00:00Z,12\nb2,2024-05-01T08:00:00Z,13\n", b"b1,2024-05-01T08:10:00Z,14\n"]),
    ("emqx_jt808", [test_lines.REPORT]),
    ("frigate", [FRIGATE]),
    ("jt808", [JT808.location(10, status=3), JT808.say(0x0002, b"")[0]]),
    ("jt809", [JT809.live(1714521600.0), JT809.alive()]),
    ("json", [PLAIN, [PLAIN]]),
    ("ngsi_ld", [test_ngsi_ld.WASTE, test_ngsi_ld.WASTE_KEYS, test_ngsi_ld.VEHICLE]),
    ("onvif", [test_onvif.CROSSED, test_onvif.HOT]),
    ("osmand", [QUERY]),
    ("owntracks", [test_trackers.LOCATION, test_trackers.TRANSITION, {"_type": "lwt", "tst": 1}]),
    ("sightings", [picture(car())]),
    ("traccar", [test_trackers.ALONE]),
    ("ttn", [test_ttn.UPLINK]),
]
NOBODYS = [
    pytest.param([b"23.5", b"24.0"], id="numbers"),
    pytest.param([b"online", b"offline"], id="words"),
    pytest.param([b"\x01\x75\x64\x03\x67\xf8\x00"], id="bytes"),
    pytest.param([b"\xff\xfe{}", b"\x00" * 40], id="rubbish"),
    pytest.param([b"", b""], id="nothing"),
    pytest.param([b"["] * 5, id="cut-off"),
    pytest.param([b"[" * 5000], id="deep"),
]


def raw(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def test_every_codec_has_its_messages_here() -> None:
    assert sorted(name for name, _ in MESSAGES) == sorted(CODECS)


@pytest.mark.parametrize("codec, payloads", MESSAGES, ids=[name for name, _ in MESSAGES])
def test_messages_of_a_codec_are_recognised(codec: str, payloads: list[Any]) -> None:
    found = recognise([raw(payload) for payload in payloads])
    assert found.codec == codec
    if codec not in ("frigate", "sightings"):
        assert found.objects


@pytest.mark.parametrize("codec, payloads", MESSAGES, ids=[name for name, _ in MESSAGES])
def test_one_bad_message_in_twenty_changes_nothing(codec: str, payloads: list[Any]) -> None:
    good = [raw(payload) for payload in payloads]
    some = (good * 20)[:19]
    assert recognise([*some, b"\xff\x00\xfe"]).codec == codec


@pytest.mark.parametrize("payloads", NOBODYS)
def test_what_is_nobodys(payloads: list[bytes]) -> None:
    assert recognise(payloads).codec == ""


def test_bytes_of_a_device_inside_an_uplink() -> None:
    found = recognise([raw(with_bytes("0175640367f8000482050c050000"))])
    assert found.options == {"payload": {"codec": "milesight", "model": "em400-mud"}}
    assert "em400-tld" in found.guesses[0]
    assert found.objects[0]["data"] == {"battery": 100, "temperature": 24.8, "distance": 3077, "tilted": 0}


def test_bytes_that_no_codec_knows() -> None:
    found = recognise([raw(test_chirpstack.UPLINK)])
    assert found.options == {}
    assert "the device's own bytes are not decoded" in found.guesses[0]


@pytest.mark.parametrize(
    "payloads, options",
    [
        pytest.param([b"bin,fill\nb1,12\n"] * 2, {}, id="a-header-each-time"),
        pytest.param([b"b1;12\n", b"b2;13\n"], {"delimiter": ";", "columns": ["column_1", "column_2"]}, id="none"),
        pytest.param(["b1,满\n".encode("gbk")], {"encoding": "gbk", "columns": ["column_1", "column_2"]}, id="gbk"),
    ],
)
def test_tables(payloads: list[bytes], options: dict[str, Any]) -> None:
    found = recognise(payloads)
    assert (found.codec, found.options) == ("csv", options)
