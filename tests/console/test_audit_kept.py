"""How long the audit trail is kept, what is said of what was removed, and what of logins goes with time."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from cases.database import reading, writing
from cases.tables.people import AUDIT, LOGIN_LINKS, SESSIONS
from console import audit_kept
from console.audit import note
from console.audit_kept import thin
from console.login_links import one_time_link
from console.settings import WebSection
from tests.console.kit import NOW, Town

DAY = 86_400.0
WEB = WebSection(audit_days=30)


def trail(town: Town) -> list[tuple[int, str]]:
    with reading(town.engine) as connection:
        rows = connection.execute(sa.select(AUDIT.c.number, AUDIT.c.action).order_by(AUDIT.c.number))
        return [(number, action) for number, action in rows]


def count(town: Town, table: sa.Table) -> int:
    with reading(town.engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


@pytest.mark.parametrize(
    "days, left",
    [
        pytest.param(400, [1, 2, 3, 4], id="long"),
        pytest.param(30, [2, 3, 4, 5], id="a-month"),
        pytest.param(1, [4, 5], id="a-day"),
    ],
)
def test_what_is_too_old_is_removed_and_that_is_an_entry(town: Town, days: int, left: list[int]) -> None:
    with writing(town.engine) as connection:
        for age in (31, 30, 2, 0):
            note(connection, NOW - age * DAY, "li", "login")
    assert not thin(town.engine, WebSection(audit_days=days), NOW)
    assert [number for number, _ in trail(town)] == left
    assert not thin(town.engine, WebSection(audit_days=days), NOW)
    assert [number for number, _ in trail(town)] == left, "nothing removed, nothing said"
    if len(left) == 2:
        town.user("chief", "administrator")
        entries = town.person("chief").get("/api/admin/audit", params={"action": "audit"}).json()["entries"]
        told = {"entries": 3, "numbers": [1, 3], "days": 1, "times": ["2026-04-27T20:26:40Z", "2026-05-26T20:26:40Z"]}
        assert [(each["who"], each["action"], each["data"]) for each in entries] == [("", "audit.removed", told)]


def test_one_step_is_bounded(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_kept, "STEP", 2)
    with writing(town.engine) as connection:
        for n in range(5):
            note(connection, NOW - 99 * DAY + n, "li", "login")
    steps = 1
    while thin(town.engine, WEB, NOW):
        steps += 1
        assert steps < 9
    assert [action for _, action in trail(town)] == ["audit.removed"] * 3


def test_sessions_and_links_that_are_over_go(tmp_path: Path) -> None:
    town = Town(tmp_path, sessions={"idle": "1h", "longest": "2h"})
    town.user("li", "acceptor")
    town.person("li")
    one_time_link(town.engine, "li", NOW)
    section = town.settings.web
    assert not thin(town.engine, section, NOW + 60)
    assert (count(town, SESSIONS), count(town, LOGIN_LINKS)) == (1, 1)
    assert not thin(town.engine, section, NOW + 3601)
    assert (count(town, SESSIONS), count(town, LOGIN_LINKS)) == (0, 0)
    town.engine.dispose()
