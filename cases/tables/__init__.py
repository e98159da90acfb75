"""tables: everything that the store keeps, a file for each idea; `METADATA` has them all once this is imported."""

from cases.tables.base import METADATA
from cases.tables.camera_health import CAMERA_HEALTH
from cases.tables.camera_zones import CAMERA_ZONES
from cases.tables.desk import (
    ANSWERS,
    APPROVALS,
    CASES,
    CHANGES,
    COUNTERS,
    EVIDENCE,
    FOLLOWERS,
    REPORTS,
    STEPS,
    TASKS,
    TIMERS,
)
from cases.tables.duty import DUTIES, DUTY_LOOKS, DUTY_POSITIONS
from cases.tables.episodes import APPLIED, EPISODES
from cases.tables.notify import NOTICE_CASES, NOTICE_QUIET, NOTICE_SENDS, NOTICES
from cases.tables.outbox import OUTBOX, OUTBOX_TARGETS
from cases.tables.people import API_TOKENS, AUDIT, LOGIN_LINKS, SESSIONS, USERS
from cases.tables.registers import ADDRESSES, PARTS, REGISTER_CHANGES, REGISTER_ROWS
from cases.tables.rules import RULE_CHANGES
from cases.tables.saved import FILTERS, SNOOZES
from cases.tables.shifts import HANDOVERS, SHIFT_NOTES, SHIFTS
from cases.tables.suppressions import HELD, SCOPES, STORMS

__all__ = [
    "ADDRESSES",
    "ANSWERS",
    "API_TOKENS",
    "APPLIED",
    "APPROVALS",
    "AUDIT",
    "CAMERA_HEALTH",
    "CAMERA_ZONES",
    "CASES",
    "CHANGES",
    "COUNTERS",
    "DUTIES",
    "DUTY_LOOKS",
    "DUTY_POSITIONS",
    "EPISODES",
    "EVIDENCE",
    "FILTERS",
    "FOLLOWERS",
    "HANDOVERS",
    "HELD",
    "LOGIN_LINKS",
    "METADATA",
    "NOTICES",
    "NOTICE_CASES",
    "NOTICE_QUIET",
    "NOTICE_SENDS",
    "OUTBOX",
    "OUTBOX_TARGETS",
    "PARTS",
    "REGISTER_CHANGES",
    "REGISTER_ROWS",
    "REPORTS",
    "RULE_CHANGES",
    "SCOPES",
    "SESSIONS",
    "SHIFTS",
    "SHIFT_NOTES",
    "SNOOZES",
    "STEPS",
    "STORMS",
    "TASKS",
    "TIMERS",
    "USERS",
]
