# ruff: noqa: E501  tables
"""`gridwatch registers`: from a template to a city that is judged by what the store keeps."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from cases.registers.kinds import REGISTERS
from gridwatch.cli import app
from gridwatch.packaged import packaged
from pipeline.runtime.compose import load_city

CONFIG = """city: tiny
time_zone: Asia/Shanghai
registers: {vehicles: store, devices: devices.csv}
sources: {fleet: {type: mqtt, host: 127.0.0.1, client_id: tiny, subscribe: ["a/+"]}}
streams:
  gps: {source: fleet, topic: "a/{device}", codec: json, rows: reading, subject: "{device}",
    fields: {ts: {path: t, unit: unix_s}}, metrics: {fullness: {path: f, unit: "%"}}}
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["registers", *map(str, words)], env={"COLUMNS": "120"})


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "city.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "devices.csv").write_text("device,subject\n", "utf-8")
    return tmp_path


def test_from_a_template_to_a_city(city: Path) -> None:
    assert run("template", "vehicles", "vehicles.csv").exit_code == 0
    with (city / "vehicles.csv").open("a", encoding="utf-8") as file:
        file.write("V1,muck_truck,浙A·1,60,,\n")
    assert "1 rows; an import: 1 added, 0 taken out" in run("check", "vehicles", "vehicles.csv").output
    assert load_city(city / "city.yaml").registers.vehicles.text("id") == []
    done = run("import", "vehicles", "vehicles.csv", "--by", "wang")
    assert (done.exit_code, "1 added" in done.output, "SIGHUP" in done.output) == (0, True, True), done.output
    assert load_city(city / "city.yaml").registers.vehicles.text("id") == ["V1"]
    listed = [json.loads(line) for line in run("list", "--json").output.splitlines()]
    assert {each["register"]: (each["source"], each["rows"]) for each in listed}["vehicles"] == ("store", 1)
    (change,) = [json.loads(line) for line in run("history", "vehicles", "--json").output.splitlines()]
    assert (change["by"], change["source"], change["added"]) == ("wang", "vehicles.csv", 1)
    assert "plate=浙A·1" in run("history", "vehicles", "--row", "V1").output
    out = run("export", "vehicles", "out.xlsx")
    assert out.exit_code == 0, out.output
    assert "as they are there already" in run("import", "vehicles", "out.xlsx").output
    assert "vehicles" in run("list").output


def test_a_city_from_the_store_is_the_same_as_one_from_files(tmp_path: Path) -> None:
    """The demo's: every register that is given as a file, put into the store, makes the same world to the byte."""
    folder = tmp_path / "demo"
    shutil.copytree(packaged("demo"), folder)
    file = folder / "city.yaml"
    before = load_city(file, {"data": "var"})
    content = YAML(typ="safe").load(file.read_text("utf-8"))
    content["data"] = "var"
    section = content["registers"]
    sources = {
        name: source
        for name, source in section.items()
        if name in REGISTERS and REGISTERS[name].world and name != "calendar"
    }
    content["registers"] |= dict.fromkeys(sources, "store")
    with file.open("w", encoding="utf-8") as text:
        YAML(typ="safe").dump(content, text)
    files = before.configuration.registers
    for name in ("vehicles", "bins", "zones", "routes", "devices", "permits", "manifests", "plans"):
        if name in sources:
            datum = files.datum_of(getattr(files, name)) if REGISTERS[name].shape else "WGS-84"
            done = run("import", name, folder / str(files.file_of(name)), "--config", file, "--datum", datum)
            assert done.exit_code == 0, done.output
    after = load_city(file)
    assert sorted(after.configuration.registers.stored) == sorted(sources)
    assert after.registers.to_bytes() == before.registers.to_bytes()


WRONG = [
    pytest.param(["import", "vehicle", "x.csv"], 2, "There is no register 'vehicle'; did you mean 'vehicles'?", id="register"),
    pytest.param(["import", "devices", "x.csv"], 2, "takes devices from devices.csv", id="kept in a file"),
    pytest.param(["import", "units", "x.csv"], 2, "Say by --datum", id="no datum"),
    pytest.param(["import", "bins", "x.csv", "--datum", "WGS84"], 2, "did you mean 'WGS-84'?", id="datum"),
    pytest.param(["import", "vehicles", "x.csv", "--from", "2025-01-01"], 2, "goes with --update", id="from without update"),
    pytest.param(["import", "vehicles", "x.csv"], 1, "Nothing was imported.", id="faults"),
    pytest.param(["check", "vehicles", "x.csv"], 1, "x.csv has faults", id="faults of a check"),
    pytest.param(["export", "vehicles", "x.csv"], 2, "is there already", id="never over a file"),
    pytest.param(["export", "vehicles", "y.csv", "--encoding", "big5"], 2, "expected utf-8 or gbk", id="encoding"),
    pytest.param(["export", "vehicles", "y.geojson"], 1, "has no places", id="no places"),
    pytest.param(["template", "vehicles", "y.shp"], 1, "ends with .csv, .xlsx or .geojson", id="template"),
    pytest.param(["history", "--row", "V1"], 3, "name the register too", id="row"),
    pytest.param(["list", "--config", "no.yaml"], 2, "There is no no.yaml", id="no city"),
]  # fmt: skip


@pytest.mark.parametrize("words, code, said", WRONG)
def test_what_is_wrong_is_said(city: Path, words: list[str], code: int, said: str) -> None:
    (city / "x.csv").write_text("id,class\nV1,\n", "utf-8")
    done = run(*words)
    assert (done.exit_code, said in done.output.replace("\n", " ")) == (code, True), done.output


def test_bad_rows_are_told_and_written_down(city: Path) -> None:
    rows = [f"V{i},\n" for i in range(30)]
    (city / "x.csv").write_text("id,class\nV,truck\n" + "".join(rows), "utf-8")
    done = run("import", "vehicles", "x.csv", "--skip-bad", "--bad", "bad.txt")
    assert (done.exit_code, "… and 10 more" in done.output, "30 bad rows left out" in done.output) == (1, True, True)
    assert len((city / "bad.txt").read_text("utf-8").splitlines()) == 30


def test_a_register_that_is_not_judged_by_says_so(city: Path) -> None:
    (city / "r.csv").write_text('id,geometry\nr,"LINESTRING (1 1, 2 2)"\n', "utf-8")
    done = run("import", "routes", "r.csv", "--datum", "WGS-84")
    assert "say `routes: store` under `registers:`" in done.output.replace("\n", " "), done.output
