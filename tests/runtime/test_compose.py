"""Versions: what is stored of a configuration and a world, and that it comes back the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.faults import Faulty
from pipeline.journal import Contents, JournalError
from pipeline.names import Names
from pipeline.runtime.compose import (
    City,
    config_bytes,
    load_city,
    load_version,
    make_rule,
    read_config,
    version_payload,
)
from pipeline.runtime.sections import RuleSection

CITY = """\
city: demo
time_zone: Asia/Shanghai
registers: {vehicles: vehicles.csv, speed_limits: {default: 80 km/h}}
sources:
  fleet: {type: mqtt, host: 127.0.0.1, client_id: g, subscribe: ["fleet/+/gps"]}
streams:
  gps:
    source: fleet
    topic: fleet/{device}/gps
    codec: json
    rows: position
    subject: "{device}"
    datum: WGS-84
    gap: 4min
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}, speed: {path: v, unit: km/h}}
rules:
  - {id: overspeed, detector: overspeed, for: 1.1 min, clear: 10s, classes: [muck_truck], parameters: {tolerance: 7 %}}
  - {id: silent, detector: silent, rows: position}
"""
VEHICLES = "id,class\ntruck-1,muck_truck\ntruck-2,refuse_truck\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    folder.mkdir()
    (folder / "city.yaml").write_text(CITY)
    (folder / "vehicles.csv").write_text(VEHICLES)
    return folder


def city_of(folder: Path, old: str = "", new: str = "") -> City:
    (folder / "city.yaml").write_text(CITY.replace(old, new) if old else CITY)
    return load_city(folder / "city.yaml")


def test_the_version_that_is_stored_is_the_one_that_runs(folder: Path, tmp_path: Path) -> None:
    city, contents = load_city(folder / "city.yaml"), Contents(tmp_path / "contents")
    names = Names(["taken"])
    running = city.version(names)
    payload = version_payload(city.configuration, city.world, contents)
    shutil.rmtree(folder)  # neither the file nor the registers are needed any more
    again = load_version(payload, contents, names)
    assert set(json.loads(payload)) == {"config", "world"}
    assert again.id == running.id
    assert again.rules == running.rules
    assert again.streams == running.streams
    assert again.sources == running.sources
    assert (again.city, again.ahead, again.forget) == ("demo", 300, 604800)
    assert again.world.hash == running.world.hash
    assert again.world.names is names
    assert again.streams[0].gap == 240


def test_storing_it_twice_is_the_same_payload(folder: Path, tmp_path: Path) -> None:
    contents = Contents(tmp_path / "contents")
    city, again = load_city(folder / "city.yaml"), load_city(folder / "city.yaml")
    first = version_payload(city.configuration, city.world, contents)
    assert version_payload(again.configuration, again.world, contents) == first


@pytest.mark.parametrize(
    "old, new, same",
    [
        pytest.param("city: demo\n", "# a comment\ncity: demo\n", True, id="comment"),
        pytest.param("gap: 4min", "gap: 240 s", True, id="other-unit"),
        pytest.param(
            "rows: position\n    subject", "rows: position\n    unknown: aside\n    subject", True, id="default"
        ),
        pytest.param("city: demo\n", "city: demo\nmetrics: null\ndata: elsewhere\n", True, id="what-judges-nothing"),
        pytest.param("gap: 4min", "gap: 5min", False, id="gap"),
        pytest.param("80 km/h", "70 km/h", False, id="world"),
        pytest.param("tolerance: 7 %", "tolerance: 8 %", False, id="parameter"),
        pytest.param("city: demo\n", "city: demo\ntime: {ahead: 1min}\n", False, id="ahead"),
    ],
)
def test_a_version_changes_with_what_could_change_a_judgement(folder: Path, old: str, new: str, same: bool) -> None:
    before, after = city_of(folder).version(Names()), city_of(folder, old, new).version(Names())
    assert (before.id == after.id) is same


def test_a_version_does_not_know_where_its_files_were(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(folder, elsewhere)
    here, there = load_city(folder / "city.yaml"), load_city(elsewhere / "city.yaml")
    assert here.version(Names()).id == there.version(Names()).id
    assert str(tmp_path).encode() not in config_bytes(here.configuration)


RULE: dict[str, Any] = {
    "id": "r",
    "detector": "overspeed",
    "category": "c",
    "for": "30s",
    "classes": ["a", "b"],
    "parameters": {"tolerance": "7 %"},
}


@pytest.mark.parametrize(
    "changes, same",
    [
        pytest.param({"id": "other"}, True, id="id"),
        pytest.param({"category": "other"}, True, id="category"),
        pytest.param({"for": "0.5min"}, True, id="same-time"),
        pytest.param({"classes": ["b", "a"]}, True, id="order-of-classes"),
        pytest.param({"rows": "position"}, True, id="its-own-kind-of-row"),
        pytest.param({"for": "31s"}, False, id="for"),
        pytest.param({"clear": "1s"}, False, id="clear"),
        pytest.param({"gap": "5min"}, False, id="gap"),
        pytest.param({"assume": "5min"}, False, id="assume"),
        pytest.param({"classes": ["a"]}, False, id="classes"),
        pytest.param({"parameters": {}}, False, id="parameters"),
        pytest.param({"parameters": {"tolerance": "8 %"}}, False, id="parameter"),
        pytest.param({"detector": "no_go_zone", "parameters": {}}, False, id="detector"),
    ],
)
def test_a_rules_version_changes_with_what_could_change_its_judgement(changes: dict[str, Any], same: bool) -> None:
    before = make_rule(RuleSection.model_validate(RULE))
    after = make_rule(RuleSection.model_validate({**RULE, **changes}))
    assert len(before.version) == 8
    assert (before.version == after.version) is same


def test_a_parameter_that_is_its_default_is_the_same_rule() -> None:
    said = make_rule(RuleSection.model_validate({"id": "s", "detector": "silent", "parameters": {"after": "10min"}}))
    assert said.version == make_rule(RuleSection.model_validate({"id": "s", "detector": "silent"})).version


@given(
    st.decimals(min_value="0.001", max_value=1000, places=3),
    st.sampled_from(["ms", "s", "min", "h", "d"]),
    st.decimals(min_value=0, max_value=100, places=3),
)
def test_any_number_comes_back_the_same_from_the_store(hold: Any, unit: str, share: Any) -> None:
    # what runs has been through its stored form once; from then on it must not move, to the last bit
    section = {**RULE, "for": f"{hold} {unit}", "parameters": {"tolerance": f"{share} %"}}
    configuration = read_config(
        json.dumps(
            {
                "format": 1,
                "city": "demo",
                "time_zone": "UTC",
                "sources": {"s": {"type": "import"}},
                "streams": {
                    "r": {
                        "source": "s",
                        "topic": "t/{d}",
                        "codec": "json",
                        "rows": "position",
                        "subject": "{d}",
                        "datum": "WGS-84",
                        "fields": {"ts": {"path": "t", "unit": "unix_s"}, "lon": {"path": "x"}, "lat": {"path": "y"}},
                    }
                },
                "rules": [section],
            }
        ).encode()
    )
    stored = config_bytes(configuration)
    once = read_config(stored)
    assert config_bytes(once) == stored
    assert config_bytes(read_config(config_bytes(once))) == stored
    assert make_rule(read_config(stored).rules[0]) == make_rule(once.rules[0])


def test_a_store_that_lacks_a_content_says_so(folder: Path, tmp_path: Path) -> None:
    city, contents = load_city(folder / "city.yaml"), Contents(tmp_path / "contents")
    payload = version_payload(city.configuration, city.world, contents)
    with pytest.raises(JournalError, match="restore"):
        load_version(payload, Contents(tmp_path / "empty"), Names())


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"config": "x", "world": "y"}', b"[1]"], ids=str)
def test_what_is_no_version_entry_is_a_fault(payload: bytes, tmp_path: Path) -> None:
    with pytest.raises(Faulty):
        load_version(payload, Contents(tmp_path), Names())


def test_a_configuration_of_a_newer_gridwatch_is_a_fault() -> None:
    with pytest.raises(Faulty, match="a newer gridwatch wrote it"):
        read_config(b'{"format": 2}')


def test_a_class_that_nobody_has_is_a_warning_with_its_line(folder: Path) -> None:
    city = city_of(folder, "classes: [muck_truck]", "classes: [muck_trcuk]")
    (warning,) = city.warnings
    assert warning.line == 17
    assert warning.message == "no subject has the class 'muck_trcuk'; did you mean 'muck_truck'?"
