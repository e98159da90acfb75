"""Reports are made by themselves, by a thread that outlives what fails."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from openpyxl import load_workbook

from cases.categories import Categories
from cases.database import open_database, writing
from cases.reporting.settings import ReportsSection
from cases.tables import METADATA
from pipeline.runtime.reporting_schedule import ReportingCity, ReportingSchedule
from tests.cases.reporting.kit import WORKING, ZONE, fill

CITY = ReportingCity("江城", ZONE, "Asia/Shanghai", WORKING, Categories())
NOW = datetime(2026, 3, 4, 7, 0, tzinfo=ZONE).timestamp()


def store(tmp_path: Path) -> sa.Engine:
    engine = open_database(tmp_path / "cases.sqlite")
    with writing(engine) as connection:
        METADATA.create_all(connection)
    fill(engine)
    return engine


def schedule(engine: sa.Engine, tmp_path: Path, now: float = NOW, **section: Any) -> ReportingSchedule:
    return ReportingSchedule(engine, ReportsSection(**section), tmp_path, CITY, structlog.get_logger(), lambda: now)


def test_what_is_due_is_made_once_also_after_a_restart(tmp_path: Path) -> None:
    engine = store(tmp_path)
    made = schedule(engine, tmp_path).look()
    assert [path.name for path in made][::2] == [
        "monthly-2026-02.xlsx",
        "weekly-2026-W09.xlsx",
        "daily-2026-03-03.xlsx",
    ]
    book = load_workbook(made[0])
    assert str(book.worksheets[0]["A1"].value) == "江城 城市管理案件月报 2026-02"
    assert schedule(engine, tmp_path).look() == []
    missed = schedule(engine, tmp_path, NOW + 3 * 86_400, formats=("html",)).look()
    assert [path.name for path in missed] == [f"daily-2026-03-0{k}.html" for k in (4, 5, 6)]
    engine.dispose()


def test_old_ones_go(tmp_path: Path) -> None:
    engine = store(tmp_path)
    schedule(engine, tmp_path, kinds=("daily",)).look()
    later = schedule(engine, tmp_path, NOW + 10 * 86_400, kinds=("daily",), keep="3d")
    later.look()
    assert sorted(path.name for path in later.folder.glob("*.html")) == [
        f"daily-2026-03-{k}.html" for k in ("11", "12", "13")
    ]
    engine.dispose()


def test_the_thread_goes_on_after_what_fails(tmp_path: Path) -> None:
    """A file where the folder should be, then none: the reports come."""
    engine = store(tmp_path)
    (tmp_path / "reports").write_text("in the way")
    failed, worked = threading.Event(), threading.Event()

    class Log:
        def error(self, *_: Any, **__: Any) -> None:
            (tmp_path / "reports").unlink(missing_ok=True)
            failed.set()

        def info(self, *_: Any, **__: Any) -> None:
            worked.set()

    made = ReportingSchedule(engine, ReportsSection(), tmp_path, CITY, Log(), lambda: NOW)
    made.every = 0.01
    made.start()
    assert failed.wait(30)
    assert worked.wait(30)
    made.stop()
    assert (tmp_path / "reports" / "monthly-2026-02.xlsx").exists()
    engine.dispose()


def test_stopped_before_it_began(tmp_path: Path) -> None:
    engine = store(tmp_path)
    made = schedule(engine, tmp_path)
    made.stop()
    assert made.look() == []
    engine.dispose()
