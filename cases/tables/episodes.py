"""episodes: what rules found, one row an episode, as it stood after the newest event about it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Long, Number

EPISODES = sa.Table(
    "episodes",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("case_id", sa.String),
    Column("rule", sa.String, nullable=False),
    Column("rule_version", sa.String, nullable=False),
    Column("category", sa.String, nullable=False),
    Column("subject", sa.String, nullable=False),
    Column("part", sa.String, nullable=False),
    Column("place", sa.String, nullable=False),
    Column("lon", Number),
    Column("lat", Number),
    Column("started", Number, nullable=False),
    Column("confirmed", Number),
    Column("ended", Number),
    Column("reason", sa.String, nullable=False),
    Column("measure", Number),
    Column("unit", sa.String, nullable=False),
    Column("late", sa.Boolean, nullable=False),
    Column("withdrawn", sa.Boolean, nullable=False),
    Column("joined", Long),
    Column("happening", Json),
    Column("opened_position", Long, nullable=False),
    Column("position", Long, nullable=False),
)
"""`case_id`: the case that it belongs to; NULL where it is held back.
joined: counts up as members come to cases. happening: what it was when it came, as cases.fusion.Happening has it."""

sa.Index("ix_episodes_case_id", EPISODES.c.case_id)

APPLIED = sa.Table(
    "applied",
    METADATA,
    Column("one", sa.Integer, primary_key=True),
    Column("stamp", Number, nullable=False),
    Column("confirmed", Number, nullable=False),
    Column("id", sa.String, nullable=False),
    Column("position", Long, nullable=False),
    Column("nth", sa.Integer, nullable=False),
    Column("through", Long, nullable=False),
    sa.CheckConstraint("one = 1", name="one"),
)
"""One row: how much of the one ordered log is in the tables. stamp to nth: the last event's place in the order (see
`cases.fold.Place`). through: the journal position up to which nothing is missing."""
