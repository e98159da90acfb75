"""shifts: who is on duty when, what they noted, and handovers that both have signed.

One writer only: the console. Nothing of the desk depends on it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Number

SHIFTS = sa.Table(
    "shifts",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("person", sa.String, nullable=False),
    Column("role", sa.String, nullable=False),
    Column("unit", sa.String, nullable=False),
    Column("grids", Json, nullable=False),
    Column("start", Number, nullable=False),
    Column("end", Number, nullable=False),
    Column("note", sa.String, nullable=False),
    Column("by", sa.String, nullable=False),
    Column("changed", Number, nullable=False),
)
"""The duty roster (值班表). person: a name of theirs; role: in which role, '' where it is not said; unit: for which
unit, '' for none. grids: patterns of the grid cells that are theirs, none: all. From `start` up to but without `end`.
by, changed: who wrote it down as it stands, and when."""
sa.Index("ix_shifts_start", SHIFTS.c.start)
sa.Index("ix_shifts_person", SHIFTS.c.person, SHIFTS.c.start)

HANDOVERS = sa.Table(
    "handovers",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("state", sa.String, nullable=False),
    Column("outgoing", sa.String, nullable=False),
    Column("incoming", sa.String, nullable=False),
    Column("since", Number, nullable=False),
    Column("signed_out", Number, nullable=False),
    Column("signed_in", Number),
    Column("content", sa.Text, nullable=False),
    Column("sha256", sa.String, nullable=False),
    Column("why", sa.String, nullable=False),
)
"""A shift handed over (交接班). state: waiting (the outgoing has signed), signed (the incoming has too), withdrawn (for
`why`). since: when the shift began that is handed over. content: canonical JSON, as it was when the outgoing signed it;
sha256: of those bytes. None of it changes once it is signed."""
sa.Index("ix_handovers_signed_out", HANDOVERS.c.signed_out)
_WAITING = HANDOVERS.c.state == "waiting"
sa.Index("ix_handovers_waiting", HANDOVERS.c.state, unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING)

SHIFT_NOTES = sa.Table(
    "shift_notes",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("at", Number, nullable=False),
    Column("by", sa.String, nullable=False),
    Column("text", sa.String, nullable=False),
    Column("case_id", sa.String, nullable=False),
)
"""What a shift wrote down for the next. Added, never changed. case_id: what it is about, '' for no case."""
sa.Index("ix_shift_notes_at", SHIFT_NOTES.c.at)
