"""world: what the city is, compiled for look-up: fleet, devices, permits, routes, zones, bins and limits.

Reads `Registers`; answers for columns of rows sorted by (subject, ts), each row by what is valid at its ts
(`valid_from` inclusive, `valid_to` exclusive). Content never changes; a new version of the registers is a new World.
Its look-ups speak the codes of one `Names`, see `bind`. Work that several rules share (the cells of the same places,
the register rows of the same subjects) is remembered for the last few columns asked about: columns are never written
to once they are made.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import metres_per_degree, segment_distance
from pipeline.hours import Timetables
from pipeline.manifests import Manifest, Manifests
from pipeline.names import NOBODY, Names
from pipeline.permits import Permits
from pipeline.raster import Index
from pipeline.registers import Registers
from pipeline.routes import RouteIndex
from pipeline.rows import Flags, Floats, Ints, Position
from pipeline.subjects import Codes, Subjects
from pipeline.zones import ZoneIndex

_PLACES = ("site", "disposal")
"""The columns of permits and manifests that name zones."""


class _Recent:
    """The last few answers, by the identity of the columns that they are about."""

    def __init__(self, size: int = 3) -> None:
        self._size = size
        self._answers: list[tuple[tuple[Any, ...], Any]] = []

    def get(self, columns: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        for known, answer in self._answers:
            if all(a is b for a, b in zip(known, columns, strict=True)):
                return answer
        answer = compute()
        self._answers = [(columns, answer), *self._answers[: self._size - 1]]
        return answer


@dataclass(slots=True)
class Within:
    """Is each row in a zone? Columns of shape (n,). Neither inside nor outside: nobody can tell."""

    inside: Flags
    """surely in one: it contains the row, and its boundary is at least the row's `accuracy` away"""
    outside: Flags
    """surely in none: none contains the row, and every boundary is at least its `accuracy` away"""
    zone: Ints
    """the name's code of the first by id that contains the row, surely or not; NOBODY for none"""


@dataclass(slots=True)
class OffRoute:
    """Is each row off its vehicle's routes? Columns of shape (n,). Neither off nor on: nobody can tell."""

    off: Flags
    on: Flags
    """also where the vehicle has no route then"""
    metres: Floats
    """from the nearest of its routes; NaN where it is on it"""


