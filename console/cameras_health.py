"""cameras_health: how cameras were, kept in the store: for `KEPT`, and of each camera the newest `MOST` stretches.

Of each camera the console remembers the last day by itself (gridwatch/cameras_heard.py); this is what is there after a
restart, and what a month looks like. Times are UTC seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from cases.database import upsert
from cases.tables.camera_health import CAMERA_HEALTH as TABLE
from console.cameras_known import Change

KEPT = 30 * 86_400.0
MOST = 500
"""Of one camera: one that comes and goes all the time has a shorter past."""
STEP = 1000
"""Rows that one step of thinning removes."""
CAMERAS = 2000


def keep(connection: sa.Connection, said: Mapping[str, Iterable[Change]]) -> None:
    """Write stretches down, by camera; one that is there already lasts longer now."""
    rows = [
        {"camera": camera, "since": each.ts, "until": each.until, "state": each.state, "reason": each.reason}
        for camera, changes in said.items()
        for each in changes
    ]
    if rows:
        connection.execute(upsert(TABLE, connection), rows)


def of_one(connection: sa.Connection, camera: str, since: float) -> list[Change]:
    """Of one camera: its stretches that were not over at `since`, the oldest first."""
    query = sa.select(TABLE).where(TABLE.c.camera == camera, TABLE.c.until >= since)
    newest = connection.execute(query.order_by(TABLE.c.since.desc()).limit(MOST))
    return [_change(row) for row in newest][::-1]


def of_all(connection: sa.Connection, since: float) -> dict[str, list[Change]]:
    """The same of every camera."""
    query = sa.select(TABLE).where(TABLE.c.until >= since).order_by(TABLE.c.since.desc()).limit(CAMERAS * MOST)
    found: dict[str, list[Change]] = {}
    for row in connection.execute(query):
        mine = found.setdefault(row.camera, [])
        if len(mine) < MOST:
            mine.append(_change(row))
    return {camera: changes[::-1] for camera, changes in found.items()}


def thin(connection: sa.Connection, now: float) -> int:
    """Remove what is too old or too much, a bounded step; how many rows that were."""
    old = sa.select(TABLE.c.camera, TABLE.c.since).where(TABLE.c.until < now - KEPT).limit(STEP)
    rows = list(connection.execute(old))
    many = sa.select(TABLE.c.camera).group_by(TABLE.c.camera).having(sa.func.count() > MOST)
    for camera in list(connection.execute(many.limit(CAMERAS)).scalars()):
        mine = sa.select(TABLE.c.camera, TABLE.c.since).where(TABLE.c.camera == camera)
        rows += connection.execute(mine.order_by(TABLE.c.since.desc()).offset(MOST).limit(STEP)).all()
    for row in rows[:STEP]:
        connection.execute(TABLE.delete().where(TABLE.c.camera == row.camera, TABLE.c.since == row.since))
    return len(rows[:STEP])


def _change(row: sa.Row) -> Change:  # type: ignore[type-arg]
    return Change(row.since, row.state, row.reason, row.until)
