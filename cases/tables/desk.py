"""desk: the tables that people's work is in: cases, their steps, tasks, approvals and timers, and reports.

One writer only: the desk, which follows the one ordered log. Everybody else reads.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Long, Number

CASES = sa.Table(
    "cases",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("number", sa.String, nullable=False, unique=True),
    Column("state", sa.String, nullable=False),
    Column("since", Number),
    Column("revision", sa.Integer, nullable=False),
    # what happened
    Column("channel", sa.String, nullable=False),
    Column("rule", sa.String, nullable=False),
    Column("rule_version", sa.String, nullable=False),
    Column("version", sa.String),
    Column("category", sa.String, nullable=False),
    Column("category_said", sa.Boolean, nullable=False),
    Column("subject", sa.String, nullable=False),
    Column("part", sa.String, nullable=False),
    Column("text", sa.String, nullable=False),
    Column("members", sa.Integer, nullable=False),
    Column("going_on", sa.Integer, nullable=False),
    Column("started", Number, nullable=False),
    Column("confirmed", Number),
    Column("ended", Number),
    Column("reason", sa.String, nullable=False),
    Column("measure", Number),
    Column("unit", sa.String, nullable=False),
    Column("late", sa.Boolean, nullable=False),
    Column("withdrawn", sa.Boolean, nullable=False),
    # where
    Column("place", sa.String, nullable=False),
    Column("lon", Number),
    Column("lat", Number),
    Column("address", sa.String, nullable=False),
    Column("grid", sa.String, nullable=False),
    Column("component", sa.String, nullable=False),
    Column("area_class", sa.String, nullable=False),
    # who and by when
    Column("severity", sa.Integer, nullable=False),
    Column("level", sa.String, nullable=False),
    Column("mode", sa.String, nullable=False),
    Column("condition", sa.String, nullable=False),
    Column("responsible", sa.String, nullable=False),
    Column("helpers", Json, nullable=False),
    Column("officer", sa.String, nullable=False),
    Column("opened", Number, nullable=False),
    Column("filed", Number),
    Column("dispatched", Number),
    Column("handled", Number),
    Column("handler", sa.String, nullable=False),
    Column("closed", Number),
    Column("file_due", Number),
    Column("time_limit", sa.String, nullable=False),
    Column("due", Number),
    Column("deadline", sa.String, nullable=False),
    Column("before", sa.String, nullable=False),
    Column("suspended", Number),
    # what became of it
    Column("verdict", sa.String, nullable=False),
    Column("proposal", Json),
    Column("merged_into", sa.String),
    Column("split_from", sa.String),
    Column("storm", sa.String),
    Column("steps", sa.Integer, nullable=False),
    Column("checks", sa.Integer, nullable=False),
    Column("dispatches", sa.Integer, nullable=False),
    Column("returns", sa.Integer, nullable=False),
    Column("reworks", sa.Integer, nullable=False),
    Column("extensions", sa.Integer, nullable=False),
    Column("urges", sa.Integer, nullable=False),
    Column("reopenings", sa.Integer, nullable=False),
    Column("changed", Number, nullable=False),
    Column("fusion", Json),
    Column("opened_position", Long, nullable=False),
    Column("position", Long, nullable=False),
)
"""A case as it stands.

