"""The desk's own cases: what it writes is what the indicators read."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import sqlalchemy as sa

from cases.database import reading
from cases.deadlines import WorkingHoursSection
from cases.indicators.asking import Question
from cases.indicators.counting import Line, ask
from cases.indicators.stays import ask_stays
from cases.indicators.working import WorkingTime
from cases.tables import CASES, STEPS
from tests.cases.desk.kit import DAY, Log
from tests.cases.indicators import oracle

HOUR = 3600.0
WORKING = WorkingTime(WorkingHoursSection(), UTC, {})
MINUTE = 1 / 60
SAID: list[tuple[float, str, str, str, dict[str, Any]]] = [
    # handled at once, and closed
    (1 * MINUTE, "good", "file", "acceptor", {}),
    (2 * MINUTE, "good", "dispatch", "dispatcher", {"unit": "sanitation"}),
    (3 * MINUTE, "good", "accept", "unit", {"by": "sanitation"}),
    (40 * MINUTE, "good", "handled", "unit", {"by": "sanitation"}),
    (50 * MINUTE, "good", "verify", "acceptor", {"collector": "chen"}),
    (70 * MINUTE, "good", "verified", "collector", {"by": "chen"}),
    (71 * MINUTE, "good", "close", "acceptor", {}),
    # sent back, reworked, and late
    (1 * MINUTE, "poor", "file", "acceptor", {}),
    (2 * MINUTE, "poor", "dispatch", "dispatcher", {"unit": "sanitation"}),
    (1.0, "poor", "return", "unit", {"by": "sanitation", "note": "not ours"}),
    (2.0, "poor", "dispatch", "dispatcher", {"unit": "roads"}),
    (3.0, "poor", "handled", "unit", {"by": "roads"}),
    (3.5, "poor", "rework", "acceptor", {"note": "still there"}),
    (6.0, "poor", "handled", "unit", {"by": "roads"}),
    # filed and never handled; rejected
    (1 * MINUTE, "waits", "file", "acceptor", {}),
    (1 * MINUTE, "none", "reject", "acceptor", {"note": "nothing there"}),
    # closed, then reopened
    (1 * MINUTE, "again", "file", "acceptor", {}),
    (2 * MINUTE, "again", "dispatch", "dispatcher", {"unit": "roads"}),
    (30 * MINUTE, "again", "handled", "unit", {"by": "roads"}),
    (2.0, "again", "verified", "acceptor", {}),
    (2.1, "again", "close", "acceptor", {}),
    (5.0, "again", "reopen", "supervisor", {"note": "it is back"}),
]
"""Hours of the day, case, action, role, and what goes with it."""


def a_day(database: sa.Engine) -> None:
    log = Log(database)
    for n, id in enumerate(("good", "poor", "waits", "none", "again")):
        log.episode(DAY + n, id)
    for at, case, action, role, more in sorted(SAID, key=lambda each: each[0]):
        answer = log.step(DAY + at * HOUR, case, action, role, **more)
        assert answer.taken, (case, action, answer.why)


def of_the_day(database: sa.Engine, hours: float = 24) -> Line:
    with reading(database) as connection:
        (line,) = ask(connection, Question(DAY, DAY + hours * HOUR, 1e12, UTC))
    return line


def test_a_day_at_the_desk(database: sa.Engine) -> None:
    a_day(database)
    line = of_the_day(database)
    expected = {"reported": 5, "valid": 4, "filed": 4, "filed_in_time": 4, "dispatched": 2, "dispatched_right": 1}
    expected |= {"due": 4, "handled": 2, "handled_in_time": 1, "overdue_waiting": 2, "closed": 1, "closed_in_time": 1}
    expected |= {"reworked": 1, "found_machine": 4, "found_public": 0}
    assert {name: line.counts[name] for name in expected} == expected
    assert of_the_day(database, 8).counts["due"] == 3  # the one that was reopened is due at nine


def test_the_oracle_agrees_on_the_desks_cases(database: sa.Engine) -> None:
    a_day(database)
    with reading(database) as connection:
        cases = [dict(row) for row in connection.execute(sa.select(CASES)).mappings()]
        steps = [dict(row) for row in connection.execute(sa.select(STEPS)).mappings()]
        stays = ask_stays(connection, Question(DAY, DAY + 24 * HOUR, 1e12, UTC), WORKING)
    assert of_the_day(database).counts == oracle.numbers(cases, DAY, DAY + 24 * HOUR)
    durations: dict[str, list[float]] = {}
    for case in cases:
        for state, came, left in oracle.stays(case, [step for step in steps if step["case_id"] == case["id"]]):
            durations.setdefault(state, []).append(left - came)
    assert {each.state: each.stays for each in stays} == {state: len(values) for state, values in durations.items()}
    for each in stays:
        assert each.clock.median == oracle.exceeded_by_no_more_than((1, 2), durations[each.state])
