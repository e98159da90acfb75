"""A register that is exported and imported again is the same, in every format that can hold it."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.registers.checking import check
from cases.registers.importing import records, reporter
from cases.registers.kinds import GEOMETRY, REGISTERS, Register
from cases.registers.rows import Kept
from cases.registers.templates import write_template
from cases.registers.writing import write_rows
from pipeline.faults import Fault, Faulty
from pipeline.geo import Datum, distance

SHANGHAI = ZoneInfo("Asia/Shanghai")
FORMATS = (".csv", ".xlsx", ".geojson", ".zip")


def read(register: Register, file: Path, datum: Datum = Datum.WGS84) -> list[Kept]:
    faults: list[Fault] = []
    rows = check(register, records(register, file, reporter(file, faults)), datum, SHANGHAI, reporter(file, faults))
    assert faults == []
    return [row for _, row in rows]


# What people write; no control characters, which no table of theirs can hold.
text = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12).filter(lambda t: t[0] != "#")
plain = text.filter(lambda t: not any(sign in t for sign in ";,，；、eE"))
coordinate = st.floats(min_value=1e-9, max_value=89.0)
times = st.one_of(
    st.just(math.inf),
    st.integers(0, 4_000_000_000).map(float),
    st.integers(0, 40_000).map(lambda d: d * 86400.0 + 57600),
)


@st.composite
def a_ring(draw: st.DrawFn) -> list[list[float]]:
    """A triangle or a box, its outer ring against the clock."""
    x, y, size = draw(st.floats(1, 170)), draw(st.floats(1, 70)), draw(st.floats(0.001, 1))
    corners = [[x, y], [x + size, y], [x + size, y + size], [x, y + size]]
    return [*corners, corners[0]]


def geometry_of(shape: str) -> st.SearchStrategy[dict[str, Any]]:
    if shape == "line":
        line = st.lists(st.tuples(coordinate, coordinate).map(list), min_size=2, max_size=5)
        return line.map(lambda points: {"type": "LineString", "coordinates": points})
    return a_ring().map(lambda ring: {"type": "Polygon", "coordinates": [ring]})


def cells_of(register: Register) -> st.SearchStrategy[dict[str, Any]]:
    """Cells that are good, as they are kept."""
    known: dict[str, st.SearchStrategy[Any]] = {
        "lon": coordinate,
        "lat": coordinate,
        "hours": st.sampled_from(["20:00-05:00", "workdays 06:00-10:00; Sa,Su off"]),
        "speed_limit": st.integers(1, 200).map(str),
        "width": st.integers(1, 99).map(str),
        "share": st.integers(1, 100).map(str),
        "offset": st.integers(-40_000, 40_000).map(str),
        "drift": st.sampled_from(["2.5", "-9"]),
        "radius": st.integers(1, 500).map(str),
        "level": st.sampled_from(["community", "street", "city"]),
        "area_class": st.sampled_from(["A", "B", "C"]),
        "kind": st.sampled_from(["holiday", "workday"]),
        **dict.fromkeys(("left", "top", "width", "height"), st.sampled_from(["0.25", "0.5"])),
        GEOMETRY: geometry_of(register.shape),
    }
    if register.name == "roads":
        known["width"] = st.integers(1, 99).map(str)
    several = st.lists(plain, min_size=1, max_size=3, unique=True).map(sorted)
    fields = {
        column.name: several if column.many else known.get(column.name, text)
        for column in register.columns[1:]
        if column.name not in ("valid_from", "valid_to")
    }
    needed = {n: s for n, s in fields.items() if n in register.required or n in ("lon", "lat", "use")}
    return st.fixed_dictionaries(needed, optional={n: s for n, s in fields.items() if n not in needed})


@st.composite
def some_rows(draw: st.DrawFn, register: Register) -> list[Kept]:
    key = st.dates().map(str) if register.key == "date" else plain
    made = []
    for id in draw(st.lists(key, min_size=1, max_size=4, unique=True)):
        start, end = draw(times), draw(times)
        start = -start if math.isinf(start) or start >= end else start
        if "valid_from" in register.required:
            start, end = 0.0, 86400.0
        if not register.dated:
            start, end = -math.inf, math.inf
        made.append(
            Kept(id, min(start, 0.0) if start >= end else start, end if end > 0 else math.inf, draw(cells_of(register)))
        )
    return made


IN_EXCEL, MAPS = ("units", "duty", "calendar", "plans", "grid", "manifests"), (".geojson", ".zip")
CASES = [
    pytest.param(register.name, suffix, id=f"{register.name}{suffix}")
    for register in REGISTERS.values()
    for suffix in FORMATS
    if suffix == ".csv" or (suffix == ".xlsx" and register.name in IN_EXCEL) or (suffix in MAPS and register.shape)
]


@pytest.mark.parametrize("name, suffix", CASES)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_exported_comes_back(name: str, suffix: str, data: st.DataObject) -> None:
    register = REGISTERS[name]
    rows = data.draw(some_rows(register))
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{register.name}{suffix}"
        assert write_rows(register, rows, file, datum=Datum.WGS84, zone=SHANGHAI) == len(rows)
        assert [_rounded(row, suffix) for row in read(register, file)] == [_rounded(row, suffix) for row in rows]


@pytest.mark.parametrize("said", ["=1+1", "+86", "-x", "@SUM(A1)", "'=1", "''-", "it's", "'"])
def test_a_spreadsheet_calculates_nothing_of_it(said: str, tmp_path: Path) -> None:
    register, file = REGISTERS["bins"], tmp_path / "bins.csv"
    row = Kept("b", -math.inf, math.inf, {"lon": -120.5, "lat": 30.25, "address": said})
    write_rows(register, [row], file, datum=Datum.WGS84, zone=SHANGHAI)
    cells = next(csv.DictReader(file.read_text("utf-8-sig").splitlines()))
    assert not cells["address"].startswith(("=", "+", "-", "@"))
    assert (float(cells["lon"]), read(register, file)) == (-120.5, [row])


def _rounded(row: Kept, suffix: str) -> Kept:
    """Excel keeps 15 digits of a number, which is a micrometre."""
    digits = 11 if suffix == ".xlsx" else 20
    return row._replace(data={n: round(v, digits) if isinstance(v, float) else v for n, v in row.data.items()})


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09, Datum.CGCS2000])
@pytest.mark.parametrize("suffix", FORMATS)
def test_in_another_datum_it_comes_back_to_the_millimetre(datum: Datum, suffix: str, tmp_path: Path) -> None:
    register = REGISTERS["bins"]
    rows = [Kept("b", -math.inf, math.inf, {"lon": 120.153576, "lat": 30.287459})]
    file = tmp_path / f"bins{suffix}"
    write_rows(register, rows, file, datum=datum, zone=SHANGHAI)
    (back,) = read(register, file, datum)
    assert distance(back.data["lon"], back.data["lat"], 120.153576, 30.287459) < 0.001
    (other,) = read(register, file)
    assert (distance(other.data["lon"], other.data["lat"], 120.153576, 30.287459) > 100) == (datum != Datum.CGCS2000)


def test_gbk_comes_back(tmp_path: Path) -> None:
    rows = [Kept("环卫一所", -math.inf, math.inf, {"name": "朝晖𠮷"})]
    file = tmp_path / "units.csv"
    write_rows(REGISTERS["units"], rows, file, datum=Datum.WGS84, zone=SHANGHAI, encoding="gbk")
    assert "环卫一所".encode("gbk") in file.read_bytes()
    assert read(REGISTERS["units"], file) == rows


def test_a_cell_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    rows = [Kept("=1+1", -math.inf, math.inf, {"name": "007"})]
    file = tmp_path / "units.xlsx"
    write_rows(REGISTERS["units"], rows, file, datum=Datum.WGS84, zone=SHANGHAI)
    assert read(REGISTERS["units"], file) == rows


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    rows = [Kept("b", 0.0, math.inf, {"lon": 120.153576, "lat": 30.287459})]
    for name in ("a.csv", "b.csv", "a.geojson", "b.geojson"):
        write_rows(REGISTERS["bins"], rows, tmp_path / name, datum=Datum.WGS84, zone=SHANGHAI)
    for suffix in ("csv", "geojson"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


@pytest.mark.parametrize("name, suffix", [c for c in CASES if c.values[1] != ".zip"])
def test_the_example_of_a_template_is_left_out_and_would_be_good(name: str, suffix: str, tmp_path: Path) -> None:
    register = REGISTERS[name]
    file = tmp_path / f"t{suffix}"
    write_template(register, file)
    assert read(register, file) == []
    if suffix != ".xlsx":
        example = "2026-10-01" if register.key == "date" else "real"
        content = file.read_text("utf-8").replace("#example 2026-10-01", example).replace("#example", "real")
        file.write_text(content, "utf-8")
        assert len(read(register, file)) == 1


def test_what_a_shapefile_can_not_keep_is_refused(tmp_path: Path) -> None:
    rows = [Kept("b", -math.inf, math.inf, {"lon": 1.0, "lat": 2.0, "address": "路" * 100})]
    with pytest.raises(Faulty, match="address: a shapefile keeps 254 bytes"):
        write_rows(REGISTERS["bins"], rows, tmp_path / "bins.zip", datum=Datum.WGS84, zone=SHANGHAI)
    with pytest.raises(Faulty, match="has no places"):
        write_rows(REGISTERS["duty"], [], tmp_path / "duty.shp", datum=Datum.WGS84, zone=SHANGHAI)
