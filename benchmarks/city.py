"""city: the city that measurements are made in: 2,000 vehicles on 40 x 40 km, 500 zones, and what they report.

Seeded: the same numbers give the same payloads. Each vehicle has a route of its own of 60 to 100 vertices and a
permit for it, and drives along it, to and fro, at 15 to 60 km/h with stops, reporting every 10 s with GNSS noise of 6
m. Zones are blobs of 20 to 200 vertices: a third no_go (half of them for muck trucks alone), a third with a speed
limit of 40 to 60 km/h, the others depots and sites.

Some percent of the rows are wrong, as in real cities. On purpose: bursts of 40 to 180 s at 1.6 times the speed (1 %
of the time), stretches of 1 to 10 min up to 900 m off the route (2 %), and vehicles of which nothing is heard for 6
to 20 min, as in a car park below ground (0.4 %). By chance: routes lead through no-go zones, which cover 1 % of the
city, and at the usual speed through zones with a limit (6 %).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.entries import EntryBuffer, Kind
from pipeline.registers import Line, Registers, Route, Table, Zone
from pipeline.rows import Floats
from pipeline.world import World

LON, LAT = 104.0, 30.5
"""Its south-west corner."""
EAST, NORTH = 95_850.0, 110_870.0
"""Metres in a degree there; a payload's place needs no more exactness than its noise."""
SIZE = 40_000.0
START = 1_717_200_000.0
TICK = 0.5
SOURCE = "fleet"


def _degrees(x: Floats, y: Floats) -> Line:
    return np.column_stack([LON + x / EAST, LAT + y / NORTH])


def _blob(dice: np.random.Generator, vertices: int, radius: float) -> Line:
    """A closed ring around a random place; it does not cross itself."""
    angle = np.sort(dice.uniform(0, 2 * np.pi, vertices))
    wave = np.arange(1, 6)[:, None]
    bulge = (dice.normal(0, 0.12, (5, 1)) / wave * np.cos(wave * angle + dice.uniform(0, 6, (5, 1)))).sum(axis=0)
    r = np.clip(1 + bulge, 0.4, 2.0) * radius
    x, y = dice.uniform(0, SIZE, 2)
    ring = _degrees(x + r * np.cos(angle), y + r * np.sin(angle))
    return np.vstack([ring, ring[:1]])


