"""notify: what people are told of cases by message: each notice, whom it goes to, and what is quiet for a time.

One writer only: notifications, which follow `changes`; what a person acknowledges or snoozes beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Long, Number

NOTICES = sa.Table(
    "notices",
    METADATA,
    Column("number", Long, primary_key=True, autoincrement=True),
    Column("rule", sa.String, nullable=False),
    Column("state", sa.String, nullable=False),
    Column("severity", sa.Integer, nullable=False),
    Column("made", Number, nullable=False),
    Column("items", Json, nullable=False),
    Column("more", sa.Integer, nullable=False),
    Column("next", Number),
    Column("round", sa.Integer, nullable=False),
    Column("escalations", sa.Integer, nullable=False),
    Column("snoozed", sa.Boolean, nullable=False),
    Column("told", Number),
    Column("acknowledged", Number),
    Column("acknowledged_by", sa.String, nullable=False),
    sqlite_autoincrement=True,
)
"""One message about one or more changes of cases. state: gathering (more may join it until `next`), told (nobody has
acknowledged it; at `next` it is told again, NULL: it is not), acknowledged. severity: of its most urgent case.
items: what is said of each change, as it was then; more: how many changes beyond those. round: how many further times
it has been told; escalations: how many of those because nobody had acknowledged it. snoozed: at `next` it is told as at
first. told: when it was first given to its channels."""
sa.Index("ix_notices_state", NOTICES.c.state, NOTICES.c.next)
sa.Index("ix_notices_made", NOTICES.c.made)

NOTICE_CASES = sa.Table(
    "notice_cases",
    METADATA,
    Column("notice", Long, primary_key=True, autoincrement=False),
    Column("case_id", sa.String, primary_key=True),
    Column("seen", sa.Boolean, nullable=False),
)
"""The cases of a notice. seen: a person has done something about the case since."""
sa.Index("ix_notice_cases_case_id", NOTICE_CASES.c.case_id)

NOTICE_SENDS = sa.Table(
    "notice_sends",
    METADATA,
    Column("notice", Long, primary_key=True, autoincrement=False),
    Column("round", sa.Integer, primary_key=True, autoincrement=False),
    Column("channel", sa.String, primary_key=True),
    Column("title", sa.String, nullable=False),
    Column("body", sa.String, nullable=False),
    Column("state", sa.String, nullable=False),
    Column("made", Number, nullable=False),
    Column("attempts", sa.Integer, nullable=False),
    Column("next", Number, nullable=False),
    Column("sent", Number),
    Column("why", sa.String, nullable=False),
)
"""A notice on its way by one channel, with the text that goes out however often it is tried. state: waiting, sent, dead
(given up) or dropped (its channel is not in the configuration any more). attempts: begun, so that more than 0 means
that it may have arrived already. next: not before."""
_WAITING = NOTICE_SENDS.c.state == "waiting"
sa.Index(
    "ix_notice_sends_waiting",
    NOTICE_SENDS.c.channel,
    NOTICE_SENDS.c.next,
    sqlite_where=_WAITING,
    postgresql_where=_WAITING,
)

NOTICE_QUIET = sa.Table(
    "notice_quiet",
    METADATA,
    Column("rule", sa.String, primary_key=True),
    Column("about", sa.String, primary_key=True),
    Column("until", Number, nullable=False),
    Column("left_out", sa.Integer, nullable=False),
)
"""What a rule says nothing more about for a time. about: a case's id or a subject. left_out: how many changes it has
left out since it last said something."""
sa.Index("ix_notice_quiet_until", NOTICE_QUIET.c.until)
