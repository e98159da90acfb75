"""outbox: what is to be told to other systems, what became of it, and how each of them is doing.

One writer only: the outbox, which follows `changes`; a person's `gridwatch dispatch retry` and `drop` beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Long, Number

OUTBOX = sa.Table(
    "outbox",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("target", sa.String, nullable=False),
    Column("number", Long, nullable=False),
    Column("change", Long, nullable=False),
    Column("case_id", sa.String, nullable=False),
    Column("event", sa.String, nullable=False),
    Column("at", Number, nullable=False),
    Column("content", Json, nullable=False),
    # what became of it
    Column("state", sa.String, nullable=False),
    Column("attempts", sa.Integer, nullable=False),
    Column("failures", sa.Integer, nullable=False),
    Column("next", Number, nullable=False),
    Column("first_tried", Number),
    Column("last_tried", Number),
    Column("finished", Number),
    Column("why", sa.String, nullable=False),
    # what the other side says of it
    Column("reference", sa.String, nullable=False),
    Column("look", Number),
    Column("status", sa.String, nullable=False),
    sa.UniqueConstraint("target", "number"),
)
"""Messages. id: of (city, target, change): the idempotency key, the same however often it is made. number: counts
within a target from 1, in the order of the changes. content: what is said, whole. state: waiting, sent, dead (given up;
it holds its case's later ones back until a person retries or drops it) or dropped. attempts: begun, so that more than 0
means that the other side may have it already; failures: of those, while the target took others. next: not before.
reference: the other side's own number for it. look: when to ask the other side how it stands, NULL: no more; status:
what it said last."""
_UNSENT = OUTBOX.c.state.in_(("waiting", "dead"))
sa.Index(
    "ix_outbox_unsent",
    OUTBOX.c.target,
    OUTBOX.c.case_id,
    OUTBOX.c.number,
    sqlite_where=_UNSENT,
    postgresql_where=_UNSENT,
)
_WAITING = OUTBOX.c.state == "waiting"
sa.Index("ix_outbox_waiting", OUTBOX.c.target, OUTBOX.c.number, sqlite_where=_WAITING, postgresql_where=_WAITING)
sa.Index("ix_outbox_case_id", OUTBOX.c.case_id, OUTBOX.c.target, OUTBOX.c.number)
sa.Index("ix_outbox_reference", OUTBOX.c.target, OUTBOX.c.reference)
sa.Index("ix_outbox_look", OUTBOX.c.target, OUTBOX.c.look)
sa.Index("ix_outbox_finished", OUTBOX.c.finished)

OUTBOX_TARGETS = sa.Table(
    "outbox_targets",
    METADATA,
    Column("name", sa.String, primary_key=True),
    Column("since", Long, nullable=False),
    Column("number", Long, nullable=False),
    Column("gone", sa.Boolean, nullable=False),
    Column("breaker", sa.String, nullable=False),
    Column("failures", sa.Integer, nullable=False),
    Column("opened", sa.Integer, nullable=False),
    Column("until", Number, nullable=False),
    Column("worked", Number),
    Column("why", sa.String, nullable=False),
)
"""Other systems. since: the change after which it gets messages: a new one is not told the past. number: the last that
was given. gone: not in the configuration any more; what waits for it is kept. breaker: closed, open, half_open;
failures: one after another; opened: how often in a row, without a success between; until: when it may be tried again.
worked: when it last took something. why: what it failed by last."""
