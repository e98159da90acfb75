"""shift_warnings: do a city's registers and what it has recorded fit each other, in the datums that were said?

Reads a city's routes, roads, zones and bins, and the newest positions of its journal. Reports as warnings what lies
300 m to 1.5 km beside where it belongs, by just the vector that lies between two datums there (pipeline/shifts.py):
ends of routes and standing lorries belong in yards, bins and lorries that drive on roads or routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.faults import Fault
from pipeline.geo import Datum
from pipeline.register_section import PlacesFile
from pipeline.shifts import Points, Shapes, Shift, shifts

if TYPE_CHECKING:
    from pipeline.registers import Line, Registers
    from pipeline.runtime.compose import City

YARDS = ("site", "disposal", "depot")
"""Uses of zones in which vehicles stand and routes end."""
NEWEST = 50_000
"""Entries of the journal that are looked at."""

_AT_YARD, _ON_ROAD, _BY_ROAD = 50.0, 30.0, 60.0
"""Metres that count as there: at a yard's gate, on a road, beside one."""
_STANDS, _DRIVES = 3.0, 10.0
"""km/h"""


def shift_warnings(city: City) -> list[Fault]:
    """What looks shifted. Without a journal, or where it can't be read, there are no tracks."""
    from pipeline.runtime.document import read_document
    from pipeline.runtime.opening import JOURNAL

    places, journal = _Places(city), city.configuration.data / JOURNAL
    tracks = list(_tracks(city, journal)) if journal.is_dir() else []
    warnings: dict[str, str] = {}
    for points, shapes, what in places.pairs(tracks):
        found = shifts(points, shapes)
        if found:
            # One thing in a wrong datum disagrees with several others: it is said once.
            warnings.setdefault(_key(found[0]), _said(found, points, shapes, what))
    if not warnings:
        return []
    document = read_document(city.file)
    return [document.fault(("registers",), message) for message in warnings.values()]


def _key(found: Shift) -> str:
    return f"{found.side} {found.datum}"


def _said(found: list[Shift], points: Points, shapes: Shapes, what: str) -> str:
    best = found[0]
    either = " or ".join(f"{each.side} were in {each.datum}" for each in found)
    lie = "lies" if best.fit == 1 else "lie"
    return (
        f"of {best.points} {what} {best.fit} {lie} where they should; {best.moved} would,"
        f" {best.metres:.0f} m away, if {either}. Stated is {points.stated} for {points.name}, {shapes.stated} for"
        f" {shapes.name}: compare a place that you know with a map whose datum is known"
    )


class _Places:
    """What a city's registers say, as points and shapes."""

    def __init__(self, city: City) -> None:
        self._registers: Registers = city.registers
        self._section = city.configuration.registers

    def pairs(self, tracks: Iterable[tuple[Points, Points]]) -> Iterator[tuple[Points, Shapes, str]]:
        """Points, where they should lie, and what they are."""
        yards, roads, routes = self._yards(), self._lines("roads", _ON_ROAD), self._lines("routes", _ON_ROAD)
        lines = [line for route in self._registers.routes for line in route.lines]
        if lines:
            ends = np.concatenate([line[[0, -1]] for line in lines])
            yield self._points("routes", ends), yards, "ends of routes"
            yield self._points("routes", np.concatenate(lines)), roads, "corners of routes"
        bins = self._registers.bins
        at = np.stack([bins.numbers("lon"), bins.numbers("lat")], axis=1)
        yield self._points("bins", at), self._lines("roads", _BY_ROAD), "bins"
        for standing, driving in tracks:
            yield standing, yards, f"places where vehicles of {standing.name} stood"
            yield driving, roads if roads.shapes else routes, f"places where vehicles of {driving.name} drove"

    def _stated(self, register: str) -> Datum:
        """The datum that was said of a register; what the store keeps is in WGS-84."""
        named = getattr(self._section, register)
        if not isinstance(named, PlacesFile) or (named.datum or self._section.datum) is None:
            return Datum.WGS84
        return self._section.datum_of(named)

    def _points(self, register: str, at: Line) -> Points:
        return Points(register, at[:, 0], at[:, 1], self._stated(register))

    def _lines(self, register: str, within: float) -> Shapes:
        import shapely

        found = [line for each in getattr(self._registers, register) for line in each.lines]
        return Shapes(register, [shapely.LineString(line) for line in found], self._stated(register), within)

    def _yards(self) -> Shapes:
        import shapely

        yards = [zone for zone in self._registers.zones if zone.use in YARDS]
        areas = [shapely.Polygon(rings[0], rings[1:]) for zone in yards for rings in zone.polygons]
        return Shapes("zones", areas, self._stated("zones"), _AT_YARD)


def _tracks(city: City, journal: Path) -> Iterator[tuple[Points, Points]]:
    """By stream of positions, where vehicles stood and where they drove."""
    from connectors.codecs.decode import compile_streams
    from connectors.codecs.json_mapping import MappedStream
    from pipeline.journal import JournalError, JournalReader
    from pipeline.names import Names
    from pipeline.rows import Position

    streams = city.configuration.streams
    decode, names = compile_streams(streams, city.world), Names()
    rows: dict[int, list[Position]] = {}
    try:
        reader = JournalReader(journal)
        for piece in reader.read(max(reader.first, reader.head - NEWEST)):
            for block in decode(piece.batch, piece.first, names).rows:
                if isinstance(block, Position) and len(block):
                    rows.setdefault(int(block.stream[0]), []).append(block)
    except (JournalError, OSError):
        return  # that is the journal's trouble, and said where it is used
    for index, (name, stream) in enumerate(streams.items()):
        if index in rows and isinstance(stream, MappedStream):
            seen, stated = Position.concat(rows[index]), Datum(stream.datum or Datum.WGS84)
            stood, drove = seen.take(seen.speed < _STANDS), seen.take(seen.speed > _DRIVES)
            yield Points(name, stood.lon, stood.lat, stated), Points(name, drove.lon, drove.lat, stated)
