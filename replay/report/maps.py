"""maps: where it was: the city with cases and the trails around them, and a small map of each case.

One drawing of the ground is in the page; the small maps show a piece of it again, so that they cost next to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.names import NOBODY
from pipeline.registers import Registers
from pipeline.rows import Floats, Position
from replay.report.axes import lasted
from replay.report.ground import Ground, Plane, ground, use_class
from replay.report.markup import Markup, both, el, t
from replay.report.picking import Item
from replay.surroundings import Surroundings

_POINTS = 150
"""Of a trail: beyond it every second one is left out, and so on."""
_NEAR = 600.0
"""Seconds: how far from its beginning something missed may be placed."""
_MANY = 250
"""Beyond so many, marks are smaller."""
MARKS = 4_000
"""Cases that are marked at most."""
_SCALES = [each * 10**power for power in range(6) for each in (1, 2, 5)]


@dataclass(slots=True)
class Map:
    """What is drawn of where things were."""

    plane: Plane
    ground: Ground
    trails: Mapping[int, tuple[Floats, Floats]]
    """Of the sheets that have one, by their number: lon, lat."""
    places: Mapping[int, tuple[float, float]]
    """Where each item was, by its number: lon, lat; without those that have no place."""

    @classmethod
    def of(cls, registers: Registers, around: Surroundings, every: Sequence[Item], sheets: int) -> Map | None:
        """None where nothing has a place. every: all items, the first `sheets` of which have a sheet."""
        trails = {number: trail for number, item in enumerate(every[:sheets]) if (trail := _trail(item, around))}
        found = ((number, _place(item, around)) for number, item in enumerate(every[:MARKS]))
        places = {number: place for number, place in found if place is not None}
        lon = np.concatenate([[place[0] for place in places.values()], *(trail[0] for trail in trails.values())])
        lat = np.concatenate([[place[1] for place in places.values()], *(trail[1] for trail in trails.values())])
        plane = Plane.around(lon.astype(np.float64), lat.astype(np.float64))
        if plane is None:
            return None
        return cls(plane, ground(registers, plane), trails, places)

    def drawing(self, every: Sequence[Item], sheets: int) -> Markup:
        """The whole map with its scale, north and legend."""
        plane = self.plane
        definitions = [
            el("path", id=f"t{number}", d=plane.path(*trail), vector_effect="non-scaling-stroke")
            for number, trail in self.trails.items()
        ]
        trails = [
            el("use", href=f"#t{number}", class_=f"trail {every[number].verdict or 'plain'}", data_k=number)
            for number in self.trails
        ]
        marks = list(self._marks(every, sheets))
        drawing = el(
            "svg",
            el("defs", *definitions),
            el("g", self.ground.markup, id="ground"),
            el("g", *trails, class_="trails"),
            el("g", *reversed(marks), class_="marks many" if len(marks) > _MANY else "marks"),
            viewBox=plane.box,
            class_="map",
            id="city-map",
            role="img",
            style=f"--u:{plane.half_width / 500:.4g}px",
        )
        north = el("div", el("b", "↑"), t("north"), class_="north")
        return el("div", drawing, north, self._scale(), class_="map-frame")

    def small(self, number: int, item: Item) -> Markup:
        """The piece of the map around one item; empty where it has no place."""
        trail = self.trails.get(number)
        lon, lat = trail or (np.empty(0), np.empty(0))
        place = self.places.get(number)
        if place is not None:
            lon, lat = np.append(lon, place[0]), np.append(lat, place[1])
        near = Plane.around(lon, lat, least=120.0 if trail else 600.0, ratio=0.7)
        if near is None:
            return Markup()
        (x,), (y,) = self.plane.put(np.array([near.lon]), np.array([near.lat]))
        box = (
            f"{x - near.half_width:.0f} {y - near.half_height:.0f} {2 * near.half_width:.0f} {2 * near.half_height:.0f}"
        )
        parts = [el("use", href="#ground")]
        if trail:
            parts.append(el("use", href=f"#t{number}", class_=f"trail {item.verdict or 'plain'}"))
        if place is not None:
            parts.append(self._mark(item, *place))
        length = _nice(near.half_width / 2)
        caption = el("figcaption", el("i", style=f"width:{50 * length / near.half_width:.1f}%"), f" {_metres(length)}")
        return el("figure", el("svg", *parts, viewBox=box, class_="map small", role="img"), caption, class_="little")

    def legend(self) -> Markup:
        """What the colours of the ground mean."""
        known = [el("span", el("i", class_=f"key {use_class(use)}"), use) for use in self.ground.uses]
        for kind, there in (("routes", self.ground.routes), ("roads", self.ground.roads), ("bins", self.ground.bins)):
            if there:
                known.append(el("span", el("i", class_=f"key key-{kind}"), t(kind)))
        known.append(el("span", el("i", class_="key key-trails"), t("trails")))
        return el("p", *known, class_="legend")

    def _marks(self, every: Sequence[Item], sheets: int) -> Iterator[Markup]:
        for number, place in self.places.items():
            mark = self._mark(every[number], *place)
            yield el("a", mark, href=f"#case-{number}", data_k=number) if number < sheets else mark

    def _mark(self, item: Item, lon: float, lat: float) -> Markup:
        (x,), (y,) = self.plane.put(np.array([lon]), np.array([lat]))
        kind = item.verdict or "plain"
        return el("path", el("title", tooltip(item)), d=f"M{x:.1f} {y:.1f}h0", class_=f"at {kind}", data_r=item.rule)

    def _scale(self) -> Markup:
        length = _nice(self.plane.half_width / 2.5)
        share = 100 * length / (2 * self.plane.half_width)
        return el("div", el("i", style=f"width:{share:.2f}%"), el("span", _metres(length)), class_="scale")


def tooltip(item: Item) -> str:
    """What is said of a mark, in a line."""
    verdict = both(word(item.verdict)) if item.verdict else ""
    part = f" {item.part}" if item.part else ""
    long = lasted(item.ended - item.started)
    measure = f"{item.case.measure:.4g} {item.case.unit}" if item.case and math.isfinite(item.case.measure) else ""
    return ", ".join(each for each in (f"{item.rule}: {item.subject}{part}", long, measure, verdict) if each)


def word(verdict: str) -> str:
    """The key of a verdict's label."""
    return {"open": "late_open", "": "case"}.get(verdict, verdict)