since: when it came into its state; NULL: when it was opened. channel: machine, or by which way its first report came.
rule to late: the first member's, `started` the earliest and `ended` the latest of all members (NULL while one goes
on). version: what was in force when it opened, the payload of its VERSION entry (content hashes of configuration and
world); NULL where that is not known. members: how many episodes and reports; going_on: how many episodes that have
not ended. grid: the unit grid cell's code. component: the nearest part's code (部件标识码), where the category is
about a part. category_said: a person said which it is. severity: 1 (low) to 4 (urgent). level: community, street,
city. mode: at_once, promised, jointly, passed_up, sent_back. condition: the filing condition (立案条件). responsible:
the unit that handles; handler: who said that it is handled. due: when it must be handled, `time_limit` after it was
filed. deadline: '', warning, overdue. before, suspended: the state that a suspended case goes back to, and since
when. proposal: that and why the pipeline thinks that it is over. unit: of `measure`. revision counts every change
that people can see; steps to reopenings count what was done. fusion: how fusion remembers it, without its members.
"""

ACTIVE = sa.text("state NOT IN ('closed', 'rejected', 'merged') AND NOT withdrawn")
"""What somebody still has to do something about. Text, and the same in a question and in an index: a database uses an
index of some rows only where it sees that no others are asked for, and a parameter hides that."""

TRIAGE = (
    "(CASE WHEN state = 'suspended' THEN 20 WHEN deadline = 'overdue' THEN 0 ELSE 10 END - severity)",
    "(coalesce(CASE WHEN filed IS NULL THEN file_due ELSE due END, 1e18))",
    "(-opened)",
    "id",
)
"""The order in which an operator works: overdue first and suspended last, the gravest, the soonest due (to be filed,
before it is), the newest. All ascending, so that a page can begin after a row."""

sa.Index(
    "ix_cases_triage",
    *map(sa.text, TRIAGE),
    _table=CASES,
    sqlite_where=ACTIVE,
    postgresql_where=ACTIVE,
    # What is filtered by, so that PostgreSQL need not look at the cases themselves. Nothing that people write: an index
    # takes no row of more than 2,700 bytes.
    postgresql_include=[
        *("state", "deadline", "severity", "filed", "file_due", "due", "opened", "category", "responsible", "officer"),
        *("grid", "level", "channel", "rule", "subject", "storm"),
    ],
)
HELPED = sa.text(f"{ACTIVE} AND helpers <> '[]'")
sa.Index("ix_cases_helped", CASES.c.id, sqlite_where=HELPED, postgresql_where=HELPED)
sa.Index("ix_cases_active_place", CASES.c.lat, CASES.c.lon, sqlite_where=ACTIVE, postgresql_where=ACTIVE)
sa.Index("ix_cases_started", CASES.c.started, CASES.c.id)
sa.Index("ix_cases_rule", CASES.c.rule, CASES.c.started)
sa.Index("ix_cases_subject", CASES.c.subject, CASES.c.started)
sa.Index("ix_cases_state", CASES.c.state, CASES.c.due)
sa.Index("ix_cases_responsible", CASES.c.responsible, CASES.c.state)
sa.Index("ix_cases_category", CASES.c.category, CASES.c.opened)
sa.Index("ix_cases_grid", CASES.c.grid, CASES.c.opened)
sa.Index("ix_cases_opened", CASES.c.opened, CASES.c.id)
sa.Index("ix_cases_filed", CASES.c.filed)
sa.Index("ix_cases_due", CASES.c.due)
sa.Index("ix_cases_closed", CASES.c.closed)
sa.Index("ix_cases_place", CASES.c.lat, CASES.c.lon)
_MERGED = CASES.c.merged_into.is_not(None)
sa.Index("ix_cases_merged_into", CASES.c.merged_into, sqlite_where=_MERGED, postgresql_where=_MERGED)

STEPS = sa.Table(
    "steps",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("case_id", sa.String, nullable=False),
    Column("number", sa.Integer, nullable=False),
    Column("action", sa.String, nullable=False),
    Column("from_state", sa.String, nullable=False),
    Column("since", Number),
    Column("to_state", sa.String, nullable=False),
    Column("by", sa.String, nullable=False),
    Column("role", sa.String, nullable=False),
    Column("at", Number, nullable=False),
    Column("note", sa.String, nullable=False),
    Column("data", Json, nullable=False),
    sa.UniqueConstraint("case_id", "number"),
)
"""Added and never changed. `number` counts within a case from 1. since: when the case came into `from_state`; NULL:
when it was opened."""
sa.Index("ix_steps_at", STEPS.c.at)

ANSWERS = sa.Table(
    "answers",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("case_id", sa.String, nullable=False),
    Column("taken", sa.Boolean, nullable=False),
    Column("why", sa.String, nullable=False),
    Column("allowed", Json, nullable=False),
    Column("at", Number, nullable=False),
)
"""What became of a step or report that somebody sent: taken, or why not and which actions are allowed. Kept for a
day."""
sa.Index("ix_answers_at", ANSWERS.c.at)

REPORTS = sa.Table(
    "reports",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("case_id", sa.String, nullable=False),
    Column("channel", sa.String, nullable=False),
    Column("number", sa.String, nullable=False),
    Column("category", sa.String, nullable=False),
    Column("subject", sa.String, nullable=False),
    Column("text", sa.String, nullable=False),
    Column("lon", Number),
    Column("lat", Number),
    Column("joined", Long),
    Column("happening", Json),
    Column("address", sa.String, nullable=False),
    Column("contact", Json, nullable=False),
    Column("photos", Json, nullable=False),
    Column("extra", Json, nullable=False),
    Column("at", Number, nullable=False),
    Column("answer", sa.String, nullable=False),
)
"""What people told. number: the reporter's own, by which they follow it. contact: name, phone, e-mail: personal, never
in logs or exports. answer: what the reporter is told now."""
sa.Index("ix_reports_case_id", REPORTS.c.case_id)
sa.Index("ix_reports_number", REPORTS.c.number, REPORTS.c.channel)
sa.Index("ix_reports_at", REPORTS.c.channel, REPORTS.c.at)

TASKS = sa.Table(
    "tasks",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("case_id", sa.String, nullable=False),
    Column("kind", sa.String, nullable=False),
    Column("collector", sa.String, nullable=False),
    Column("asked", Number, nullable=False),
    Column("answered", Number),
    Column("result", sa.String, nullable=False),
)
"""What a collector is asked to look at. kind: check (核实, is it so?) or verify (核查, is it done?). result: '',
yes, no."""
sa.Index("ix_tasks_case_id", TASKS.c.case_id)
sa.Index("ix_tasks_collector", TASKS.c.collector, TASKS.c.answered)

APPROVALS = sa.Table(
    "approvals",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("case_id", sa.String, nullable=False),
    Column("what", sa.String, nullable=False),
    Column("role", sa.String, nullable=False),
    Column("asked_by", sa.String, nullable=False),
    Column("asked", Number, nullable=False),
    Column("note", sa.String, nullable=False),
    Column("data", Json, nullable=False),
    Column("answered", Number),
    Column("answered_by", sa.String, nullable=False),
    Column("answer", sa.String, nullable=False),
)
"""What waits for a role's word. what: extend, suspend, pass_up, close_unverified. answer: '', approved, refused."""
sa.Index("ix_approvals_case_id", APPROVALS.c.case_id)
_WAITING = APPROVALS.c.answered.is_(None)
sa.Index("ix_approvals_waiting", APPROVALS.c.role, APPROVALS.c.asked, sqlite_where=_WAITING, postgresql_where=_WAITING)

