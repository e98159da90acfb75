"""world: what the city is, compiled for look-up: fleet, devices, permits, routes, zones, bins, limits, fixtures.

Reads `Registers`; answers for columns of rows sorted by (subject, ts), each row by what is valid at its ts
(`valid_from` inclusive, `valid_to` exclusive). Content never changes; a new version of the registers is a new World.
Its look-ups speak the codes of one `Names`, see `bind`. Work that several rules share (the cells of the same places,
the register rows of the same subjects) is remembered for the last few columns asked about: columns are never written
to once they are made.
"""

from __future__ import annotations

import copy
import hashlib
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pipeline.answers import Manifest, OffRoute, Within
from pipeline.corrections import Corrections
from pipeline.fixtures import Fixtures
from pipeline.geo import Place
from pipeline.hours import Hours, Timetables
from pipeline.manifests import Manifests
from pipeline.names import NOBODY, Names
from pipeline.permits import Permits
from pipeline.pieces import Bits
from pipeline.plans import Planned, Plans
from pipeline.raster import Index
from pipeline.recent import Recent
from pipeline.registers import Registers
from pipeline.roads import RoadIndex
from pipeline.routes import RouteIndex
from pipeline.rows import Flags, Floats, Ints, Longs, Position
from pipeline.subjects import Codes, Subjects
from pipeline.zone_cells import Spots
from pipeline.zones import Fixes, ZoneIndex, accuracy, placed

