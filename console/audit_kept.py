"""audit_kept: how long the trail is kept, and what else of people is over: in steps of `STEP` rows, each soon done.

Entries older than `web.audit_days` are removed, and that they were is an entry of its own, written with them: how many,
of which numbers and times. Sessions and links that can be used no more go too: they say nothing that the trail doesn't.
"""

from __future__ import annotations

import sqlalchemy as sa

from cases.case import iso
from cases.database import writing
from cases.tables.people import AUDIT, LOGIN_LINKS, SESSIONS
from console.audit import note
from console.sessions import over
from console.settings import WebSection

STEP = 1000
"""Rows of a kind that one step removes."""
_DAY = 86400.0


def thin(engine: sa.Engine, section: WebSection, now: float) -> bool:
    """One step: remove the oldest of what is kept too long. now: UTC seconds. Whether there may be more of it.

    Raises StoreTrouble, StoreBroken.
    """
    with writing(engine) as connection:
        return max(_trail(connection, section.audit_days, now), _ended(connection, section, now)) == STEP


def _trail(connection: sa.Connection, days: int, now: float) -> int:
    query = sa.select(AUDIT.c.number, AUDIT.c.at).where(AUDIT.c.at < now - days * _DAY)
    old = connection.execute(query.order_by(AUDIT.c.at, AUDIT.c.number).limit(STEP)).all()
    if old:
        numbers = sorted(row.number for row in old)
        connection.execute(AUDIT.delete().where(AUDIT.c.number.in_(numbers)))
        times, which = [iso(old[0].at), iso(old[-1].at)], [numbers[0], numbers[-1]]
        note(connection, now, "", "audit.removed", entries=len(old), numbers=which, times=times, days=days)
    return len(old)


def _ended(connection: sa.Connection, section: WebSection, now: float) -> int:
    most = 0
    for table, is_over in ((SESSIONS, over(now, section.sessions)), (LOGIN_LINKS, LOGIN_LINKS.c.until <= now)):
        some = sa.select(table.c.hash).where(is_over).limit(STEP)
        most = max(most, connection.execute(table.delete().where(table.c.hash.in_(some))).rowcount)
    return most
