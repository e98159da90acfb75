"""connectors: one file for each outside system, sources and sinks; `codecs` for what deliveries are written in."""

from __future__ import annotations

from connectors.mqtt import MqttReceiver, MqttSource
from connectors.source import SourceKind
from pipeline.faults import did_you_mean

SOURCES: dict[str, SourceKind] = {
    "mqtt": SourceKind(MqttSource, MqttReceiver),
}
"""Every kind of source, by the `type` that a configuration uses."""


def source_kind(name: str) -> SourceKind:
    """The kind of source of that name. Raises KeyError with a suggestion."""
    if name not in SOURCES:
        raise KeyError(f"no source type '{name}'{did_you_mean(name, SOURCES)}")
    return SOURCES[name]
