# ruff: noqa: E501  tables
"""Files become rows of a register: all or none, every bad row named, and nothing that was said is lost."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import shapefile
import sqlalchemy as sa

from cases.database import reading
from cases.registers.changing import UPDATE
from cases.registers.history import changes, counts, rows_of, versions
from cases.registers.importing import Import, Imported, World, import_file
from cases.registers.kinds import REGISTERS
from cases.registers.lookup import Lookup
from cases.registers.rows import Kept
from pipeline.faults import Faulty
from pipeline.geo import Datum
from pipeline.register_csv import OPTIONAL, REQUIRED
from pipeline.register_section import RegisterFiles

SHANGHAI = ZoneInfo("Asia/Shanghai")
MARCH = 1740758400.0
"""2025-03-01 in Shanghai"""
DAY = 86400.0


@pytest.fixture
def store() -> sa.Engine:
    """In memory; what differs between databases is tested below with both."""
    from cases.database import open_database
    from cases.migrations import migrate

    engine = open_database(None)
    migrate(engine)
    return engine


def put(store: sa.Engine, folder: Path, name: str, content: str | bytes, **wanted: Any) -> Imported:
    """Import a file whose name begins with its register's."""
    file = folder / name
    if isinstance(content, str):
        content = content.encode()
    file.write_bytes(content)
    asked = Import(REGISTERS[name.partition(".")[0]], file, SHANGHAI, 1.0, "wang", datum=Datum.WGS84)
    return import_file(store, asked._replace(**wanted))


def rows(store: sa.Engine, register: str, change: int | None = None) -> list[Kept]:
    with reading(store) as connection:
        return list(rows_of(connection, REGISTERS[register], change))


def faults(caught: pytest.ExceptionInfo[Faulty]) -> list[str]:
    return [str(fault) for fault in caught.value.faults]


UNITS = "id,name,level,parent\nU1,环卫一所,street,city\ncity,城管局,city,\n"

BAD = [
    pytest.param("units.csv", "id,name\nU1\n", ["units.csv:2  U1   expected a value for name"], id="a required cell"),
    pytest.param("units.csv", "id,nmae\nU1,x\n", ["units.csv  name   expected a column 'name'", "units.csv  nmae   no column 'nmae' in this register; did you mean 'name'?"], id="a column"),
    pytest.param("units.csv", "id,name,level\nU1,x,stret\n", ["units.csv:2  U1   level: expected community, street or city; did you mean 'street'?, got 'stret'"], id="a word"),
    pytest.param("units.csv", "编号,部门名称\nU1,x\nU1,y\n", ["units.csv  id   expected a column 'id'", "units.csv  编号   no column '编号' in this register; known: id, name, kind, level, parent, lon, lat, phone, hours, notify, valid_from, valid_to"], id="a Chinese name that is another register's"),
    pytest.param("units.csv", "部门编号,部门名称\nU1,x\nU1,y\n", ["units.csv:3  U1   'U1' is already on line 2, at the same time"], id="twice"),
    pytest.param("units.csv", "id,name,parent\nU1,x,U9\nU2,y,U2\n", ["units.csv:2  U1   parent 'U9' is not in units", "units.csv:3  U2   parent: it is above itself"], id="parents"),
    pytest.param("units.csv", "id,name,lon,lat\nU1,x,120,\nU2,y,30,120\n", ["units.csv:2  U1   expected lon and lat, or neither of them", "units.csv:3  U2   lat: expected degrees from -90 to 90 (are lon and lat swapped?), got '120'"], id="places"),
    pytest.param("units.csv", "id,name\n3.3E+16,x\n#1,y\n", ["units.csv:2  3.3E+16   id: expected a code; a spreadsheet has made a number of it, so make its column text and redo it, got '3.3E+16'", "units.csv:3  #1   id: expected a name that does not begin with '#', as remarks do, got '#1'"], id="codes"),
    pytest.param("units.csv", "id,name,hours\nU1,x,Mo-Xx\n", 1, id="hours, as the pipeline says it"),
    pytest.param("units.csv", b"id,name\nU1,\xff\xff\n", ["units.csv:2   expected UTF-8 or GBK; byte 0xff on this line is neither"], id="bytes"),
    pytest.param("units.txt2", "x", ["units.txt2   expected a name that ends with .csv, .xlsx, .geojson, .shp or .zip"], id="a format"),
    pytest.param("units.xlsx", "x", 1, id="no workbook"),
    pytest.param("areas.csv", "id,area_class,geometry\nA1,D,POLYGON ((0 0))\nA2,A,\n", 4, id="polygons"),
    pytest.param("areas.geojson", '{"type": "FeatureCollection", "features": [\n{"type": "Feature", "properties": {"id": "a", "area_class": "A"}, "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}}]}', ["areas.geojson:2  a   invalid polygon: Self-intersection[0.5 0.5]"], id="a crossing"),
    pytest.param("zones.csv", 'id,geometry\nz,"POLYGON ((0 0, 1 0, 1 1, 0 0))"\n', ["zones.csv:2  z   expected a use (no_go, depot, site …) or a speed_limit"], id="a zone, as the pipeline says it"),
    pytest.param("vehicles.csv", "id,class,valid_from,valid_to\nV1,truck,2025-03-02,2025-03-01\n", ["vehicles.csv:2  V1   valid_to is not after valid_from"], id="dates"),
    pytest.param("duty.csv", "id,unit,helpers\nd,U1,U2;U3\n", ["duty.csv:2  d   helpers 'U2' is not in units", "duty.csv:2  d   helpers 'U3' is not in units", "duty.csv:2  d   unit 'U1' is not in units"], id="units that are not there"),
    pytest.param("parts.csv", "code,kind,lon,lat\nP1,01,120,30\nP1,01,120,30\nP2,,120,30\nP3,01,x,30\n", ["parts.csv:3  P1   'P1' is already on line 2, at the same time", "parts.csv:4  P2   expected a value for kind", "parts.csv:5  P3   lon: expected a number of degrees, got 'x'"], id="of a large one"),
]  # fmt: skip


