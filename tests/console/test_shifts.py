"""The duty roster and handing a shift over: who may sign what, and that nothing of it changes afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.database import writing
from cases.tables import METADATA
from cases.tables.shifts import HANDOVERS
from console.shifts_roster import Shift, as_csv, copied, moment, read_csv
from tests.console.kit import NOW, PASSWORD, Town, case_row

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = {"person": "王强", "role": "operator", "start": "2026-05-28T20:00", "end": "2026-05-29T08:00"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Two operators and an integrator."""
    folder: Path = tmp_path_factory.mktemp("desk")
    town = Town(folder)
    with writing(town.engine) as connection:
        METADATA.create_all(connection)
    for name, role in (("li", "operator"), ("wang", "operator"), ("zhao", "integrator")):
        town.user(name, role)
    town.add(
        case_row("late", state="dispatched", deadline="overdue", due=NOW - 60, filed=NOW - 600, severity=3),
        case_row("soon", state="dispatched", deadline="warning", due=NOW + 600, filed=NOW - 600),
    )
    yield town
    town.engine.dispose()


def test_a_roster_is_kept_without_overlap(desk: Town) -> None:
    boss = desk.client("BOSS")
    made = boss.post("/api/shifts", json=NIGHT | {"grids": ["330106*"]})
    assert made.status_code == 201, made.text
    shift = made.json()
    assert (shift["start"], shift["now"], shift["by"]) == ("2026-05-28T20:00:00+00:00", True, "boss")
    assert boss.post("/api/shifts", json=NIGHT | {"start": "2026-05-29T07:00"}).status_code == 409
    assert boss.post("/api/shifts", json=NIGHT | {"person": "other", "end": "2026-05-28T08:00"}).status_code == 422
    assert boss.post("/api/shifts", json=NIGHT | {"start": "2026-02-30T08:00"}).status_code == 422
    changed = boss.put(f"/api/shifts/{shift['id']}", json=NIGHT | {"end": "2026-05-29T06:00"})
    assert changed.json()["end"] == "2026-05-29T06:00:00+00:00"
    listed = boss.get("/api/shifts").json()
    assert [each["id"] for each in listed["shifts"]] == [shift["id"]]
    copied = boss.post("/api/shifts/copy", json={"source": "2026-05-28", "target": "2026-06-01"}).json()
    assert (copied["added"], copied["there"]) == (1, 0)
    again = boss.post("/api/shifts/copy", json={"source": "2026-05-28", "target": "2026-06-01"}).json()
    assert (again["added"], again["there"]) == (0, 1)
    [next_week] = boss.get("/api/shifts", params={"since": "2026-06-01"}).json()["shifts"]
    assert next_week["start"] == "2026-06-04T20:00:00+00:00"
    assert boss.delete(f"/api/shifts/{next_week['id']}").status_code == 204
    assert boss.delete(f"/api/shifts/{next_week['id']}").status_code == 404


def test_a_roster_goes_out_and_comes_in_as_csv(desk: Town) -> None:
    boss = desk.client("BOSS")
    text = (
        "person,start,end,grids\n张三,2026-07-01 08:00,2026-07-01 20:00,a b\n李四,2026-07-01T20:00,2026-07-02T08:00,\n"
    )
    bad = boss.post("/api/shifts/import", json={"text": text + ",2026-07-01 08:00,2026-07-01 09:00,\nx,now,,\n"}).json()
    assert [(each["line"], each["message"]) for each in bad["faults"]] == [
        (4, "person: expected who it is"),
        (5, "expected times such as 2026-05-28 08:00"),
    ]
    assert bad["added"] == 0
    assert boss.post("/api/shifts/import", json={"text": text}).json() == {"added": 2, "there": 0, "faults": []}
    out = boss.get("/api/shifts.csv", params={"since": "2026-07-01", "until": "2026-07-02"})
    assert boss.post("/api/shifts/import", json={"text": out.text}).json() == {"added": 0, "there": 2, "faults": []}
    assert boss.post("/api/shifts/import", json={"text": "who,when\n"}).json()["faults"][0]["line"] == 1


def test_a_week_is_copied_by_the_clock() -> None:
    # Clocks go forward on 2026-03-29 in Berlin: the same 08:00 is an hour less away.
    start, end = moment("2026-03-26T08:00", BERLIN), moment("2026-03-26T16:00", BERLIN)
    row = {"person": "a", "role": "", "unit": "", "grids": [], "start": start, "end": end, "note": ""}
    [later] = copied([row], 1, BERLIN)
    assert later.start - start == 7 * 86_400 - 3_600
    assert datetime.fromtimestamp(later.start, UTC).astimezone(BERLIN).hour == 8


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)


