"""login_links: a link that logs somebody in once, soon: what the demo prints, and the command `gridwatch users link`.

The secret stands behind '#', which browsers send to nobody; the page posts it to /api/login/link.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from cases.database import writing
from cases.tables.people import LOGIN_LINKS, USERS
from console.people import Row, key_of
from console.sessions import digest

GOOD_FOR = 600.0
"""Seconds."""


def one_time_link(engine: sa.Engine, user: str, now: float, good_for: float = GOOD_FOR) -> str:
    """The secret of a link for the user of this name: `/login#link=<secret>`. now: UTC seconds.

    Raises LookupError where there is no such user; StoreTrouble, StoreBroken.
    """
    with writing(engine) as connection:
        return make_link(connection, user, now, good_for)


def make_link(connection: sa.Connection, user: str, now: float, good_for: float = GOOD_FOR) -> str:
    """The same, within a write transaction."""
    secret = secrets.token_urlsafe(32)
    known = sa.select(USERS.c.id).where(USERS.c.key == key_of(user), ~USERS.c.disabled)
    id = connection.execute(known).scalar()
    if id is None:
        raise LookupError(f"there is no user '{user}' who may log in")
    connection.execute(LOGIN_LINKS.delete().where(LOGIN_LINKS.c.until <= now))
    connection.execute(LOGIN_LINKS.insert(), {"hash": digest(secret), "user_id": id, "until": now + good_for})
    return secret


def used_link(connection: sa.Connection, secret: str, now: float) -> Row | None:
    """Whom the link logs in, from now on nobody; None: it is no link, or no more. Within a write transaction."""
    hash = digest(secret)
    query = sa.select(USERS).join(LOGIN_LINKS, LOGIN_LINKS.c.user_id == USERS.c.id)
    query = query.where(LOGIN_LINKS.c.hash == hash, LOGIN_LINKS.c.until > now, ~USERS.c.disabled)
    row = connection.execute(query).mappings().first()
    connection.execute(LOGIN_LINKS.delete().where(LOGIN_LINKS.c.hash == hash))
    return None if row is None else dict(row)
