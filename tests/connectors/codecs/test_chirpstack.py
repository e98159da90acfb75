"""ChirpStack v4: absent is zero, one event gives rows and another none, a device's own bytes are decoded inside.

UPLINK, STATUS, LOCATION, JOIN and TXACK are the examples of ChirpStack's documentation (chirpstack-docs,
src/chirpstack/integrations/events.md, v4), shortened where nothing is read; bytes are Milesight's (see test_milesight).
"""

from __future__ import annotations

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from tests.connectors.codecs.kit import got, places, readings, section, without

AT = 1658136855.775023
DEVICE = {
    "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
    "tenantName": "ChirpStack",
    "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
    "applicationName": "Test application",
    "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
    "deviceProfileName": "Test device-profile",
    "deviceName": "Test device",
    "devEui": "0101010101010101",
    "tags": {"key": "value"},
}
UPLINK: dict[str, Any] = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2022-07-18T09:34:15.775023242+00:00",
    "deviceInfo": DEVICE,
    "devAddr": "00189440",
    "dr": 1,
    "fPort": 1,
    "data": "qg==",
    "rxInfo": [
        {
            "gatewayId": "0016c001f153a14c",
            "uplinkId": 4217106255,
            "rssi": -36,
            "snr": 10.5,
            "context": "E3OWOQ==",
            "metadata": {"region_name": "eu868", "region_common_name": "EU868"},
        }
    ],
    "txInfo": {
        "frequency": 867100000,
        "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 11, "codeRate": "CR_4_5"}},
    },
}
STATUS = {
    "deduplicationId": "bf2a9746-1c8b-49be-a92e-f0b89c8534e4",
    "time": "2022-07-18T09:35:06.927172638+00:00",
    "deviceInfo": DEVICE,
    "margin": 10,
    "batteryLevel": 88.3,
}
JOIN = {"time": "2022-07-18T09:33:28.823500726+00:00", "deviceInfo": DEVICE, "devAddr": "00189440"}
TXACK = {
    "downlinkId": 3461958127,
    "time": "2022-07-18T09:37:48.929184085+00:00",
    "deviceInfo": DEVICE,
    "queueItemId": "42cb6459-a640-46ec-9623-bdff39dc4736",
    "fCntDown": 2,
    "gatewayId": "0016c001f153a14c",
    "txInfo": {"frequency": 867900000, "power": 14},
}
INTEGRATION = {
    "time": "2022-07-18T10:02:15.812284501+00:00",
    "deviceInfo": DEVICE,
    "integrationName": "loracloud",
    "eventType": "modem_UplinkResponse",
    "object": {"fports": {"wifiport": 197.0}},
}
LOCATION = {
    "time": "2022-07-18T09:55:11.059481003+00:00",
    "deviceInfo": DEVICE,
    "location": {"latitude": 37.344214, "longitude": -8.839375, "altitude": 2},
}
LINK = {
    "rssi": {"path": "rssi", "unit": "dBm"},
    "port": {"path": "port", "unit": "1"},
    "counter": {"path": "counter", "unit": "1"},
    "rate": {"path": "data_rate", "unit": "1"},
}
BIN = {"distance": {"path": "data.distance", "unit": "mm"}, "battery": {"path": "data.battery", "unit": "%"}}
EM400 = {"codec": "milesight", "model": "em400-mud"}


def with_bytes(content: str) -> dict[str, Any]:
    return UPLINK | {"data": base64.b64encode(bytes.fromhex(content)).decode()}


def test_the_documented_uplink() -> None:
    eui = DEVICE["devEui"]
    assert readings(section("chirpstack", metrics=LINK), UPLINK) == [
        (eui, AT, "rssi", -36.0),
        (eui, AT, "port", 1.0),
        (eui, AT, "counter", 0.0),
        (eui, AT, "rate", 1.0),
    ]


@pytest.mark.parametrize(
    "payload, values",
    [
        pytest.param(without(UPLINK, "dr"), [-36.0, 1.0, 0.0, 0.0], id="data-rate-0"),
        pytest.param(without(UPLINK, "fPort"), [-36.0, 0.0, 0.0, 1.0], id="port-0"),
        pytest.param(UPLINK | {"rxInfo": [{"gatewayId": "a", "snr": 3.0}]}, [0.0, 1.0, 0.0, 1.0], id="rssi-0"),
        pytest.param(UPLINK | {"rxInfo": [{"rssi": -90, "snr": -4}, {"rssi": -50}]}, [-50.0, 1.0, 0.0, 1.0], id="best"),
        pytest.param(without(UPLINK, "rxInfo"), [1.0, 0.0, 1.0], id="no-gateway-no-strength"),
        pytest.param(without(UPLINK, "data"), [-36.0, 1.0, 0.0, 1.0], id="no-data"),
    ],
)
def test_absent_is_zero(payload: dict[str, Any], values: list[float]) -> None:
    assert [row[3] for row in readings(section("chirpstack", metrics=LINK), payload)] == values