class World:
    """The city. Compiled once; `bind` gives it the codes of an engine, sharing all that is compiled."""

    names: Names
    """Whose codes it speaks."""

    def __init__(self, registers: Registers) -> None:
        self.registers = registers
        self.hash = hashlib.sha256(registers.to_bytes()).hexdigest()
        """SHA-256 of the content, hex: equal content, equal hash"""
        self._subjects = Subjects(registers)
        timetables = Timetables(registers.schedules(), ZoneInfo(registers.time_zone), registers.calendar)
        self._zones = ZoneIndex(registers.zones, self._subjects.classes, timetables)
        self._routes = RouteIndex(registers.routes)
        named = (table.text(name) for table in (registers.permits, registers.manifests) for name in _PLACES)
        self._places = sorted({place for places in named for place in places if place})
        number, first = {place: k for k, place in enumerate(self._places)}, self._subjects.rows.first
        self._permits = Permits(registers.permits, first, self._routes.routes, number, timetables)
        self._manifests = Manifests(registers.manifests, first, number)
        self._bind(Names())

    def bind(self, names: Names) -> World:
        """The same city, speaking the codes of `names` and following them as they grow; adds the zones' names."""
        bound = copy.copy(self)
        bound._bind(names)
        return bound

    def _bind(self, names: Names) -> None:
        self.names = names
        self._codes = Codes(names, self._subjects, self.registers.devices)
        self._zone_names = np.append(names.codes(z.id for z in self._zones.zones), np.int32(NOBODY))
        self._place_names = np.append(names.codes(self._places), np.int32(NOBODY))
        self._recent_rows, self._recent_cells, self._recent_steps = _Recent(), _Recent(), _Recent()
        self._recent_permits = _Recent()

    # -- who

    def lists(self, name: str) -> bool:
        """Whether the registers ever name this subject or device."""
        return self._codes.lists(name)

    def known(self, subject: Ints, ts: Floats) -> Flags:
        """Whether each subject is in the registers then, shape (n,)."""
        return self._row(subject, ts) >= 0

    def resolve(self, device: Ints, ts: Floats) -> Ints:
        """The subject that each device is mounted on then; a device that is not listed then is itself the subject."""
        return self._codes.resolve(device, ts)

    def of_class(self, subject: Ints, ts: Floats, classes: tuple[str, ...]) -> Flags:
        """Whether each subject is of one of these classes then; False for the unknown."""
        return self._subjects.in_classes(classes).take(self._class(self._row(subject, ts)))

    def location(self, subject: Ints, ts: Floats) -> tuple[Floats, Floats]:
        """(lon, lat) of things that stand still, degrees; NaN for those that don't and the unknown."""
        row = self._row(subject, ts)
        return self._subjects.lon.take(row), self._subjects.lat.take(row)

    def subjects(self, kind: str) -> list[str]:
        """The ids of all of a kind, 'vehicle' or 'bin', at any time, sorted."""
        return self._subjects.named(kind)

    def _row(self, subject: Ints, ts: Floats) -> NDArray[np.intp]:
        row: NDArray[np.intp] = self._recent_rows.get((subject, ts), lambda: self._codes.rows(subject, ts))
        return row

    def _class(self, row: NDArray[np.intp]) -> Ints:
        return self._subjects.of_class.take(row)

    # -- where

    def zone_uses(self) -> list[str]:
        """The uses that zones have, sorted."""
        return sorted({z.use for z in self._zones.zones if z.use})

    def zone_of(self, rows: Position, use: str) -> Ints:
        """The name's code of the zone of that use that contains each row and applies to its class, NOBODY for none.

        If several do: the first by id. The boundary belongs to a zone.
        """
        first = self._zones.first(use, self._cells(rows), rows.lon, rows.lat, rows.ts, self._classes(rows))
        return self._zone_names.take(np.fmin(first, len(self._zone_names) - 1).astype(np.intp))

    def speed_limit(self, rows: Position) -> Floats:
        """The lowest of the vehicle's limit, those of the zones it is in and the city's for its class, km/h; NaN: none.

        Where a place is unknown, zones say nothing. An unknown subject has the city's default.
        """
        limit: Floats = self._subjects.limit.take(self._row(rows.subject, rows.ts))
        if self._zones.limiting:
            cells = self._cells(rows)
            zones = self._zones.lowest(cells, rows.lon, rows.lat, rows.ts, self._classes(rows))
            np.minimum(limit, zones, out=limit)
        limit[np.isinf(limit)] = np.nan
        return limit

    def _cells(self, rows: Position) -> NDArray[np.intp]:
        cells: NDArray[np.intp] = self._recent_cells.get(
            (rows.lon, rows.lat), lambda: self._zones.cells(rows.lon, rows.lat)
        )
        return cells

    def _classes(self, rows: Position) -> Callable[[], Ints]:
        return lambda: self._class(self._row(rows.subject, rows.ts))

    def within(self, rows: Position, uses: tuple[str, ...]) -> Within:
        """Whether each row is in a zone with one of these uses that holds for its class then."""
        mine = np.array([z.use in uses for z in self._zones.zones], np.bool_)
        return self._within(rows, np.broadcast_to(mine, (len(rows), len(mine))))

    def in_zone(self, rows: Position, zone: Ints) -> tuple[Flags, Flags]:
        """(inside, outside) of one zone a row, by its name's code: as `within`. Neither for what is no zone."""
        mine = self._zone_names[:-1] == zone[:, None]
        found = self._within(rows, mine)
        known = mine.any(axis=1)
        return found.inside & known, found.outside & known

    def _within(self, rows: Position, mine: Flags) -> Within:
        n, index, of = len(rows), self._zones, self._class(self._row(rows.subject, rows.ts))
        unsure = np.fmax(rows.accuracy, 0.0)
        place = np.isfinite(rows.lon) & np.isfinite(rows.lat)
        inside, outside, first = np.zeros(n, np.bool_), place.copy(), np.full(n, NOBODY, np.int32)
        east, north = metres_per_degree(rows.lat)
        for number, zone in enumerate(index.zones):
            here = np.full(n, number, np.int32)
            holds = mine[:, number] & index.holds(here, rows.ts, of)
            contains = index.contains(here, rows.lon, rows.lat) & holds
            metres = np.full(n, np.inf)
            for ring in (ring for polygon in zone.polygons for ring in polygon):
                for (ax, ay), (bx, by) in itertools.pairwise(ring):
                    metres = np.fmin(metres, segment_distance(rows.lon, rows.lat, ax, ay, bx, by, east, north))
            sure = (metres >= unsure) | (unsure == 0)
            inside |= contains & sure
            outside &= ~holds | (~contains & sure)
            first = np.where((first == NOBODY) & contains, self._zone_names[number], first)
        return Within(inside, outside, first)

    # -- on which way

    def off_route(self, rows: Position, tolerance: float) -> OffRoute:
        """Is each row farther than `tolerance` metres from all of its routes, whatever its `accuracy` hides?

        Its routes are those that the vehicle's permits valid at the row's ts name; the distance is that to the
        nearest of their segments. Off: it is farther even less the accuracy. On: it is not, even with the accuracy
        on top; or there is no route. A row without a place is neither.
        """
        n = len(rows)
        row, route, permitted = self._permits.routes(self._codes.first_rows(rows.subject), rows.ts)
        unsure = np.fmax(np.where(np.isnan(rows.accuracy), 0.0, rows.accuracy), 0.0)
        metres = np.full(n, np.inf)
        metres[~(np.isfinite(rows.lon) & np.isfinite(rows.lat))] = np.nan
        row = np.arange(n) if row is None else row
        placed = ~np.isnan(metres[row])
        row, route = row[placed], route[placed]
        x, y = self._routes.cells(rows.lon[row], rows.lat[row])
        _, tile = self._routes.within(route, x, y, 0.0)
        np.minimum.at(metres, row, self._routes.distance(route, tile, x, y, rows.lon[row], rows.lat[row]))
        off = permitted & (metres - unsure > tolerance)
        on = ~permitted | (metres + unsure <= tolerance)
        metres[on] = np.nan
        return OffRoute(off, on, metres)

    # -- what is allowed

    def permitted(self, subject: Ints, ts: Floats) -> Flags:
        """Whether the vehicle has a permit that is valid then, shape (n,)."""
        found = np.zeros(len(subject), np.bool_)
        found[self._valid(subject, ts)[0]] = True
        return found

    def in_hours(self, subject: Ints, ts: Floats) -> Flags:
        """Whether a valid permit allows that hour; one without hours allows every hour. No permit: False."""
        return self._permits.in_hours(self._valid(subject, ts), ts)

    def manifest(self, subject: Ints, ts: Floats) -> Manifest:
        """The trip sheet with since <= ts < due; where several hold, the one that began last."""
        sheet = self._manifests.at(self._codes.first_rows(subject), ts)
        site, disposal = (
            self._place_names.take(p.take(sheet)) for p in (self._manifests.site, self._manifests.disposal)
        )
        return Manifest(site, disposal, self._manifests.since.take(sheet), self._manifests.due.take(sheet))

    def disposal(self, subject: Ints, ts: Floats) -> Ints:
        """The zone where the vehicle has to tip then: by its trip sheet, or else a valid permit; NOBODY for none."""
        by_sheet = self._manifests.disposal.take(self._manifests.at(self._codes.first_rows(subject), ts))
        by_permit = self._permits.disposal(self._valid(subject, ts), len(ts))
        return self._place_names.take(np.where(by_sheet >= 0, by_sheet, by_permit))

    def _valid(self, subject: Ints, ts: Floats) -> tuple[Index, Index]:
        valid: tuple[Index, Index] = self._recent_permits.get(
            (subject, ts), lambda: self._permits.valid(self._codes.first_rows(subject), ts)
        )
        return valid

    # -- what could be said at all, for coverage

    def limited(self, subjects: Ints) -> Flags:
        """Whether any limit can ever hold for each subject: its own, the city's, or that of a zone for its class."""
        row = self._codes.first_rows(subjects).astype(np.intp)
        zones = self._zones.some_class(~np.isnan(self._zones.limit)).take(self._class(row))
        zones |= np.isfinite(self._subjects.limit.take(row))
        return zones

    def zoned(self, subjects: Ints, use: str) -> Flags:
        """Whether there is a zone of that use for each subject's class, at any time."""
        chosen = np.array([z.use == use for z in self._zones.zones], np.bool_)
        row = self._codes.first_rows(subjects).astype(np.intp)
        return self._zones.some_class(chosen).take(self._class(row))

    def routed(self, subjects: Ints) -> Flags:
        """Whether each subject has a permit with a route, at any time."""
        return self._permits.any_route.take(self._codes.first_rows(subjects))

    def has_permit(self, subjects: Ints) -> Flags:
        """Whether each subject has a permit, at any time."""
        return self._permits.any.take(self._codes.first_rows(subjects))

    def has_hours(self, subjects: Ints) -> Flags:
        """Whether each subject has a permit that says hours, at any time."""
        return self._permits.any_hours.take(self._codes.first_rows(subjects))
