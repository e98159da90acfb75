"""register_files: registers from the files that people keep: CSV and GeoJSON, every bad row named, all at once.

Reads the files that a `RegisterFiles` names. CSV is UTF-8 (with or without a byte order mark) or else GBK, its first
line names the columns. GeoJSON is a FeatureCollection. Reports a `Faulty` with one `Fault(file, line, row id,
message)` for each thing to mend. A date without an offset is in the city's time zone; a `valid_to` that is a bare
date includes that day, because that is what people mean by "valid to 31 December".
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.faults import Fault, Faulty, did_you_mean
from pipeline.geo import Datum, to_wgs84
from pipeline.register_shapes import read_routes, read_zones, swapped
from pipeline.registers import RegisterFiles, Registers, Route, Table, Zone

REQUIRED = {
    "vehicles": ("id", "class"),
    "devices": ("device", "subject"),
    "bins": ("id", "lon", "lat"),
    "permits": ("id", "vehicle", "route"),
}
OPTIONAL = {
    "vehicles": ("plate", "speed_limit", "valid_from", "valid_to"),
    "devices": ("valid_from", "valid_to"),
    "bins": ("class", "address", "valid_from", "valid_to"),
    "permits": ("valid_from", "valid_to"),
}
_DAY = re.compile(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=$|[ T])")

_HINTS, _MANY = 100, 5_000
"""Suggestions for so many bad references of a register, and none among more ids than that: each is a long search."""

Report = Callable[[int, str, str], None]
"""(line, row id, message) of a fault in one file"""
Row = dict[str, Any]
"""A register's row; `line` says where it stands"""


def load_registers(files: RegisterFiles, folder: Path, zone: tzinfo) -> Registers:
    """Read every file that the section names, relative to `folder`; `zone` is the city's time zone.

    Raises Faulty with all faults of all files.
    """
    faults: list[Fault] = []

    def reporter(file: str) -> Report:
        return lambda line, path, message: faults.append(Fault(file, line, path, message))

    rows: dict[str, list[Row]] = {}
    named: dict[str, str | None] = {"vehicles": files.vehicles, "devices": files.devices, "permits": files.permits}
    named["bins"] = files.bins.file if files.bins else None
    for register, file in named.items():
        data = _read(folder, file, faults) if file else None
        rows[register] = _read_csv(register, data, zone, reporter(str(file))) if data is not None else []
    if files.bins:
        _to_wgs84(rows["bins"], files.datum_of(files.bins))
    zones: list[tuple[int, Zone]] = []
    routes: list[tuple[int, Route]] = []
    times = _Times(zone)
    if files.zones and (data := _read(folder, files.zones.file, faults)) is not None:
        zones = read_zones(data, files.datum_of(files.zones), times.parse, reporter(files.zones.file))
    if files.routes and (data := _read(folder, files.routes.file, faults)) is not None:
        routes = read_routes(data, files.datum_of(files.routes), reporter(files.routes.file))

    for register, key in (("vehicles", "id"), ("devices", "device"), ("bins", "id")):
        _once_at_a_time(((r[key], r) for r in rows[register]), reporter(str(named[register])))
    zone_rows = ((z.id, {"line": n, "valid_from": z.valid_from, "valid_to": z.valid_to}) for n, z in zones)
    _once_at_a_time(zone_rows, reporter(files.zones.file if files.zones else ""))
    _once_at_a_time(((r.id, {"line": n}) for n, r in routes), reporter(files.routes.file if files.routes else ""))
    _check_references(rows, [route.id for _, route in routes], files, faults, reporter)
    _check_places(rows["bins"], zones, routes, files, reporter)
    if faults:
        raise Faulty(faults)
    tables = {register: Table.of(register, found) for register, found in rows.items()}
    return Registers(**tables, zones=[z for _, z in zones], routes=[r for _, r in routes],
                     speed_limits={name: float(limit) for name, limit in files.speed_limits.items()})  # fmt: skip


