"""metrics: how the runtime is doing, for Prometheus.

Each runtime has a registry of its own. Names begin with `gridwatch_`; what is counted is counted since the process
began. Served on 127.0.0.1 unless the configuration says otherwise: the numbers tell a stranger about the city.
"""

from __future__ import annotations

import math
import shutil
import time
from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from cases.making import Known
from pipeline.runtime.logs import Lines
from pipeline.runtime.reloads import Reloads
from pipeline.runtime.sections import MetricsSection
from pipeline.runtime.terminal_clocks import FINE, TerminalClocks

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
JUDGED = ("live", "late")
"""The fates of rows that were judged."""


class Metrics:
    """The numbers of one runtime."""

    def __init__(self) -> None:
        self.registry = r = CollectorRegistry()
        self.entries = Counter("gridwatch_entries", "Journal entries judged.", registry=r)
        self.rows = Counter("gridwatch_rows", "Rows, by what became of them.", ["fate"], registry=r)
        self.asides = Counter("gridwatch_asides", "What was set aside, by reason.", ["reason"], registry=r)
        self.events = Counter("gridwatch_events", "Changes of episodes.", ["change"], registry=r)
        self.open_episodes = Gauge("gridwatch_open_episodes", "Episodes that go on.", registry=r)
        self.lag_entries = Gauge("gridwatch_judge_lag_entries", "Committed and not yet judged.", registry=r)
        self.lag_seconds = Gauge(
            "gridwatch_judge_lag_seconds", "Since the newest judged entry was received.", registry=r
        )
        self.commit_seconds = Histogram("gridwatch_commit_seconds", "Of one commit.", buckets=_SECONDS, registry=r)
        self.feed_seconds = Histogram("gridwatch_feed_seconds", "Judging one batch.", buckets=_SECONDS, registry=r)
        self.source_connected = Gauge("gridwatch_source_connected", "1 while connected.", ["source"], registry=r)
        self.source_in_flight = Gauge(
            "gridwatch_source_in_flight", "Read and not acknowledged.", ["source"], registry=r
        )
        self.source_trouble = Gauge(
            "gridwatch_source_trouble",
            "1 while it is not as it should be.",
            ["source"],
            registry=r,
        )
        self.deliveries = Gauge("gridwatch_source_deliveries", "Committed since the start.", ["source"], registry=r)
        self.refused = Refused(r)
        self.snapshot_age = Gauge("gridwatch_snapshot_age_seconds", "Since the last one was saved.", registry=r)
        self.snapshot_bytes = Gauge("gridwatch_snapshot_bytes", "Of the last one.", registry=r)
        self.journal_bytes = Gauge("gridwatch_journal_bytes", "Of the journal on the disk.", registry=r)
        self.disk_free = Gauge("gridwatch_disk_free_bytes", "Left on the disk of the data folder.", registry=r)
        self.disk_size = Gauge("gridwatch_disk_bytes", "Of the disk of the data folder.", registry=r)
        self.store_position = Gauge("gridwatch_store_position", "Up to which all cases are stored.", registry=r)
        self.partitions = Gauge("gridwatch_partitions", "Partitions that this worker judges.", registry=r)
        self.fold_held = Gauge("gridwatch_fold_held", "Entries that wait for a partition before filing.", registry=r)
        self.fold_behind = Gauge(
            "gridwatch_fold_behind_seconds", "How far the slowest partition is behind the others.", registry=r
        )
        self.clocks_wrong = Gauge(
            "gridwatch_clocks_wrong", "Terminals with a wrong clock for which something is to be done.", registry=r
        )
        self.clocks_unwatched = Gauge(
            "gridwatch_clocks_unwatched", "Terminals whose rows are set aside for their wrong clock.", registry=r
        )
        self.letters_lost = Counter(
            "gridwatch_deadletters_lost", "Set aside, and not kept since there was no room.", registry=r
        )
        self.vehicle_photos = Counter(
            "gridwatch_vehicle_photos", "Photos of vehicles' terminals, by what became.", ["became"], registry=r
        )
        self.vehicle_photos_unmatched = Gauge(
            "gridwatch_vehicle_photos_unmatched", "Of the last two days, those with no case.", registry=r
        )
        self.log_lines_lost = Gauge("gridwatch_log_lines_lost", "Lines that could not be written.", registry=r)
        self.log_lines_lost.set_function(lambda: Lines.everywhere)
        self.reloads = Reloads(r)
        self._counted: Tally[str] = Tally()
        self.snapshot_age.set_function(self._age)
        self.snapshot_saved_at: float | None = None

    def watch_disk(self, folder: Path) -> None:
        """The numbers of its disk from here on; NaN while that can't be asked."""
        self.disk_free.set_function(lambda: _disk(folder, "free"))
        self.disk_size.set_function(lambda: _disk(folder, "total"))

    def watch_clocks(self, clocks: TerminalClocks) -> None:
        """The numbers of terminals with wrong clocks from here on."""
        self.clocks_wrong.set_function(lambda: sum(each.state not in FINE for each in clocks.listed()))
        self.clocks_unwatched.set_function(lambda: sum(not each.watched for each in clocks.listed()))

    def begin(self, counts: Mapping[str, int]) -> None:
        """What a snapshot had counted before is not ours."""
        self._counted = Tally(counts)

    def judged(self, counts: Mapping[str, int], entries: int, known: Iterable[Known]) -> None:
        """After a batch. counts: the engine's, since it began."""
        self.count({name: count - self._counted[name] for name, count in counts.items()}, entries, known)
        self._counted = Tally(counts)

    def count(self, rows: Mapping[str, int], entries: int, known: Iterable[Known]) -> None:
        """After a batch of any engine. rows: what became of its rows."""
        self.entries.inc(entries)
        for name, new in rows.items():
            if new:
                self.rows.labels(name).inc(new)
                if name not in JUDGED:
                    self.asides.labels(name).inc(new)
        for change, count in Tally(each.change.value for each in known).items():
            self.events.labels(change).inc(count)

    def serve(self, section: MetricsSection) -> Server:
        """Begin to answer. Raises OSError that names host and port."""
        return serve(self.registry, section)

    def _age(self) -> float:
        return -1.0 if self.snapshot_saved_at is None else time.monotonic() - self.snapshot_saved_at


