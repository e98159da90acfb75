"""duty: the tables of who is on duty in the field, where they have been meanwhile, and who has looked.

One writer only: the console. Nothing of it is in the journal (docs/decisions/positions-of-people.md): it is about
people, so it goes after `web.duty.keep`, wholly.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Long, Number

DUTIES = sa.Table(
    "duties",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("who", sa.String, nullable=False),
    Column("unit", sa.String, nullable=False),
    Column("started", Number, nullable=False),
    Column("until", Number, nullable=False),
    Column("last", Number, nullable=False),
    Column("ended", Number),
    Column("why", sa.String, nullable=False),
    Column("placed", Number),
    Column("lon", Number),
    Column("lat", Number),
    Column("accuracy", Number),
)
"""Somebody on duty, from `started`. who: an account's name. unit: theirs; ''. until: when it ends by itself at the
latest. last: the newest position, at first the start; after a silence it ends by itself too. ended: NULL while nobody
has said or noticed that it is over; why: '', off (signed off), silent, over (its time). placed, lon, lat, accuracy
(metres): the newest position; NULL while there is none."""
_OPEN = DUTIES.c.ended.is_(None)
sa.Index("ix_duties_open", DUTIES.c.who, sqlite_where=_OPEN, postgresql_where=_OPEN)
sa.Index("ix_duties_who", DUTIES.c.who, DUTIES.c.started)
sa.Index("ix_duties_last", DUTIES.c.last)

DUTY_POSITIONS = sa.Table(
    "duty_positions",
    METADATA,
    Column("duty", sa.String, primary_key=True),
    Column("number", Long, primary_key=True, autoincrement=False),
    Column("who", sa.String, nullable=False),
    Column("at", Number, nullable=False),
    Column("lon", Number, nullable=False),
    Column("lat", Number, nullable=False),
    Column("accuracy", Number),
)
"""Where somebody was while on duty. number: the phone's own, so that what is sent twice is kept once. accuracy: metres;
NULL: the phone did not say."""
sa.Index("ix_duty_positions_who", DUTY_POSITIONS.c.who, DUTY_POSITIONS.c.at)
sa.Index("ix_duty_positions_at", DUTY_POSITIONS.c.at)

DUTY_LOOKS = sa.Table(
    "duty_looks",
    METADATA,
    Column("number", Long, primary_key=True, autoincrement=True),
    Column("whose", sa.String, nullable=False),
    Column("by", sa.String, nullable=False),
    Column("at", Number, nullable=False),
    Column("since", Number, nullable=False),
    Column("until", Number, nullable=False),
    sqlite_autoincrement=True,
)
"""Who looked at whose track, when, and from when to when the track was. Shown to whose it is."""
sa.Index("ix_duty_looks_whose", DUTY_LOOKS.c.whose, DUTY_LOOKS.c.at)
sa.Index("ix_duty_looks_at", DUTY_LOOKS.c.at)