def test_what_the_device_profile_decoded_is_json_where_absent_is_unknown() -> None:
    stream = section("chirpstack", metrics=BIN, subject="{device}")
    assert readings(stream, UPLINK | {"object": {"distance": 0.0}}) == [("d1", AT, "distance", 0.0)]


def test_a_devices_bytes_are_decoded_inside() -> None:
    stream = section("chirpstack", payload=EM400, metrics=BIN)
    assert [row[2:] for row in readings(stream, with_bytes("01755C03670101048244080500 01".replace(" ", "")))] == [
        ("distance", 2116.0),
        ("battery", 92.0),
    ]


def test_an_uplink_without_bytes_is_about_the_link_alone() -> None:
    assert readings(section("chirpstack", payload=EM400, metrics=BIN), without(UPLINK, "data")) == []


@pytest.mark.parametrize("payload", [JOIN, TXACK, INTEGRATION], ids=["join", "txack", "integration"])
def test_other_events_give_nothing(payload: dict[str, Any]) -> None:
    assert readings(section("chirpstack", metrics=LINK), payload) == []


@pytest.mark.parametrize(
    "payload, values",
    [
        pytest.param(STATUS, [88.3, 10.0], id="as-documented"),
        pytest.param(without(STATUS, "batteryLevel"), [0.0, 10.0], id="empty"),
        pytest.param(without(STATUS, "batteryLevel") | {"batteryLevelUnavailable": True}, [10.0], id="nobody-knows"),
        pytest.param(without(STATUS, "batteryLevel") | {"externalPowerSource": True}, [10.0], id="no-battery"),
    ],
)
def test_a_status(payload: dict[str, Any], values: list[float]) -> None:
    metrics = {"battery": {"path": "battery", "unit": "%"}, "margin": {"path": "margin", "unit": "dB"}}
    assert [row[3] for row in readings(section("chirpstack", metrics=metrics), payload)] == values


def test_a_location() -> None:
    assert places(section("chirpstack", rows="position"), LOCATION)[0][2:4] == (-8.839375, 37.344214)


@pytest.mark.parametrize(
    "payload, told",
    [
        pytest.param({"hello": 1}, "expected an event of ChirpStack v4 as JSON", id="another"),
        pytest.param(b"\xff\x00", "expected an event of ChirpStack", id="bytes"),
        pytest.param(b"", "expected an event of ChirpStack", id="empty"),
        pytest.param(UPLINK | {"time": "yesterday"}, "expected a time such as", id="no-time"),
        pytest.param(UPLINK | {"data": "not base64!"}, "not base64", id="not-base64"),
        pytest.param(with_bytes("99aa01"), "channel 0x99 type 0xAA is none of a EM400-MUD", id="another-model"),
        pytest.param(with_bytes("0175"), "cut off after 2 bytes, in channel 0x01", id="cut-off"),
        pytest.param(with_bytes("03670101"), "no 'data.distance' or 'data.battery'; there are: ", id="other-values"),
    ],
)
def test_what_is_none_is_set_aside(payload: Any, told: str) -> None:
    blocks, (message,) = got(section("chirpstack", payload=EM400, metrics=BIN), payload)
    assert blocks == []
    assert told in message


@pytest.mark.parametrize(
    "more, told",
    [
        pytest.param({"payload": {"codec": "milesigt"}}, "did you mean 'milesight'", id="a-typo"),
        pytest.param({"payload": {"codec": "milesight"}}, "model: Field required", id="no-model"),
        pytest.param({"payload": {"codec": "milesight", "model": "em400-mud", "x": 1}}, "x: Extra", id="an-option"),
        pytest.param({"payload": "milesight"}, "valid dictionary", id="a-bare-name"),
        pytest.param({"metrics": {}}, "metrics: expected at least one", id="no-metric"),
        pytest.param({"rows": "position", "metrics": {}, "datum": "WGS"}, "WGS-84", id="datum"),
    ],
)
def test_what_the_section_refuses(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        section("chirpstack", **({"metrics": BIN} | more))
