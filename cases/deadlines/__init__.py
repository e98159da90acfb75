"""deadlines: by when, on which clock, and what happens on the way. Pure: no clock, no store."""

from cases.deadlines.limits import Limit, LimitText, Unit
from cases.deadlines.settings import DeadlinesSection, EscalationStep, WorkingHoursSection
from cases.deadlines.timers import ESCALATE, FILE_OVERDUE, OVERDUE, WARNING, escalation, file_timers, timers
from cases.deadlines.working import WorkingHours

__all__ = [
    "ESCALATE",
    "FILE_OVERDUE",
    "OVERDUE",
    "WARNING",
    "DeadlinesSection",
    "EscalationStep",
    "Limit",
    "LimitText",
    "Unit",
    "WorkingHours",
    "WorkingHoursSection",
    "escalation",
    "file_timers",
    "timers",
]
