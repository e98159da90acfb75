"""Storms and what is put aside, over the web: to be read, by whoever may."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cases.database import writing
from cases.tables import EPISODES, HELD, REPORTS, SCOPES, STORMS
from tests.console.kit import NOW, Town, _row, case_row


def put(town: Town, table: sa.Table, *rows: dict[str, Any]) -> None:
    with writing(town.engine) as connection:
        connection.execute(table.insert(), [_row(table) | row for row in rows])


def test_a_storm_and_what_it_has_collected(town: Town) -> None:
    town.add(
        case_row("s", storm="many-bins", members=4, severity=3), case_row("t", storm="other", responsible="unit-7")
    )
    put(
        town,
        STORMS,
        {"rule": "many-bins", "area": "3301", "case_id": "s"},
        {"rule": "other", "area": "", "case_id": "t"},
        {"rule": "quiet", "area": "", "case_id": ""},
    )
    put(
        town,
        EPISODES,
        *({"id": f"e{n}", "case_id": "s", "rule": "full", "subject": f"bin-{n}", "started": NOW - n} for n in range(3)),
    )
    put(town, REPORTS, {"id": "r", "case_id": "s", "at": NOW - 10, "category": "06042"})
    boss = town.client("BOSS")
    first, second = boss.get("/api/storms").json()
    assert (first["rule"], first["area"], first["number"], first["members"]) == ("many-bins", "3301", "N-s", 4)
    assert {"undo", "split"} <= set(first["allowed"])
    assert second["case"] == "t"
    assert [each["case"] for each in town.client("UNIT").get("/api/storms").json()] == ["t"]
    found: list[str] = []
    after = ""
    while True:
        page = boss.get("/api/cases/N-s/members", params={"limit": 2, "after": after}).json()
        found += [each["id"] for each in page["members"]]
        after = page["after"]
        if not after:
            break
    assert found == ["r", "e2", "e1", "e0"], "the oldest first"
    assert town.client("UNIT").get("/api/cases/s/members").status_code == 404
    for after in ("x", "nan x", "1e999 x"):
        assert boss.get("/api/cases/s/members", params={"after": after}).status_code == 422


def test_what_is_put_aside_says_by_whom_until_when_and_why(town: Town) -> None:
    scope = {
        "kind": "shelving",
        "state": "in force",
        "since": NOW,
        "until": NOW + 60,
        "by": "boss",
        "reason": "roadworks",
    }
    put(
        town,
        SCOPES,
        scope | {"id": "a", "data": {"cameras": ["cam-1"], "circle": [120.1, 30.2, 50.0]}, "count": 7},
        scope | {"id": "b", "kind": "suppression", "state": "proposed", "data": {"rules": ["full"]}, "case_id": "c"},
        scope | {"id": "c", "state": "over", "data": {}},
    )
    happening = {"rule": "full", "subject": "bin-1", "place": "market", "started": NOW - 60}
    held = {"by": "a", "kind": "shelving", "ended": None, "until": None}
    put(town, HELD, held | {"id": "e1", "number": 1, "data": happening}, held | {"id": "e2", "number": 2, "data": {}})
    boss = town.client("BOSS")
    one, other = boss.get("/api/shelved").json()
    assert (one["by"], one["reason"], one["until"], one["count"], one["now"]) == (
        "boss",
        "roadworks",
        "2026-05-28T20:27:40Z",
        7,
        2,
    )
    assert (one["about"]["cameras"], one["about"]["circle"]) == (["cam-1"], [120.1, 30.2, 50.0])
    assert (other["state"], other["case"], other["about"]["rules"]) == ("proposed", "c", ["full"])
    newest, first = boss.get("/api/shelved/a/held").json()
    assert (newest["id"], newest["started"]) == ("e2", None)
    assert (first["subject"], first["place"], first["started"]) == ("bin-1", "market", "2026-05-28T20:25:40Z")
    unit = town.client("UNIT")
    assert unit.get("/api/shelved").json() == []
    assert unit.get("/api/shelved/a/held").status_code == 404