def _place(item: Item, around: Surroundings) -> tuple[float, float] | None:
    """Where a case was; of what was missed, where its subject was when it began, or stands."""
    lon, lat = (item.case.lon, item.case.lat) if item.case is not None else (math.nan, math.nan)
    if item.case is None and around.version is not None:
        rows = around.rows(Position, item.subject, item.started - _NEAR, item.started + _NEAR)
        rows = rows.take(np.isfinite(rows.lon) & np.isfinite(rows.lat))
        code = around.names.find(item.subject)
        if len(rows):
            nearest = int(np.argmin(np.abs(rows.ts - item.started)))
            lon, lat = float(rows.lon[nearest]), float(rows.lat[nearest])
        elif code != NOBODY:
            stands = around.version.world.location(np.array([code], np.int32), np.array([item.started]))
            lon, lat = (float(each[0]) for each in stands)
    return (lon, lat) if math.isfinite(lon) and math.isfinite(lat) else None


def _trail(item: Item, around: Surroundings) -> tuple[Floats, Floats] | None:
    rows = around.rows(Position, item.subject, item.since, item.until)
    placed = np.flatnonzero(np.isfinite(rows.lon) & np.isfinite(rows.lat))
    if len(placed) < 2:
        return None
    placed = np.append(placed[:: -(-len(placed) // _POINTS)], placed[-1])
    return rows.lon[placed], rows.lat[placed]


def _nice(most: float) -> int:
    """The longest round length that is not more."""
    return max((each for each in _SCALES if each <= most), default=1)


def _metres(length: int) -> str:
    return f"{length / 1000:g} km" if length >= 1000 else f"{length} m"