class Refused(Collector):
    """How often each source refused what, by reason."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.of: dict[str, Mapping[str, int]] = {}
        """By source: its own counts, which it goes on writing."""
        registry.register(self)

    def collect(self) -> Iterable[CounterMetricFamily]:
        """See prometheus_client."""
        found = CounterMetricFamily(
            "gridwatch_source_refused", "Refused, bounded or set right.", labels=["source", "reason"]
        )
        for source, counts in list(self.of.items()):
            for reason, count in sorted(dict(counts).items()):
                found.add_metric([source, reason], count)
        yield found


def _disk(folder: Path, what: str) -> float:
    try:
        return float(getattr(shutil.disk_usage(folder), what))
    except OSError:
        return math.nan


def serve(registry: CollectorRegistry, section: MetricsSection) -> Server:
    """Begin to answer with the numbers of a registry. Raises OSError that names host and port."""
    try:
        server, _ = start_http_server(section.port, section.host, registry)
    except OSError as error:
        where = f"metrics on {section.host}:{section.port}"
        raise OSError(error.errno, error.strerror or str(error), where) from error
    return Server(server)


class Server:
    """Where the numbers are."""

    def __init__(self, server: object) -> None:
        self._server = server
        host, port = server.server_address[:2]  # type: ignore[attr-defined]
        self.url = f"http://{host}:{port}/metrics"

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()  # type: ignore[attr-defined]
        self._server.server_close()  # type: ignore[attr-defined]
