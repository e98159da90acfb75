"""The metrics: all of them are in the docs, and what is counted is what is new."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from pipeline.runtime.metrics import Metrics
from pipeline.runtime.sections import MetricsSection

DOCS = Path(__file__).resolve().parents[2] / "docs" / "running.md"


def test_each_metric_is_in_the_docs() -> None:
    text = DOCS.read_text("utf-8")
    missing = [
        name
        for each in Metrics().registry.collect()
        for name in [each.name + "_total" if each.type == "counter" else each.name]
        if f"`{name}" not in text
    ]
    assert missing == []


def test_what_a_snapshot_had_counted_is_not_counted_again() -> None:
    metrics = Metrics()
    metrics.begin({"live": 10, "repeated": 2})
    metrics.judged({"live": 13, "repeated": 2, "unknown": 1}, 5, [])
    metrics.judged({"live": 14, "repeated": 2, "unknown": 1}, 1, [])

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(name, labels)

    assert value("gridwatch_entries_total") == 6
    assert value("gridwatch_rows_total", fate="live") == 4
    assert value("gridwatch_rows_total", fate="repeated") is None
    assert value("gridwatch_asides_total", reason="unknown") == 1


def test_a_port_that_is_taken_is_named() -> None:
    first = Metrics().serve(MetricsSection(host="127.0.0.1", port=0))
    port = int(first.url.rsplit(":", 1)[1].partition("/")[0])
    with pytest.raises(OSError, match="in use") as caught:
        Metrics().serve(MetricsSection(host="127.0.0.1", port=port))
    assert caught.value.filename == f"metrics on 127.0.0.1:{port}"
    first.close()


def test_the_disk_of_the_data_is_measured_while_it_can_be_asked(tmp_path: Path) -> None:
    metrics = Metrics()
    data = tmp_path / "data"
    metrics.watch_disk(data)

    def left() -> float:
        free = metrics.registry.get_sample_value("gridwatch_disk_free_bytes")
        size = metrics.registry.get_sample_value("gridwatch_disk_bytes")
        assert free is not None
        assert size is not None
        return free / size

    assert math.isnan(left())
    data.mkdir()
    assert 0 <= left() <= 1
