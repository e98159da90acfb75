"""sessions: who has logged in and still is: 256 random bits in a cookie, kept as their digest.

A session ends by itself after `web.sessions.idle` without a request and after `web.sessions.longest` in any case. Each
login makes a new one and ends the one that the browser had, so that nobody can be given a session to log in to.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from fastapi import Request
from starlette.responses import Response

from cases.database import StoreTrouble, reading, writing
from cases.database_values import storable
from cases.tables.people import SESSIONS, USERS
from console.audit import ADDRESS
from console.city import City
from console.people import Person, person
from console.settings import Sessions

_MINUTE = 60.0
"""So exact is it known when a session was last used."""
_SIZE = 200
"""Characters that are kept of a browser's name."""


def digest(secret: str) -> str:
    """What is kept of a secret that nobody can guess."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def csrf_of(secret: str) -> str:
    """What pages must say with each change: it follows from the cookie, which no page can read."""
    return hashlib.sha256(f"csrf {secret}".encode("utf-8", "replace")).hexdigest()


def cookie_of(request: Request) -> str:
    """The cookie's name: on https one that no other host and no http page can set."""
    return "__Host-gridwatch" if request.url.scheme == "https" else "gridwatch"


def begin(connection: sa.Connection, user: str, by: str, agent: str, now: float, limits: Sessions) -> str:
    """Log somebody in; the secret for the cookie. by: password, link or oidc. Ends their oldest beyond `most`."""
    secret = secrets.token_urlsafe(32)
    row = {"hash": digest(secret), "id": secrets.token_hex(8), "user_id": user, "made": now, "seen": now, "by": by}
    row |= {"until": now + limits.longest, "address": storable(ADDRESS.get()), "agent": storable(agent[:_SIZE])}
    connection.execute(SESSIONS.delete().where(over(now, limits)))
    connection.execute(SESSIONS.insert(), row)
    newest = sa.select(SESSIONS.c.hash).where(SESSIONS.c.user_id == user)
    kept = newest.order_by(SESSIONS.c.made.desc(), SESSIONS.c.hash).limit(limits.most)
    connection.execute(SESSIONS.delete().where(SESSIONS.c.user_id == user, SESSIONS.c.hash.not_in(kept)))
    connection.execute(USERS.update().where(USERS.c.id == user).values(last_login=now))
    return secret


def person_of(city: City, secret: str) -> Person | None:
    """Whose session it is; None: nobody's, or it is over. Raises StoreTrouble, StoreBroken."""
    now, limits, hash = city.now(), city.settings.web.sessions, digest(secret)
    columns = [SESSIONS.c.id.label("session"), SESSIONS.c.seen, SESSIONS.c.by]
    query = sa.select(USERS, *columns).join(SESSIONS, SESSIONS.c.user_id == USERS.c.id)
    with reading(city.engine) as connection:
        query = query.where(SESSIONS.c.hash == hash, ~USERS.c.disabled, ~over(now, limits))
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    if abs(now - row["seen"]) >= _MINUTE:
        _seen(city, hash, now)
    return person(dict(row), row["session"], csrf_of(secret), row["by"])


def people_in(connection: sa.Connection, sessions: Collection[str], now: float, limits: Sessions) -> dict[str, Person]:
    """By the ids of sessions: whose they are, of those that go on."""
    query = sa.select(USERS, SESSIONS.c.id.label("session")).join(SESSIONS, SESSIONS.c.user_id == USERS.c.id)
    query = query.where(SESSIONS.c.id.in_(sessions), ~USERS.c.disabled, ~over(now, limits))
    return {row["session"]: person(dict(row), row["session"]) for row in connection.execute(query).mappings()}


def sessions_of(connection: sa.Connection, user: str | None, now: float, limits: Sessions, most: int) -> list[Any]:
    """Sessions with their users' names, the last used first; user: only theirs."""
    query = sa.select(SESSIONS, USERS.c.name).join(USERS, USERS.c.id == SESSIONS.c.user_id).where(~over(now, limits))
    if user is not None:
        query = query.where(SESSIONS.c.user_id == user)
    return list(connection.execute(query.order_by(SESSIONS.c.seen.desc()).limit(most)).mappings())


def end(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """End the sessions that fit; which they were, with their users' names."""
    query = sa.select(SESSIONS.c.id, USERS.c.name).join(USERS, USERS.c.id == SESSIONS.c.user_id).where(*where)
    found: list[dict[str, Any]] = [dict(row) for row in connection.execute(query).mappings()]
    connection.execute(SESSIONS.delete().where(SESSIONS.c.id.in_([row["id"] for row in found])))
    return found


def give(response: Response, request: Request, secret: str, city: City) -> None:
    """Set the cookie; it goes when the session does, or with the browser's."""
    response.set_cookie(
        cookie_of(request),
        secret,
        max_age=int(city.settings.web.sessions.longest),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        # A provider sends people back from its own site: 'strict' would let them arrive without their new session.
        samesite="strict" if city.settings.web.oidc is None else "lax",
    )


def take_back(response: Response, request: Request) -> None:
    """Let the browser forget it."""
    response.delete_cookie(cookie_of(request), path="/", secure=request.url.scheme == "https", httponly=True)


def over(now: float, limits: Sessions) -> sa.ColumnElement[bool]:
    """Of a session that has ended by itself."""
    return (SESSIONS.c.until <= now) | (SESSIONS.c.seen <= now - limits.idle)


def _seen(city: City, hash: str, now: float) -> None:
    try:
        with writing(city.engine) as connection:
            connection.execute(SESSIONS.update().where(SESSIONS.c.hash == hash).values(seen=now))
    except StoreTrouble:
        return  # a full disk keeps nobody from looking; the next request tries again
