"""histories: what must hold of every store, whatever happened to it, and all that a desk wrote, to compare."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import sqlalchemy as sa

from cases.database import reading
from cases.life import ACTIONS, ENDED, State
from cases.tables import (
    ANSWERS,
    APPROVALS,
    CASES,
    CHANGES,
    COUNTERS,
    EPISODES,
    REPORTS,
    STEPS,
    TASKS,
    TIMERS,
)

Rows = list[dict[str, Any]]


def rows(engine: sa.Engine, table: sa.Table) -> Rows:
    """A table, in the order of its key."""
    with reading(engine) as connection:
        found = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
        return [dict(each) for each in found]


def written(engine: sa.Engine) -> dict[str, Rows]:
    """What a desk made of its log. Changes without their numbers: PostgreSQL spends some on what was not kept."""
    tables = (CASES, STEPS, EPISODES, REPORTS, TASKS, APPROVALS, TIMERS, ANSWERS, COUNTERS, CHANGES)
    found = {table.name: rows(engine, table) for table in tables}
    for change in found["changes"]:
        del change["number"]
    return found


def same(one: sa.Engine, other: sa.Engine) -> None:
    """AssertionError that names the rows that differ."""
    first, second = written(one), written(other)
    for table, mine in first.items():
        theirs = second[table]
        differ = [(a, b) for a, b in zip(mine, theirs, strict=False) if a != b][:2]
        assert not differ, (table, [_difference(a, b) for a, b in differ])
        assert len(mine) == len(theirs), (table, len(mine), len(theirs))


def _difference(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    keys = {"id", "case_id", "event", "action"} & set(a)
    return {key: (a[key], b[key]) for key in a if key in keys or a[key] != b[key]}


def sound(engine: sa.Engine) -> None:
    """AssertionError where a history is broken, a change is missing, or an answer is not true."""
    cases = {case["id"]: case for case in rows(engine, CASES)}
    steps = rows(engine, STEPS)
    histories: dict[str, Rows] = defaultdict(list)
    for step in sorted(steps, key=lambda each: (each["case_id"], each["number"])):
        histories[step["case_id"]].append(step)
    assert histories.keys() <= cases.keys()
    for id, case in cases.items():
        _chain(case, histories[id])
    _told(cases, rows(engine, CHANGES), contiguous=engine.dialect.name == "sqlite")
    _answered({step["id"] for step in steps}, rows(engine, ANSWERS))
    late = [timer for timer in rows(engine, TIMERS) if cases[timer["case_id"]]["state"] in ENDED]
    assert not late, f"timers of what has ended: {late[:3]}"


def _chain(case: dict[str, Any], steps: Rows) -> None:
    assert [step["number"] for step in steps] == list(range(1, len(steps) + 1)), case["id"]
    assert case["steps"] == len(steps), case["id"]
    before, at = State.REPORTED.value, -1.0
    for step in steps:
        action = ACTIONS[step["action"]]
        assert step["from_state"] == before, (case["id"], step)
        assert step["from_state"] in action.sources, (case["id"], step)
        assert step["role"] in action.roles, (case["id"], step)
        if action.to is None:
            assert step["to_state"] == before, (case["id"], step)
        elif action.to:
            assert step["to_state"] == action.to, (case["id"], step)
        assert step["at"] >= at, (case["id"], step)
        before, at = step["to_state"], step["at"]
    assert case["state"] == before, case["id"]


def _told(cases: dict[str, Any], changes: Rows, *, contiguous: bool) -> None:
    """Every revision of every case is told once, in order; what a timer does is told once for a deadline."""
    numbers = [change["number"] for change in changes]
    assert numbers == sorted(set(numbers))
    if contiguous:
        assert numbers == list(range(1, len(numbers) + 1)), "a follower would wait for what is missing"
    times = [change["at"] for change in changes]
    assert times == sorted(times), "what is told later happened later"
    revisions: dict[str, list[int]] = defaultdict(list)
    fired: Counter[tuple[Any, ...]] = Counter()
    for change in changes:
        data = change["data"]
        revisions[change["case_id"]].append(data["revision"])
        if change["event"] in ("warning", "overdue", "file_overdue"):
            fired[change["case_id"], change["event"], data["due"]] += 1
        elif change["event"] == "escalated":
            fired[change["case_id"], data["timer"]] += 1
    assert {id: len(told) for id, told in revisions.items()} == {id: case["revision"] for id, case in cases.items()}
    assert all(told == list(range(1, len(told) + 1)) for told in revisions.values())
    overdue = Counter(case for case, event, *_ in fired if event == "overdue")
    for (case, event, *_), times_fired in fired.items():
        most = overdue[case] if event.startswith("escalate") else 1
        assert times_fired <= most, f"{event} of {case} went off {times_fired} times"


def _answered(steps: set[str], answers: Rows) -> None:
    for answer in answers:
        if answer["id"] in steps:
            assert answer["taken"], f"refused, and in the history: {answer}"
