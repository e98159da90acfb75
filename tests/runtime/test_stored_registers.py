"""Registers between the store and the configuration: what is there, and what stands in the way."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cases.database import open_database, reading
from cases.registers.importing import Import, import_file
from cases.registers.kinds import REGISTERS
from cases.registers.lookup import Lookup
from pipeline.faults import Faulty
from pipeline.runtime.compose import load_city
from pipeline.runtime.stored_registers import bring_in_registers

CONFIG = """city: tiny
time_zone: Asia/Shanghai
registers: {calendar: [china, store], datum: GCJ-02, units: units.csv}
sources: {fleet: {type: mqtt, host: 127.0.0.1, client_id: tiny, subscribe: ["a/+"]}}
streams:
  gps: {source: fleet, topic: "a/{device}", codec: json, rows: reading, subject: "{device}",
    fields: {ts: {path: t, unit: unix_s}}, metrics: {fullness: {path: f, unit: "%"}}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "city.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "units.csv").write_text("id,name,lon,lat\nU1,环卫一所,120.15,30.28\n", "utf-8")
    (tmp_path / "var").mkdir()
    return tmp_path / "city.yaml"


def test_files_of_the_desk_are_put_into_the_store_and_days_come_out_of_it(file: Path) -> None:
    city = load_city(file)
    assert len(city.registers.calendar) > 100
    bring_in_registers(file, city.configuration, 5.0)
    engine = open_database(file.parent / "var" / "cases.sqlite")
    with reading(engine) as connection:
        (unit,) = Lookup(connection).units(0.0)
    assert (unit.name, round(unit.lon, 3)) == ("环卫一所", 120.145)
    days = file.parent / "days.csv"
    days.write_text("date,kind\n2031-05-05,holiday\n", "utf-8")
    import_file(engine, Import(REGISTERS["calendar"], days, ZoneInfo("Asia/Shanghai"), 6.0, "wang"))
    engine.dispose()
    after = load_city(file).registers.calendar
    assert {day.isoformat(): kind for day, kind in after.items()}["2031-05-05"] == "holiday"
    assert len(after) == len(city.registers.calendar) + 1


def test_faults_in_files_of_the_desk_are_found_with_the_others(file: Path) -> None:
    (file.parent / "units.csv").write_text("id,name\nU1,\n", "utf-8")
    with pytest.raises(Faulty, match="U1   expected a value for name"):
        load_city(file)


def test_a_store_that_is_none_is_a_fault(file: Path) -> None:
    (file.parent / "var" / "cases.sqlite").write_text("something else entirely, and long enough to be looked at")
    with pytest.raises(Faulty, match="registers   the store can't be read"):
        load_city(file)
