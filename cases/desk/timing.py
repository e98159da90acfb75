"""timing: what happens by itself because time has passed: warnings, deadlines, escalation, what was put aside."""

from __future__ import annotations

import math

from cases.deadlines import FILE_OVERDUE, OVERDUE, WARNING, escalation
from cases.desk import happenings
from cases.desk.automatic import follow, take_by_itself
from cases.desk.book import Row
from cases.desk.work import Work
from cases.life import ENDED, LEVELS, State
from cases.words import POLICY


def until(work: Work, at: float) -> None:
    """Everything that is due before `at`, in the order of its times; of one time, timers first, by case and kind."""
    while True:
        soonest, aside = work.timers.soonest(), work.fusion.due()
        if soonest is not None and soonest[0] < min(at, math.nextafter(aside, math.inf)):
            _fire(work, *soonest)
        elif aside < at:
            work.at = aside
            happenings.passed(work, work.fusion.pass_time(aside))
        else:
            return


def _fire(work: Work, at: float, id: str, kind: str) -> None:
    work.timers.drop(id, kind)
    work.at = at
    case = work.case(id)
    if case is None or case["state"] in ENDED:
        return
    if kind in (WARNING, OVERDUE):
        case["deadline"] = kind
        work.changed(case, kind, {"due": case["due"]})
    elif kind == FILE_OVERDUE:
        case["deadline"] = OVERDUE
        work.changed(case, kind, {"due": case["file_due"]})
    else:
        _escalate(work, case, kind)
    follow(work, case)


def _escalate(work: Work, case: Row, kind: str) -> None:
    step = escalation(kind, work.conditions.deadlines)
    if step is None or case["state"] == State.SUSPENDED:
        return
    said = {"do": step.do, "role": step.role, "unit": step.unit, "level": step.level, "timer": kind}
    if step.do == "urge":
        take_by_itself(work, case, "urge", "It is overdue.", {"timer": kind}, by=POLICY)
    elif step.do == "pass_up" and LEVELS.index(case["level"]) < LEVELS.index(step.level or LEVELS[-1]):
        take_by_itself(work, case, "pass_up", "It is overdue.", {"timer": kind, "level": step.level}, by=POLICY)
    work.changed(case, "escalated", said)
