"""A city's categories: read with the city, kept with its version, and what rules name that nothing knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.categories import categories_of
from pipeline.faults import Faulty
from pipeline.runtime.compose import config_bytes, load_city, read_config

CITY = """
city: street
time_zone: Asia/Shanghai
sources: {cameras: {type: import, tick: 500ms, down: 1h}}
streams: {sightings: {source: cameras, topic: "cameras/{camera}/sightings", codec: sightings, unknown: accept}}
rules:
  - {id: skip, detector: stationary, category: "06010", for: 1min}
  - {id: bags, detector: stationary, category: "0601", for: 1min}
  - {id: more, detector: stationary, category: "0601", for: 2min}
"""


def city(folder: Path, section: str = "", table: str = "") -> Path:
    (folder / "city.yaml").write_text(CITY + section, "utf-8")
    (folder / "own.csv").write_text(table, "utf-8")
    return folder / "city.yaml"


def test_a_version_has_the_limits_of_its_time(tmp_path: Path) -> None:
    section = "categories: {file: own.csv}\n"
    then = load_city(city(tmp_path, section, "code,limit\n0110,4 work hours\n")).configuration
    stored = config_bytes(then)
    now = load_city(city(tmp_path, section, "code,limit\n0110,2 work hours\n")).configuration
    assert [str(categories_of(each.categories).limit("06010")) for each in (read_config(stored), now)] == [
        "4 work hours", "2 work hours",
    ]  # fmt: skip
    assert config_bytes(read_config(stored)) == stored != config_bytes(now)
    assert b"own.csv" not in stored
    assert b"categories" not in config_bytes(load_city(city(tmp_path)).configuration)


def test_bad_rows_are_faults_of_the_city(tmp_path: Path) -> None:
    with pytest.raises(Faulty, match=r"own\.csv:2  06010   severity: expected 1"):
        load_city(city(tmp_path, "categories: {file: own.csv}\n", "code,severity\n06010,9\n"))


def test_a_code_that_no_table_knows_is_said_once(tmp_path: Path) -> None:
    warnings = load_city(city(tmp_path, "categories: {}\n")).warnings
    (said,) = [str(each) for each in warnings if "category" in each.path]
    assert "rules.1.category   no table has the category '0601'; its cases have the default limit" in said
    assert not [each for each in load_city(city(tmp_path)).warnings if "category" in each.path]
