"""The registers by the web API: pages of rows, edits as new validities, corrections, undo, history, the map."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.database import reading, writing
from cases.tables import AUDIT, PARTS
from tests.cases.registers.kit import keep_points
from tests.console.kit import Town
from tests.console.registers_kit import Running, registered

NOON = "2026-05-28T12:00:00+08:00"
SQUARE = {"type": "Polygon", "coordinates": [[[120.1, 30.1], [120.2, 30.1], [120.2, 30.2], [120.1, 30.1]]]}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Town, Running]]:
    town, running = registered(tmp_path)
    yield town, running
    town.engine.dispose()


@pytest.fixture
def boss(running: tuple[Town, Running]) -> TestClient:
    return running[0].client("BOSS")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One city, with V1, for what changes nothing that matters to the next."""
    town, _ = registered(tmp_path_factory.mktemp("shared"))
    edited(town.client("BOSS"), "vehicles", add("V1"))
    yield town
    town.engine.dispose()


def edited(client: TestClient, kind: str, *edits: dict[str, Any], status: int = 200, **more: Any) -> dict[str, Any]:
    got = client.post(f"/api/registers/{kind}/edits", json={"edits": list(edits), "why": "said so", **more})
    assert got.status_code == status, got.text
    return dict(got.json())


def rows(client: TestClient, kind: str, **query: Any) -> list[dict[str, Any]]:
    got = client.get(f"/api/registers/{kind}/rows", params=query)
    assert got.status_code == 200, got.text
    return list(got.json()["rows"])


def add(id: str, **cells: Any) -> dict[str, Any]:
    return {"what": "add", "cells": {"id": id, "class": "muck_truck", **cells}}


def test_a_change_is_a_new_validity_and_can_be_undone(running: tuple[Town, Running], boss: TestClient) -> None:
    town, city = running
    assert edited(boss, "vehicles", add("V1", speed_limit="60"))["in_force"] is True
    (row,) = rows(boss, "vehicles")
    new = {"id": "V1", "class": "muck_truck", "speed_limit": "50"}
    edited(boss, "vehicles", {"what": "change", "number": row["number"], "cells": new, "at": NOON})
    old, now = rows(boss, "vehicles", sort="valid_from")
    assert (old["valid_to"], old["cells"]["speed_limit"]) == ("2026-05-28T04:00:00Z", "60")
    assert (now["valid_from"], now["cells"]["speed_limit"]) == ("2026-05-28T04:00:00Z", "50")
    assert [each["cells"]["speed_limit"] for each in rows(boss, "vehicles", at="2026-05-01T00:00:00Z")] == ["60"]
    changes = boss.get("/api/registers/vehicles/changes").json()["changes"]
    assert [(each["by"], each["mode"], each["source"]) for each in changes] == [("boss", "edit", "said so")] * 2
    (done,) = boss.get(f"/api/registers/vehicles/changes/{changes[0]['number']}").json()["rows"][:1]
    assert done["what"] == "ended"
    undone = boss.post(f"/api/registers/vehicles/changes/{changes[0]['number']}/undo", json={"why": "slip"})
    assert undone.status_code == 200, undone.text
    (back,) = rows(boss, "vehicles")
    assert (back["valid_to"], back["cells"]["speed_limit"]) == (None, "60")
    assert len(boss.get("/api/registers/vehicles/history", params={"id": "V1"}).json()) == 4
    assert city.reloads == 3, "the city that runs takes each of them"
    with reading(town.engine) as connection:
        assert [row.action for row in connection.execute(AUDIT.select())] == [
            *["registers.edited"] * 2,
            "registers.undone",
        ]


def test_what_was_changed_since_is_not_undone(boss: TestClient) -> None:
    first = edited(boss, "vehicles", add("V1"))["number"]
    (row,) = rows(boss, "vehicles")
    later = edited(boss, "vehicles", {"what": "remove", "number": row["number"]})["number"]
    refused = boss.post(f"/api/registers/vehicles/changes/{first}/undo", json={})
    assert refused.status_code == 422
    assert f"change {later} has changed it since" in refused.json()["detail"]
    assert boss.post("/api/registers/vehicles/changes/999/undo", json={}).status_code == 404


@pytest.mark.parametrize(
    "edits, status, said",
    [
        pytest.param([add("V2", speed_limit="fast")], 422, "speed_limit", id="not-a-number"),
        pytest.param([add("")], 422, "id", id="no-name"),
        pytest.param([add("V1")], 422, "twice", id="there-already"),
        pytest.param([{"what": "change", "number": 99, "cells": {"id": "x", "class": "y"}}], 422, "look", id="gone"),
        pytest.param([{"what": "change", "cells": {}}], 422, "number", id="of-no-row"),
        pytest.param([{**add("V3"), "geometry": {"type": "Point"}}], 200, "", id="a-shape-that-it-has-none-of"),
        pytest.param([{"what": "add", "cells": {"colour": "red"}}], 422, "column", id="no-such-column"),
        pytest.param([add("V4"), add("V5", speed_limit="-1")], 422, "speed_limit", id="all-or-none"),
    ],
)
def test_what_an_edit_may_be(shared: Town, edits: list[dict[str, Any]], status: int, said: str) -> None:
    boss = shared.client("BOSS")
    got = boss.post("/api/registers/vehicles/edits", json={"edits": edits})
    assert (got.status_code, said in got.text or "already" in got.text) == (status, True), got.text
    assert {row["id"] for row in rows(boss, "vehicles")} <= {"V1", "V3", "V9"}, "nothing of what was refused"


