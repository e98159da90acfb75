"""writing: rows of a register as a file that an import reads as the same rows: CSV, Excel, GeoJSON, shapefile.

Rows come as they are kept, places in WGS-84; the file's are in whatever datum is asked for. Times are written in the
city's zone, a whole day as a bare date. The same rows make the same bytes, but for Excel files and shapefiles, which
say when they were made. Raises Faulty where a format can't keep a row whole.
"""

from __future__ import annotations

import csv
import json
import math
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from cases.registers.features import NAME
from cases.registers.kinds import GEOMETRY, POINT, Column, Register
from cases.registers.rows import Kept
from pipeline.faults import Fault, Faulty
from pipeline.geo import Datum, from_wgs84
from pipeline.register_csv import Times, kept_text

Cells = dict[str, Any]
"""By column: text, a float, a list of text, or a geometry; what is not given is left out."""
_LONGEST = 254
"""bytes of a text in a .dbf"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_rows(
    register: Register, rows: Iterable[Kept], file: Path, *, datum: Datum, zone: ZoneInfo, encoding: str = "utf-8-sig"
) -> int:
    """Write the file, in the format that its name ends with; how many rows it has. encoding: of CSV."""
    cells = exported(register, rows, datum, zone)
    kind = file.suffix.lower()
    if kind == ".xlsx":
        return write_excel(register, cells, file)
    if kind in (".geojson", ".json"):
        return write_geojson(register, cells, file)
    if kind in (".shp", ".zip"):
        return _write_shapefile(register, list(cells), file)
    return write_csv(register, cells, file, encoding)


def exported(register: Register, rows: Iterable[Kept], datum: Datum, zone: ZoneInfo) -> Iterator[Cells]:
    """The cells of each row."""
    times = Times(zone)
    for row in rows:
        cells: Cells = {register.key: row.id, **row.data}
        if datum not in (Datum.WGS84, Datum.CGCS2000):
            if "lon" in cells:
                lon, lat = from_wgs84(cells["lon"], cells["lat"], datum)
                cells["lon"], cells["lat"] = float(lon), float(lat)
            if GEOMETRY in cells:
                shape = cells[GEOMETRY]
                cells[GEOMETRY] = {"type": shape["type"], "coordinates": _converted(shape["coordinates"], datum)}
        for name, time in (("valid_from", row.valid_from), ("valid_to", row.valid_to)):
            if math.isfinite(time):
                cells[name] = time_text(time, name == "valid_to", times)
        yield cells


def time_text(time: float, end: bool, times: Times) -> str:
    """The shortest text that reads as this time, UTC seconds; `end`: a bare date includes that day."""
    moment = (_EPOCH + timedelta(seconds=time)).astimezone(times.zone)
    day = (moment - timedelta(days=1) if end else moment).date().isoformat()
    return day if times.parse(day, end) == time else moment.isoformat(" ")


def write_csv(
    register: Register, rows: Iterable[Cells], file: Path, encoding: str = "utf-8-sig", remarks: Sequence[str] = ()
) -> int:
    """CSV; with a byte order mark if in UTF-8, since spreadsheets guess wrongly without it. Before what one would take
    for a formula stands a ', which an import takes away again."""
    count = 0
    with file.open("w", encoding="gb18030" if encoding == "gbk" else encoding, newline="") as text:
        text.writelines(f"# {remark}\r\n" for remark in remarks)
        writer = csv.writer(text)
        writer.writerow([column.name for column in register.columns])
        for cells in rows:
            writer.writerow([_kept(_cell(cells.get(column.name, "")), column) for column in register.columns])
            count += 1
    return count


