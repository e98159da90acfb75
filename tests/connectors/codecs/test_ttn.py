"""The Things Stack v3: absent is zero, and one mapping does for it and for ChirpStack.

UPLINK is the example of The Things Stack's documentation (lorawan-stack-docs, doc/content/integrations/data-formats),
which has no `f_port` because it is 0; JOIN is its join example.
"""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.connectors.codecs.kit import got, places, readings, section, without
from tests.connectors.codecs.test_chirpstack import BIN, EM400, LINK

AT = 1581520545.789585
UPLINK: dict[str, Any] = {
    "end_device_ids": {
        "device_id": "dev1",
        "application_ids": {"application_id": "app1"},
        "dev_eui": "0004A30B001C0530",
        "join_eui": "800000000000000C",
        "dev_addr": "00BCB929",
    },
    "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"],
    "received_at": "2020-02-12T15:15:46.014773143Z",
    "uplink_message": {
        "session_key_id": "AXA50tHUGUucuzS/bCGMNw==",
        "f_cnt": 1,
        "frm_payload": "gkHe",
        "decoded_payload": {"temperature": 1.0, "luminosity": 0.64},
        "rx_metadata": [
            {
                "gateway_ids": {"gateway_id": "gtw1", "eui": "9C5C8E00001A05C4"},
                "time": "2020-02-12T15:15:45.787Z",
                "timestamp": 2463457000,
                "rssi": -35,
                "channel_rssi": -35,
                "snr": 5,
                "uplink_token": "ChIKEAoEZ3R3MRIInFyOAAAaBcQQ6L3Vlgk=",
                "channel_index": 2,
            }
        ],
        "settings": {
            "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}},
            "data_rate_index": 5,
            "coding_rate": "4/6",
            "frequency": "868300000",
            "timestamp": 2463457000,
            "time": "2020-02-12T15:15:45.787Z",
        },
        "consumed_airtime": "0.056576s",
        "locations": {
            "user": {
                "latitude": 37.97155556731436,
                "longitude": 23.72678801175413,
                "altitude": 10,
                "source": "SOURCE_REGISTRY",
            }
        },
        "received_at": "2020-02-12T15:15:45.789585559Z",
    },
}
JOIN = {
    "end_device_ids": UPLINK["end_device_ids"],
    "received_at": "2020-02-17T07:49:09.935284891Z",
    "join_accept": {"session_key_id": "AXBSH1Pk6Z0G166RlH16CQ==", "received_at": "2020-02-17T07:49:09.736532315Z"},
}


def uplink(**changes: Any) -> dict[str, Any]:
    return UPLINK | {"uplink_message": UPLINK["uplink_message"] | changes}


def test_the_documented_uplink() -> None:
    link = without(LINK, "rate") | {"temperature": {"path": "data.temperature", "unit": "°C"}}
    eui = "0004A30B001C0530"
    assert readings(section("ttn", metrics=link), UPLINK) == [
        (eui, AT, "rssi", -35.0),
        (eui, AT, "port", 0.0),
        (eui, AT, "counter", 1.0),
        (eui, AT, "temperature", 1.0),
    ]


def test_the_same_mapping_as_for_chirpstack_reads_a_sensors_bytes() -> None:
    content = base64.b64encode(bytes.fromhex("01756403670b0104823b01050001")).decode()
    stream = section("ttn", payload=EM400, metrics=BIN)
    assert [row[2:] for row in readings(stream, uplink(frm_payload=content))] == [
        ("distance", 315.0),
        ("battery", 100.0),
    ]


def test_a_device_without_an_eui_is_known_by_its_id() -> None:
    ids = without(UPLINK["end_device_ids"], "dev_eui")
    stream = section("ttn", metrics={"rssi": LINK["rssi"]})
    assert readings(stream, UPLINK | {"end_device_ids": ids}) == [("dev1", AT, "rssi", -35.0)]


def test_a_place_is_the_devices_own_and_not_a_registrys() -> None:
    stream = section("ttn", rows="position")
    own = {"frm-payload": {"latitude": 31.2, "longitude": 121.5}}
    assert places(stream, uplink(locations=own))[0][2:4] == (121.5, 31.2)
    _, (message,) = got(stream, UPLINK)
    assert "it has no 'lon' and 'lat'" in message


def test_other_messages_give_nothing() -> None:
    assert readings(section("ttn", metrics=LINK), JOIN) == []


@pytest.mark.parametrize(
    "payload, told",
    [
        pytest.param({"end_device_ids": {}}, "device_id", id="nobody"),
        pytest.param(uplink(received_at=None) | {"received_at": None}, "expected a time", id="no-time"),
        pytest.param(uplink(rx_metadata=[{"rssi": "loud"}]), "Expected `float`", id="a-word-for-a-number"),
    ],
)
def test_what_is_none_is_set_aside(payload: Any, told: str) -> None:
    _, (message,) = got(section("ttn", metrics=LINK), payload)
    assert message.startswith("expected an uplink of The Things Stack v3")
    assert told in message
