"""live_beside: what is live in a running city, for the console: what happens to cases, where everything was last."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.faults import Faulty

if TYPE_CHECKING:
    from pipeline.latest import Latest
    from pipeline.registers import Registers
    from pipeline.runtime.at_work import CityAtWork

HEALTH = 5.0
"""Seconds between two words on how the city does."""


def latest_of(file: Path) -> Latest | None:
    """What a city that is about to start is to fill; None where it has no console. What is wrong in its file is said
    when it starts."""
    from gridwatch.web_section import load_web
    from pipeline.latest import Latest

    try:
        section = load_web(file)
    except (Faulty, OSError):
        return None
    return None if section is None else Latest(section.map.points)


class Ground:
    """Where everything was last in a city that runs, and its registers in force. See console/live_map.py."""

    def __init__(self, city: CityAtWork, latest: Latest) -> None:
        self._city, self.latest = city, latest
        self.run = secrets.randbelow(2**31 - 1) + 1

    @property
    def registers(self) -> Registers:
        """In force."""
        return self._city.city.registers


class LiveBeside:
    """`start` and `stop`, each once, beside a city that has been started. log: a structlog logger."""

    def __init__(self, city: CityAtWork, log: Any) -> None:
        from console.access import sees
        from console.live_cases import Following
        from console.live_hub import Hub

        self._city = city
        self.hub = Hub()
        self.ground = None if city.latest is None else Ground(city, city.latest)
        self._following = Following(city.cases.engine, self.hub, sees, log.error, self._look)
        self._due = 0.0
        self._rows = 0

    def start(self) -> None:
        """From here on everybody who listens is told."""
        self._following.start()

    def stop(self) -> None:
        """All streams end, so that the web server can. A second call does nothing."""
        self._following.stop()
        self.hub.close()

    def _look(self) -> None:
        """Say how the city does, from time to time."""
        from console.permissions import Permission, permissions_of

        now = time.monotonic()
        if now < self._due:
            return
        rows = self._city.rows
        rate = (rows - self._rows) / (now - self._due + HEALTH) if self._due else 0.0
        self._due, self._rows = now + HEALTH, rows
        said = {"lag": self._city.lag, "rows": rows, "rate": round(rate, 1), "pages": len(self.hub)}
        self.hub.publish("health", said, to=lambda who: Permission.SEE_HEALTH in permissions_of(who), keep=True)
