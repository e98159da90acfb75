"""registers_shelf: the registers as the console has them at hand: where each comes from, and its rows in memory.

A small register is read once and again after a change; one that comes from a file, when the file has changed. What is
in the files that the configuration names is shown, and changed there alone.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from fastapi import Depends, Request
from numpy.typing import NDArray

from cases.registers.changing import Standing
from cases.registers.checking import check
from cases.registers.importing import World, numbered, records
from cases.registers.kinds import GEOMETRY, REGISTERS, Register
from cases.registers.paging import Box
from cases.registers.rows import Kept, version
from console.city import City, OfCity
from console.errors import Refused
from console.registers_bodies import SourceOut
from console.registers_uploads import Uploads
from console.words import worded
from pipeline.calendars import CALENDARS
from pipeline.faults import did_you_mean
from pipeline.register_section import STORE, PlacesFile, RegisterFiles


class RunningRegisters(Protocol):
    """What a running city says of its registers (gridwatch/registers_beside.py)."""

    def world(self) -> World:
        """The section of the configuration in force, and what its files' names are relative to."""
        ...

    def calendar(self) -> Mapping[date, str]:
        """'holiday' or 'workday', by date, as it is in force."""
        ...

    def reload(self) -> None:
        """Take what has changed into force, soon."""
        ...


@dataclass(slots=True)
class Table:
    """The rows of a small register, all that stand."""

    version: object
    rows: list[Standing]
    bounds: NDArray[np.float64] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def in_box(self, box: Box, at: float | None) -> list[Standing]:
        """Those that lie in a part of the map, at a time (UTC seconds); None: at any."""
        with self.lock:
            if self.bounds is None:
                self.bounds = np.array([_bounds(each.row) for each in self.rows], np.float64).reshape(-1, 4)
            bounds = self.bounds
        west, south, east, north = (bounds[:, n] for n in range(4))
        inside = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
        found = (self.rows[index] for index in np.flatnonzero(inside).tolist())
        return [each for each in found if at is None or each.row.holds(at)]


def _bounds(row: Kept) -> tuple[float, float, float, float]:
    """West, south, east, north; NaN where it has no place."""
    nowhere = float("nan")
    if GEOMETRY in row.data:
        points = list(_points(row.data[GEOMETRY]["coordinates"]))
        lons, lats = [x for x, _ in points], [y for _, y in points]
        return min(lons), min(lats), max(lons), max(lats)
    lon, lat = row.data.get("lon", nowhere), row.data.get("lat", nowhere)
    return lon, lat, lon, lat


def _points(coordinates: object) -> list[tuple[float, float]]:
    if not isinstance(coordinates, list | tuple) or not coordinates:
        return []
    if isinstance(coordinates[0], int | float):
        return [(float(coordinates[0]), float(coordinates[1]))]
    return [point for each in coordinates for point in _points(each)]


class Shelf:
    """What is remembered. Any thread."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._lock = threading.Lock()
        self._tables: dict[str, Table] = {}
        self.uploads = Uploads()
        self._locks = {name: threading.Lock() for name in REGISTERS}

    @property
    def zone(self) -> ZoneInfo:
        """The city's."""
        return ZoneInfo(str(self._city.settings.zone))

    def source(self, register: Register) -> SourceOut:
        """Where it comes from, and whether it may be changed here."""
        running = self._city.beside.registers
        if running is None:
            why = "The city does not run beside this: registers can be read, not changed."
            return SourceOut(kind="store", editable=False, why=worded(why))
        section = running.world().section
        file = section.file_of(register.name)
        if file not in (None, STORE):
            why = f"It is kept in {file}, which the configuration names: change it there, and reload."
            return SourceOut(kind="file", file=str(file), editable=False, why=worded(why))
        if file is None and register.world:
            why = f"Nothing is judged by it: the configuration does not say `{register.name}: store` under `registers`."
            return SourceOut(kind="none", editable=True, why=worded(why))
        return SourceOut(kind="store", editable=True)

    def table(self, connection: sa.Connection, register: Register) -> Table:
        """The rows of a small register as they stand."""
        running = self._city.beside.registers
        section = None if running is None else running.world().section
        file = None if section is None else section.file_of(register.name)
        with self._locks[register.name]:
            known = self._tables.get(register.name)
            if register.world and section is not None and file not in (None, STORE):
                now: object = self._file_version(section, register)
                if known is None or known.version != now:
                    known = self._tables[register.name] = Table(now, self._read(section, register))
                return known
            now = version(connection, register.name)
            if known is None or known.version != now:
                known = self._tables[register.name] = Table(now, numbered(connection, register.name))
            return known

    def _file_version(self, section: RegisterFiles, register: Register) -> object:
        file = self._file(section, register)
        try:
            state = None if file is None else file.stat()
        except OSError as error:
            raise Refused(503, f"{section.file_of(register.name)} can't be read: {error.strerror}.") from None
        return ("file", str(file), None if state is None else (state.st_mtime_ns, state.st_size))

    def _file(self, section: RegisterFiles, register: Register) -> Path | None:
        """None: it is no file, but a calendar that the program has, or several of them."""
        name, running = section.file_of(register.name), self._city.beside.registers
        several = register.name == "calendar" and (isinstance(section.calendar, tuple) or name in CALENDARS)
        return None if running is None or name is None or several else running.world().folder / name

    def _read(self, section: RegisterFiles, register: Register) -> list[Standing]:
        file, running = self._file(section, register), self._city.beside.registers
        if file is None or running is None:
            days = {} if running is None else running.calendar()
            return [
                Standing(n, Kept(day.isoformat(), float("-inf"), float("inf"), {"kind": kind}))
                for n, (day, kind) in enumerate(sorted(days.items()), 1)
            ]
        places = getattr(section, register.name)
        datum = section.datum_of(places) if isinstance(places, PlacesFile) else section.datum

        def skip(_line: int, _name: str, _message: str) -> None:
            """The city runs by its good rows; `gridwatch check` names the others."""

        try:
            good = check(register, records(register, file, skip), datum, self.zone, skip)
        except OSError as error:
            raise Refused(503, f"{section.file_of(register.name)} can't be read: {error.strerror}.") from None
        return [Standing(n, each.row) for n, each in enumerate(good, 1)]


_MAKING = threading.Lock()


def shelf_of(request: Request, city: OfCity) -> Shelf:
    """The city's, made when it is first asked for."""
    with _MAKING:
        found = getattr(request.app.state, "shelf", None)
        if not isinstance(found, Shelf):
            found = request.app.state.shelf = Shelf(city)
    return found


OfShelf = Annotated[Shelf, Depends(shelf_of)]


def register_of(kind: str) -> Register:
    """The register of this name. Raises Refused."""
    if kind not in REGISTERS:
        hint = did_you_mean(kind[:80], REGISTERS) or f"; there are: {', '.join(REGISTERS)}"
        raise Refused(404, f"There is no such register{hint}")
    return REGISTERS[kind]


OfRegister = Annotated[Register, Depends(register_of)]
