"""Files imported by the web API: first what they would do, with every bad row; then the yes; templates and exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from console.registers_uploads import MOST
from tests.console.kit import Town
from tests.console.registers_kit import registered
from tests.console.test_registers import add, edited, rows


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town, _ = registered(tmp_path_factory.mktemp("imports"))
    yield town
    town.engine.dispose()


@pytest.fixture
def boss(town: Town) -> TestClient:
    return town.client("BOSS")


def looked(client: TestClient, kind: str, content: bytes, status: int = 201, **query: Any) -> dict[str, Any]:
    got = client.post(f"/api/registers/{kind}/imports", params={"name": f"{kind}.csv", **query}, content=content)
    assert got.status_code == status, got.text
    return dict(got.json())


def test_a_file_is_looked_at_then_imported(boss: TestClient) -> None:
    edited(boss, "vehicles", add("V1"), add("V2"), add("V3"))
    content = "编号,类型,限速\nV1,muck_truck,\nV2,sweeper,\nV4,muck_truck,60\n".encode("gbk")
    found = looked(boss, "vehicles", content)
    assert (found["rows"], found["faulty"], found["importable"]) == (3, 0, True)
    assert found["counts"] == {"added": 1, "changed": 1, "removed": 1}
    assert {(each["what"], each["id"]) for each in found["shown"]} == {
        ("added", "V4"), ("changed", "V2"), ("removed", "V3"),
    }  # fmt: skip
    assert [row["id"] for row in rows(boss, "vehicles")] == ["V1", "V2", "V3"], "it was only looked at"
    done = boss.post(f"/api/registers/vehicles/imports/{found['id']}/confirm", json={"why": "new lorries"})
    assert done.status_code == 200, done.text
    assert [row["id"] for row in rows(boss, "vehicles")] == ["V1", "V2", "V4"]
    change = boss.get("/api/registers/vehicles/changes").json()["changes"][0]
    assert (change["source"], change["mode"]) == ("vehicles.csv: new lorries", "replace")
    gone = boss.post(f"/api/registers/vehicles/imports/{found['id']}/confirm", json={})
    assert gone.status_code == 404
    assert boss.post(f"/api/registers/vehicles/changes/{change['number']}/undo", json={}).status_code == 200
    assert [row["id"] for row in rows(boss, "vehicles")] == ["V1", "V2", "V3"]


def test_bad_rows_are_named_and_may_be_left_out(boss: TestClient) -> None:
    content = b"id,name,level\nu1,One,street\nu2,,street\n=u3,Three,galaxy\n"
    found = looked(boss, "units", content, datum="WGS-84")
    told = [(3, "u2", "name"), (4, "=u3", "level")]
    assert (found["rows"], found["faulty"], found["importable"]) == (1, 2, True)
    assert [(each["line"], each["row"], each["column"]) for each in found["faults"]] == told
    got = boss.get(f"/api/registers/units/imports/{found['id']}/faults")
    listed = list(csv.reader(io.StringIO(got.content.decode("utf-8-sig"))))
    assert [line[:2] for line in listed[1:]] == [["3", "u2"], ["4", "'=u3"]]
    refused = boss.post(f"/api/registers/units/imports/{found['id']}/confirm", json={})
    assert refused.status_code == 422
    assert rows(boss, "units") == []
    done = boss.post(f"/api/registers/units/imports/{found['id']}/confirm", json={"skip_bad": True}).json()
    assert (done["added"], done["skipped"]) == (1, 2)


def test_what_was_looked_at_is_what_is_done(boss: TestClient) -> None:
    found = looked(boss, "officers", "编号,姓名\no1,王芳\n".encode())
    edited(boss, "officers", {"what": "add", "cells": {"id": "o9", "name": "x"}})
    refused = boss.post(f"/api/registers/officers/imports/{found['id']}/confirm", json={})
    assert refused.status_code == 409


def test_few_files_are_kept(boss: TestClient) -> None:
    ids = [looked(boss, "areas", b"no", name="a.geojson", datum="WGS-84")["id"] for _ in range(MOST + 1)]
    status = [boss.get(f"/api/registers/areas/imports/{id}/faults").status_code for id in ids]
    assert status == [404] + [200] * MOST


@pytest.mark.parametrize(
    "kind, content, query, status",
    [
        pytest.param("bins", b"id,lon,lat\n", {}, 422, id="places-without-a-datum"),
        pytest.param("vehicles", b"", {"name": "a.exe"}, 422, id="another-format"),
        pytest.param("vehicles", b"\xff\xfe\x00", {}, 201, id="bytes"),
        pytest.param("zones", b"PK", {"name": "a.zip", "datum": "GCJ-02"}, 201, id="no-zip"),
        pytest.param("vehicles", b"x", {"name": "a.xlsx"}, 201, id="no-workbook"),
        pytest.param("zones", b"[]", {"name": "a.geojson", "datum": "GCJ-02"}, 201, id="no-features"),
    ],
)
def test_rubbish_is_no_import(boss: TestClient, kind: str, content: bytes, query: dict[str, Any], status: int) -> None:
    found = looked(boss, kind, content, status, **query)
    if status == 201:
        assert (found["importable"], found["faulty"] > 0) == (False, True)


@pytest.mark.parametrize("format", ["csv", "xlsx", "geojson", "zip"])
def test_an_export_is_an_import(boss: TestClient, format: str) -> None:
    if not rows(boss, "bins"):
        edited(boss, "bins", {"what": "add", "cells": {"id": "b1", "lon": 120.153576, "lat": 30.287459}})
    got = boss.get("/api/registers/bins/export", params={"format": format, "datum": "GCJ-02"})
    assert got.status_code == 200, got.text
    found = looked(boss, "bins", got.content, name=f"b.{format}", datum="GCJ-02")
    assert (found["rows"], found["faulty"]) == (1, 0)
    assert boss.get("/api/registers/vehicles/export", params={"format": "zip"}).status_code == 422


@pytest.mark.parametrize("format", ["csv", "xlsx", "geojson"])
def test_templates(boss: TestClient, format: str) -> None:
    got = boss.get("/api/registers/grid/template", params={"format": format})
    assert (got.status_code, len(got.content) > 100) == (200, True)
