"""ttn: uplinks of The Things Stack v3 (The Things Network) as JSON, over MQTT or by webhook.

The Things Stack leaves out what is 0, false or empty: an uplink without `f_cnt` is number 0, one without `f_port` was
on port 0. What the device measured (`decoded_payload`, made by its payload formatter) is JSON as it is; there absent
means unknown. The keys are those of `chirpstack`, so that one mapping does for both.

Other messages (join_accept, downlink_…, service_data) say nothing that is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec
from pydantic import Field

from connectors.codecs.inside import Payload, carried, from_base64
from connectors.codecs.stamps import iso_seconds
from pipeline.codec import Codec, Facts


class _Ids(msgspec.Struct, gc=False):
    device_id: str
    dev_eui: str = ""


class _GatewayIds(msgspec.Struct, gc=False):
    gateway_id: str = ""


class _Gateway(msgspec.Struct, gc=False):
    gateway_ids: _GatewayIds = msgspec.field(default_factory=_GatewayIds)
    rssi: float = 0.0
    snr: float = 0.0


class _Place(msgspec.Struct, gc=False):
    latitude: float = 0.0
    longitude: float = 0.0
    altitude: float = 0.0


class _Uplink(msgspec.Struct, gc=False):
    received_at: str | None = None
    f_port: int = 0
    f_cnt: int = 0
    confirmed: bool = False
    frm_payload: str | None = None
    decoded_payload: dict[str, Any] | None = None
    rx_metadata: list[_Gateway] = []
    locations: dict[str, _Place] = {}


class _Message(msgspec.Struct, gc=False):
    end_device_ids: _Ids
    received_at: str | None = None
    uplink_message: _Uplink | None = None


_DECODE = msgspec.json.Decoder(_Message).decode
_OWN = "frm-payload"
"""The place that the device itself has said; others are a registry's or somebody's estimate."""


class Ttn(Codec):
    """`codec: ttn`: what The Things Stack v3 publishes of a device."""

    expected: ClassVar[str] = "an uplink of The Things Stack v3 as JSON, with end_device_ids and received_at"
    datum: ClassVar[str | None] = "WGS-84"
    fields: ClassVar[Mapping[str, Mapping[str, Any]]] = {**Codec.fields, "lon": {"path": "lon"}, "lat": {"path": "lat"}}

    payload: Payload | None = Field(
        None, description="by which codec the device's bytes are decoded; none: `decoded_payload`"
    )

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        message = _DECODE(payload)
        uplink = message.uplink_message
        if uplink is None:
            return []
        ids = message.end_device_ids
        facts: dict[str, Any] = {
            # When the network server had it: gateways' clocks are anybody's.
            "ts": iso_seconds(uplink.received_at or message.received_at),
            "device": ids.dev_eui or ids.device_id,
            "name": ids.device_id,
            "port": uplink.f_port,
            "counter": uplink.f_cnt,
            "confirmed": uplink.confirmed,
            "gateways": len(uplink.rx_metadata),
        }
        best = max(uplink.rx_metadata, key=lambda each: (each.snr, each.rssi), default=None)
        if best is not None:
            facts |= {"gateway": best.gateway_ids.gateway_id, "rssi": best.rssi, "snr": best.snr}
        place = uplink.locations.get(_OWN)
        if place is not None:
            facts |= {"lon": place.longitude, "lat": place.latitude, "altitude": place.altitude}
        return carried(facts, from_base64(uplink.frm_payload), self.payload, uplink.decoded_payload)
