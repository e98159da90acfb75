"""register_files: registers from the files that people keep: CSV and GeoJSON, every bad row named, all at once.

Reads the files that a `RegisterFiles` names. CSV is UTF-8 (with or without a byte order mark) or else GBK. GeoJSON is
a FeatureCollection. Rows that the city's store keeps come ready, in a `Stored`. Reports a `Faulty` with one
`Fault(file, line, row id, message)` for each thing to mend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, tzinfo
from pathlib import Path

from pipeline.calendars import CALENDARS
from pipeline.faults import Fault, Faulty
from pipeline.geo import Datum, to_wgs84
from pipeline.register_checks import check_places, check_references, once_at_a_time
from pipeline.register_csv import Report, Row, Times, read_csv
from pipeline.register_section import REGISTERS, STORE, PlacesFile, RegisterFiles
from pipeline.register_shapes import read_roads, read_routes, read_zones
from pipeline.registers import COLUMNS, Registers, Road, Route, Table, Zone


@dataclass(slots=True)
class Stored:
    """What the store has of the registers that it keeps: good rows each by itself, in WGS-84 degrees."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    """of plain registers and the calendar, by register; a row's `line` is where it stood when it came, 0: not known"""
    zones: list[tuple[int, Zone]] = field(default_factory=list)
    """(line, zone)"""
    routes: list[tuple[int, Route]] = field(default_factory=list)
    roads: list[tuple[int, Road]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    """what faults call a register's place; none: the store"""

    def label(self, register: str) -> str:
        """What stands in a fault where a file's name would."""
        return self.labels.get(register, f"store:{register}")


def load_registers(files: RegisterFiles, folder: Path, zone: tzinfo, stored: Stored | None = None) -> Registers:
    """Read every file that the section names, relative to `folder`; `zone` is the city's time zone.

    stored: the rows of what the section takes from the store; None: there are none yet. Raises Faulty with all faults
    of all files.
    """
    faults: list[Fault] = []
    stored = Stored() if stored is None else stored
    kept = set(files.stored)

    def reporter(file: str | None) -> Report:
        return lambda line, path, message: faults.append(Fault(file or "", line, path, message))

    def content(register: str) -> tuple[str, Datum, Report] | None:
        places: PlacesFile | None = getattr(files, register)
        if places is None or register in kept:
            return None
        text = _read(folder, places.file, faults)
        return (text, files.datum_of(places), reporter(places.file)) if text is not None else None

    file = {name: stored.label(name) if name in kept else files.file_of(name) for name in REGISTERS}
    rows: dict[str, list[Row]] = {}
    for register in COLUMNS:
        name = file[register]
        if register in kept:
            rows[register] = stored.rows.get(register, [])
        else:
            text = _read(folder, name, faults) if name else None
            rows[register] = read_csv(register, text, zone, reporter(name)) if text is not None else []
    if files.bins and "bins" not in kept:
        _to_wgs84(rows["bins"], files.datum_of(files.bins))
    read = content("zones")
    zones = read_zones(read[0], read[1], Times(zone).parse, read[2]) if read else []
    read = content("routes")
    routes = read_routes(*read) if read else []
    read = content("roads")
    roads = read_roads(*read) if read else []
    zones = stored.zones if "zones" in kept else zones
    routes = stored.routes if "routes" in kept else routes
    roads = stored.roads if "roads" in kept else roads
    calendar = _calendar(files.calendar, folder, zone, faults, reporter, stored)

    for register, key in (("vehicles", "id"), ("devices", "device"), ("bins", "id"), ("plans", "id")):
        once_at_a_time(((r[key], r) for r in rows[register]), reporter(file[register]))
    of_streams = ((f"{r['terminal']} {r.get('stream', '')}".strip(), r) for r in rows["clocks"])
    once_at_a_time(of_streams, reporter(file["clocks"]))
    zone_rows = ((z.id, {"line": n, "valid_from": z.valid_from, "valid_to": z.valid_to}) for n, z in zones)
    once_at_a_time(zone_rows, reporter(file["zones"]))
    once_at_a_time(((r.id, {"line": n}) for n, r in routes), reporter(file["routes"]))
    once_at_a_time(((r.id, {"line": n}) for n, r in roads), reporter(file["roads"]))
    ids = {register: [r["id"] for r in rows[register]] for register in ("vehicles", "bins")}
    ids |= {"zones": [z.id for _, z in zones], "routes": [r.id for _, r in routes]}
    check_references(rows, ids, file, faults, reporter)
    shapes = {
        "zones": [(n, z.id, z.polygons[0]) for n, z in zones],
        "routes": [(n, r.id, r.lines) for n, r in routes],
        "roads": [(n, r.id, r.lines) for n, r in roads],
    }
    check_places(rows["bins"], shapes, file, reporter)
    if faults:
        raise Faulty(faults)
    return Registers(
        **{register: Table.of(register, found) for register, found in rows.items()},
        zones=[z for _, z in zones],
        routes=[r for _, r in routes],
        roads=[r for _, r in roads],
        speed_limits={name: float(limit) for name, limit in files.speed_limits.items()},
        time_zone=str(zone),
        calendar=calendar,
    )


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


def _calendar(
    named: str | tuple[str, ...] | None,
    folder: Path,
    zone: tzinfo,
    faults: list[Fault],
    reporter: Callable[[str | None], Report],
    stored: Stored,
) -> dict[date, str]:
    """The days of the calendars and files that are named, and of the store; a later one wins."""
    days: dict[date, str] = {}
    for name in (named,) if isinstance(named, str) else named or ():
        if name in CALENDARS:
            days |= CALENDARS[name]()
            continue
        if name == STORE:
            days |= {row["date"]: row["kind"] for row in stored.rows.get("calendar", [])}
            continue
        text = _read(folder, name, faults)
        rows = read_csv("calendar", text, zone, reporter(name)) if text is not None else []
        once_at_a_time(((row["date"].isoformat(), row) for row in rows), reporter(name))
        days |= {row["date"]: row["kind"] for row in rows}
    return days


def _to_wgs84(bins: list[Row], datum: Datum) -> None:
    lon, lat = to_wgs84([b["lon"] for b in bins], [b["lat"] for b in bins], datum)
    for row, x, y in zip(bins, lon.tolist(), lat.tolist(), strict=True):
        row["lon"], row["lat"] = x, y
