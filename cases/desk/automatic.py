"""automatic: what happens to a case by itself, as the city's policies say: each as a step that is in the history.

After every change the next automatic step is looked for, until there is none: filed, given to its unit, looked at,
closed. What a policy can't do (no unit has the duty) waits for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases.desk.book import Row
from cases.desk.policies import Handling
from cases.desk.taking import take
from cases.desk.work import Work
from cases.life import LEVELS, State
from cases.tables import TASKS
from cases.words import PIPELINE, POLICY, Step

_MOST = 12
"""Automatic steps in a row; a policy can't turn in circles, and if one did, a person would have to look."""


def follow(work: Work, case: Row) -> None:
    """Take the automatic steps that are due now."""
    if case["withdrawn"]:
        return
    handling = work.conditions.policies.handling_of(case)
    for _ in range(_MOST):
        wanted = _next(work, case, handling)
        if wanted is None:
            return
        action, note, data = wanted
        take_by_itself(work, case, action, note, data, by=POLICY)


def take_by_itself(
    work: Work, case: Row, action: str, note: str = "", data: Mapping[str, Any] | None = None, *, by: str = PIPELINE
) -> None:
    """One step that nobody takes; the life of a case allows it."""
    step = Step(
        id=work.own_id(case, action),
        case=case["id"],
        action=action,
        by=by,
        role=by,
        at=work.at,
        note=note,
        data=dict(data or {}),
    )
    take(work, case, step)


def _next(work: Work, case: Row, handling: Handling) -> tuple[str, str, dict[str, Any]] | None:
    state = case["state"]
    if state in _BEFORE_HANDLED and case["proposal"] is not None and handling.over == "close":
        return "over", "It is over: what was found wrong is not so any more.", {"proof": case["proposal"]}
    if state == State.REPORTED and handling.file:
        if handling.check and not case["checks"]:
            return "check", "", {}
        return ("file", "", {}) if not case["checks"] or _found_so(work, case) else None
    if state == State.FILED and _taken_back(case):
        return None
    if state == State.FILED and handling.call and not _called(case):
        unit, helpers = duty(work, case)
        units = [each for each in (unit, *helpers) if each]
        if units:
            return "call", "All units named for its place.", {"units": units}
    if state == State.FILED and handling.dispatch and not case["responsible"]:
        unit, helpers = duty(work, case)
        return ("dispatch", "", {"unit": unit, "helpers": list(helpers)}) if unit else None
    if state == State.HANDLED and handling.verify == "collector":
        return "verify", "", {}
    if state in (State.HANDLED, State.VERIFYING) and handling.verify == "pipeline" and case["proposal"] is not None:
        return "verified", "The pipeline has seen it.", {"proof": case["proposal"]}
    if state == State.VERIFIED and handling.close:
        return "close", "", {}
    return None


_BEFORE_HANDLED = (State.REPORTED, State.CHECKING, State.FILED, State.DISPATCHED, State.RETURNED, State.HANDLING)


def duty(work: Work, case: Row) -> tuple[str, tuple[str, ...]]:
    """The unit whose duty a case is, and its helpers; '' where nothing says."""
    unit, helpers = work.places.duty(case["category"], case["grid"], case["place"], case["level"], work.at)
    if not unit and case["level"] == LEVELS[0]:
        unit = work.conditions.kinds.unit(case["category"])
    return unit, tuple(helpers)


def _found_so(work: Work, case: Row) -> bool:
    """What the collector said who looked last."""
    mine = (TASKS.c.case_id == case["id"]) & (TASKS.c.kind == "check") & TASKS.c.answered.is_not(None)
    answered = work.book.select(TASKS, mine)
    return bool(answered) and max(answered, key=lambda task: float(task["answered"]))["result"] == "yes"


def _taken_back(case: Row) -> bool:
    """It was given to somebody since it was filed, and recalled: who has it next is for a person to say."""
    return case["dispatched"] is not None and case["dispatched"] >= case["filed"]


def _called(case: Row) -> bool:
    return bool(case["helpers"])