def test_two_who_change_the_same(boss: TestClient) -> None:
    seen = edited(boss, "vehicles", add("V1"))["number"]
    edited(boss, "vehicles", add("V2"), version=seen)
    refused = edited(boss, "vehicles", add("V3"), version=seen, status=409)
    assert "changed meanwhile" in refused["detail"]


def test_who_names_what_is_not_there(boss: TestClient) -> None:
    edited(boss, "units", {"what": "add", "cells": {"id": "u1", "name": "环卫所"}})
    bad = edited(boss, "duty", {"what": "add", "cells": {"id": "d1", "unit": "u2"}}, status=422)
    assert bad["faults"][0]["row"] == "d1"
    edited(boss, "duty", {"what": "add", "cells": {"id": "d1", "unit": "u1", "helpers": ["u1"]}})
    (unit,) = rows(boss, "units")
    refused = edited(boss, "units", {"what": "remove", "number": unit["number"]}, status=422)
    assert "d1: duty: helpers 'u1' is not in units" in refused["detail"]


def test_pages_follow_one_another(boss: TestClient) -> None:
    edited(boss, "vehicles", *(add(f"V{n}", speed_limit=str(100 - n)) for n in range(7)))
    query: dict[str, Any] = {"sort": "speed_limit", "limit": 3}
    found: list[str] = []
    after = ""
    while True:
        page = boss.get("/api/registers/vehicles/rows", params={**query, "after": after}).json()
        found += [row["id"] for row in page["rows"]]
        assert page["total"] == 7
        after = page["after"]
        if not after:
            break
        edited(boss, "vehicles", add(f"A{len(found)}", speed_limit="1"))  # comes before: nothing moves
        edited(
            boss, "vehicles", {"what": "remove", "number": rows(boss, "vehicles", search=f"A{len(found)}")[0]["number"]}
        )
    assert found == [f"V{n}" for n in reversed(range(7))]
    assert [row["id"] for row in rows(boss, "vehicles", where="id:V1*")] == ["V1"]
    assert [row["id"] for row in rows(boss, "vehicles", search="v3")] == ["V3"]
    for bad in ({"sort": "colour"}, {"after": "AAAA"}, {"after": "W10="}, {"where": "colour:red"}):
        assert boss.get("/api/registers/vehicles/rows", params=bad).status_code == 422


def test_shapes_are_on_the_map(boss: TestClient) -> None:
    edited(boss, "zones", {"what": "add", "cells": {"id": "z1", "use": "no_go"}, "geometry": SQUARE})
    found = boss.get("/api/registers/zones/map", params={"box": "120.15,30.12,120.3,30.3"}).json()
    assert [each["properties"]["id"] for each in found["features"]] == ["z1"]
    assert boss.get("/api/registers/zones/map", params={"box": "121,31,122,32"}).json()["features"] == []
    for box in ("", "1,2,3", "a,b,c,d", "2,2,1,1", "nan,0,1,1"):
        assert boss.get("/api/registers/zones/map", params={"box": box}).status_code == 422
    bad = {"what": "add", "cells": {"id": "z2"}, "geometry": {"type": "Polygon", "coordinates": [[1, "x"]]}}
    edited(boss, "zones", bad, status=422)


def test_a_large_register(running: tuple[Town, Running], boss: TestClient) -> None:
    with writing(running[0].engine) as connection:
        keep_points(
            connection,
            PARTS,
            ({"id": f"{n:05}", "kind": str(n % 3), "lon": 120 + n / 1e5, "lat": 30.0} for n in range(250)),
        )
    found: list[str] = []
    after = ""
    while page := boss.get("/api/registers/parts/rows", params={"after": after, "limit": 100}).json():
        found += [row["id"] for row in page["rows"]]
        after = page["after"]
        if not after:
            break
    assert found == [f"{n:05}" for n in range(250)]
    assert [row["id"] for row in rows(boss, "parts", search="0024")] == [f"{n:05}" for n in range(240, 250)]
    assert len(rows(boss, "parts", where="kind:1")) == 83
    near = boss.get("/api/registers/parts/map", params={"box": "120,29.99,120.00095,30.01"}).json()
    assert (len(near["features"]), near["zoom"]) == (96, False)
    assert boss.get("/api/registers/parts/map", params={"box": "119,29,121,31"}).json()["zoom"] is True
    (row,) = rows(boss, "parts", search="00007")
    new = {"code": "00007", "kind": "9", "lon": 120.5, "lat": 30.5}
    done = edited(boss, "parts", {"what": "correct", "number": row["number"], "cells": new})
    assert rows(boss, "parts", search="00007")[0]["cells"]["kind"] == "9"
    edited(boss, "parts", {"what": "add", "cells": new}, status=422)
    assert boss.post(f"/api/registers/parts/changes/{done['number']}/undo", json={}).status_code == 200
    assert rows(boss, "parts", search="00007")[0]["cells"]["kind"] == "1"


