"""suppressions: what people and rules have put aside, and how storms stand: what fusion remembers beside the cases."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Number

SCOPES = sa.Table(
    "scopes",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("kind", sa.String, nullable=False),
    Column("state", sa.String, nullable=False),
    Column("verdict", sa.String, nullable=False),
    Column("case_id", sa.String, nullable=False),
    Column("since", Number, nullable=False),
    Column("until", Number, nullable=False),
    Column("reason", sa.String, nullable=False),
    Column("by", sa.String, nullable=False),
    Column("asked", Number, nullable=False),
    Column("reviewed_by", sa.String, nullable=False),
    Column("reviewed", Number),
    Column("ended_by", sa.String, nullable=False),
    Column("ended", Number),
    Column("count", sa.Integer, nullable=False),
    Column("data", Json, nullable=False),
)
"""Shelvings and suppressions, for ever. kind: shelving, suppression. state: proposed, in force (from `since` on),
refused, over. verdict, case_id: what a suppression comes of. asked, by: when and by whom; reviewed: by whom it became
effective or was refused; ended: when it was over, ended_by: '' where by itself. count: how much it has held. data: what
it is about, as cases.fusion.Shelving or Suppression has it."""
sa.Index("ix_scopes_state", SCOPES.c.state, SCOPES.c.until)
sa.Index("ix_scopes_case_id", SCOPES.c.case_id)

HELD = sa.Table(
    "held",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("by", sa.String, nullable=False),
    Column("kind", sa.String, nullable=False),
    Column("number", sa.Integer, nullable=False),
    Column("until", Number),
    Column("ended", Number),
    Column("data", Json, nullable=False),
)
"""Episodes that are in no case for now. by: the shelving or suppression, or the fusion rule whose other parts it waits
for; kind says which. number: the order in which they were held. until: when it is looked at again, NULL: when
what holds it ends. data: the happening,
as cases.fusion.Happening has it. What is held no more is not here."""
sa.Index("ix_held_by", HELD.c.by, HELD.c.number)

STORMS = sa.Table(
    "storms",
    METADATA,
    Column("rule", sa.String, primary_key=True),
    Column("area", sa.String, primary_key=True),
    Column("case_id", sa.String, nullable=False),
    Column("undone", sa.Boolean, nullable=False),
    Column("above", Number),
    Column("recent", Json, nullable=False),
)
"""How often new cases came of late, for each storm rule and area. case_id: the storm's while it collects, else ''.
above: when it last was above the rate. recent: the newest times. Their cases say the rest (cases.storm)."""
