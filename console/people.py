"""people: the users of a city's console: made, changed, disabled; and who a logged-in person is to a route.

Users are never deleted: their names stand beside steps. A name is compared without regard to capitals and width, so
that nobody can look like somebody else.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field

from cases.tables.people import SESSIONS, USERS
from console.people_passwords import Passwords
from console.roles import ConsoleRole, role_of
from console.settings import Token

Row = Mapping[str, Any]
FIRST = "administrator"
"""Who is there where nobody was."""


class Person(Token):
    """Somebody who has logged in."""

    user: str = Field(description="their id")
    shown: str = ""
    language: str = ""
    must_change: bool = False
    """Their password, before anything else."""
    session: str = ""
    """Its id, by which it is named."""
    by: str = ""
    """How it began: password, link, oidc."""
    csrf: str = ""
    """What changing requests of this session must bring in X-CSRF-Token."""


class Taken(ValueError):
    """The name is somebody's."""


class LastAdministrator(ValueError):
    """Nobody could administer the city any more."""


def key_of(name: str) -> str:
    """The name as it is compared."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def find_user(connection: sa.Connection, name: str) -> Row | None:
    """By name."""
    return _row(connection, USERS.c.key == key_of(name))


def user_by(connection: sa.Connection, id: str) -> Row | None:
    """By id."""
    return _row(connection, USERS.c.id == id)


def add_user(
    connection: sa.Connection,
    *,
    name: str,
    roles: tuple[str, ...],
    now: float,
    by: str,
    password: str = "",
    unit: str = "",
    areas: tuple[str, ...] = (),
    shown: str = "",
    language: str = "",
    must_change: bool = True,
    subject: str | None = None,
) -> str:
    """Make a user; their id. password: its hash; '': none can log in by one. by: who makes them; '': nobody.

    Raises Taken; ValueError for roles that can't be.
    """
    Token(name=name, roles=tuple(map(role_of, roles)), unit=unit, areas=areas)
    if find_user(connection, name) is not None:
        raise Taken(f"there is somebody called '{name}' already")
    id = str(uuid.uuid4())
    row = {"id": id, "key": key_of(name), "name": name, "shown": shown, "password": password, "made": now}
    row |= {"must_change": must_change, "roles": list(roles), "unit": unit, "areas": list(areas), "made_by": by}
    row |= {"language": language, "subject": subject, "disabled": False, "changed": now, "last_login": None}
    connection.execute(USERS.insert(), row)
    return id


def change_user(connection: sa.Connection, id: str, **values: Any) -> None:
    """Give columns of a user other values; sessions end where they may not go on as they were.

    Raises LastAdministrator.
    """
    connection.execute(USERS.update().where(USERS.c.id == id).values(**values))
    if values.keys() & {"disabled", "roles"} and not _administrators(connection):
        raise LastAdministrator("nobody else could administer this city; give that role to another user first")
    if values.get("disabled"):
        connection.execute(SESSIONS.delete().where(SESSIONS.c.user_id == id))


def set_password(connection: sa.Connection, id: str, hash: str, now: float, must_change: bool, keep: str = "") -> None:
    """Give a user another password, which ends their sessions but the one with the id `keep`."""
    connection.execute(
        USERS.update().where(USERS.c.id == id).values(password=hash, must_change=must_change, changed=now)
    )
    connection.execute(SESSIONS.delete().where(SESSIONS.c.user_id == id, SESSIONS.c.id != keep))


def first_administrator(connection: sa.Connection, passwords: Passwords, now: float) -> str | None:
    """Where there are no users: make one who administers, and say the password, which is nowhere else; None: there are
    users."""
    if connection.execute(sa.select(USERS.c.id).limit(1)).first() is not None:
        return None
    password = passwords.made_up()
    add_user(
        connection,
        name=FIRST,
        roles=(ConsoleRole.ADMINISTRATOR,),
        now=now,
        by="",
        password=passwords.hashed(password),
    )
    return password


def fitting(row: Row) -> Token:
    """Their roles, unit and areas, as they count. Raises ValueError."""
    return Token(name=row["name"], roles=tuple(map(role_of, row["roles"])), unit=row["unit"], areas=tuple(row["areas"]))


def person(row: Row, session: str = "", csrf: str = "", by: str = "") -> Person:
    """Who a user is to a route."""
    return Person(
        user=row["id"],
        name=row["name"],
        shown=row["shown"] or row["name"],
        roles=tuple(map(role_of, row["roles"])),
        unit=row["unit"],
        areas=tuple(row["areas"]),
        language=row["language"],
        must_change=row["must_change"] and bool(row["password"]),
        session=session,
        csrf=csrf,
        by=by,
    )


def _row(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Row | None:
    found = connection.execute(sa.select(USERS).where(which)).mappings().first()
    return None if found is None else dict(found)


def _administrators(connection: sa.Connection) -> bool:
    rows = connection.execute(sa.select(USERS.c.roles).where(~USERS.c.disabled))
    return any(ConsoleRole.ADMINISTRATOR in roles for (roles,) in rows)


Language = Literal["", "zh", "en"]
"""'': as the browser says."""
