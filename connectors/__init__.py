"""connectors: one file for each outside system, sources and sinks; `codecs` for what deliveries are written in.

Packages bring more sources by entry points (pipeline/connector.py).

    [project.entry-points."gridwatch.connectors"]
    acme = "my_package:Acme"
"""

from __future__ import annotations

from connectors.http import HttpReceiver
from connectors.http_settings import HttpSource
from connectors.jt808.gateway import Jt808Receiver
from connectors.jt808.settings import Jt808Source
from connectors.jt809.gateway import Jt809Receiver
from connectors.jt809.settings import Jt809Source
from connectors.kafka import KafkaReceiver, KafkaSource
from connectors.mqtt import MqttReceiver, MqttSource
from connectors.plugged import kind_of
from connectors.source import SourceKind
from pipeline.connector import Connector
from pipeline.faults import did_you_mean
from pipeline.registry import Registry

SOURCES: dict[str, SourceKind] = {
    "mqtt": SourceKind(MqttSource, MqttReceiver),
    "kafka": SourceKind(KafkaSource, KafkaReceiver),
    "http": SourceKind(HttpSource, HttpReceiver),
    "jt808": SourceKind(Jt808Source, Jt808Receiver),
    "jt809": SourceKind(Jt809Source, Jt809Receiver),
}
"""Every kind of source of our own, by the `type` that a configuration uses."""

REGISTRY = Registry("connector", "connectors:SOURCES", "gridwatch.connectors")

PLUGINS, BROKEN = REGISTRY.of_packages(Connector, kind_of)
"""Those of installed packages, as they were when gridwatch began; and by name why one of them can't be loaded."""

KNOWN: dict[str, SourceKind] = {**SOURCES, **PLUGINS}


def source_kind(name: str) -> SourceKind:
    """The kind of source of that name. Raises KeyError with a suggestion."""
    if name not in KNOWN:
        raise KeyError(f"no source type '{name}'{did_you_mean(name, KNOWN)}")
    return KNOWN[name]
