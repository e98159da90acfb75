"""A small city's reports: what tests of workbooks, pages and files share."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cases.database import reading
from cases.deadlines import WorkingHoursSection
from cases.indicators.periods import around
from cases.indicators.working import WorkingTime
from cases.reporting.report import Order, Report, make
from cases.reporting.settings import KINDS
from tests.cases.indicators.made import case, keep, moves

ZONE = ZoneInfo("Asia/Shanghai")
DAY, HOUR = 86_400.0, 3600.0
MARCH = 1_772_294_400.0  # 2026-03-01 00:00 in Shanghai, a Sunday
EVIL = '=HYPERLINK("http://x","</td><script>alert(1)</script>")'
WORKING = WorkingTime(WorkingHoursSection(), ZONE, {})


def fill(database: sa.Engine) -> None:
    """Three units: two cases handled in time, one late, one that waits; one of February."""

    def of(id: str, day: float, unit: str, handled: float | None, **more: Any) -> dict[str, Any]:
        at = MARCH + day * DAY
        stamps = {"opened": at, "filed": at + HOUR, "dispatched": at + 2 * HOUR, "due": at + 10 * HOUR}
        done = {} if handled is None else {"handled": at + handled * HOUR, "closed": at + 13 * HOUR, "state": "closed"}
        return case(id, responsible=unit, category="06042", grid="420101001002003", **stamps | done | more)

    cases = [
        of("a", 0, "u1", 5.0, channel="machine"),
        of("b", 1, "u1", 9.0, channel="collector"),
        of("c", 1, EVIL, 12.0),
        of("d", 2, "-2+3", None, channel="machine"),
        of("z", -5, "u1", 5.0),
    ]
    keep(database, cases, moves("a", ("reported", "filed", MARCH + HOUR), ("filed", "dispatched", MARCH + 3 * HOUR)))


def report(database: sa.Engine, kind: str = "monthly", at: float = MARCH, **how: Any) -> Report:
    """Of the period that a moment lies in."""
    period = around(at, KINDS[kind], ZONE)
    usual: dict[str, Any] = {"now": period.end + 7 * HOUR, "names": {"unit": {"u1": "城管一队"}}}
    with reading(database) as connection:
        return make(connection, Order(kind, period, "江城", ZONE, "Asia/Shanghai", **usual | how), WORKING)
