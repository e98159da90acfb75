"""contract_stories: what single rows can't show a detector: the rows of a trip, a jump, a sensor that is stuck.

By the detector's name and the kind of row: the rows of one subject, one after another, with the seconds between them.
The contract checks feed them whole, in parts and mixed with other rows. A detector of yours that is wrong only after a
certain past needs a line in `STORIES`; the city is that of tests/contract_city.py.
"""

from __future__ import annotations

from typing import NamedTuple

from pipeline.rows import Position, Reading, Rows

NAN = float("nan")
WEST, SOUTH = 121.4, 31.2
ROAD, YARD = (121.4075, SOUTH), (121.396, 31.196)
PIT, TIP, DUMP = (121.431, SOUTH), (121.441, SOUTH), (121.451, SOUTH)
"""A loading site, the disposal site that vehicle a is sent to first, and another one."""
FAR = (121.6, 31.4)
BIN = (121.401, 31.201)
"""Where the register has bin d."""
LANE = (121.4075, 121.4080, 121.4085, 121.4090, 121.4095)
"""Degrees of longitude along the lane that vehicle a has to sweep."""


class Fact(NamedTuple):
    """What one row says: whose it is, how long after the one before, and its columns."""

    subject: str
    step: float
    columns: dict[str, float]
    metric: str = ""


def drive(*rows: tuple[tuple[float, float], dict[str, float]], step: float = 10.0, subject: str = "a") -> list[Fact]:
    """Rows of vehicle a: (lon, lat) and what else they say."""
    return [Fact(subject, step, {"lon": lon, "lat": lat, "speed": 30.0, **said}) for (lon, lat), said in rows]


def readings(*values: float, step: float = 3600.0) -> list[Fact]:
    """Readings of bin d."""
    return [Fact("d", step, {"value": value}, "k") for value in values]


def loaded(load: float, body: float = 0.0) -> dict[str, float]:
    return {"load": load, "body": body}


STORIES: dict[str, dict[type[Rows], list[Fact]]] = {
    "constant_over_trips": {
        Position: drive(*[(place, loaded(0.5)) for _ in range(4) for place in (PIT, ROAD, TIP)], (PIT, loaded(0.9)))
    },
    "displaced": {Position: drive((BIN, {}), (ROAD, {}), (ROAD, {"accuracy": 5.0}), (BIN, {}), subject="d")},
    "fill_forecast": {Reading: readings(10, 20, 30, 40, 50, 60, 70, 80, 88, 5, 10)},
    "impossible_jump": {Position: drive((ROAD, {}), (ROAD, {}), (FAR, {}), (FAR, {}), (ROAD, {}), (FAR, {}))},
    "not_emptied": {Reading: readings(30, 32, 40, 41, 50, 52, 60, 5, 5, 30, step=130_000.0)},
    "planned_emptying": {Reading: readings(40, 41, 42, 43, 60, 5, 5, 8, step=3000.0)},
    "planned_work": {Position: drive(*[((x, SOUTH), {}) for x in LANE], *[(FAR, {})] * 4, step=40.0)},
    "rate_of_change": {Reading: readings(20, 20, 21, 60, 61, 62, 20, 20, 20, step=60.0)},
    "stuck": {Reading: readings(*[41] * 7, 43, 43, 41, step=6 * 3600.0)},
    "tipping": {
        Position: drive(
            (ROAD, loaded(0.9)),
            (ROAD, loaded(0.9, 0.8)),
            (ROAD, loaded(0.3, 0.8)),
            (ROAD, loaded(0.3)),
            (ROAD, loaded(0.9)),
            (TIP, loaded(0.9, 1.0)),
            (TIP, loaded(0.1, 1.0)),
            (ROAD, loaded(0.0, 1.0)),
        )
    },
    "trip_not_completed": {
        Position: drive(
            (PIT, loaded(0.9)),
            (ROAD, loaded(0.9)),
            (ROAD, loaded(0.1)),
            (TIP, loaded(0.1)),
            (ROAD, loaded(0.0)),
            (PIT, loaded(0.9)),
            (ROAD, loaded(0.9)),
            (DUMP, loaded(0.9)),
            (ROAD, loaded(0.0)),
            step=30.0,
        )
    },
}
