"""terms: by when a case must be handled, and what happens on the way there."""

from __future__ import annotations

from cases.deadlines import ESCALATE, FILE_OVERDUE, OVERDUE, WARNING, Limit, timers
from cases.desk.act import Act
from cases.desk.work import Work
from cases.life import State

RUNNING = (State.FILED, State.DISPATCHED, State.RETURNED, State.HANDLING)
"""Where a case's time runs: from filing until somebody says that it is handled."""


def timer_kinds(work: Work) -> list[str]:
    steps = [f"{ESCALATE}{n}" for n in range(1, len(work.conditions.deadlines.escalation) + 1)]
    return [WARNING, OVERDUE, *steps]


def limit_of(act: Act) -> Limit | None:
    return Limit.parse(act.case["time_limit"]) if act.case["time_limit"] else None


def run(act: Act, *, from_now_on: bool = False) -> None:
    """Set what happens on the way to the deadline. from_now_on: leave out what has passed (it has been said)."""
    act.work.drop_timers(act.case, timer_kinds(act.work))
    limit = limit_of(act)
    if act.case["due"] is None or limit is None:
        return
    times = timers(act.case["due"], limit, act.work.conditions.deadlines, act.work.conditions.hours)
    act.case["deadline"] = ""
    if from_now_on:
        said = [kind for kind, at in times.items() if at < act.work.at]
        act.case["deadline"] = OVERDUE if OVERDUE in said else WARNING if WARNING in said else ""
        times = {kind: at for kind, at in times.items() if kind not in said}
    act.work.set_timers(act.case, times)


def stop(act: Act) -> None:
    act.work.drop_timers(act.case, [*timer_kinds(act.work), FILE_OVERDUE])


def begin(act: Act) -> None:
    """The case's time begins: from its filing on."""
    conditions = act.work.conditions
    limit = conditions.kinds.limit(act.case["category"], act.case["condition"], act.case["area_class"])
    act.case["time_limit"] = str(limit) if limit else ""
    act.case["due"] = conditions.hours.due(act.work.at, limit) if limit else None
    act.case["deadline"] = ""
    run(act)


def anew(act: Act) -> None:
    """Another category, another limit, from the same filing on."""
    conditions = act.work.conditions
    limit = conditions.kinds.limit(act.case["category"], act.case["condition"], act.case["area_class"])
    act.case["time_limit"] = str(limit) if limit else ""
    act.case["due"] = conditions.hours.due(act.case["filed"], limit) if limit else None
    run(act, from_now_on=True)
