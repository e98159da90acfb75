"""camera_metrics: how the cameras of this box are doing, for Prometheus, and in a line where one begins to look away.

Reads the messages that cameras' processes say. Of those only numbers and one of four words are taken: what a process
says may be anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cameras.platforms.doorman import Count
from cameras.platforms.running import Platforms
from cameras.publish import Publisher
from cameras.supervisor import Supervisor

State = Literal["up", "stalled", "down", "away"]


class Told(msgspec.Struct):
    """A message of health, as far as it is counted here."""

    state: State
    fps: float | None = None
    looked: float | None = None
    dropped: int | None = None
    undecodable: int | None = None


_decode = msgspec.json.Decoder(Told).decode


@dataclass(slots=True)
class Seen:
    """One camera."""

    health: Told = field(default_factory=lambda: Told("down"))
    looked: int = 0
    """Pictures that were looked at, since we began."""


class CameraMetrics(Collector):
    """The numbers of the cameras of one box, from `note` to a scrape. log: a structlog logger."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._seen: dict[str, Seen] = {}
        self.publisher: Publisher | None = None
        self.supervisor: Supervisor | None = None
        self.platforms: Platforms | None = None

    def keep(self, cameras: set[str]) -> None:
        """These are all that there are."""
        with self._lock:
            self._seen = {name: self._seen.get(name, Seen()) for name in cameras}

    def note(self, topic: str, payload: bytes) -> None:
        """A message went out: cameras/{camera}/{what}."""
        _, camera, what = topic.split("/")
        with self._lock:
            seen = self._seen.get(camera)
            if seen is None:
                return
            if what == "sightings":
                seen.looked += 1
            elif what == "health":
                self._health(camera, seen, payload)

    def _health(self, camera: str, seen: Seen, payload: bytes) -> None:
        try:
            told = _decode(payload)
        except msgspec.MsgspecError:
            return
        before, seen.health = seen.health.state, told
        if told.state != before and told.state == "away":
            self._log.info(f"{camera}: away: it looks where nobody asked it to, and its watchers pause")
        elif before == "away" and told.state == "up":
            self._log.info(f"{camera}: up: it looks where it shall again")

    def describe(self) -> Iterator[Metric]:
        """Names only: nothing is known before there are cameras."""
        return self.collect()

    def collect(self) -> Iterator[Metric]:
        """All numbers, now."""
        with self._lock:
            seen = sorted((name, each.looked, each.health) for name, each in self._seen.items())
        state = GaugeMetricFamily(
            "gridwatch_camera_state", "1 for the state that it is in.", labels=["camera", "state"]
        )
        looked = CounterMetricFamily("gridwatch_camera_looked", "Pictures that were looked at.", labels=["camera"])
        for name, count, health in seen:
            looked.add_metric([name], count)
            for each in get_args(State):
                state.add_metric([name, each], float(each == health.state))
        yield state
        yield looked
        for key, what in _GAUGES.items():
            gauge = GaugeMetricFamily(f"gridwatch_camera_{key}", what, labels=["camera"])
            for name, _, health in seen:
                value = getattr(health, key if key != "looked_fps" else "looked")
                if value is not None:
                    gauge.add_metric([name], value)
            yield gauge
        yield from _of_platforms({} if self.platforms is None else self.platforms.counts())
        supervisor, publisher = self.supervisor, self.publisher
        yield CounterMetricFamily(
            "gridwatch_camera_processes_started",
            "Processes of cameras; more than at the start: some have ended.",
            value=supervisor.starts if supervisor is not None else 0,
        )
        if publisher is not None:
            yield GaugeMetricFamily(
                "gridwatch_publish_connected", "1 while there is a link to the broker.", value=publisher.connected
            )
            yield CounterMetricFamily(
                "gridwatch_publish_sent", "Messages that the broker has acknowledged.", value=publisher.sent
            )
            yield CounterMetricFamily(
                "gridwatch_publish_dropped",
                "Messages that were lost for want of room, or refused.",
                value=publisher.spool.dropped,
            )
            yield GaugeMetricFamily(
                "gridwatch_publish_waiting_bytes", "Of messages that wait in the spool.", value=publisher.spool.nbytes()
            )


def _of_platforms(counts: Mapping[str, Count]) -> Iterator[Metric]:
    """How many streams each gives, and who waits for one."""
    for key, (what, value) in _PLATFORM.items():
        gauge = GaugeMetricFamily(f"gridwatch_platform_{key}", what, labels=["platform"])
        for name, count in counts.items():
            gauge.add_metric([name], value(count))
        yield gauge
    asked = CounterMetricFamily(
        "gridwatch_platform_asked", "Streams that were asked for, by what came of it.", labels=["platform", "result"]
    )
    for name, count in counts.items():
        for result, number in (("given", count.given), ("refused", count.refused), ("not_ended", count.unstopped)):
            asked.add_metric([name, result], number)
    yield asked


_PLATFORM: dict[str, tuple[str, Callable[[Count], float]]] = {
    "streams": ("Streams that are open, or not surely ended.", lambda each: each.streams),
    "quota": ("Streams that it gives at once, at most.", lambda each: each.most),
    "waiting": ("Cameras that wait for their turn.", lambda each: each.waiting),
    "longest_wait_seconds": ("Of the one that waits longest.", lambda each: each.longest),
}
_GAUGES = {
    "fps": "Pictures a second that came.",
    "looked_fps": "Pictures a second that were looked at.",
    "dropped": "Pictures that a newer one took the place of, since its process was started.",
    "undecodable": "Pictures that did not decode, since its process was started.",
}
