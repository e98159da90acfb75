"""Positions of people on duty are deleted beside a city at work, whatever else fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from cases.database import open_database, reading, writing
from cases.migrations import migrate
from cases.tables.duty import DUTIES, DUTY_POSITIONS
from console import duty_store
from console.duty_settings import DutySection
from console.duty_store import Position
from gridwatch.duty_beside import DutyBeside
from pipeline.runtime.logs import logger
from tests.services.wait import until

NOW = 1_700_000_000.0
HOUR = 3600.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(tmp_path / "cases.sqlite")
    migrate(engine)
    with writing(engine) as connection:
        duty = duty_store.sign_on(connection, DutySection(), "li", "", NOW, NOW + HOUR)
        duty_store.add(connection, duty, [Position(1, NOW, 120.0, 30.0, 8.0)], NOW)
        duty_store.sign_off(connection, DutySection(), "li", NOW + 1)
    yield engine
    engine.dispose()


def left(engine: sa.Engine) -> int:
    with reading(engine) as connection:
        tables = (DUTIES, DUTY_POSITIONS)
        return sum(connection.execute(sa.select(sa.func.count()).select_from(each)).scalar_one() for each in tables)


@pytest.mark.parametrize(
    "web, hours, rows",
    [
        pytest.param("web: {}", 7 * 24, 2, id="just-kept"),
        pytest.param("web: {}", 7 * 24 + 1, 0, id="its-time-is-over"),
        pytest.param("", 7 * 24 + 1, 0, id="also-without-a-console"),
        pytest.param("web: {duty: {keep: 2h}}", 3, 0, id="as-the-city-says"),
        pytest.param("web: {duty: {keep: 90d}}", 30 * 24, 2, id="as-the-city-says-longer"),
    ],
)
def test_when_positions_go(engine: sa.Engine, tmp_path: Path, web: str, hours: float, rows: int) -> None:
    file = tmp_path / "city.yaml"
    file.write_text(f"city: demo\n{web}\n", "utf-8")
    DutyBeside(file, engine, logger()).purge(NOW + hours * HOUR)
    assert left(engine) == rows


def test_it_happens_by_itself_and_a_fault_does_not_end_it(engine: sa.Engine, tmp_path: Path) -> None:
    file = tmp_path / "city.yaml"
    file.write_text("web: {duty: {keep: sometime}}\n", "utf-8")
    beside = DutyBeside(file, engine, logger(), every=0.01)
    beside.start()
    assert left(engine) == 2
    file.write_text("web: {duty: {keep: 1s}}\n", "utf-8")  # NOW is long past by the clock that it has
    until(lambda: left(engine) == 0, "positions are deleted")
    beside.stop()
