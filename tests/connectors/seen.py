"""seen: a stream of cameras and their messages, for the tests of the codec of sightings."""

from __future__ import annotations

from typing import Any

from connectors.codecs.sightings import SightingStream
from pipeline.entries import EntryBuffer
from tests.connectors.mappings import deliveries

CAMERAS: dict[str, Any] = {
    "source": "cameras",
    "topic": "cameras/{camera}/sightings",
    "codec": "sightings",
    "zones": ["lane", "bus-stop"],
}
TOPIC = "cameras/gate/sightings"


def cameras(**changes: Any) -> SightingStream:
    """The stream, with changes."""
    return SightingStream.model_validate(CAMERAS | changes)


def car(track: Any = 1, **more: Any) -> dict[str, Any]:
    """An object that is as it should be, or not."""
    return {"track": track, "label": "car", "box": [0.25, 0.5, 0.125, 0.0625]} | more


def without(one: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The same without some keys."""
    return {key: value for key, value in one.items() if key not in keys}


def picture(*objects: Any, ts: Any = 1000.5, **more: Any) -> dict[str, Any]:
    """A message."""
    return {"ts": ts, "objects": list(objects)} | more


def sent(*payloads: Any, topic: str = TOPIC) -> EntryBuffer:
    """A buffer with one delivery for each payload, as `deliveries`."""
    return deliveries(*payloads, topic=topic, source="cameras")
