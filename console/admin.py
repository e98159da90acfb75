"""admin: the users of a city's console and where they are logged in: for administrators."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from cases.case import iso
from cases.database import reading, writing
from cases.tables.people import API_TOKENS, SESSIONS, USERS
from console.audit import note
from console.city import City, OfCity
from console.errors import Refused
from console.login import REFUSALS, busy
from console.login_me import SessionOut, session_out
from console.people import (
    Language,
    LastAdministrator,
    Row,
    Taken,
    add_user,
    change_user,
    fitting,
    set_password,
    user_by,
)
from console.people_first import forget_first
from console.people_passwords import Busy
from console.permissions import GRANTS, Permission, may
from console.roles import ROLES, AnyRole
from console.sessions import end, sessions_of
from console.settings import Area, Name, Token

router = APIRouter(prefix="/api/admin", tags=["administration"], responses=REFUSALS)
Administrator = Annotated[Token, Depends(may(Permission.ADMINISTER))]
MOST = 500
Roles = Annotated[list[AnyRole], Field(max_length=len(ROLES))]
Areas = Annotated[list[Area], Field(max_length=200)]
Unit = Annotated[str, Field(max_length=80)]


class Body(BaseModel):
    """Of a request: nothing that is not named."""

    model_config = ConfigDict(extra="forbid")


class UserIn(Body):
    """A new user; the password is made up and shown once, and is to be changed at the first login."""

    name: Name
    shown: Annotated[str, Field(max_length=80)] = ""
    roles: Roles
    unit: Unit = ""
    areas: Areas = []
    language: Language = ""


class UserChange(Body):
    """What is to be different; null: as it is."""

    shown: Annotated[str | None, Field(max_length=80)] = None
    roles: Roles | None = None
    unit: Unit | None = None
    areas: Areas | None = None
    language: Language | None = None
    disabled: bool | None = None


class UserOut(BaseModel):
    """A user. has_password: otherwise they come by OpenID or a link. oidc: they have come by OpenID."""

    id: str
    name: str
    shown: str
    roles: list[str]
    unit: str
    areas: list[str]
    language: Language
    disabled: bool
    must_change: bool
    has_password: bool
    oidc: bool
    made: str
    made_by: str
    last_login: str | None


class UsersOut(BaseModel):
    """Users, by name. more: there are more than are here; narrow it by text."""

    users: list[UserOut]
    more: bool


class MadeOut(BaseModel):
    """A user and the password, which is shown only now."""

    user: UserOut
    password: str


class RoleOut(BaseModel):
    """A role, and what it may."""

    name: str
    permissions: list[str]


@router.get("/roles")
def roles(_: Administrator) -> list[RoleOut]:
    """What somebody can be."""
    return [RoleOut(name=role, permissions=sorted(GRANTS[role])) for role in ROLES]


@router.get("/users")
def users(
    city: OfCity, _: Administrator, text: Annotated[str, Query(max_length=80)] = "", disabled: bool = True
) -> UsersOut:
    """The users; text: in their name or unit. disabled: with those who may not log in."""
    query = sa.select(USERS).order_by(USERS.c.key).limit(MOST + 1)
    if text:
        query = query.where(sa.or_(*(USERS.c[each].icontains(text, autoescape=True) for each in _SEARCHED)))
    if not disabled:
        query = query.where(~USERS.c.disabled)
    with reading(city.engine) as connection:
        found = [dict(row) for row in connection.execute(query).mappings()]
    return UsersOut(users=[_out(row) for row in found[:MOST]], more=len(found) > MOST)


@router.post("/users", status_code=201, responses={409: {"description": "The name is somebody's."}})
def make(city: OfCity, who: Administrator, body: UserIn) -> MadeOut:
    """Make a user."""
    password = city.passwords.made_up()
    hash = _hashed(city, password)
    with writing(city.engine) as connection:
        if city.access.has(body.name) or _is_token(connection, body.name):
            raise Refused(409, "name: a token has this name; steps would not tell them apart.")
        try:
            values = body.model_dump() | {"roles": tuple(body.roles), "areas": tuple(body.areas), "password": hash}
            id = add_user(connection, **values, now=city.now(), by=who.name)
        except Taken:
            raise Refused(409, "name: somebody has it already.") from None
        except ValueError as error:
            raise Refused(422, f"{_plain(error)}.") from None
        note(connection, city.now(), who.name, "user.made", body.name, **_said(body.model_dump(exclude={"name"})))
        row = _known(connection, id)
    return MadeOut(user=_out(row), password=password)


@router.patch("/users/{id}", responses={409: {"description": "Nobody could administer the city any more."}})
def change(city: OfCity, who: Administrator, id: str, body: UserChange) -> UserOut:
    """Change a user. Roles, unit and areas count from their next request on; disabling ends their sessions."""
    values = body.model_dump(exclude_none=True)
    with writing(city.engine) as connection:
        before = _known(connection, id)
        try:
            fitting(before | values)
            if values:
                change_user(connection, id, **values)
        except LastAdministrator as error:
            raise Refused(409, f"{str(error)[0].upper()}{str(error)[1:]}.") from None
        except ValueError as error:
            raise Refused(422, f"{_plain(error)}.") from None
        different = {name: value for name, value in values.items() if before[name] != value}
        if different:
            note(connection, city.now(), who.name, "user.changed", before["name"], **_said(different))
        row = _known(connection, id)
    return _out(row)


@router.post("/users/{id}/password")
def new_password(city: OfCity, who: Administrator, id: str) -> MadeOut:
    """Give a user another password, made up and shown once; their sessions end."""
    password = city.passwords.made_up()
    hash = _hashed(city, password)
    with writing(city.engine) as connection:
        row = _known(connection, id)
        set_password(connection, id, hash, city.now(), must_change=True)
        note(connection, city.now(), who.name, "user.password", row["name"])
        row = _known(connection, id)
    forget_first(city.settings.data, row["name"])
    return MadeOut(user=_out(row), password=password)


@router.get("/sessions")
def sessions(city: OfCity, who: Administrator) -> list[SessionOut]:
    """Who is logged in, the last seen first."""
    with reading(city.engine) as connection:
        found = sessions_of(connection, None, city.now(), city.settings.web.sessions, MOST)
    return [session_out(row, who) for row in found]


@router.delete("/sessions/{session}", status_code=204)
def end_session(city: OfCity, who: Administrator, session: str) -> None:
    """End somebody's session."""
    with writing(city.engine) as connection:
        ended = end(connection, SESSIONS.c.id == session)
        for each in ended:
            note(connection, city.now(), who.name, "session.ended", each["name"])
    if not ended:
        raise Refused(404, "There is no such session.")


_SEARCHED = ("name", "shown", "unit")


def _known(connection: sa.Connection, id: str) -> dict[str, Any]:
    row = user_by(connection, id)
    if row is None:
        raise Refused(404, "There is no such user.")
    return dict(row)


def _is_token(connection: sa.Connection, name: str) -> bool:
    return connection.execute(sa.select(API_TOKENS.c.id).where(API_TOKENS.c.name == name)).first() is not None


def _hashed(city: City, password: str) -> str:
    try:
        return city.passwords.hashed(password)
    except Busy:
        raise busy() from None


def _plain(error: ValueError) -> str:
    """What pydantic says of a person that can't be, without what was sent."""
    told = getattr(error, "errors", None)
    return told(include_input=False)[0]["msg"].removeprefix("Value error, ") if told else str(error)


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", [], None)}


def _out(row: Row) -> UserOut:
    names = ("id", "name", "shown", "roles", "unit", "areas", "language", "disabled", "must_change", "made_by")
    last = row["last_login"]
    return UserOut(
        **{name: row[name] for name in names},
        has_password=bool(row["password"]),
        oidc=row["subject"] is not None,
        made=iso(row["made"]) or "",
        last_login=None if last is None else iso(last),
    )
