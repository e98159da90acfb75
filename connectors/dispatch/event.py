"""event: a message as a CloudEvent 1.0, structured JSON. https://github.com/cloudevents/spec, v1.0.2.

`source` and `id` together are the idempotency key. `subject` is the case, `type` what happened to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.dispatch.message import Message

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
TEST = "gridwatch.test"
"""The type of an event that says nothing, sent to see whether it arrives."""


def event(message: Message, city: str) -> dict[str, Any]:
    """The event. city: its id."""
    made = _event(message.id, city, f"gridwatch.case.{message.event}", message.at, message.content)
    return {**made, "subject": message.case}


def trial(id: str, city: str, now: float) -> dict[str, Any]:
    """One that says nothing. now: UTC seconds."""
    return _event(id, city, TEST, now, {"event": "test"})


def encoded(event: Mapping[str, Any]) -> bytes:
    """As it goes out."""
    return json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _event(id: str, city: str, type: str, at: float, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id,
        "source": f"/gridwatch/{city}",
        "type": type,
        "time": datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data,
    }