def test_addresses_are_named_by_their_text(boss: TestClient) -> None:
    done = edited(boss, "addresses", {"what": "add", "cells": {"text": "朝晖路 12 号", "lon": 120.1, "lat": 30.2}})
    (row,) = rows(boss, "addresses", search="朝晖")
    assert row["id"] == "朝晖路 12 号"
    assert boss.post(f"/api/registers/addresses/changes/{done['number']}/undo", json={}).status_code == 200
    assert rows(boss, "addresses") == []


def test_files_are_shown_and_changed_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "vehicles.csv").write_text("id,class\nV1,muck_truck\nV2,sweeper\n", "utf-8")
    town, running = registered(tmp_path, vehicles="vehicles.csv", calendar="china")
    boss = town.client("BOSS")
    kinds = {each["name"]: each for each in boss.get("/api/registers").json()}
    assert (kinds["vehicles"]["source"]["editable"], kinds["vehicles"]["rows"]) == (False, 2)
    assert [row["id"] for row in rows(boss, "vehicles", search="sweep")] == ["V2"]
    assert "vehicles.csv" in edited(boss, "vehicles", add("V3"), status=409)["detail"]
    assert [row["id"] for row in rows(boss, "calendar")] == [day.isoformat() for day in running.days]
    assert boss.get("/api/registers/calendar/days").json()["days"]["2026-10-10"] == "workday"
    (tmp_path / "vehicles.csv").write_text("id,class\nV9,muck_truck\n", "utf-8")
    assert [row["id"] for row in rows(boss, "vehicles")] == ["V9"]
    town.engine.dispose()


ODD = st.sampled_from(["", "\x00", "\ud800", "a\x00b", "\uffff", "V1", "NaN", "1e999", "0001-01-01", "9999-12-31", "*"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD, inner, max_size=3),
    max_leaves=8,
)
SHAPES = st.fixed_dictionaries({"type": st.sampled_from(["Polygon", "MultiLineString", "x"]), "coordinates": JSON})
EDITS = st.fixed_dictionaries(
    {"what": st.sampled_from(["add", "change", "end", "correct", "remove"]), "number": st.sampled_from([0, 1, 2, 99])},
    optional={
        "cells": st.dictionaries(st.sampled_from(["id", "code", "lon", "lat", "valid_from", "valid_to", "x"]), JSON),
        "geometry": JSON | SHAPES,
        "at": st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00Z", "x"]),
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["zones", "areas", "parts", "routes", "calendar"]), edits=st.lists(EDITS, max_size=2), odd=ODD
)
def test_no_rubbish_is_a_fault_of_ours(shared: Town, kind: str, edits: list[Any], odd: str) -> None:
    boss = shared.client("BOSS")
    shared.now += 60  # so many requests a minute
    content = json.dumps({"edits": edits, "why": odd}).encode()
    headers = {"Content-Type": "application/json"}
    assert boss.post(f"/api/registers/{kind}/edits", content=content, headers=headers).status_code in (200, 409, 422)
    told = quote(odd.encode("utf-8", "surrogatepass"))
    for query in (f"search={told}", f"after={told}", f"where={told}", f"where=id:{told}", f"sort={told}", f"at={told}"):
        assert boss.get(f"/api/registers/{kind}/rows?{query}").status_code in (200, 422)
    assert boss.get(f"/api/registers/{kind}/map?box={told}").status_code == 422
    assert boss.get(f"/api/registers/{kind}/map?box=-180,-90,180,90").status_code == 200
    assert boss.get(f"/api/registers/{kind}/history?id={told}").status_code in (200, 422)


@pytest.mark.parametrize(
    "token, read, write",
    [
        pytest.param("BOSS", 200, 200, id="supervisor"),
        pytest.param("ACCEPTOR", 200, 403, id="acceptor"),
        pytest.param("COLLECTOR", 403, 403, id="collector"),
        pytest.param("", 401, 401, id="nobody"),
    ],
)
def test_who_may(shared: Town, token: str, read: int, write: int) -> None:
    client = shared.client(token)
    assert client.get("/api/registers").status_code == read
    assert client.get("/api/registers/vehicles/rows").status_code == read
    assert client.post("/api/registers/vehicles/edits", json={"edits": [add("V9")]}).status_code == write


def test_nothing_that_runs_nothing_that_changes(town: Town) -> None:
    boss = town.client("BOSS")
    assert boss.get("/api/registers/vehicles/rows").json()["rows"] == []
    assert "does not run" in edited(boss, "vehicles", add("V1"), status=503)["detail"]
    assert boss.get("/api/registers/vehicels/rows").json()["detail"].endswith("did you mean 'vehicles'?")