@pytest.mark.parametrize("name, content, expected", BAD)
def test_every_bad_row_is_named_and_nothing_is_imported(
    store: sa.Engine, tmp_path: Path, name: str, content: str | bytes, expected: list[str] | int
) -> None:
    with pytest.raises(Faulty) as caught:
        put(store, tmp_path, name, content)
    if isinstance(expected, int):
        assert len(faults(caught)) == expected
    else:
        assert faults(caught) == sorted(expected)
    assert rows(store, name.partition(".")[0]) == []


@pytest.mark.parametrize(
    "name, content, good, skipped",
    [
        pytest.param("units.csv", "id,name,parent\nU1,x,\nU2,,\nU3,y,U9\nU4,z,U3\n", ["U1"], 3, id="and what leaned on it"),
        pytest.param("vehicles.csv", "id,class\nV1,x\nV1,y\n,z\n", ["V1"], 2, id="twice"),
        pytest.param("parts.csv", "code,kind,lon,lat\nP1,01,120,30\nP1,01,121,30\nP2,,120,30\n", ["P1"], 2, id="large"),
    ],
)  # fmt: skip
def test_bad_rows_may_be_left_out(
    store: sa.Engine, tmp_path: Path, name: str, content: str, good: list[str], skipped: int
) -> None:
    done = put(store, tmp_path, name, content, skip_bad=True)
    assert (done.rows, done.skipped) == (len(good), skipped)
    assert [row.id for row in rows(store, name.partition(".")[0])] == good


def test_a_faulty_header_is_never_left_out(store: sa.Engine, tmp_path: Path) -> None:
    with pytest.raises(Faulty, match="no column 'nmae'"):
        put(store, tmp_path, "units.csv", "id,name,nmae\nU1,x,y\n", skip_bad=True)