def write_excel(register: Register, rows: Iterable[Cells], file: Path) -> int:
    """An Excel workbook with a header that stays in sight; every cell of text is text, whatever it looks like."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils.exceptions import IllegalCharacterError

    book = Workbook(write_only=True)
    sheet = book.create_sheet(register.name)
    sheet.freeze_panes = "A2"
    sheet.append([column.name for column in register.columns])
    count = 0
    for cells in rows:
        made = []
        for column in register.columns:
            value = _cell(cells.get(column.name, ""))
            try:
                cell = WriteOnlyCell(sheet, None if value == "" else value)
            except IllegalCharacterError:
                what = f"{column.name}: expected text without control characters, which Excel can't keep"
                raise Faulty([Fault(file.name, count + 2, cells[register.key], what)]) from None
            if isinstance(value, str) and value:
                cell.data_type = "s"  # not a formula, though it may begin with '='
                cell.number_format = "@"
            made.append(cell)
        sheet.append(made)
        count += 1
    book.save(file)
    return count


def write_geojson(
    register: Register, rows: Iterable[Cells], file: Path, remarks: Mapping[str, str] | None = None
) -> int:
    """A FeatureCollection with a feature a line. Raises Faulty for a register without places."""
    if not register.shape:
        raise Faulty([Fault(file.name, 0, register.name, "has no places: name a .csv or .xlsx file")])
    count = 0
    with file.open("w", encoding="utf-8", newline="\n") as text:
        head = f'"columns": {json.dumps(remarks, ensure_ascii=False)},\n' if remarks else ""
        text.write('{"type": "FeatureCollection",\n' + head + '"features": [\n')
        for cells in rows:
            geometry = cells.pop(GEOMETRY, None)
            if register.shape == POINT and "lon" in cells:
                geometry = {"type": "Point", "coordinates": [cells.pop("lon"), cells.pop("lat")]}
            numbers = {column.name for column in register.columns if column.number}
            properties = {n: float(v) if n in numbers and isinstance(v, str) else v for n, v in cells.items()}
            feature = {"type": "Feature", "properties": properties, "geometry": geometry}
            text.write((",\n" if count else "") + json.dumps(feature, ensure_ascii=False, allow_nan=False))
            count += 1
        text.write("\n]}\n")
    return count


def _write_shapefile(register: Register, rows: Sequence[Cells], file: Path) -> int:
    """A .shp with its .shx, .dbf, .cpg and .prj, or all of them in a .zip. Text is UTF-8."""
    import shapefile

    if not register.shape:
        raise Faulty([Fault(file.name, 0, register.name, "has no places: name a .csv or .xlsx file")])
    columns = [c for c in register.columns if c.name != GEOMETRY and not (register.shape == POINT and c.name in _PLACE)]
    texts = [{c.name: _cell(cells.get(c.name, "")) for c in columns} for cells in rows]
    faults = [
        Fault(file.name, line, text[register.key], f"{name}: a shapefile keeps {_LONGEST} bytes of text, got more")
        for line, text in enumerate(texts, 1)
        for name, value in text.items()
        if len(value.encode()) > _LONGEST
    ]
    if faults:
        raise Faulty(faults)
    kind = {POINT: shapefile.POINT, "line": shapefile.POLYLINE}.get(register.shape, shapefile.POLYGON)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file.stem
        with shapefile.Writer(str(path), shapeType=kind, encoding="utf-8") as writer:
            for column in columns:
                size = max((len(text[column.name].encode()) for text in texts), default=1)
                writer.field(column.name[:NAME], "C", max(size, 1))
            for cells, text in zip(rows, texts, strict=True):
                if GEOMETRY in cells:
                    writer.shape(cells[GEOMETRY])
                elif "lon" in cells:
                    writer.point(cells["lon"], cells["lat"])
                else:
                    writer.null()
                writer.record(*text.values())
        path.with_suffix(".cpg").write_text("UTF-8")
        path.with_suffix(".prj").write_text(_PRJ)
        parts = [path.with_suffix(suffix) for suffix in (".shp", ".shx", ".dbf", ".cpg", ".prj")]
        if file.suffix.lower() == ".zip":
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                for part in parts:
                    packed.writestr(zipfile.ZipInfo(part.name), part.read_bytes())
        else:
            for part in parts:
                file.with_suffix(part.suffix).write_bytes(part.read_bytes())
    return len(rows)


_PLACE = ("lon", "lat")
_PRJ = (
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
"""Degrees; of GCJ-02 and BD-09 no .prj can tell, so whoever imports says the datum."""


def _cell(value: Any) -> Any:
    """A cell of a table: text, or a float."""
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, dict):
        return wkt(value)
    return value


def _kept(value: Any, column: Column) -> Any:
    return kept_text(value) if isinstance(value, str) and not column.number else value


def wkt(geometry: Mapping[str, Any]) -> str:
    """A geometry as WKT with every digit."""

    def listed(value: Any) -> str:
        if isinstance(value[0], int | float):
            return f"{value[0]!r} {value[1]!r}"
        return f"({', '.join(map(listed, value))})"

    return f"{geometry['type'].upper()} {listed(geometry['coordinates'])}"


def _converted(coordinates: Any, datum: Datum) -> Any:
    """The same lists in another datum."""
    if isinstance(coordinates[0][0], int | float):
        points = np.asarray(coordinates, np.float64)
        return np.column_stack(from_wgs84(points[:, 0], points[:, 1], datum)).tolist()
    return [_converted(each, datum) for each in coordinates]