def _read(folder: Path, file: str, faults: list[Fault]) -> str | None:
    """The file's text, or None and a fault."""
    try:
        content = (folder / file).read_bytes()
    except OSError as error:
        faults.append(Fault(file, 0, "", f"expected a file that can be read: {error.strerror or error}"))
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as utf8:
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError:
            line = content.count(b"\n", 0, utf8.start) + 1
            what = f"expected UTF-8 or GBK; byte 0x{content[utf8.start]:02x} on this line is neither"
            faults.append(Fault(file, line, "", what))
            return None


class _Times:
    """Dates of one city as UTC seconds; remembers what it has read, because registers repeat the same few dates."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.seen: dict[tuple[str, bool], float] = {}

    def parse(self, text: str, end: bool) -> float:
        """UTC seconds; `end`: a bare date includes that day. ValueError says what was expected."""
        known = self.seen.get((text, end))
        if known is not None:
            return known
        day = _DAY.match(text)
        tidy = "{}-{:0>2}-{:0>2}".format(*day.groups()) + text[day.end() :] if day else text
        try:
            moment = datetime.fromisoformat(tidy)
        except ValueError:
            raise ValueError("expected a date such as '2025-03-01' or '2025-03-01 08:00+08:00'") from None
        if end and day and day.end() == len(text):
            moment += timedelta(days=1)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        self.seen[text, end] = seconds = moment.timestamp()
        return seconds


def _read_csv(register: str, text: str, zone: tzinfo, report: Report) -> list[Row]:
    """The rows that can be read; what can't is reported."""
    known = (*REQUIRED[register], *OPTIONAL[register])
    reader = csv.reader(io.StringIO(text), strict=True)
    found: list[Row] = []
    times = _Times(zone)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            at, line = line, reader.line_num + 1  # a quoted cell may go over several lines
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                if not _check_header(header, known, REQUIRED[register], at, report):
                    return []
                continue
            if len(cells) > len(header):
                report(at, cells[0].strip(), f"expected {len(header)} cells, got {len(cells)}")
                continue
            row = _row(dict(zip(header, (cell.strip() for cell in cells), strict=False)), register, times, at, report)
            if row is not None:
                found.append(row)
    except csv.Error as error:
        report(reader.line_num, "", f"expected CSV: {error}")
    if header is None:
        report(0, "", f"expected a first line that names the columns: {','.join(known)}")
    return found


def _check_header(
    header: list[str], known: tuple[str, ...], required: tuple[str, ...], at: int, report: Report
) -> bool:
    before = [name for name in known if name not in header]
    for name in header:
        if name not in known:
            hint = did_you_mean(name, before) or f"; known: {', '.join(known)}"
            report(at, name, f"no column '{name}' in this register{hint}")
        elif header.count(name) > 1:
            report(at, name, f"the column '{name}' is there twice")
    missing = [name for name in required if name not in header]
    for name in missing:
        report(at, name, f"expected a column '{name}'")
    return not missing


def _row(cells: dict[str, str], register: str, times: _Times, at: int, report: Report) -> Row | None:
    """One row, or None with its faults reported; an empty cell is left out."""
    name = cells.get(REQUIRED[register][0], "")
    row: Row = {"line": at}
    good = True
    for column, text in cells.items():
        if not text:
            continue
        try:
            if column in ("valid_from", "valid_to"):
                row[column] = times.parse(text, column == "valid_to")
            elif column in ("lon", "lat", "speed_limit"):
                row[column] = _number(column, text)
            else:
                row[column] = text
        except ValueError as error:
            good = False
            report(at, name, f"{column}: {error}, got '{text}'")
    for column in REQUIRED[register]:
        if not cells.get(column):
            good = False
            report(at, name, f"expected a value for {column}")
    if row.get("valid_to", np.inf) <= row.get("valid_from", -np.inf):
        good = False
        report(at, name, "valid_to is not after valid_from")
    return row if good else None


def _number(column: str, text: str) -> float:
    limits = {"lon": (-180.0, 180.0), "lat": (-90.0, 90.0), "speed_limit": (0.0, 1000.0)}
    low, high = limits[column]
    unit = "km/h without the unit" if column == "speed_limit" else "degrees"
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"expected a number of {unit}") from None
    if not low <= value <= high or (column == "speed_limit" and value == 0):
        hint = " (are lon and lat swapped?)" if column == "lat" and abs(value) <= 180 else ""
        raise ValueError(f"expected {unit} from {low:g} to {high:g}{hint}")
    return value