_PLACES = ("site", "disposal")
"""The columns of permits and manifests that name zones."""


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
        self._roads = RoadIndex(registers.roads, self._subjects.classes)
        named = (table.text(name) for table in (registers.permits, registers.manifests) for name in _PLACES)
        self._places = sorted({place for places in named for place in places if place})
        number, first = {place: k for k, place in enumerate(self._places)}, self._subjects.rows.first
        self._permits = Permits(registers.permits, first, self._routes.routes, number, timetables)
        self._manifests = Manifests(registers.manifests, first, number)
        self._plans = Plans(registers, first)
        self._fixed = Fixtures(registers.fixtures)
        self._corrected = Corrections(registers.clocks)
        self._schedules: dict[str, Hours] = {}
        self._bind(Names())

    def bind(self, names: Names) -> World:
        """The same city, speaking the codes of `names` and following them as they grow; adds the zones' names."""
        bound = copy.copy(self)
        bound._bind(names)
        return bound

    def _bind(self, names: Names) -> None:
        self.names = names
        self._codes = Codes(names, self._subjects, self.registers.devices)
        zone_names = names.codes(z.id for z in self._zones.zones)
        self._zone_names = np.append(zone_names, np.int32(NOBODY))
        self._zone_by_code = np.full(int(zone_names.max(initial=NOBODY)) + 2, -1, np.int64)
        self._zone_by_code[zone_names] = self._zones.numbers
        self._place_names = np.append(names.codes(self._places), np.int32(NOBODY))
        self.fixtures = self._fixed.bind(names)
        """what stands in cameras' pictures for good"""
        self.corrections = self._corrected.bind(names)
        """by how much terminals' clocks are ahead"""
        self._recent_rows, self._recent_spots, self._recent_steps = Recent(), Recent(), Recent()
        self._recent_permits, self._recent_fixes = Recent(), Recent()
        self._recent_within: dict[tuple[str, ...], Recent] = {}

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

    def within(self, rows: Position, uses: tuple[str, ...]) -> Within:
        """Whether each row is in a zone with one of these uses that holds then and for its class.

        The boundary belongs to a zone. An unknown place is neither inside nor outside, nor is a fix worse than 2 km.
        """
        recent = self._recent_within.setdefault(uses, Recent(2))
        columns = (rows.lon, rows.lat, rows.ts, rows.subject, rows.accuracy)
        found: Within = recent.get(columns, lambda: self._find_within(rows, uses))
        return found

    def _find_within(self, rows: Position, uses: tuple[str, ...]) -> Within:
        inside, outside, first = self._zones.within(uses, self._spots(rows), self._fixes(rows))
        zone = np.fmin(first, len(self._zone_names) - 1, out=first).astype(np.intp)
        return Within(inside, outside, self._zone_names.take(zone))

    def in_zone(self, rows: Position, zone: Ints) -> tuple[Flags, Flags]:
        """(inside, outside) of one zone a row, by its name's code: as `within`. Neither for what is no zone."""
        last = len(self._zone_by_code) - 1
        number = self._zone_by_code.take(np.where(zone < 0, last, np.minimum(zone, last)))
        return self._zones.in_one(number, self._fixes(rows))

    def speed_limit(self, rows: Position) -> Floats:
        """The lowest of the vehicle's limit, those of the zones it is surely in and the road's, km/h; NaN: none.

        The road's is that of the roads which it may be on, the highest if they are several; where it is on none, the
        city's for its class. Where a place is unknown, zones and roads say nothing. An unknown subject has the city's
        default.
        """
        row, known = self._row(rows.subject, rows.ts), self._subjects
        limit: Floats = known.class_limit.take(row)
        if self.registers.roads:
            where, unsure = np.flatnonzero(placed(rows)), accuracy(rows)
            unsure = None if unsure is None else unsure[where]
            found = self._roads.highest(rows.lon[where], rows.lat[where], unsure, self._class(row[where]))
            on = np.isfinite(found)
            limit[where[on]] = found[on]
        np.minimum(limit, known.own_limit.take(row), out=limit)
        if self._zones.limiting:
            np.minimum(limit, self._zones.lowest(self._spots(rows), self._fixes(rows)), out=limit)
        limit[np.isinf(limit)] = np.nan
        return limit

    def _spots(self, rows: Position) -> Spots:
        spots: Spots = self._recent_spots.get((rows.lon, rows.lat), lambda: self._zones.cells.spots(rows.lon, rows.lat))
        return spots

    def _fixes(self, rows: Position) -> Fixes:
        columns = (rows.lon, rows.lat, rows.ts, rows.subject, rows.accuracy)
        fixes: Fixes = self._recent_fixes.get(
            columns,
            lambda: Fixes(*columns[:3], accuracy(rows), lambda: self._class(self._row(rows.subject, rows.ts))),
        )
        return fixes

    # -- on which way

    def off_route(self, rows: Position, tolerance: float) -> OffRoute:
        """Is each row farther than `tolerance` metres from all of its routes, whatever its `accuracy` hides?

        Its routes are those that the vehicle's permits valid at the row's ts name; the distance is that to the
        nearest of their segments. Off: it is farther even less the accuracy. On: it is not, even with the accuracy
        on top; or there is no route. A row without a place is neither.
        """
        row, route, permitted = self._permits.routes(self._codes.first_rows(rows.subject), rows.ts)
        steps = self._recent_steps.get((rows.lon, rows.lat), lambda: self._routes.cells(rows.lon, rows.lat))
        x, y = steps if row is None else (steps[0][row], steps[1][row])
        unsure = self._fixes(rows).accuracy
        margin = tolerance if unsure is None else tolerance - (unsure if row is None else unsure[row])
        certain, tile = self._routes.within(route, x, y, margin)
        on = ~permitted
        on[certain if row is None else row[certain]] = True
        doubtful = ~on
        doubtful &= placed(rows)
        ask = np.flatnonzero(doubtful if row is None else doubtful[row])
        asked = ask if row is None else row[ask]
        nearest = np.full(len(rows), np.inf)
        lon, lat = rows.lon[asked], rows.lat[asked]
        np.minimum.at(nearest, asked, self._routes.distance(route[ask], tile[ask], x[ask], y[ask], lon, lat))
        # Few rows were measured: what follows from it is for them alone.
        measured = np.flatnonzero(doubtful)
        least, margin = nearest[measured], 0.0 if unsure is None else unsure[measured]
        off, metres = np.zeros(len(rows), np.bool_), np.full(len(rows), np.nan)
        off[measured] = least - margin > tolerance
        on[measured] = least + margin <= tolerance
        metres[measured] = np.where(on[measured], np.nan, least)
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

    def during(self, hours: str, ts: Floats) -> Flags:
        """Whether each time lies in a schedule, by the city's time zone and calendar, shape (n,)."""
        if hours not in self._schedules:
            self._schedules[hours] = Hours(hours, ZoneInfo(self.registers.time_zone), self.registers.calendar)
        return self._schedules[hours].at(ts)

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

    def plan(self, subject: Ints, ts: Floats, *, placed: bool = True) -> Planned:
        """What the subject has to do then, of its plans with a route or a zone, or (placed: False) of those without."""
        return self._plans.current(self._codes.first_rows(subject), ts, placed=placed)

    def passed(self, plan: Longs, a: Place, b: Place) -> Bits:
        """Which pieces of its plan each way from a to b passes, shape (n, 32)."""
        return self._plans.pieces.passed(plan, a, b)

    def _valid(self, subject: Ints, ts: Floats) -> tuple[Index, Index]:
        valid: tuple[Index, Index] = self._recent_permits.get(
            (subject, ts), lambda: self._permits.valid(self._codes.first_rows(subject), ts)
        )
        return valid

    # -- what could be said at all, for coverage

    def placed(self, subjects: Ints) -> Flags:
        """Whether each subject is a thing that stands at a place."""
        return ~np.isnan(self._subjects.lon.take(self._codes.first_rows(subjects)))

    def limited(self, subjects: Ints) -> Flags:
        """Whether any limit can ever hold for each subject: its own, the city's, that of a zone or a road."""
        row = self._codes.first_rows(subjects).astype(np.intp)
        zones = self._zones.some_class(~np.isnan(self._zones.limit)).take(self._class(row))
        zones |= self._roads.some_class.take(self._class(row)) if self.registers.roads else False
        zones |= np.isfinite(np.minimum(self._subjects.own_limit, self._subjects.class_limit).take(row))
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

    def has_manifest(self, subjects: Ints) -> Flags:
        """Whether each subject has a trip sheet, at any time."""
        return self._manifests.any.take(self._codes.first_rows(subjects))

    def has_plan(self, subjects: Ints, *, placed: bool = True) -> Flags:
        """Whether each subject has a plan with a route or a zone, or (placed: False) one without, at any time."""
        return self._plans.any(self._codes.first_rows(subjects), placed=placed)
