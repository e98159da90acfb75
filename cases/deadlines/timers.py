"""timers: what is to happen by itself on the way to a deadline and after it, and when.

Answers from the deadline and its limit alone, never from the clock: after an extension, or when a suspended clock goes
on, the same question with the new deadline gives the new times. Who keeps them and lets them go off is the desk.
"""

from __future__ import annotations

from cases.deadlines.limits import Limit
from cases.deadlines.settings import DeadlinesSection, EscalationStep
from cases.deadlines.working import WorkingHours

WARNING, OVERDUE = "warning", "overdue"
FILE_OVERDUE = "file_overdue"
ESCALATE = "escalate-"
"""and the step's number in the configuration, from 1"""


def timers(due: float, limit: Limit, settings: DeadlinesSection, hours: WorkingHours) -> dict[str, float]:
    """kind -> UTC seconds, of a case that must be handled by `due`.

    warning: once the stated share of the limit has passed, or the stated time before; left out where that would be
    before the case's time even began. overdue: `due`. escalate-1 …: the steps after it.
    """
    found = {OVERDUE: due}
    working = limit.unit.working
    whole = hours.seconds(limit)
    if settings.warn_before is None:
        found[WARNING] = hours.advance(due, -(1 - settings.warn_after) * whole, working)
    else:
        before = settings.warn_before
        warning = hours.advance(due, -hours.seconds(before), before.unit.working)
        if warning > hours.advance(due, -whole, working):
            found[WARNING] = warning
    for number, step in enumerate(settings.escalation, 1):
        found[f"{ESCALATE}{number}"] = hours.due(due, step.after)
    return found


def file_timers(opened: float, settings: DeadlinesSection, hours: WorkingHours) -> dict[str, float]:
    """kind -> UTC seconds, of a case that waits for filing since `opened`."""
    return {FILE_OVERDUE: hours.due(opened, settings.file_within)}


def escalation(kind: str, settings: DeadlinesSection) -> EscalationStep | None:
    """The step that a timer of this kind means; None where the configuration has no such step (any more)."""
    number = kind.removeprefix(ESCALATE)
    if number == kind or not number.isdecimal() or not 0 < int(number) <= len(settings.escalation):
        return None
    return settings.escalation[int(number) - 1]