def test_replacing_keeps_what_is_the_same(store: sa.Engine, tmp_path: Path) -> None:
    assert put(store, tmp_path, "units.csv", UNITS).number == 1
    assert put(store, tmp_path, "units.csv", UNITS) == Imported(None, 2)
    done = put(store, tmp_path, "units.csv", UNITS.replace("环卫一所", "环卫二所"))
    assert (done.number, done.added, done.removed) == (2, 1, 1)
    assert [row.data["name"] for row in rows(store, "units")] == ["环卫二所", "城管局"]
    assert [row.data["name"] for row in rows(store, "units", 1)] == ["环卫一所", "城管局"]
    with reading(store) as connection:
        assert [(v.since, v.until) for v in versions(connection, REGISTERS["units"], "U1")] == [(1, 2), (2, None)]
        first, second = changes(connection, "units")
        assert (first["by"], first["source"], first["added"], second["removed"]) == ("wang", "units.csv", 2, 1)
        assert next(c for c in counts(connection) if c.register == "units").rows == 2
    with pytest.raises(Faulty, match="has no rows to put in place"):
        put(store, tmp_path, "units.csv", "id,name\n")


def test_what_others_name_can_not_be_taken_out(store: sa.Engine, tmp_path: Path) -> None:
    put(store, tmp_path, "units.csv", UNITS)
    put(store, tmp_path, "duty.csv", "id,unit\nd1,U1\n")
    with pytest.raises(Faulty) as caught:
        put(store, tmp_path, "units.csv", "id,name\ncity,城管局\n")
    assert faults(caught) == ["units.csv  d1   duty: unit 'U1' is not in units"]


def test_a_check_writes_nothing(store: sa.Engine, tmp_path: Path) -> None:
    assert put(store, tmp_path, "units.csv", UNITS, dry=True) == Imported(None, 2, 2)
    assert rows(store, "units") == []


VEHICLES = "id,class,plate\nV1,truck,A\nV2,truck,B\n"
UPDATES = [
    pytest.param("id,class,plate\nV1,truck,A\n", [("V1", None, None, "A"), ("V2", None, None, "B")], 0, id="as it is"),
    pytest.param("id,class,plate\nV1,truck,C\n", [("V1", None, MARCH, "A"), ("V1", MARCH, None, "C"), ("V2", None, None, "B")], 2, id="from a day on"),
    pytest.param("id,class,plate\nV3,truck,C\n", [("V1", None, None, "A"), ("V2", None, None, "B"), ("V3", MARCH, None, "C")], 1, id="a new one"),
    pytest.param("id,class,plate,valid_from\nV1,truck,C,2025-03-02\n", [("V1", None, MARCH + DAY, "A"), ("V1", MARCH + DAY, None, "C"), ("V2", None, None, "B")], 2, id="from its own day on"),
    pytest.param("id,class,plate,valid_to\nV1,truck,A,2025-02-01\n", [("V1", None, MARCH - 27 * DAY, "A"), ("V2", None, None, "B")], 1, id="not any more"),
    pytest.param("id,class,plate,valid_to\nV1,truck,A,2025-03-01\n", [("V1", None, MARCH, "A"), ("V1", MARCH, MARCH + DAY, "A"), ("V2", None, None, "B")], 2, id="until a day"),
]  # fmt: skip


@pytest.mark.parametrize("content, expected, added", UPDATES)
@pytest.mark.parametrize("large", [False, True])
def test_an_update_ends_what_was(
    database: sa.Engine,
    tmp_path: Path,
    content: str,
    expected: list[tuple[str, float | None, float | None, str]],
    added: int,
    large: bool,
) -> None:
    """Of a large register the same, in both databases."""

    def as_is(text: str) -> tuple[str, str]:
        if not large:
            return "vehicles.csv", text
        lines = [line + (",lon,lat" if i == 0 else ",120,30") for i, line in enumerate(text.split())]
        return "parts.csv", "\n".join(lines).replace("id,class,plate", "code,kind,owner")

    put(database, tmp_path, *as_is(VEHICLES))
    done = put(database, tmp_path, *as_is(content), mode=UPDATE, effective=MARCH)
    assert done.added == added
    register = "parts" if large else "vehicles"
    column = "owner" if large else "plate"
    found = sorted(rows(database, register), key=lambda row: (row.id, row.valid_from))
    bounds = [(row.id, abs(row.valid_from), row.valid_to, row.data[column]) for row in found]
    inf = float("inf")
    assert bounds == [(id, inf if a is None else a, inf if b is None else b, text) for id, a, b, text in expected]
    # And once more: nothing is new.
    assert put(database, tmp_path, *as_is(content), mode=UPDATE, effective=MARCH).number is None


