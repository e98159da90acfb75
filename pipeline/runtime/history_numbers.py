"""history_numbers: the numbers of the pipeline as points, and the history's own numbers for Prometheus.

    metrics,source=fleet gridwatch_source_connected=1,gridwatch_source_in_flight=12 1790000000000000000

One point for each set of labels. Buckets are left out: a count and a sum tell how it went over months.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connectors.history import lines

LEFT_OUT = ("unusable", "too old", "too many series")
"""Why a row is no point, beside thinning."""


def sampled(registry: CollectorRegistry, now: float, process: str = "") -> list[str]:
    """The numbers as they are, one line for each set of labels. now: UTC seconds. process: whose they are, where a city
    has several."""
    found: dict[str, list[str]] = {}
    for metric in registry.collect():
        for sample in metric.samples:
            if sample.name.endswith(("_created", "_bucket")) or not math.isfinite(sample.value):
                continue
            if not all(map(lines.writable, filter(None, sample.labels.values()))):
                continue
            head = lines.head_of(lines.METRICS, {**sample.labels, "process": process})
            found.setdefault(head, []).append(f"{lines.tag(sample.name)}={float(sample.value)!r}")
    at = lines.nanoseconds(now)
    return [f"{head} {','.join(fields)} {at}" for head, fields in found.items()]


class Numbers(Collector):
    """Of one history; `state` and `spool` are looked at when somebody asks."""

    def __init__(
        self,
        registry: CollectorRegistry,
        state: object,
        spool: object,
        behind: Callable[[], int],
        counts: Callable[[], Mapping[str, int]],
    ) -> None:
        """state: pipeline.runtime.history_state.State. spool: a Spool. counts: gives the Writer's."""
        self._state, self._spool, self._behind, self._counts = state, spool, behind, counts
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """For Prometheus."""
        state = self._state

        def count(name: str, says: str, of: str) -> Metric:
            return CounterMetricFamily(f"gridwatch_history_{name}", says, value=getattr(state, of))

        yield count("points", "Points that InfluxDB has taken.", "points")
        yield count("points_beyond", "Refused since the bucket keeps nothing as old.", "beyond")
        yield count("points_refused", "Refused for what they are, and set aside.", "refused")
        yield count("points_lost", "Measures and numbers that there was no room for.", "lost")
        yield count("entries_gone", "Journal entries that went before they were written.", "gone")
        yield GaugeMetricFamily("gridwatch_history_behind_entries", "Committed and not written.", value=self._behind())
        left = CounterMetricFamily(
            "gridwatch_history_rows_left_out", "Rows that are no points, by why.", labels=["reason"]
        )
        counts = self._counts()
        for reason in LEFT_OUT:
            left.add_metric([reason], counts.get(reason, 0))
        yield left
        waits = getattr(self._spool, "nbytes", 0)
        yield GaugeMetricFamily("gridwatch_history_waiting_bytes", "Measures and numbers that wait.", value=waits)
        trouble = float(bool(getattr(state, "trouble", "")))
        yield GaugeMetricFamily("gridwatch_history_trouble", "1 while nothing can be written.", value=trouble)
