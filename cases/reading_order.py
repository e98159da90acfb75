"""reading_order: a whole queue by its ids alone, and the rows of those that are looked at.

What a list needs that somebody scrolls through to any place: the order is of one moment, and stays while cases come and
go; a row is read when it comes into sight. Both within a connection of `cases.database.reading`.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from cases.reading import NONE, Filters, fits
from cases.reading_rows import Listed
from cases.tables import CASES
from cases.tables.desk import ACTIVE, TRIAGE

MOST = 50_000
"""Ids of an order; nobody works further down a queue than that."""

_LISTED = [CASES.c[name] for name in Listed.__struct_fields__]


def order(connection: sa.Connection, filters: Filters = NONE, *where: sa.ColumnElement[bool]) -> list[str]:
    """The ids of the active cases that fit, in the order of `cases.reading.triage`; the first `MOST` of them. where:
    what else must hold of a case."""
    query = sa.select(CASES.c.id).where(ACTIVE, *fits(filters), *where).order_by(*map(sa.text, TRIAGE)).limit(MOST)
    return list(connection.execute(query).scalars())


def rows(connection: sa.Connection, ids: Sequence[str], filters: Filters = NONE) -> list[Listed]:
    """Those of these cases that fit, active or not, in any order; not withdrawn ones."""
    query = sa.select(*_LISTED).where(CASES.c.id.in_(ids), ~CASES.c.withdrawn, *fits(filters))
    return [Listed.of(row) for row in connection.execute(query).mappings()]
