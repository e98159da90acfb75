"""chirpstack: events of ChirpStack v4 as JSON over MQTT: uplinks, device status, locations.

ChirpStack writes JSON by the rules of Protocol Buffers: what is 0, false or empty is left out. So an uplink without
`fCnt` is number 0, one without `dr` has data rate 0, and a gateway that names no `rssi` heard it with 0 dBm. What a
device measured (`object`, made by the codec of its device profile) is JSON as it is; there absent means unknown.

Other events (join, ack, txack, log, integration) say nothing that is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec
from pydantic import Field

from connectors.codecs.inside import Payload, carried, from_base64
from connectors.codecs.stamps import iso_seconds
from pipeline.codec import Codec, Facts


class _Gateway(msgspec.Struct, gc=False):
    gatewayId: str = ""  # noqa: N815  as it is written
    rssi: float = 0.0
    snr: float = 0.0


class _Device(msgspec.Struct, gc=False):
    devEui: str  # noqa: N815
    deviceName: str = ""  # noqa: N815
    tags: dict[str, str] = {}


class _Place(msgspec.Struct, gc=False):
    latitude: float = 0.0
    longitude: float = 0.0
    altitude: float = 0.0


class _Event(msgspec.Struct, gc=False):
    """What of all events is read. None: this event has no such part."""

    time: str
    deviceInfo: _Device  # noqa: N815
    dr: int = 0
    fCnt: int = 0  # noqa: N815
    fPort: int = 0  # noqa: N815
    confirmed: bool = False
    adr: bool = False
    data: str | None = None
    object: dict[str, Any] | None = None
    rxInfo: list[_Gateway] | None = None  # noqa: N815
    txInfo: dict[str, Any] | None = None  # noqa: N815
    queueItemId: str | None = None  # noqa: N815  of txack, which has txInfo too
    integrationName: str | None = None  # noqa: N815
    location: _Place | None = None
    margin: float | None = None
    batteryLevel: float | None = None  # noqa: N815
    batteryLevelUnavailable: bool = False  # noqa: N815
    externalPowerSource: bool | None = None  # noqa: N815


_DECODE = msgspec.json.Decoder(_Event).decode
_POSITION = {"lon": {"path": "lon"}, "lat": {"path": "lat"}}


class ChirpStack(Codec):
    """`codec: chirpstack`: what ChirpStack v4 publishes of a device."""

    expected: ClassVar[str] = "an event of ChirpStack v4 as JSON, with time and deviceInfo.devEui"
    datum: ClassVar[str | None] = "WGS-84"
    fields: ClassVar[Mapping[str, Mapping[str, Any]]] = {**Codec.fields, **_POSITION}

    payload: Payload | None = Field(None, description="by which codec the device's bytes are decoded; none: `object`")

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        event = _DECODE(payload)
        facts: dict[str, Any] = {
            "ts": iso_seconds(event.time),
            "device": event.deviceInfo.devEui,
            "name": event.deviceInfo.deviceName,
            "tags": event.deviceInfo.tags,
        }
        if event.location is not None:
            place = event.location
            return [{**facts, "lon": place.longitude, "lat": place.latitude, "altitude": place.altitude}]
        if event.integrationName is not None or event.queueItemId is not None:
            return []
        if event.txInfo is not None or event.rxInfo is not None:
            facts |= _link(event)
            return carried(facts, from_base64(event.data), self.payload, event.object)
        status = (event.margin, event.batteryLevel, event.externalPowerSource)
        if event.batteryLevelUnavailable or any(each is not None for each in status):
            # Of a status that says one of these, what it leaves out is 0; unless it says that nobody knows.
            external, unknown = bool(event.externalPowerSource), event.batteryLevelUnavailable
            battery = None if external or unknown else event.batteryLevel or 0.0
            return [{**facts, "margin": event.margin or 0.0, "battery": battery, "external_power": external}]
        return []


def _link(event: _Event) -> dict[str, Any]:
    """How an uplink came: of several gateways, by the one that heard it best."""
    facts: dict[str, Any] = {
        "port": event.fPort,
        "counter": event.fCnt,
        "data_rate": event.dr,
        "confirmed": event.confirmed,
        "adr": event.adr,
        "gateways": len(event.rxInfo or ()),
    }
    best = max(event.rxInfo or (), key=lambda each: (each.snr, each.rssi), default=None)
    return facts if best is None else facts | {"gateway": best.gatewayId, "rssi": best.rssi, "snr": best.snr}
