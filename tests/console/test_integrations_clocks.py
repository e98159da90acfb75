"""Corrections of terminals' clocks by the API: who may approve and revoke them, and what is written down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cases.database import reading
from cases.registers.history import changes
from cases.registers.rows import standing
from cases.tables.people import AUDIT
from tests.console.kit import NOW, Town
from tests.console.registers_kit import Running, registered

PATH = "/api/integrations/clocks"


class FakeHealth:
    """Knows one clock that is wrong."""

    def correction(self, terminal: str, stream: str, at: float) -> tuple[str, float, float] | None:
        return ("", 28_800.0, 2.5) if (terminal, stream, at) == ("T1", "gps", NOW) else None


def clocked(folder: Path, **section: Any) -> tuple[Town, Running]:
    here, running = registered(folder, clocks="store", **section)
    city = here.app.state.city
    health: Any = FakeHealth()
    here.app.state.city = replace(city, beside=replace(city.beside, health=health))
    return here, running


def test_a_correction_is_approved_and_revoked(tmp_path: Path) -> None:
    here, running = clocked(tmp_path)
    boss = here.client("BOSS")
    done = boss.post(f"{PATH}/approve", json={"terminal": "T1", "stream": "gps", "why": "set in CST"})
    assert (done.status_code, done.json()) == (200, {"number": 1, "offset": 28_800.0, "in_force": True}), done.text
    assert running.reloads == 1
    with reading(here.engine) as connection:
        (row,) = standing(connection, "clocks")
    assert (row.id, row.valid_from, row.data["offset"], row.data["drift"]) == ("T1", NOW, "28800", "2.5")
    assert (row.data["by"], row.data["note"], row.data["approved"]) == (
        "boss",
        "set in CST",
        "2026-05-28 20:26:40+00:00",
    )
    gone = boss.post(f"{PATH}/revoke", json={"terminal": "T1", "why": "mended"})
    assert (gone.status_code, gone.json()["offset"]) == (200, None)
    assert running.reloads == 2
    assert boss.post(f"{PATH}/revoke", json={"terminal": "T1"}).status_code == 409
    with reading(here.engine) as connection:
        assert [(each["by"], each["source"]) for each in changes(connection, "clocks")] == [
            ("boss", "set in CST"),
            ("boss", "mended"),
        ]
        noted = connection.execute(AUDIT.select()).mappings().all()
    assert [(each["action"], each["about"]) for each in noted] == [("clocks.approved", "T1"), ("clocks.revoked", "T1")]


@pytest.mark.parametrize("who", ["ACCEPTOR", "COLLECTOR", "UNIT", "APP"])
def test_who_may_not(tmp_path: Path, who: str) -> None:
    here, running = clocked(tmp_path)
    for how in ("approve", "revoke"):
        assert here.client(who).post(f"{PATH}/{how}", json={"terminal": "T1", "stream": "gps"}).status_code == 403
    assert running.reloads == 0


def test_what_can_not_be_approved(tmp_path: Path) -> None:
    for name in ("store", "file"):
        (tmp_path / name).mkdir()
    here, _ = clocked(tmp_path / "store")
    got = here.client("BOSS").post(f"{PATH}/approve", json={"terminal": "T2", "stream": "gps"})
    assert got.status_code == 409
    assert "no estimate" in got.json()["detail"]
    assert here.client("BOSS").post(f"{PATH}/approve", json={"terminal": "x" * 9_999}).status_code == 422
    filed, running = registered(tmp_path / "file", clocks="clocks.csv")
    got = filed.client("BOSS").post(f"{PATH}/approve", json={"terminal": "T1", "stream": "gps"})
    assert got.status_code == 409
    assert "clocks.csv" in got.json()["detail"]
    assert running.reloads == 0


def test_where_no_city_runs(town: Town) -> None:
    assert town.client("BOSS").post(f"{PATH}/approve", json={"terminal": "T1"}).status_code == 503
