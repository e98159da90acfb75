"""owntracks: what OwnTracks apps and trackers publish: where they are, and that they entered or left a region.

`location` and `transition` have a time, so they become rows. `lwt`, the broker's word that the connection is lost, has
none of its own (its `tst` is when the app first connected): silence is judged by the rule `silent`. Apps leave out
speed, course and accuracy both when they are 0 and when they don't know them, so absent means unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from pipeline.codec import Codec, Facts

# fmt: off
_OTHERS = frozenset((
    "beacon", "card", "cmd", "configuration", "dump", "lwt", "msg", "request", "status", "step", "steps", "waypoint",
    "waypoints",
))
# fmt: on
"""Messages that say nothing of where somebody is."""
_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


class OwnTracks(Codec):
    """`codec: owntracks`: JSON on the topics owntracks/{user}/{device}."""

    expected: ClassVar[str] = "OwnTracks' JSON with _type, and for a location tst, lat and lon"
    rows: ClassVar[str] = "position"
    subject: ClassVar[str] = "{device}"
    datum: ClassVar[str | None] = "WGS-84"
    fields: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "ts": {"path": "tst", "unit": "unix_s"},
        "lon": {"path": "lon"},
        "lat": {"path": "lat"},
        "speed": {"path": "vel", "unit": "km/h"},
        "heading": {"path": "cog"},
        "accuracy": {"path": "acc", "unit": "m"},
    }

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        if not payload:
            return []  # a retained message that was deleted
        facts = _DECODE(payload)
        kind = facts.get("_type")
        if kind == "location":
            return [facts]
        if kind == "transition":
            return [{**facts, "entered": {"enter": 1, "leave": 0}.get(str(facts.get("event")))}]
        if kind == "encrypted":
            raise ValueError("it is encrypted, and gridwatch has no key: empty 'encryption key' in the app, use TLS")
        if kind in _OTHERS:
            return []
        raise ValueError(f"an unknown _type {kind!r:.40}")