def _to_wgs84(bins: list[Row], datum: Datum) -> None:
    lon, lat = to_wgs84([b["lon"] for b in bins], [b["lat"] for b in bins], datum)
    for row, x, y in zip(bins, lon.tolist(), lat.tolist(), strict=True):
        row["lon"], row["lat"] = x, y


def _once_at_a_time(rows: Iterable[tuple[str, Row]], report: Report) -> None:
    """An id may come again only where the times do not overlap."""
    by_id: dict[str, list[Row]] = {}
    for name, row in rows:
        by_id.setdefault(name, []).append(row)
    for name, same in by_id.items():
        if len(same) > 1:
            same.sort(key=lambda r: (r.get("valid_from", -np.inf), r["line"]))
            for earlier, later in itertools.pairwise(same):
                if later.get("valid_from", -np.inf) < earlier.get("valid_to", np.inf):
                    message = f"'{name}' is already on line {earlier['line']}, at the same time"
                    report(later["line"], name, message)


def _check_references(
    rows: dict[str, list[Row]],
    routes: list[str],
    files: RegisterFiles,
    faults: list[Fault],
    reporter: Callable[[str], Report],
) -> None:
    """Every vehicle, route and subject that a row names is in its register."""
    bins_file, routes_file = (f.file if f else None for f in (files.bins, files.routes))
    vehicles = _mentioned((r["id"] for r in rows["vehicles"]), files.vehicles, faults)
    bins = _mentioned((r["id"] for r in rows["bins"]), bins_file, faults)
    ways = _mentioned(routes, routes_file, faults)
    subjects = vehicles | bins if vehicles is not None and bins is not None else None
    both = " or ".join(f for f in (files.vehicles, bins_file) if f)
    for register, column, known, where, file in (
        ("permits", "vehicle", vehicles, files.vehicles, files.permits),
        ("permits", "route", ways, routes_file, files.permits),
        ("devices", "subject", subjects, both, files.devices),
    ):
        if known is None or file is None:
            continue
        report = reporter(file)
        place = f"is not in {where}" if where else "is in no file: the configuration names none"
        hints = _HINTS if len(known) <= _MANY else 0
        for row in rows[register]:
            if row[column] not in known:
                hint = did_you_mean(row[column], known) if hints > 0 else ""
                hints -= 1
                report(row["line"], row[REQUIRED[register][0]], f"{column} '{row[column]}' {place}{hint}")
    twice = {r["id"] for r in rows["vehicles"]}
    for row in rows["bins"]:
        if row["id"] in twice:
            reporter(str(bins_file))(row["line"], row["id"], f"'{row['id']}' is a vehicle too, in {files.vehicles}")


def _mentioned(good: Iterable[str], file: str | None, faults: list[Fault]) -> set[str] | None:
    """The ids in a file, those of bad rows too; None where it could not be read, to blame nobody else for that."""
    ids = set(good)
    bad = {fault.path for fault in faults if fault.file == file}
    return None if bad and not ids else ids | bad


def _check_places(
    bins: list[Row],
    zones: list[tuple[int, Zone]],
    routes: list[tuple[int, Route]],
    files: RegisterFiles,
    reporter: Callable[[str], Report],
) -> None:
    """Places whose lon and lat are swapped, where both orders are on the globe: seen by where the others are."""
    file = {"bins": files.bins, "zones": files.zones, "routes": files.routes}
    places: list[tuple[str, int, str, float, float]] = []
    places += [("bins", r["line"], r["id"], r["lon"], r["lat"]) for r in bins]
    places += [("zones", n, z.id, z.polygons[0][0][0, 0].item(), z.polygons[0][0][0, 1].item()) for n, z in zones]
    places += [("routes", n, r.id, r.lines[0][0, 0].item(), r.lines[0][0, 1].item()) for n, r in routes]
    for index in swapped([p[3] for p in places], [p[4] for p in places]):
        register, line, name, _, _ = places[index]
        named = file[register]
        reporter(named.file if named else "")(line, name, "lon and lat look swapped: the rest of the city is elsewhere")
