"""register_files: registers from the files that people keep: CSV and GeoJSON, every bad row named, all at once.

Reads the files that a `RegisterFiles` names. CSV is UTF-8 (with or without a byte order mark) or else GBK. GeoJSON is
a FeatureCollection. Reports a `Faulty` with one `Fault(file, line, row id, message)` for each thing to mend.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, tzinfo
from pathlib import Path

from pipeline.calendars import CALENDARS
from pipeline.faults import Fault, Faulty
from pipeline.geo import Datum, to_wgs84
from pipeline.register_checks import check_places, check_references, once_at_a_time
from pipeline.register_csv import Report, Row, Times, read_csv
from pipeline.register_section import PlacesFile, RegisterFiles
from pipeline.register_shapes import read_roads, read_routes, read_zones
from pipeline.registers import COLUMNS, Registers, Table


def load_registers(files: RegisterFiles, folder: Path, zone: tzinfo) -> Registers:
    """Read every file that the section names, relative to `folder`; `zone` is the city's time zone.

    Raises Faulty with all faults of all files.
    """
    faults: list[Fault] = []

    def reporter(file: str | None) -> Report:
        return lambda line, path, message: faults.append(Fault(file or "", line, path, message))

    def content(register: str) -> tuple[str, Datum, Report] | None:
        places: PlacesFile | None = getattr(files, register)
        text = _read(folder, places.file, faults) if places else None
        return (text, files.datum_of(places), reporter(places.file)) if places and text is not None else None

    file = {name: _file_of(getattr(files, name)) for name in (*COLUMNS, "zones", "routes", "roads")}
    rows: dict[str, list[Row]] = {}
    for register in COLUMNS:
        name = file[register]
        text = _read(folder, name, faults) if name else None
        rows[register] = read_csv(register, text, zone, reporter(name)) if text is not None else []
    if files.bins:
        _to_wgs84(rows["bins"], files.datum_of(files.bins))
    read = content("zones")
    zones = read_zones(read[0], read[1], Times(zone).parse, read[2]) if read else []
    read = content("routes")
    routes = read_routes(*read) if read else []
    read = content("roads")
    roads = read_roads(*read) if read else []
    calendar = _calendar(files.calendar, folder, zone, faults, reporter)

    for register, key in (("vehicles", "id"), ("devices", "device"), ("bins", "id"), ("plans", "id")):
        once_at_a_time(((r[key], r) for r in rows[register]), reporter(file[register]))
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


def _file_of(named: PlacesFile | str | None) -> str | None:
    return named.file if isinstance(named, PlacesFile) else named


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
    named: str | None, folder: Path, zone: tzinfo, faults: list[Fault], reporter: Callable[[str | None], Report]
) -> dict[date, str]:
    """The days of the calendar that is named, or of its file."""
    if named is None:
        return {}
    if named in CALENDARS:
        return CALENDARS[named]()
    text = _read(folder, named, faults)
    rows = read_csv("calendar", text, zone, reporter(named)) if text is not None else []
    once_at_a_time(((row["date"].isoformat(), row) for row in rows), reporter(named))
    return {row["date"]: row["kind"] for row in rows}


def _to_wgs84(bins: list[Row], datum: Datum) -> None:
    lon, lat = to_wgs84([b["lon"] for b in bins], [b["lat"] for b in bins], datum)
    for row, x, y in zip(bins, lon.tolist(), lat.tolist(), strict=True):
        row["lon"], row["lat"] = x, y