@given(WORDS, WORDS, st.lists(WORDS, max_size=3), st.integers(0, 10_000), st.integers(1, 1_000))
def test_csv_comes_back_as_it_went(person: str, note: str, grids: list[str], start: int, minutes: int) -> None:
    begins = NOW - NOW % 60 + start * 60
    shift = Shift(person, "", "", tuple(grids), begins, begins + minutes * 60, note)
    again, faults = read_csv(as_csv([shift._asdict()], UTC), UTC)
    assert (again, faults) == ([shift], [])


def signed_out(desk: Town, **different: Any) -> Any:
    body = {"incoming": "wang", "password": PASSWORD} | different
    return desk.person("li").post("/api/shifts/handovers", json=body)


def test_a_shift_is_handed_over_and_signed_by_both(desk: Town) -> None:
    li, wang = desk.person("li"), desk.person("wang")
    noted = li.post("/api/shifts/notes", json={"text": "东门路灯待修", "case": "N-late"})
    assert (noted.status_code, noted.json()["case"]) == (201, "late")
    content = li.get("/api/shifts/handover").json()
    assert [each["id"] for each in content["overdue_cases"]] == ["late"]
    assert [each["id"] for each in content["due_soon"]] == ["soon"]
    assert (content["open"], content["overdue"], content["silent"]) == (2, 1, None)
    assert [each["text"] for each in content["notes"]] == ["东门路灯待修"]
    # The outgoing: only with their own password, to somebody else who may keep shifts.
    assert signed_out(desk, password="another one 123").status_code == 403
    for incoming in ("li", "nobody", "zhao"):
        assert signed_out(desk, incoming=incoming).status_code == 422, incoming
    desk.now += 60
    made = signed_out(desk)
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["yours"]) == ("waiting", False)
    assert signed_out(desk).status_code == 409
    # The incoming: the same content, and nobody else.
    path = f"/api/shifts/handovers/{made.json()['id']}"
    desk.add(case_row("after", state="reported"))
    seen = wang.get(path).json()
    assert (seen["yours"], seen["intact"], seen["content"]["open"]) == (True, True, 2)
    assert hashlib.sha256(seen["text"].encode()).hexdigest() == seen["sha256"]
    body = {"sha256": seen["sha256"], "password": PASSWORD}
    assert li.post(f"{path}/sign", json=body).status_code == 403
    assert wang.post(f"{path}/sign", json=body | {"sha256": "0" * 64}).status_code == 409
    signed = wang.post(f"{path}/sign", json=body)
    assert (signed.status_code, signed.json()["state"]) == (200, "signed"), signed.text
    # Nothing of it changes any more; the next shift begins with its own notes.
    assert wang.post(f"{path}/sign", json=body).status_code == 409
    assert li.post(f"{path}/withdraw", json={"why": "too late"}).status_code == 409
    desk.now += 60
    assert li.get("/api/shifts/notes").json() == []
    assert [each["state"] for each in li.get("/api/shifts/handovers").json()["handovers"]] == ["signed"]
    # Whoever changes it behind our back is seen.
    with writing(desk.engine) as connection:
        connection.execute(HANDOVERS.update().values(content=json.dumps(seen["content"])))
    assert not li.get(path).json()["intact"]


def test_what_waits_can_be_taken_back(desk: Town) -> None:
    made = signed_out(desk).json()
    path = f"/api/shifts/handovers/{made['id']}/withdraw"
    assert desk.person("wang").post(path, json={"why": ""}).status_code == 422
    assert desk.client("BOSS").post(path, json={"why": "no"}).status_code == 403
    assert desk.person("wang").post(path, json={"why": "两件案件没有写"}).json()["state"] == "withdrawn"
    assert signed_out(desk).status_code == 201


def test_who_may_not(desk: Town) -> None:
    token = desk.client("BOSS")
    assert token.post("/api/shifts/handovers", json={"incoming": "li", "password": "x"}).status_code == 403
    for client in (desk.client("UNIT"), desk.person("zhao")):
        for path in ("", "/known", "/handover", "/handovers", "/notes", ".csv"):
            assert client.get(f"/api/shifts{path}").status_code == 403, path
    assert desk.client("").get("/api/shifts").status_code == 401
    known = token.get("/api/shifts/known").json()
    assert {"li", "wang", "zhao"} <= set(known["people"])
    assert known["users"] == ["li", "wang"]
