"""map_kit: a town on the ground: registers in force, and a city that tells where everything was last."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pipeline.latest import Latest
from pipeline.names import Names
from pipeline.registers import Registers, Road, Route, Table, Zone
from pipeline.rows import Position, Reading, unknown
from tests.console.kit import NOW, Town

SQUARE = np.array([[121.0, 31.0], [121.1, 31.0], [121.1, 31.1], [121.0, 31.1], [121.0, 31.0]])


def registers() -> Registers:
    """Two vehicles, two bins, a site, a zone of last year, a route and a road."""
    return Registers(
        vehicles=Table.of(
            "vehicles",
            [
                {"id": "muck-1", "class": "muck_truck", "plate": "沪A·D1234"},
                {"id": "muck-2", "class": "muck_truck", "plate": "沪A·D5678"},
            ],
        ),
        bins=Table.of(
            "bins",
            [
                {"id": "B-1", "class": "street_bin", "lon": 121.05, "lat": 31.05, "address": "朝晖路 12 号"},
                {"id": "B-2", "class": "container", "lon": 122.05, "lat": 31.05, "address": "x"},
            ],
        ),
        zones=[
            Zone("site-1", "site", [[SQUARE]]),
            Zone("center", "no_go", [[SQUARE + 0.5]], 30.0, ("muck_truck",)),
            Zone("old", "no_go", [[SQUARE]], valid_to=NOW - 1),
        ],
        routes=[Route("A-1", [SQUARE[:2]])],
        roads=[Road("Road 1", [SQUARE[:3]], 40.0)],
    )


@dataclass
class GroundKit:
    """As a running city has it."""

    latest: Latest = field(default_factory=lambda: Latest(1_000))
    registers: Registers = field(default_factory=registers)
    run: int = 77
    names: Names = field(default_factory=Names)

    def been(self, *fixes: tuple[str, float, float, float, float]) -> None:
        """Subject, seconds ago, lon, lat, speed (heading 90)."""
        n = len(fixes)
        ago, lon, lat, speed = (np.array([fix[k] for fix in fixes], np.float64) for k in range(1, 5))
        none = np.zeros(n, np.int32)
        subjects = self.names.codes([fix[0] for fix in fixes])
        rest = [np.full(n, 90.0), unknown(n), np.ones(n), *(unknown(n) for _ in range(3))]
        rows = Position(subjects, NOW - ago, np.full(n, NOW), np.arange(n), none, lon, lat, speed, *rest)
        self.latest.take(self.names, [rows], 300.0)

    def said(self, subject: str, metric: str, value: float) -> None:
        """Just now."""
        one, code = np.zeros(1, np.int32), self.names.codes([metric])
        now = np.array([NOW])
        rows = Reading(self.names.codes([subject]), now, now, one.astype(np.int64), one, code, np.array([value]))
        self.latest.take(self.names, [rows], 300.0)


def on_the_ground(town: Town) -> GroundKit:
    """Let the town have it."""
    ground = GroundKit()
    city: Any = town.app.state.city
    town.app.state.city = replace(city, beside=replace(city.beside, ground=ground))
    return ground