def test_a_later_row_gives_way_to_an_update(store: sa.Engine, tmp_path: Path) -> None:
    put(store, tmp_path, "vehicles.csv", "id,class,valid_from\nV1,truck,2025-06-01\n")
    put(store, tmp_path, "vehicles.csv", "id,class\nV1,bus\n", mode=UPDATE, effective=MARCH)
    assert [(row.valid_from, row.data["class"]) for row in rows(store, "vehicles")] == [(MARCH, "bus")]


def test_an_update_of_what_has_no_dates_changes_it(store: sa.Engine, tmp_path: Path) -> None:
    put(store, tmp_path, "calendar.csv", "date,kind,name\n2025-10-01,holiday,国庆\n2025-10-02,holiday,\n")
    put(store, tmp_path, "calendar.csv", "date,kind\n2025-10-02,workday\n", mode=UPDATE, effective=MARCH)
    assert [row.data["kind"] for row in rows(store, "calendar")] == ["holiday", "workday"]


def test_a_census_that_comes_again_changes_only_what_moved(database: sa.Engine, tmp_path: Path) -> None:
    lines = [f"P{i},01,{120 + i / 1000},30" for i in range(50)]
    assert put(database, tmp_path, "parts.csv", "\n".join(["code,kind,lon,lat", *lines])).added == 50
    lines[7] = "P7,01,120.5,30"
    done = put(database, tmp_path, "parts.csv", "\n".join(["code,kind,lon,lat", *lines[:-1]]))
    assert (done.added, done.removed) == (1, 2)
    assert {row.id: row.data["lon"] for row in rows(database, "parts")}["P7"] == 120.5
    assert len(rows(database, "parts", 1)) == 50


def test_a_first_census_leaves_the_indexes_there(
    database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.registers.large.INDEXED_AFTER", 10)
    monkeypatch.setattr("cases.registers.spool.BATCH", 7)

    def indexes() -> list[tuple[str | None, list[str | None], list[str]]]:
        found = sa.inspect(database).get_indexes("parts")
        return [(each["name"], each["column_names"], [*map(str, each["dialect_options"].values())]) for each in found]

    before = indexes()
    lines = [f"P{i},01,{120 + i / 1000},30" for i in range(30)]
    assert put(database, tmp_path, "parts.csv", "\n".join(["code,kind,lon,lat", *lines])).added == 30
    assert indexes() == before
    with reading(database) as connection:
        part = Lookup(connection).nearest_part(120.0131, 30.0, "01", 0.0)
    assert part is not None
    assert part.code == "P13"


def test_addresses_without_a_code_get_one_of_their_own(store: sa.Engine, tmp_path: Path) -> None:
    content = "地址,经度,纬度\n朝晖路 1 号,120.1,30.2\n朝晖路 1 号,120.2,30.2\n"
    assert put(store, tmp_path, "addresses.csv", content).added == 2
    assert put(store, tmp_path, "addresses.csv", content).number is None


# ---- formats ---------------------------------------------------------------------------------------------------------


def test_gbk_remarks_and_chinese_names(store: sa.Engine, tmp_path: Path) -> None:
    content = "# 由环卫处填写\n部门编号,部门名称,层级,\n#example U0,例,street,\nU1,环卫一所,street,\n"
    put(store, tmp_path, "units.csv", content.encode("gbk"))
    assert [(row.id, row.data["name"]) for row in rows(store, "units")] == [("U1", "环卫一所")]


def test_a_spreadsheets_numbers_and_dates(store: sa.Engine, tmp_path: Path) -> None:
    from datetime import datetime

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["code", "kind", "lon", "lat", "valid_from"])
    sheet.append(["33010200000000001", 102, 120.5, 30, datetime(2025, 3, 1)])  # noqa: DTZ001  a cell has no zone
    book.save(tmp_path / "made.xlsx")
    put(store, tmp_path, "parts.xlsx", (tmp_path / "made.xlsx").read_bytes())
    (row,) = rows(store, "parts")
    assert (row.id, row.data["kind"], row.valid_from) == ("33010200000000001", "102", MARCH)
    sheet.append([33010200000000002, 102, 120.5, 30, None])
    book.save(tmp_path / "made.xlsx")
    with pytest.raises(Faulty, match=r"parts.xlsx:3  .*column A: a number of more than 15 digits"):
        put(store, tmp_path, "parts.xlsx", (tmp_path / "made.xlsx").read_bytes())


