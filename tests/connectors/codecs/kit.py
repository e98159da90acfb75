"""kit: a stream of a codec, and what becomes of payloads in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.codecs import KNOWN
from connectors.codecs.stream import StreamSettings
from pipeline.names import Names
from pipeline.rows import Rows
from tests.connectors.mappings import decode, deliveries, table

METRIC = ("subject", "ts", "metric", "value")
PLACE = ("subject", "ts", "lon", "lat", "speed", "heading")


def section(codec: str, **more: Any) -> StreamSettings:
    """`streams.<name>` with that codec."""
    base = {"source": "s", "topic": "devices/{device}/up", "codec": codec, "unknown": "accept"}
    return KNOWN[codec].settings.model_validate(base | more)


def got(
    stream: StreamSettings, *payloads: Any, topic: str = "devices/d1/up"
) -> tuple[list[tuple[Rows, Names]], list[str]]:
    """Rows, and the messages of what was set aside."""
    names = Names()
    decoded = decode(stream, deliveries(*payloads, topic=topic, source="s"), names)
    return [(rows, names) for rows in decoded.rows], [aside.message for aside in decoded.aside]


def readings(stream: StreamSettings, *payloads: Any, topic: str = "devices/d1/up") -> list[tuple[Any, ...]]:
    """(subject, ts, metric, value) of each; nothing may be set aside."""
    blocks, aside = got(stream, *payloads, topic=topic)
    assert aside == []
    return [row for rows, names in blocks for row in table(rows, names, *METRIC)]


def places(
    stream: StreamSettings, *payloads: Any, topic: str = "devices/d1/up", columns: tuple[str, ...] = PLACE
) -> list[tuple[Any, ...]]:
    """Positions as tuples; nothing may be set aside."""
    blocks, aside = got(stream, *payloads, topic=topic)
    assert aside == []
    return [row for rows, names in blocks for row in table(rows, names, *columns)]


def without(payload: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """The payload without these keys."""
    return {key: value for key, value in payload.items() if key not in keys}
