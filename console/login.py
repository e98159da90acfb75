"""login: coming in and going out: by a name and a password, or by a link that logs in once.

Whoever is refused is told the same, after the same time, whether there is such a user or not; and the log has no word
of what was typed.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cases.database import reading, writing
from cases.tables.people import SESSIONS, USERS
from console.access import count, logged_in
from console.audit import ADDRESS, note
from console.city import City, OfCity
from console.errors import Refused
from console.login_links import used_link
from console.login_who import MeOut, me_of
from console.people import Row, find_user, key_of, person
from console.people_passwords import LONGEST, Busy
from console.sessions import begin, cookie_of, csrf_of, digest, end, give, take_back

router = APIRouter(tags=["login"])
Password = Annotated[str, Field(max_length=LONGEST)]
_WRONG = "This name and password don't belong together. Try again."
REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "It is not known; nothing says why."},
    403: {"description": "It did not come from a page of this console, or the password must be changed first."},
    404: {"description": "There is no such thing, or not for you."},
    429: {"description": "Too often; Retry-After says when to try again."},
    503: {"description": "It can't be done now."},
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LoginIn(_Body):
    """Who one says one is."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    password: Password


class LinkIn(_Body):
    """What a link ends with."""

    secret: Annotated[str, Field(min_length=1, max_length=100)]


class WaysOut(BaseModel):
    """How one can log in here. oidc: what its button says; '': it can't be done so."""

    city: str
    oidc: str


@router.get("/api/login")
def ways(city: OfCity) -> WaysOut:
    """How one can log in."""
    oidc = city.settings.web.oidc
    return WaysOut(city=city.settings.name, oidc="" if oidc is None else oidc.label)


@router.post("/api/login", responses=REFUSALS)
def login(city: OfCity, request: Request, response: Response, body: LoginIn) -> MeOut:
    """Log in; the session comes as a cookie."""
    count(city, request)
    key, address = key_of(body.name)[:80], ADDRESS.get()
    slowly(city, key, address)
    with reading(city.engine) as connection:
        row = find_user(connection, body.name)
    try:
        right = city.passwords.fits(body.password, "" if row is None else row["password"])
        anew = city.passwords.hashed(body.password) if row and right and city.passwords.is_old(row["password"]) else ""
    except Busy:
        raise busy() from None
    with writing(city.engine) as connection:
        if row is None or not right or row["disabled"]:
            # A name that is nobody's may be a password in the wrong field.
            note(connection, city.now(), "", "login.failed", "" if row is None else row["name"])
        elif anew:
            connection.execute(USERS.update().where(USERS.c.id == row["id"]).values(password=anew))
    if row is None or not right or row["disabled"]:
        raise Refused(401, _WRONG)
    city.throttle.right(key, address)
    return enter(city, request, response, row, "password")


@router.post("/api/login/link", responses=REFUSALS)
def link(city: OfCity, request: Request, response: Response, body: LinkIn) -> MeOut:
    """Log in by what a link ends with; it works once."""
    count(city, request)
    with writing(city.engine) as connection:
        row = used_link(connection, body.secret, city.now())
        if row is None:
            note(connection, city.now(), "", "login.failed")
    if row is None:
        raise Refused(401, "This link has been used, or is too old. Ask for another one, or log in by your password.")
    return enter(city, request, response, row, "link")


@router.post("/api/logout", status_code=204, responses=REFUSALS)
def logout(city: OfCity, request: Request, response: Response) -> None:
    """End this session; where there is none, nothing happens."""
    who = logged_in(city, request)
    take_back(response, request)
    if who is not None:
        with writing(city.engine) as connection:
            end(connection, SESSIONS.c.id == who.session)
            note(connection, city.now(), who.name, "logout")


def enter(city: City, request: Request, response: Response, row: Row, by: str) -> MeOut:
    """Begin a session of a user, a row of the store; the one that the browser had ends."""
    now, limits = city.now(), city.settings.web.sessions
    before, agent = request.cookies.get(cookie_of(request)), request.headers.get("user-agent", "")
    with writing(city.engine) as connection:
        if before is not None:
            end(connection, SESSIONS.c.hash == digest(before))
        secret = begin(connection, row["id"], by, agent, now, limits)
        note(connection, now, row["name"], "login", by=by)
    give(response, request, secret, city)
    return me_of(city, person(row, csrf=csrf_of(secret), by=by))


def slowly(city: City, key: str, address: str) -> None:
    """Let nobody guess quickly. Raises Refused."""
    wait = city.throttle.wait(key, address)
    if wait > 0:
        seconds = int(wait) + 1
        said = f"Too many wrong passwords. Try again in {seconds} s."
        raise Refused(429, said, {"retry_after": seconds}, {"Retry-After": str(seconds)})


def busy() -> Refused:
    """Too many are logging in at a time."""
    return Refused(503, "Many are logging in just now. Try again in a few seconds.", headers={"Retry-After": "5"})
