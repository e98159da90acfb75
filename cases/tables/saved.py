"""saved: what people who work on cases keep for themselves: filters of the queue, and cases put off for a time.

The console writes here, and nothing else does; no case is changed by it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Number

FILTERS = sa.Table(
    "filters",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("owner", sa.String, nullable=False),
    Column("name", sa.String, nullable=False),
    Column("shared", sa.Boolean, nullable=False),
    Column("data", Json, nullable=False),
    Column("changed", Number, nullable=False),
    sa.UniqueConstraint("owner", "name"),
)
"""Filters of the queue that somebody keeps under a name. shared: everybody has it; only its owner and supervisors
change it. data: as console.triage_filters.Wanted has it."""
sa.Index("ix_filters_shared", FILTERS.c.shared)

SNOOZES = sa.Table(
    "snoozes",
    METADATA,
    Column("who", sa.String, primary_key=True),
    Column("case_id", sa.String, primary_key=True),
    Column("until", Number, nullable=False),
    Column("late", sa.Boolean, nullable=False),
    Column("by", sa.String, nullable=False),
    Column("at", Number, nullable=False),
    Column("note", sa.String, nullable=False),
)
"""Cases that are not in somebody's queue until a time. who: whose; '': everybody's. late: it was overdue already when
it was put off; one that becomes overdue meanwhile comes back at once. Rows that are over are removed with the next
that is written."""
sa.Index("ix_snoozes_until", SNOOZES.c.until)
sa.Index("ix_snoozes_case_id", SNOOZES.c.case_id)
