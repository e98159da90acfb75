"""listing: what is put aside, what that holds, and which storms there are, for people to look at. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cases.fusion.keeping import IN_FORCE, PROPOSED
from cases.tables import CASES, EPISODES, HELD, SCOPES, STORMS

Row = dict[str, Any]


def put_aside(connection: sa.Connection, *, everything: bool = False) -> list[Row]:
    """Shelvings and suppressions that are proposed or in force, soonest end first. everything: all there ever were.

    The columns of `scopes`, and `now`: how many it holds at present.
    """
    holding = sa.select(sa.func.count()).where(HELD.c.by == SCOPES.c.id).scalar_subquery()
    query = sa.select(SCOPES, holding.label("now")).order_by(SCOPES.c.until, SCOPES.c.id)
    if not everything:
        query = query.where(SCOPES.c.state.in_((PROPOSED, IN_FORCE)))
    return [dict(row) for row in connection.execute(query).mappings()]


def held(connection: sa.Connection, by: str, *, newest: int | None = None) -> list[Row]:
    """The episodes that a shelving, a suppression or a fusion rule holds now, in the order in which it took them.
    newest: only so many, the last first.

    The columns of `episodes`, which are NULL where it is not known yet, and `until`, `held_ended` and `data` of `held`.
    """
    columns = (HELD.c.id.label("held"), HELD.c.until, HELD.c.ended.label("held_ended"), HELD.c.data)
    joined = HELD.outerjoin(EPISODES, EPISODES.c.id == HELD.c.id)
    query = sa.select(EPISODES, *columns).select_from(joined).where(HELD.c.by == by)
    query = query.order_by(HELD.c.number) if newest is None else query.order_by(HELD.c.number.desc()).limit(newest)
    return [dict(row) for row in connection.execute(query).mappings()]


def storms(connection: sa.Connection) -> list[Row]:
    """Those that go on, by when they began: rule, area; of their case id, number, state, opened, members, category."""
    names = ("id", "number", "state", "opened", "members", "category")
    about: Sequence[Any] = [CASES.c[name] for name in names]
    joined = STORMS.join(CASES, CASES.c.id == STORMS.c.case_id)
    query = sa.select(STORMS.c.rule, STORMS.c.area, *about).select_from(joined).order_by(CASES.c.opened, CASES.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]
