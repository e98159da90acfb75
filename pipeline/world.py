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
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.names import NOBODY, Names
from pipeline.permits import Permits
from pipeline.registers import Registers
from pipeline.routes import RouteIndex
from pipeline.rows import Flags, Floats, Ints, Position
from pipeline.subjects import Codes, Subjects
from pipeline.zones import ZoneIndex


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


class World:
    """The city. Compiled once; `bind` gives it the codes of an engine, sharing all that is compiled."""

    names: Names
    """Whose codes it speaks."""

    def __init__(self, registers: Registers) -> None:
        self.registers = registers
        self.hash = hashlib.sha256(registers.to_bytes()).hexdigest()
        """SHA-256 of the content, hex: equal content, equal hash"""
        self._subjects = Subjects(registers)
        self._zones = ZoneIndex(registers.zones, self._subjects.classes)
        self._routes = RouteIndex(registers.routes)
        self._permits = Permits(registers.permits, self._subjects.rows.first, self._routes.routes)
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
        self._recent_rows, self._recent_cells, self._recent_steps = _Recent(), _Recent(), _Recent()

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

    # -- on which way

    def off_route(self, rows: Position, tolerance: float) -> tuple[Flags, Floats, Flags]:
        """(off, metres, permitted), each of shape (n,): is it farther than `tolerance` metres from all of its routes?

        Its routes are those that the vehicle's permits valid at the row's ts name; the distance is that to the
        nearest of their segments. metres: exact where off, NaN elsewhere. permitted: it has a route then; where not,
        it is not off. A row without a place is not off.
        """
        n = len(rows)
        row, route, permitted = self._permits.routes(self._codes.first_rows(rows.subject), rows.ts)
        steps = self._recent_steps.get((rows.lon, rows.lat), lambda: self._routes.cells(rows.lon, rows.lat))
        x, y = steps if row is None else (steps[0][row], steps[1][row])
        certain, tile = self._routes.within(route, x, y, tolerance)
        doubtful = np.isfinite(rows.lon) & np.isfinite(rows.lat)
        doubtful[certain if row is None else row[certain]] = False
        ask = np.flatnonzero(doubtful if row is None else doubtful[row])
        asked = ask if row is None else row[ask]
        metres = np.full(n, np.inf)
        lon, lat = rows.lon[asked], rows.lat[asked]
        np.minimum.at(metres, asked, self._routes.distance(route[ask], tile[ask], x[ask], y[ask], lon, lat))
        off = (metres > tolerance) & np.isfinite(metres)
        metres[~off] = np.nan
        return off, metres, permitted

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