def a_shapefile(folder: Path, encoding: str, cpg: str | None, prj: str = "") -> bytes:
    path = folder / "grid"
    with shapefile.Writer(str(path), shapeType=shapefile.POLYGON, encoding=encoding) as writer:
        writer.field("code", "C", 20)
        writer.field("street", "C", 40)
        writer.field("OBJECTID", "N", 9)
        writer.poly([[[120.0, 30.0], [120.0, 30.1], [120.1, 30.1], [120.1, 30.0], [120.0, 30.0]]])
        writer.record("330102001001001", "朝晖街道", 7)
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    if prj:
        path.with_suffix(".prj").write_text(prj)
    packed = folder / "packed.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for part in folder.glob("grid.*"):
            file.write(part, f"数据/{part.name}")
    return packed.read_bytes()


@pytest.mark.parametrize("encoding, cpg", [("gbk", None), ("gbk", "GBK"), ("utf-8", None), ("utf-8", "UTF-8")])
def test_a_shapefile_in_any_encoding(store: sa.Engine, tmp_path: Path, encoding: str, cpg: str | None) -> None:
    put(store, tmp_path, "grid.zip", a_shapefile(tmp_path, encoding, cpg))
    (row,) = rows(store, "grid")
    assert (row.id, row.data["street"]) == ("330102001001001", "朝晖街道")


def test_a_projected_shapefile_is_refused(store: sa.Engine, tmp_path: Path) -> None:
    with pytest.raises(Faulty, match="expected longitude and latitude"):
        put(store, tmp_path, "grid.zip", a_shapefile(tmp_path, "utf-8", None, 'PROJCS["CGCS2000 / 3-degree"]'))


# ---- the world -------------------------------------------------------------------------------------------------------


def test_an_import_never_leaves_a_world_that_can_not_be_loaded(store: sa.Engine, tmp_path: Path) -> None:
    section = RegisterFiles.model_validate({"vehicles": "store", "permits": "store", "devices": "devices.csv"})
    (tmp_path / "devices.csv").write_text("device,subject\nT1,V9\n")  # is wrong already, and stays so
    world = World(section, tmp_path)
    put(store, tmp_path, "vehicles.csv", VEHICLES, world=world)
    with pytest.raises(Faulty) as caught:
        put(store, tmp_path, "permits.csv", "id,vehicle\nP1,V3\nP1,V1\n", world=world)
    assert faults(caught) == ["permits.csv:2  P1   vehicle 'V3' is not in store:vehicles"]
    put(store, tmp_path, "permits.csv", "id,vehicle\nP1,V3\nP1,V1\n", world=world, skip_bad=True)
    with pytest.raises(Faulty) as caught:
        put(store, tmp_path, "vehicles.csv", "id,class\nV2,truck\n", world=world)
    assert faults(caught) == ["store:permits  P1   vehicle 'V1' is not in vehicles.csv"]


def test_the_registers_of_the_world_are_the_pipelines() -> None:
    for name, columns in REQUIRED.items():
        register = REGISTERS[name]
        assert register.world
        assert (sorted(register.required), sorted(register.optional)) == (sorted(columns), sorted(OPTIONAL[name]))
