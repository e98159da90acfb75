"""login_me: oneself: who one is, one's password, language and sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from cases.case import iso
from cases.database import reading, writing
from cases.tables.people import SESSIONS, USERS
from console.access import Who
from console.audit import ADDRESS, note
from console.city import OfCity
from console.errors import Refused
from console.login import REFUSALS, busy, slowly
from console.login_who import MeOut, by_link_alone, me_of
from console.people import Language, Person, Row, key_of, set_password, user_by
from console.people_first import forget_first
from console.people_passwords import LONGEST, Busy, fault_in
from console.sessions import end, sessions_of
from console.settings import Token

router = APIRouter(tags=["login"])
Password = Annotated[str, Field(max_length=LONGEST)]
MOST = 100


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PasswordIn(_Body):
    """A new password of one's own."""

    old: Password
    new: Password


class LanguageIn(_Body):
    """What one's pages are written in; '': what the browser asks for."""

    language: Language


class SessionOut(BaseModel):
    """Where somebody is logged in. by: password, link or oidc. own: the session that asks."""

    id: str
    name: str
    made: str
    seen: str
    by: str
    address: str
    agent: str
    own: bool


@router.get("/api/me", responses=REFUSALS)
def me(city: OfCity, who: Who) -> MeOut:
    """Who asks, and what they may."""
    return me_of(city, who)


@router.post("/api/me/password", status_code=204, responses=REFUSALS)
def password(city: OfCity, who: Who, body: PasswordIn) -> None:
    """Change one's own password; all other sessions of one's own end. Who came by a link and must change it need not
    know the old one."""
    person = person_only(who)
    key, address = key_of(person.name), ADDRESS.get()
    slowly(city, key, address)
    with reading(city.engine) as connection:
        row = user_by(connection, person.user)
    try:
        unknown = by_link_alone(person)
        if row is None or not (unknown or city.passwords.fits(body.old, row["password"])):
            raise Refused(422, "old: this is not your password now.")
        city.throttle.right(key, address)
        fault = "expected another one than before" if body.new == body.old else fault_in(body.new, person.name)
        if fault:
            raise Refused(422, f"new: {fault}.")
        hash = city.passwords.hashed(body.new)
    except Busy:
        raise busy() from None
    with writing(city.engine) as connection:
        set_password(connection, person.user, hash, city.now(), must_change=False, keep=person.session)
        note(connection, city.now(), person.name, "user.password", person.name)
    forget_first(city.settings.data, person.name)


@router.put("/api/me/language", status_code=204, responses=REFUSALS)
def language(city: OfCity, who: Who, body: LanguageIn) -> None:
    """What one's pages are written in, wherever one logs in."""
    person = person_only(who)
    with writing(city.engine) as connection:
        connection.execute(USERS.update().where(USERS.c.id == person.user).values(language=body.language))


@router.get("/api/me/sessions", responses=REFUSALS)
def mine(city: OfCity, who: Who) -> list[SessionOut]:
    """Where one is logged in."""
    person = person_only(who)
    with reading(city.engine) as connection:
        found = sessions_of(connection, person.user, city.now(), city.settings.web.sessions, MOST)
    return [session_out(row, person) for row in found]


@router.delete("/api/me/sessions/{session}", status_code=204, responses=REFUSALS)
def end_mine(city: OfCity, who: Who, session: str) -> None:
    """End a session of one's own."""
    person = person_only(who)
    with writing(city.engine) as connection:
        ended = end(connection, SESSIONS.c.id == session, SESSIONS.c.user_id == person.user)
        if ended:
            note(connection, city.now(), person.name, "session.ended", person.name)
    if not ended:
        raise Refused(404, "There is no such session of yours.")


def person_only(who: Token) -> Person:
    """Raises Refused for tokens."""
    if not isinstance(who, Person):
        raise Refused(403, "This is for people who log in; a token has none of it.")
    return who


def session_out(row: Row, who: Token) -> SessionOut:
    """As it is told."""
    own = isinstance(who, Person) and row["id"] == who.session
    said = {name: row[name] for name in ("id", "name", "by", "address", "agent")}
    return SessionOut(**said, made=iso(row["made"]), seen=iso(row["seen"]), own=own)
