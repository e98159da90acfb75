"""metric_names: which metrics gridwatch has, asked of what makes them, and which a query names."""

from __future__ import annotations

import functools
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import structlog
from prometheus_client.core import Metric

from cameras.publish import Broker, Publisher
from gridwatch.camera_metrics import CameraMetrics
from pipeline.runtime.dispatching import _Measures
from pipeline.runtime.metrics import Metrics

OF_PROMETHEUS = frozenset({"up", "ALERTS"})


def _samples(families: Iterable[Metric]) -> Iterable[str]:
    for each in families:
        if each.type == "counter":
            yield f"{each.name}_total"
        elif each.type == "histogram":
            yield from (f"{each.name}_{end}" for end in ("bucket", "sum", "count"))
        else:
            yield each.name


@functools.cache
def known_metrics() -> frozenset[str]:
    """Names as Prometheus has them, of all that gridwatch counts and measures."""
    metrics = Metrics()
    _Measures(metrics.registry)
    cameras = CameraMetrics(structlog.get_logger())
    metrics.registry.register(cameras)
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker.model_validate({"host": "127.0.0.1", "client_id": "x"})
        cameras.publisher = Publisher(broker, structlog.get_logger(), folder=Path(folder))
        names = frozenset(_samples(metrics.registry.collect()))
        cameras.publisher.stop(0)
    return names | OF_PROMETHEUS


def used_metrics(query: str) -> set[str]:
    """The metrics that a query names: words that are no function, label or text."""
    plain = re.sub(r'"[^"]*"', '""', query)
    plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring) ?\([^)]*\)", " ", plain)
    words = re.findall(r"[A-Za-z_:][\w:]*(?!\w*\s*\()", plain)
    return {word for word in words if word not in ("and", "or", "unless", "bool", "by")}