def _zone(dice: np.random.Generator, i: int) -> Zone:
    use, largest = (("no_go", 350.0), ("limit", 1000.0), (("site", "depot")[i // 3 % 2], 400.0))[i % 3]
    radius = float(np.exp(dice.uniform(np.log(50.0), np.log(largest))))
    limit = float(dice.choice([40.0, 50.0, 60.0])) if use == "limit" else np.nan
    classes = ("muck_truck",) if use == "no_go" and i % 2 else ()
    return Zone(f"zone-{i:04}", use, [[_blob(dice, int(dice.integers(20, 201)), radius)]], limit, classes)


def _track(dice: np.random.Generator) -> Floats:
    """A route's vertices in metres, shape (k, 2): streets turn gently, and it stays in the city."""
    k = int(dice.integers(60, 101))
    heading = dice.uniform(0, 2 * np.pi) + np.cumsum(dice.normal(0, 0.35, k))
    steps = dice.uniform(80, 400, k)[:, None] * np.column_stack([np.cos(heading), np.sin(heading)])
    folded = np.mod(dice.uniform(0, SIZE, 2) + np.cumsum(steps, axis=0), 2 * SIZE)
    track: Floats = np.where(folded > SIZE, 2 * SIZE - folded, folded)
    return track


class City:
    """Registers, and what its vehicles report. routes: None, one for each vehicle.

    hours: permits have hours, ten different ones, and one vehicle in forty has no permit.
    """

    def __init__(
        self,
        seed: int = 1,
        vehicles: int = 2_000,
        zones: int = 500,
        routes: int | None = None,
        bins: int = 0,
        *,
        hours: bool = False,
    ) -> None:
        self.seed, self.vehicles = seed, vehicles
        dice = np.random.default_rng(seed)
        self.tracks = [_track(dice) for _ in range(routes or vehicles)]
        self.registers = Registers(
            vehicles=Table.of(
                "vehicles",
                [
                    {"id": vehicle(v), "class": ("muck_truck", "refuse_truck")[v % 2], "plate": f"A{v:06}"}
                    for v in range(vehicles)
                ],
            ),
            permits=Table.of(
                "permits",
                [
                    {"id": f"P-{v:06}", "vehicle": vehicle(v), "route": f"R-{v % len(self.tracks):06}"}
                    | ({"hours": f"{v % 10:02}:00-{v % 10 + 14:02}:00"} if hours else {})
                    for v in range(vehicles)
                    if not (hours and v % 40 == 7)
                ],
            ),
            bins=Table.of(
                "bins",
                [
                    {"id": bin_(b), "class": "bin", "lon": LON + 0.4 * b / bins, "lat": LAT + b % 100 * 0.003}
                    for b in range(bins)
                ],
            ),
            zones=[_zone(dice, i) for i in range(zones)],
            routes=[Route(f"R-{r:06}", [_degrees(*track.T)]) for r, track in enumerate(self.tracks)],
            speed_limits={"default": 70.0, "muck_truck": 60.0},
            time_zone="Asia/Shanghai",
        )

    @cached_property
    def world(self) -> World:
        """The registers, compiled."""
        return World(self.registers)


def vehicle(v: int) -> str:
    """The id of a vehicle, which is its device's too."""
    return f"truck-{v:04}"


def bin_(b: int) -> str:
    """The id of a bin."""
    return f"bin-{b:05}"


@dataclass(slots=True)
class Reports:
    """Deliveries in the order in which they came. Columns of shape (n,)."""

    topics: list[str]
    payloads: list[bytes]
    received: Floats

    def __len__(self) -> int:
        return len(self.payloads)

    def part(self, since: int, until: int) -> Reports:
        """Those from `since` up to `until`."""
        return Reports(self.topics[since:until], self.payloads[since:until], self.received[since:until])


def reports(
    city: City, rows: int, vehicles: int | None = None, interval: float = 10.0, seed: int = 2, *, body: bool = False
) -> Reports:
    """What the first `vehicles` report, about `rows` in all, each every `interval` seconds, from START on.

    body: they say what their bodies do, too: ignition, load, lid, body.
    """
    count = vehicles or city.vehicles
    dice = np.random.default_rng(seed)
    columns = _columns(dice, city, count, -(-rows // count), interval, START)
    silent = _runs(dice, *_shape(columns[0]), interval, share=0.004, shortest=360, longest=1200)
    received = np.round(columns[0] + 0.1 + dice.exponential(0.3, silent.shape), 3)
    received = np.maximum.accumulate(received, axis=1)
    order = np.argsort(received, axis=None, kind="stable")
    order = order[~silent.ravel()[order]]
    who = (order // silent.shape[1]).tolist()
    flat = [column.ravel()[order] for column in columns]
    payloads = _payloads(flat)
    if body:
        bodies = [column.ravel()[order] for column in _body(np.random.default_rng(seed + 100), columns[3], interval)]
        payloads = [payload[:-1] + more for payload, more in zip(payloads, _bodies(bodies), strict=True)]
    return Reports([f"fleet/{vehicle(v)}/gps" for v in who], payloads, received.ravel()[order])


def rounds(city: City, rows: int, start: float, interval: float = 10.0, seed: int = 3) -> list[bytes]:
    """Payloads by turns: the first of each vehicle, then the second of each, and so on. start: UTC seconds."""
    dice = np.random.default_rng(seed)
    columns = _columns(dice, city, city.vehicles, -(-rows // city.vehicles), interval, start)
    return _payloads([column.T.ravel() for column in columns])[:rows]


def _columns(
    dice: np.random.Generator, city: City, count: int, steps: int, interval: float, start: float
) -> list[Floats]:
    """ts, lon, lat, speed, heading, each of shape (count, steps)."""
    ts = start + dice.uniform(0, interval, (count, 1)) + interval * np.arange(steps)
    ts = np.round(ts + dice.uniform(0, 0.05 * interval, ts.shape), 2)
    speed = _speeds(dice, count, steps, interval)
    x, y, heading = _drive(dice, city, speed, interval)
    return [ts, LON + x / EAST, LAT + y / NORTH, np.abs(speed + dice.normal(0, 0.8, speed.shape)), heading]


def _payloads(columns: list[Floats]) -> list[bytes]:
    """JSON of about 119 bytes: UTC seconds, degrees to 0.1 m, km/h, metres, and what nobody asks for here."""
    return [
        b'{"ts":%.2f,"lon":%.6f,"lat":%.6f,"speed":%.1f,"heading":%d,"acc":%.1f,"ign":%d,"sat":%d,"odo":%d}'
        % (t, lon, lat, kmh, course, 2.5 + i % 40 / 10, kmh > 1, 9 + i % 14, 100_000 + i)
        for i, (t, lon, lat, kmh, course) in enumerate(zip(*(c.tolist() for c in columns), strict=True))
    ]


def _bodies(columns: list[Floats]) -> list[bytes]:
    """The rest of a payload: what the vehicle's body does."""
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [b',"load":%.2f,"lid":%d,"body":%d}' % row for row in rows]


def _body(dice: np.random.Generator, speed: Floats, interval: float) -> list[Floats]:
    """load, lid, body, each of shape (count, steps): loaded half of the time; wherever it is, the lid is
    open for 0.5 % of the time, the body is up for 0.2 % and the load is too much for 0.2 %."""
    count, steps = _shape(speed)
    loaded = np.floor((interval * np.arange(steps) + dice.uniform(0, 3_600, (count, 1))) / 1_800) % 2
    over = _runs(dice, count, steps, interval, share=0.002, shortest=300, longest=900)
    lid = _runs(dice, count, steps, interval, share=0.005, shortest=60, longest=300)
    up = _runs(dice, count, steps, interval, share=0.002, shortest=60, longest=200)
    return [loaded * np.where(over, 1.2, 0.9), lid.astype(np.float64), up.astype(np.float64)]


def fillings(bins: int, times: int) -> Reports:
    """What the first `bins` report of how full they are, each `times` times, half an hour apart; 8 % are full."""
    received = START + 1800.0 * np.arange(times)[:, None] + np.linspace(0, 900, bins)
    level = (17 * np.arange(bins) % 100 + 3 * np.arange(times)[:, None]) % 95 + 3
    payloads = [
        b'{"t":%.1f,"fill":%.1f,"temp":%.1f}' % (t, fill, 15 + i % 11)
        for i, (t, fill) in enumerate(zip((received - 1).ravel().tolist(), level.ravel().tolist(), strict=True))
    ]
    return Reports([f"bins/{bin_(b)}/state" for b in range(bins)] * times, payloads, received.ravel())


def _speeds(dice: np.random.Generator, count: int, steps: int, interval: float) -> Floats:
    """km/h, shape (count, steps): waves about each one's own speed, stops, and bursts that are too fast."""
    t = interval * np.arange(steps)
    speed = np.full((count, steps), 1.0) * dice.uniform(30, 45, (count, 1))
    for period in (97.0, 411.0):
        speed *= 1 + 0.15 * np.sin(2 * np.pi * t / period + dice.uniform(0, 6.28, (count, 1)))
    speed[_runs(dice, count, steps, interval, share=0.12, shortest=20, longest=200)] = 0.0
    speed[_runs(dice, count, steps, interval, share=0.01, shortest=40, longest=180)] *= 1.6
    return speed


def _drive(dice: np.random.Generator, city: City, speed: Floats, interval: float) -> tuple[Floats, Floats, Floats]:
    """Places in metres and headings in degrees, each of shape (count, steps)."""
    x, y = np.empty_like(speed), np.empty_like(speed)
    for v in range(len(speed)):
        track = city.tracks[v % len(city.tracks)]
        along = np.append(0.0, np.cumsum(np.hypot(*np.diff(track, axis=0).T)))
        way = np.mod(dice.uniform(0, along[-1]) + np.cumsum(speed[v]) * interval / 3.6, 2 * along[-1])
        way = np.minimum(way, 2 * along[-1] - way)
        x[v], y[v] = np.interp(way, along, track[:, 0]), np.interp(way, along, track[:, 1])
    heading = np.degrees(np.arctan2(np.diff(x, axis=1, append=x[:, -1:]), np.diff(y, axis=1, append=y[:, -1:]))) % 360
    away = _runs(dice, *_shape(speed), interval, share=0.02, shortest=60, longest=600)
    far, whither = dice.uniform(150, 900, (len(speed), 1)), dice.uniform(0, 6.28, (len(speed), 1))
    off = far * _ramped(away, round(60 / interval))
    x += off * np.cos(whither) + dice.normal(0, 6, x.shape)
    y += off * np.sin(whither) + dice.normal(0, 6, y.shape)
    return x, y, heading


def _ramped(flags: NDArray[np.bool_], steps: int) -> Floats:
    """0 where not, 1 where it has been for `steps` rows, and between them on the way: nobody leaps off a route."""
    total = np.cumsum(np.pad(flags.astype(np.float64), ((0, 0), (steps, 0))), axis=1)
    ramped: Floats = (total[:, steps:] - total[:, :-steps]) / steps
    return ramped


def _shape(column: Floats) -> tuple[int, int]:
    count, steps = column.shape
    return count, steps


def _runs(
    dice: np.random.Generator, count: int, steps: int, interval: float, *, share: float, shortest: float, longest: float
) -> NDArray[np.bool_]:
    """Stretches of `shortest` to `longest` seconds at random moments, about `share` of all steps: (count, steps)."""
    n = round(share * count * steps * interval / ((shortest + longest) / 2))
    row, begin = dice.integers(0, count, n), dice.integers(0, steps, n)
    end = np.minimum(begin + np.ceil(dice.uniform(shortest, longest, n) / interval).astype(np.int64), steps)
    edges = np.zeros((count, steps + 1), np.int32)
    np.add.at(edges, (row, begin), 1)
    np.add.at(edges, (row, end), -1)
    inside: NDArray[np.bool_] = np.cumsum(edges, axis=1)[:, :steps] > 0
    return inside


def buffers(some: Reports, entries: int = 500, tick: float = TICK) -> Iterator[EntryBuffer]:
    """The reports as commits of `entries`, with the ticks of their time between them."""
    buffer = EntryBuffer()
    due = float(some.received[0])
    for topic, payload, received in zip(some.topics, some.payloads, some.received.tolist(), strict=True):
        while due <= received:
            buffer.add(Kind.TICK, SOURCE, "", due)
            due += tick
        buffer.add(Kind.DELIVERY, SOURCE, topic, received, payload)
        if len(buffer) >= entries:
            yield buffer
            buffer = EntryBuffer()
    buffer.add(Kind.TICK, SOURCE, "", due)
    yield buffer
