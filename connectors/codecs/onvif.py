"""onvif: events that ONVIF cameras publish by MQTT (event broker, `onvif-ej`; ONVIF Core, 25.12).

The topic says which camera and which event, `gate/onvif-ej/RuleEngine/FieldDetector/ObjectsInside/&1/1/Field`; the
payload has the time and the items of Source, Key and Data. Values are text by the specification, and cameras leave the
quotes out as they like: numbers become numbers, true and false 1 and 0. An empty payload says that a property is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any, ClassVar

import msgspec

from connectors.codecs.stamps import iso_seconds
from pipeline.codec import Codec, Facts

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_WORDS = {"true": 1, "false": 0}


class _Message(msgspec.Struct, gc=False):
    UtcTime: str
    Source: dict[str, Any] | None = None
    Key: dict[str, Any] | None = None
    Data: dict[str, Any] | None = None


_DECODE = msgspec.json.Decoder(_Message).decode


class Onvif(Codec):
    """`codec: onvif`: what cameras' event brokers publish."""

    expected: ClassVar[str] = "an ONVIF event as JSON, with UtcTime, Source and Data"
    subject: ClassVar[str] = "{camera}"

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        if not payload:
            return []
        message = _DECODE(payload)
        return [
            {
                "ts": iso_seconds(message.UtcTime, UTC),
                "source": {name: str(value) for name, value in _items(message.Source)},
                "key": {name: _read(value) for name, value in _items(message.Key)},
                "data": {name: _read(value) for name, value in _items(message.Data)},
            }
        ]


def _items(group: Mapping[str, Any] | None) -> Iterable[tuple[str, Any]]:
    """Names and values. Some cameras write the list of items that the XML has."""
    for name, value in (group or {}).items():
        if name == "SimpleItem" and isinstance(value, list):
            yield from ((str(each["Name"]).replace(".", "_"), each.get("Value")) for each in value)
        else:
            yield name.replace(".", "_"), value


def _read(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        text = value.strip()
        return _WORDS.get(text.lower(), float(text) if _NUMBER.fullmatch(text) else value)
    return value
