"""features: the records of GeoJSON and shapefiles: properties as cells, with the geometry of each.

A shapefile is a .shp with its .dbf (and .shx, .cpg, .prj) beside it, or a .zip with one set. Its text is in the
encoding that its .cpg or .dbf says, else UTF-8 or GBK. Its names of columns are cut at 10 characters, so ours are found
by their first 10. Properties that the register does not know are the map maker's own.
"""

from __future__ import annotations

import itertools
import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from cases.registers.checking import Record, as_lists, number_text
from cases.registers.kinds import EXAMPLE, POINT, Register
from cases.registers.tables import opened
from pipeline.register_csv import Report
from pipeline.register_shapes import features

NAME = 10
"""characters that a .dbf keeps of a column's name"""
_ENCODINGS = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x03: "cp1252", 0x57: "cp1252", 0x13: "cp932"}
"""By the .dbf's language driver."""
_SUFFIXES = (".shp", ".shx", ".dbf", ".cpg", ".prj")


def geojson_records(register: Register, file: Path, report: Report) -> Iterator[Record]:
    """The records of a FeatureCollection. Raises OSError."""
    with opened(file, report) as text:
        content = text.read() if text is not None else None
    if content is None:
        return
    key = register.key
    placeless = register.shape == POINT and "lon" not in register.required
    if f'"{key}"' not in content:
        key = register.column(key).zh
    for line, name, properties, geometry in features(content, report, key, placeless):
        record = _record(register, line, {**properties, key: name}, geometry or None, report)
        if record is not None:
            yield record


def shapefile_records(register: Register, file: Path, report: Report) -> Iterator[Record]:
    """The records of a .shp or a .zip; `line` counts them from 1. Raises OSError."""
    import shapefile

    with _unpacked(file, report) as path:
        if path is None:
            return
        projected = path.with_suffix(".prj")
        if projected.exists() and projected.read_text("utf-8", "replace").lstrip().upper().startswith("PROJ"):
            report(0, "", "expected longitude and latitude; its .prj says that these are projected: export in degrees")
            return
        try:
            # By handles: the package would look for a .cpg itself, and know fewer names of encodings.
            with path.open("rb") as shp, path.with_suffix(".dbf").open("rb") as dbf:
                reader = shapefile.Reader(shp=shp, dbf=dbf, encoding=_encoding(path))
                names = [field[0] for field in reader.fields if field[0] != "DeletionFlag"]
                for line, each in enumerate(reader.iterShapeRecords(), 1):
                    geometry = (
                        None
                        if each.shape.shapeType == shapefile.NULL
                        else _turned(as_lists(each.shape.__geo_interface__))
                    )
                    record = _record(register, line, dict(zip(names, each.record, strict=True)), geometry, report)
                    if record is not None:
                        yield record
        except (shapefile.ShapefileException, UnicodeDecodeError, ValueError) as error:
            report(0, "", f"expected a shapefile with .shp and .dbf: {error}")


def _turned(geometry: dict[str, Any]) -> dict[str, Any]:
    """Polygons with outer rings against the clock and holes with it, as GeoJSON has them: a shapefile has not."""
    if geometry["type"] == "Polygon":
        rings = geometry["coordinates"]
        return {
            **geometry,
            "coordinates": [ring[::-1] if _area(ring) * (at or -1) > 0 else ring for at, ring in enumerate(rings)],
        }
    if geometry["type"] == "MultiPolygon":
        parts = [_turned({"type": "Polygon", "coordinates": part})["coordinates"] for part in geometry["coordinates"]]
        return {**geometry, "coordinates": parts}
    return geometry


def _area(ring: list[Any]) -> float:
    """Twice the area of a ring; above 0 where it goes against the clock."""
    x0, y0 = ring[0][:2]
    return float(sum((a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0) for a, b in itertools.pairwise(ring)))


def _record(
    register: Register, line: int, properties: dict[str, Any], geometry: dict[str, Any] | None, report: Report
) -> Record | None:
    """One record; None where it is an example."""
    known: dict[str, str] = {}
    for column in register.columns:
        known |= {column.zh: column.name, column.zh[:NAME]: column.name, column.name: column.name}
        known[column.name[:NAME].lower()] = column.name
    cells: dict[str, str] = {}
    for name, value in properties.items():
        column_name = known.get(name) or known.get(name.lower())
        if column_name is not None and (text := _text(value)):
            cells[column_name] = text
    if cells.get(register.key, "").startswith(EXAMPLE):
        return None
    if register.shape == POINT and geometry is not None:
        point = geometry.get("coordinates")
        if geometry.get("type") != "Point" or not point or len(point) < 2:
            report(line, cells.get(register.key, ""), f"expected a Point, got {geometry.get('type')}")
            return None
        cells |= {"lon": _text(point[0]), "lat": _text(point[1])}
        geometry = None
    return Record(line, cells, geometry)


def _text(value: Any) -> str:
    """A property as a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ",".join(str(each) for each in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value).strip()


@contextmanager
def _unpacked(file: Path, report: Report) -> Iterator[Path | None]:
    """The .shp, in a folder with what belongs to it."""
    if file.suffix.lower() != ".zip":
        yield file
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(file) as packed:
                members = [name for name in packed.namelist() if Path(name).suffix.lower() in _SUFFIXES]
                stems = {str(Path(name).with_suffix("")) for name in members if name.lower().endswith(".shp")}
                if len(stems) != 1:
                    report(0, "", f"expected one .shp in it, got {len(stems)}: {', '.join(sorted(stems))}")
                    yield None
                    return
                stem = stems.pop()
                for name in members:
                    if str(Path(name).with_suffix("")) == stem:  # our own names: theirs may be in any encoding
                        (Path(folder) / f"map{Path(name).suffix.lower()}").write_bytes(packed.read(name))
        except zipfile.BadZipFile as error:
            report(0, "", f"expected a .zip with a shapefile: {error}")
            yield None
            return
        yield Path(folder) / "map.shp"


def _encoding(path: Path) -> str:
    """Of the text in the .dbf."""
    said = path.with_suffix(".cpg")
    if said.exists():
        name = said.read_text("ascii", "ignore").strip().lower()
        if name in ("936", "gbk", "gb2312", "cp936", "gb18030"):
            return "gb18030"
        if name:
            return "utf-8" if name in ("65001", "utf8") else name
    content = path.with_suffix(".dbf").read_bytes() if path.with_suffix(".dbf").exists() else b""
    driver = content[29] if len(content) > 29 else 0
    if driver in _ENCODINGS:
        return _ENCODINGS[driver]
    try:
        content[int.from_bytes(content[8:10], "little") :].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"