TIMERS = sa.Table(
    "timers",
    METADATA,
    Column("case_id", sa.String, primary_key=True),
    Column("kind", sa.String, primary_key=True),
    Column("at", Number, nullable=False),
)
"""What is to happen by itself and when: warning, overdue, file_overdue, escalate-1 …. A timer that went off is gone."""
sa.Index("ix_timers_at", TIMERS.c.at, TIMERS.c.case_id, TIMERS.c.kind)

EVIDENCE = sa.Table(
    "evidence",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("case_id", sa.String, nullable=False),
    Column("kind", sa.String, nullable=False),
    Column("location", sa.String, nullable=False),
    Column("sha256", sa.String, nullable=False),
    Column("captured", Number),
    Column("clock_offset", Number),
    Column("source", sa.String, nullable=False),
    Column("extra", Json, nullable=False),
)
"""What proves a case. kind: frame, marked, clip, photo, file. location: where it is kept, relative to the evidence
store. captured: UTC seconds. clock_offset: seconds that the source's clock was ahead."""
sa.Index("ix_evidence_case_id", EVIDENCE.c.case_id)

COUNTERS = sa.Table(
    "counters",
    METADATA,
    Column("name", sa.String, primary_key=True),
    Column("value", Long, nullable=False),
)
"""What is counted on: the cases of a day, for their numbers."""

CHANGES = sa.Table(
    "changes",
    METADATA,
    Column("number", Long, primary_key=True, autoincrement=True),
    Column("case_id", sa.String, nullable=False),
    Column("event", sa.String, nullable=False),
    Column("at", Number, nullable=False),
    Column("data", Json, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice, even after all have been let go
)
"""What others follow, in order: outbox, notifications, the console. event: opened, joined, ended, reopened, withdrawn,
a step's action, warning, overdue, escalated … Written in the transaction of the change itself; a follower remembers the
last number that it has seen. Kept for a month."""
sa.Index("ix_changes_case_id", CHANGES.c.case_id)
sa.Index("ix_changes_at", CHANGES.c.at)

FOLLOWERS = sa.Table(
    "followers",
    METADATA,
    Column("name", sa.String, primary_key=True),
    Column("number", Long, nullable=False),
)
"""Who follows `changes`, and up to which number they have."""
