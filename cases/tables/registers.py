"""registers: the tables that people keep: rows with their validity, who changed what when, parts and address points.

Nothing is edited: a row is added by one change (`since`) and taken out by a later one (`until`), so that what the
registers said after any change can be told. What they say now are the rows without `until`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Long, Number

REGISTER_CHANGES = sa.Table(
    "register_changes",
    METADATA,
    Column("number", Long, primary_key=True, autoincrement=True),
    Column("register", sa.String, nullable=False),
    Column("at", Number, nullable=False),
    Column("by", sa.String, nullable=False),
    Column("mode", sa.String, nullable=False),
    Column("effective", Number),
    Column("source", sa.String, nullable=False),
    Column("added", Long, nullable=False),
    Column("removed", Long, nullable=False),
    Column("skipped", Long, nullable=False),
)
"""Who changed which register when. mode: replace or update. effective: from when on an update's rows hold. source: the
file's name. added, removed: rows; one that was changed counts in both. skipped: bad rows that were left out."""
sa.Index("ix_register_changes_register", REGISTER_CHANGES.c.register, REGISTER_CHANGES.c.number)

REGISTER_ROWS = sa.Table(
    "register_rows",
    METADATA,
    Column("number", Long, primary_key=True, autoincrement=True),
    Column("register", sa.String, nullable=False),
    Column("id", sa.String, nullable=False),
    Column("valid_from", Number),
    Column("valid_to", Number),
    Column("data", Json, nullable=False),
    Column("since", Long, nullable=False),
    Column("until", Long),
)
"""Rows of every register but the large ones. data: its other columns, places in WGS-84; see cases/registers/kinds.py.
It holds from `valid_from` (inclusive) to `valid_to` (exclusive); NULL: without a bound."""
sa.Index("ix_register_rows_register", REGISTER_ROWS.c.register, REGISTER_ROWS.c.until, REGISTER_ROWS.c.id)
sa.Index("ix_register_rows_since", REGISTER_ROWS.c.since)


def _points(name: str, *columns: Column[Any]) -> sa.Table:
    """A large register of points. `cell`: see cases/registers/cells.py."""
    table = sa.Table(
        name,
        METADATA,
        Column("number", Long, primary_key=True, autoincrement=True),
        Column("id", sa.String, nullable=False),
        *columns,
        Column("lon", Number, nullable=False),
        Column("lat", Number, nullable=False),
        Column("cell", sa.BigInteger, nullable=False),
        Column("valid_from", Number),
        Column("valid_to", Number),
        Column("since", Long, nullable=False),
        Column("until", Long),
    )
    now = table.c.until.is_(None)
    sa.Index(f"ix_{name}_cell", table.c.cell, sqlite_where=now, postgresql_where=now)
    sa.Index(f"ix_{name}_id", table.c.id)
    return table


PARTS = _points(
    "parts",
    Column("kind", sa.String, nullable=False),
    Column("grid", sa.String, nullable=False),
    Column("owner", sa.String, nullable=False),
)
"""部件普查: things that stand. id: 部件标识码. kind: the code of its kind. owner: the unit that it belongs to."""

ADDRESSES = _points("addresses", Column("text", sa.String, nullable=False))
"""地理编码: address points. text: the address as it is written."""
