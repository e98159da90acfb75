"""frigate_events: messages as Frigate publishes them on `frigate/events`, and a car that parks, for the tests.

In the form of Frigate 0.15, with the keys that nobody reads here: what comes in must not mind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.codecs.frigate import FrigateStream

TOPIC = "frigate/events"
STREAM: dict[str, Any] = {
    "source": "broker",
    "topic": TOPIC,
    "codec": "frigate",
    "unknown": "accept",
    "size": [1280, 720],
    "zones": ["no_stopping"],
}
START = 1_714_521_600.0
CAR, VAN = f"{START}-k3x9qa", f"{START + 40.2}-0bz7wp"


def frigate(**changes: Any) -> FrigateStream:
    """The stream, with changes."""
    return FrigateStream.model_validate(STREAM | changes)


def state(event: str, t: float, box: Sequence[float] = (320, 360, 640, 540), **more: Any) -> dict[str, Any]:
    """An object at a time, seconds from START."""
    left, top, right, bottom = box
    found: dict[str, Any] = {
        "id": event,
        "camera": "gate",
        "frame_time": START + t,
        "snapshot": {
            "frame_time": START + t,
            "box": list(box),
            "area": (right - left) * (bottom - top),
            "region": [160, 120, 800, 760],
            "score": 0.84375,
            "attributes": [],
        },
        "label": "car",
        "sub_label": None,
        "top_score": 0.87890625,
        "false_positive": False,
        "start_time": float(event.split("-", maxsplit=1)[0]),
        "end_time": None,
        "score": 0.84375,
        "box": list(box),
        "area": (right - left) * (bottom - top),
        "ratio": 1.78,
        "region": [160, 120, 800, 760],
        "active": True,
        "stationary": False,
        "motionless_count": 0,
        "position_changes": 1,
        "current_zones": ["street", "no_stopping"],
        "entered_zones": ["street", "no_stopping"],
        "has_clip": True,
        "has_snapshot": True,
        "attributes": {},
        "current_attributes": [],
        "pending_loitering": False,
        "max_severity": "alert",
        "current_estimated_speed": 0,
        "average_estimated_speed": 0,
        "velocity_angle": 0,
        "path_data": [[[0.375, 0.75], START + t]],
        "recognized_license_plate": None,
    }
    return found | more


def event(kind: str, after: dict[str, Any]) -> dict[str, Any]:
    """A message."""
    return {"type": kind, "before": after | {"frame_time": START}, "after": after}


def standing(t: float, **more: Any) -> dict[str, Any]:
    """The car, which stopped at 4 s and is told to have been motionless since, 5 frames a second."""
    return state(CAR, t, stationary=True, active=False, motionless_count=round((t - 4.0) * 5), **more)


def parks() -> list[dict[str, Any]]:
    """A car drives up, stands from 4 s to 724 s and drives off; a van passes.

    Frigate speaks when an object is new, when its zones or its state change, once a minute, and when it has gone.
    """
    story = [
        event("new", state(CAR, 0.0, (0, 380, 200, 500), current_zones=["street"], entered_zones=["street"])),
        event("update", state(CAR, 3.0, motionless_count=0)),
        event("update", standing(14.2)),
        event("new", state(VAN, 40.2, (900, 400, 1100, 560), label="truck")),
        event("update", state(VAN, 41.0, (500, 400, 700, 560), label="truck")),
        *(event("update", standing(14.2 + 60.2 * minute)) for minute in range(1, 12)),
        event("end", state(VAN, 44.0, (0, 400, 90, 560), label="truck", end_time=START + 49.0)),
        event("update", state(CAR, 724.4, (420, 380, 760, 560), position_changes=2)),
        event("end", state(CAR, 730.0, (1100, 400, 1279, 560), current_zones=[], end_time=START + 735.0)),
    ]
    return sorted(story, key=lambda each: each["after"]["end_time"] or each["after"]["frame_time"])
