"""Registers of the desk from files that the configuration names."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cases.database import open_database, reading
from cases.migrations import migrate
from cases.registers.declared import bring_in, check_declared, declared
from cases.registers.history import changes
from cases.registers.lookup import Lookup
from pipeline.faults import Faulty
from pipeline.register_section import RegisterFiles

SHANGHAI = ZoneInfo("Asia/Shanghai")
SECTION = RegisterFiles.model_validate(
    {"datum": "WGS-84", "duty": "duty.csv", "units": "units.csv", "parts": "store", "officers": "officers.csv"}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "units.csv").write_text("id,name\nU1,环卫一所\n", "utf-8")
    (tmp_path / "duty.csv").write_text("id,unit\nd,U1\n", "utf-8")
    (tmp_path / "officers.csv").write_text("id,name,unit\no,王芳,U1\n", "utf-8")
    return tmp_path


def test_they_are_put_into_the_store_and_once_only(folder: Path) -> None:
    assert declared(SECTION) == ("units", "duty", "officers")
    check_declared(SECTION, folder, SHANGHAI)
    engine = open_database(None)
    migrate(engine)
    first = bring_in(engine, SECTION, folder, SHANGHAI, 5.0)
    assert {name: done.added for name, done in first.items()} == {"units": 1, "duty": 1, "officers": 1}
    assert all(done.number is None for done in bring_in(engine, SECTION, folder, SHANGHAI, 6.0).values())
    (folder / "units.csv").write_text("id,name\nU1,环卫二所\n", "utf-8")
    bring_in(engine, SECTION, folder, SHANGHAI, 7.0)
    with reading(engine) as connection:
        lookup = Lookup(connection)
        assert lookup.duty("06042", "", 0.0) == ("U1", ())
        assert [unit.name for unit in lookup.units(0.0)] == ["环卫二所"]
        assert [(each["register"], each["by"], each["at"]) for each in changes(connection)][-1] == (
            "units",
            "configuration",
            7.0,
        )


def test_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "duty.csv").write_text("id,unit\nd,U9\n", "utf-8")
    (folder / "officers.csv").unlink()
    with pytest.raises(Faulty) as caught:
        check_declared(SECTION, folder, SHANGHAI)
    assert [str(fault) for fault in caught.value.faults] == [
        "duty.csv:2  d   unit 'U9' is not in units",
        "officers.csv   expected a file that can be read: No such file or directory",
    ]


def test_places_need_a_datum() -> None:
    with pytest.raises(ValueError, match="expected a datum for grid"):
        RegisterFiles.model_validate({"grid": "grid.geojson"})
